//! Telling a server something: what its answer says, whose body hardly matters.

use belfry_core::ports::{FetchError, Tell, TellRequest};

use super::answer::beginning;
use super::http::Http;
use super::page::{judge, refusal};

/// Tells the server something.
pub(super) async fn tell(http: &Http, request: TellRequest) -> Result<(), FetchError> {
    let TellRequest { route, url, token, what } = request;
    let (response, gone) = match what {
        Tell::Post(body) => (http.post(&route, url, token.as_ref(), body).await?, false),
        Tell::Delete => {
            let response = http.delete(&route, url, token.as_ref()).await?;
            let gone = matches!(response.status().as_u16(), 404 | 410);
            (response, gone)
        }
    };
    match response.status().as_u16() {
        _ if gone => Ok(()),
        // A notice may say otherwise, and a site has a page for whatever it is asked.
        200 => {
            let body = beginning(response).await;
            match body.trim_ascii_start().first() {
                Some(b'{') => judge(&body),
                Some(b'<') => Err(FetchError::Unsupported),
                Some(_) | None => Ok(()),
            }
        }
        201..=299 => Ok(()),
        _ => Err(refusal(&response)),
    }
}
