//! A reference server for one scenario, and what is published on it.

use std::time::Duration;

use anyhow::Result;
use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server};

/// A server with a temporary store whose streams beat often and whose clients may come back at once.
///
/// # Errors
/// If it cannot be started.
pub async fn quick_server() -> Result<RunningServer> {
    let config = Config {
        heartbeat: Duration::from_millis(100),
        retry: Duration::from_millis(20),
        ..Config::default()
    };
    Ok(Server::start(config).await?)
}

/// A reply to the user `me`.
#[must_use]
pub fn message(title: &str) -> Publish {
    Publish { to: "me".to_owned(), kind: "reply".to_owned(), title: title.to_owned(), ..Publish::default() }
}

/// Replies with the titles `from`, `from + 1`, … below `to`.
pub fn numbered(from: usize, to: usize) -> impl Iterator<Item = Publish> {
    (from..to).map(|number| message(&number.to_string()))
}

/// The titles that [`numbered`] gives.
#[must_use]
pub fn rows(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| number.to_string()).collect()
}
