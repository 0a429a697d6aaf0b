//! `GET /sse/connect`: authentication, the cursor, the headers of the answer. What follows is `stream`'s.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::problem::Problem;
use super::{Peer, Shared, auth};
use crate::stream;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What the address may carry for browsers, which cannot set headers on a stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    token: Option<String>,
    last_event_id: Option<String>,
}

pub(super) async fn connect(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(params) = params.map_err(|_| Problem::Invalid("the query cannot be read".to_owned()))?;
    let holder = auth::subscriber(auth::identify(&shared, &headers, params.token.as_deref())?)?;
    // What is no text cannot be a cursor of ours, but it is one all the same: the client is told of a gap.
    let named =
        headers.get(LAST_EVENT_ID).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let cursor = named.or(params.last_event_id).filter(|cursor| !cursor.is_empty());
    let chunks = stream::open(shared, holder, cursor, peer.kill);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (ACCEL_BUFFERING, "no"),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}
