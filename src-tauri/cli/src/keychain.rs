//! The system's keychain, and the sentences where it does not take a token.

use std::sync::Arc;

use belfry_core::ports::{SecretError, SecretStore};

use crate::problem::Problem;

/// The keychain. Nothing is asked before the first call.
pub fn open() -> Arc<dyn SecretStore> {
    Arc::new(belfry_platform::Keychain::new())
}

/// What a person is told where a token could not be stored.
pub fn not_stored(error: &SecretError) -> Problem {
    Problem::failed(format!("{error}; the token was not stored, and nothing was changed"))
}
