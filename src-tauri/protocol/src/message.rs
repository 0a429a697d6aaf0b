//! A message as it stands on the wire. Deliberately not here: what its fields mean to a reader (which title an
//! untitled message gets, what a zone-less time is): that is the client's, see `docs/protocol.md`.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use crate::lenient::id_text;

/// A message, an update of one, or a row of a history page.
///
/// Reading takes any JSON object. A field that is missing, null or of the wrong type is `None`; a wrongly typed one
/// is kept in [`extra`](Self::extra) as it came, so that nothing is lost to an inspector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireMessage {
    /// `id`: unique per user and epoch. A number is read as its decimal text; an empty text is missing.
    pub id: Option<String>,
    /// `type`: `reply`, `system`, `notification`, `message`, or any other name.
    pub kind: Option<String>,
    /// `title`, plain text.
    pub title: Option<String>,
    /// `content`, plain text or Markdown.
    pub content: Option<String>,
    /// `isRead`.
    pub is_read: Option<bool>,
    /// `relatedId`: what the message is about. A number is read as its decimal text.
    pub related_id: Option<String>,
    /// `link`: an absolute address or a path on the site.
    pub link: Option<String>,
    /// `priority`, 1 (lowest) to 5 (highest).
    pub priority: Option<u8>,
    /// `sender`.
    pub sender: Option<Sender>,
    /// `createdAt`, not interpreted.
    pub created_at: Option<WireTime>,
    /// Every other field, as it came.
    pub extra: Map<String, Value>,
}

/// Who sent a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// A name for people.
    pub name: String,
    /// The address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// A point in time as the server wrote it: the client decides what a zone-less text or a bare number means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WireTime {
    /// RFC 3339, or `yyyy-MM-dd HH:mm:ss` without a zone, or something unreadable.
    Text(String),
    /// Unix seconds, or milliseconds from 1e11.
    Number(Number),
}

impl WireMessage {
    /// Reads a message from a JSON object that has already been parsed.
    pub fn from_object(mut fields: Map<String, Value>) -> Self {
        fields.retain(|_, value| !value.is_null());
        Self {
            id: take(&mut fields, "id", id_text),
            kind: take(&mut fields, "type", text),
            title: take(&mut fields, "title", text),
            content: take(&mut fields, "content", text),
            is_read: take(&mut fields, "isRead", Value::as_bool),
            related_id: take(&mut fields, "relatedId", id_text),
            link: take(&mut fields, "link", text),
            priority: take(&mut fields, "priority", priority),
            sender: take(&mut fields, "sender", |value| Sender::deserialize(value).ok()),
            created_at: take(&mut fields, "createdAt", |value| WireTime::deserialize(value).ok()),
            extra: fields,
        }
    }
}

/// Takes a field out of `fields` if it can be read; one that cannot be read stays.
fn take<T>(fields: &mut Map<String, Value>, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let value = read(fields.get(name)?)?;
    fields.remove(name);
    Some(value)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn priority(value: &Value) -> Option<u8> {
    value.as_u64().and_then(|number| u8::try_from(number).ok()).filter(|number| (1..=5).contains(number))
}

/// A value that is no message: a message is a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMessage;

impl TryFrom<Value> for WireMessage {
    type Error = NoMessage;

    fn try_from(value: Value) -> Result<Self, NoMessage> {
        match value {
            Value::Object(fields) => Ok(Self::from_object(fields)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(NoMessage)
            }
        }
    }
}

impl<'de> Deserialize<'de> for WireMessage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::try_from(Value::deserialize(from)?)
            .map_err(|NoMessage| D::Error::custom("a message is a JSON object"))
    }
}

