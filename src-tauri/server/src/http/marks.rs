//! `POST /messages/read` and `DELETE /messages/{id}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use belfry_protocol::MarkRead;

use super::Shared;
use super::auth::Subscriber;
use super::json::JsonBody;
use super::problem::Problem;

pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Subscriber(holder): Subscriber,
    JsonBody(marks): JsonBody<MarkRead>,
) -> Result<StatusCode, Problem> {
    shared.publisher.mark_read(&holder.user, marks).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Subscriber(holder): Subscriber,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    shared.publisher.delete(&holder.user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
