//! Popups that outlive the program: what is on the screen is noted, so that the next run can take it off. A click on it
//! would do nothing any more.
//!
//! A popup about which the desktop had not answered when the program died has no number here. It goes by itself; that
//! its message may be told again is the ledger's part.

use super::acts::Job;
use super::run::Engine;
use crate::model::PopupPlace;
use crate::policy::PopupKey;
use crate::ports::NotifyError;

impl Engine {
    /// Takes off the screen what an earlier run left there.
    pub(super) fn clear_away(&mut self) {
        match self.store.popups_up() {
            Ok(left) if left.is_empty() => {}
            Ok(left) => {
                let clearing = self.announcer.clear_away(left.clone());
                self.jobs.push(Box::pin(async move { Job::ClearedAway { left, result: clearing.await } }));
            }
            Err(error) => tracing::error!(%error, "popups of an earlier run could not be read"),
        }
    }

    /// Where there was nobody to ask, the next start asks again.
    pub(super) fn cleared_away(&mut self, left: &[PopupPlace], result: Result<(), NotifyError>) {
        match result {
            Ok(()) => self.forget_popups(left),
            Err(error) => tracing::debug!(%error, "popups of an earlier run may still be on the screen"),
        }
    }

    /// Notes where the desktop has put a popup.
    pub(super) fn note_place(&mut self, key: PopupKey, place: PopupPlace) {
        if let Some(place) = self.announcer.placed(key, place)
            && let Err(error) = self.store.popup_is_up(place)
        {
            tracing::error!(%error, "the place of a popup could not be written");
        }
    }

    /// Notes which popups have left the screen.
    pub(super) fn note_gone(&mut self) {
        let gone = self.announcer.take_gone();
        self.forget_popups(&gone);
    }

    fn forget_popups(&mut self, places: &[PopupPlace]) {
        if let Err(error) = self.store.popups_are_gone(places) {
            tracing::error!(%error, "the places of popups could not be written");
        }
    }
}
