//! When a server is told again what it did not take: how long all of it waits, and how long single rows do.
//!
//! There is one row for each message, so that rows may pass each other: one that fails again and again holds up no
//! other. Deliberately not here: what the answers mean.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::link::{Backoff, LONGEST_RETRY_AFTER, later};
use crate::settings::Limits;
use crate::store::{Errand, Intent, OutboxId};

/// So often a row is tried beside one connection; after that, once beside each further one.
const TRIES: u32 = 12;

/// When what may be told.
pub(super) struct Pacing {
    backoff: Backoff,
    /// In a row, of whatever.
    failures: u32,
    not_before: Option<Instant>,
    /// Until when the server wants to be told nothing.
    asked_until: Option<Instant>,
    /// Rows that were not taken at the moment.
    aside: BTreeMap<OutboxId, Aside>,
    /// Most messages of the next errand: halved by each one that is not taken, doubled by each that is.
    most: usize,
    /// What `most` never exceeds, since the server said that more is too large.
    ceiling: usize,
}

#[derive(Debug, Clone, Copy)]
struct Aside {
    tries: u32,
    again: Again,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    At(Instant),
    WithTheNextConnection,
}

/// When a row may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// It was never tried.
    Fresh,
    /// It was, and may be again.
    Due,
    /// Not before this moment.
    At(Instant),
    /// Not beside this connection.
    Later,
}

/// What becomes of rows that were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Left,
    /// They have just used up their tries beside this connection.
    Spent,
}

impl Pacing {
    pub fn new(limits: &Limits, seed: u64) -> Self {
        Self {
            backoff: Backoff::new(limits.retry_base, limits.retry_min, limits.retry_max, seed),
            failures: 0,
            not_before: None,
            asked_until: None,
            aside: BTreeMap::new(),
            most: Errand::MOST,
            ceiling: Errand::MOST,
        }
    }

    /// Nothing at all is told before this.
    pub fn not_before(&self) -> Option<Instant> {
        self.not_before.max(self.asked_until)
    }

    /// The computer has slept for so long, while the server's time went on.
    pub fn woke(&mut self, slept: Duration) {
        self.asked_until = self.asked_until.and_then(|at| at.checked_sub(slept));
    }

    /// The user wants it now, whatever the server has asked for.
    pub fn retry_now(&mut self, now: Instant) {
        self.asked_until = None;
        self.start_over(now);
    }

    /// There is another connection: nothing waits any longer but for what the server has asked for.
    pub fn start_over(&mut self, now: Instant) {
        self.failures = 0;
        self.not_before = None;
        self.aside.values_mut().for_each(|row| row.again = Again::At(now));
    }

    pub fn when(&self, row: OutboxId, now: Instant) -> When {
        match self.aside.get(&row).map(|row| row.again) {
            None => When::Fresh,
            Some(Again::At(at)) if at <= now => When::Due,
            Some(Again::At(at)) => When::At(at),
            Some(Again::WithTheNextConnection) => When::Later,
        }
    }

    /// Leaves as much of an errand as is worth trying.
    pub fn shorten(&self, errand: &mut Errand) {
        errand.shorten(match errand.intent {
            Intent::Read | Intent::Unread => self.most,
            Intent::Deleted => 1,
        });
    }

    pub fn taken(&mut self, errand: &Errand) {
        self.failures = 0;
        self.not_before = None;
        self.asked_until = None;
        self.most = (self.most * 2).min(self.ceiling);
        self.forget(errand);
    }

    /// The rows are gone.
    pub fn forget(&mut self, errand: &Errand) {
        for row in errand.rows() {
            self.aside.remove(&row);
        }
    }

    /// Nothing can be told at the moment.
    pub fn failed(&mut self, now: Instant, at_least: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(later(now, self.backoff.after_failure(self.failures)));
        if let Some(asked) = at_least {
            self.asked_until = Some(later(now, asked.min(LONGEST_RETRY_AFTER)));
        }
    }

    /// The next errand has half as many messages, if there were several.
    pub fn halve(&mut self, errand: &Errand) {
        let count = errand.remote_ids().count();
        if count > 1 {
            self.most = count / 2;
        }
    }

    /// No errand has as many messages again.
    pub fn too_large(&mut self, errand: &Errand) {
        self.halve(errand);
        self.ceiling = self.most;
    }

    /// The others go first: what was not taken may be its own fault.
    pub fn put_aside(&mut self, errand: &Errand, now: Instant) -> Patience {
        let known = errand.rows().filter_map(|row| self.aside.get(&row));
        let tries = known.map(|row| row.tries).max().unwrap_or_default().saturating_add(1);
        let again = if tries >= TRIES {
            Again::WithTheNextConnection
        } else {
            Again::At(later(now, self.backoff.after_failure(tries)))
        };
        self.aside.extend(errand.rows().map(|row| (row, Aside { tries, again })));
        if tries == TRIES { Patience::Spent } else { Patience::Left }
    }

    /// There is nothing in the outbox.
    pub fn emptied(&mut self) {
        self.aside.clear();
    }
}
