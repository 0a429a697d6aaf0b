//! What the user did with messages and their servers have still to be told: of each message the last word.
//!
//! A row is written with the act that it tells of, and outlives the program. Until it goes, its word on the message
//! counts for more than the server's. A message that the server gave no id, or that belongs to an earlier store of
//! the server, has none. Deliberately not here: when a server is told, and how it is asked.

use std::collections::BTreeMap;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Durability, Inbox, Store, StoreError};
use crate::model::{MessageId, RemoteId, SourceId};

/// Most bytes that the ids of one errand have, before the last one.
const BYTES: usize = 128 * 1024;

/// Puts a row into the outbox, where its message can be spoken of.
const PUT: &str = "
    INSERT INTO outbox (source, message, intent) SELECT message.source, message.id, ?2 FROM message
    JOIN epoch ON epoch.id = message.epoch
    JOIN place ON place.source = message.source AND place.scope = '' AND place.epoch = epoch.name
    WHERE message.id = ?1 AND message.remote_id IS NOT NULL";

/// Makes what is to be said of a message agree with what it is.
const CORRECT: &str = "
    UPDATE outbox SET intent = (
        SELECT CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN read_at IS NULL THEN 'unread' ELSE 'read' END
        FROM message WHERE id = ?1
    ) WHERE message = ?1";

/// Gives a message a row back, to say what it is.
const PUT_BACK: &str = "
    INSERT INTO outbox (id, source, message, intent)
    SELECT ?2, source, id,
        CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN read_at IS NULL THEN 'unread' ELSE 'read' END
    FROM message WHERE id = ?1";

/// Numbers the rows in the order in which they go out. No number is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutboxId(i64);

/// What a server is to be told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It is read.
    Read,
    /// It is unread again.
    Unread,
    /// It is gone.
    Deleted,
}

impl Intent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unread => "unread",
            Self::Deleted => "deleted",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Read, Self::Unread, Self::Deleted].into_iter().find(|intent| intent.as_str() == name)
    }
}

/// What a server is to be told next, of one message or of several; never of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// What it is told.
    pub intent: Intent,
    rows: Vec<(OutboxId, RemoteId)>,
}

impl Errand {
    /// Most messages of one.
    pub const MOST: usize = 1_000;

    /// The server's ids of the messages, in the order of the acts.
    pub fn remote_ids(&self) -> impl Iterator<Item = &RemoteId> {
        self.rows.iter().map(|(_, id)| id)
    }

    /// The rows of the messages, in the order of the acts.
    pub fn rows(&self) -> impl Iterator<Item = OutboxId> {
        self.rows.iter().map(|(row, _)| *row)
    }

    /// Leaves all messages but the first `most`, at least one, for later.
    pub fn shorten(&mut self, most: usize) {
        self.rows.truncate(most.max(1));
    }
}

impl Store {
    /// What the source's server has to be told next: what the oldest row says that may go, and as many after it as
    /// say the same, at most 1,000. Rows from `held` on are left alone.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn next_errand(
        &self,
        source: SourceId,
        held: Option<OutboxId>,
        may_go: &mut dyn FnMut(OutboxId, Intent) -> bool,
    ) -> Result<Option<Errand>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT outbox.id, outbox.intent, message.remote_id
             FROM outbox CROSS JOIN message ON message.id = outbox.message
             WHERE outbox.source = (SELECT id FROM source WHERE uuid = ?1) AND outbox.id < ?2 ORDER BY outbox.id",
        )?;
        let mut rows = statement.query(params![source.to_string(), held.map_or(i64::MAX, |id| id.0)])?;
        let mut errand: Option<Errand> = None;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let (number, intent, id) = (OutboxId(row.get(0)?), intent(row, 1)?, id(row)?);
            if !may_go(number, intent) {
                continue;
            }
            match &mut errand {
                None => errand = Some(Errand { intent, rows: vec![(number, id)] }),
                Some(errand) => {
                    bytes += id.0.len();
                    if errand.rows.len() == Errand::MOST || bytes > BYTES || intent != errand.intent {
                        break;
                    }
                    errand.rows.push((number, id));
                }
            }
        }
        Ok(errand)
    }

    /// Takes an errand's rows out: the server has been told, or will never be. What another act has said of the
    /// same messages meanwhile stays.
    ///
    /// # Errors
    /// If it cannot be stored. Telling a server twice changes nothing.
    pub fn take_out(&mut self, errand: &Errand) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            let mut delete = tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
            for (id, _) in &errand.rows {
                delete.execute([id.0])?;
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }
}

/// What an act put into the outbox, and what of earlier acts that replaced.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Written {
    /// The numbers of the rows.
    rows: Option<(OutboxId, OutboxId)>,
    replaced: BTreeMap<MessageId, OutboxId>,
}

impl Written {
    pub fn first(&self) -> Option<OutboxId> {
        self.rows.map(|(first, _)| first)
    }

