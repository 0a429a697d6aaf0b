//! A message: as a server sent it ([`NewMessage`]) and as the store keeps it ([`Message`]).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::{MessageId, MessageKind, RemoteId, SourceId, Timestamp};

/// How urgent the sender finds it: 1 (lowest) to 5 (highest), 3 where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(from = "i64", into = "u8")]
#[ts(type = "number")]
pub struct Priority(u8);

impl Priority {
    /// The priority of a message that names none.
    pub const DEFAULT: Self = Self(3);
    /// The one that breaks through.
    pub const URGENT: Self = Self(5);

    /// Takes a server's number; what lies outside 1–5 is clamped.
    #[must_use]
    pub fn clamped(number: i64) -> Self {
        Self(u8::try_from(number.clamp(1, 5)).unwrap_or(3))
    }

    /// The number, 1–5.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl From<i64> for Priority {
    fn from(number: i64) -> Self {
        Self::clamped(number)
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// Who sent it, in the server's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Sender {
    /// The name to show.
    pub name: String,
}

/// When a message says it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentAt {
    /// Nothing usable was said: the time of receipt counts.
    Unknown,
    /// A point in time.
    Exact(Timestamp),
    /// A wall-clock time without a zone, as if it were UTC; the source's zone has still to be applied.
    Zoneless(Timestamp),
}

/// A message as a dialect decoded it, before the store has seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The server's id, if it gave one.
    pub remote_id: Option<RemoteId>,
    /// What sort of message it is.
    pub kind: MessageKind,
    /// One line of plain text; never empty.
    pub title: String,
    /// Plain text or Markdown; may be empty.
    pub body: String,
    /// Whether the server says that the user has read it already.
    pub is_read: bool,
    /// What it is about, in the server's terms.
    pub related_id: Option<String>,
    /// An absolute address or a path on the site, exactly as sent; not validated yet.
    pub link: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Who sent it.
    pub sender: Option<Sender>,
    /// When it was sent.
    pub sent_at: SentAt,
    /// All fields that Belfry does not know, verbatim.
    pub extra: Map<String, Value>,
    /// All of it, as the server sent it; empty where that is not known.
    pub payload: Option<String>,
}

/// The way by which a message reached this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(rename_all = "lowercase")]
pub enum Via {
    /// On the stream, as it happened.
    Live,
    /// On the stream, as the server repeated what was missed.
    Replay,
    /// From the history, to fill what lies before the stream.
    Backfill,
    /// From the history, because there was no stream.
    Poll,
}

impl Via {
    /// The name at every boundary and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
            Self::Backfill => "backfill",
            Self::Poll => "poll",
        }
    }
}

/// A message as the store keeps it, complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Message {
    /// The local id.
    pub id: MessageId,
    /// Where it came from.
    pub source: SourceId,
    /// The server's id for it.
    pub remote_id: Option<RemoteId>,
    /// What sort of message it is.
    pub kind: MessageKind,
    /// One line of plain text.
    pub title: String,
    /// Plain text or Markdown; may be empty.
    pub body: String,
    /// What it is about, in the server's terms.
    pub related_id: Option<String>,
    /// The link as the server sent it; not validated.
    pub link: Option<String>,
    /// 1–5.
    pub priority: Priority,
    /// Who sent it.
    pub sender: Option<Sender>,
    /// When the server says it was sent; the time of receipt where it says nothing.
    pub sent_at: Timestamp,
    /// When it reached this computer.
    pub received_at: Timestamp,
    /// By which way it came.
    pub via: Via,
    /// When it was read; empty while unread.
    pub read_at: Option<Timestamp>,
    /// When it was put into the archive; empty while it is not there.
    pub archived_at: Option<Timestamp>,
    /// Until when it is not to count as unread; empty where it is not snoozed.
    pub snoozed_until: Option<Timestamp>,
    /// When it was pinned; empty where it is not.
    pub pinned_at: Option<Timestamp>,
    /// All fields that Belfry does not know, verbatim.
    #[ts(type = "Record<string, unknown>")]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_clamped() {
        assert_eq!(Priority::clamped(-4).get(), 1);
        assert_eq!(Priority::clamped(9), Priority::URGENT);
    }
}
