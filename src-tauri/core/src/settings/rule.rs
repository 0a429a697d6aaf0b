//! Rules: what the user decided about messages of one sort, before what holds for their kind.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{KindNotice, Notifications, Sound};
use crate::model::{MessageKind, Priority, SourceId};

/// Most characters of a rule's text.
pub(super) const TEXT: usize = 200;

/// What happens to messages that meet all of its conditions. A rule without conditions is a draft: it is for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rule {
    /// Only messages of this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub source: Option<SourceId>,
    /// Only messages of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<MessageKind>,
    /// Only messages of this priority, 1–5, or a higher one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Only messages that have this text in title or body, whatever its case. Empty = any.
    #[serde(default)]
    pub text: String,
    /// How they are announced.
    pub notify: Notify,
    /// The sound of their popups; that of their kind if empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Sound>,
    /// Whether their popups stay until dismissed.
    #[serde(default)]
    pub sticky: bool,
    /// Whether they are announced also while popups are held back.
    #[serde(default)]
    pub bypass: bool,
}

/// How a message is announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// By a popup, with the rule's sound or that of its kind.
    #[default]
    Show,
    /// By a popup without a sound.
    Silent,
    /// By the count alone.
    Badge,
    /// Not at all: it goes straight into the archive and is not counted.
    Never,
}

/// What of a message rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Where it comes from.
    pub source: SourceId,
    /// What sort of message it is.
    pub kind: &'a MessageKind,
    /// How urgent it is.
    pub priority: Priority,
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
}

/// What becomes of one message's announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// How far it gets.
    pub reach: Reach,
    /// Whether it makes a sound, and which.
    pub sound: Sound,
    /// Whether it stays until dismissed.
    pub sticky: bool,
    /// Whether it comes also while popups are held back.
    pub bypass: bool,
    /// Which rule says so, counted from 1; none where it is what holds for the kind.
    pub rule: Option<u16>,
}

/// How far a message gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// There is a popup, and it is counted.
    Popup,
    /// It is counted.
    Count,
    /// It goes straight into the archive.
    Archive,
}

impl Rule {
    /// Whether nobody has said yet which messages it is for.
    fn is_draft(&self) -> bool {
        self.source.is_none() && self.kind.is_none() && self.priority.is_none() && self.text.is_empty()
    }

    /// Whether a message meets all conditions; `has` tells whether it has a text.
    fn fits(&self, subject: Subject<'_>, has: impl Fn(&str) -> bool) -> bool {
        !self.is_draft()
            && self.source.is_none_or(|source| source == subject.source)
            && self.kind.as_ref().is_none_or(|kind| kind == subject.kind)
            && self.priority.is_none_or(|least| subject.priority >= least)
            && (self.text.is_empty() || has(&self.text))
    }
}

