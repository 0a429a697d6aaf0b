//! What takes seconds where there are very many messages, in slices, so that everything else is answered meanwhile:
//! marking all of them read, the acts of [`super::all_of`], and taking these back. All count as read at once; nobody
//! waits for the slices of that.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::acts::{Done, storage_failed};
use super::all_of::AllOf;
use super::handle::Reply;
use super::run::{Engine, clock};
use super::undo::Told;
use crate::action::{Failure, Outcome};
use crate::model::{MessageId, UndoId};
use crate::store::{AllRead, Former, OutboxId, StoreError};
use crate::view::{ActKind, UndoView};

/// How long one slice takes, but for its commit.
const SLICE: Duration = Duration::from_millis(6);

/// How many messages are put back as they were in one slice.
const BACK: usize = 500;

/// What is at work.
#[derive(Default)]
pub(super) struct Bulk {
    marking: Option<Marking>,
    undoing: Option<(UndoView, Former, Reply)>,
    /// What was deleted, whose texts have to go.
    erasing: Former,
    /// Acts on everything that matches; the first is at work.
    pub all_of: VecDeque<AllOf>,
}

/// Everything was marked read; the messages follow.
struct Marking {
    all: AllRead,
    /// By what it is taken back; nothing where an earlier run has begun it.
    undo: Option<UndoId>,
}

impl Bulk {
    /// Goes on with what an earlier run has begun.
    pub fn resume(all: Option<AllRead>) -> Self {
        Self { marking: all.map(|all| Marking { all, undo: None }), ..Self::default() }
    }

    /// When it goes on: whenever nothing else has happened.
    pub fn deadline(&self) -> Option<Instant> {
        (self.marking.is_some() || self.undoing.is_some() || !self.erasing.is_empty()).then(clock)
    }

    /// The first row of the outbox that no server may hear of yet.
    pub fn first_row(&self) -> Option<OutboxId> {
        let marking = self.marking.as_ref().and_then(|marking| marking.all.first_row());
        let undoing = self.undoing.as_ref().and_then(|(_, former, _)| former.first_row());
        let matching = self.all_of.front().and_then(AllOf::first_row);
        marking.into_iter().chain(undoing).chain(matching).min()
    }

    /// What was deleted, and cannot be taken back once the engine ends.
    pub fn into_all(self) -> impl Iterator<Item = Former> {
        self.all_of.into_iter().map(AllOf::into_former).chain([self.erasing])
    }

    /// What an act names is left alone by those that are at work on everything that matches.
    pub fn leave_alone(&mut self, ids: &[MessageId]) {
        self.all_of.iter_mut().for_each(|all| all.leave_alone(ids));
    }
}

impl Engine {
    /// Marks everything read, also what came while that was under way.
    pub(super) fn mark_all_read(&mut self) -> Done {
        let now = self.clock_now();
        let begun = self.store.begin_all_read(now).map_err(|error| {
            self.storage_troubled(&error);
            storage_failed(error)
        })?;
        let Some(mut all) = begun else { return Ok(Outcome::Done) };
        if let Some(earlier) = self.bulk.marking.take() {
            if let Some(undo) = earlier.undo {
                self.undos.take(undo, clock());
            }
            all = all.after(earlier.all);
        }
        // What was still to be said is withdrawn with it.
        let _unsaid = self.clear_popups();
        let undo = self.keep_undo(Told { kind: ActKind::AllRead, first: None }, Former::default());
        self.bulk.marking = Some(Marking { all, undo: Some(undo) });
        self.marking_step();
        Ok(Outcome::Undoable { undo })
    }

    /// What an act has changed that is to be taken back; of what is under way so much as it has come to, and it ends.
    pub(super) fn end_marking(&mut self, undo: UndoId, former: Former) -> Result<Former, StoreError> {
        if !self.bulk.marking.as_ref().is_some_and(|marking| marking.undo == Some(undo)) {
            return Ok(former);
        }
        self.store.stop_all_read()?;
        Ok(self.bulk.marking.take().map_or(former, |marking| marking.all.into_former()))
    }

    /// Takes back what is too much for one turn.
    pub(super) fn undo_slowly(&mut self, view: UndoView, former: Former, reply: Reply) {
        self.bulk.undoing = Some((view, former, reply));
    }

    /// Whether an act is taken back in slices, one of them at a time.
    pub(super) fn is_undone_slowly(&self, former: &Former) -> bool {
        self.bulk.undoing.is_none() && former.ids().nth(BACK).is_some()
    }

    /// Does the next slice.
    pub(super) fn bulk_step(&mut self) {
        self.marking_step();
        self.undoing_step();
        self.erasing_step();
    }

    /// Erases the texts of what an act has deleted; it cannot be taken back any more.
    pub(super) fn erase_slowly(&mut self, former: Former) {
        self.bulk.erasing.join_end(former);
    }

    fn marking_step(&mut self) {
        let Some(Marking { mut all, undo }) = self.bulk.marking.take() else { return };
        let start = clock();
        match self.store.go_on_all_read(&mut all, || clock() < start + SLICE) {
            Ok(stretch) => {
                self.withdraw(&stretch.ids);
                if stretch.more {
                    self.bulk.marking = Some(Marking { all, undo });
                } else {
                    self.marked(undo, all);
                }
            }
            Err(error) => {
                // The next start goes on with it. What has followed can be taken back.
                self.storage_troubled(&error);
                self.marked(undo, all);
            }
        }
    }

    /// All messages have followed: what they were is kept for as long as it can be taken back.
    fn marked(&mut self, undo: Option<UndoId>, all: AllRead) {
        let former = all.into_former();
        let late = match undo {
            Some(undo) => self.undos.fill(undo, former),
            None => Some(former),
        };
        if let Some(former) = late {
            self.let_go(former);
        }
    }

    fn erasing_step(&mut self) {
        if self.bulk.erasing.is_empty() {
            return;
        }
        let some = self.bulk.erasing.split_end(BACK);
        match self.store.erase(&some) {
            Ok(()) => self.index_clock.changed(clock()),
            // The next start does it.
            Err(error) => tracing::error!(%error, "deleted messages could not be erased"),
        }
        if self.bulk.erasing.is_empty() {
            self.bulk.erasing = Former::default();
        }
    }

    fn undoing_step(&mut self) {
        let Some((view, mut former, reply)) = self.bulk.undoing.take() else { return };
        let now = self.clock_now();
        let some = former.split_end(BACK);
        match self.store.take_back(&some, now) {
            Ok(settled) => {
                self.inbox_changed = true;
                self.withdraw(&settled);
                if former.is_empty() {
                    self.fill_outboxes();
                    self.replies.push((reply, Ok(Outcome::Done)));
                } else {
                    self.bulk.undoing = Some((view, former, reply));
                }
            }
            Err(error) => {
                former.join_end(some);
                self.undos.put_back(view, former, clock());
                self.replies.push((reply, Err::<Outcome, Failure>(storage_failed(error))));
            }
        }
    }
}
