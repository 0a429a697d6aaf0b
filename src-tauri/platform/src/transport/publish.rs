//! Publishing a message (`POST {api}/messages`): what the command line does for scripts. No part of the
//! engine: it never publishes, and nothing here tries again.

use std::time::Duration;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use belfry_core::model::{ServerUrl, Token};
use belfry_core::ports::{Route, TransportFault};
use belfry_protocol::{ErrorBody, Publish, Published};

use super::answer::beginning;
use super::http::{Http, NoAnswer, Timeouts};

/// How long the server may take to answer: until the message is on its disk.
const TIMEOUT: Duration = Duration::from_secs(30);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How much of a server's own words is passed on, in characters.
const MAX_WORDS: usize = 300;

/// A message was not published, as far as is known. Texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No answer at all: it may have been published or not. An idempotency key makes trying again safe.
    #[error(transparent)]
    Fault(#[from] TransportFault),
    /// The token would travel in the clear, and the user has not said yes to that. Nothing was sent.
    #[error("the token was not sent, because the connection is not encrypted")]
    NotEncrypted,
    /// 401.
    #[error("the server refused the token")]
    Unauthorized,
    /// 403.
    #[error("the token is not allowed to publish")]
    Forbidden,
    /// A redirect to another origin, or one too many: the message and the token went no further.
    #[error("the server has moved to {origin}: nothing was published")]
    Moved {
        /// The origin it points to.
        origin: String,
    },
    /// Any other refusal.
    #[error("the server answered {status}{}", words(.message))]
    NotTaken {
        /// The status.
        status: u16,
        /// The server's own words, on one line; empty where it had none.
        message: String,
    },
    /// A good status, but not the answer of a message server.
    #[error("the answer is none of a message server's, so it is not known whether the message was taken")]
    Unintelligible,
    /// A good status, and a web page: of a portal, a proxy, or a wrong address.
    #[error(
        "the answer is a web page, of a wrong address or of a portal on the way; it is not known whether the \
         message was taken"
    )]
    WebPage,
}

impl From<NoAnswer> for PublishError {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::Fault(fault) => Self::Fault(fault),
            NoAnswer::BadToken => Self::Unauthorized,
            NoAnswer::NotEncrypted => Self::NotEncrypted,
            NoAnswer::Moved { origin, .. } => Self::Moved { origin },
            NoAnswer::Redirected { status } => Self::NotTaken { status, message: String::new() },
        }
    }
}

/// Publishes a message on this way to the server. Done when the server says that it is on disk.
///
/// # Errors
/// See [`PublishError`].
pub async fn publish(
    route: &Route,
    api: &ServerUrl,
    token: &Token,
    idempotency_key: Option<&str>,
    message: &Publish,
) -> Result<Published, PublishError> {
    crate::install_crypto_provider();
    let mut headers = HeaderMap::new();
    match idempotency_key.map(HeaderValue::from_str) {
        None => {}
        Some(Ok(key)) => {
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        Some(Err(_)) => return Err(unusable("the idempotency key cannot stand in a header")),
    }
    let Ok(body) = serde_json::to_string(message) else {
        return Err(unusable("the message cannot be written as JSON"));
    };
    let http = Http::new(Timeouts { headers: TIMEOUT, ..Timeouts::default() });
    let response = http.post_with(route, api.join("/messages"), Some(token), headers, body).await?;
    let status = response.status().as_u16();
    let body = beginning(response).await;
    match status {
        200 | 201 => serde_json::from_slice(&body).map_err(|_| match body.trim_ascii_start().first() {
            Some(b'<') => PublishError::WebPage,
            _ => PublishError::Unintelligible,
        }),
        401 => Err(PublishError::Unauthorized),
        403 => Err(PublishError::Forbidden),
        status => Err(PublishError::NotTaken { status, message: said(&body) }),
    }
}

fn unusable(why: &str) -> PublishError {
    TransportFault::Other(why.to_owned()).into()
}

/// The server's own words.
fn said(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<ErrorBody>(body) else { return String::new() };
    let line = body.error.message.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(MAX_WORDS).collect()
}

fn words(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
