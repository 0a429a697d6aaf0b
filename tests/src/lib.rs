//! The harness of the whole-product tests: where the built programs are, how to wait for a condition, and
//! a private desktop to run them on.
//!
//! Nothing here knows what Belfry should do; that stands in the tests. What needs the desktop is Linux only
//! and runs in a session of its own, never the user's.

pub mod programs;

pub mod wait;

pub mod dice;

pub mod scenario;

pub mod faults;

#[cfg(target_os = "linux")]
pub mod desktop;
