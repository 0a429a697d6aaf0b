//! Marking everything read. One row says so, and at once everything counts as read; the messages themselves follow a
//! stretch at a time, for a million of them take seconds. What has not followed yet at the end of the program follows
//! after the next start.

mod step;

use rusqlite::{Connection, OptionalExtension};

pub(super) use self::step::settle;
use super::former::Former;
use super::outbox::OutboxId;
use super::{Durability, Inbox, Store, StoreError, ledger};
use crate::model::{MessageId, Timestamp};

/// What a `message AS m` fulfils that counts as read since everything was marked read, and has not followed yet.
macro_rules! covered {
    () => {
        "EXISTS (SELECT 1 FROM all_read WHERE m.id <= all_read.through AND m.unread_from <= all_read.at
             AND m.id NOT IN (SELECT message FROM left_unread))"
    };
}
pub(super) use covered;

/// Whether messages have still to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Following {
    UnderWay,
    No,
}

/// Everything that was unread when it began, on its way to being read.
#[derive(Debug)]
pub struct AllRead {
    at: Timestamp,
    /// What came later stays unread.
    through: i64,
    former: Former,
}

/// What a stretch has marked.
#[derive(Debug, PartialEq, Eq)]
pub struct MarkedStretch {
    /// The messages.
    pub ids: Vec<MessageId>,
    /// Whether there may be more.
    pub more: bool,
}

impl AllRead {
    /// What it takes to take it back, as far as it came.
    #[must_use]
    pub fn into_former(self) -> Former {
        self.former
    }

    /// The same, after an earlier one that was not at its end: both are taken back together.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        Self { former: earlier.former, ..self }
    }

    /// The first row of the outbox that is its own.
    #[must_use]
    pub fn first_row(&self) -> Option<OutboxId> {
        self.former.first_row()
    }
}

impl Store {
    /// Marks every message read that is unread now, so that it counts as read from now on;
    /// [`Store::go_on_all_read`] does the rest. Nothing if no message is unread. Survives a power failure.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn begin_all_read(&mut self, now: Timestamp) -> Result<Option<AllRead>, StoreError> {
        let (begun, _) = self.write(Durability::Power, |tx| {
            let any = "SELECT 1 FROM message INDEXED BY message_unread WHERE unread_from <= ?1";
            if !tx.prepare_cached(any)?.exists([now.0])? {
                return Ok((None, Inbox::Same));
            }
            // One that is under way keeps its time: what has followed bears it.
            tx.execute(
                "INSERT INTO all_read SELECT 1, max(id), ?1 FROM message WHERE true
                 ON CONFLICT (one) DO UPDATE SET through = excluded.through",
                [now.0],
            )?;
            tx.execute("DELETE FROM left_unread", [])?;
            ledger::withdraw_settled(tx, now)?;
            Ok((under_way(tx)?, Inbox::Changed))
        })?;
        Ok(begun)
    }

    /// What an earlier run has begun and not brought to its end.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn resume_all_read(&self) -> Result<Option<AllRead>, StoreError> {
        under_way(&self.connection)
    }

    /// Leaves it at what has followed so far: everything else is as unread as before.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn stop_all_read(&mut self) -> Result<(), StoreError> {
        self.write(Durability::Power, |tx| {
            end(tx)?;
            Ok(((), Inbox::Changed))
        })?;
        Ok(())
    }

    /// Marks every message read that is unread now. Returns them.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn mark_all_read(&mut self, now: Timestamp) -> Result<Former, StoreError> {
        let Some(mut all) = self.begin_all_read(now)? else { return Ok(Former::default()) };
        while self.go_on_all_read(&mut all, || true)?.more {}
        Ok(all.into_former())
    }
}

pub(super) fn following(connection: &Connection) -> Result<Following, StoreError> {
    let under_way = connection.prepare_cached("SELECT 1 FROM all_read")?.exists([])?;
    Ok(if under_way { Following::UnderWay } else { Following::No })
}

fn under_way(connection: &Connection) -> Result<Option<AllRead>, StoreError> {
    let all = connection
        .prepare_cached("SELECT through, at FROM all_read")?
        .query_row([], |row| {
            let (through, at) = (row.get(0)?, Timestamp(row.get(1)?));
            Ok(AllRead { at, through, former: Former::default() })
        })
        .optional()?;
    Ok(all)
}

fn end(tx: &Connection) -> Result<(), StoreError> {
    tx.execute("DELETE FROM all_read", [])?;
    tx.execute("DELETE FROM left_unread", [])?;
    Ok(())
}

#[cfg(test)]
mod tests;
