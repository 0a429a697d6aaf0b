//! How servers speak: a pure translation between Belfry's terms and a server's addresses and payloads.
//!
//! A dialect does no I/O and holds no clock. `native` is Belfry's own protocol (`docs/protocol.md`), read
//! leniently, since most servers implement only a part of it.

mod body_link;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod native;
#[cfg(test)]
mod properties;
mod target;
mod texts;
mod time;

pub use body_link::{ImageAddress, image_in_body, link_in_body};
pub use target::{Target, TemplateLeads, target, try_template};

use std::time::Duration;

use url::Url;

use crate::model::{
    Cursor, Epoch, GapReason, NewMessage, ReadState, RemoteId, SecretText, ServerUser, Timestamp, Token,
};
use crate::settings::{Dialect, SourceSettings};

/// What one dispatched event means.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// A message.
    Message(NewMessage),
    /// A whole message that replaces the one with its id.
    Updated(NewMessage),
    /// Messages were read elsewhere, or marked unread.
    Read {
        /// The server's ids, each once.
        ids: Vec<RemoteId>,
        /// What they are now.
        read: ReadState,
        /// How many more stood there than an event may hold.
        beyond: usize,
    },
    /// Messages were deleted elsewhere.
    Deleted {
        /// The server's ids, each once.
        ids: Vec<RemoteId>,
        /// How many more stood there than an event may hold.
        beyond: usize,
    },
    /// The server cannot repeat everything.
    Gap(GapNotice),
    /// The server has repeated what was missed; what follows is live.
    Ready {
        /// Whose messages these are, if it says so.
        user: Option<ServerUser>,
        /// Whether it says that it speaks the whole protocol: its places name their epoch, and it takes marks.
        speaks_protocol: bool,
    },
    /// It means nothing to Belfry.
    Ignored,
    /// It should mean something but cannot be read.
    Malformed(Malformed),
}

impl Decoded {
    /// The message in it, if it is one.
    pub fn message_mut(&mut self) -> Option<&mut NewMessage> {
        match self {
            Self::Message(message) | Self::Updated(message) => Some(message),
            Self::Read { .. }
            | Self::Deleted { .. }
            | Self::Gap(_)
            | Self::Ready { .. }
            | Self::Ignored
            | Self::Malformed(_) => None,
        }
    }

    /// Whether something has happened on the server; all else it may send at any time, as a sign of life.
    #[must_use]
    pub fn is_news(&self) -> bool {
        match self {
            Self::Message(_) | Self::Updated(_) | Self::Read { .. } | Self::Deleted { .. } => true,
            Self::Gap(_) | Self::Ready { .. } | Self::Ignored | Self::Malformed(_) => false,
        }
    }
}

/// What a server says about a stretch that it cannot repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapNotice {
    /// `expired`, `reset` or `unknown`; what a server says otherwise counts as unknown.
    pub reason: GapReason,
    /// Since when messages may be missing, if it says so.
    pub from: Option<Timestamp>,
    /// Until when, if it says so.
    pub until: Option<Timestamp>,
}

/// Why an event or a page could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not JSON, or not a JSON object.
    #[error("the data is not a JSON object (line {line}, column {column})")]
    Json {
        /// Where reading ended, from 1.
        line: usize,
        /// Where reading ended, from 1.
        column: usize,
    },
    /// It stands where a message is expected and is no JSON object.
    #[error("it is not a JSON object")]
    NoObject,
    /// It stands where a page of history is expected and has nothing of one.
    #[error("it is no page of messages")]
    NoPage,
    /// The message has neither a title nor a text.
    #[error("the message has neither a title nor a text")]
    Empty,
}

impl Malformed {
    /// The code in the event log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } | Self::NoObject | Self::NoPage => "bad_json",
            Self::Empty => "empty_message",
        }
    }
}

impl From<serde_json::Error> for Malformed {
    /// Keeps the place and drops the words, which may quote the data.
    fn from(error: serde_json::Error) -> Self {
        Self::Json { line: error.line(), column: error.column() }
    }
}

/// A page of history.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistoryPage {
    /// The messages, in the server's order: ascending, or descending where older ones were asked for.
    pub messages: Vec<NewMessage>,
    /// What was read elsewhere.
    pub read: Vec<RemoteId>,
    /// What was marked unread elsewhere.
    pub unread: Vec<RemoteId>,
    /// What was deleted elsewhere.
    pub deleted: Vec<RemoteId>,
    /// The place that this page reaches up to.
    pub cursor: Option<Cursor>,
    /// Whether there is another page.
    pub more: bool,
    /// What the server could not repeat.
    pub gap: Option<GapNotice>,
    /// What of the page is not here.
    pub skipped: Skipped,
}

