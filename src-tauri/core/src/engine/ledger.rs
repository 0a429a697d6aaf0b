//! What became of each announcement, on its way into the store.

use std::collections::BTreeMap;

use super::run::Engine;
use crate::model::{MessageId, MessageRuns};
use crate::store::{Announcement, Grounds, Why};

impl Engine {
    pub(super) fn set_announcement(&mut self, ids: &[MessageId], state: Announcement) {
        self.note_announcement(ids, state, None);
    }

    pub(super) fn note_announcement(&mut self, ids: &[MessageId], state: Announcement, why: Option<Why>) {
        if ids.is_empty() {
            return;
        }
        let now = self.clock_now();
        if let Err(error) = self.store.set_announcement(ids, state, why, now) {
            tracing::error!(%error, "the ledger could not be written");
        }
    }

    /// Notes why messages are announced, and how far that is.
    pub(super) fn announce_on(&mut self, by_grounds: BTreeMap<Grounds, Vec<MessageId>>, state: Announcement) {
        let now = self.clock_now();
        for (grounds, ids) in by_grounds {
            if let Err(error) = self.store.announce_on(grounds, &ids, state, now) {
                tracing::error!(%error, "the ledger could not be written");
            }
        }
    }

    /// Notes what became of announcements, as far as they are still open.
    pub(super) fn note(&mut self, ids: &MessageRuns, state: Announcement) {
        self.note_open(ids, state, None);
    }

    pub(super) fn note_open(&mut self, ids: &MessageRuns, state: Announcement, why: Option<Why>) {
        let now = self.clock_now();
        if let Err(error) = self.store.settle_announcements(ids, state, why, now) {
            tracing::error!(%error, "the ledger could not be written");
        }
    }
}
