//! Questions that are answered beside the engine, on read-only connections.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::model::{InvalidId, Message, MessageId, MessageKind, Timestamp};
use crate::view::MessageRow;

/// Which messages a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tab {
    /// All that are not deleted or archived.
    All,
    /// Those that count as unread.
    Unread,
    /// Those of one kind.
    Kind {
        /// The kind.
        kind: MessageKind,
    },
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Query {
    /// A stretch of a list, newest first.
    Page {
        /// Which list.
        tab: Tab,
        /// Only what stands below this place; from the top if empty.
        before: Option<PageKey>,
        /// How many rows at most, 1–500.
        limit: u16,
    },
    /// One message, complete.
    Message {
        /// The message.
        id: MessageId,
    },
}

/// The answer to the [`Query`] of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// A stretch of a list.
    Page(Page),
    /// One message.
    Message(Box<MessageDetail>),
}

/// A stretch of a list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Page {
    /// The [`crate::view::InboxSummary::rev`] that this page saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// The rows.
    pub rows: Vec<MessageRow>,
    /// Where the next page begins; empty at the end of the list.
    pub next: Option<PageKey>,
}

/// One message and what can be done with it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct MessageDetail {
    /// The [`crate::view::InboxSummary::rev`] that this answer saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// The message.
    pub message: Message,
    /// The source's name.
    pub source_name: String,
    /// The page that it leads to: validated, http or https.
    pub page: Option<String>,
    /// Whether it carries a link that is refused.
    pub link_refused: bool,
}

/// A place in a list: paging is by key, so that new messages on top move nothing below.
///
/// Opaque text at the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TS)]
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
