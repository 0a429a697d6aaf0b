//! Publishing a message (`POST {api}/messages`): what the command line does for scripts. No part of the
//! engine: it never publishes, and nothing here tries again.

use std::time::Duration;

use ::http::header::{AUTHORIZATION, HeaderValue};
use belfry_core::model::{ServerUrl, Token};
use belfry_core::ports::TransportFault;
use belfry_protocol::{ErrorBody, Publish, Published};
use reqwest::{Client, Response};

use super::fault;
use super::http::bearer;

/// How long the whole exchange may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long name, TCP and TLS may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a server's own words is passed on, in characters.
const MAX_WORDS: usize = 300;

/// A message was not published, as far as is known. Texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No answer at all: it may have been published or not. An idempotency key makes trying again safe.
    #[error(transparent)]
    Fault(#[from] TransportFault),
    /// 401.
    #[error("the server refused the token")]
    Unauthorized,
    /// 403.
    #[error("the token is not allowed to publish")]
    Forbidden,
    /// Any other refusal.
    #[error("the server answered {status}{}", words(.message))]
    NotTaken {
        /// The status.
        status: u16,
        /// The server's own words, on one line; empty where it had none.
        message: String,
    },
    /// A good status, but not the answer of a message server.
    #[error("the server took the message, but its answer makes no sense")]
    Unintelligible,
}

/// Publishes a message. Done when the server says that it is on disk.
///
/// # Errors
/// See [`PublishError`].
pub async fn publish(
    api: &ServerUrl,
    token: &Token,
    idempotency_key: Option<&str>,
    message: &Publish,
) -> Result<Published, PublishError> {
    crate::install_crypto_provider();
    let authorization = bearer(token).map_err(|_| PublishError::Unauthorized)?;
    let request = client(api)?.post(api.join("/messages")).header(AUTHORIZATION, authorization).json(message);
    let request = match idempotency_key.map(HeaderValue::from_str) {
        Some(Ok(key)) => request.header("Idempotency-Key", key),
        Some(Err(_)) => {
            return Err(
                TransportFault::Other("the idempotency key cannot stand in a header".to_owned()).into()
            );
        }
        None => request,
    };
    let response = request.send().await.map_err(fault::of_request)?;
    match response.status().as_u16() {
        200 | 201 => response.json().await.map_err(|_| PublishError::Unintelligible),
        401 => Err(PublishError::Unauthorized),
        403 => Err(PublishError::Forbidden),
        status => Err(PublishError::NotTaken { status, message: said(response).await }),
    }
}

/// A client that goes nowhere but to this address.
fn client(api: &ServerUrl) -> Result<Client, TransportFault> {
    let client = Client::builder()
        .user_agent(concat!("Belfry/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT);
    let client = if api.is_loopback() { client.no_proxy() } else { client };
    client.build().map_err(fault::of_request)
}

/// The server's own words.
async fn said(response: Response) -> String {
    let Ok(body) = response.json::<ErrorBody>().await else { return String::new() };
    let line = body.error.message.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(MAX_WORDS).collect()
}

fn words(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
