//! What people do with messages, and taking it back.

use std::time::Instant;

use super::acts::{Done, storage_failed};
use super::handle::Reply;
use super::run::{Engine, clock};
use crate::action::{Failure, FailureCode, Outcome, UndoId};
use crate::model::{MessageId, ReadState};
use crate::policy::SnoozeSpan;
use crate::store::{Announcement, Former, StoreError};

/// Whether messages are to be pinned from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pinned {
    Yes,
    No,
}

impl Engine {
    pub(super) fn mark_read(&mut self, ids: &[MessageId], read: ReadState) -> Done {
        let now = self.clock_now();
        if read == ReadState::Unread {
            self.leave_unread(ids);
        }
        let marked = self.store.mark_read(ids, read, now);
        self.sorted(marked)
    }

    pub(super) fn archive(&mut self, ids: &[MessageId]) -> Done {
        let now = self.clock_now();
        let archived = self.store.archive(ids, now);
        self.sorted(archived)
    }

    pub(super) fn unarchive(&mut self, ids: &[MessageId]) -> Done {
        let unarchived = self.store.unarchive(ids);
        self.sorted(unarchived)
    }

    /// Puts messages off. Whatever was to be told of them is told when they come back.
    pub(super) fn snooze(&mut self, ids: &[MessageId], span: SnoozeSpan) -> Done {
        let now = self.clock_now();
        let Some(until) = span.ends(now, &self.ports.clock.zone()) else {
            let message = "a message comes back at a moment to come, within a year";
            return Err(Failure::new(FailureCode::SnoozeMoment, message));
        };
        let snoozed = self.store.snooze(ids, until, now);
        let changed: Vec<MessageId> = snoozed.iter().flat_map(Former::ids).collect();
        let done = self.sorted(snoozed);
        self.set_announcement(&changed, Announcement::Snoozed);
        done
    }

    /// Brings messages back that were put off. Nothing pops up: who does this looks at them.
    pub(super) fn wake_early(&mut self, ids: &[MessageId]) -> Done {
        let now = self.clock_now();
        let awake = self.store.wake_early(ids, now);
        self.sorted(awake)
    }

    pub(super) fn pin(&mut self, ids: &[MessageId], pinned: Pinned) -> Done {
        let at = match pinned {
            Pinned::Yes => Some(self.clock_now()),
            Pinned::No => None,
        };
        let done = self.store.pin(ids, at);
        self.sorted(done)
    }

    /// When the next message comes back that was put off.
    pub(super) fn wake_deadline(&self) -> Option<Instant> {
        self.next_wake.map(|at| clock() + at.since(self.clock_now()))
    }

    /// Brings back what was put off until now, and announces it.
    pub(super) fn wake_step(&mut self) {
        let now = self.clock_now();
        if self.next_wake.is_none_or(|at| at > now) {
            return;
        }
        let awake = self.store.wake(now).and_then(|ids| {
            ids.into_iter().filter_map(|id| self.store.message(id).transpose()).collect::<Result<Vec<_>, _>>()
        });
        match awake {
            Ok(awake) => {
                self.inbox_changed = true;
                let wanted = self.wanted(awake, clock());
                self.announce_live(&wanted, clock());
            }
            Err(error) => {
                tracing::error!(%error, "messages that were put off could not be brought back");
                self.storage_troubled(&error);
                // Not again and again: with the next change of the inbox.
                self.next_wake = None;
            }
        }
    }

    pub(super) fn delete(&mut self, ids: &[MessageId]) -> Done {
        let now = self.clock_now();
        let deleted = self.store.delete(ids, now);
        self.sorted(deleted)
    }

    /// Takes an act back.
    pub(super) fn undo(&mut self, undo: UndoId, reply: Reply) {
        let Some(former) = self.undos.take(undo, clock()) else {
            let late = Failure::new(FailureCode::TooLate, "there is no such act, or its time is over");
            return self.replies.push((reply, Err(late)));
        };
        if self.is_undone_slowly(&former) {
            return self.undo_slowly(undo, former, reply);
        }
        let now = self.clock_now();
        let done = match self.store.take_back(&former, now) {
            Ok(settled) => {
                self.inbox_changed = true;
                self.withdraw(&settled);
                self.fill_outboxes();
                Ok(Outcome::Done)
            }
            Err(error) => {
                // It can be tried again.
                self.undos.put_back(undo, former, clock());
                Err(storage_failed(error))
            }
        };
        self.replies.push((reply, done));
    }

    /// Lets go of what cannot be taken back any more: from now on the servers can be told of it.
    pub(super) fn undo_step(&mut self) {
        for former in self.undos.expired(clock()) {
            self.let_go(&former);
        }
    }

    /// Follows an act on messages: the effects, and the way back.
    fn sorted(&mut self, result: Result<Former, StoreError>) -> Done {
        let former = match result {
            Ok(former) => former,
            Err(error) => {
                self.storage_troubled(&error);
                return Err(storage_failed(error));
            }
        };
        let settled: Vec<MessageId> = former.settled().collect();
        self.withdraw(&settled);
        Ok(self.undoable(former))
    }

    /// Keeps the way back of what an act has changed.
    pub(super) fn undoable(&mut self, former: Former) -> Outcome {
        if former.is_empty() {
            return Outcome::Done;
        }
        self.storage_works();
        self.inbox_changed = true;
        let (undo, crowded_out) = self.undos.keep(former, clock());
        if let Some(former) = crowded_out {
            self.let_go(&former);
        }
        Outcome::Undoable { undo }
    }

    fn let_go(&mut self, former: &Former) {
        self.fill_outboxes();
        if !former.deletes() {
            return;
        }
        match self.store.erase(former) {
            Ok(()) => self.index_clock.changed(clock()),
            // The next start does it.
            Err(error) => tracing::error!(%error, "deleted messages could not be erased"),
        }
    }
}
