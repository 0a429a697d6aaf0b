//! The lines of a watch for people, in their language.

use belfry_core::link::{LinkState, Reason};
use belfry_core::model::Timestamp;
use belfry_core::plain;
use belfry_core::words::Language;

use super::Line;
use crate::output::{code, local};

/// How much of a body a line shows, in characters.
const BODY: usize = 300;

/// One line; nothing where another line, or the end, says the same.
pub(super) fn line(line: &Line<'_>, language: Language) -> Option<String> {
    match line {
        // It ends the watch, and is said as the reason.
        Line::State { state: LinkState::Stopped, reason: Some(Reason::Rejected), .. } => None,
        Line::State { source, text, attempt, retry_in_ms, .. } => {
            let next = match retry_in_ms {
                0 => String::new(),
                ms => format!(" ({})", next(*attempt, *ms, language)),
            };
            Some(format!("{source}: {text}{next}"))
        }
        Line::Message { id, kind, title, body, unread, via, .. } => {
            let first = plain::first_line(body, BODY);
            let dash = if first.is_empty() { "" } else { " – " };
            let via = language.lookup(&format!("reading.via.{}", code(via))).unwrap_or_default();
            let unread = language.fill("a11y.unread_count", &[("count", &unread.to_string())]);
            Some(format!("#{id} {kind}: {title}{dash}{first}  [{via}, {unread}]"))
        }
        // What speaks of no message repeats a state.
        Line::Popup { ids: [], .. } => None,
        Line::Popup { title, body, .. } => {
            let body = body.replace('\n', " – ");
            Some(language.fill("cli.popup", &[("title", title), ("body", &body)]))
        }
        Line::Gap { source, from, until, .. } => Some(format!("{source}: {}", gap(*from, *until, language))),
    }
}

fn next(attempt: u32, ms: u64, language: Language) -> String {
    let (attempt, seconds) = (attempt.to_string(), format!("{}.{}", ms / 1000, ms % 1000 / 100));
    language.fill("cli.next", &[("attempt", &attempt), ("seconds", &seconds)])
}

fn gap(from: Option<Timestamp>, until: Option<Timestamp>, language: Language) -> String {
    let [since, before] = [from, until].map(|time| time.map(local).unwrap_or_default());
    let values = [("from", since.as_str()), ("until", before.as_str())];
    match (from, until) {
        (Some(_), Some(_)) => language.fill("source.gap", &values),
        (Some(_), None) => language.fill("source.gap_since", &values),
        (None, Some(_)) => language.fill("source.gap_until", &values),
        (None, None) => language.text("source.gap_unknown").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use belfry_core::model::{MessageId, MessageKind, Via};

    use super::*;

    fn english(line: &Line<'_>) -> String {
        super::line(line, Language::English).unwrap()
    }

    fn state(state: LinkState, reason: Reason, retry_in_ms: u64) -> Line<'static> {
        Line::State { source: "社区", state, attempt: 2, reason: Some(reason), text: "Why.", retry_in_ms }
    }

    #[test]
    fn a_wait_says_when_it_ends() {
        let line = state(LinkState::Waiting, Reason::Unreachable, 1_540);
        assert_eq!(english(&line), "社区: Why. (attempt 2, next in 1.5 s)");
        assert_eq!(english(&state(LinkState::Live, Reason::Unheard, 0)), "社区: Why.");
        assert!(super::line(&line, Language::Chinese).unwrap().contains("第 2 次尝试"));
    }

    #[test]
    fn a_refusal_is_left_to_the_end_of_the_watch() {
        assert_eq!(line(&state(LinkState::Stopped, Reason::Rejected, 0), Language::English), None);
        let popup = Line::Popup { title: "Sign-in needed", body: "社区", ids: &[] };
        assert_eq!(line(&popup, Language::English), None);
    }

    #[test]
    fn a_message_is_one_line_with_its_first_line_of_text() {
        let message = Line::Message {
            source: "社区",
            id: MessageId(42),
            kind: &MessageKind::Reply,
            title: "T",
            body: "**one**\ntwo",
            link: None,
            unread: 3,
            via: Via::Live,
        };
        assert_eq!(english(&message), "#42 reply: T – one  [Received live, 3 unread]");
        let popup = Line::Popup { title: "New reply", body: "T\none", ids: &[MessageId(42)] };
        assert_eq!(english(&popup), "popup: New reply: T – one");
    }

    #[test]
    fn a_gap_says_what_is_known_of_it() {
        let gap = |from, until| english(&Line::Gap { source: "s", reason: "expired", from, until });
        assert!(gap(Some(Timestamp(0)), Some(Timestamp(1))).contains(&local(Timestamp(0))));
        assert!(gap(Some(Timestamp(0)), None).starts_with("s: Messages since"));
        assert!(gap(None, Some(Timestamp(0))).starts_with("s: Messages before"));
        assert!(gap(None, None).starts_with("s: Some messages"));
    }
}