/// What of a page of history could not be read, or was too much. Counts, since a server may fill a page with
/// nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many messages could not be read.
    pub unreadable: usize,
    /// Why the first of them could not.
    pub first: Option<Malformed>,
    /// How many messages stood beyond the most that a page may hold.
    pub messages: usize,
    /// The same for ids that were read, marked unread or deleted.
    pub ids: usize,
}

impl HistoryPage {
    /// Whether the page says nothing but how far it reaches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && !self.has_marks()
    }

    /// Whether it says that messages were read, marked unread or deleted.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        [&self.read, &self.unread, &self.deleted].iter().any(|ids| !ids.is_empty())
    }
}

/// Which stretch of history to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryFrom<'a> {
    /// The newest messages.
    Newest,
    /// What changed after this place, ascending.
    After(&'a Cursor),
    /// Messages older than this one, descending.
    Before(&'a RemoteId),
}

/// How often a server of this dialect is taken to give a sign of life, until that has been learned.
#[must_use]
pub fn beat(dialect: Dialect) -> Duration {
    match dialect {
        Dialect::Native => native::BEAT,
    }
}

/// The address of the source's stream.
#[must_use]
pub fn stream_url(source: &SourceSettings) -> Url {
    match source.dialect {
        Dialect::Native => source.url.join(&source.stream_path),
    }
}

/// The address of a page of history; `None` where the source has none.
#[must_use]
pub fn history_url(source: &SourceSettings, from: HistoryFrom<'_>, limit: u16) -> Option<Url> {
    if source.history_path.is_empty() {
        return None;
    }
    match source.dialect {
        Dialect::Native => Some(native::history_url(source, from, limit)),
    }
}

/// The address that marks messages read or unread.
#[must_use]
pub fn mark_url(source: &SourceSettings) -> Url {
    match source.dialect {
        Dialect::Native => source.url.join("/messages/read"),
    }
}

/// What is posted there, in JSON.
#[must_use]
pub fn mark_body(dialect: Dialect, ids: &[&RemoteId], read: ReadState) -> String {
    match dialect {
        Dialect::Native => native::mark_body(ids, read),
    }
}

/// The address of one message, where it is deleted; `None` where no address can name it.
#[must_use]
pub fn message_url(source: &SourceSettings, id: &RemoteId) -> Option<Url> {
    match source.dialect {
        Dialect::Native => native::message_url(source, id),
    }
}

/// The address that says whose token one is.
#[must_use]
pub fn me_url(source: &SourceSettings) -> Url {
    match source.dialect {
        Dialect::Native => source.url.join("/me"),
    }
}

/// Reads what stands there; nothing if it names nobody.
#[must_use]
pub fn decode_me(dialect: Dialect, body: &[u8]) -> Option<ServerUser> {
    match dialect {
        Dialect::Native => native::decode_me(body),
    }
}

/// The address that exchanges user and password for a token.
#[must_use]
pub fn login_url(source: &SourceSettings) -> Url {
    match source.dialect {
        Dialect::Native => source.url.join("/auth/login"),
    }
}

/// What is posted there.
#[must_use]
pub fn login_body(dialect: Dialect, user: &str, password: &SecretText) -> SecretText {
    match dialect {
        Dialect::Native => native::login_body(user, password),
    }
}

/// Reads the answer; nothing if it holds no token.
#[must_use]
pub fn decode_login(dialect: Dialect, body: &[u8]) -> Option<Token> {
    match dialect {
        Dialect::Native => native::decode_login(body),
    }
}

/// The address at which a token is given back.
#[must_use]
pub fn logout_url(source: &SourceSettings) -> Url {
    match source.dialect {
        Dialect::Native => source.url.join("/auth/logout"),
    }
}

/// What is posted there.
#[must_use]
pub fn logout_body(dialect: Dialect) -> SecretText {
    match dialect {
        Dialect::Native => SecretText::new("{}".to_owned()),
    }
}

/// Reads one dispatched event.
#[must_use]
pub fn decode_frame(dialect: Dialect, event: &str, data: &str) -> Decoded {
    match dialect {
        Dialect::Native => native::decode_frame(event, data),
    }
}

/// Reads a page of history.
///
/// # Errors
/// [`Malformed`] if it is not a page at all; single bad messages are skipped and counted.
pub fn decode_history(dialect: Dialect, body: &[u8]) -> Result<HistoryPage, Malformed> {
    match dialect {
        Dialect::Native => native::decode_history(body),
    }
}

/// The epoch that a cursor belongs to, if it looks as if it named one. Whether it does, the server has to have said.
#[must_use]
pub fn epoch(dialect: Dialect, cursor: &Cursor) -> Option<Epoch> {
    match dialect {
        Dialect::Native => native::epoch(cursor),
    }
}
