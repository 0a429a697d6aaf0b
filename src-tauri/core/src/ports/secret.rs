//! The keychain.

use tokio::sync::mpsc;

use super::BoxFuture;
use crate::model::{SourceId, Token};

/// Keeps tokens. Every call ends within a bounded time, whatever the keychain does.
pub trait SecretStore: Send + Sync {
    /// Reads a token; `None` if there is none under this key. May ask the user to unlock the keychain.
    ///
    /// # Errors
    /// See [`SecretError`].
    fn get(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>>;

    /// Reads a token as [`Self::get`] does, but never asks the user for anything.
    ///
    /// # Errors
    /// See [`SecretError`].
    fn peek(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>>;

    /// Stores a token, in place of the one that may be there.
    ///
    /// # Errors
    /// See [`SecretError`].
    fn set(&self, key: SecretKey, token: Token) -> BoxFuture<'static, Result<(), SecretError>>;

    /// Erases a token; fine if there is none.
    ///
    /// # Errors
    /// See [`SecretError`].
    fn erase(&self, key: SecretKey) -> BoxFuture<'static, Result<(), SecretError>>;

    /// Names the channel on which it is reported from now on that [`Self::peek`] may answer otherwise than
    /// before: locked, unlocked, gone, come, a token edited by somebody else. A full channel drops the report;
    /// a keychain that notices nothing reports nothing.
    fn report_to(&self, changes: mpsc::Sender<()>);
}

/// Where a token stands in the keychain: service `belfry`, account `<profile uuid>/<source uuid>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretKey {
    /// The profile.
    pub profile: uuid::Uuid,
    /// The source.
    pub source: SourceId,
}

impl SecretKey {
    /// The service under which all of Belfry's tokens stand.
    pub const SERVICE: &'static str = "belfry";

    /// The account.
    #[must_use]
    pub fn account(&self) -> String {
        format!("{}/{}", self.profile, self.source)
    }
}

/// Why the keychain did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// This system has no keychain, or it is not running.
    #[error("there is no keychain")]
    Absent,
    /// It is locked, and nobody unlocked it in time.
    #[error("the keychain is locked")]
    Locked,
    /// The secret is longer than this keychain takes.
    #[error("the token is too long for the keychain")]
    TooLong,
    /// Anything else, in the library's words, which never hold the secret.
    #[error("the keychain failed: {0}")]
    Failed(String),
}
