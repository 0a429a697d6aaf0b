//! JSON in and out: a body that must be JSON, must say so and must come in time; an answer that ends with its line.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Shared;
use super::problem::Problem;
use crate::render::json;

/// The body of a request.
pub(super) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        if !declares_json(request.headers()) {
            return Err(Problem::NotJson);
        }
        let body = Bytes::from_request(request, shared);
        let body = tokio::time::timeout(shared.patience, body).await.map_err(|_| Problem::TooSlow)?;
        let body = body.map_err(unreadable)?;
        let read = serde_json::from_slice(&body);
        read.map(Self).map_err(|error| Problem::Invalid(format!("the body is not as expected: {error}")))
    }
}

fn declares_json(headers: &HeaderMap) -> bool {
    let declared =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

fn unreadable(rejected: BytesRejection) -> Problem {
    match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Invalid("the body could not be read".to_owned()),
    }
}

/// An answer in JSON. It ends with a line feed, so that a shell's prompt stands below it; no cache may keep it.
pub(super) struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        text(json(&self.0))
    }
}

/// An answer whose JSON is written already.
pub(super) fn text(mut json: String) -> Response {
    json.push('\n');
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}