impl Serialize for WireMessage {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let mut written: Vec<&str> = Vec::new();
        macro_rules! write_field {
            ($name:literal, $field:expr) => {
                if let Some(value) = &$field {
                    map.serialize_entry($name, value)?;
                    written.push($name);
                }
            };
        }
        write_field!("id", self.id);
        write_field!("type", self.kind);
        write_field!("title", self.title);
        write_field!("content", self.content);
        write_field!("isRead", self.is_read);
        write_field!("relatedId", self.related_id);
        write_field!("link", self.link);
        write_field!("priority", self.priority);
        write_field!("sender", self.sender);
        write_field!("createdAt", self.created_at);
        for (name, value) in &self.extra {
            if !written.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> WireMessage {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_field_of_the_table_is_read() {
        let message = read(
            r#"{"id":"1042","type":"reply","title":"T","content":"C","isRead":false,"relatedId":"1001","link":"/x",
                "priority":5,"sender":{"name":"N","avatar":"/a.png"},"createdAt":"2026-11-22T09:30:00Z","tag":{"a":[1]}}"#,
        );
        let expected = WireMessage {
            id: Some("1042".into()),
            kind: Some("reply".into()),
            title: Some("T".into()),
            content: Some("C".into()),
            is_read: Some(false),
            related_id: Some("1001".into()),
            link: Some("/x".into()),
            priority: Some(5),
            sender: Some(Sender { name: "N".into(), avatar: Some("/a.png".into()) }),
            created_at: Some(WireTime::Text("2026-11-22T09:30:00Z".into())),
            extra: json!({"tag":{"a":[1]}}).as_object().unwrap().clone(),
        };
        assert_eq!(message, expected);
    }

    #[test]
    fn ids_of_nineteen_digits_survive_as_numbers() {
        let message = read(r#"{"id":1234567890123456789,"relatedId":9223372036854775807}"#);
        assert_eq!(message.id.as_deref(), Some("1234567890123456789"));
        assert_eq!(message.related_id.as_deref(), Some("9223372036854775807"));
    }

    #[test]
    fn missing_and_null_fields_are_absent() {
        assert_eq!(read("{}"), WireMessage::default());
        assert_eq!(read(r#"{"id":null,"title":null,"x":null}"#), WireMessage::default());
    }

    #[test]
    fn a_wrongly_typed_field_is_absent_and_kept_for_the_inspector() {
        let source = json!({
            "id": {"a":1}, "type": 3, "title": ["t"], "content": 1, "isRead": "yes", "relatedId": true,
            "link": 0, "priority": 9, "sender": "me", "createdAt": {"at":1}
        });
        let message = read(&source.to_string());
        assert_eq!(
            message,
            WireMessage { extra: source.as_object().unwrap().clone(), ..WireMessage::default() }
        );
    }

    #[test]
    fn one_bad_field_leaves_the_others_alone() {
        let message = read(r#"{"id":"1","title":"T","priority":"high"}"#);
        assert_eq!((message.title.as_deref(), message.priority), (Some("T"), None));
    }

    #[test]
    fn a_time_stays_as_it_was_written() {
        assert_eq!(
            read(r#"{"createdAt":1732269000}"#).created_at,
            Some(WireTime::Number(1_732_269_000.into()))
        );
        assert_eq!(
            read(r#"{"createdAt":"2026-11-22 09:30:00"}"#).created_at,
            Some(WireTime::Text("2026-11-22 09:30:00".into()))
        );
    }

    #[test]
    fn only_an_object_is_a_message() {
        for text in ["1", "\"x\"", "[]", "null", "true"] {
            assert!(serde_json::from_str::<WireMessage>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writing_uses_the_names_of_the_wire_and_leaves_out_what_is_absent() {
        let message = WireMessage {
            id: Some("1".into()),
            kind: Some("reply".into()),
            is_read: Some(true),
            related_id: Some("9".into()),
            extra: json!({"tag":1}).as_object().unwrap().clone(),
            ..WireMessage::default()
        };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(text, r#"{"id":"1","type":"reply","isRead":true,"relatedId":"9","tag":1}"#);
    }

    #[test]
    fn an_extra_field_never_repeats_a_written_one() {
        let message = WireMessage {
            title: Some("T".into()),
            extra: json!({"title":"other"}).as_object().unwrap().clone(),
            ..WireMessage::default()
        };
        assert_eq!(serde_json::to_string(&message).unwrap(), r#"{"title":"T"}"#);
    }
}