impl Notifications {
    /// What becomes of a message's announcement: the first rule that fits decides, else what holds for its kind.
    /// What is urgent breaks through wherever it has a popup at all.
    #[must_use]
    pub fn treatment(&self, subject: Subject<'_>) -> Treatment {
        let KindNotice { show, sound } = self.kind(subject.kind);
        let urgent = subject.priority == Priority::URGENT;
        // A body can be long, and most rules do not look at it.
        let lowered = OnceCell::new();
        let has = |sought: &str| {
            let lower = || [subject.title.to_lowercase(), subject.body.to_lowercase()];
            lowered.get_or_init(lower).iter().any(|text| text.contains(&sought.to_lowercase()))
        };
        let found = self.rules.iter().zip(1..).find(|(rule, _)| rule.fits(subject, has));
        let Some((rule, number)) = found else {
            let reach = if show { Reach::Popup } else { Reach::Count };
            return Treatment { reach, sound, sticky: false, bypass: urgent, rule: None };
        };
        let (reach, sound) = match rule.notify {
            Notify::Show => (Reach::Popup, rule.sound.clone().unwrap_or(sound)),
            Notify::Silent => (Reach::Popup, Sound::Off),
            Notify::Badge => (Reach::Count, Sound::Off),
            Notify::Never => (Reach::Archive, Sound::Off),
        };
        Treatment { reach, sound, sticky: rule.sticky, bypass: rule.bypass || urgent, rule: Some(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SoundFile;

    fn treated(rules: &[Rule], kind: &str, priority: i64, title: &str, source: SourceId) -> Treatment {
        let notifications = Notifications { rules: rules.to_vec(), ..Notifications::default() };
        let kind = MessageKind::from(kind);
        let subject = Subject {
            source,
            kind: &kind,
            priority: Priority::clamped(priority),
            title,
            body: "Build 7 of Main",
        };
        notifications.treatment(subject)
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let source = SourceId::random();
        let rules = [
            Rule {
                text: "MAIN".into(),
                priority: Some(Priority::clamped(4)),
                notify: Notify::Show,
                sticky: true,
                bypass: true,
                ..Rule::default()
            },
            Rule { kind: Some(MessageKind::System), notify: Notify::Badge, ..Rule::default() },
            Rule { source: Some(source), notify: Notify::Silent, ..Rule::default() },
        ];
        let of = |kind, priority, title, source| treated(&rules, kind, priority, title, source);
        let first = of("system", 4, "a", source);
        assert_eq!(
            first,
            Treatment {
                reach: Reach::Popup,
                sound: Sound::Default,
                sticky: true,
                bypass: true,
                rule: Some(1)
            }
        );
        let second = of("system", 3, "a", source);
        assert_eq!((second.reach, second.rule), (Reach::Count, Some(2)));
        let silent = of("reply", 3, "a", source);
        assert_eq!((silent.reach, silent.sound, silent.rule), (Reach::Popup, Sound::Off, Some(3)));
        let other = of("reply", 3, "a", SourceId::random());
        assert_eq!((other.reach, other.sound, other.rule), (Reach::Popup, Sound::Default, None));
    }

    #[test]
    fn a_rule_without_conditions_does_nothing_yet() {
        let draft = Rule { notify: Notify::Never, sticky: true, bypass: true, ..Rule::default() };
        let second = Rule { kind: Some(MessageKind::Reply), notify: Notify::Badge, ..Rule::default() };
        let of = |rules: &[Rule]| treated(rules, "reply", 3, "a", SourceId::random());
        assert_eq!(of(std::slice::from_ref(&draft)), of(&[]));
        assert_eq!(of(&[draft, second]).rule, Some(2));
    }

    #[test]
    fn a_text_is_sought_in_title_and_body_whatever_its_case() {
        let rule = |text: &str| [Rule { text: text.into(), notify: Notify::Badge, ..Rule::default() }];
        let found = |text: &str| {
            treated(&rule(text), "reply", 3, "Straße 钟楼", SourceId::random()).reach == Reach::Count
        };
        assert!(!found("STRASSE") && found("straße") && found("钟楼") && found("build 7"));
        assert!(!found("钟 楼"));
    }

    #[test]
    fn what_is_urgent_breaks_through_unless_it_has_no_popup() {
        let none = treated(&[], "reply", 5, "a", SourceId::random());
        assert!(none.reach == Reach::Popup && none.bypass);
        let replies = || Rule { kind: Some(MessageKind::Reply), ..Rule::default() };
        let badge = [Rule { notify: Notify::Badge, ..replies() }];
        assert_eq!(treated(&badge, "reply", 5, "a", SourceId::random()).reach, Reach::Count);
        let never = [Rule { notify: Notify::Never, ..replies() }];
        assert_eq!(treated(&never, "reply", 5, "a", SourceId::random()).reach, Reach::Archive);
    }

    #[test]
    fn a_rule_has_a_sound_of_its_own_or_that_of_the_kind() {
        let file = Sound::File(SoundFile("/ding.oga".to_owned()));
        for (own, kind, heard) in [
            (None, "reply", Sound::Default),
            (None, "notification", Sound::Off),
            (Some(Sound::Off), "reply", Sound::Off),
            (Some(file.clone()), "notification", file),
        ] {
            let rule = Rule { sound: own, priority: Some(Priority::clamped(1)), ..Rule::default() };
            assert_eq!(treated(&[rule], kind, 3, "a", SourceId::random()).sound, heard);
        }
    }
}
