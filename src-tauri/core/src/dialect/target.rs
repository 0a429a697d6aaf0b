//! Where a click on a message leads (`docs/protocol.md`, "Where a click goes").

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{Message, MessageKind, WebLink};
use crate::settings::SourceSettings;

/// Where a message leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a page, for the browser.
    Page(WebLink),
    /// Nowhere but the inbox.
    Inbox,
    /// It carries a link that is not opened: another scheme, credentials, a path that climbs.
    Refused,
}

/// Where `message` leads: its own link first, then its kind's template on the source's site.
#[must_use]
pub fn target(message: &Message, source: &SourceSettings) -> Target {
    if let Some(link) = &message.link {
        return source.link(link).map_or(Target::Refused, Target::Page);
    }
    let Some(template) = source.template(&message.kind) else { return Target::Inbox };
    match fill(template, message) {
        Filled::Path(path) => source.site().link(&path).map_or(Target::Refused, Target::Page),
        Filled::FieldMissing(_) => Target::Inbox,
        Filled::Climbs => Target::Refused,
    }
}

/// Where a template leads, or why nowhere. The catalogue has a sentence for each under `template.<type>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateLeads {
    /// To this page, for the browser.
    Page {
        /// Its address.
        url: String,
    },
    /// To the inbox: the template is empty.
    Inbox,
    /// To the inbox, for the message has no such field.
    FieldMissing {
        /// The field.
        field: String,
    },
    /// Nowhere: a `{` without its `}`.
    Unclosed,
    /// Nowhere: it would climb out of its path, or is no web address.
    Refused,
}

/// Tries a template on a message of the kind, or on an example where there is none. The message's own link,
/// which would win, is left aside.
#[must_use]
pub fn try_template(
    template: &str,
    kind: &MessageKind,
    message: Option<&Message>,
    source: &SourceSettings,
) -> TemplateLeads {
    let template = template.trim();
    if template.is_empty() {
        return TemplateLeads::Inbox;
    }
    if template.rsplit_once('{').is_some_and(|(_, after)| !after.contains('}')) {
        return TemplateLeads::Unclosed;
    }
    let value = |name: &str| match message {
        Some(message) => field(message, name),
        None => example(name, kind),
    };
    match fill_with(template, value) {
        Filled::Path(path) => match source.site().link(&path) {
            Some(page) => TemplateLeads::Page { url: page.as_str().to_owned() },
            None => TemplateLeads::Refused,
        },
        Filled::FieldMissing(field) => TemplateLeads::FieldMissing { field },
        Filled::Climbs => TemplateLeads::Refused,
    }
}

/// What a message of the kind could have in a field.
fn example(name: &str, kind: &MessageKind) -> Option<String> {
    match name {
        "relatedId" => Some("1001".to_owned()),
        "id" => Some("42".to_owned()),
        "type" => Some(kind.to_string()),
        _ => None,
    }
}

enum Filled {
    Path(String),
    /// The first field that the message does not have.
    FieldMissing(String),
    Climbs,
}

fn fill(template: &str, message: &Message) -> Filled {
    fill_with(template, |name| field(message, name))
}

fn fill_with(template: &str, value: impl Fn(&str) -> Option<String>) -> Filled {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        let Some(value) = value(name) else { return Filled::FieldMissing(name.to_owned()) };
        path.push_str(before);
        percent_encode(&value, &mut path);
        rest = tail;
    }
    path.push_str(rest);
    if climbs(&path) { Filled::Climbs } else { Filled::Path(path) }
}

/// Whether a segment is `.` or `..`, written in any way that a browser takes for it (WHATWG URL, "double-dot URL path
/// segment"): it would lead out of the template's path, even if it came together from two fields.
pub(super) fn climbs(filled: &str) -> bool {
    let path = filled.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(plain.as_str(), "." | "..")
    })
}

fn field(message: &Message, name: &str) -> Option<String> {
    let value = match name {
        "relatedId" => message.related_id.clone(),
        "id" => message.remote_id.as_ref().map(ToString::to_string),
        "type" => Some(message.kind.to_string()),
        other => match message.extra.get(other) {
            Some(serde_json::Value::String(text)) => Some(text.clone()),
            Some(serde_json::Value::Number(number)) => Some(number.to_string()),
            _ => None,
        },
    };
    value.filter(|value| !value.is_empty())
}

