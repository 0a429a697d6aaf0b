//! What a server sent, kept as it came and yet not twice: in place of each field that the message has anyway stands one
//! sign, and of most messages nothing else is left. The signs are control characters, which JSON never has as they are
//! (RFC 8259, section 7).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Message, SentAt, Timestamp};

use super::Arrival;

/// The most that is kept of one message beside its fields, in bytes.
const MOST: usize = 64 * 1024;

/// Stands before the sign of a field that has a space after its colon.
const SPACED: char = '\u{e}';

/// Stands for the first of the fields that Belfry does not know; the others follow.
const FIRST_EXTRA: u32 = 0x10;
/// How many of these have a sign.
const EXTRAS: usize = 14;

/// The fields of a message that its payload may have, each with its sign.
struct Fields<'a> {
    remote_id: Option<&'a str>,
    kind: &'a str,
    title: &'a str,
    body: &'a str,
    related_id: Option<&'a str>,
    link: Option<&'a str>,
    sender: Option<&'a str>,
    sent_at: Option<Timestamp>,
    extra: &'a Map<String, Value>,
}

/// A payload in the form in which it is stored; nothing where the rest of it is too long.
pub(super) fn pack(arrival: &Arrival, extra: &Map<String, Value>) -> Option<String> {
    let message = &arrival.message;
    let payload = message.payload.as_ref()?;
    let fields = Fields {
        remote_id: message.remote_id.as_ref().map(|id| id.0.as_str()),
        kind: message.kind.as_str(),
        title: &message.title,
        body: &message.body,
        related_id: message.related_id.as_deref(),
        link: message.link.as_deref(),
        sender: message.sender.as_ref().map(|sender| sender.name.as_str()),
        sent_at: matches!(message.sent_at, SentAt::Exact(_)).then_some(arrival.sent_at),
        extra,
    };
    if payload.contains(is_sign) {
        return None;
    }
    let mut packed = payload.clone();
    for (sign, field) in fields.signs() {
        for (before, between) in [("", ":"), ("\u{e}", ": ")] {
            let text = field.replacen('\0', between, 1);
            if let Some(at) = packed.find(&text) {
                packed.replace_range(at..at + text.len(), &format!("{before}{sign}"));
                break;
            }
        }
    }
    (packed.len() <= MOST).then_some(packed)
}

/// The payload as it came.
pub(super) fn unpack(packed: &str, message: &Message) -> String {
    let fields = Fields {
        remote_id: message.remote_id.as_ref().map(|id| id.0.as_str()),
        kind: message.kind.as_str(),
        title: &message.title,
        body: &message.body,
        related_id: message.related_id.as_deref(),
        link: message.link.as_deref(),
        sender: message.sender.as_ref().map(|sender| sender.name.as_str()),
        sent_at: Some(message.sent_at),
        extra: &message.extra,
    };
    let signs = fields.signs();
    let mut payload = String::with_capacity(packed.len() + message.title.len() + message.body.len());
    let mut between = ":";
    for character in packed.chars() {
        if character == SPACED {
            between = ": ";
            continue;
        }
        match signs.iter().find(|(sign, _)| *sign == character) {
            Some((_, field)) => payload.push_str(&field.replacen('\0', between, 1)),
            None => payload.push(character),
        }
        between = ":";
    }
    payload
}

/// Whether a character may be one of the signs.
fn is_sign(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}')
}

