//! A sign-in that lasts: it stands in the database without the token, which only its owner has.

use super::Key;

/// The SHA-256 of a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(pub Key);

/// One sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// The digest of its token.
    pub id: SessionId,
    /// Who signed in.
    pub user: String,
    /// The fingerprint of the account as it was then: a changed password ends the session.
    pub account: Key,
    /// Unix milliseconds.
    pub expires_at: i64,
}
