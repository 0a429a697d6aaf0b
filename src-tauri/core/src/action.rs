//! The one door in: everything that anyone may ask for.
//!
//! Popup, tray, window, link and command line all come through here. An [`Action`] holds no secret and
//! serialises, so that the same calls can travel over a socket. A token has a way of its own
//! (`EngineHandle::secret`).

mod about;
mod link;
mod outcome;
mod probe;
mod query;
mod secret;

pub use link::{InvalidLink, Link, SCHEME};
pub use outcome::{Failure, FailureCode, Outcome};
pub use probe::{Check, CheckCode, CheckKind, ProbeDepth, ProbeReport, Verdict};
pub use query::{
    Announced, Answer, Decision, Filter, Found, Highlight, ImageData, Matching, MessageDetail, Page, PageKey,
    Query, SearchPage, SourceDetail, SourceStorage, StorageReport, Tab, TemplateLeads, TemplatePreview,
    ViewCount,
};
pub use secret::{Credentials, SecretOutcome, SecretUse};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{MessageId, SourceId, UndoId};
pub use crate::policy::{PauseSpan, SnoozeSpan};
use crate::settings::{NewSource, Preferences, SavedView, Sound, SourceChange};

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
    /// Marks messages read that somebody has seen; nobody asked for it, so that no way back is offered on the screen.
    MarkSeen {
        /// The messages; unknown ones are ignored.
        ids: Vec<MessageId>,
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
    /// Deletes all messages on this computer. Servers are not told, and what they repeat does not come back. Its ten
    /// seconds begin when it is done; their texts are erased after that.
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
