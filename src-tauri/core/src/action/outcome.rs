//! What came of what was asked for.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{SourceId, UndoId};
use crate::settings::SourceField;

/// What came of an [`Action`](super::Action) that succeeded. The view that shows it has been published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// A source was added.
    SourceAdded {
        /// Its id.
        source: SourceId,
    },
    /// All messages were written into a file.
    Exported {
        /// The file.
        file: String,
        /// How many messages.
        #[ts(type = "number")]
        messages: u64,
    },
    /// A text was written into a file.
    Saved {
        /// The file.
        file: String,
    },
    /// Messages were changed; for ten seconds [`Action::Undo`](super::Action::Undo) takes it back.
    Undoable {
        /// The act.
        undo: UndoId,
    },
}

/// Why an [`Action`](super::Action) or [`Query`](super::Query) could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What a program switches on.
    pub code: FailureCode,
    /// What a developer reads; people get the catalogue's sentence for the code.
    pub message: String,
    /// The field that is to blame, where the code is [`FailureCode::Invalid`] or [`FailureCode::Taken`]. People
    /// get the catalogue's sentence `field.<field>.<code>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<SourceField>,
    /// How many seconds the server asks to be left alone, where the code is [`FailureCode::TooManyTries`] and it
    /// says so. People get the catalogue's sentence `failure.too_many_tries_for` then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub retry_after_s: Option<u64>,
}

impl Failure {
    /// Puts a code and a developer's sentence together.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after_s: None }
    }

    /// Names the field that is to blame.
    #[must_use]
    pub fn about(self, field: SourceField) -> Self {
        Self { field: Some(field), ..self }
    }
}

/// The kinds of [`Failure`]. Each has a sentence in the catalogue under `failure.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// There is no such message or source.
    NotFound,
    /// The message leads to no page.
    NoPage,
    /// The message's link is not one that may be opened.
    LinkRefused,
    /// The image could not be loaded, is none, or is too large.
    NoImage,
    /// No browser could be started.
    Browser,
    /// The store could not do it (disk full, damaged, locked).
    Storage,
    /// The settings could not be saved.
    Settings,
    /// The messages could not be exported (disk full, no such folder, not allowed).
    Export,
    /// The demo could not be started.
    Demo,
    /// The desktop took no popup.
    Popup,
    /// There is no such sound file, or it is none on this computer.
    Sound,
    /// Starting with the session could not be changed.
    LoginItem,
    /// The keychain refused, is locked or absent.
    Keychain,
    /// The source is signed out, but the keychain has not erased the token yet. It is not used any more, and
    /// erased as soon as the keychain allows it.
    TokenLeft,
    /// The server does not take this user and password.
    LoginRefused,
    /// User and password were tried too often; the server asks to be left alone for a while.
    TooManyTries,
    /// The server has no sign-in with user and password; it wants a token.
    NoLogin,
    /// The server's answer to user and password makes no sense.
    LoginFailed,
    /// The server sends user and password to another origin, which was told nothing.
    Moved,
    /// The password would travel in the clear.
    NotEncrypted,
    /// The server could not be asked.
    Unreachable,
    /// Something newer took its place, e.g. a sign-out while a token was being stored.
    Overtaken,
    /// A value cannot be taken; the field says which.
    Invalid,
    /// Nothing can be put off until that moment: it has passed, or is more than a year away.
    SnoozeMoment,
    /// It cannot be undone any more.
    TooLate,
    /// Another source has this name or address; the field says which.
    Taken,
    /// The engine is ending.
    Stopping,
}
