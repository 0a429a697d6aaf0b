//! A stored message as JSON prints it, with the names that scripts rely on.

use std::collections::BTreeMap;

use belfry_core::model::{
    Message, MessageId, MessageKind, Priority, RemoteId, Sender, SourceId, Timestamp, Via,
};
use belfry_core::settings::Settings;
use serde::Serialize;
use serde_json::{Map, Value};

/// One message. `source` is the user's name for the source, as everywhere on the command line.
#[derive(Serialize)]
pub(super) struct Printed<'a> {
    pub id: MessageId,
    pub source: String,
    pub source_id: SourceId,
    pub remote_id: Option<&'a RemoteId>,
    pub kind: &'a MessageKind,
    pub title: &'a str,
    pub body: &'a str,
    pub related_id: Option<&'a str>,
    pub link: Option<&'a str>,
    pub priority: Priority,
    pub sender: Option<&'a Sender>,
    pub sent_at: Timestamp,
    pub received_at: Timestamp,
    pub via: Via,
    pub read_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    pub snoozed_until: Option<Timestamp>,
    pub pinned_at: Option<Timestamp>,
    pub extra: &'a Map<String, Value>,
}

/// The names of a profile's sources.
pub(super) struct Names(BTreeMap<SourceId, String>);

impl Names {
    pub fn of(settings: &Settings) -> Self {
        Self(settings.sources.iter().map(|source| (source.id, source.name.clone())).collect())
    }

    /// The name of a source, or its id where the settings no longer know it.
    pub fn name(&self, source: SourceId) -> String {
        self.0.get(&source).map_or_else(|| source.to_string(), Clone::clone)
    }

    /// Whether a row of a list has to say which source it is of.
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }
}

impl<'a> Printed<'a> {
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
    use crate::messages::text::tests::message;

    #[test]
    fn a_message_names_its_source_and_keeps_its_id() {
        let message = message("T", "B");
        let mut settings = Settings::default();
        let mut json = serde_json::to_value(Printed::new(&message, &Names::of(&settings))).unwrap();
        assert_eq!(json["source"], json["source_id"], "a source that is not known any more");
        let mut source =
            belfry_core::settings::SourceSettings::new("社区", "https://example.org/api".parse().unwrap());
        source.id = message.source;
        settings.sources.push(source);
        json = serde_json::to_value(Printed::new(&message, &Names::of(&settings))).unwrap();
        assert_eq!((&json["source"], &json["id"]), (&"社区".into(), &"42".into()));
        assert_eq!(json["source_id"], message.source.to_string());
    }

    #[test]
    fn nothing_of_a_message_is_left_out() {
        let message = message("T", "B");
        let whole = serde_json::to_value(&message).unwrap();
        let printed = serde_json::to_value(Printed::new(&message, &Names::of(&Settings::default()))).unwrap();
        for name in whole.as_object().unwrap().keys() {
            assert!(printed.get(name).is_some(), "{name}");
        }
    }
}
