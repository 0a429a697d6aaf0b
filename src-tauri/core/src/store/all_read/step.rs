//! How the messages follow.

use rusqlite::{Connection, params};

use super::super::former::{Column, Former};
use super::super::outbox::Intent;
use super::super::{Durability, Inbox, Store, StoreError};
use super::{AllRead, Following, MarkedStretch, covered, end, following};
use crate::model::{MessageId, Timestamp};

/// How many messages are marked between two looks at the clock.
pub(super) const STEP: u32 = 256;

/// What is marked in one step. It is of the connection and in no file.
const MARKED: &str = "CREATE TEMP TABLE IF NOT EXISTS marked (id INTEGER PRIMARY KEY)";

impl Store {
    /// Goes on for as long as it is told to; asks after every few hundred messages. What is done is committed.
    ///
    /// # Errors
    /// If it cannot be stored; what earlier stretches did stays done.
    pub fn go_on_all_read(
        &mut self,
        all: &mut AllRead,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<MarkedStretch, StoreError> {
        self.connection.execute_batch(MARKED)?;
        let mut former = std::mem::take(&mut all.former);
        let (at, through) = (all.at, all.through);
        // Nobody can see a difference.
        let done = self.write(Durability::Process, |tx| {
            let stretch = uncounted(tx, |tx| {
                let mut ids = Vec::new();
                loop {
                    let step = step(tx, at, through, &mut former)?;
                    let is_last = step.len() < STEP as usize;
                    ids.extend(step);
                    if is_last {
                        end(tx)?;
                    }
                    if is_last || !go_on() {
                        return Ok(MarkedStretch { ids, more: !is_last });
                    }
                }
            })?;
            Ok((stretch, Inbox::Same))
        });
        if let Ok((stretch, _)) = &done {
            former.filled(Column::Read, at, &stretch.ids);
        }
        // Where it failed, it has told of messages that are unread again.
        all.former = former;
        Ok(done?.0)
    }
}

/// Lets these messages follow first, where they have still to: what is done to them is done to what they count as.
pub(in super::super) fn settle(tx: &Connection, ids: &[MessageId]) -> Result<(), StoreError> {
    if following(tx)? == Following::No {
        return Ok(());
    }
    let mut mark = tx.prepare_cached(concat!(
        "UPDATE message AS m SET read_at = (SELECT at FROM all_read) WHERE m.id = ?1 AND ",
        covered!()
    ))?;
    let mut settled = Vec::new();
    for id in ids {
        if mark.execute([id.0])? == 1 {
            settled.push(*id);
        }
    }
    Former::default().tell(tx, Intent::Read, &settled)
}

/// Does what changes many messages without the trigger that counts each of them: whoever does so counts them.
fn uncounted<T>(
    tx: &Connection,
    act: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let counted: i64 = tx.prepare_cached("SELECT counted FROM inbox")?.query_row([], |row| row.get(0))?;
    let mut set = tx.prepare_cached("UPDATE inbox SET counted = ?1")?;
    set.execute([-1])?;
    let outcome = act(tx)?;
    set.execute([counted])?;
    Ok(outcome)
}

/// Marks the next few. All in few statements: a statement for each message would take twice as long.
fn step(
    tx: &Connection,
    at: Timestamp,
    through: i64,
    former: &mut Former,
) -> Result<Vec<MessageId>, StoreError> {
    tx.prepare_cached("DELETE FROM temp.marked")?.execute([])?;
    tx.prepare_cached(
        "INSERT INTO temp.marked SELECT id FROM message INDEXED BY message_unread
         WHERE unread_from <= ?1 AND id <= ?2 AND id NOT IN (SELECT message FROM left_unread) LIMIT ?3",
    )?
    .execute(params![at.0, through, STEP])?;
    tx.prepare_cached("UPDATE message SET read_at = ?1 WHERE id IN (SELECT id FROM temp.marked)")?
        .execute([at.0])?;
    tx.prepare_cached(
        "UPDATE tally SET unread = unread - gone.n FROM (
             SELECT m.source, m.kind, count(*) AS n FROM temp.marked JOIN message AS m ON m.id = marked.id
             WHERE m.snoozed_until IS NULL GROUP BY m.source, m.kind
         ) AS gone WHERE tally.source = gone.source AND tally.kind = gone.kind",
    )?
    .execute([])?;
    let ids = tx
        .prepare_cached("SELECT id FROM temp.marked ORDER BY id")?
        .query_map([], |row| row.get(0).map(MessageId))?
        .collect::<Result<Vec<_>, _>>()?;
    let spoken_of = "SELECT 1 FROM outbox WHERE message IN (SELECT id FROM temp.marked)";
    if tx.prepare_cached(spoken_of)?.exists([])? {
        former.tell(tx, Intent::Read, &ids)?;
    } else {
        former.tell_marked(tx)?;
    }
    Ok(ids)
}
