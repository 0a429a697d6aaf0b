//! The words and the weight of each popup.

use std::collections::BTreeMap;

use super::gathered::Words;
use super::popup::{KeychainWord, Popup, PopupAction, PopupKey, PopupSound, Urgency};
use super::tally::Tally;
use crate::model::{Message, MessageKind, Priority};
use crate::plain;
use crate::settings::{Notifications, Sound, Treatment};
use crate::words::Language;

/// How much of a body a popup shows, in characters.
const LINE: usize = 300;

/// The sound of a message that has come.
const RECEIVED: &str = "message-new-instant";

/// Puts popups into words.
#[derive(Debug, Clone, Copy)]
pub struct PopupWords<'a> {
    /// The language in force.
    pub language: Language,
    /// The user's settings.
    pub notifications: &'a Notifications,
}

impl PopupWords<'_> {
    /// The popup for one message. `source` is named where there are several.
    #[must_use]
    pub fn message(self, message: &Message, source: Option<&str>, treatment: &Treatment) -> Popup {
        let (key, icon, category, urgency, sound) = match message.kind {
            MessageKind::Reply => {
                ("popup.reply", "dialog-information", "im.received", Urgency::Normal, RECEIVED)
            }
            MessageKind::System => {
                ("popup.system", "dialog-warning", "device", Urgency::Normal, "dialog-warning")
            }
            MessageKind::Notification => (
                "popup.notification",
                "emblem-default",
                "transfer.complete",
                Urgency::Low,
                "dialog-information",
            ),
            MessageKind::Message | MessageKind::Other(_) => {
                ("popup.message", "dialog-information", "im.received", Urgency::Normal, RECEIVED)
            }
        };
        let sound = chosen(&treatment.sound, sound);
        let expire_ms = if treatment.sticky { 0 } else { self.notifications.expire_ms };
        let title = self.language.text(key);
        let summary = match source {
            Some(source) => self.language.fill("popup.from_source", &[("title", title), ("source", source)]),
            None => title.to_owned(),
        };
        let line = plain::first_line(&message.body, LINE);
        let body = match line.is_empty() || line == message.title {
            true => message.title.clone(),
            false => format!("{}\n{line}", message.title),
        };
        let urgency = if message.priority == Priority::URGENT { Urgency::Critical } else { urgency };
        let plain = self.plain(PopupKey::Message(message.id), summary, body);
        let actions = [(PopupAction::MarkRead, "popup.mark_read"), (PopupAction::Snooze, "popup.snooze")];
        let actions = actions.map(|(action, key)| (action, self.language.text(key))).to_vec();
        Popup { urgency, icon, category, sound, expire_ms, actions, ..plain }
    }

    /// The popup for messages that came while nobody was connected, or were left unannounced by a crash.
    #[must_use]
    pub fn catch_up(self, words: &Words, kinds: Tally) -> Popup {
        let summary = self.language.text("popup.catch_up_title").to_owned();
        let line = self.counted(words.count, "popup.catch_up_one", "popup.catch_up_other");
        let body = self.urgent(words).chain([line]).chain(self.kinds_and_titles(words, kinds));
        let body = body.collect::<Vec<_>>().join("\n");
        let plain = self.plain(PopupKey::CatchUp, summary, body);
        let sound = chosen(&words.sound, RECEIVED);
        let expire_ms = if words.sticky { 0 } else { plain.expire_ms };
        Popup { urgency: urgency(words), sound, expire_ms, ..plain }
    }

    /// The popup that stands for the rest of a flood.
    #[must_use]
    pub fn flood(self, words: &Words, kinds: Tally) -> Popup {
        let line = self.counted(words.count, "popup.more_one", "popup.more_other");
        let body =
            self.urgent(words).chain(self.kinds_and_titles(words, kinds)).collect::<Vec<_>>().join("\n");
        let expire_ms = 0; // It is closed when the flood is over.
        let sound = None; // The popups before it have made theirs.
        Popup { expire_ms, sound, urgency: urgency(words), ..self.plain(PopupKey::Flood, line, body) }
    }

    /// The popup that asks the user to sign in again to these sources.
    #[must_use]
    pub fn rejected(self, sources: &[&str]) -> Popup {
        let summary = self.language.text("popup.rejected_title").to_owned();
        let names = sources.join(self.language.text("popup.rejected_between"));
        let body = self.language.fill("popup.rejected", &[("source", &names)]);
        Popup { icon: "dialog-password", ..self.plain(PopupKey::SignIn, summary, body) }
    }

    /// The popup that says what the keychain has done to sources' tokens, if anything: a line for each such thing.
    #[must_use]
    pub fn keychain(self, told: &[(KeychainWord, &str)]) -> Option<Popup> {
        let mut by_word = BTreeMap::<KeychainWord, Vec<&str>>::new();
        for (word, source) in told {
            by_word.entry(*word).or_default().push(source);
        }
        let between = self.language.text("popup.rejected_between");
        let lines = by_word.iter().map(|(word, names)| {
            let body = match word {
                KeychainWord::Locked => "popup.keychain_locked",
                KeychainWord::Absent => "popup.keychain_absent",
                KeychainWord::Gone => "popup.keychain_gone",
                KeychainWord::TooLong => "popup.keychain_too_long",
            };
            self.language.fill(body, &[("source", &names.join(between))])
        });
        let body = lines.collect::<Vec<_>>().join("\n");
        // What comes first weighs most.
        let title = match by_word.keys().next()? {
            KeychainWord::Locked => "popup.keychain_locked_title",
            KeychainWord::Absent | KeychainWord::Gone => "popup.rejected_title",
            KeychainWord::TooLong => "popup.keychain_too_long_title",
        };
        let summary = self.language.text(title).to_owned();
        Some(Popup { icon: "dialog-password", ..self.plain(PopupKey::Keychain, summary, body) })
    }

    /// The popup that says where the window is, where there is no tray icon. It stays until it is read.
    #[must_use]
    pub fn no_tray(self) -> Popup {
        let text = |key| self.language.text(key).to_owned();
        let plain = self.plain(PopupKey::NoTray, text("popup.no_tray_title"), text("popup.no_tray"));
        Popup { category: "device", expire_ms: 0, sound: None, ..plain }
    }

    /// The popup that shows whether popups are seen, and how a sound is heard.
    #[must_use]
    pub fn test(self, sound: &Sound) -> Popup {
        let summary = self.language.text("popup.test_title").to_owned();
        let body = self.language.text("popup.test").to_owned();
        let sound = chosen(sound, RECEIVED);
        Popup { sound, ..self.plain(PopupKey::Test, summary, body) }
    }

    fn plain(self, key: PopupKey, summary: String, body: String) -> Popup {
        Popup {
            key,
            summary,
            body,
            urgency: Urgency::Normal,
            icon: "dialog-information",
            category: "im.received",
            expire_ms: self.notifications.expire_ms,
            sound: chosen(&self.notifications.kind(&MessageKind::Message).sound, RECEIVED),
            open_label: self.language.text("popup.open"),
            actions: Vec::new(),
        }
    }

    /// What is urgent, before all else: a desktop may show the first lines only.
    fn urgent(self, words: &Words) -> impl Iterator<Item = String> {
        words.urgent.iter().map(move |title| self.language.fill("popup.urgent", &[("title", title)]))
    }

    /// How many there are of each type, and the newest titles.
    fn kinds_and_titles(self, words: &Words, kinds: Tally) -> impl Iterator<Item = String> {
        kinds.words(self.language).into_iter().chain(words.titles.iter().cloned())
    }

    fn counted(self, count: usize, one: &'static str, other: &'static str) -> String {
        let key = if count == 1 { one } else { other };
        self.language.fill(key, &[("count", &count.to_string())])
    }
}

