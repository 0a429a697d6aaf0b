//! The popups that wait for their turn, the one that the desktop has still to answer about, and those on the screen.
//!
//! One at a time is on its way, so that after a death one at most is told again.
//!
//! Deliberately not here: which popups there are, and the ledger.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::stream::FuturesUnordered;
use futures_util::{Stream as _, StreamExt as _};

use super::owed::Owed;
use crate::model::{MessageId, MessageRuns, PopupPlace, Priority, Room};
use crate::policy::{Burst, Flood, Gathered, Headline, Popup, PopupKey, Verdict};
use crate::ports::{BoxFuture, Notifier, NotifyError, ShowResult};
use crate::settings;
use crate::store::Grounds;

/// Most popups that wait for their turn; what comes beyond goes into the summary.
const WAITING: usize = 16;

/// The same where each message is to get its popup: more than one turn brings.
const WAITING_UNSUMMARISED: usize = 1024;

/// Most popups that are thought to be on the screen, and most withdrawals under way. A desktop that keeps
/// more has had them for long, and one that never says that a popup has gone would make the list endless.
const REMEMBERED: usize = 256;

/// The popups that are on their way to the screen or on it.
pub(super) struct Announcer {
    notifier: Arc<dyn Notifier>,
    burst: Burst,
    /// The same for popups that take the place of what is on the screen: they cover nothing more of it.
    replaced: Burst,
    pub flood: Option<Flood>,
    /// What the catch-up popup on the screen says, and what waits for the desktop to take popups again; more
    /// of the kind is added to it.
    pub catch_up: Option<Gathered>,
    /// The words that are no message.
    pub owed: Owed,
    /// With their places, once the desktop has answered.
    on_screen: BTreeMap<PopupKey, Option<PopupPlace>>,
    /// The places of those that have left the screen, until they are asked for.
    gone: Vec<PopupPlace>,
    waiting: VecDeque<Waiting>,
    in_flight: Option<InFlight>,
    withdrawals: FuturesUnordered<BoxFuture<'static, ()>>,
}

/// A message's popup that waits for its turn.
pub(super) struct Waiting {
    pub id: MessageId,
    pub popup: Popup,
    pub headline: Headline,
    pub grounds: Grounds,
}

/// The popup about which the desktop has still to answer.
struct InFlight {
    key: PopupKey,
    /// Whether what it says still needs to be said.
    needed: bool,
    showing: BoxFuture<'static, Shown>,
}

/// What the desktop said to a popup.
pub(super) struct Shown {
    pub key: PopupKey,
    pub ids: MessageRuns,
    /// The message's, where it is a popup for one.
    pub headline: Option<Headline>,
    pub result: ShowResult,
}

/// What was taken off the screen.
pub(super) struct Cleared {
    /// The messages whose own popups were there.
    pub shown: Vec<MessageId>,
    /// The messages of which the desktop had not taken word yet.
    pub unsaid: MessageRuns,
}

impl Announcer {
    pub fn new(notifier: Arc<dyn Notifier>, now: Instant) -> Self {
        Self {
            notifier,
            burst: Burst::new(now),
            replaced: Burst::new(now),
            flood: None,
            catch_up: None,
            owed: Owed::default(),
            on_screen: BTreeMap::new(),
            gone: Vec::new(),
            waiting: VecDeque::new(),
            in_flight: None,
            withdrawals: FuturesUnordered::new(),
        }
    }

