//! What the scenarios share: `belfryctl` as a process, the engine in this process, and a network that fails
//! when told to. HTTP, SQLite and the server are real; keychain, screen and browser are faked.

mod ctl;

mod lines;

mod client;

mod proxy;

mod server;

pub use client::{Client, ClientSetup};
pub use ctl::{Ctl, Done};
pub use lines::Watch;
pub use proxy::Proxy;
pub use server::{message, numbered, quick_server, rows};
