//! `POST /messages/read` and `DELETE /messages/{id}`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use super::Shared;
use super::auth::Subscriber;
use super::problem::Problem;
use super::publish::read_json;

pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Subscriber(grant): Subscriber,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let marks = read_json(&headers, body)?;
    shared.publisher.mark_read(&grant.user, marks).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Subscriber(grant): Subscriber,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    shared.publisher.delete(&grant.user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
