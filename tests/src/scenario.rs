//! What the scenarios share: `belfryctl` as a process, the engine in this process, and a network that fails
//! when told to. HTTP, SQLite and the server are real; keychain, screen and browser are faked.

mod ctl;

mod lines;

mod client;

mod memory;

mod proxy;

mod rogue;

mod server;

#[cfg(target_os = "linux")]
mod terminal;

pub use client::{Client, ClientSetup};
pub use ctl::{Ctl, Done, TOKEN_VARIABLE};
pub use lines::Watch;
pub use memory::{peak, resident};
pub use proxy::Proxy;
pub use rogue::Rogue;
pub use server::{message, numbered, quick_server, rows};
#[cfg(target_os = "linux")]
pub use terminal::Terminal;