impl Fields<'_> {
    /// The signs with what they stand for: name and value, and a NUL where the colon goes.
    fn signs(&self) -> Vec<(char, String)> {
        fn field(name: &str, value: impl Serialize) -> Option<String> {
            Some(format!("{}\0{}", serde_json::to_string(name).ok()?, serde_json::to_string(&value).ok()?))
        }
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| number.to_string() == text);
        let seconds = |at: Timestamp| at.to_string().replace(".000Z", "Z");
        let known = [
            ('\u{1}', self.remote_id.and_then(|id| field("id", id))),
            ('\u{2}', field("type", self.kind)),
            ('\u{3}', field("title", self.title)),
            ('\u{4}', field("content", self.body)),
            ('\u{5}', field("isRead", false)),
            ('\u{6}', field("isRead", true)),
            ('\u{7}', self.related_id.and_then(|id| field("relatedId", id))),
            ('\u{8}', self.link.and_then(|link| field("link", link))),
            ('\u{b}', self.sender.and_then(|name| field("sender", serde_json::json!({ "name": name })))),
            ('\u{c}', self.sent_at.and_then(|at| field("createdAt", at.to_string()))),
            ('\u{f}', self.sent_at.and_then(|at| field("createdAt", seconds(at)))),
            ('\u{1e}', self.remote_id.and_then(number).and_then(|id| field("id", id))),
            ('\u{1f}', self.related_id.and_then(number).and_then(|id| field("relatedId", id))),
        ];
        let extra = self
            .extra
            .iter()
            .take(EXTRAS)
            .zip(FIRST_EXTRA..)
            .filter_map(|((name, value), sign)| Some((char::from_u32(sign)?, field(name, value))));
        known.into_iter().chain(extra).filter_map(|(sign, field)| Some((sign, field?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Batch, Change};
    use super::*;
    use crate::dialect::{Decoded, decode_frame};
    use crate::model::MessageId;
    use crate::settings::Dialect;

    /// What is stored of a payload, and what comes of it again.
    fn kept(event: &str, data: &str) -> (Option<String>, Option<String>) {
        let Decoded::Message(message) = decode_frame(Dialect::Native, event, data) else { panic!("{data}") };
        let mut bench = Bench::new();
        let sent_at = match message.sent_at {
            SentAt::Exact(at) | SentAt::Zoneless(at) => at,
            SentAt::Unknown => NOW,
        };
        bench.deliver(vec![Change::Message(Arrival { message, sent_at, ..arrival("1") })]);
        let sql = "SELECT payload FROM message";
        let packed = bench.store.connection.query_row(sql, [], |row| row.get(0)).unwrap();
        (packed, bench.reader().payload(MessageId(1)).unwrap())
    }

    #[test]
    fn what_the_message_has_anyway_is_not_kept_twice() {
        let data = r#"{"id":"1042","type":"reply","title":"标题","content":"C\n\"x\"","isRead":false,"relatedId":"1001","link":"/a","sender":{"name":"N"},"createdAt":"2026-11-22T09:30:00Z","tag":{"a":[1]}}"#;
        let (packed, payload) = kept("reply", data);
        assert_eq!(payload.as_deref(), Some(data));
        assert_eq!(packed.unwrap().len(), "{,,,,,,,,,}".len() + 10, "a sign for each field");
    }

    #[test]
    fn it_comes_back_as_it_came_to_the_last_space() {
        for data in [
            r#"{"title": "T", "content": "C", "id": 7, "relatedId": 9, "isRead": true}"#,
            "{\n\t\"content\" : \"one\", \"title\":\"a\\u202eb\", \"createdAt\":1732269000 }",
            r#"{"title":"T","createdAt":"2026-11-22T09:30:00.123Z","priority":9,"x":null,"deep":{"title":"T"}}"#,
            r#"{"title":"T","title":"T","createdAt":"2026-11-22 09:30:00"}"#,
        ] {
            assert_eq!(kept("reply", data).1.as_deref(), Some(data));
        }
    }

    #[test]
    fn much_of_what_nobody_knows_is_not_kept() {
        let long = format!(r#"{{"title":"T","content":"{}"}}"#, "字".repeat(40_000));
        assert_eq!(kept("reply", &long).1, Some(long), "the text is there anyway");
        let unknown = format!(r#"{{"title":"T","x":"{}"}}"#, "y".repeat(MOST));
        assert_eq!(kept("reply", &unknown), (None, None));
    }

    #[test]
    fn it_goes_with_the_texts_and_changes_with_them() {
        let mut bench = Bench::new();
        let with = |text: &str| {
            let change = |message: &mut crate::model::NewMessage| {
                message.body = text.to_owned();
                message.payload = Some(format!("{{\"content\":\"{text}\",\"z\":1}}"));
            };
            Change::Updated(arrival_with("1", change))
        };
        for text in ["one", "two"] {
            bench.deliver(vec![with(text)]);
            let payload = bench.reader().payload(MessageId(1)).unwrap();
            assert_eq!(payload, Some(format!("{{\"content\":\"{text}\",\"z\":1}}")));
        }
        bench.deliver(vec![Change::Deleted { ids: vec![remote("1")] }]);
        let left = "SELECT payload IS NULL FROM message";
        assert!(bench.store.connection.query_row(left, [], |row| row.get::<_, bool>(0)).unwrap());
        let none = Batch { changes: vec![message("2")], ..batch(Vec::new()) };
        bench.store.deliver(bench.source, &none, NOW).unwrap();
        assert_eq!(bench.reader().payload(MessageId(2)).unwrap(), None, "nobody knows what was sent");
    }
}
