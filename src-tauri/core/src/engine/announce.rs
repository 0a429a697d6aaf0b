//! From committed messages to popups, and back from popups to the ledger.
//!
//! `showing` is committed before the desktop is asked, `announced` after it has taken the popup, and the next one has
//! its turn only then: after a crash what is due or showing goes into one catch-up popup, so that nothing is forgotten,
//! and only what the one popup in flight spoke of may be told again. What the desktop refuses goes there, too, and is
//! said as soon as it has taken something else.

use std::collections::BTreeMap;
use std::time::Instant;

use super::announcer::{Cleared, Shown, Waiting};
use super::fault::{self, Step};
use super::observe::Observation;
use super::run::{Engine, clock};
use super::summaries::Turn;
use crate::action::Attention;
use crate::model::{Message, MessageId, MessageRuns, Priority, Room, SourceId};
use crate::policy::{CatchUp, Flood, Gathered, Headline, Popup, PopupKey, PopupWords, Repeated, Verdict};
use crate::settings;
use crate::settings::{Reach, Subject, Treatment};
use crate::store::{Announcement, Grounds, Unannounced, Why};

/// The most ids that an observer is told with one popup.
const OBSERVED_IDS: usize = 1000;

/// The most messages that are announced at once although popups are held back.
const MOST_THROUGH: usize = 32;

impl Engine {
    /// Announces messages that came as they happened: a popup each, as far as the flood gate lets through
    /// and the desktop keeps up.
    pub(super) fn announce_live(&mut self, messages: &[Message], now: Instant) {
        if messages.is_empty() {
            return;
        }
        let setting = self.settings.preferences.notifications.burst;
        let kept_away = self.are_kept_away();
        let mut rest = BTreeMap::<Grounds, Vec<MessageId>>::new();
        let mut unwanted = Vec::new();
        for message in messages {
            let treatment = self.settings.preferences.notifications.treatment(subject(message));
            let grounds = grounds(&treatment, message.priority, kept_away);
            let headline = Headline::new(subject(message), &treatment);
            let id = message.id;
            let verdict = match self.announcer.room(setting) {
                0 => Verdict::Summary,
                _ => self.announcer.admit(id, message.priority, now, setting),
            };
            match verdict {
                Verdict::Popup => {
                    let source = self.source_label(message.source);
                    let popup = self.words().message(message, source.as_deref(), &treatment);
                    self.announcer.enqueue(Waiting { id, popup, headline, grounds });
                }
                Verdict::Summary => {
                    let flood = self.announcer.flood.get_or_insert_with(|| Flood::new(now));
                    if flood.is_dismissed() && message.priority < Priority::URGENT {
                        flood.goes_on(now);
                        unwanted.push(id);
                        continue;
                    }
                    match flood.add(now, id, headline) {
                        Room::Found => rest.entry(grounds).or_default().push(id),
                        Room::Full => {}
                    }
                }
            }
        }
        self.announce_on(rest, Announcement::Due);
        self.note_announcement(&unwanted, Announcement::Suppressed, Some(Why::SummaryClosed));
        self.next_popup(now);
    }

    /// Has the desktop show what has its turn, unless it has still to answer about the one before.
    pub(super) fn next_popup(&mut self, now: Instant) {
        if self.announcer.is_showing() {
            return;
        }
        if self.show_word().is_some() {
            return;
        }
        if let Some(Waiting { id, popup, headline, grounds }) = self.announcer.next_waiting() {
            self.announce_on(BTreeMap::from([(grounds, vec![id])]), Announcement::Showing);
            self.show(popup, MessageRuns::from_iter([id]), Some(headline));
        } else if self.catch_up_step() == Turn::Over {
            self.flood_step(now);
        }
    }

    /// Notes why messages are to be announced that wait for others to be told with.
    pub(super) fn expect(&mut self, messages: Vec<Message>) -> Vec<(Message, Headline)> {
        let kept_away = self.are_kept_away();
        let mut by_grounds = BTreeMap::<Grounds, Vec<MessageId>>::new();
        let mut expected = Vec::with_capacity(messages.len());
        for message in messages {
            let treatment = self.settings.preferences.notifications.treatment(subject(&message));
            let grounds = grounds(&treatment, message.priority, kept_away);
            by_grounds.entry(grounds).or_default().push(message.id);
            let headline = Headline::new(subject(&message), &treatment);
            expected.push((message, headline));
        }
        self.announce_on(by_grounds, Announcement::Due);
        expected
    }

    /// Whether only what is let through gets a popup now.
    fn are_kept_away(&self) -> KeptAway {
        match self.holding.hold.is_some() || self.list_is_enough() {
            true => KeptAway::Yes,
            false => KeptAway::No,
        }
    }

    /// Whether the user looks at the list, and wants no popups beside it.
    fn list_is_enough(&self) -> bool {
        let in_inbox = self.settings.preferences.notifications.in_inbox;
        self.attention == Attention::Inbox && in_inbox == settings::InInbox::List
    }

