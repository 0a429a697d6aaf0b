//! `POST /messages`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use belfry_protocol::{Publish, Published};

use super::Shared;
use super::auth::Publishing;
use super::json::{Answer, JsonBody};
use super::problem::Problem;
use crate::publish::{Freshness, check_key};
use crate::store::IdempotencyKey;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub(super) async fn publish(
    State(shared): State<Arc<Shared>>,
    Publishing(holder): Publishing,
    headers: HeaderMap,
    JsonBody(message): JsonBody<Publish>,
) -> Result<(StatusCode, Answer<Published>), Problem> {
    let key = headers
        .get(IDEMPOTENCY_KEY)
        .map(|value| {
            let key = value.to_str().unwrap_or_default().to_owned();
            check_key(&key)?;
            Ok::<_, Problem>(IdempotencyKey { publisher: holder.user.clone(), key })
        })
        .transpose()?;
    let (published, freshness) = shared.publisher.publish_once(message, key).await?;
    let status = match freshness {
        Freshness::First => StatusCode::CREATED,
        Freshness::Repeated => StatusCode::OK,
    };
    Ok((status, Answer(published)))
}
