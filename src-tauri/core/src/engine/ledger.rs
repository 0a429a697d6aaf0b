//! What became of each announcement, on its way into the store.

use super::run::Engine;
use crate::model::{MessageId, MessageRuns};
use crate::store::{Announcement, Why};

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
