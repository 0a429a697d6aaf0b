//! What people do with messages, and taking it back.

use std::time::Instant;

use super::acts::{Done, storage_failed};
use super::handle::Reply;
use super::run::{Engine, clock};
use super::undo::Told;
use crate::action::{Deed, Failure, FailureCode, Outcome};
use crate::model::{MessageId, ReadState, Timestamp, UndoId};
use crate::store::{Announcement, Former};
use crate::view::ActKind;

/// What is done with messages, once it is clear what exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorting {
    Read(ReadState),
    Archive,
    Unarchive,
    SnoozeUntil(Timestamp),
    Wake,
    Pin,
    Unpin,
    Delete,
}

impl Sorting {
    /// What it is to people.
    pub fn kind(self) -> ActKind {
        match self {
            Self::Read(ReadState::Read) => ActKind::Read,
            Self::Read(ReadState::Unread) => ActKind::Unread,
            Self::Archive => ActKind::Archive,
            Self::Unarchive => ActKind::Unarchive,
            Self::SnoozeUntil(_) => ActKind::Snooze,
            Self::Wake => ActKind::Wake,
            Self::Pin => ActKind::Pin,
            Self::Unpin => ActKind::Unpin,
            Self::Delete => ActKind::Delete,
        }
    }
}

impl Engine {
    /// What a deed is at this moment.
    pub(super) fn sorting(&self, deed: &Deed) -> Result<Sorting, Failure> {
        Ok(match deed {
            Deed::MarkRead => Sorting::Read(ReadState::Read),
            Deed::MarkUnread => Sorting::Read(ReadState::Unread),
            Deed::Archive => Sorting::Archive,
            Deed::Unarchive => Sorting::Unarchive,
            Deed::Snooze { span } => {
                let until = span.ends(self.clock_now(), &self.ports.clock.zone());
                let words = "a message comes back at a moment to come, within a year";
                let wrong = || Failure::new(FailureCode::SnoozeMoment, words);
                Sorting::SnoozeUntil(until.ok_or_else(wrong)?)
            }
            Deed::Wake => Sorting::Wake,
            Deed::Pin => Sorting::Pin,
            Deed::Unpin => Sorting::Unpin,
            Deed::Delete => Sorting::Delete,
        })
    }

    /// Does it with messages that are named, in one act.
    pub(super) fn sort(&mut self, deed: &Deed, ids: &[MessageId]) -> Done {
        let sorting = self.sorting(deed)?;
        self.sort_as(sorting.kind(), sorting, ids)
    }

    /// Marks messages read because somebody has seen them.
    pub(super) fn see(&mut self, ids: &[MessageId]) -> Done {
        self.sort_as(ActKind::Seen, Sorting::Read(ReadState::Read), ids)
    }

    fn sort_as(&mut self, kind: ActKind, sorting: Sorting, ids: &[MessageId]) -> Done {
        let now = self.clock_now();
        let former = self.sort_at(sorting, ids, now)?;
        let first = former.ids().next();
        Ok(self.undoable(Told { kind, first }, former))
    }

    /// Does it as of a moment, with its effects; the way back is the caller's.
    pub(super) fn sort_at(
        &mut self,
        sorting: Sorting,
        ids: &[MessageId],
        at: Timestamp,
    ) -> Result<Former, Failure> {
        let former = match sorting {
            Sorting::Read(read) => self.store.mark_read(ids, read, at),
            Sorting::Archive => self.store.archive(ids, at),
            Sorting::Unarchive => self.store.unarchive(ids),
            Sorting::SnoozeUntil(until) => self.store.snooze(ids, until, at),
            // Nothing pops up: who does this looks at them.
            Sorting::Wake => self.store.wake_early(ids, at),
            Sorting::Pin => self.store.pin(ids, Some(at)),
            Sorting::Unpin => self.store.pin(ids, None),
            Sorting::Delete => self.store.delete(ids, at),
        };
        let former = former.map_err(|error| {
            self.storage_troubled(&error);
            storage_failed(error)
        })?;
        let settled: Vec<MessageId> = former.settled().collect();
        self.withdraw(&settled);
        if let Sorting::SnoozeUntil(_) = sorting {
            // Whatever was to be told of them is told when they come back.
            let changed: Vec<MessageId> = former.ids().collect();
            self.set_announcement(&changed, Announcement::Snoozed);
        }
        Ok(former)
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

    /// Takes an act back.
    pub(super) fn undo(&mut self, undo: UndoId, reply: Reply) {
        let Some((view, former)) = self.undos.take(undo, clock()) else {
            let late = Failure::new(FailureCode::TooLate, "there is no such act, or its time is over");
            return self.replies.push((reply, Err(late)));
        };
        let former = match self.end_marking(undo, former) {
            Ok(former) => former,
            Err(error) => return self.replies.push((reply, Err(storage_failed(error)))),
        };
        if self.is_undone_slowly(&former) {
            return self.undo_slowly(view, former, reply);
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
                self.undos.put_back(view, former, clock());
                Err(storage_failed(error))
            }
        };
        self.replies.push((reply, done));
    }

    /// Lets go of what cannot be taken back any more: from now on the servers can be told of it.
    pub(super) fn undo_step(&mut self) {
        for former in self.undos.expired(clock()) {
            self.let_go(former);
        }
    }

    /// Keeps the way back of what an act has changed.
    pub(super) fn undoable(&mut self, told: Told, former: Former) -> Outcome {
        if former.is_empty() {
            return Outcome::Done;
        }
        Outcome::Undoable { undo: self.keep_undo(told, former) }
    }

    pub(super) fn keep_undo(&mut self, told: Told, former: Former) -> UndoId {
        self.storage_works();
        self.inbox_changed = true;
        let (undo, crowded_out) = self.undos.keep(told, former, clock());
        if let Some(former) = crowded_out {
            self.let_go(former);
        }
        undo
    }

    pub(super) fn let_go(&mut self, former: Former) {
        self.fill_outboxes();
        if former.deletes() {
            self.erase_slowly(former);
        }
    }
}
