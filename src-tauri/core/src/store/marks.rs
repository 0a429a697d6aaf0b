//! What the user does with messages.

use rusqlite::params;

use super::{Durability, Inbox, ReadState, Store, StoreError, ledger};
use crate::model::{MessageId, Timestamp};

impl Store {
    /// Marks messages read or unread; survives a power failure. Returns those that were not so before.
    /// Unknown and deleted ones are ignored.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn mark_read(
        &mut self,
        ids: &[MessageId],
        read: ReadState,
        now: Timestamp,
    ) -> Result<Vec<MessageId>, StoreError> {
        let (changed, _) = self.write(Durability::Power, |tx| {
            let sql = match read {
                ReadState::Read => {
                    "UPDATE message SET read_at = ?2
                     WHERE id = ?1 AND read_at IS NULL AND deleted_at IS NULL"
                }
                ReadState::Unread => {
                    "UPDATE message SET read_at = NULL
                     WHERE id = ?1 AND read_at IS NOT NULL AND deleted_at IS NULL AND ?2 IS NOT NULL"
                }
            };
            let mut statement = tx.prepare_cached(sql)?;
            let mut changed = Vec::new();
            for id in ids {
                if statement.execute(params![id.0, now.0])? == 1 {
                    if read == ReadState::Read {
                        ledger::withdraw(tx, *id, now)?;
                    }
                    changed.push(*id);
                }
            }
            let inbox = if changed.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((changed, inbox))
        })?;
        Ok(changed)
    }

    /// Marks every message read that is unread now; survives a power failure. Returns them.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn mark_all_read(&mut self, now: Timestamp) -> Result<Vec<MessageId>, StoreError> {
        let (changed, _) = self.write(Durability::Power, |tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE message INDEXED BY message_unread SET read_at = ?1
                     WHERE unread_from <= ?1 RETURNING id",
                )?
                .query_map([now.0], |row| row.get(0).map(MessageId))?
                .collect::<Result<Vec<_>, _>>()?;
            if changed.is_empty() {
                return Ok((changed, Inbox::Same));
            }
            ledger::withdraw_settled(tx, now)?;
            Ok((changed, Inbox::Changed))
        })?;
        Ok(changed)
    }
}
