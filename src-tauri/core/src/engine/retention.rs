//! Letting go of messages that have been kept for as long as the user wants: at the start, when that changes,
//! and once a day.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::run::{Engine, clock};
use super::undo;
use crate::model::{SourceId, Timestamp};
use crate::settings::Settings;
use crate::store::{Old, StoreError, SweepPlace};

/// How long after a sweep the next one comes.
const PAUSE: Duration = Duration::from_secs(24 * 3600);

/// How long one slice takes, but for its commit. Whatever comes in the meantime waits for so long.
const SLICE: Duration = Duration::from_millis(4);

/// When old messages are looked for, and how far that is.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    /// When the last sweep began; empty where one is wanted at once.
    began: Option<Timestamp>,
    /// What the sweep that is under way has still to look at.
    left: VecDeque<(SourceId, SweepPlace)>,
    /// How many messages it has cleared away.
    gone: usize,
}

impl Sweeper {
    /// How long it is until there is something to do.
    fn wait(&self, wall: Timestamp) -> Duration {
        match self.began {
            Some(began) if self.left.is_empty() && began <= wall => PAUSE.saturating_sub(wall.since(began)),
            // The clock was set back, or there is work.
            _ => Duration::ZERO,
        }
    }
}

/// For how long messages of a source are kept; nothing where it is for ever, or there is no such source.
fn span(settings: &Settings, source: SourceId) -> Option<Duration> {
    let source = settings.sources.iter().find(|other| other.id == source)?;
    source.retention.unwrap_or(settings.preferences.retention).span()
}

impl Engine {
    /// Looks for old messages with the next turn, from the beginning.
    pub(super) fn sweep_soon(&mut self) {
        self.sweeper.began = None;
        self.sweeper.left.clear();
    }

    /// When old messages are looked for; never where all are kept for ever. A turn after the computer has slept, or
    /// its clock was set, works it out anew.
    pub(super) fn sweep_deadline(&self) -> Option<Instant> {
        let any = self.settings.sources.iter().any(|source| span(&self.settings, source.id).is_some());
        any.then(|| clock() + self.sweeper.wait(self.clock_now()))
    }

    /// Lets a slice of old messages go, if it is time. Between two slices everything else that has happened
    /// comes first.
    pub(super) fn sweep_step(&mut self) {
        let wall = self.clock_now();
        if !self.sweeper.wait(wall).is_zero() {
            return;
        }
        if self.sweeper.left.is_empty() {
            let sources = self.settings.sources.iter().map(|source| source.id);
            let kept_for_ever = |id: &SourceId| span(&self.settings, *id).is_none();
            let left =
                sources.filter(|id| !kept_for_ever(id)).map(|id| (id, SweepPlace::default())).collect();
            self.sweeper = Sweeper { began: Some(wall), left, gone: 0 };
        }
        let Some((source, place)) = self.sweeper.left.pop_front() else { return };
        match self.sweep(source, place, wall) {
            Ok(Some(next)) => self.sweeper.left.push_front((source, next)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "old messages could not be cleared away");
                self.storage_troubled(&error);
                self.sweeper.left.clear();
            }
        }
        if self.sweeper.left.is_empty() && self.sweeper.gone > 0 {
            tracing::info!(messages = self.sweeper.gone, "old messages were cleared away");
        }
    }

    /// Lets a slice of a source's messages go. Returns where to go on.
    fn sweep(
        &mut self,
        source: SourceId,
        place: SweepPlace,
        now: Timestamp,
    ) -> Result<Option<SweepPlace>, StoreError> {
        let Some(span) = span(&self.settings, source) else { return Ok(None) };
        let old = Old { before: now.before(span), settled_by: now.before(undo::WINDOW) };
        let end = clock() + SLICE;
        let swept = self.store.sweep(source, old, place, now, || clock() < end)?;
        if !swept.gone.is_empty() {
            self.storage_works();
            self.inbox_changed = true;
            self.index_clock.changed(clock());
            self.withdraw(&swept.gone);
            self.sweeper.gone += swept.gone.len();
        }
        Ok(swept.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_comes_a_day_after_the_last_by_the_clock_on_the_wall() {
        let begin = Timestamp(1_790_000_000_000);
        assert_eq!(Sweeper::default().wait(begin), Duration::ZERO);
        let idle = Sweeper { began: Some(begin), ..Sweeper::default() };
        assert_eq!(idle.wait(begin), PAUSE);
        assert_eq!(idle.wait(begin.after(PAUSE / 4)), PAUSE / 4 * 3);
        // The computer has slept for days.
        assert_eq!(idle.wait(begin.after(PAUSE * 3)), Duration::ZERO);
        // The clock was set back: nobody waits until it is there again.
        assert_eq!(idle.wait(begin.before(PAUSE * 300)), Duration::ZERO);
        let left = [(SourceId::random(), SweepPlace::default())].into();
        assert_eq!(Sweeper { began: Some(begin), left, gone: 0 }.wait(begin), Duration::ZERO);
    }
}
