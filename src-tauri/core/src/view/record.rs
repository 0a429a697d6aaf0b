//! A stored message as a record for other programs: as JSON prints and exports it, with the names that scripts rely on.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Message, MessageId, MessageKind, Priority, RemoteId, Sender, SourceId, Timestamp, Via};
use crate::settings::Settings;

/// One message, with all that is known of it. `source` is the user's name for the source, as everywhere on the command line.
#[derive(Serialize)]
pub struct Record<'a> {
    /// Its id here.
    pub id: MessageId,
    /// The user's name for its source.
    pub source: String,
    /// The source.
    pub source_id: SourceId,
    /// Its id at the server.
    pub remote_id: Option<&'a RemoteId>,
    /// Its kind.
    pub kind: &'a MessageKind,
    /// Its title.
    pub title: &'a str,
    /// Its text, Markdown.
    pub body: &'a str,
    /// What it is about.
    pub related_id: Option<&'a str>,
    /// Its link, as the server gave it.
    pub link: Option<&'a str>,
    /// Its priority.
    pub priority: Priority,
    /// Who sent it.
    pub sender: Option<&'a Sender>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// How it came.
    pub via: Via,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it was archived.
    pub archived_at: Option<Timestamp>,
    /// Until when it is put off.
    pub snoozed_until: Option<Timestamp>,
    /// When it was pinned.
    pub pinned_at: Option<Timestamp>,
    /// Whatever else the server said.
    pub extra: &'a Map<String, Value>,
}

/// The names of a profile's sources.
pub struct Names(BTreeMap<SourceId, String>);

impl Names {
    /// The names that the settings know.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self(settings.sources.iter().map(|source| (source.id, source.name.clone())).collect())
    }

    /// The name of a source, or its id where the settings no longer know it.
    #[must_use]
    pub fn name(&self, source: SourceId) -> String {
        self.0.get(&source).map_or_else(|| source.to_string(), Clone::clone)
    }

    /// Whether a row of a list has to say which source it is of.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }
}

impl<'a> Record<'a> {
    /// The record of a message.
    #[must_use]
    pub fn new(message: &'a Message, names: &Names) -> Self {
        Self {
            id: message.id,
            source: names.name(message.source),
            source_id: message.source,
            remote_id: message.remote_id.as_ref(),
            kind: &message.kind,
            title: &message.title,
            body: &message.body,
            related_id: message.related_id.as_deref(),
            link: message.link.as_deref(),
            priority: message.priority,
            sender: message.sender.as_ref(),
            sent_at: message.sent_at,
            received_at: message.received_at,
            via: message.via,
            read_at: message.read_at,
            archived_at: message.archived_at,
            snoozed_until: message.snoozed_until,
            pinned_at: message.pinned_at,
            extra: &message.extra,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SourceSettings;

    fn message() -> Message {
        Message {
            id: MessageId(42),
            source: SourceId::random(),
            remote_id: None,
            kind: MessageKind::Reply,
            title: "T".to_owned(),
            body: "B".to_owned(),
            related_id: None,
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: Timestamp(0),
            received_at: Timestamp(0),
            via: Via::Live,
            read_at: None,
            archived_at: None,
            snoozed_until: None,
            pinned_at: None,
            extra: Map::new(),
        }
    }

    #[test]
    fn a_message_names_its_source_and_keeps_its_id() {
        let message = message();
        let mut settings = Settings::default();
        let mut json = serde_json::to_value(Record::new(&message, &Names::of(&settings))).unwrap();
        assert_eq!(json["source"], json["source_id"], "a source that is not known any more");
        let mut source = SourceSettings::new("社区", "https://example.org/api".parse().unwrap());
        source.id = message.source;
        settings.sources.push(source);
        json = serde_json::to_value(Record::new(&message, &Names::of(&settings))).unwrap();
        assert_eq!((&json["source"], &json["id"]), (&"社区".into(), &"42".into()));
        assert_eq!(json["source_id"], message.source.to_string());
    }

    #[test]
    fn nothing_of_a_message_is_left_out() {
        let message = message();
        let whole = serde_json::to_value(&message).unwrap();
        let record = serde_json::to_value(Record::new(&message, &Names::of(&Settings::default()))).unwrap();
        for name in whole.as_object().unwrap().keys() {
            assert!(record.get(name).is_some(), "{name}");
        }
    }
}
