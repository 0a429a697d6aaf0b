//! What every implementation of a port must do: suites that the fakes and the real ones pass.
//!
//! Each suite is given a constructor and panics where the contract is broken, so that a test is one call.
//! What only a real one can do (lock itself, lose its daemon) is tested where it lives.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod notifier;
mod secrets;

pub use browser::browser;
pub use notifier::{Screen, notifier};
pub use secrets::secret_store;
