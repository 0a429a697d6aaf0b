//! Bodies of requests and answers other than the stream's events.
//! Deliberately not here: status codes, paths and limits, which `docs/protocol.md` lists and the server enforces.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::control::Gap;
use crate::lenient::{self, Kept};
use crate::message::{Sender, WireMessage, WireTime};

/// The answer of `GET /messages`.
///
/// With `after`: the changes after that cursor. Apply `messages`, then `read`, then `unreadIds`, then `deleted`, and
/// keep `cursor` in the same transaction. An id stands in at most one of `read` and `unreadIds`: the later mark wins.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// Each message once, in its present form: ascending, with `before` descending. At most
    /// [`MOST_MESSAGES`](Self::MOST_MESSAGES) are looked at.
    #[serde(default, deserialize_with = "lenient::list::<{ HistoryPage::MOST_MESSAGES }, _, _>")]
    pub messages: Kept<WireMessage>,
    /// Ids that were marked read among these changes. Of each of the lists of ids at most
    /// [`MOST_IDS`](Self::MOST_IDS) are kept.
    #[serde(default, deserialize_with = "lenient::ids::<{ HistoryPage::MOST_IDS }, _>")]
    pub read: Kept<String>,
    /// Ids that were marked unread among these changes.
    #[serde(default, deserialize_with = "lenient::ids::<{ HistoryPage::MOST_IDS }, _>")]
    pub unread_ids: Kept<String>,
    /// Ids that were deleted among these changes.
    #[serde(default, deserialize_with = "lenient::ids::<{ HistoryPage::MOST_IDS }, _>")]
    pub deleted: Kept<String>,
    /// Where the next page begins. belfry-server always sets it. Of no meaning to a walk with `before`.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub cursor: Option<String>,
    /// Whether there is more in the direction of the walk; only `false` ends it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub more: bool,
    /// Set if the server could not give everything after the cursor that was asked for.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub gap: Option<Gap>,
    /// How many of the user's messages are unread.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub unread: Option<u64>,
}

impl HistoryPage {
    /// How many messages of one page a reader looks at: twice what it may ask for.
    pub const MOST_MESSAGES: usize = 1_000;
    /// How many ids of one list of a page a reader keeps.
    pub const MOST_IDS: usize = 10_000;
}

/// The answer of `GET /messages/unread-count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadCount {
    /// How many of the user's messages are unread.
    pub unread: u64,
}

/// The answer of `GET /me`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The user's stable id; a number is read as its decimal text.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub user: Option<String>,
    /// A name for people.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub name: Option<String>,
    /// `subscriber` or `publisher`.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub role: Option<String>,
}

/// The body of `POST /auth/login`. It holds a password: it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user's name.
    pub username: String,
    /// The password, in the clear: only ever over TLS or loopback.
    pub password: String,
}

/// The answer of `POST /auth/login`. It holds a token: it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// What goes into `Authorization: Bearer` from now on.
    pub token: String,
    /// When the token ends, RFC 3339; missing: the server does not say.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub expires_at: Option<String>,
}

/// The answer of `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The protocol's version, see [`PROTOCOL`](crate::PROTOCOL).
    pub protocol: u32,
}

/// The body of every answer that refuses something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong, for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A short stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// The body of `POST /messages`. Reading is strict: a wrong type is an error of the publisher.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publish {
    /// A user, or `*` for every subscriber known now.
    pub to: String,
    /// `type`: `[A-Za-z0-9._-]{1,64}`, not the name of a control event.
    #[serde(rename = "type")]
    pub kind: String,
    /// Plain text, not empty.
    pub title: String,
    /// Plain text or Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Whether the message arrives already read; missing means unread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_read: Option<bool>,
    /// What the message is about; a number is read as its decimal text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict_id")]
    pub related_id: Option<String>,
    /// An absolute address or a path on the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// 1 (lowest) to 5 (highest).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// When it came to be; missing means now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<WireTime>,
    /// Every other field, kept as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn strict_id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(from)?;
    match (&value, lenient::id_text(&value)) {
        (Value::Null, _) => Ok(None),
        (_, Some(text)) => Ok(Some(text)),
        (_, None) => Err(serde::de::Error::custom("relatedId: expected a text or a whole number")),
    }
}

/// The answer of `POST /messages`: 201, or 200 to a repeated `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The message's id, the same for every receiver of `*`.
    pub id: String,
    /// A cursor that stands behind the message for each of its receivers.
    pub cursor: String,
}

