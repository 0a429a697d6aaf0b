//! Keychain Services on macOS, the Credential Manager on Windows.
//!
//! Both belong to the system and are always there. macOS asks the user by itself and blocks meanwhile.

use belfry_core::model::Token;
use belfry_core::ports::{SecretError, SecretKey};

use super::vault::{Entries, Failure, Vault};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(target_os = "windows")]
use windows_native_keyring_store::Store;

/// The system's keychain.
pub(super) struct System {
    entries: Entries<Store>,
}

impl System {
    pub fn open() -> Result<Self, SecretError> {
        let store = Store::new().map_err(|error| SecretError::Failed(error.to_string()))?;
        Ok(Self { entries: Entries { store, modifiers: &[] } })
    }
}

impl Vault for System {
    fn get(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        self.entries.get(key)
    }

    /// A program may read what it has stored without a word to the user; macOS asks where the keychain has
    /// been locked by hand, and cannot be told not to.
    fn peek(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        self.entries.get(key)
    }

    fn set(&mut self, key: SecretKey, token: &Token) -> Result<(), Failure> {
        self.entries.set(key, token)
    }

    fn erase(&mut self, key: SecretKey) -> Result<(), Failure> {
        self.entries.erase(key)
    }
}
