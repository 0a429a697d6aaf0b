//! Identities: of a message here, of a message there, of an act, of a source, and of a place in a server's history.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use uuid::Uuid;

/// A text that does not have the form of the id it was given as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a valid id")]
pub struct InvalidId(pub String);

/// Identifies a message within one profile. Assigned by the store, never reused.
///
/// It is text at every boundary (JSON, links, command lines), since scripts and JavaScript would round
/// large integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(type = "string")]
pub struct MessageId(pub i64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for MessageId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.parse::<i64>() {
            Ok(number) if number > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(number)),
            _ => Err(InvalidId(text.to_owned())),
        }
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An act that can be taken back. The number means nothing to another run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct UndoId(pub u64);

/// The id that a server gave to a message: opaque text, unique per source and epoch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct RemoteId(pub String);

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies a source (one server address for one user) within one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct SourceId(pub Uuid);

impl SourceId {
    /// Makes a new, random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SourceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text).map(Self).map_err(|_| InvalidId(text.to_owned()))
    }
}

/// A place in a server's history: what stood in the last SSE `id:`, or a history page's `cursor`.
///
/// Opaque; only the dialect that produced it may look inside.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Longest cursor, in bytes, that is sent back to a server.
    pub const MAX_BYTES: usize = 512;

    /// Whether an HTTP header can carry this cursor unchanged: 1–512 bytes of UTF-8, as browsers send it, without control
    /// characters and outer spaces.
    #[must_use]
    pub fn fits_header(&self) -> bool {
        let text = &self.0;
        !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.trim() == text
            && text.bytes().all(|b| b >= 0x20 && b != 0x7f)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The generation of a server's store within which its message ids are unique. Where the server has said no name of
/// it, empty for the first one and `+` with a number for those after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Epoch(pub String);

impl Epoch {
    /// Whether it has the name that the server has said.
    #[must_use]
    pub fn is_said(&self) -> bool {
        !self.0.is_empty() && !self.0.starts_with('+')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_text_in_json() {
        assert_eq!(serde_json::to_string(&MessageId(42)).unwrap(), "\"42\"");
        assert_eq!(serde_json::from_str::<MessageId>("\"42\"").unwrap(), MessageId(42));
    }

    #[test]
    fn only_positive_decimal_numbers_are_message_ids() {
        for bad in ["", "0", "-1", "+1", "1.0", "a", " 1", "99999999999999999999"] {
            assert_eq!(bad.parse::<MessageId>(), Err(InvalidId(bad.to_owned())), "{bad:?}");
        }
        assert_eq!("9223372036854775807".parse::<MessageId>(), Ok(MessageId(i64::MAX)));
    }

    #[test]
    fn a_cursor_that_a_header_cannot_carry_is_recognised() {
        let fits = |text: &str| Cursor(text.to_owned()).fits_header();
        assert!(fits("k7-42"));
        assert!(fits("time 1"));
        assert!(!fits(""));
        assert!(!fits("a\u{1}b"));
        assert!(fits("é钟"));
        assert!(!fits("a\u{7f}"));
        assert!(!fits(" 1"));
        assert!(!fits(&"x".repeat(513)));
    }
}
