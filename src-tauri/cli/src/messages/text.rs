//! Messages as lines for people.

use belfry_core::model::{Message, Timestamp};

/// A message as a row of a list: id, time, an asterisk while unread, kind, title.
pub(super) fn row(message: &Message) -> String {
    let mark = if message.read_at.is_none() { '*' } else { ' ' };
    let at = message.sent_at.min(message.received_at);
    format!("{:>6}  {}  {mark} {:<12}  {}", message.id, local(at), message.kind, message.title)
}

/// A message as a page: its fields by their names, then its text.
pub(super) fn page(message: &Message, source: &str) -> Vec<String> {
    let read = message.read_at.map_or_else(|| "no".to_owned(), local);
    let fields = [
        ("id", Some(message.id.to_string())),
        ("source", Some(source.to_owned())),
        ("remote_id", message.remote_id.as_ref().map(ToString::to_string)),
        ("kind", Some(message.kind.to_string())),
        ("priority", Some(message.priority.get().to_string())),
        ("sender", message.sender.as_ref().map(|sender| sender.name.clone())),
        ("related_id", message.related_id.clone()),
        ("link", message.link.clone()),
        ("sent_at", Some(local(message.sent_at))),
        ("received_at", Some(local(message.received_at))),
        ("via", Some(message.via.as_str().to_owned())),
        ("read_at", Some(read)),
        ("title", Some(message.title.clone())),
    ];
    let head = fields.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", text?)));
    let gap = (!message.body.is_empty()).then(String::new);
    head.chain(gap).chain(message.body.lines().map(str::to_owned)).collect()
}

/// A time on the computer's clock, to the minute.
fn local(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.0) {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time.to_string(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use belfry_core::model::{MessageId, MessageKind, Priority, SourceId, Via};

    use super::*;

    pub(in crate::messages) fn message(title: &str, body: &str) -> Message {
        Message {
            id: MessageId(42),
            source: SourceId::random(),
            remote_id: None,
            kind: MessageKind::Reply,
            title: title.to_owned(),
            body: body.to_owned(),
            related_id: None,
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: Timestamp(0),
            received_at: Timestamp(0),
            via: Via::Live,
            read_at: None,
            extra: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_row_shows_what_is_unread() {
        let mut message = message("新回复", "");
        assert!(row(&message).contains("* reply") && row(&message).ends_with("新回复"));
        message.read_at = Some(Timestamp(1));
        assert!(!row(&message).contains('*'));
    }

    #[test]
    fn a_page_ends_with_the_text() {
        let page = page(&message("T", "one\ntwo"), "社区");
        assert_eq!(page[page.len() - 4..], ["title: T", "", "one", "two"]);
        assert!(page.contains(&"source: 社区".to_owned()));
    }
}