    /// Waits for the desktop's word on a popup; withdrawals go on beside.
    pub fn poll_shown(&mut self, cx: &mut Context<'_>) -> Poll<Shown> {
        while let Poll::Ready(Some(())) = std::pin::Pin::new(&mut self.withdrawals).poll_next(cx) {}
        match &mut self.in_flight {
            Some(in_flight) => in_flight.showing.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    /// Decides whether a message gets a popup now.
    pub fn admit(
        &mut self,
        id: MessageId,
        priority: Priority,
        now: Instant,
        setting: settings::Burst,
    ) -> Verdict {
        match self.on_screen.contains_key(&PopupKey::Message(id)) {
            true => self.replaced.admit(now, priority, setting),
            false => self.burst.admit(now, priority, setting),
        }
    }

    /// Whether the desktop has still to answer about a popup.
    pub fn is_showing(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Has a message's popup wait for its turn.
    pub fn enqueue(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// The popup of a message whose turn it is.
    pub fn next_waiting(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    /// Whether a message waits to be told.
    pub fn has_waiting(&self, id: MessageId) -> bool {
        let flood = self.flood.as_ref().map(Flood::open);
        let catch_up = self.catch_up.as_ref().map(Gathered::open);
        self.waiting.iter().any(|waiting| waiting.id == id)
            || flood.into_iter().chain(catch_up).any(|open| open.contains(id))
    }

    /// When the summary of a flood has to be looked at; it waits for its turn, too.
    pub fn deadline(&self) -> Option<Instant> {
        self.flood.as_ref().filter(|_| !self.is_showing()).and_then(Flood::deadline)
    }

    /// Whether a popup is thought to be on the screen, or on its way there.
    pub fn is_on_screen(&self, key: PopupKey) -> bool {
        self.on_screen.contains_key(&key)
    }

    /// Takes everything off the screen, as far as the desktop does that in time; gives back whether it has.
    pub async fn leave(&mut self, end: tokio::time::Instant) -> bool {
        let keys: Vec<PopupKey> = self.on_screen.keys().copied().chain([PopupKey::Test]).collect();
        for key in keys {
            self.closed(key);
            self.withdrawals.push(self.notifier.withdraw(key));
        }
        let all = async { while self.withdrawals.next().await.is_some() {} };
        tokio::time::timeout_at(end, all).await.is_ok()
    }

    /// Forgets a popup that the desktop has closed; tells whether it was thought to be on the screen.
    pub fn closed(&mut self, key: PopupKey) -> bool {
        if key == PopupKey::CatchUp {
            self.end_catch_up(|gathered| !gathered.is_on_its_way());
        }
        let was_there = self.on_screen.remove(&key);
        let known = was_there.is_some();
        self.gone.extend(was_there.flatten());
        known
    }

    /// Notes where the desktop has put a popup; gives the place back where it is news. One that has left the screen
    /// meanwhile has none.
    pub fn placed(&mut self, key: PopupKey, place: PopupPlace) -> Option<&PopupPlace> {
        let known = self.on_screen.get_mut(&key).filter(|known| known.as_ref() != Some(&place))?;
        self.gone.extend(known.take());
        Some(known.insert(place))
    }

    /// The places of popups that have left the screen since this was last asked.
    pub fn take_gone(&mut self) -> Vec<PopupPlace> {
        std::mem::take(&mut self.gone)
    }

    /// Takes popups off the screen that an earlier run left there.
    pub fn clear_away(&self, left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>> {
        self.notifier.clear_away(left)
    }

    /// Takes a popup off the screen; tells whether it was there.
    pub fn withdraw(&mut self, key: PopupKey) -> bool {
        self.waiting.retain(|waiting| waiting.popup.key != key);
        if let Some(in_flight) = self.in_flight.as_mut().filter(|in_flight| in_flight.key == key) {
            in_flight.needed = false;
        }
        let was_there = self.closed(key);
        if was_there {
            self.take_back(key);
        }
        was_there
    }

    /// Has the desktop take a popup off the screen, once it is there.
    pub fn take_back(&mut self, key: PopupKey) {
        if self.withdrawals.len() < REMEMBERED {
            self.withdrawals.push(self.notifier.withdraw(key));
        }
    }

    /// Takes all popups off the screen that speak of messages, and forgets what waits to be said.
    pub fn clear(&mut self) -> Cleared {
        let speaks_of_messages = |key: &PopupKey| match key {
            PopupKey::Message(_) | PopupKey::Flood | PopupKey::CatchUp => true,
            PopupKey::SignIn | PopupKey::Keychain | PopupKey::NoTray | PopupKey::Test => false,
        };
        let keys: Vec<PopupKey> = self.on_screen.keys().copied().filter(speaks_of_messages).collect();
        let mut unsaid: MessageRuns = self.waiting.drain(..).map(|waiting| waiting.id).collect();
        for gathered in
            [self.flood.take().map(Flood::into_gathered), self.catch_up.take()].into_iter().flatten()
        {
            // Without room it stays due.
            let _: Room = unsaid.extend(gathered.into_open());
        }
        let mut shown = Vec::new();
        for key in keys {
            if self.withdraw(key)
                && let PopupKey::Message(id) = key
            {
                shown.push(id);
            }
        }
        Cleared { shown, unsaid }
    }

    /// Takes the popups for several messages off the screen, since none needs attention any more.
    pub fn clear_summaries(&mut self) {
        for key in [PopupKey::Flood, PopupKey::CatchUp] {
            self.withdraw(key);
        }
        (self.flood, self.catch_up) = (None, None);
    }

    /// How many more popups may wait.
    pub fn room(&self, setting: settings::Burst) -> usize {
        let most = match setting {
            settings::Burst::Summarise => WAITING,
            settings::Burst::Off => WAITING_UNSUMMARISED,
        };
        most.saturating_sub(self.waiting.len() + usize::from(self.is_showing()))
    }

    pub fn taken(&mut self, key: PopupKey) {
        self.in_flight = None;
        match key {
            PopupKey::Flood => self.flood.iter_mut().for_each(Flood::taken),
            PopupKey::CatchUp => {
                self.catch_up.iter_mut().for_each(Gathered::taken);
                if !self.on_screen.contains_key(&key) {
                    // It was closed before the answer came.
                    self.end_catch_up(|gathered| !gathered.is_ready());
                }
            }
            PopupKey::SignIn | PopupKey::Keychain | PopupKey::NoTray => self.owed.taken(key),
            PopupKey::Message(_) | PopupKey::Test => {}
        }
        // Not before: a desktop that refuses everything would be asked without end.
        self.say_again();
    }

    /// The desktop takes popups again: what it refused is to be said.
    pub fn say_again(&mut self) {
        self.owed.say_again();
        self.flood.iter_mut().for_each(Flood::say_again);
        self.catch_up.iter_mut().for_each(Gathered::say_again);
    }

    /// Forgets what the catch-up popup has said, but not what waits to be said.
    fn end_catch_up(&mut self, which: impl FnOnce(&mut Gathered) -> bool) {
        if let Some(over) = self.catch_up.take_if(which) {
            self.catch_up = over.unsaid();
        }
    }

    /// The desktop did not take a popup. A message whose headline is given goes into the catch-up.
    pub fn refused(&mut self, key: PopupKey, ids: MessageRuns, headline: Option<Headline>) {
        let needed = self.in_flight.take().is_some_and(|in_flight| in_flight.needed);
        self.on_screen.remove(&key);
        match key {
            PopupKey::Flood => self.flood.iter_mut().for_each(|flood| flood.refused(ids.clone())),
            PopupKey::CatchUp => self.catch_up.iter_mut().for_each(|gathered| gathered.refused(ids.clone())),
            PopupKey::Message(id) => {
                if needed && let Some(headline) = headline {
                    // Without room it stays due.
                    let _: Room = self.catch_up.get_or_insert_default().put_by(id, headline);
                }
            }
            PopupKey::SignIn | PopupKey::Keychain | PopupKey::NoTray => self.owed.refused(key),
            PopupKey::Test => {}
        }
    }

    /// Shows a popup that speaks of no message; whoever asked waits for the desktop's word.
    pub fn try_out(&self, popup: Popup) -> BoxFuture<'static, ShowResult> {
        self.notifier.show(popup)
    }

    /// Has the desktop show a popup, now that it has answered about the one before.
    pub fn show(&mut self, popup: Popup, ids: MessageRuns, headline: Option<Headline>) {
        let key = popup.key;
        self.on_screen.entry(key).or_default();
        if self.on_screen.len() > REMEMBERED {
            self.gone.extend(self.on_screen.pop_first().and_then(|(_, place)| place));
        }
        let showing = self.notifier.show(popup);
        let showing = Box::pin(async move { Shown { key, ids, headline, result: showing.await } });
        self.in_flight = Some(InFlight { key, needed: true, showing });
    }
}
