//! Judging the answer to a stream request: only a 200 with the right content type is a stream.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HeaderMap};
use belfry_core::ports::{ConnectError, StreamRequest};
use bytes::BytesMut;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::Response;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::body::RawBody;
use super::client::Purpose;
use super::fault;
use super::http::{Answered, Http, NoAnswer};
use super::retry_after::retry_after;

/// How much of a body that is no stream is looked at.
pub(super) const MAX_NOTICE_BYTES: usize = 64 * 1024;

/// How long such a body may take.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest content type that is repeated to people, in characters.
const MAX_CONTENT_TYPE_CHARS: usize = 80;

/// Makes the request and returns the body of a good event stream.
pub(super) async fn open(
    http: &Http,
    request: &StreamRequest,
    headers: &HeaderMap,
) -> Result<RawBody, ConnectError> {
    let Answered { response, asked, learned } = http
        .get(Purpose::Stream, &request.route, request.url.clone(), request.token.as_ref(), headers.clone())
        .await?;
    let retry_after = retry_after(response.headers(), jiff::Timestamp::now());
    match response.status().as_u16() {
        200 if is_event_stream(response.headers()) => {
            http.found_good(learned);
            Ok(response.bytes_stream().map_err(fault::of_body).boxed())
        }
        200 => {
            http.found_bad(&asked);
            Err(no_stream(response, retry_after).await)
        }
        204 => Err(ConnectError::NoContent),
        401 => Err(ConnectError::Unauthorized),
        // One that passes by itself is a limit.
        403 if retry_after.is_none() => Err(ConnectError::Forbidden),
        410 => Err(ConnectError::Gone),
        status => Err(ConnectError::Status { status, retry_after }),
    }
}

impl From<NoAnswer> for ConnectError {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::Fault(fault) => Self::Fault(fault),
            NoAnswer::BadToken => Self::Unauthorized,
            NoAnswer::NotEncrypted => Self::NotEncrypted,
            NoAnswer::Moved { origin, for_good } => Self::Moved { origin, for_good },
            // A question can follow them all.
            NoAnswer::Redirected { status } => Self::Status { status, retry_after: None },
        }
    }
}

/// What a JSON notice with status 200 says by its `code`, as RuoYi's family does. Other families write 0, 1, 200 or
/// 20000 where all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404, 405 or 501: there is no such call.
    Unsupported,
    /// Any other from 400 to 999. Whatever it is: the server has taken the request itself, so that it is no final
    /// word.
    Failed,
}

impl Notice {
    /// The status that says what [`Self::Failed`] says.
    pub const FAILED: u16 = 500;
}

/// Reads `{"code": …}`; a code of 0 to 399 or none says nothing.
pub(super) fn notice(body: &[u8]) -> Option<Notice> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = match body.get("code")? {
        Value::Number(code) => code.as_u64()?,
        Value::String(code) => code.parse().ok()?,
        _ => return None,
    };
    match code {
        401 => Some(Notice::Unauthorized),
        403 => Some(Notice::Forbidden),
        404 | 405 | 501 => Some(Notice::Unsupported),
        400..1000 => Some(Notice::Failed),
        _ => None,
    }
}

async fn no_stream(response: Response, retry_after: Option<Duration>) -> ConnectError {
    let content_type = content_type(response.headers()).to_owned();
    let essence = essence(&content_type);
    // A server that forgets the content type of its notices is not rare; a page is not worth reading.
    if matches!(essence.as_str(), "" | "text/plain" | "text/json") || essence.ends_with("json") {
        match notice(&beginning(response).await) {
            Some(Notice::Unauthorized) => return ConnectError::Unauthorized,
            Some(Notice::Forbidden) => return ConnectError::Forbidden,
            Some(Notice::Failed) => {
                return ConnectError::Status { status: Notice::FAILED, retry_after };
            }
            Some(Notice::Unsupported) | None => {}
        }
    }
    let content_type =
        content_type.chars().filter(|c| !c.is_control()).take(MAX_CONTENT_TYPE_CHARS).collect();
    ConnectError::NotAStream { content_type }
}

/// As much of the body as comes in time, up to a limit.
pub(super) async fn beginning(mut response: Response) -> BytesMut {
    let deadline = Instant::now() + NOTICE_TIMEOUT;
    let mut body = BytesMut::new();
    while body.len() < MAX_NOTICE_BYTES {
        let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await else { break };
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_NOTICE_BYTES);
    body
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    essence(content_type(headers)) == "text/event-stream"
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
