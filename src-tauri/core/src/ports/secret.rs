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

/// Where a secret stands in the keychain: service `belfry`, account `<profile uuid>/<source uuid>` for a token; what
/// else a source has there stands below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretKey {
    /// The profile.
    pub profile: uuid::Uuid,
    /// The source.
    pub source: SourceId,
    /// Which of its secrets.
    pub kind: SecretKind,
}

/// The secrets that one source may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// The server's token.
    Token,
    /// A proxy's user and password ([`super::ProxyLogin::to_secret`]), below `/proxy`.
    ProxyLogin,
}

impl SecretKey {
    /// The service under which all of Belfry's tokens stand.
    pub const SERVICE: &'static str = "belfry";

    /// The place of a source's token.
    #[must_use]
    pub fn token(profile: uuid::Uuid, source: SourceId) -> Self {
        Self { profile, source, kind: SecretKind::Token }
    }

    /// The place of the user and password for a source's proxy.
    #[must_use]
    pub fn proxy_login(profile: uuid::Uuid, source: SourceId) -> Self {
        Self { profile, source, kind: SecretKind::ProxyLogin }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> String {
        match self.kind {
            SecretKind::Token => format!("{}/{}", self.profile, self.source),
            SecretKind::ProxyLogin => format!("{}/{}/proxy", self.profile, self.source),
        }
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
