//! Arbitrary JSON through the decoder: whatever a server sends, nothing panics and nothing unsafe comes out.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Decoded, decode_frame, decode_history, fuzzing};
use crate::model::NewMessage;
use crate::settings::Dialect;

const EVENTS: [&str; 9] = ["reply", "message", "", "部署", "ready", "gap", "read", "deleted", "updated"];
const FIELDS: [&str; 22] = [
    "id",
    "type",
    "title",
    "content",
    "isRead",
    "relatedId",
    "link",
    "priority",
    "sender",
    "createdAt",
    "name",
    "messages",
    "read",
    "unreadIds",
    "deleted",
    "cursor",
    "more",
    "gap",
    "ids",
    "reason",
    "from",
    "x",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "2026-11-22 09:30:00",
            "99999-01-01",
            "..",
            "javascript:x",
            "\u{202e}a\u{0}"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((name, values), 0..10).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(event in prop::sample::select(EVENTS.to_vec()), data in json()) {
        let data = data.to_string();
        fuzzing::frame(event, &data);
        fuzzing::documents(data.as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(input in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzzing::check(&input);
    }

    #[test]
    fn an_object_with_a_title_is_a_message_whatever_else_it_holds(mut fields in object(json())) {
        fields.insert("title".to_owned(), "T".into());
        let data = Value::from(fields).to_string();
        prop_assert!(matches!(decode_frame(Dialect::Native, "reply", &data), Decoded::Message(_)), "{}", data);
    }

    #[test]
    fn a_good_row_survives_bad_neighbours(rows in prop::collection::vec(json(), 0..5), at in 0usize..5) {
        let mut rows = rows;
        rows.insert(at.min(rows.len()), serde_json::json!({"id": "good", "title": "T"}));
        let body = serde_json::json!({ "messages": rows }).to_string();
        let page = decode_history(Dialect::Native, body.as_bytes()).unwrap();
        let good = |message: &NewMessage| message.remote_id.as_ref().is_some_and(|id| id.0 == "good");
        prop_assert!(page.messages.iter().any(good));
    }
}
