//! Changes as they stand on the wire: event-stream blocks and the rows of a history page.
//! Deliberately not here: which changes (`store`), and in which order of which phases (`stream`).

use std::fmt::Write;

use belfry_protocol::{Gap, PROTOCOL, Ready, User, event};
use serde::Serialize;

use crate::store::{Change, Identity, MarkState};

/// The first bytes of each stream: they show a client, or a proxy that buffers, that something arrives.
pub(crate) fn greeting(retry_ms: u128) -> String {
    format!("retry: {retry_ms}\n: belfry-server\n\n")
}

/// The heartbeat.
pub(crate) const BEAT: &str = ": beat\n\n";

/// Writes a change as one event, and yields how many bytes it took.
///
/// `seen` is the number up to which the reader has had everything: a message that was first published before it and
/// comes again is an update to this reader.
pub(crate) fn change(out: &mut String, change: Change<'_>, seen: u64, identity: &Identity) -> usize {
    let before = out.len();
    let name = match change {
        Change::Message { created, .. } if created <= seen => event::UPDATED,
        Change::Message { kind, .. } => kind,
        Change::Mark { state: MarkState::Read | MarkState::Unread, .. } => event::READ,
        Change::Mark { state: MarkState::Deleted, .. } => event::DELETED,
    };
    // Writing to a String cannot fail, here and below.
    let _ = write!(out, "event: {name}\nid: {}-{}\ndata: ", identity.epoch, change.seq());
    match change {
        Change::Message { .. } => message(out, change),
        Change::Mark { state: MarkState::Read, ids, .. } => {
            let _ = write!(out, r#"{{"ids":{ids},"read":true}}"#);
        }
        Change::Mark { state: MarkState::Unread, ids, .. } => {
            let _ = write!(out, r#"{{"ids":{ids},"read":false}}"#);
        }
        Change::Mark { state: MarkState::Deleted, ids, .. } => {
            let _ = write!(out, r#"{{"ids":{ids}}}"#);
        }
    }
    out.push_str("\n\n");
    out.len() - before
}

/// Writes a message's JSON object; a mark has none.
pub(crate) fn message(out: &mut String, change: Change<'_>) {
    let Change::Message { id, read, kind, body, .. } = change else { return };
    // The kind has been checked to need no escaping, and the body is never an empty object.
    let _ = write!(out, r#"{{"id":"{id}","type":"{kind}","isRead":{read},{}"#, &body[1..]);
}

/// Writes `event: gap`. It has no `id:`, because it is no place in the sequence.
pub(crate) fn gap(out: &mut String, gap: &Gap) {
    let _ = write!(out, "event: {}\ndata: {}\n\n", event::GAP, json(gap));
}

/// Writes `event: ready`.
pub(crate) fn ready(out: &mut String, cursor: &str, unread: u64, user: &str) {
    let payload = Ready {
        cursor: Some(cursor.to_owned()),
        unread: Some(unread),
        user: Some(User { id: Some(user.to_owned()), name: Some(user.to_owned()) }),
        protocol: Some(PROTOCOL),
    };
    let _ = write!(out, "event: {}\nid: {cursor}\ndata: {}\n\n", event::READY, json(&payload));
}

/// JSON of a value that has no way to fail: no maps with other keys than texts, no I/O.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(of: Change<'_>, seen: u64) -> String {
        let mut out = String::new();
        let written = change(&mut out, of, seen, &Identity { epoch: "k7".into(), since: 0 });
        assert_eq!(written, out.len());
        out
    }

    #[test]
    fn a_message_is_an_event_of_its_type_with_id_and_one_line_of_data() {
        let body = r#"{"title":"T","relatedId":"1001"}"#;
        let message = Change::Message { created: 42, seq: 42, id: 1042, read: false, kind: "reply", body };
        let expected = "event: reply\nid: k7-42\ndata: {\"id\":\"1042\",\"type\":\"reply\",\"isRead\":false,\
                        \"title\":\"T\",\"relatedId\":\"1001\"}\n\n";
        assert_eq!(rendered(message, 41), expected);
    }

    #[test]
    fn a_message_that_the_reader_has_had_comes_as_updated_and_keeps_its_type() {
        let message = Change::Message {
            created: 3,
            seq: 9,
            id: 1,
            read: true,
            kind: "reply",
            body: r#"{"title":"T"}"#,
        };
        assert!(rendered(message, 3).starts_with("event: updated\nid: k7-9\n"));
        assert!(rendered(message, 3).contains(r#""type":"reply""#));
        assert!(rendered(message, 2).starts_with("event: reply\n"));
    }

    #[test]
    fn marks_carry_their_ids_and_state() {
        let mark = |state| rendered(Change::Mark { seq: 5, state, ids: r#"["1","2"]"# }, 0);
        let read = "event: read\nid: k7-5\ndata: {\"ids\":[\"1\",\"2\"],\"read\":true}\n\n";
        assert_eq!(mark(MarkState::Read), read);
        assert_eq!(mark(MarkState::Unread), read.replace("true", "false"));
        assert_eq!(mark(MarkState::Deleted), "event: deleted\nid: k7-5\ndata: {\"ids\":[\"1\",\"2\"]}\n\n");
    }

    #[test]
    fn ready_stands_at_the_head() {
        let mut out = String::new();
        ready(&mut out, "k7-9", 2, "me");
        let expected = "event: ready\nid: k7-9\ndata: {\"cursor\":\"k7-9\",\"unread\":2,\
                        \"user\":{\"id\":\"me\",\"name\":\"me\"},\"protocol\":1}\n\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_gap_has_no_id() {
        let mut out = String::new();
        gap(&mut out, &Gap::default());
        assert_eq!(
            out,
            "event: gap\ndata: {\"reason\":\"unknown\",\"after\":null,\"from\":null,\"until\":null}\n\n"
        );
    }

    #[test]
    fn the_greeting_sets_the_delay_and_says_something() {
        assert_eq!(greeting(2000), "retry: 2000\n: belfry-server\n\n");
    }
}
