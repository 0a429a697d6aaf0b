//! Rules: what the user decided about messages of one sort, before what holds for their kind.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{KindNotice, Notifications, Sound};
use crate::model::{MessageKind, Priority, SourceId};

/// Most characters of a rule's text.
pub(super) const TEXT: usize = 200;

/// What happens to messages that meet all of its conditions. A rule without conditions is for all.
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
    /// By a popup, with the sound of its kind.
    #[default]
    Show,
    /// By a popup without a sound.
    Silent,
    /// By the count alone.
    Badge,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Treatment {
    /// Whether there is a popup.
    pub popup: bool,
    /// Whether it makes a sound.
    pub sound: Sound,
    /// Whether it stays until dismissed.
    pub sticky: bool,
    /// Whether it comes also while popups are held back.
    pub bypass: bool,
    /// Which rule says so, counted from 1; none where it is what holds for the kind.
    pub rule: Option<u16>,
}

impl Rule {
    /// Whether a message meets all conditions; `has` tells whether it has a text.
    fn fits(&self, subject: Subject<'_>, has: impl Fn(&str) -> bool) -> bool {
        self.source.is_none_or(|source| source == subject.source)
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
            return Treatment { popup: show, sound, sticky: false, bypass: urgent, rule: None };
        };
        let (popup, sound) = match rule.notify {
            Notify::Show => (true, sound),
            Notify::Silent => (true, Sound::Off),
            Notify::Badge => (false, Sound::Off),
        };
        Treatment { popup, sound, sticky: rule.sticky, bypass: rule.bypass || urgent, rule: Some(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            Treatment { popup: true, sound: Sound::Default, sticky: true, bypass: true, rule: Some(1) }
        );
        assert_eq!((of("system", 3, "a", source).popup, of("system", 3, "a", source).rule), (false, Some(2)));
        let silent = of("reply", 3, "a", source);
        assert_eq!((silent.popup, silent.sound, silent.rule), (true, Sound::Off, Some(3)));
        let other = of("reply", 3, "a", SourceId::random());
        assert_eq!((other.popup, other.sound, other.rule), (true, Sound::Default, None));
    }

    #[test]
    fn a_text_is_sought_in_title_and_body_whatever_its_case() {
        let rule = |text: &str| [Rule { text: text.into(), notify: Notify::Badge, ..Rule::default() }];
        let found = |text: &str| !treated(&rule(text), "reply", 3, "Straße 钟楼", SourceId::random()).popup;
        assert!(!found("STRASSE") && found("straße") && found("钟楼") && found("build 7"));
        assert!(!found("钟 楼"));
    }

    #[test]
    fn what_is_urgent_breaks_through_unless_it_has_no_popup() {
        let none = treated(&[], "reply", 5, "a", SourceId::random());
        assert!(none.popup && none.bypass);
        let badge = [Rule { notify: Notify::Badge, ..Rule::default() }];
        assert!(!treated(&badge, "reply", 5, "a", SourceId::random()).popup);
    }
}
