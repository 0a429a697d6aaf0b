//! One act on everything that matches, however much that is: the reader's thread says what a stretch of the list has,
//! the engine deals with that, and asks for the next. Between two stretches everything else goes on.

use std::collections::HashSet;

use tokio::sync::oneshot;

use super::acts::Job;
use super::handle::Reply;
use super::reader::Reading;
use super::run::Engine;
use super::sorting::Sorting;
use super::undo::Told;
use crate::action::{Deed, Failure, FailureCode, Matching};
use crate::model::{MessageId, Timestamp};
use crate::store::{Former, OutboxId, PageKey};

/// How many messages are dealt with in one slice.
pub(super) const STRETCH: u32 = 256;

/// What a stretch of a list has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The messages.
    pub ids: Vec<MessageId>,
    /// The newest message of all at that moment.
    pub newest: MessageId,
    /// Where the list goes on; empty at its end.
    pub next: Option<PageKey>,
}

/// An act on everything that matches.
pub(super) struct AllOf {
    of: Matching,
    sorting: Sorting,
    at: Timestamp,
    /// What was stored later is left alone; empty before the first stretch.
    through: Option<MessageId>,
    left_alone: HashSet<MessageId>,
    former: Former,
    reply: Reply,
}

impl AllOf {
    /// The first row of the outbox that is the act's, if it has any yet.
    pub fn first_row(&self) -> Option<OutboxId> {
        self.former.first_row()
    }

    /// What it takes to take it back, as far as it came.
    pub fn into_former(self) -> Former {
        self.former
    }

    /// What another act names is its business.
    pub fn leave_alone(&mut self, ids: &[MessageId]) {
        self.left_alone.extend(ids);
    }

    /// What of a stretch is meant.
    fn meant(&mut self, stretch: &Stretch) -> Vec<MessageId> {
        let through = *self.through.get_or_insert(stretch.newest);
        let is_meant = |id: &MessageId| *id <= through && !self.left_alone.contains(id);
        stretch.ids.iter().copied().filter(is_meant).collect()
    }
}

impl Engine {
    /// Begins an act on everything that matches; it waits for earlier ones of its kind.
    pub(super) fn all_of(&mut self, of: Matching, deed: &Deed, reply: Reply) {
        let sorting = match self.sorting(deed) {
            Ok(_) if of.tab.is_none() && of.text.is_empty() => {
                Err(Failure::new(FailureCode::Invalid, "neither a list nor a text to search for"))
            }
            sorting => sorting,
        };
        match sorting {
            Ok(sorting) => {
                let at = self.clock_now();
                let former = Former::default();
                let left_alone = HashSet::new();
                let all = AllOf { of, sorting, at, through: None, left_alone, former, reply };
                self.bulk.all_of.push_back(all);
                if self.bulk.all_of.len() == 1 {
                    self.ask_for_stretch(None);
                }
            }
            Err(failure) => self.replies.push((reply, Err(failure))),
        }
    }

    /// Deals with what a stretch has, and asks for the next.
    pub(super) fn matched(&mut self, stretch: Result<Stretch, Failure>) {
        let Some(mut all) = self.bulk.all_of.pop_front() else { return };
        let dealt_with = stretch.and_then(|stretch| {
            let ids = all.meant(&stretch);
            let former = self.sort_at(all.sorting, &ids, all.at)?;
            self.inbox_changed |= !former.is_empty();
            if !former.is_empty() {
                all.former.join_end(former);
            }
            Ok(stretch.next)
        });
        if let Ok(Some(next)) = dealt_with {
            self.bulk.all_of.push_front(all);
            return self.ask_for_stretch(Some(next));
        }
        // Also where it has failed on its way: what is done can be taken back.
        let undoable = self.undoable(Told { kind: all.sorting.kind(), first: None }, all.former);
        self.replies.push((all.reply, dealt_with.map(|_| undoable)));
        if !self.bulk.all_of.is_empty() {
            self.ask_for_stretch(None);
        }
    }

    fn ask_for_stretch(&mut self, before: Option<PageKey>) {
        let Some(all) = self.bulk.all_of.front() else { return };
        let (answer, waiting) = oneshot::channel();
        let question = Reading::Stretch { of: all.of.clone(), before, reply: answer };
        let questions = self.reader.questions.clone();
        self.jobs.push(Box::pin(async move {
            let ending = || Failure::new(FailureCode::Stopping, "the engine is ending");
            let asked = questions.send(question).await.map_err(|_| ending());
            let stretch = match asked {
                Ok(()) => waiting.await.unwrap_or_else(|_| Err(ending())),
                Err(failure) => Err(failure),
            };
            Job::Matched { stretch }
        }));
    }
}
