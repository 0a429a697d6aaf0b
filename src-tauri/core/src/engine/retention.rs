//! Letting go of messages that have been kept for as long as the user wants: at the start, when that changes,
//! and once a day; and deleting all of them where the user wants that.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::handle::Reply;
use super::run::{Engine, clock};
use super::undo::{self, Told};
use crate::action::{Failure, FailureCode};
use crate::model::{MessageId, SourceId, Timestamp};
use crate::settings::Settings;
use crate::store::{Former, Old, SweepPlace};
use crate::view::ActKind;

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
    /// Everything is to go.
    clearing: Option<Clearing>,
}

/// The deletion of all messages, a slice at a time.
#[derive(Debug)]
struct Clearing {
    /// Messages from before then.
    before: Timestamp,
    /// As of when they are deleted.
    at: Timestamp,
    left: VecDeque<(SourceId, SweepPlace)>,
    former: Former,
    waiting: Vec<Reply>,
}

impl Sweeper {
    /// How long it is until there is something to do.
    fn wait(&self, wall: Timestamp) -> Duration {
        match self.began {
            _ if self.clearing.is_some() => Duration::ZERO,
            Some(began) if self.left.is_empty() && began <= wall => PAUSE.saturating_sub(wall.since(began)),
            // The clock was set back, or there is work.
            _ => Duration::ZERO,
        }
    }

    /// What was deleted by what is under way, and cannot be taken back once the engine ends.
    pub fn into_former(self) -> Former {
        self.clearing.map(|clearing| clearing.former).unwrap_or_default()
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
        (any || self.sweeper.clearing.is_some()).then(|| clock() + self.sweeper.wait(self.clock_now()))
    }

    /// Lets a slice of old messages go, if it is time. Between two slices everything else that has happened
    /// comes first.
    pub(super) fn sweep_step(&mut self) {
        let wall = self.clock_now();
        if self.sweeper.clearing.is_some() {
            return self.clear_step();
        }
        if !self.sweeper.wait(wall).is_zero() {
            return;
        }
        if self.sweeper.left.is_empty() {
            let sources = self.settings.sources.iter().map(|source| source.id);
            let kept_for_ever = |id: &SourceId| span(&self.settings, *id).is_none();
            let left =
                sources.filter(|id| !kept_for_ever(id)).map(|id| (id, SweepPlace::default())).collect();
            self.sweeper = Sweeper { began: Some(wall), left, ..Sweeper::default() };
        }
        let Some((source, place)) = self.sweeper.left.pop_front() else { return };
        let Some(span) = span(&self.settings, source) else { return };
        let old = Old { before: wall.before(span), settled_by: wall.before(undo::WINDOW) };
        let end = clock() + SLICE;
        match self.store.sweep(source, old, place, wall, || clock() < end) {
            Ok(swept) => {
                self.sweeper.left.extend(swept.next.map(|next| (source, next)));
                self.sweeper.gone += swept.gone.len();
                self.are_gone(&swept.gone);
            }
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

    /// Begins to delete all messages on this computer; whoever asked is answered when they are gone, and from then on
    /// it can be taken back. Servers are not told, and what they repeat does not come back.
    pub(super) fn delete_all(&mut self, reply: Reply) {
        let now = self.clock_now();
        let left = self.settings.sources.iter().map(|source| (source.id, SweepPlace::default())).collect();
        // What came in this very millisecond goes, too.
        let before = now.after(Duration::from_millis(1));
        let (at, former, mut waiting) = match self.sweeper.clearing.take() {
            Some(earlier) => (earlier.at, earlier.former, earlier.waiting),
            None => (now, Former::default(), Vec::new()),
        };
        waiting.push(reply);
        self.sweeper.clearing = Some(Clearing { before, at, left, former, waiting });
    }

    fn clear_step(&mut self) {
        let Some(mut clearing) = self.sweeper.clearing.take() else { return };
        let Clearing { before, at, left, former, .. } = &mut clearing;
        let end = clock() + SLICE;
        let result = match left.pop_front() {
            Some((source, place)) => {
                self.store.clear(source, *before, place, *at, former, || clock() < end).map(|swept| {
                    left.extend(swept.next.map(|next| (source, next)));
                    self.are_gone(&swept.gone);
                })
            }
            None => Ok(()),
        };
        if result.is_ok() && !left.is_empty() {
            self.sweeper.clearing = Some(clearing);
            return;
        }
        // Also where it has failed on its way: what is deleted can be taken back.
        let undoable = self.undoable(Told { kind: ActKind::DeleteAll, first: None }, clearing.former);
        let result = result.map(|()| undoable).map_err(|error| {
            tracing::error!(%error, "not all messages could be deleted");
            self.storage_troubled(&error);
            Failure::new(FailureCode::Storage, error.to_string())
        });
        self.replies.extend(clearing.waiting.into_iter().map(|reply| (reply, result.clone())));
    }

    /// Messages are gone: nothing tells of them any more.
    fn are_gone(&mut self, gone: &[MessageId]) {
        if gone.is_empty() {
            return;
        }
        self.storage_works();
        self.inbox_changed = true;
        self.index_clock.changed(clock());
        self.withdraw(gone);
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
        let under_way = Sweeper { began: Some(begin), left, ..Sweeper::default() };
        assert_eq!(under_way.wait(begin), Duration::ZERO);
    }
}
