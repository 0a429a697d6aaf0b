//! The Secret Service of Linux desktops (freedesktop.org Secret Service API 0.2).
//!
//! keyring's store unlocks what it finds locked, waits for the user without limit and holds a lock
//! meanwhile. So nothing is asked of it before the collection's `Locked` property has been read; unlocking
//! is left to a thread of its own, at most one, which may wait for ever where nobody can be asked. Whoever
//! else unlocks the collection is noticed with the next call.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

use belfry_core::model::Token;
use belfry_core::ports::{SecretError, SecretKey};
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use zbus_secret_service_keyring_store::Store;

use super::vault::{Entries, Failure, Vault};

/// How long the first call waits for the user to unlock the collection; less than anyone waits for an
/// answer.
const USERS_TIME: Duration = Duration::from_millis(1500);

/// The name under which people find the tokens in their keychain's own window.
const MODIFIERS: &[(&str, &str)] = &[("label", "Belfry")];

/// A connection to the Secret Service.
pub(super) struct System {
    /// For questions that change nothing.
    service: SecretService<'static>,
    entries: Entries<Store>,
    unlocking: Unlocking,
}

impl System {
    /// Opens a session with the service, which starts it where the desktop has one to start.
    ///
    /// # Errors
    /// [`SecretError::Absent`] where that fails.
    pub fn open() -> Result<Self, SecretError> {
        let absent = |error: &dyn std::fmt::Display| {
            tracing::info!(%error, "there is no keychain");
            SecretError::Absent
        };
        let service = SecretService::connect(EncryptionType::Plain).map_err(|error| absent(&error))?;
        let store = Store::new().map_err(|error| absent(&error))?;
        Ok(Self {
            service,
            entries: Entries { store, modifiers: MODIFIERS },
            unlocking: Unlocking::default(),
        })
    }

    /// Makes sure that no call on this key would wait for the user.
    fn guard(&mut self, key: SecretKey) -> Result<Collection, Failure> {
        let collection = self.collection()?;
        if collection != Collection::Locked && !self.has_locked_entry(key)? {
            return Ok(collection);
        }
        self.unlocking.ask_the_user();
        match self.collection()? {
            Collection::Locked => Err(SecretError::Locked.into()),
            _ if self.has_locked_entry(key)? => Err(SecretError::Locked.into()),
            collection => Ok(collection),
        }
    }

    /// Reads a token, once no call would wait for the user. Without a collection nothing can be said: a
    /// service that has just started has not found its collections yet.
    fn read(&self, key: SecretKey, collection: Collection) -> Result<Option<Token>, Failure> {
        match (self.entries.get(key)?, collection) {
            (Some(token), _) => Ok(Some(token)),
            (None, Collection::Locked | Collection::Unlocked) => Ok(None),
            (None, Collection::Missing) => Err(SecretError::Absent.into()),
        }
    }

    fn collection(&self) -> Result<Collection, Failure> {
        match self.service.get_default_collection() {
            Ok(collection) if collection.is_locked().map_err(stale)? => Ok(Collection::Locked),
            Ok(_) => Ok(Collection::Unlocked),
            Err(secret_service::Error::NoResult) => Ok(Collection::Missing),
            Err(error) => Err(stale(error)),
        }
    }

    /// Whether the token stands in a collection that is locked; it need not be the default one.
    fn has_locked_entry(&self, key: SecretKey) -> Result<bool, Failure> {
        let account = key.account();
        let attributes = HashMap::from([("service", SecretKey::SERVICE), ("username", account.as_str())]);
        let found = self.service.search_items(attributes).map_err(stale)?;
        Ok(!found.locked.is_empty())
    }
}

impl Vault for System {
    fn get(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        let collection = self.guard(key)?;
        self.read(key, collection)
    }

    fn peek(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        let collection = self.collection()?;
        if collection == Collection::Locked || self.has_locked_entry(key)? {
            return Err(SecretError::Locked.into());
        }
        self.read(key, collection)
    }

    fn set(&mut self, key: SecretKey, token: &Token) -> Result<(), Failure> {
        match self.guard(key)? {
            Collection::Locked | Collection::Unlocked => self.entries.set(key, token),
            // The service would have to ask the user for a password for a new one.
            Collection::Missing => Err(SecretError::Absent.into()),
        }
    }

    fn erase(&mut self, key: SecretKey) -> Result<(), Failure> {
        let collection = self.guard(key)?;
        self.entries.erase(key)?;
        match collection {
            Collection::Locked | Collection::Unlocked => Ok(()),
            Collection::Missing => Err(SecretError::Absent.into()),
        }
    }
}

/// The collection in which new tokens are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collection {
    Unlocked,
    Locked,
    /// There is none; nothing has ever been stored.
    Missing,
}

fn stale(error: secret_service::Error) -> Failure {
    Failure::Stale(error.to_string())
}

/// The thread that asks the user to unlock the collection, if there is one.
#[derive(Default)]
struct Unlocking {
    ended: Option<Receiver<()>>,
}

impl Unlocking {
    /// Asks the user, and waits a little for what comes of it. While the user is being asked already,
    /// nothing happens.
    fn ask_the_user(&mut self) {
        if let Some(ended) = &self.ended
            && ended.try_recv() == Err(TryRecvError::Empty)
        {
            return;
        }
        let (end, ended) = sync_channel(1);
        let thread = std::thread::Builder::new().name("belfry-unlock".to_owned());
        let asked = thread.spawn(move || {
            if let Err(error) = unlock() {
                tracing::info!(%error, "the keychain stays locked");
            }
            drop(end);
        });
        if asked.is_err() {
            return;
        }
        match ended.recv_timeout(USERS_TIME) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => self.ended = None,
            Err(RecvTimeoutError::Timeout) => self.ended = Some(ended),
        }
    }
}

/// Unlocks the default collection over a connection of its own; returns when the user has decided.
fn unlock() -> Result<(), secret_service::Error> {
    let service = SecretService::connect(EncryptionType::Plain)?;
    service.get_default_collection()?.unlock()
}
