//! What goes into the store in one transaction, and what came of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{Cursor, Epoch, Message, MessageId, NewMessage, RemoteId, Timestamp, Via};
pub use crate::model::{GapReason, ReadState};

/// What one server said, in its order, together with the place that is reached by it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The epoch to which all remote ids of this batch belong.
    pub epoch: EpochUpdate,
    /// What changes, in the server's order.
    pub changes: Vec<Change>,
    /// Which place in the server's history is reached when the changes are stored.
    pub place: PlaceUpdate,
}

/// One thing that a server said.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A message, whether or not it is known already.
    Message(Arrival),
    /// A message that replaces the one with its id; a new one if there is none.
    Updated(Arrival),
    /// Messages were read, or marked unread, elsewhere. Unknown ids are ignored.
    Read {
        /// The server's ids.
        ids: Vec<RemoteId>,
        /// Their new state.
        read: ReadState,
    },
    /// Messages were deleted elsewhere. Unknown ids are ignored.
    Deleted {
        /// The server's ids.
        ids: Vec<RemoteId>,
    },
    /// The server cannot repeat everything.
    Gap {
        /// Why.
        reason: GapReason,
        /// Since when messages may be missing; since the last one that came, if the server does not say.
        from: Option<Timestamp>,
        /// Until when, if known.
        until: Option<Timestamp>,
    },
    /// Something to be remembered in the event log, e.g. an event that could not be read.
    Problem(LogEvent),
}

/// A message on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The message as decoded.
    pub message: NewMessage,
    /// Its time with zones and missing times resolved.
    pub sent_at: Timestamp,
    /// By which way it came.
    pub via: Via,
    /// Whether it is to be announced if it turns out to be new (or, for an update, different), and is unread.
    pub announce: Announce,
}

/// Whether something new is to be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// Yes: it stands in the ledger as [`Announcement::Due`] from its commit on.
    Due,
    /// No.
    Never,
    /// No, and what is new goes straight into the archive, read: the rule with this number, counted from 1, says
    /// so. Servers are not told. What is known already stays where it is.
    Archive(u16),
}

/// The last gap that a server reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// Since when messages may be missing, if known.
    pub from: Option<Timestamp>,
    /// Until when, if known.
    pub until: Option<Timestamp>,
    /// When it was reported.
    pub noticed_at: Timestamp,
}

/// A line of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// What a program switches on, e.g. `bad_json`.
    pub code: Cow<'static, str>,
    /// What a person reads. Holds no secret. Cut after 2,000 characters.
    pub detail: String,
}

/// What a server says of the epoch that it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EpochUpdate {
    /// Nothing: it is the one that it was in.
    #[default]
    Keep,
    /// How it calls that. Another name than before is another epoch only where no cursor is stored; else the server
    /// would have said that it has begun anew.
    Called(Epoch),
    /// That it has begun anew, and perhaps how it calls that. Said again before a cursor is stored, it is the same.
    Begun(Option<Epoch>),
}

/// How the place in a server's history moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceUpdate {
    /// The cursor.
    pub cursor: CursorUpdate,
    /// The walk backwards through older history.
    pub walk: WalkUpdate,
    /// The history that could not be read when it should have been.
    pub owed: OwedUpdate,
}

/// How a source's cursor moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CursorUpdate {
    /// It stays.
    #[default]
    Keep,
    /// It moves.
    Set(Cursor),
    /// It is of no use any more.
    Forget,
}

/// How the walk backwards through a source's older history moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WalkUpdate {
    /// It stays where it is, if there is one.
    #[default]
    Keep,
    /// Everything from this message on is stored; what is older is missing.
    Before(RemoteId),
    /// It is finished.
    Done,
}

/// What becomes of the mark that a history could not be read when the stream was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwedUpdate {
    /// It stays.
    #[default]
    Keep,
    /// It could not be read, and what it is to the user.
    Owed(Past),
    /// It has been read.
    Paid,
}

/// What a page of history is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// What was there before Belfry met the server: never announced.
    History,
    /// What came since.
    Missed,
}

impl Past {
    /// The name in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Missed => "missed",
        }
    }

    /// The one with this name in the database.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::History, Self::Missed].into_iter().find(|past| past.as_str() == name)
    }
}

/// The place in a server's history up to which everything is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamPlace {
    /// Whether anything of the source was ever stored.
    pub met: bool,
    /// The last committed cursor.
    pub cursor: Option<Cursor>,
    /// The epoch of the last batch.
    pub epoch: Epoch,
    /// Whether the server has ever said a name of an epoch.
    pub names_epochs: bool,
    /// The history that could not be read when the stream was opened.
    pub owed: Option<Past>,
    /// Where an unfinished walk backwards through older history goes on: the oldest message stored.
    pub history_before: Option<RemoteId>,
}

/// What a [`Batch`] changed. A message that is new in the batch stands in `new` only, in the form that was
/// committed; one that was also deleted in it stands nowhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivered {
    /// What is new, in the order of arrival.
    pub new: Vec<Message>,
    /// Messages, new or known, whose announcement this batch made due, in the order of arrival.
    pub due: Vec<MessageId>,
    /// Known messages whose content is another one now.
    pub updated: Vec<MessageId>,
    /// Known messages that were unread and are read now.
    pub read_elsewhere: Vec<MessageId>,
    /// Known messages that were read and are unread now.
    pub unread_elsewhere: Vec<MessageId>,
    /// Known messages that are deleted now.
    pub deleted: Vec<MessageId>,
    /// What the server could not repeat.
    pub gaps: Vec<Gap>,
    /// Whether another epoch began: the ids of earlier messages mean nothing now, or other messages.
    pub begun_anew: bool,
    /// The inbox's revision after it.
    pub rev: u64,
}

/// What became of the announcement of a message on one occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// It has still to be announced.
    Due,
    /// A popup has been or is about to be handed to the desktop.
    Showing,
    /// The desktop has taken the popup.
    Announced,
    /// It was counted in a summary.
    Summarised,
    /// The rules say that it is not announced.
    Suppressed,
    /// The user has put the message off.
    Snoozed,
    /// The user clicked on it.
    Clicked,
    /// The popup left the screen without a click.
    Dismissed,
    /// It was read, deleted or archived before, or the popup was taken back.
    Withdrawn,
}

impl Announcement {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Showing => "showing",
            Self::Announced => "announced",
            Self::Summarised => "summarised",
            Self::Suppressed => "suppressed",
            Self::Snoozed => "snoozed",
            Self::Clicked => "clicked",
            Self::Dismissed => "dismissed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether the desktop has taken a popup that speaks of the message.
    pub(super) fn was_shown(self) -> bool {
        match self {
            Self::Announced | Self::Summarised | Self::Clicked | Self::Dismissed => true,
            Self::Due | Self::Showing | Self::Suppressed | Self::Snoozed | Self::Withdrawn => false,
        }
    }

    /// The one with this name in the database.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Due,
            Self::Showing,
            Self::Announced,
            Self::Summarised,
            Self::Suppressed,
            Self::Snoozed,
            Self::Clicked,
            Self::Dismissed,
            Self::Withdrawn,
        ];
        all.into_iter().find(|state| state.as_str() == name)
    }
}
