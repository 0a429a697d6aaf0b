//! The server from outside: real HTTP on loopback, real SQLite, the built program.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the whole program is a test, its client too")]

mod auth;
mod browser;
mod client;
mod cursors;
#[cfg(unix)]
mod document;
mod embed;
mod history;
mod limits;
mod login;
mod many;
mod process;
mod publish;
mod slow;
mod stream;
