//! Belfry's own protocol, as `docs/protocol.md` describes it, read leniently.

use std::time::Duration;

use belfry_protocol::{
    BadCursor, CursorText, Deleted, Gap, HistoryPage as WirePage, Kept, Me, ReadMark, Ready, SignedIn,
    WireMessage, event,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use url::Url;

use super::target::{climbs, percent_encode};
use super::{Decoded, GapNotice, HistoryFrom, HistoryPage, Malformed, Skipped, time};
use crate::model::{
    Cursor, Epoch, GapReason, MessageKind, NewMessage, Priority, ReadState, RemoteId, SecretText, Sender,
    SentAt, ServerUser, Timestamp, Token,
};
use crate::plain;
use crate::settings::SourceSettings;

/// The protocol asks for a sign of life at least this often.
pub(super) const BEAT: Duration = Duration::from_secs(15);

/// Longest title, in characters.
const TITLE: usize = 500;

/// Events of Belfry's own future.
const RESERVED: &str = "belfry.";

pub(super) fn history_url(source: &SourceSettings, from: HistoryFrom<'_>, limit: u16) -> Url {
    let mut url = source.url.join(&source.history_path);
    {
        let mut query = url.query_pairs_mut();
        match from {
            HistoryFrom::Newest => {}
            HistoryFrom::After(cursor) => {
                query.append_pair("after", &cursor.0);
            }
            HistoryFrom::Before(id) => {
                query.append_pair("before", &id.0);
            }
        }
        query.append_pair("limit", &limit.to_string());
    }
    url
}

pub(super) fn decode_frame(name: &str, data: &str) -> Decoded {
    let decoded = match name {
        // A `ready` that cannot be read is one all the same.
        event::READY => {
            let user = parse::<Ready>(data).ok().and_then(|ready| ready.user);
            Ok(Decoded::Ready { user: user.and_then(|user| server_user(user.id, user.name)) })
        }
        event::GAP => parse::<Gap>(data).map(|gap| Decoded::Gap(notice(gap))),
        event::READ => parse::<ReadMark>(data).map(|mark| {
            let read = if mark.read { ReadState::Read } else { ReadState::Unread };
            let beyond = mark.ids.beyond;
            Decoded::Read { ids: remote_ids(mark.ids), read, beyond }
        }),
        event::DELETED => parse::<Deleted>(data).map(|deleted| {
            let beyond = deleted.ids.beyond;
            Decoded::Deleted { ids: remote_ids(deleted.ids), beyond }
        }),
        event::UPDATED => parse(data).and_then(|wire| message(wire, "")).map(Decoded::Updated),
        name if name.starts_with(RESERVED) => Ok(Decoded::Ignored),
        name => parse(data).and_then(|wire| message(wire, name)).map(Decoded::Message),
    };
    decoded.unwrap_or_else(Decoded::Malformed)
}

pub(super) fn decode_history(body: &[u8]) -> Result<HistoryPage, Malformed> {
    let wire: WirePage = object(body)?;
    let skipped = Skipped {
        unreadable: wire.messages.unfit,
        first: (wire.messages.unfit > 0).then_some(Malformed::NoObject),
        messages: wire.messages.beyond,
        ids: wire.read.beyond + wire.unread_ids.beyond + wire.deleted.beyond,
    };
    let mut page = HistoryPage {
        skipped,
        read: remote_ids(wire.read),
        unread: remote_ids(wire.unread_ids),
        deleted: remote_ids(wire.deleted),
        cursor: wire.cursor.map(Cursor),
        more: wire.more,
        gap: wire.gap.map(notice),
        ..HistoryPage::default()
    };
    for wire in wire.messages {
        match message(wire, "") {
            Ok(message) => page.messages.push(message),
            Err(error) => {
                page.skipped.unreadable += 1;
                page.skipped.first.get_or_insert(error);
            }
        }
    }
    if page == HistoryPage::default() && object::<Shape>(body)?.messages.is_none() {
        return Err(Malformed::NoPage);
    }
    Ok(page)
}

/// What tells a page without anything in it from another object.
#[derive(Deserialize)]
struct Shape {
    messages: Option<IgnoredAny>,
}

pub(super) fn mark_body(ids: &[&RemoteId], read: ReadState) -> String {
    json!({ "ids": ids, "read": read == ReadState::Read }).to_string()
}

/// The address of one message. An id that would lead to another address has none.
pub(super) fn message_url(source: &SourceSettings, id: &RemoteId) -> Option<Url> {
    let mut path = "/messages/".to_owned();
    percent_encode(&id.0, &mut path);
    (!id.0.is_empty() && !climbs(&path)).then(|| source.url.join(&path))
}

/// The epoch of a cursor in belfry-server's form; empty for every other, since the same shape means something else
/// there: `1526919030474-0` is one entry of a Redis stream, and a UUID may end in digits by chance.
pub(super) fn epoch(cursor: &Cursor) -> Epoch {
    match cursor.0.parse::<CursorText>() {
        Ok(CursorText { epoch, .. }) if epoch.bytes().any(|byte| byte.is_ascii_alphabetic()) => Epoch(epoch),
        Ok(_) | Err(BadCursor) => Epoch::default(),
    }
}

pub(super) fn decode_me(body: &[u8]) -> Option<ServerUser> {
    let me: Me = serde_json::from_slice(body).ok()?;
    server_user(me.user, me.name)
}

pub(super) fn login_body(user: &str, password: &SecretText) -> SecretText {
    let login = json!({ "username": user, "password": password.expose() });
    SecretText::new(login.to_string())
}

pub(super) fn decode_login(body: &[u8]) -> Option<Token> {
    let signed_in: SignedIn = serde_json::from_slice(body).ok()?;
    Some(Token::new(&signed_in.token)).filter(|token| !token.is_empty())
}

/// The longest id of a user, in characters; a longer one is none.
const USER_ID_CHARS: usize = 256;

fn server_user(id: Option<String>, name: Option<String>) -> Option<ServerUser> {
    let id = id
        .map(|id| plain::one_line(&id, USER_ID_CHARS + 1))
        .filter(|id| !id.is_empty() && id.chars().count() <= USER_ID_CHARS)?;
    let name = name.map(|name| plain::one_line(&name, 64));
    Some(ServerUser { id, name: name.filter(|name| !name.is_empty()) })
}

fn parse<T: DeserializeOwned>(data: &str) -> Result<T, Malformed> {
    object(data.as_bytes())
}

/// Reads a JSON object. A list is none, although serde would take its elements for fields in their order.
fn object<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    match text.trim_ascii_start().first() {
        Some(b'[') => Err(Malformed::Json { line: 1, column: 1 }),
        Some(_) | None => Ok(serde_json::from_slice(text)?),
    }
}

