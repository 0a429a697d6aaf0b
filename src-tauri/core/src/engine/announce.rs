//! From committed messages to popups, and back from popups to the ledger.
//!
//! `showing` is committed before the desktop is asked, `announced` after it has taken the popup, so that
//! after a crash nothing is forgotten: what is due or showing then goes into one catch-up popup.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::Stream as _;
use futures_util::stream::FuturesUnordered;

use super::observe::Observation;
use super::run::{Engine, clock};
use crate::model::{Message, MessageId, SourceId};
use crate::policy::{Burst, CatchUp, Flood, FloodStep, Popup, PopupKey, PopupWords, Repeated, Verdict};
use crate::ports::{BoxFuture, Notifier, NotifyError};
use crate::store::Announcement;

/// The popups that are on their way to the screen or on it.
pub(super) struct Announcer {
    notifier: Arc<dyn Notifier>,
    burst: Burst,
    flood: Option<Flood>,
    on_screen: BTreeSet<PopupKey>,
    shows: FuturesUnordered<BoxFuture<'static, Shown>>,
    withdrawals: FuturesUnordered<BoxFuture<'static, ()>>,
}

/// What the desktop said to a popup.
pub(super) struct Shown {
    key: PopupKey,
    ids: Vec<MessageId>,
    result: Result<(), NotifyError>,
}

impl Announcer {
    pub fn new(notifier: Arc<dyn Notifier>, now: Instant) -> Self {
        Self {
            notifier,
            burst: Burst::new(now),
            flood: None,
            on_screen: BTreeSet::new(),
            shows: FuturesUnordered::new(),
            withdrawals: FuturesUnordered::new(),
        }
    }

