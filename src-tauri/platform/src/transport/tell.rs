//! Telling a server something: what its answer says, whose body hardly matters.

use belfry_core::ports::{FetchError, Tell, TellRequest};

use super::answer::beginning;
use super::http::Http;
use super::page::{judge, refusal};
use super::retry_after::retry_after;

/// Tells the server something.
pub(super) async fn tell(http: &Http, request: TellRequest) -> Result<(), FetchError> {
    let TellRequest { route, url, token, what } = request;
    let (response, deletes) = match what {
        Tell::Post(body) => (http.post(&route, url, token.as_ref(), body).await?, false),
        Tell::Delete => (http.delete(&route, url, token.as_ref()).await?, true),
    };
    match response.status().as_u16() {
        // A notice may say otherwise, and a site has a page for whatever it is asked.
        200 => {
            let retry_after = retry_after(response.headers(), jiff::Timestamp::now());
            let body = beginning(response).await;
            match body.trim_ascii_start().first() {
                Some(b'{') => judge(&body, retry_after),
                Some(b'<') => Err(FetchError::Unsupported),
                Some(_) | None => Ok(()),
            }
        }
        201..=299 => Ok(()),
        // Gone, unless that is said by the page of a site, or of a server that is being updated.
        404 if deletes => match beginning(response).await.trim_ascii_start().first() {
            Some(b'<') => Err(FetchError::Unsupported),
            Some(_) | None => Ok(()),
        },
        410 if deletes => Ok(()),
        _ => Err(refusal(&response)),
    }
}
