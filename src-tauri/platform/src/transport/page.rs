//! Fetching a small JSON document whole, within bounds.

use std::time::Duration;

use ::http::header::{ACCEPT, HeaderMap, HeaderValue};
use belfry_core::ports::{
    FetchError, HistoryReply, HistoryRequest, PostRequest, StreamError, TransportFault,
};
use bytes::{Bytes, BytesMut};
use reqwest::Response;
use tokio::time::Instant;

use super::answer::{MAX_NOTICE_BYTES, Notice, notice};
use super::client::Purpose;
use super::fault;
use super::http::{Answered, Http, NoAnswer, in_time};
use super::retry_after::retry_after;

/// How long the body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Fetches one document.
pub(super) async fn fetch(http: &Http, request: HistoryRequest) -> Result<HistoryReply, FetchError> {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let HistoryRequest { route, url, token, max_bytes } = request;
    let Answered { response, asked, learned } =
        http.get(Purpose::Page, &route, url, token.as_ref(), headers).await.map_err(not_there)?;
    let reply = taken(response, max_bytes).await;
    match &reply {
        Ok(_) => http.found_good(learned),
        Err(FetchError::Unsupported) => http.found_bad(&asked),
        Err(_) => {}
    }
    reply
}

/// Fetches one image, whatever it is called.
pub(super) async fn image(http: &Http, request: HistoryRequest) -> Result<HistoryReply, FetchError> {
    let accept = HeaderValue::from_static("image/webp,image/png,image/jpeg,image/gif");
    let HistoryRequest { route, url, token, max_bytes } = request;
    let headers = HeaderMap::from_iter([(ACCEPT, accept)]);
    let Answered { response, .. } =
        http.get(Purpose::Page, &route, url, token.as_ref(), headers).await.map_err(not_there)?;
    match response.status().as_u16() {
        200 => Ok(HistoryReply { body: whole(response, max_bytes).await? }),
        _ => Err(refusal(&response)),
    }
}

/// A document that has moved away is not there: what moves whole is seen, and said, on the stream.
fn not_there(reason: NoAnswer) -> FetchError {
    match reason {
        NoAnswer::Moved { .. } => FetchError::Unsupported,
        other => other.into(),
    }
}

/// What an answer brings.
async fn taken(response: Response, max_bytes: usize) -> Result<HistoryReply, FetchError> {
    match response.status().as_u16() {
        200 => {
            let retry_after = retry_after(response.headers(), jiff::Timestamp::now());
            let body = whole(response, max_bytes).await?;
            judge(&body, retry_after)?;
            Ok(HistoryReply { body })
        }
        _ => Err(refusal(&response)),
    }
}

/// What a status other than success says.
pub(super) fn refusal(response: &Response) -> FetchError {
    let retry_after = retry_after(response.headers(), jiff::Timestamp::now());
    match response.status().as_u16() {
        401 => FetchError::Unauthorized,
        // One that passes by itself is a limit.
        403 if retry_after.is_none() => FetchError::Forbidden,
        404 | 405 | 406 | 501 => FetchError::Unsupported,
        status => FetchError::Status { status, retry_after },
    }
}

/// Posts one document.
pub(super) async fn post(http: &Http, request: PostRequest) -> Result<HistoryReply, FetchError> {
    let PostRequest { route, url, token, body, max_bytes } = request;
    let response = http.post(&route, url, token.as_ref(), body.expose().to_owned()).await?;
    taken(response, max_bytes).await
}

impl From<NoAnswer> for FetchError {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::Fault(fault) => Self::Fault(fault),
            NoAnswer::BadToken => Self::Unauthorized,
            NoAnswer::NotEncrypted => Self::NotEncrypted,
            NoAnswer::Moved { origin, .. } => Self::Moved { origin },
            NoAnswer::Redirected { status } => Self::Redirected { status },
        }
    }
}

/// Says whether a document is worth parsing; `retry_after` is what stands beside it.
pub(super) fn judge(body: &[u8], retry_after: Option<Duration>) -> Result<(), FetchError> {
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Err(FetchError::Unsupported);
    }
    if body.len() > MAX_NOTICE_BYTES {
        return Ok(());
    }
    match notice(body) {
        Some(Notice::Unauthorized) => Err(FetchError::Unauthorized),
        Some(Notice::Forbidden) => Err(FetchError::Forbidden),
        Some(Notice::Unsupported) => Err(FetchError::Unsupported),
        Some(Notice::Failed) => Err(FetchError::Status { status: Notice::FAILED, retry_after }),
        None => Ok(()),
    }
}

async fn whole(mut response: Response, max_bytes: usize) -> Result<Bytes, FetchError> {
    let deadline = Instant::now() + BODY_TIMEOUT;
    let announced = response.content_length().unwrap_or(0);
    if announced > max_bytes as u64 {
        return Err(FetchError::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = in_time(deadline, response.chunk()).await?.map_err(broken)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn broken(error: reqwest::Error) -> TransportFault {
    match fault::of_body(error) {
        StreamError::Broken(why) | StreamError::Undecodable(why) => TransportFault::Other(why),
    }
}
