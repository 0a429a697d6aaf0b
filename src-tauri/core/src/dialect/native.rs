//! Belfry's own protocol, as `docs/protocol.md` describes it, read leniently.

use std::time::Duration;

use belfry_protocol::{
    CursorText, Deleted, Gap, HistoryPage as WirePage, Kept, Me, PROTOCOL, ReadMark, Ready, SignedIn,
    WireMessage, event,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use url::Url;

use super::target::{climbs, percent_encode};
use super::texts::messages_in;
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
            let ready = parse::<Ready>(data).unwrap_or_default();
            let user = ready.user.and_then(|user| server_user(user.id, user.name));
            Ok(Decoded::Ready { user, speaks_protocol: ready.protocol == Some(PROTOCOL) })
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
        event::UPDATED => {
            parse(data).and_then(|wire| message(wire, "")).map(|new| Decoded::Updated(sent(new, data)))
        }
        name if name.starts_with(RESERVED) => Ok(Decoded::Ignored),
        name => parse(data).and_then(|wire| message(wire, name)).map(|new| Decoded::Message(sent(new, data))),
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
    let texts =
        std::str::from_utf8(body).map(|body| messages_in(body, wire.messages.len())).unwrap_or_default();
    for (nth, wire) in wire.messages.into_iter().enumerate() {
        let text = texts.get(nth).filter(|text| parse(text).is_ok_and(|read: WireMessage| read == wire));
        match message(wire, "") {
            Ok(message) => {
                page.messages.push(match text {
                    Some(text) => sent(message, text),
                    None => message,
                });
            }
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

/// What stands before the number of a cursor in the protocol's form.
pub(super) fn epoch(cursor: &Cursor) -> Option<Epoch> {
    cursor.0.parse::<CursorText>().ok().map(|CursorText { epoch, .. }| Epoch(epoch))
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

/// With all of it, as it came.
fn sent(message: NewMessage, payload: &str) -> NewMessage {
    NewMessage { payload: Some(payload.to_owned()), ..message }
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
        payload: None,
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
mod tests;
