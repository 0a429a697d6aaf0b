//! The system's keychain, and the sentences where it does not take a token.

use std::sync::Arc;

use belfry_core::ports::{SecretError, SecretKey, SecretStore};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{SecretPlace, SourceSettings};
use belfry_core::view::SecretView;

use crate::problem::Problem;

/// The keychain. Nothing is asked before the first call.
pub fn open() -> Arc<dyn SecretStore> {
    Arc::new(belfry_platform::Keychain::new())
}

/// What a person is told where a token could not be stored.
pub fn not_stored(error: &SecretError) -> Problem {
    Problem::failed(format!("{error}; the token was not stored, and nothing was changed"))
}

/// Where a source's token is, as far as the keychain tells; one that lives in the memory of a running Belfry
/// is not seen from here.
pub async fn view(keychain: &dyn SecretStore, profile: &Profile, source: &SourceSettings) -> SecretView {
    if source.secrets == SecretPlace::Session {
        return SecretView::Missing;
    }
    match keychain.peek(SecretKey { profile: profile.id, source: source.id }).await {
        Ok(Some(_)) => SecretView::Keychain,
        Ok(None) => SecretView::Missing,
        Err(SecretError::Locked) => SecretView::Locked,
        Err(SecretError::Absent | SecretError::TooLong | SecretError::Failed(_)) => SecretView::Absent,
    }
}
