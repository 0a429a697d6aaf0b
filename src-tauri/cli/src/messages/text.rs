//! Messages as lines for people.

use belfry_core::model::Message;
use belfry_core::plain;
use belfry_core::store::{Announced, Announcement, Grounds, Shown, Why};
use belfry_core::view::Names;
use belfry_core::words::Language;

use crate::output::{code, local};

/// A message as a row of a list: id, time, an asterisk while unread, kind, title, and the source's name
/// where there are several.
pub(super) fn row(message: &Message, names: &Names) -> String {
    let mark = if message.read_at.is_none() { '*' } else { ' ' };
    let at = message.sent_at.min(message.received_at);
    let source =
        if names.are_several() { format!("  [{}]", names.name(message.source)) } else { String::new() };
    format!("{:>6}  {}  {mark} {:<12}  {}{source}", message.id, local(at), message.kind, message.title)
}

/// A message as a page: its fields by their names, what became of its announcements, then its text.
pub(super) fn page(message: &Message, source: &str, announced: &[String]) -> Vec<String> {
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
    let announced = announced.iter().map(|line| ("announced", Some(line.clone())));
    let fields = fields.into_iter().chain(announced);
    let head = fields.filter_map(|(name, text)| Some(format!("{name}: {}", text?)));
    let gap = (!message.body.is_empty()).then(String::new);
    // A body is data from elsewhere: it must not steer the terminal.
    let body = plain::lines(&message.body, usize::MAX);
    head.chain(gap).chain(body.lines().map(str::to_owned)).collect()
}

/// What became of one announcement, and why.
pub(super) fn announced(announced: &Announced, language: Language) -> String {
    let Announced { occasion, state, why, at, shown } = announced;
    let occasion = language.lookup(&format!("why.{}", code(occasion))).unwrap_or_default();
    let became = language.lookup(&format!("why.{}", code(state))).unwrap_or_default();
    let line = language.fill("why.line", &[("time", &local(*at)), ("occasion", occasion), ("state", became)]);
    let why = why.map(|why| because(why, language));
    let shown = shown.iter().flat_map(|shown| was_shown(*shown, *state, language));
    why.into_iter()
        .chain(shown)
        .fold(line, |line, why| language.fill("why.because", &[("line", &line), ("why", &why)]))
}

/// When it was announced, unless its state says that, and why.
fn was_shown(Shown { at, grounds }: Shown, state: Announcement, language: Language) -> Vec<String> {
    let says_when = matches!(state, Announcement::Announced | Announcement::Summarised);
    let when = (!says_when).then(|| language.fill("why.shown", &[("time", &local(at))]));
    let why = match grounds {
        Grounds::Kind => language.text("why.by_kind").to_owned(),
        Grounds::Rule(number) => language.fill("why.by_rule", &[("number", &number.to_string())]),
        Grounds::LetThrough(number) => {
            language.fill("why.by_let_through", &[("number", &number.to_string())])
        }
        Grounds::Urgent => language.text("why.by_urgent").to_owned(),
    };
    when.into_iter().chain([why]).collect()
}

fn because(why: Why, language: Language) -> String {
    match why {
        Why::Rule(number) => language.fill("why.rule", &[("number", &number.to_string())]),
        Why::Archive(number) => language.fill("why.archive", &[("number", &number.to_string())]),
        Why::Kind => language.text("why.kind").to_owned(),
        Why::Looking => language.text("why.looking").to_owned(),
        Why::Paused => language.text("why.paused").to_owned(),
        Why::QuietHours => language.text("why.quiet_hours").to_owned(),
        Why::SummaryClosed => language.text("why.summary_closed").to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use belfry_core::model::{MessageId, MessageKind, Priority, SourceId, Timestamp, Via};
    use belfry_core::settings::{Settings, SourceSettings};
    use belfry_core::store::{Announcement, Occasion};

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
            archived_at: None,
            snoozed_until: None,
            pinned_at: None,
            extra: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_row_shows_what_is_unread() {
        let mut message = message("新回复", "");
        let names = Names::of(&Settings::default());
        assert!(row(&message, &names).contains("* reply") && row(&message, &names).ends_with("新回复"));
        message.read_at = Some(Timestamp(1));
        assert!(!row(&message, &names).contains('*'));
    }

    #[test]
    fn a_row_names_its_source_where_there_are_several() {
        let mut message = message("T", "");
        let mut settings = Settings::default();
        for (name, url) in [("社区", "https://a.example/api"), ("ops", "https://b.example/api")] {
            let source = SourceSettings::new(name, url.parse().unwrap());
            message.source = source.id;
            settings.sources.push(source);
        }
        assert!(row(&message, &Names::of(&settings)).ends_with("T  [ops]"));
        settings.sources.remove(0);
        assert!(row(&message, &Names::of(&settings)).ends_with("T"));
    }

    #[test]
    fn an_announcement_says_what_became_of_it_and_why() {
        let announced = |why| Announced {
            occasion: Occasion::Arrival,
            state: Announcement::Suppressed,
            why,
            at: Timestamp(0),
            shown: None,
        };
        let said = |why, language| super::announced(&announced(why), language);
        assert!(said(Some(Why::Rule(2)), Language::English).ends_with("Rule 2 decided."));
        assert!(said(Some(Why::Looking), Language::Chinese).ends_with("当时你正在看收件箱。"));
        assert!(!said(Some(Why::Looking), Language::Chinese).contains("。 "));
        assert!(said(None, Language::English).ends_with("no notification."));
    }

    #[test]
    fn an_announcement_says_why_it_was_made_and_when() {
        let said = |state, why, grounds, language| {
            let shown = Some(Shown { at: Timestamp(0), grounds });
            let occasion = Occasion::Arrival;
            super::announced(&Announced { occasion, state, why, at: Timestamp(60_000), shown }, language)
        };
        let at = local(Timestamp(0));
        let urgent = said(Announcement::Announced, None, Grounds::Urgent, Language::English);
        assert!(urgent.ends_with("a notification was shown. It is urgent and was let through."), "{urgent}");
        let held = said(Announcement::Summarised, Some(Why::Paused), Grounds::Rule(2), Language::English);
        assert!(held.ends_with("Notifications were paused. Rule 2 wants a notification."), "{held}");
        let clicked = said(Announcement::Clicked, None, Grounds::LetThrough(3), Language::Chinese);
        assert!(clicked.ends_with(&format!("。通知显示于 {at}。第 3 条规则允许它通过。")), "{clicked}");
        let closed = said(Announcement::Dismissed, None, Grounds::Kind, Language::English);
        let end = format!("The notification was shown at {at}. You want notifications for its type.");
        assert!(closed.ends_with(&end), "{closed}");
    }

    #[test]
    fn a_page_ends_with_the_text() {
        let told = ["it arrived.".to_owned()];
        let page = page(&message("T", "one\r\n\u{1b}[2Jtwo"), "社区", &told);
        assert_eq!(page[page.len() - 4..], ["announced: it arrived.", "", "one", "[2Jtwo"]);
        assert!(page.contains(&"source: 社区".to_owned()));
    }
}
