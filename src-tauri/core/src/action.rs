//! The one door in: everything that anyone may ask for.
//!
//! Popup, tray, window, link and command line all come through here. An [`Action`] holds no secret and
//! serialises, so that the same calls can travel over a socket. A token has a way of its own
//! (`EngineHandle::secret`).

mod link;
mod probe;
mod query;
mod secret;

pub use link::{InvalidLink, Link, SCHEME};
pub use probe::{Check, CheckCode, CheckKind, ProbeDepth, ProbeReport, Verdict};
pub use query::{
    Announced, Answer, Decision, Filter, Found, Highlight, ImageData, Matching, MessageDetail, Page, PageKey,
    Query, SearchPage, SourceDetail, SourceStorage, StorageReport, Tab, TemplateLeads, TemplatePreview,
    ViewCount,
};
pub use secret::{Credentials, SecretOutcome, SecretUse};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{MessageId, SourceId};
pub use crate::policy::{PauseSpan, SnoozeSpan};
use crate::settings::{NewSource, Preferences, SavedView, Sound, SourceChange, SourceField};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// What a click on the message's popup does: its page in the browser, or the inbox at the message.
    Open {
        /// The message.
        id: MessageId,
    },
    /// Opens the message's page in the browser and marks the message read.
    FollowLink {
        /// The message.
        id: MessageId,
    },
    /// Opens a link of the message's text in the browser and marks the message read. The address has to stand in
    /// the message's body, and to be one of the web.
    OpenLink {
        /// The message.
        id: MessageId,
        /// The address as the body says it.
        url: String,
    },
    /// Marks messages read.
    MarkRead {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Marks messages unread.
    MarkUnread {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Marks every message read that is unread now.
    MarkAllRead,
    /// Puts messages into the archive and marks them read.
    Archive {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Puts messages back from the archive into the list.
    Unarchive {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Puts messages off: they leave the lists, and are neither unread nor announced, until they come back at the top.
    Snooze {
        /// The messages.
        ids: Vec<MessageId>,
        /// Until when.
        span: SnoozeSpan,
    },
    /// Brings messages back now that were put off.
    Wake {
        /// The messages; those that are not put off are ignored.
        ids: Vec<MessageId>,
    },
    /// Pins messages: they are never swept away, and found together.
    Pin {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Takes pins off.
    Unpin {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Deletes messages on this computer. Their texts are erased when it cannot be undone any more.
    Delete {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
    },
    /// Does the same with everything that matches now, however much that is, in slices between which everything else
    /// goes on. What arrives later is left alone, and so is what another act names meanwhile. One act, to be undone as
    /// such; its ten seconds begin when it is done.
    AllOf {
        /// What matches.
        of: Matching,
        /// What is done with it.
        deed: Deed,
    },
    /// Takes an act back that was [`Outcome::Undoable`] less than ten seconds ago.
    Undo {
        /// The act.
        undo: UndoId,
    },
    /// Writes all messages into a new file in the user's folder for downloads, one JSON object a line, oldest first.
    Export,
    /// Deletes all messages on this computer for good. Servers are not told, and what they repeat does not come back.
    DeleteAll,
    /// Writes a text into a new file in the user's folder for downloads: the answer to [`Query::Report`], as the user
    /// has seen it, at most 256 KiB.
    SaveReport {
        /// The text.
        text: String,
    },
    /// Starts the demo: a program of its own, with a server of its own.
    StartDemo,
    /// Makes the search's index anew; searches are slower until it is complete.
    RebuildIndex,
    /// Raises the window, or makes one, at the inbox.
    ShowInbox,
    /// Raises the window, or makes one, at the settings.
    ShowSettings,
    /// Says that this desktop has no place for the tray icon. The user is told in a popup, once in the life of a
    /// profile.
    NoTray,
    /// Raises the window, or makes one, at what a `belfry://` link names; never does more than show. Where it
    /// names a message that is not here, the inbox is shown and the action fails with `not_found`.
    Show {
        /// The link.
        link: Link,
    },
    /// The window has shown what [`crate::view::Reveal`] asked for.
    Revealed {
        /// The request's number.
        seq: u64,
    },
    /// Says where the user's eyes are now; until then, and after the window is gone, they are elsewhere.
    Attend {
        /// What the user looks at.
        to: Attention,
    },
    /// Holds popups back; what is urgent, and what a rule lets through, comes all the same.
    Pause {
        /// For how long, from now on.
        span: PauseSpan,
    },
    /// Ends the pause.
    Resume,
    /// Shows a popup that says that popups are shown, with a sound; done when the desktop has taken it. Pauses and
    /// quiet hours do not hold it back.
    TestPopup {
        /// The sound.
        sound: Sound,
    },
    /// Tries every connection that is not live at once. Where servers have moved within their origins is forgotten.
    RetryNow,
    /// Adds a source without a token; it connects as soon as it has one ([`SecretUse::Add`] adds one with its token).
    AddSource {
        /// What to add.
        source: NewSource,
    },
    /// Changes what is kept about a source; a change of how it is spoken to connects anew.
    EditSource {
        /// The source.
        source: SourceId,
        /// What changes.
        change: Box<SourceChange>,
    },
    /// Puts a source at another place in the user's order.
    MoveSource {
        /// The source.
        source: SourceId,
        /// Its new place, from zero; a place behind the last is the last.
        to: u32,
    },
    /// Removes a source with its messages, its token and its popups. Cannot be undone.
    RemoveSource {
        /// The source.
        source: SourceId,
    },
    /// Forgets a source's token and closes its stream; its messages stay.
    SignOut {
        /// The source.
        source: SourceId,
    },
    /// Puts away the word that messages of a source may be missing.
    DismissGap {
        /// The source.
        source: SourceId,
    },
    /// Puts away what [`crate::view::View::notices`] told.
    DismissNotices,
    /// Saves a list under its name, in the place of the one that has this name.
    SaveView {
        /// The list.
        view: SavedView,
    },
    /// Gives a saved list another name.
    RenameView {
        /// The name that it has.
        name: String,
        /// The one that it gets.
        to: String,
    },
    /// Puts a saved list at another place in the user's order.
    MoveView {
        /// The list.
        name: String,
        /// Its new place, from zero; a place behind the last is the last.
        to: u32,
    },
    /// Forgets a saved list; its messages stay.
    RemoveView {
        /// The list.
        name: String,
    },
    /// Replaces the preferences.
    SavePreferences {
        /// The new ones.
        preferences: Preferences,
    },
}

impl Action {
    /// The most messages that one action names.
    pub const MOST_IDS: usize = 10_000;

    /// The messages that it names; none where it names a single one, or none.
    #[must_use]
    pub fn ids(&self) -> &[MessageId] {
        match self {
            Self::MarkRead { ids }
            | Self::MarkUnread { ids }
            | Self::Archive { ids }
            | Self::Unarchive { ids }
            | Self::Snooze { ids, .. }
            | Self::Wake { ids }
            | Self::Pin { ids }
            | Self::Unpin { ids }
            | Self::Delete { ids } => ids,
            Self::Open { .. }
            | Self::FollowLink { .. }
            | Self::OpenLink { .. }
            | Self::MarkAllRead
            | Self::AllOf { .. }
            | Self::Undo { .. }
            | Self::ShowInbox
            | Self::ShowSettings
            | Self::NoTray
            | Self::Show { .. }
            | Self::Revealed { .. }
            | Self::Attend { .. }
            | Self::Pause { .. }
            | Self::Resume
            | Self::RetryNow
            | Self::Export
            | Self::RebuildIndex
            | Self::AddSource { .. }
            | Self::EditSource { .. }
            | Self::MoveSource { .. }
            | Self::RemoveSource { .. }
            | Self::SignOut { .. }
            | Self::DismissGap { .. }
            | Self::DismissNotices
            | Self::SaveView { .. }
            | Self::RenameView { .. }
            | Self::MoveView { .. }
            | Self::RemoveView { .. }
            | Self::SavePreferences { .. }
            | Self::TestPopup { .. }
            | Self::StartDemo
            | Self::SaveReport { .. }
            | Self::DeleteAll => &[],
        }
    }

    /// Whether it changes what is saved in the settings, or where a token is.
    #[must_use]
    pub fn changes_settings(&self) -> bool {
        match self {
            Self::AddSource { .. }
            | Self::EditSource { .. }
            | Self::MoveSource { .. }
            | Self::RemoveSource { .. }
            | Self::SignOut { .. }
            | Self::SaveView { .. }
            | Self::RenameView { .. }
            | Self::MoveView { .. }
            | Self::RemoveView { .. }
            | Self::SavePreferences { .. } => true,
            Self::Open { .. }
            | Self::FollowLink { .. }
            | Self::OpenLink { .. }
            | Self::MarkRead { .. }
            | Self::MarkUnread { .. }
            | Self::MarkAllRead
            | Self::AllOf { .. }
            | Self::Archive { .. }
            | Self::Unarchive { .. }
            | Self::Snooze { .. }
            | Self::Wake { .. }
            | Self::Pin { .. }
            | Self::Unpin { .. }
            | Self::Delete { .. }
            | Self::Undo { .. }
            | Self::ShowInbox
            | Self::ShowSettings
            | Self::NoTray
            | Self::Show { .. }
            | Self::Revealed { .. }
            | Self::Attend { .. }
            | Self::Pause { .. }
            | Self::Resume
            | Self::TestPopup { .. }
            | Self::RetryNow
            | Self::Export
            | Self::DeleteAll
            | Self::SaveReport { .. }
            | Self::StartDemo
            | Self::RebuildIndex
            | Self::DismissGap { .. }
            | Self::DismissNotices => false,
        }
    }
}

/// What is done with many messages; each as the [`Action`] of its name says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Deed {
    /// [`Action::MarkRead`].
    MarkRead,
    /// [`Action::MarkUnread`].
    MarkUnread,
    /// [`Action::Archive`].
    Archive,
    /// [`Action::Unarchive`].
    Unarchive,
    /// [`Action::Snooze`].
    Snooze {
        /// Until when.
        span: SnoozeSpan,
    },
    /// [`Action::Wake`].
    Wake,
    /// [`Action::Pin`].
    Pin,
    /// [`Action::Unpin`].
    Unpin,
    /// [`Action::Delete`].
    Delete,
}

/// What the user looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// The inbox: its window has the focus and shows a list that has whatever comes.
    Inbox,
    /// A list that lacks some of it, another page of the window, another program, or nothing.
    #[default]
    Elsewhere,
}

/// What came of an [`Action`] that succeeded. The view that shows it has been published.
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
    /// Messages were changed; for ten seconds [`Action::Undo`] takes it back.
    Undoable {
        /// The act.
        undo: UndoId,
    },
}

/// An act that can be taken back. The number means nothing to another run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct UndoId(pub u64);

/// Why an [`Action`] or [`Query`] could not be carried out.
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
