//! The system's keychain, and the sentences where it does not take a token.

use std::sync::Arc;

use belfry_core::model::SourceId;
use belfry_core::ports::{ProxyLogin, SecretError, SecretKey, SecretStore};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{SecretPlace, SourceSettings};
use belfry_core::view::SecretView;
use belfry_core::words::Language;

use crate::problem::Problem;

/// The keychain. Nothing is asked before the first call.
pub fn open() -> Arc<dyn SecretStore> {
    Arc::new(belfry_platform::Keychain::new())
}

/// What a person is told where a token could not be stored; where there is no keychain, what else to do.
pub fn not_stored(error: &SecretError, language: Language) -> Problem {
    match error {
        SecretError::Absent => Problem::failed(language.text("cli.no_keychain")),
        SecretError::Locked | SecretError::TooLong | SecretError::Failed(_) => {
            Problem::failed(format!("{error}; the token was not stored, and nothing was changed"))
        }
    }
}

/// Whether there is a keychain; a locked one is one. It is not asked to unlock.
///
/// # Errors
/// [`SecretError::Absent`] if there is none.
pub async fn is_there(keychain: &dyn SecretStore, profile: &Profile) -> Result<(), SecretError> {
    match keychain.peek(nobody(profile)).await {
        Err(SecretError::Absent) => Err(SecretError::Absent),
        Ok(_) | Err(SecretError::Locked | SecretError::TooLong | SecretError::Failed(_)) => Ok(()),
    }
}

/// Who a source's proxy lets through, as far as the keychain tells without being unlocked.
pub async fn proxy_login(
    keychain: &dyn SecretStore,
    profile: &Profile,
    source: &SourceSettings,
) -> Option<ProxyLogin> {
    let proxy = source.network.proxy.url()?;
    let kept = keychain.peek(SecretKey::proxy_login(profile.id, source.id)).await.ok()??;
    ProxyLogin::from_secret(&kept).filter(|login| login.is_for(proxy))
}

/// Whether the keychain could take a token. A locked one is asked to unlock.
///
/// # Errors
/// Why it could not.
pub async fn unlocked(keychain: &dyn SecretStore, profile: &Profile) -> Result<(), SecretError> {
    match keychain.peek(nobody(profile)).await {
        Err(SecretError::Locked) => keychain.get(nobody(profile)).await.map(drop),
        looked => looked.map(drop),
    }
}

/// Where no token stands.
fn nobody(profile: &Profile) -> SecretKey {
    SecretKey::token(profile.id, SourceId::random())
}

/// Where a source's token is, as far as the keychain tells; one that lives in the memory of a running Belfry
/// is not seen from here.
pub async fn view(keychain: &dyn SecretStore, profile: &Profile, source: &SourceSettings) -> SecretView {
    if source.secrets == SecretPlace::Session {
        return SecretView::Missing;
    }
    match keychain.peek(SecretKey::token(profile.id, source.id)).await {
        Ok(Some(_)) => SecretView::Keychain,
        Ok(None) => SecretView::Missing,
        Err(SecretError::Locked) => SecretView::Locked,
        Err(SecretError::Absent | SecretError::TooLong | SecretError::Failed(_)) => SecretView::Absent,
    }
}
