//! What is read and written as `docs/protocol.md` says, and what servers make of it.

use proptest::prelude::*;

use super::*;

fn decoded(event: &str, data: &str) -> NewMessage {
    match decode_frame(event, data) {
        Decoded::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example_of_the_protocol_is_read() {
    let message = decoded(
        "reply",
        r#"{"id":"1042","type":"reply","title":"T","content":"C","isRead":false,"relatedId":"1001","createdAt":"2026-11-22T09:30:00Z","x":[1]}"#,
    );
    assert_eq!(message.remote_id, Some(RemoteId("1042".to_owned())));
    assert_eq!(message.kind, MessageKind::Reply);
    assert_eq!(message.related_id.as_deref(), Some("1001"));
    assert_eq!(message.sent_at, SentAt::Exact("2026-11-22T09:30:00Z".parse().unwrap()));
    assert_eq!(message.priority, Priority::DEFAULT);
    assert_eq!(message.extra["x"], serde_json::json!([1]));
}

#[test]
fn marks_and_deletions_go_where_the_protocol_says() {
    let source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
    let id = |text: &str| RemoteId(text.to_owned());
    let ids = [&id("7"), &id("\"8")];
    assert_eq!(mark_body(&ids, ReadState::Unread), r#"{"ids":["7","\"8"],"read":false}"#);

    let url = |text: &str| message_url(&source, &id(text)).map(|url| url.to_string());
    assert_eq!(url("7").unwrap(), "https://example.org/api/messages/7");
    let odd = "https://example.org/api/messages/..%2Fa%3Fb%23%20%252e%E5%B8%96";
    assert_eq!(url("../a?b# %2e帖").unwrap(), odd);
    // With none of these anything else may be deleted.
    for bad in ["", ".", ".."] {
        assert_eq!(url(bad), None, "{bad:?}");
    }
}

#[test]
fn the_kind_is_the_jsons_then_the_events_then_message() {
    assert_eq!(decoded("reply", r#"{"type":"system","title":"T"}"#).kind, MessageKind::System);
    assert_eq!(decoded("reply", r#"{"title":"T"}"#).kind, MessageKind::Reply);
    assert_eq!(decoded("message", r#"{"title":"T"}"#).kind, MessageKind::Message);
    assert_eq!(decoded("message", r#"{"type":"","title":"T"}"#).kind, MessageKind::Message);
    let endless = decoded(&"k".repeat(1000), r#"{"title":"T"}"#).kind;
    assert_eq!(endless.as_str().len(), 64);
}

#[test]
fn a_message_without_a_title_is_called_by_its_first_line() {
    assert_eq!(decoded("reply", r#"{"content":"\n first \nsecond"}"#).title, "first");
    assert_eq!(decoded("reply", r##"{"content":"# **first**"}"##).title, "first");
    assert_eq!(decoded("reply", r#"{"content":"---"}"#).title, "---");
    assert_eq!(
        decode_frame("reply", r#"{"title":" \n","content":""}"#),
        Decoded::Malformed(Malformed::Empty)
    );
}

#[test]
fn titles_are_one_line_without_control_or_bidi_characters() {
    assert_eq!(decoded("reply", r#"{"title":"a\nb\u0007\u202ec"}"#).title, "a bc");
    let endless = format!(r#"{{"title":"{}"}}"#, "字".repeat(600));
    assert_eq!(decoded("reply", &endless).title.chars().count(), TITLE);
}

#[test]
fn bad_json_tells_the_place_and_not_the_data() {
    let Decoded::Malformed(error) = decode_frame("reply", "{\"secret\": nope}") else { panic!() };
    assert!(!error.to_string().contains("nope") && !error.to_string().contains("secret"), "{error}");
}

#[test]
fn control_events_are_read_and_the_future_ignored() {
    let nothing_said = Decoded::Ready { user: None, speaks_protocol: false };
    assert_eq!(decode_frame("ready", "{}"), nothing_said);
    assert_eq!(decode_frame("ready", r#"{"protocol":2}"#), nothing_said);
    let version = Decoded::Ready { user: None, speaks_protocol: true };
    assert_eq!(decode_frame("ready", r#"{"protocol":1,"cursor":"k7-1"}"#), version);
    let user = ServerUser { id: "7".to_owned(), name: Some("Ann".to_owned()) };
    let data = r#"{"user":{"id":7,"name":" Ann\n"}}"#;
    assert_eq!(decode_frame("ready", data), Decoded::Ready { user: Some(user), speaks_protocol: false });
    assert_eq!(decode_frame("ready", "not json"), nothing_said);
    assert_eq!(decode_frame("belfry.future", "?"), Decoded::Ignored);
    let ids = vec![RemoteId("7".to_owned())];
    assert_eq!(
        decode_frame("read", r#"{"ids":[7],"read":false}"#),
        Decoded::Read { ids: ids.clone(), read: ReadState::Unread, beyond: 0 }
    );
    assert_eq!(decode_frame("deleted", r#"{"ids":["7"]}"#), Decoded::Deleted { ids, beyond: 0 });
    assert!(matches!(decode_frame("updated", r#"{"id":"7","title":"T"}"#), Decoded::Updated(_)));
}

#[test]
fn the_epoch_is_what_stands_before_the_number() {
    let epoch_of = |text: &str| epoch(&Cursor(text.to_owned())).map(|epoch| epoch.0);
    assert_eq!(epoch_of("k7-42").as_deref(), Some("k7"));
    assert_eq!(epoch_of("7k-0").as_deref(), Some("7k"));
    for foreign in ["42", "", "k7-", "-1", "a-b-1", "channel:42", "550e8400-e29b-41d4-a716-446655440000"] {
        assert_eq!(epoch_of(foreign), None, "{foreign:?}");
    }
}

#[test]
fn one_bad_message_does_not_spoil_a_page() {
    let page =
        decode_history(br#"{"messages":[{"id":"1"},{"id":2,"title":"T"}],"cursor":"k-2","more":false}"#);
    let page = page.unwrap();
    assert_eq!((page.messages.len(), page.skipped.unreadable), (1, 1));
    assert_eq!(page.cursor, Some(Cursor("k-2".to_owned())));
    for no_page in [&b"<html>"[..], b"[1,2,3]", b" [[{}]]", b"7", b"", b"{}", br#"{"code":1}"#] {
        assert!(decode_history(no_page).is_err(), "{no_page:?}");
    }
    for page in [&br#"{"messages":[]}"#[..], br#"{"cursor":"k-2"}"#, br#"{"deleted":["1"]}"#] {
        assert!(decode_history(page).is_ok(), "{page:?}");
    }
    assert!(matches!(decode_frame("deleted", r#"[["1"]]"#), Decoded::Malformed(_)));
}

/// A page with millions of messages that say nothing, and one with millions of ids.
#[test]
fn an_endless_page_costs_no_more_than_its_bytes() {
    let filled = |element: &str| element.repeat(8 * 1024 * 1024 / element.len());
    let body = format!(r#"{{"messages":[{}{{}}],"cursor":"k-2","more":true}}"#, filled("{},"));
    let page = decode_history(body.as_bytes()).unwrap();
    assert_eq!((page.messages.len(), page.skipped.unreadable), (0, WirePage::MOST_MESSAGES));
    assert_eq!(page.skipped.messages, 8 * 1024 * 1024 / 3 + 1 - WirePage::MOST_MESSAGES);
    assert_eq!((page.cursor, page.more), (Some(Cursor("k-2".to_owned())), true));

    let ids: Vec<String> = (0..1_000_000).map(|id: u32| id.to_string()).collect();
    let page = decode_history(format!(r#"{{"read":[{}]}}"#, ids.join(",")).as_bytes()).unwrap();
    assert_eq!((page.read.len(), page.skipped.ids), (WirePage::MOST_IDS, 1_000_000 - WirePage::MOST_IDS));
    assert!(page.read.capacity() <= 2 * WirePage::MOST_IDS);

    let lists =
        format!(r#"{{"messages":[],"gap":[{0}0],"cursor":{{"a":[{0}0]}},"unread":[{0}0]}}"#, filled("0,"));
    assert_eq!(decode_history(lists.as_bytes()).unwrap(), HistoryPage::default());
}

#[test]
fn of_an_event_with_millions_of_ids_a_thousand_are_kept_each_once() {
    let ids: Vec<String> = (0..500_000).map(|id: u32| (id / 2).to_string()).collect();
    let data = format!(r#"{{"ids":[{}]}}"#, ids.join(","));
    let Decoded::Read { ids, beyond, .. } = decode_frame("read", &data) else { panic!() };
    assert_eq!((ids.len(), beyond), (1_000, 500_000 - 1_999));
    let Decoded::Deleted { ids, beyond } = decode_frame("deleted", &data) else { panic!() };
    assert_eq!((ids.last().map(|id| id.0.as_str()), beyond), (Some("999"), 500_000 - 1_999));
}

#[test]
fn history_addresses_are_encoded() {
    let source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
    let cursor = Cursor("a b&c".to_owned());
    let url = history_url(&source, HistoryFrom::After(&cursor), 500);
    assert_eq!(url.as_str(), "https://example.org/api/messages?after=a+b%26c&limit=500");
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_the_decoder_panic(event in ".{0,12}", data in ".{0,200}", body: Vec<u8>) {
        let _ = decode_frame(&event, &data);
        let _ = decode_history(&body);
    }

    #[test]
    fn any_titled_message_survives(id in "[0-9a-z]{1,19}", title in "[a-z一-龥]{1,40}", content: String) {
        let data = serde_json::json!({"id": id, "title": title, "content": content}).to_string();
        let message = decoded("reply", &data);
        prop_assert_eq!(message.remote_id, Some(RemoteId(id)));
        prop_assert_eq!(message.title, title);
        prop_assert_eq!(message.body, content);
    }
}
