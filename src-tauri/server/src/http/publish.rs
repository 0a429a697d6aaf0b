//! `POST /messages`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use belfry_protocol::Published;
use serde::de::DeserializeOwned;

use super::Shared;
use super::auth::Publishing;
use super::problem::Problem;
use crate::publish::{Freshness, check_key};
use crate::store::IdempotencyKey;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub(super) async fn publish(
    State(shared): State<Arc<Shared>>,
    Publishing(grant): Publishing,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Published>), Problem> {
    let message = read_json(&headers, body)?;
    let key = headers
        .get(IDEMPOTENCY_KEY)
        .map(|value| {
            let key = value.to_str().unwrap_or_default().to_owned();
            check_key(&key)?;
            Ok::<_, Problem>(IdempotencyKey { publisher: grant.user.clone(), key })
        })
        .transpose()?;
    let (published, freshness) = shared.publisher.publish_once(message, key).await?;
    let status = match freshness {
        Freshness::First => StatusCode::CREATED,
        Freshness::Repeated => StatusCode::OK,
    };
    Ok((status, Json(published)))
}

/// Reads a body that must be JSON and says so.
pub(super) fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let declared =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::NotJson);
    }
    let body = body.map_err(|rejected| match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Invalid("the body could not be read".to_owned()),
    })?;
    serde_json::from_slice(&body)
        .map_err(|error| Problem::Invalid(format!("the body is not as expected: {error}")))
}
