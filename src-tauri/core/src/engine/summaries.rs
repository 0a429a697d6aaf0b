//! The popups that speak of several messages: the summary of a flood, and the catch-up.

use std::time::Instant;

use super::run::{Engine, clock};
use crate::model::MessageRuns;
use crate::policy::{Flood, FloodStep, Gathered, PopupKey, Tally};
use crate::store::{Announcement, Why};

/// Whether a popup for several messages has had its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is on its way.
    Taken,
    /// It has nothing to say.
    Over,
}

impl Engine {
    /// Announces in one popup; one that is on the screen for the same reason speaks for both.
    pub(super) fn announce_together(&mut self, gathered: Gathered) {
        match &mut self.announcer.catch_up {
            Some(earlier) => earlier.extend(gathered),
            none => *none = Some(gathered),
        }
        self.next_popup(clock());
    }

    /// Shows the catch-up as it stands now.
    pub(super) fn catch_up_step(&mut self) -> Turn {
        let ready = |gathered: &&mut Gathered| gathered.is_ready() && self.holding.hold.is_none();
        let Some(gathered) = self.announcer.catch_up.as_mut().filter(ready) else {
            return Turn::Over;
        };
        let words = gathered.say();
        let ids = words.ids.clone();
        self.note(&ids, Announcement::Showing);
        let new = self.tally(&ids);
        let all = self.announcer.catch_up.as_mut().map_or(new, |gathered| gathered.tell_kinds(new));
        let popup = self.words().catch_up(&words, all);
        self.show(popup, ids, None);
        Turn::Taken
    }

    /// Brings the summary of a flood up to date, or closes it.
    pub(super) fn flood_step(&mut self, now: Instant) {
        let Some(flood) = &mut self.announcer.flood else { return };
        match flood.step(now) {
            Some(FloodStep::Show(words)) => {
                self.note(&words.ids, Announcement::Showing);
                let new = self.tally(&words.ids);
                let all = self.announcer.flood.as_mut().map_or(new, |flood| flood.tell_kinds(new));
                let popup = self.words().flood(&words, all);
                self.show(popup, words.ids, None);
            }
            Some(FloodStep::Close) => {
                let dismissed = flood.is_dismissed();
                if let Some(unsaid) = self.announcer.flood.take().and_then(Flood::unsaid) {
                    let catch_up = self.announcer.catch_up.get_or_insert_default();
                    catch_up.put_by_all(unsaid);
                    if dismissed {
                        catch_up.say_again();
                    }
                }
                self.announcer.withdraw(PopupKey::Flood);
                self.catch_up_step();
            }
            None => {}
        }
    }

    /// The user has put the summary of a flood away, and sees no more of it until the flood is over. What is urgent and
    /// had no popup of its own is told then.
    pub(super) fn dismiss_flood(&mut self) {
        let Some(flood) = &mut self.announcer.flood else { return };
        let unwanted = flood.dismiss();
        // An update that is on its way would bring it back.
        self.announcer.take_back(PopupKey::Flood);
        self.note_open(&unwanted, Announcement::Suppressed, Some(Why::SummaryClosed));
    }

    /// How many of these messages there are of each type.
    fn tally(&self, ids: &MessageRuns) -> Tally {
        match self.store.kinds_among(ids) {
            Ok(kinds) => kinds.into_iter().collect(),
            Err(error) => {
                tracing::error!(%error, "messages could not be counted by type");
                Tally::default()
            }
        }
    }
}