/// Leaves RFC 3986's unreserved characters and encodes every other byte.
pub(super) fn percent_encode(value: &str, into: &mut String) {
    use std::fmt::Write as _;
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte))
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageId, Priority, RemoteId, Timestamp, Via};

    fn message(kind: &str, related_id: Option<&str>, link: Option<&str>) -> Message {
        Message {
            id: MessageId(1),
            source: crate::model::SourceId::random(),
            remote_id: Some(RemoteId("r1".to_owned())),
            kind: MessageKind::from(kind),
            title: "T".to_owned(),
            body: String::new(),
            related_id: related_id.map(str::to_owned),
            link: link.map(str::to_owned),
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: Timestamp(0),
            received_at: Timestamp(0),
            via: Via::Live,
            read_at: None,
            archived_at: None,
            snoozed_until: None,
            pinned_at: None,
            extra: serde_json::Map::new(),
        }
    }

    fn leads(kind: &str, related_id: Option<&str>, link: Option<&str>) -> Result<String, Target> {
        leads_by(None, kind, related_id, link)
    }

    fn leads_by(
        template: Option<&str>,
        kind: &str,
        related_id: Option<&str>,
        link: Option<&str>,
    ) -> Result<String, Target> {
        let mut source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
        source.templates.extend(template.map(|template| (kind.to_owned(), template.to_owned())));
        match target(&message(kind, related_id, link), &source) {
            Target::Page(page) => Ok(page.as_str().to_owned()),
            other => Err(other),
        }
    }

    #[test]
    fn a_reply_leads_to_its_post_and_the_others_to_the_inbox() {
        assert_eq!(leads("reply", Some("1001"), None).unwrap(), "https://example.org/community/post/1001");
        assert_eq!(leads("reply", None, None), Err(Target::Inbox));
        assert_eq!(leads("system", Some("1"), None), Err(Target::Inbox));
    }

    #[test]
    fn the_messages_own_link_wins() {
        assert_eq!(leads("reply", Some("1"), Some("/x?y=1")).unwrap(), "https://example.org/x?y=1");
        assert_eq!(leads("system", None, Some("https://other.example/")).unwrap(), "https://other.example/");
        assert_eq!(leads("reply", Some("1"), Some("javascript:alert(1)")), Err(Target::Refused));
    }

    #[test]
    fn a_field_stays_within_its_segment() {
        let page = leads("reply", Some("../a/b?c#d 帖"), None).unwrap();
        assert_eq!(page, "https://example.org/community/post/..%2Fa%2Fb%3Fc%23d%20%E5%B8%96");
        assert_eq!(leads("reply", Some(".."), None), Err(Target::Refused));
        assert_eq!(leads("reply", Some("."), None), Err(Target::Refused));
        assert_eq!(
            leads("reply", Some("%2e%2e"), None).unwrap(),
            "https://example.org/community/post/%252e%252e"
        );
    }

    #[test]
    fn dot_segments_are_refused_however_they_come_together() {
        let by = |template, related_id| leads_by(Some(template), "reply", Some(related_id), None);
        for (template, related_id) in [
            ("/a/{relatedId}{relatedId}/b", "."),
            ("/a/.{relatedId}", "."),
            ("/a/%2e{relatedId}", "."),
            ("/a/%2E%2e/{relatedId}", "x"),
            ("/a/..\\{relatedId}", "x"),
        ] {
            assert_eq!(by(template, related_id), Err(Target::Refused), "{template}");
        }
        assert_eq!(by("/a?id={relatedId}", "..").unwrap(), "https://example.org/a?id=..");
        assert_eq!(by("/a/v{relatedId}", "..").unwrap(), "https://example.org/a/v..");
    }

    #[test]
    fn a_template_may_name_any_field_and_an_empty_one_switches_the_page_off() {
        assert_eq!(
            leads_by(Some("/m/{id}?k={type}"), "部署", None, None).unwrap(),
            "https://example.org/m/r1?k=%E9%83%A8%E7%BD%B2"
        );
        assert_eq!(leads_by(Some("/m/{nothing}"), "reply", Some("1"), None), Err(Target::Inbox));
        assert_eq!(leads_by(Some(""), "reply", Some("1"), None), Err(Target::Inbox));
    }

    #[test]
    fn a_template_is_tried_before_it_is_saved() {
        let source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
        let reply = message("reply", Some("7/8"), Some("https://elsewhere.example/"));
        let tried = |template, message| try_template(template, &MessageKind::Reply, message, &source);
        let page = |url: &str| TemplateLeads::Page { url: url.to_owned() };
        assert_eq!(tried("/post/{relatedId}", Some(&reply)), page("https://example.org/post/7%2F8"));
        assert_eq!(tried("/post/{relatedId}?{type}", None), page("https://example.org/post/1001?reply"));
        assert_eq!(tried("  ", Some(&reply)), TemplateLeads::Inbox);
        let missing = TemplateLeads::FieldMissing { field: "forum".to_owned() };
        assert_eq!(tried("/{forum}/{relatedId}", Some(&reply)), missing);
        assert_eq!(tried("/post/{relatedId", Some(&reply)), TemplateLeads::Unclosed);
        assert_eq!(tried("/a/../{relatedId}", Some(&reply)), TemplateLeads::Refused);
        assert_eq!(tried("javascript:alert({id})", Some(&reply)), TemplateLeads::Refused);
        // What is shown is what a click does.
        let mut source = source.clone();
        source.templates.insert("reply".to_owned(), "/post/{relatedId}".to_owned());
        let reply = Message { link: None, ..reply.clone() };
        let Target::Page(target) = target(&reply, &source) else { panic!("no page") };
        assert_eq!(tried("/post/{relatedId}", Some(&reply)), page(target.as_str()));
    }

    #[test]
    fn a_field_cannot_become_an_address() {
        for related_id in
            ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\host\\share"]
        {
            let page = leads_by(Some("{relatedId}"), "reply", Some(related_id), None).unwrap();
            assert!(page.starts_with("https://example.org/"), "{page}");
        }
    }
}