/// Fills in what the table of `docs/protocol.md` says about missing fields.
fn message(wire: WireMessage, event_name: &str) -> Result<NewMessage, Malformed> {
    let kind = wire.kind.map(|kind| kind_name(&kind)).filter(|kind| !kind.is_empty());
    let kind = MessageKind::from(kind.unwrap_or_else(|| kind_name(event_name)).as_str());
    let body = wire.content.unwrap_or_default();
    let says = |line: &String| !line.is_empty();
    let title = wire.title.map(|title| plain::one_line(&title, TITLE)).filter(says);
    let title = title.or_else(|| Some(plain::first_line(&body, TITLE).into_owned()).filter(says));
    // A body of nothing but marks is called what it is.
    let title = title.or_else(|| Some(plain::one_line(&body, TITLE)).filter(says)).ok_or(Malformed::Empty)?;
    Ok(NewMessage {
        remote_id: wire.id.filter(|id| !id.is_empty()).map(RemoteId),
        kind,
        title,
        body,
        is_read: wire.is_read.unwrap_or(false),
        related_id: wire.related_id,
        link: wire.link.filter(|link| !link.trim().is_empty()),
        priority: wire.priority.map_or(Priority::DEFAULT, |number| Priority::clamped(i64::from(number))),
        sender: sender(wire.sender),
        sent_at: wire.created_at.map_or(SentAt::Unknown, |written| time::read(&written)),
        extra: wire.extra,
    })
}

/// A kind's name as one line of at most 64 characters: each distinct one becomes a tab.
fn kind_name(name: &str) -> String {
    plain::one_line(name, 65).chars().take(64).collect()
}

fn sender(wire: Option<belfry_protocol::Sender>) -> Option<Sender> {
    let name = plain::one_line(&wire?.name, TITLE);
    (!name.is_empty()).then_some(Sender { name })
}

fn notice(gap: Gap) -> GapNotice {
    let read = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    let reason = match gap.reason {
        belfry_protocol::GapReason::Expired => GapReason::Expired,
        belfry_protocol::GapReason::Reset => GapReason::Reset,
        belfry_protocol::GapReason::Unknown => GapReason::Unknown,
    };
    GapNotice { reason, from: read(gap.from), until: read(gap.until) }
}

fn remote_ids(ids: Kept<String>) -> Vec<RemoteId> {
    ids.into_iter().map(RemoteId).collect()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(decode_frame("ready", "{}"), Decoded::Ready { user: None });
        let user = ServerUser { id: "7".to_owned(), name: Some("Ann".to_owned()) };
        let data = r#"{"user":{"id":7,"name":" Ann\n"}}"#;
        assert_eq!(decode_frame("ready", data), Decoded::Ready { user: Some(user) });
        assert_eq!(decode_frame("ready", "not json"), Decoded::Ready { user: None });
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
        let epoch_of = |text: &str| epoch(&Cursor(text.to_owned())).0;
        assert_eq!(epoch_of("k7-42"), "k7");
        assert_eq!(epoch_of("7k-0"), "7k");
        for foreign in [
            "42",
            "",
            "k7-",
            "-1",
            "a-b-1",
            "channel:42",
            "1526919030474-0",
            "550e8400-e29b-41d4-a716-446655440000",
            "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(epoch_of(foreign), "", "{foreign:?}");
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

        let lists = format!(
            r#"{{"messages":[],"gap":[{0}0],"cursor":{{"a":[{0}0]}},"unread":[{0}0]}}"#,
            filled("0,")
        );
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
}
