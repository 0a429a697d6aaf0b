//! What the user does with messages.

use rusqlite::Connection;

use super::former::{Column, Former};
use super::outbox::Intent;
use super::{Durability, Inbox, ReadState, Store, StoreError, all_read, ledger};
use crate::model::{MessageId, Timestamp};

impl Store {
    /// Marks messages read or unread. Returns those that were not so before.
    ///
    /// As every act of the user it survives a power failure, ignores messages that are unknown or deleted, and
    /// stands in the outbox, as far as servers are to be told of it.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn mark_read(
        &mut self,
        ids: &[MessageId],
        read: ReadState,
        now: Timestamp,
    ) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| match read {
            ReadState::Read => {
                let changed = former.set(tx, Column::Read, Some(now), ids)?;
                former.tell(tx, Intent::Read, &changed)?;
                changed.iter().try_for_each(|id| ledger::withdraw(tx, *id, now))
            }
            ReadState::Unread => {
                let changed = former.set(tx, Column::Read, None, ids)?;
                former.tell(tx, Intent::Unread, &changed)
            }
        })
    }

    /// Puts messages into the archive, read and no longer snoozed. Servers know of no archive; they are told
    /// that the messages are read. Returns those that were not there.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn archive(&mut self, ids: &[MessageId], now: Timestamp) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| {
            let archived = former.set(tx, Column::Archived, Some(now), ids)?;
            let read = former.set(tx, Column::Read, Some(now), &archived)?;
            former.tell(tx, Intent::Read, &read)?;
            former.set(tx, Column::Snoozed, None, &archived)?;
            archived.iter().try_for_each(|id| ledger::withdraw(tx, *id, now))
        })
    }

    /// Puts messages back from the archive into the list; they stay read. Returns those that were archived.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn unarchive(&mut self, ids: &[MessageId]) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| former.set(tx, Column::Archived, None, ids).map(drop))
    }

    /// Deletes messages: nothing shows them from now on. Their texts stay until [`Store::erase`]. Returns
    /// those that were there.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn delete(&mut self, ids: &[MessageId], now: Timestamp) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| {
            let deleted = former.set(tx, Column::Deleted, Some(now), ids)?;
            former.tell(tx, Intent::Deleted, &deleted)?;
            deleted.iter().try_for_each(|id| ledger::withdraw(tx, *id, now))
        })
    }

    /// Puts messages off: they count as unread again from a moment on, and not before; they leave the archive.
    /// Servers know of no such thing; they are told that the messages are unread. Returns those that were not put off until then.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn snooze(
        &mut self,
        ids: &[MessageId],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| {
            let snoozed = former.set(tx, Column::Snoozed, Some(until), ids)?;
            let unread = former.set(tx, Column::Read, None, &snoozed)?;
            former.tell(tx, Intent::Unread, &unread)?;
            former.set(tx, Column::Archived, None, &snoozed)?;
            snoozed.iter().try_for_each(|id| ledger::withdraw(tx, *id, now))
        })
    }

    /// Brings messages back now that were put off, unread and at the top of the list, as if their time had come.
    /// Returns those that were.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn wake_early(&mut self, ids: &[MessageId], now: Timestamp) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| {
            let awake = former.set(tx, Column::Snoozed, None, ids)?;
            let unread = former.set(tx, Column::Read, None, &awake)?;
            former.tell(tx, Intent::Unread, &unread)?;
            former.set(tx, Column::Returned, Some(now), &awake).map(drop)
        })
    }

    /// Pins messages (a time), or no longer (`None`). Servers know of no such thing. Returns those that were not so.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn pin(&mut self, ids: &[MessageId], at: Option<Timestamp>) -> Result<Former, StoreError> {
        self.change(ids, |tx, former| former.set(tx, Column::Pinned, at, ids).map(drop))
    }

    /// When the next message comes back that was put off; nothing if there is none.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(snoozed_until) FROM message INDEXED BY message_snoozed
                   WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NOT NULL";
        let next: Option<i64> = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(next.map(Timestamp))
    }

    /// Brings back what was put off until now, to the top of the list: it is unread, whatever became of it meanwhile,
    /// and due to be announced. Returns it in the order of arrival.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn wake(&mut self, now: Timestamp) -> Result<Vec<MessageId>, StoreError> {
        let (awake, _) = self.write(Durability::Process, |tx| {
            let due = tx
                .prepare_cached(
                    "SELECT id, read_at IS NOT NULL FROM message INDEXED BY message_snoozed
                     WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NOT NULL
                       AND snoozed_until <= ?1 ORDER BY id",
                )?
                .query_map([now.0], |row| Ok((row.get(0).map(MessageId)?, row.get(1)?)))?
                .collect::<Result<Vec<(MessageId, bool)>, _>>()?;
            let mut back = tx.prepare_cached(
                "UPDATE message SET snoozed_until = NULL, returned_at = ?2, read_at = NULL WHERE id = ?1",
            )?;
            for (id, _) in &due {
                back.execute([id.0, now.0])?;
                ledger::snooze_due(tx, *id, now)?;
            }
            let read: Vec<MessageId> = due.iter().filter(|(_, read)| *read).map(|(id, _)| *id).collect();
            Former::default().tell(tx, Intent::Unread, &read)?;
            let inbox = if due.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((due.into_iter().map(|(id, _)| id).collect(), inbox))
        })?;
        Ok(awake)
    }

    fn change(
        &mut self,
        ids: &[MessageId],
        act: impl FnOnce(&Connection, &mut Former) -> Result<(), StoreError>,
    ) -> Result<Former, StoreError> {
        let (former, _) = self.write(Durability::Power, |tx| {
            all_read::settle(tx, ids)?;
            let mut former = Former::default();
            act(tx, &mut former)?;
            let inbox = if former.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((former, inbox))
        })?;
        Ok(former)
    }
}

#[cfg(test)]
mod tests;
