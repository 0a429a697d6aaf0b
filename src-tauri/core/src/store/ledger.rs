//! The ledger: what became of each announcement, so that none is forgotten and none repeated.

use rusqlite::{Connection, params};

use super::{Announcement, Durability, Inbox, Store, StoreError, read};
use crate::model::{Message, MessageId, Timestamp};

impl Store {
    /// Notes what became of the latest announcement of each message. Unknown ids are ignored.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn set_announcement(
        &mut self,
        ids: &[MessageId],
        state: Announcement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write(Durability::Process, |tx| {
            let mut update = tx.prepare_cached(
                "UPDATE ledger SET state = ?2, changed_at = ?3
                 WHERE message = ?1 AND turn = (SELECT max(turn) FROM ledger WHERE message = ?1)",
            )?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO ledger (message, turn, occasion, state, changed_at)
                 SELECT id, 0, 'arrival', ?2, ?3 FROM message WHERE id = ?1",
            )?;
            for id in ids {
                let values = params![id.0, state.as_str(), now.0];
                if update.execute(values)? == 0 {
                    insert.execute(values)?;
                }
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// The messages whose announcement is due or was interrupted, in the order of arrival. What has been
    /// read, archived or deleted meanwhile is not among them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn unannounced(&self) -> Result<Vec<Message>, StoreError> {
        let ids = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT ledger.message FROM ledger INDEXED BY ledger_open
                 JOIN message ON message.id = ledger.message
                 WHERE ledger.state IN ('due', 'showing') AND message.unread_from IS NOT NULL
                 ORDER BY ledger.message",
            )?
            .query_map([], |row| row.get(0).map(MessageId))?
            .collect::<Result<Vec<_>, _>>()?;
        let messages = ids.into_iter().map(|id| read::message(&self.connection, id));
        messages.filter_map(Result::transpose).collect()
    }
}

/// Opens the occasion of a message's arrival.
pub(super) const ARRIVAL_DUE: &str =
    "INSERT INTO ledger (message, turn, occasion, state, changed_at) VALUES (?1, 0, 'arrival', 'due', ?2)";

/// Whether an occasion was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is due from now on.
    Now,
    /// An earlier one is still open.
    Before,
}

/// Opens the occasion of an update. Where an announcement of the message is still under way it will speak
/// for the update too, and no other is made.
pub(super) fn update_due(tx: &Connection, id: MessageId, now: Timestamp) -> Result<Opened, StoreError> {
    let rows = tx
        .prepare_cached(
            "INSERT INTO ledger (message, turn, occasion, state, changed_at)
             SELECT ?1, coalesce((SELECT max(turn) FROM ledger WHERE message = ?1), 0) + 1, 'update', 'due', ?2
             WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE message = ?1 AND state IN ('due', 'showing'))",
        )?
        .execute(params![id.0, now.0])?;
    Ok(if rows == 1 { Opened::Now } else { Opened::Before })
}

/// Withdraws what has not been announced of a message that needs no announcement any more.
pub(super) fn withdraw(tx: &Connection, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE ledger SET state = 'withdrawn', changed_at = ?2
         WHERE message = ?1 AND state IN ('due', 'showing')",
    )?
    .execute(params![id.0, now.0])?;
    Ok(())
}

/// Withdraws what has not been announced of all messages that are read, archived or deleted.
pub(super) fn withdraw_settled(tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE ledger INDEXED BY ledger_open SET state = 'withdrawn', changed_at = ?1
         WHERE state IN ('due', 'showing')
           AND (SELECT unread_from FROM message WHERE message.id = ledger.message) IS NULL",
        [now.0],
    )?;
    Ok(())
}