/// The body of `POST /messages/read`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkRead {
    /// Marks the listed messages.
    Ids {
        /// At most 1,000; unknown ones are ignored.
        ids: Vec<String>,
        /// The new state.
        read: bool,
    },
    /// Marks everything read that stands at or before a cursor.
    All {
        /// The last change that the reader has seen.
        up_to: String,
    },
}

impl Serialize for MarkRead {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let mut map = to.serialize_map(Some(2))?;
        match self {
            Self::Ids { ids, read } => {
                map.serialize_entry("ids", ids)?;
                map.serialize_entry("read", read)?;
            }
            Self::All { up_to } => {
                map.serialize_entry("all", &true)?;
                map.serialize_entry("upTo", up_to)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for MarkRead {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields {
            ids: Option<Vec<Value>>,
            read: Option<bool>,
            all: Option<bool>,
            up_to: Option<String>,
        }

        let fields = Fields::deserialize(from)?;
        match fields {
            Fields { ids: Some(ids), read, all: None | Some(false), up_to: None } => {
                let texts: Option<Vec<String>> = ids.iter().map(lenient::id_text).collect();
                let ids = texts.ok_or_else(|| D::Error::custom("ids: expected texts"))?;
                Ok(Self::Ids { ids, read: read.unwrap_or(true) })
            }
            Fields { ids: None, read: None | Some(true), all: Some(true), up_to: Some(up_to) } => {
                Ok(Self::All { up_to })
            }
            Fields { .. } => {
                Err(D::Error::custom(r#"expected {"ids":[…],"read":…} or {"all":true,"upTo":"…"}"#))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json, to_value};

    #[test]
    fn a_bad_row_does_not_cost_the_page() {
        let page = json!({"messages":[{"id":1},7,{"id":"2"}],"read":[3],"cursor":9,"more":"x","gap":[],"unread":"?"});
        let page: HistoryPage = from_value(page).unwrap();
        let ids: Vec<_> = page.messages.items.iter().filter_map(|message| message.id.as_deref()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(
            (page.read.items, page.cursor, page.more, page.unread),
            (vec!["3".to_owned()], Some("9".into()), false, None)
        );
        assert_eq!((page.messages.unfit, page.messages.beyond), (1, 0));
    }

    #[test]
    fn a_publish_keeps_unknown_fields_and_refuses_wrong_types() {
        let publish: Publish =
            from_value(json!({"to":"me","type":"reply","title":"T","relatedId":7,"tag":[1]})).unwrap();
        assert_eq!((publish.related_id.as_deref(), &publish.extra["tag"]), (Some("7"), &json!([1])));
        assert_eq!(
            to_value(&publish).unwrap(),
            json!({"to":"me","type":"reply","title":"T","relatedId":"7","tag":[1]})
        );
        for bad in [
            json!({"to":"me","type":"reply"}),
            json!({"type":"reply","title":"T"}),
            json!({"to":"me","title":"T"}),
            json!({"to":"me","type":"reply","title":1}),
            json!({"to":"me","type":"reply","title":"T","isRead":"no"}),
            json!({"to":"me","type":"reply","title":"T","relatedId":{}}),
            json!({"to":"me","type":"reply","title":"T","createdAt":false}),
        ] {
            assert!(from_value::<Publish>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn mark_read_is_one_of_two_shapes() {
        let ids: MarkRead = from_value(json!({"ids":[1,"2"],"read":false})).unwrap();
        assert_eq!(ids, MarkRead::Ids { ids: vec!["1".into(), "2".into()], read: false });
        assert_eq!(to_value(ids).unwrap(), json!({"ids":["1","2"],"read":false}));
        let ids: MarkRead = from_value(json!({"ids":[]})).unwrap();
        assert_eq!(ids, MarkRead::Ids { ids: vec![], read: true });
        let all: MarkRead = from_value(json!({"all":true,"upTo":"k7-1"})).unwrap();
        assert_eq!(all, MarkRead::All { up_to: "k7-1".into() });
        assert_eq!(to_value(all).unwrap(), json!({"all":true,"upTo":"k7-1"}));
        for bad in [
            json!({}),
            json!({"all":true}),
            json!({"upTo":"k7-1"}),
            json!({"ids":["1"],"all":true,"upTo":"k7-1"}),
            json!({"all":true,"upTo":"k7-1","read":false}),
            json!({"ids":[{}]}),
            json!({"ids":"1"}),
        ] {
            assert!(from_value::<MarkRead>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn me_reads_numeric_users() {
        let me: Me = from_value(json!({"user":7,"name":"n"})).unwrap();
        assert_eq!(me, Me { user: Some("7".into()), name: Some("n".into()), role: None });
    }
}
