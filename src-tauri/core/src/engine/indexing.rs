//! When the search's index follows the deliveries, and the database its journal: when there is nothing else to do.

use std::time::{Duration, Instant};

use super::acts::{Done, storage_failed};
use super::run::{Engine, clock};
use crate::action::Outcome;
use crate::store::Indexing;

/// How long nothing must have changed before the index follows.
const QUIET: Duration = Duration::from_millis(100);

/// How long the index stays behind where something changes all the time.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long one slice takes, but for its commit. Whatever comes in the meantime waits for so long.
const SLICE: Duration = Duration::from_millis(4);

/// How long the index is left alone when it could not be written.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// When the index goes on.
#[derive(Debug, Default)]
pub(super) struct IndexClock {
    due: Option<Instant>,
    latest: Option<Instant>,
}

impl IndexClock {
    /// Messages have changed.
    pub fn changed(&mut self, now: Instant) {
        let latest = *self.latest.get_or_insert(now + PATIENCE);
        self.due = Some(latest.min(now + QUIET));
    }

    /// When there is something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn done(&mut self) {
        *self = Self::default();
    }

    fn again_at(&mut self, at: Instant) {
        self.due = Some(at);
        self.latest = Some(at);
    }
}

impl Engine {
    /// Does a slice of the index if it is due. Between two slices everything else that has happened comes
    /// first.
    pub(super) fn index_step(&mut self) {
        let start = clock();
        if self.index_clock.deadline().is_none_or(|due| due > start) {
            return;
        }
        match self.store.index(|| clock() < start + SLICE) {
            Ok(Indexing::Complete) => {
                self.index_clock.done();
                if let Err(error) = self.store.settle() {
                    tracing::warn!(%error, "the journal could not be brought into the database");
                }
            }
            Ok(Indexing::Behind) => self.index_clock.again_at(start),
            Err(error) => {
                tracing::error!(%error, "the search's index could not be written");
                self.storage_troubled(&error);
                self.index_clock.again_at(start + AFTER_FAILURE);
            }
        }
    }

    pub(super) fn rebuild_index(&mut self) -> Done {
        self.store.rebuild_index().map_err(storage_failed)?;
        self.index_clock.changed(clock());
        Ok(Outcome::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_follows_when_it_is_quiet_and_after_two_seconds_at_the_latest() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut index = IndexClock::default();
        assert_eq!(index.deadline(), None);
        index.changed(start);
        assert_eq!(index.deadline(), Some(start + QUIET));
        for millis in (0..1_900).step_by(50) {
            index.changed(at(millis));
            assert_eq!(index.deadline(), Some(at(millis) + QUIET));
        }
        index.changed(at(1_950));
        assert_eq!(index.deadline(), Some(start + PATIENCE));
        index.done();
        index.changed(at(9_000));
        assert_eq!(index.deadline(), Some(at(9_000) + QUIET));
    }
}
