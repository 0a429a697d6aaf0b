//! belfry-server: the reference backend of Belfry's native protocol (`docs/protocol.md`) over SQLite.
//!
//! [`Server::start`] runs it inside a program, as the desktop demo and the tests do; the binary of the same name runs
//! it from a command line. One thread writes, a few read, and each stream is a cursor over the store.
//! Deliberately not here: anything of the client, and TLS, which a reverse proxy adds.

mod access;
mod accounts;
pub mod args;
mod config;
pub mod demo;
mod http;
mod hub;
mod publish;
mod readers;
mod render;
mod running;
mod store;
mod stream;
mod tokens;
mod writer;

pub use accounts::hash_password;
pub use config::{Config, Data, Epoch, Tokens};
pub use publish::{Publisher, Refused};
pub use running::{RunningServer, Server, StartError, Stopped};
pub use store::StoreError;
pub use tokens::{Grant, Role, Token, TokensError, parse as parse_tokens};
