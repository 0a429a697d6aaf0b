//! Holding popups back: the user's pause and their quiet hours, and what is told when they are over.

use std::time::Instant;

use super::acts::Done;
use super::run::{Engine, clock};
use crate::action::{Failure, FailureCode, Outcome};
use crate::model::{MessageId, Timestamp};
use crate::policy::{Hold, HoldReason, PauseSpan};
use crate::settings::Pause;
use crate::store::{Announcement, Unannounced, Why};

/// Whether popups are held back, and when that changes by time alone.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// Held back now.
    pub hold: Option<Hold>,
    changes_at: Option<Timestamp>,
}

impl Engine {
    /// Holds popups back for a while.
    pub(super) fn pause(&mut self, span: PauseSpan) -> Done {
        let out_of_range =
            || Failure::new(FailureCode::Invalid, "a pause is at least a minute and at most a week");
        let pause = span.from(self.clock_now(), &self.ports.clock.zone()).ok_or_else(out_of_range)?;
        self.set_pause(Some(pause))
    }

    /// Ends a pause. Quiet hours go on.
    pub(super) fn resume(&mut self) -> Done {
        self.set_pause(None)
    }

    fn set_pause(&mut self, pause: Option<Pause>) -> Done {
        if pause != self.settings.pause {
            self.change_settings(|settings| settings.pause = pause)?;
        }
        self.hold_step();
        Ok(Outcome::Done)
    }

    /// When popups begin or cease to be held back.
    pub(super) fn hold_deadline(&self) -> Option<Instant> {
        let wall = self.clock_now();
        self.holding.changes_at.map(|at| clock() + at.since(wall))
    }

    /// Looks whether popups are held back now; tells what was held back when they are no longer.
    pub(super) fn hold_step(&mut self) {
        let quiet = &self.settings.preferences.notifications.quiet;
        if self.settings.pause.is_none() && quiet.is_empty() && self.holding.hold.is_none() {
            self.holding = Holding::default();
            return;
        }
        let (now, zone) = (self.clock_now(), self.ports.clock.zone());
        let hold = Hold::now(self.settings.pause, quiet, now, &zone);
        let changes_at = Hold::next_change(hold, quiet, now, &zone);
        let before = std::mem::replace(&mut self.holding, Holding { hold, changes_at });
        let paused = hold.is_some_and(|hold| hold.why == HoldReason::Paused);
        if self.settings.pause.is_some() && !paused {
            // It is over by itself. Where that cannot be saved now, it is with the next change.
            if let Err(error) = self.change_settings(|settings| settings.pause = None) {
                tracing::warn!(%error, "the end of the pause could not be saved");
                self.settings.pause = None;
            }
        }
        if before.hold.is_some() && hold.is_none() {
            self.announce_open(Unannounced::Due);
            self.announce_again();
        }
    }

    /// Lets go of what was held back and is not to be told together afterwards.
    pub(super) fn skip_digest(&mut self) {
        let digest = self.settings.preferences.notifications.digest;
        let now = self.clock_now();
        for (why, told) in [(Why::Paused, digest.pause), (Why::QuietHours, digest.quiet_hours)] {
            if !told && let Err(error) = self.store.suppress_held(why, now) {
                tracing::error!(%error, "the ledger could not be written");
            }
        }
    }

    /// Notes that messages are announced when popups are no longer held back.
    pub(super) fn hold_back(&mut self, ids: &[MessageId]) {
        let Some(hold) = self.holding.hold else { return };
        let why = match hold.why {
            HoldReason::Paused => Why::Paused,
            HoldReason::QuietHours => Why::QuietHours,
        };
        self.note_announcement(ids, Announcement::Due, Some(why));
    }
}
