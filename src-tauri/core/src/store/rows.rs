//! What the store answers with: counts, rows of lists, places in lists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::model::{Filter, InvalidId, MessageId, MessageKind, Priority, SourceId, Tab, Timestamp};

/// What is in the inbox: the answer to one SQL query, counted nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InboxSummary {
    /// Grows with each change of any message.
    #[ts(type = "number")]
    pub rev: u64,
    /// All messages that are not deleted, archived or put off.
    #[ts(type = "number")]
    pub total: u64,
    /// Those of them that count as unread.
    #[ts(type = "number")]
    pub unread: u64,
    /// How many are put off until later; they are in no other count.
    #[ts(type = "number")]
    pub snoozed: u64,
    /// The same per kind; kinds without a message are missing. Known kinds first, then by name.
    pub kinds: Vec<KindCount>,
}

/// How many messages of one kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KindCount {
    /// The kind.
    pub kind: MessageKind,
    /// All of them.
    #[ts(type = "number")]
    pub total: u64,
    /// The unread ones.
    #[ts(type = "number")]
    pub unread: u64,
}

/// What is in the inbox of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCount {
    /// The source.
    pub source: SourceId,
    /// Its messages per kind, as in [`InboxSummary::kinds`]; never empty.
    pub kinds: Vec<KindCount>,
}

impl SourceCount {
    /// How many of its messages count as unread.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.unread).sum()
    }
}

/// A message as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MessageRow {
    /// The message.
    pub id: MessageId,
    /// Where it came from.
    pub source: SourceId,
    /// What sort of message it is.
    pub kind: MessageKind,
    /// One line of plain text, at most 300 characters.
    pub title: String,
    /// The first line of the body as plain text, without its Markdown, at most 200 characters.
    pub preview: String,
    /// Who sent it.
    pub sender: Option<String>,
    /// 1–5.
    pub priority: Priority,
    /// The list's order: when it was sent or received, whichever was earlier; when it comes back, or came back, where it
    /// was put off.
    pub at: Timestamp,
    /// Whether it counts as unread.
    pub unread: bool,
    /// Whether it is in the archive.
    pub archived: bool,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Until when it is put off; empty where it is not.
    pub snoozed_until: Option<Timestamp>,
    /// When it last came back after it had been put off: its place in lists.
    pub returned_at: Option<Timestamp>,
}

/// A stretch of a list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Page {
    /// The [`InboxSummary::rev`] that this page saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// The rows.
    pub rows: Vec<MessageRow>,
    /// Where the next page begins; empty at the end of the list.
    pub next: Option<PageKey>,
}

/// Which messages a list has; each condition narrows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// The list to begin with.
    pub tab: Tab,
    /// Only those of this source.
    pub source: Option<SourceId>,
    /// What narrows it further.
    pub filter: Filter,
    /// Only what stands below this place, see [`super::Reader::place`].
    pub before: Option<PageKey>,
    /// How many rows at most.
    pub limit: u32,
}

/// A place in a list: paging is by key, so that new messages on top move nothing below.
///
/// Opaque text at the boundary. Greater is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, TS)]
#[ts(type = "string")]
pub struct PageKey {
    /// The row's [`MessageRow::at`].
    pub at: Timestamp,
    /// The row's id.
    pub id: MessageId,
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.0, self.id)
    }
}

impl FromStr for PageKey {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(text.to_owned());
        let (at, id) = text.split_once('.').ok_or_else(invalid)?;
        Ok(Self { at: Timestamp(at.parse().map_err(|_| invalid())?), id: id.parse()? })
    }
}

impl Serialize for PageKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PageKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_key_survives_the_boundary() {
        let key = PageKey { at: Timestamp(-5), id: MessageId(7) };
        assert_eq!(serde_json::to_string(&key).unwrap(), "\"-5.7\"");
        assert_eq!(serde_json::from_str::<PageKey>("\"-5.7\"").unwrap(), key);
        assert!(serde_json::from_str::<PageKey>("\"5\"").is_err());
    }
}
