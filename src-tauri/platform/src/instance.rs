//! One engine per profile: the local socket beside the profile's lock, its server and its client.
//!
//! Whoever holds the lock serves the socket. A second start of the program hands its wish over and ends;
//! `belfryctl` asks, acts and watches through it. Frames are a length and JSON; a secret travels in a frame
//! of its own that is not JSON, is never logged, and is overwritten. The socket is the user's alone: folder
//! 0700, file 0600, and each side looks at the other's user before it says anything.
//!
//! Deliberately not here: what the calls do (the engine), and what a window does (a [`Front`]).

mod channel;
mod claim;
mod client;
mod crowd;
mod secret;
mod server;
mod wire;

#[cfg(test)]
mod tests;

pub use claim::{Claim, NotClaimed, claim};
pub use client::{CallError, Client, InstanceError, Peer, Told, Watching};
pub use server::{Front, Host, Server, Serving};
pub use wire::{Program, Raise};

/// The version of hello, frames and calls. Raised when an older side would misunderstand.
pub const PROTOCOL: u32 = 2;

/// The version of this program: calls other than raising go only between equals, for their shapes may differ.
const VERSION: &str = env!("CARGO_PKG_VERSION");