    /// Waits for the desktop's word on a popup; withdrawals go on beside.
    pub fn poll_shown(&mut self, cx: &mut Context<'_>) -> Poll<Shown> {
        while let Poll::Ready(Some(())) = std::pin::Pin::new(&mut self.withdrawals).poll_next(cx) {}
        match std::pin::Pin::new(&mut self.shows).poll_next(cx) {
            Poll::Ready(Some(shown)) => Poll::Ready(shown),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Whether the desktop has still to answer about a popup.
    pub fn is_showing(&self) -> bool {
        !self.shows.is_empty()
    }

    /// When the summary of a flood has to be looked at.
    pub fn deadline(&self) -> Option<Instant> {
        self.flood.as_ref().map(Flood::deadline)
    }

    /// Forgets a popup that the desktop has closed; tells whether it was thought to be on the screen.
    pub fn closed(&mut self, key: PopupKey) -> bool {
        self.on_screen.remove(&key)
    }

    /// Takes a popup off the screen; tells whether it was there.
    pub fn withdraw(&mut self, key: PopupKey) -> bool {
        let was_there = self.on_screen.remove(&key);
        if was_there {
            self.withdrawals.push(self.notifier.withdraw(key));
        }
        was_there
    }

    fn show(&mut self, popup: Popup, ids: Vec<MessageId>) {
        let key = popup.key;
        self.on_screen.insert(key);
        let showing = self.notifier.show(popup);
        self.shows.push(Box::pin(async move { Shown { key, ids, result: showing.await } }));
    }
}

impl Engine {
    /// Announces messages that came as they happened: a popup each, as far as the flood gate lets through.
    pub(super) fn announce_live(&mut self, messages: &[Message], now: Instant) {
        let setting = self.settings.notifications.burst;
        let mut each = Vec::new();
        let mut rest = Vec::new();
        for message in messages {
            match self.announcer.burst.admit(now, setting) {
                Verdict::Popup => each.push(message),
                Verdict::Summary => {
                    rest.push(message.id);
                    match &mut self.announcer.flood {
                        Some(flood) => flood.add(now, &message.title),
                        None => self.announcer.flood = Some(Flood::new(now, &message.title)),
                    }
                }
            }
        }
        let ids: Vec<MessageId> = each.iter().map(|message| message.id).collect();
        self.set_announcement(&ids, Announcement::Showing);
        self.set_announcement(&rest, Announcement::Summarised);
        for message in each {
            let popup = self.words().message(message, self.source_label(message.source).as_deref());
            self.show(popup, vec![message.id]);
        }
        self.flood_step(now);
    }

    /// Announces what a server repeated after a reconnect, once it has finished repeating.
    pub(super) fn announce_repeated(&mut self, repeated: Repeated, now: Instant) {
        let decision = repeated.catch_up(self.clock_now());
        self.announce(decision, now);
    }

    /// Announces at start what an earlier run left due or showing.
    pub(super) fn announce_leftovers(&mut self) {
        match self.store.unannounced() {
            Ok(left) if left.is_empty() => {}
            Ok(left) => {
                let mut repeated = Repeated::default();
                repeated.extend(left);
                self.announce(repeated.together(), clock());
            }
            Err(error) => tracing::error!(%error, "the ledger could not be read"),
        }
    }

    fn announce(&mut self, decision: CatchUp, now: Instant) {
        match decision {
            CatchUp::Nothing => {}
            CatchUp::Each(messages) => self.announce_live(&messages, now),
            CatchUp::Together { ids, titles } => {
                self.set_announcement(&ids, Announcement::Showing);
                let popup = self.words().catch_up(ids.len(), &titles);
                self.show(popup, ids);
            }
        }
    }

    /// Tells the user once that a server wants them to sign in.
    pub(super) fn announce_rejected(&mut self, source: SourceId) {
        let Some(name) = self.settings.sources.iter().find(|other| other.id == source) else { return };
        let popup = self.words().rejected(&name.name);
        self.show(popup, Vec::new());
    }

    /// Brings the summary of a flood up to date, or closes it.
    pub(super) fn flood_step(&mut self, now: Instant) {
        let Some(flood) = &mut self.announcer.flood else { return };
        match flood.step(now) {
            Some(FloodStep::Show { count, titles }) => {
                let popup = self.words().flood(count, &titles);
                self.show(popup, Vec::new());
            }
            Some(FloodStep::Close) => {
                self.announcer.flood = None;
                self.announcer.withdraw(PopupKey::Summary);
            }
            None => {}
        }
    }

    /// Writes the desktop's word on a popup into the ledger.
    pub(super) fn shown(&mut self, Shown { key, ids, result }: Shown) {
        match result {
            Ok(()) => self.set_announcement(&ids, Announcement::Announced),
            Err(error) => {
                tracing::warn!(%error, "a popup could not be shown");
                let _ = self.announcer.closed(key);
                self.set_announcement(&ids, Announcement::Due);
            }
        }
    }

    fn show(&mut self, popup: Popup, ids: Vec<MessageId>) {
        self.observe(|| Observation::Popup {
            title: popup.summary.clone(),
            body: popup.body.clone(),
            ids: ids.clone(),
        });
        self.announcer.show(popup, ids);
    }

    /// Takes popups off the screen whose messages need no attention any more.
    pub(super) fn withdraw(&mut self, ids: &[MessageId]) {
        let gone: Vec<MessageId> =
            ids.iter().copied().filter(|id| self.announcer.withdraw(PopupKey::Message(*id))).collect();
        self.set_announcement(&gone, Announcement::Withdrawn);
    }

    pub(super) fn set_announcement(&mut self, ids: &[MessageId], state: Announcement) {
        if ids.is_empty() {
            return;
        }
        let now = self.clock_now();
        if let Err(error) = self.store.set_announcement(ids, state, now) {
            tracing::error!(%error, "the ledger could not be written");
        }
    }

    fn words(&self) -> PopupWords<'_> {
        PopupWords { language: self.language(), notifications: &self.settings.notifications }
    }

    /// The source's name, where there are several.
    fn source_label(&self, source: SourceId) -> Option<String> {
        let several = self.settings.sources.len() > 1;
        let named = self.settings.sources.iter().find(|other| other.id == source);
        named.filter(|_| several).map(|source| source.name.clone())
    }
}