    /// Puts a row into the outbox for each of these messages, in the place of what stands there.
    pub fn put(&mut self, tx: &Connection, intent: Intent, ids: &[MessageId]) -> Result<(), StoreError> {
        // Mostly there is nothing, also where all messages are marked at once.
        let any = tx.prepare_cached("SELECT 1 FROM outbox")?.exists([])?;
        let mut replace = tx.prepare_cached("DELETE FROM outbox WHERE message = ?1 RETURNING id")?;
        let mut put = tx.prepare_cached(PUT)?;
        for id in ids {
            if any && let Some(row) = replace.query_row([id.0], |row| row.get(0).map(OutboxId)).optional()? {
                self.replaced.insert(*id, row);
            }
            if put.execute(params![id.0, intent.as_str()])? == 1 {
                let last = OutboxId(tx.last_insert_rowid());
                self.rows = Some((self.first().unwrap_or(last), last));
            }
        }
        Ok(())
    }

    /// Puts a row into the outbox for each message of `temp.marked`, of which nothing stands there: it is read.
    pub fn put_marked(&mut self, tx: &Connection) -> Result<(), StoreError> {
        let rows = tx
            .prepare_cached(
                "INSERT INTO outbox (source, message, intent) SELECT m.source, m.id, 'read'
                 FROM temp.marked CROSS JOIN message AS m ON m.id = marked.id
                 JOIN epoch ON epoch.id = m.epoch
                 JOIN place ON place.source = m.source AND place.scope = '' AND place.epoch = epoch.name
                 WHERE m.remote_id IS NOT NULL",
            )?
            .execute([])?;
        if let Some(before) = i64::try_from(rows).ok().filter(|rows| *rows > 0) {
            let last = tx.last_insert_rowid();
            self.rows = Some((self.first().unwrap_or(OutboxId(last - before + 1)), OutboxId(last)));
        }
        Ok(())
    }

    /// The same rows, and nothing that they replaced.
    pub fn of_none(&self) -> Self {
        Self { rows: self.rows, replaced: BTreeMap::new() }
    }

    /// Takes everything over that another part of the act has written and replaced.
    pub fn take_over(&mut self, other: Self) {
        self.rows = match (self.rows, other.rows) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (own, other) => own.or(other),
        };
        self.replaced.extend(other.replaced);
    }

    /// Hands over what was replaced of these messages.
    pub fn hand_over(&mut self, ids: impl Iterator<Item = MessageId>, to: &mut Self) {
        if !self.replaced.is_empty() {
            to.replaced.extend(ids.filter_map(|id| self.replaced.remove_entry(&id)));
        }
    }

    /// Takes back what the act said of a message that is as it was before the act. What an earlier or later act
    /// has to say of it stays to be said, but of what the message is now: these acts may have been taken back, too.
    pub fn take_back(&self, tx: &Connection, id: MessageId) -> Result<(), StoreError> {
        if !self.delete(tx, id)? {
            tx.prepare_cached(CORRECT)?.execute([id.0])?;
        } else if let Some(row) = self.replaced.get(&id) {
            tx.prepare_cached(PUT_BACK)?.execute([id.0, row.0])?;
        }
        Ok(())
    }

    fn delete(&self, tx: &Connection, id: MessageId) -> Result<bool, StoreError> {
        let Some((first, last)) = self.rows else { return Ok(false) };
        let deleted = tx
            .prepare_cached("DELETE FROM outbox WHERE message = ?1 AND id BETWEEN ?2 AND ?3")?
            .execute(params![id.0, first.0, last.0])?;
        Ok(deleted == 1)
    }
}

/// The server has deleted a message itself: there is nothing left to be said of it.
pub(super) fn forget(tx: &Connection, epoch: i64, remote_id: &RemoteId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM outbox WHERE message = (SELECT id FROM message WHERE epoch = ?1 AND remote_id = ?2)",
    )?
    .execute(params![epoch, remote_id.0])?;
    Ok(())
}

/// The source's server has begun another epoch than before: the ids of its earlier messages mean nothing, or other
/// messages, so that what stands in the outbox of them goes. Returns how many rows that were.
pub(super) fn leave_epochs(tx: &Connection, source: i64, present: i64) -> Result<usize, StoreError> {
    let gone = tx.execute(
        "DELETE FROM outbox WHERE source = ?1
         AND message IN (SELECT message.id FROM message WHERE message.id = outbox.message AND epoch <> ?2)",
        params![source, present],
    )?;
    Ok(gone)
}

fn intent(row: &Row<'_>, column: usize) -> rusqlite::Result<Intent> {
    let name: String = row.get(column)?;
    Intent::named(&name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("no intent: {name:?}").into())
    })
}

fn id(row: &Row<'_>) -> rusqlite::Result<RemoteId> {
    row.get(2).map(RemoteId)
}

#[cfg(test)]
mod tests;