    /// The user looks at the inbox, which shows what the popups on the screen speak of: they have done their work.
    pub(super) fn inbox_is_in_sight(&mut self) {
        if self.settings.preferences.notifications.in_inbox == settings::InInbox::Popup {
            return;
        }
        let unsaid = self.clear_popups();
        self.note_open(&unsaid, Announcement::Suppressed, Some(Why::Looking));
    }

    /// Takes all popups off the screen that speak of messages. Returns the messages of which none has spoken yet.
    pub(super) fn clear_popups(&mut self) -> MessageRuns {
        let Cleared { shown, unsaid } = self.announcer.clear();
        self.set_announcement(&shown, Announcement::Withdrawn);
        unsaid
    }

    /// Leaves out messages that are not to pop up: those that the user wants no popups for, all where the list
    /// that the user looks at says it, and those that wait until popups are no longer held back.
    pub(super) fn wanted(&mut self, messages: Vec<Message>, now: Instant) -> Vec<Message> {
        let notifications = &self.settings.preferences.notifications;
        let seen = self.list_is_enough();
        let held = self.holding.hold.is_some();
        let (mut wanted, mut through, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut suppressed = BTreeMap::<Option<u16>, Vec<MessageId>>::new();
        let mut looked_at = Vec::new();
        for message in messages {
            let treatment = notifications.treatment(subject(&message));
            // The window may have the focus while nobody sits before it.
            match (treatment.reach, seen && !treatment.bypass, held) {
                (Reach::Count | Reach::Archive, _, _) => {
                    suppressed.entry(treatment.rule).or_default().push(message.id)
                }
                (Reach::Popup, true, _) => looked_at.push(message.id),
                (Reach::Popup, false, true) if treatment.bypass => through.push(message),
                (Reach::Popup, false, true) => waiting.push(message.id),
                (Reach::Popup, false, false) => wanted.push(message),
            }
        }
        for (rule, ids) in suppressed {
            self.note_announcement(&ids, Announcement::Suppressed, Some(unwanted_by(rule)));
        }
        self.note_announcement(&looked_at, Announcement::Suppressed, Some(Why::Looking));
        self.hold_back(&waiting);
        self.announce_live(&through, now);
        wanted
    }

    /// Announces what a server repeated after a reconnect, once it has finished repeating.
    pub(super) fn announce_repeated(&mut self, repeated: Repeated, now: Instant) {
        let decision = repeated.catch_up(self.clock_now());
        self.announce(decision, now);
    }

    /// Announces together what is open in the ledger: at the start what an earlier run left, later what was held
    /// back. While popups are held back, only what comes through all the same.
    pub(super) fn announce_open(&mut self, which: Unannounced) {
        if self.holding.hold.is_some() {
            return self.announce_through(which);
        }
        self.skip_digest();
        let mut left = Gathered::default();
        let mut by_grounds = BTreeMap::<Grounds, Vec<MessageId>>::new();
        let mut unwanted = BTreeMap::<Option<u16>, MessageRuns>::new();
        let notifications = &self.settings.preferences.notifications;
        let gather = |id, subject: Subject<'_>| {
            if self.is_waiting(id) {
                return;
            }
            let treatment = notifications.treatment(subject);
            // Without room it stays due.
            let _: Room = match treatment.reach {
                Reach::Popup => {
                    let grounds = grounds(&treatment, subject.priority, KeptAway::No);
                    by_grounds.entry(grounds).or_default().push(id);
                    left.add(id, Headline::new(subject, &treatment))
                }
                Reach::Count | Reach::Archive => unwanted.entry(treatment.rule).or_default().add(id),
            };
        };
        match self.store.each_unannounced(which, gather) {
            Ok(()) if left.count() == 0 => {}
            Ok(()) => {
                self.announce_on(by_grounds, Announcement::Due);
                self.announce_together(left);
            }
            Err(error) => tracing::error!(%error, "the ledger could not be read"),
        }
        for (rule, ids) in unwanted {
            self.note_open(&ids, Announcement::Suppressed, Some(unwanted_by(rule)));
        }
    }

    /// Whether a message is about to be told: its own popup waits for its turn, or others that it is told with.
    fn is_waiting(&self, id: MessageId) -> bool {
        self.announcer.has_waiting(id) || self.sources.iter().any(|run| run.held.has(id))
    }

