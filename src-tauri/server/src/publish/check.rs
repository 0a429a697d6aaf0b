//! The rules for a message that is published. A publisher's mistake is told, never mended.

use belfry_protocol::{Publish, WireMessage, WireTime, event};

use super::{Refused, receivers};
use crate::access::Known;
use crate::store::NewMessage;

/// The largest body of a request, and the largest message, in bytes.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// At most so many ids stand in one request.
pub(crate) const MAX_IDS: usize = 1000;

/// The longest `type`, in bytes.
const MAX_KIND: usize = 64;

/// The longest `Idempotency-Key`, in bytes.
const MAX_KEY: usize = 255;

/// Fields that the server gives.
const RESERVED: [&str; 2] = ["id", "cursor"];

/// Checks a message and makes it ready to be stored.
pub(crate) fn check(message: Publish, set: &Known) -> Result<NewMessage, Refused> {
    let invalid = |what: &str| Err(Refused::Invalid(what.to_owned()));
    let whole = (1..=MAX_KIND).contains(&message.kind.len())
        && message.kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !whole {
        return invalid("type: 1 to 64 letters, digits, dots, underscores and hyphens");
    }
    if event::is_control(&message.kind) {
        return invalid("type: the names of control events are taken");
    }
    if message.title.trim().is_empty() {
        return invalid("title: must not be empty");
    }
    if message.priority.is_some_and(|priority| !(1..=5).contains(&priority)) {
        return invalid("priority: 1 to 5");
    }
    if message.created_at.as_ref().is_some_and(|time| !is_time(time)) {
        return invalid("createdAt: RFC 3339, `yyyy-MM-dd HH:mm:ss`, Unix seconds or milliseconds");
    }
    if let Some(field) = RESERVED.iter().find(|field| message.extra.contains_key(**field)) {
        return invalid(&format!("{field}: is given by the server"));
    }
    let to = receivers(&message.to, set)?;
    let (kind, read) = (message.kind.clone(), message.is_read.unwrap_or(false));
    let body = body(message);
    if body.len() > MAX_BODY {
        return Err(Refused::TooLarge);
    }
    Ok(NewMessage { to, kind, read, body })
}

/// Checks an `Idempotency-Key`.
pub(crate) fn check_key(key: &str) -> Result<(), Refused> {
    let whole = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if whole {
        return Ok(());
    }
    Err(Refused::Invalid(format!("Idempotency-Key: 1 to {MAX_KEY} visible ASCII characters")))
}

/// The stored JSON object: everything but id, type and isRead. The title is always in it.
fn body(message: Publish) -> String {
    let now = || WireTime::Text(format!("{:.3}", jiff::Timestamp::now()));
    crate::render::json(&WireMessage {
        title: Some(message.title),
        content: message.content,
        related_id: message.related_id,
        link: message.link,
        priority: message.priority,
        sender: message.sender,
        created_at: Some(message.created_at.unwrap_or_else(now)),
        extra: message.extra,
        ..WireMessage::default()
    })
}

fn is_time(time: &WireTime) -> bool {
    match time {
        WireTime::Number(_) => true,
        WireTime::Text(text) => {
            text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::parse;
    use serde_json::{Value, json};

    fn checked(change: Value) -> Result<NewMessage, String> {
        let mut message = json!({"to":"me","type":"reply","title":"T"});
        message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let set = Known::new(
            parse("a me subscriber\nb you subscriber\nc site publisher").unwrap(),
            Vec::new(),
            Vec::new(),
        );
        check(serde_json::from_value(message).unwrap(), &set).map_err(|error| error.to_string())
    }

    #[test]
    fn a_type_is_a_short_plain_name_and_not_a_control_event() {
        for kind in ["reply", "A.b_c-9", &"x".repeat(64)] {
            assert_eq!(checked(json!({"type":kind})).unwrap().kind, kind);
        }
        for kind in
            ["", "a b", "é", "a\n", &"x".repeat(65), "ready", "gap", "read", "deleted", "updated", "belfry.x"]
        {
            assert!(checked(json!({"type":kind})).unwrap_err().starts_with("type:"), "{kind:?}");
        }
    }

    #[test]
    fn values_out_of_bounds_are_named() {
        for (change, field) in [
            (json!({"title":" "}), "title:"),
            (json!({"priority":0}), "priority:"),
            (json!({"priority":6}), "priority:"),
            (json!({"createdAt":"tomorrow"}), "createdAt:"),
            (json!({"id":"7"}), "id:"),
            (json!({"to":"site"}), "there is no such user"),
            (json!({"content":"x".repeat(MAX_BODY)}), "a message is at most"),
        ] {
            let error = checked(change).unwrap_err();
            assert!(error.starts_with(field), "{field} {error}");
        }
    }

    #[test]
    fn a_star_is_every_subscriber() {
        assert_eq!(checked(json!({"to":"*"})).unwrap().to, ["me", "you"]);
    }

    #[test]
    fn times_of_each_form_are_kept_as_they_came() {
        for time in [json!("2026-11-22T09:30:00+08:00"), json!("2026-11-22 09:30:00"), json!(1_732_269_000)] {
            let body: Value =
                serde_json::from_str(&checked(json!({"createdAt":time})).unwrap().body).unwrap();
            assert_eq!(body["createdAt"], time);
        }
    }

    #[test]
    fn what_is_stored_has_everything_but_the_columns() {
        let message = checked(json!({"isRead":true,"tag":[1],"createdAt":1})).unwrap();
        assert!(message.read);
        assert_eq!(message.body, r#"{"title":"T","createdAt":1,"tag":[1]}"#);
        let now: Value = serde_json::from_str(&checked(json!({})).unwrap().body).unwrap();
        assert!(now["createdAt"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn a_key_is_visible_and_bounded() {
        assert!(check_key("a-1").is_ok() && check_key(&"k".repeat(255)).is_ok());
        for key in ["", "a b", "é", &"k".repeat(256)] {
            assert!(check_key(key).is_err(), "{key}");
        }
    }
}
