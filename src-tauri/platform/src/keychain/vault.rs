//! What a keychain can do, blocking, in keyring's terms.

use std::sync::Arc;

use belfry_core::model::Token;
use belfry_core::ports::{SecretError, SecretKey};
use keyring::{Entry, Error};
use keyring_core::api::CredentialStoreApi;
use zeroize::Zeroizing;

/// An open keychain. Its calls may take for ever.
pub(super) trait Vault {
    /// Reads a token.
    fn get(&mut self, key: SecretKey) -> Result<Option<Token>, Failure>;
    /// Reads a token without asking the user for anything.
    fn peek(&mut self, key: SecretKey) -> Result<Option<Token>, Failure>;
    /// Stores a token.
    fn set(&mut self, key: SecretKey, token: &Token) -> Result<(), Failure>;
    /// Erases a token.
    fn erase(&mut self, key: SecretKey) -> Result<(), Failure>;
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The keychain said why.
    Answer(SecretError),
    /// The connection to the keychain is of no use any more, e.g. since its daemon was restarted.
    Stale(String),
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::Answer(error)
    }
}

/// Makes a call, with a fresh vault where there is none yet or the old one turns out to be stale.
pub(super) fn attempt<V: Vault, T>(
    vault: &mut Option<V>,
    open: &mut impl FnMut() -> Result<V, SecretError>,
    call: impl Fn(&mut V) -> Result<T, Failure>,
) -> Result<T, SecretError> {
    if let Some(known) = vault {
        match call(known) {
            Ok(answer) => return Ok(answer),
            Err(Failure::Answer(error)) => return Err(error),
            Err(Failure::Stale(why)) => tracing::debug!(why, "the keychain is opened anew"),
        }
    }
    let fresh = vault.insert(open()?);
    call(fresh).map_err(|failure| match failure {
        Failure::Answer(error) => error,
        Failure::Stale(why) => SecretError::Failed(why),
    })
}

/// A store of the keyring family. Owned here, since the default store that keyring keeps for the process
/// remembers for ever that it could not be opened.
pub(super) struct Entries<S> {
    pub store: Arc<S>,
    /// What else the store is told about each entry.
    pub modifiers: &'static [(&'static str, &'static str)],
}

impl<S: CredentialStoreApi> Entries<S> {
    pub fn get(&self, key: SecretKey) -> Result<Option<Token>, Failure> {
        let secret = match self.entry(key)?.get_secret() {
            Err(Error::NoEntry) => return Ok(None),
            // Two entries of the same name: whichever has something to say.
            Err(Error::Ambiguous(all)) => {
                all.iter().find_map(|entry| entry.get_secret().ok()).ok_or(Error::NoEntry)
            }
            other => other,
        };
        let secret = Zeroizing::new(secret.map_err(meaning)?);
        let text = std::str::from_utf8(&secret).map_err(|_| meaning(Error::BadEncoding(Vec::new())))?;
        Ok(Some(Token::new(text)))
    }

    pub fn set(&self, key: SecretKey, token: &Token) -> Result<(), Failure> {
        let secret = token.expose().as_bytes();
        match self.entry(key)?.set_secret(secret) {
            Err(Error::Ambiguous(all)) => {
                erase_all(&all)?;
                self.entry(key)?.set_secret(secret).map_err(meaning)
            }
            other => other.map_err(meaning),
        }
    }

    pub fn erase(&self, key: SecretKey) -> Result<(), Failure> {
        match self.entry(key)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(all)) => erase_all(&all),
            Err(error) => Err(meaning(error)),
        }
    }

    fn entry(&self, key: SecretKey) -> Result<Entry, Failure> {
        let modifiers = self.modifiers.iter().copied().collect();
        let inner =
            self.store.build(SecretKey::SERVICE, &key.account(), Some(&modifiers)).map_err(meaning)?;
        Ok(Entry { inner })
    }
}

fn erase_all(entries: &[keyring_core::Entry]) -> Result<(), Failure> {
    entries.iter().try_for_each(|entry| match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(meaning(error)),
    })
}

/// What keyring's error means to the product. Errors that carry the secret's bytes are named, not shown.
fn meaning(error: Error) -> Failure {
    let answer = match error {
        Error::PlatformFailure(cause) => return Failure::Stale(cause.to_string()),
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::TooLong(..) => SecretError::TooLong,
        Error::NoDefaultStore => SecretError::Absent,
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            SecretError::Failed("what is stored is not a token".to_owned())
        }
        other => SecretError::Failed(other.to_string()),
    };
    Failure::Answer(answer)
}