/// A popup for several weighs as much as the heaviest of them.
fn urgency(words: &Words) -> Urgency {
    if words.urgent.is_empty() { Urgency::Normal } else { Urgency::Critical }
}

/// What is heard, if anything: the sound of this name unless another was chosen.
fn chosen(sound: &Sound, name: &'static str) -> Option<PopupSound> {
    match sound {
        Sound::Off => None,
        Sound::Default => Some(PopupSound::Named(name)),
        Sound::File(file) => {
            Some(file.path().map_or(PopupSound::Named(name), |path| PopupSound::File(path.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageId, MessageRuns, SourceId, Timestamp, Via};
    use crate::settings::{Notify, Rule, SoundFile, Subject};

    fn message(kind: &str, title: &str, body: &str, priority: i64) -> Message {
        Message {
            id: MessageId(7),
            source: SourceId::random(),
            remote_id: None,
            kind: MessageKind::from(kind),
            title: title.to_owned(),
            body: body.to_owned(),
            related_id: None,
            link: None,
            priority: Priority::clamped(priority),
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

    /// The popup for a message under the rules in force.
    fn popup(words: PopupWords<'_>, message: &Message, source: Option<&str>) -> Popup {
        let Message { source: from, kind, priority, title, body, .. } = message;
        let subject = Subject { source: *from, kind, priority: *priority, title, body };
        words.message(message, source, &words.notifications.treatment(subject))
    }

    fn named(name: &'static str) -> Option<PopupSound> {
        Some(PopupSound::Named(name))
    }

    fn told(count: usize, titles: &[&str]) -> Words {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Words {
            count,
            urgent: Vec::new(),
            titles,
            ids: MessageRuns::default(),
            sound: Sound::Default,
            sticky: false,
        }
    }

    fn words(language: Language) -> PopupWords<'static> {
        static NOTIFICATIONS: std::sync::LazyLock<Notifications> =
            std::sync::LazyLock::new(Notifications::default);
        PopupWords { language, notifications: &NOTIFICATIONS }
    }

    #[test]
    fn each_kind_has_the_words_of_the_origin() {
        let say = |kind, language| popup(words(language), &message(kind, "T", "", 3), None).summary;
        assert_eq!(say("reply", Language::Chinese), "新回复通知");
        assert_eq!(say("system", Language::Chinese), "系统通知");
        assert_eq!(say("notification", Language::Chinese), "通知提醒");
        assert_eq!(say("message", Language::English), "New message");
        assert_eq!(say("deploy", Language::English), "New message");
    }

    #[test]
    fn the_body_is_the_title_and_the_first_line() {
        let body = |text| popup(words(Language::English), &message("reply", "Title", text, 3), None).body;
        assert_eq!(body("\n  first \nsecond"), "Title\nfirst");
        assert_eq!(body(""), "Title");
        assert_eq!(body("Title\nmore"), "Title");
        assert_eq!(body("**Title**\nmore"), "Title", "it says the same");
        assert_eq!(body("see [the *page*](https://example.org/)\n\nmore"), "Title\nsee the page");
    }

    #[test]
    fn several_sources_are_named() {
        let popup = popup(words(Language::Chinese), &message("reply", "T", "", 3), Some("社区"));
        assert_eq!(popup.summary, "新回复通知 · 社区");
    }

    #[test]
    fn urgency_follows_kind_and_priority() {
        let urgency =
            |kind, priority| popup(words(Language::English), &message(kind, "T", "", priority), None).urgency;
        assert_eq!(urgency("reply", 3), Urgency::Normal);
        assert_eq!(urgency("notification", 3), Urgency::Low);
        assert_eq!(urgency("notification", 5), Urgency::Critical);
    }

    #[test]
    fn each_kind_sounds_as_it_is_set() {
        let mut notifications = Notifications::default();
        let sound = |kind: &str, notifications: &Notifications| {
            let words = PopupWords { language: Language::English, notifications };
            popup(words, &message(kind, "T", "", 3), None).sound
        };
        assert_eq!(sound("reply", &notifications), named("message-new-instant"));
        assert_eq!(sound("system", &notifications), named("dialog-warning"));
        assert_eq!(sound("notification", &notifications), None);
        assert_eq!(sound("deploy", &notifications), named("message-new-instant"));
        for kind in notifications.kinds.values_mut() {
            kind.sound = match kind.sound {
                Sound::Off => Sound::Default,
                Sound::Default | Sound::File(_) => Sound::Off,
            };
        }
        assert_eq!(sound("reply", &notifications), None);
        assert_eq!(sound("notification", &notifications), named("dialog-information"));
        assert_eq!(sound("deploy", &notifications), None, "it is treated as a message");
        let words = PopupWords { language: Language::English, notifications: &Notifications::default() };
        let (two, kinds) = (told(2, &[]), Tally::default());
        assert_eq!(
            (words.flood(&two, kinds).sound, words.catch_up(&two, kinds).sound),
            (None, named(RECEIVED))
        );
    }

    #[test]
    fn a_file_that_was_chosen_is_heard_and_one_that_may_not_be_used_is_not() {
        let sound =
            |path: &str| words(Language::English).test(&Sound::File(SoundFile(path.to_owned()))).sound;
        assert_eq!(sound("/usr/share/ding.oga"), Some(PopupSound::File("/usr/share/ding.oga".into())));
        assert_eq!(sound("//server/ding.oga"), named(RECEIVED));
    }

    #[test]
    fn a_rule_makes_a_popup_silent_or_has_it_stay() {
        let kind = Some(MessageKind::Reply);
        let rule = Rule { kind, notify: Notify::Silent, sticky: true, ..Rule::default() };
        let notifications = Notifications { rules: vec![rule], ..Notifications::default() };
        let words = PopupWords { language: Language::English, notifications: &notifications };
        let popup = popup(words, &message("reply", "T", "", 3), None);
        assert_eq!((popup.sound, popup.expire_ms), (None, 0));
    }

    #[test]
    fn what_tells_of_several_is_silent_or_stays_as_they_would() {
        let several = Words { sound: Sound::Off, sticky: true, ..told(2, &["a"]) };
        let popup = words(Language::English).catch_up(&several, Tally::default());
        assert_eq!((popup.sound, popup.expire_ms), (None, 0));
    }

    #[test]
    fn one_popup_says_what_the_keychain_did_to_all_sources() {
        let told = [(KeychainWord::TooLong, "c"), (KeychainWord::Locked, "a"), (KeychainWord::Locked, "b")];
        let popup = words(Language::English).keychain(&told).unwrap();
        let body = "a, b connects as soon as it is unlocked.\nThe token of c is too long for the keychain, so it is \
                    kept in memory only.";
        assert_eq!((popup.summary.as_str(), popup.body.as_str()), ("The keychain is locked", body));
        assert_eq!(words(Language::Chinese).keychain(&[]), None);
    }

    #[test]
    fn what_is_urgent_stands_first_in_a_popup_for_several_and_makes_it_urgent() {
        let two = Words { urgent: vec!["Fire".to_owned()], ..told(2, &["a"]) };
        let kinds = [(MessageKind::Reply, 2)].into_iter().collect();
        let flood = words(Language::English).flood(&two, kinds);
        assert_eq!((flood.urgency, flood.body.as_str()), (Urgency::Critical, "Urgent: Fire\n2 replies\na"));
        let catch_up = words(Language::Chinese).catch_up(&two, kinds);
        let body = "紧急：Fire\n收到 2 条消息\n2 条回复\na";
        assert_eq!((catch_up.urgency, catch_up.body.as_str()), (Urgency::Critical, body));
        assert_eq!(words(Language::English).flood(&told(2, &[]), kinds).urgency, Urgency::Normal);
    }

    #[test]
    fn counts_are_worded_for_one_and_for_many() {
        let kinds = [(MessageKind::Reply, 3), (MessageKind::from("deploy"), 9)].into_iter().collect();
        let popup = words(Language::English).flood(&told(1, &["a"]), Tally::default());
        assert_eq!((popup.summary.as_str(), popup.body.as_str()), ("1 more message", "a"));
        let popup = words(Language::Chinese).catch_up(&told(12, &["甲"]), kinds);
        assert_eq!(popup.body, "收到 12 条消息\n3 条回复，9 条其他消息\n甲");
    }
}
