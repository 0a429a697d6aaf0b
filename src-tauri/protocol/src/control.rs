//! The payloads of the control events, and the names that a message type may not have.
//! Deliberately not here: `updated`, whose payload is a whole [`WireMessage`](crate::WireMessage).

use serde::{Deserialize, Serialize};

use crate::lenient::{self, Kept};

/// Names of control events.
pub mod event {
    /// Replay is over.
    pub const READY: &str = "ready";
    /// The server cannot replay everything after the client's cursor.
    pub const GAP: &str = "gap";
    /// Messages were marked read or unread.
    pub const READ: &str = "read";
    /// Messages were deleted.
    pub const DELETED: &str = "deleted";
    /// A whole message that replaces the one with its id.
    pub const UPDATED: &str = "updated";
    /// The prefix that is kept for future control events.
    pub const RESERVED_PREFIX: &str = "belfry.";

    /// Whether `name` belongs to the protocol, so that no message may have it as its type.
    pub fn is_control(name: &str) -> bool {
        matches!(name, READY | GAP | READ | DELETED | UPDATED) || name.starts_with(RESERVED_PREFIX)
    }
}

/// `event: ready`. Every field may be missing on servers other than belfry-server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The head of the store; the same as the event's `id:`.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub cursor: Option<String>,
    /// How many of the user's messages are unread.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub unread: Option<u64>,
    /// Whose stream this is.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub user: Option<User>,
    /// The protocol's version, see [`PROTOCOL`](crate::PROTOCOL).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub protocol: Option<u32>,
}

/// The user whose stream it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Stable; a number is read as its decimal text.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub id: Option<String>,
    /// A name for people.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub name: Option<String>,
}

/// `event: gap`, and `gap` in a [`HistoryPage`](crate::HistoryPage): some changes may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reason: GapReason,
    /// The cursor that the client came with.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub after: Option<String>,
    /// The earliest time at which something may be missing, RFC 3339.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub from: Option<String>,
    /// The latest time at which something may be missing, RFC 3339.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub until: Option<String>,
}

/// Why there is a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GapReason {
    /// The cursor is older than what the server keeps.
    Expired,
    /// The cursor is of another epoch: the store was created anew or restored.
    Reset,
    /// The cursor is ahead of the store or cannot be read; also any reason that this program does not know.
    #[default]
    Unknown,
}

/// How many ids of one event a reader keeps; the protocol allows 500.
pub const MOST_EVENT_IDS: usize = 1_000;

/// `event: read`: the messages are now read, or unread again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReadMark {
    /// At most 500 ids; at most [`MOST_EVENT_IDS`] are kept.
    #[serde(default, deserialize_with = "lenient::ids::<MOST_EVENT_IDS, _>")]
    pub ids: Kept<String>,
    /// The new state; missing means read.
    #[serde(default = "read")]
    pub read: bool,
}

fn read() -> bool {
    true
}

/// `event: deleted`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// The ids that are gone; at most [`MOST_EVENT_IDS`] are kept.
    #[serde(default, deserialize_with = "lenient::ids::<MOST_EVENT_IDS, _>")]
    pub ids: Kept<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_names_are_recognised() {
        for name in ["ready", "gap", "read", "deleted", "updated", "belfry.x"] {
            assert!(event::is_control(name), "{name}");
        }
        for name in ["reply", "message", "Ready", "belfry", "readx"] {
            assert!(!event::is_control(name), "{name}");
        }
    }

    #[test]
    fn ready_is_read_from_whatever_part_a_server_sends() {
        let full = json!({"cursor":"k7-42","unread":3,"user":{"id":5,"name":"n"},"protocol":1,"more":true});
        let ready: Ready = serde_json::from_value(full).unwrap();
        let user = User { id: Some("5".into()), name: Some("n".into()) };
        let expected =
            Ready { cursor: Some("k7-42".into()), unread: Some(3), user: Some(user), protocol: Some(1) };
        assert_eq!(ready, expected);
        assert_eq!(serde_json::from_value::<Ready>(json!({})).unwrap(), Ready::default());
        let odd = json!({"cursor":[],"unread":-1,"user":"x","protocol":"1"});
        assert_eq!(serde_json::from_value::<Ready>(odd).unwrap(), Ready::default());
    }

    #[test]
    fn a_gap_writes_unknown_times_as_null_and_reads_new_reasons_as_unknown() {
        let gap = Gap { reason: GapReason::Expired, after: Some("k7-1".into()), from: None, until: None };
        let text = serde_json::to_string(&gap).unwrap();
        assert_eq!(text, r#"{"reason":"expired","after":"k7-1","from":null,"until":null}"#);
        let odd: Gap = serde_json::from_value(json!({"reason":"meteor","from":3})).unwrap();
        assert_eq!(odd, Gap::default());
    }

    #[test]
    fn a_read_mark_takes_numbers_as_ids_and_means_read_unless_it_says_otherwise() {
        let mark: ReadMark = serde_json::from_value(json!({"ids":[1,"2",null]})).unwrap();
        assert_eq!((mark.ids.items, mark.read), (vec!["1".to_owned(), "2".to_owned()], true));
        let mark: ReadMark = serde_json::from_value(json!({"ids":["1"],"read":false})).unwrap();
        assert!(!mark.read);
    }

    #[test]
    fn deleted_reads_ids_of_either_type() {
        let deleted: Deleted = serde_json::from_value(json!({"ids":[1234567890123456789_u64,"b"]})).unwrap();
        assert_eq!(deleted.ids.items, ["1234567890123456789", "b"]);
    }
}