    /// Announces of what is open in the ledger that which is not held back; the rest waits.
    fn announce_through(&mut self, which: Unannounced) {
        let notifications = &self.settings.preferences.notifications;
        let (mut through, mut waiting) = (Vec::new(), MessageRuns::default());
        let sort = |id, subject: Subject<'_>| {
            if self.is_waiting(id) {
                return;
            }
            let treatment = notifications.treatment(subject);
            if treatment.reach == Reach::Popup && treatment.bypass && through.len() < MOST_THROUGH {
                through.push(id);
            } else {
                // Without room it is told at the next start.
                let _: Room = waiting.add(id);
            }
        };
        let messages = self.store.each_unannounced(which, sort).and_then(|()| {
            through.iter().filter_map(|id| self.store.message(*id).transpose()).collect::<Result<Vec<_>, _>>()
        });
        match messages {
            Ok(messages) => self.announce_live(&messages, clock()),
            Err(error) => tracing::error!(%error, "the ledger could not be read"),
        }
        self.note(&waiting, Announcement::Due);
    }

    fn announce(&mut self, decision: CatchUp, now: Instant) {
        match decision {
            CatchUp::Nothing => {}
            // They were repeated before popups were held back.
            CatchUp::Each(messages) if self.holding.hold.is_some() => {
                self.hold_back(&messages.iter().map(|message| message.id).collect::<Vec<_>>());
                self.announce_through(Unannounced::Due);
            }
            CatchUp::Together(gathered) if self.holding.hold.is_some() => {
                self.hold_back(&gathered.open().ids().collect::<Vec<_>>());
                self.announce_through(Unannounced::Due);
            }
            CatchUp::Each(messages) => self.announce_live(&messages, now),
            CatchUp::Together(gathered) => self.announce_together(gathered),
        }
    }

    /// Writes the desktop's word on a popup into the ledger.
    pub(super) fn shown(&mut self, Shown { key, ids, headline, result }: Shown) {
        fault::at(Step::Answered);
        let result = result.map(|place| place.into_iter().for_each(|place| self.note_place(key, place)));
        let settled = match (&result, key) {
            (Ok(()), PopupKey::Flood) => Announcement::Summarised,
            (
                Ok(()),
                PopupKey::Message(_)
                | PopupKey::CatchUp
                | PopupKey::SignIn
                | PopupKey::Keychain
                | PopupKey::NoTray
                | PopupKey::Test,
            ) => Announcement::Announced,
            (Err(_), _) => Announcement::Due,
        };
        self.note(&ids, settled);
        fault::at(Step::Announced);
        match result {
            Ok(()) => {
                self.announcer.taken(key);
                self.word_taken(key);
            }
            Err(error) => {
                tracing::warn!(%error, "a popup could not be shown");
                // While popups are held back it stays due, and has its own popup as soon as that can be.
                let headline = headline.filter(|_| self.holding.hold.is_none());
                self.announcer.refused(key, ids, headline);
            }
        }
        self.next_popup(clock());
    }

    /// There is a notification service again, or popups are no longer held back: what was not taken is told.
    pub(super) fn announce_again(&mut self) {
        self.announcer.say_again();
        if self.holding.hold.is_some() {
            self.announce_through(Unannounced::Due);
        }
        self.next_popup(clock());
    }

    pub(super) fn show(&mut self, mut popup: Popup, ids: MessageRuns, headline: Option<Headline>) {
        // What takes the place of another popup has been heard.
        if self.announcer.is_on_screen(popup.key) {
            popup.sound = None;
        }
        self.observe(|| Observation::Popup {
            title: popup.summary.clone(),
            body: popup.body.clone(),
            ids: ids.ids().take(OBSERVED_IDS).collect(),
        });
        fault::at(Step::Showing);
        self.announcer.show(popup, ids, headline);
        fault::at(Step::Asked);
    }

    /// Takes popups off the screen whose messages need no attention any more.
    pub(super) fn withdraw(&mut self, ids: &[MessageId]) {
        if let Some(flood) = &mut self.announcer.flood {
            flood.forget(ids);
        }
        if let Some(gathered) = &mut self.announcer.catch_up {
            gathered.forget(ids);
        }
        for run in &mut self.sources {
            run.held.forget(ids);
        }
        let gone: Vec<MessageId> =
            ids.iter().copied().filter(|id| self.announcer.withdraw(PopupKey::Message(*id))).collect();
        self.set_announcement(&gone, Announcement::Withdrawn);
    }

    pub(super) fn words(&self) -> PopupWords<'_> {
        PopupWords { language: self.language(), notifications: &self.settings.preferences.notifications }
    }

    /// The source's name, where there are several.
    fn source_label(&self, source: SourceId) -> Option<String> {
        let several = self.settings.sources.len() > 1;
        let named = self.settings.sources.iter().find(|other| other.id == source);
        named.filter(|_| several).map(|source| source.name.clone())
    }
}

/// Why there is no popup for a message, by the rule that says so; without one it is the choice for its kind.
fn unwanted_by(rule: Option<u16>) -> Why {
    rule.map_or(Why::Kind, Why::Rule)
}

/// Whether popups are held back, or give way to the list that the user looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptAway {
    Yes,
    No,
}

/// Why there is a popup for a message.
fn grounds(treatment: &Treatment, priority: Priority, kept_away: KeptAway) -> Grounds {
    let let_through = kept_away == KeptAway::Yes && treatment.bypass;
    match treatment.rule {
        Some(_) | None if let_through && priority == Priority::URGENT => Grounds::Urgent,
        Some(rule) if let_through => Grounds::LetThrough(rule),
        Some(rule) => Grounds::Rule(rule),
        None => Grounds::Kind,
    }
}

/// What of a message rules look at.
fn subject(message: &Message) -> Subject<'_> {
    Subject {
        source: message.source,
        kind: &message.kind,
        priority: message.priority,
        title: &message.title,
        body: &message.body,
    }
}
