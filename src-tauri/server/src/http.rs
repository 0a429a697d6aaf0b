//! The routes of the wire protocol, at the root and under `/api`.
//! Deliberately not here: what a stream sends (`stream`), what is stored (`store`), what may be published (`publish`).

mod auth;
mod connection;
mod door;
mod history;
mod json;
mod login;
mod marks;
mod origin;
mod problem;
mod publish;
mod site;
mod sse;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};
use belfry_protocol::{Health, Me, PROTOCOL};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use connection::Peer;
pub(crate) use door::Door;
use json::Answer;
pub(crate) use login::SigningIn;
pub(crate) use origin::Hosts;
use problem::Problem;

use crate::access::Access;
use crate::demo;
use crate::hub::Hub;
use crate::publish::{MAX_BODY, Publisher};
use crate::readers::Readers;
use crate::store::Identity;

/// Everything that a request may need.
pub(crate) struct Shared {
    /// Which store this is.
    pub identity: Identity,
    /// Whom the server knows now.
    pub access: Arc<Access>,
    /// How sign-ins go, where there are users with passwords.
    pub signing_in: Option<SigningIn>,
    /// Reads.
    pub readers: Arc<Readers>,
    /// Writes.
    pub publisher: Publisher,
    /// Wakes.
    pub hub: Arc<Hub>,
    /// A comment goes over each stream this often.
    pub heartbeat: Duration,
    /// How long a body may be on its way.
    pub patience: Duration,
    /// What `retry:` says.
    pub retry: Duration,
    /// Origins that may use the server from a browser.
    pub allow_origins: Vec<String>,
    /// Names under which the server answers.
    pub hosts: Hosts,
    /// Whether samples are published, whose clicks lead to a site that does not exist.
    pub demo: Option<demo::Pace>,
    /// Cancelled when the server ends.
    pub stop: CancellationToken,
    /// Counts up when all streams have to end.
    pub rotation: watch::Sender<u64>,
    /// How many streams are open.
    pub streams: watch::Sender<usize>,
    /// What has to end before the store is closed.
    pub tasks: TaskTracker,
}

/// The whole service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let routes = Router::new()
        .route("/health", get(health))
        .route("/me", get(me))
        .route("/auth/login", post(login::login))
        .route("/auth/logout", post(login::logout))
        .route("/sse/connect", get(sse::connect))
        .route("/messages", get(history::page).post(publish::publish))
        .route("/messages/read", post(marks::read))
        .route("/messages/unread-count", get(history::unread_count))
        .route("/messages/{id}", delete(marks::delete));
    Router::new()
        .merge(routes.clone())
        .nest("/api", routes)
        .fallback(site::page)
        .method_not_allowed_fallback(not_that_way)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(shared.clone(), origin::check))
        .layer(middleware::from_fn(log))
        .with_state(shared)
}

async fn health() -> Answer<Health> {
    Answer(Health { status: "ok".to_owned(), protocol: PROTOCOL })
}

async fn me(caller: auth::Caller) -> Answer<Me> {
    let holder = caller.0;
    Answer(Me {
        user: Some(holder.user.clone()),
        name: Some(holder.user.clone()),
        role: Some(holder.role.as_str().to_owned()),
    })
}

async fn not_that_way() -> Problem {
    Problem::Method
}

/// Logs each request without its query, which may hold a token.
async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), took = ?began.elapsed(), "answered");
    response
}
