//! Marking everything read, a stretch at a time: a million messages take seconds, and nothing else should wait for them.

use rusqlite::{Connection, params};

use super::former::{Column, Former};
use super::outbox::{Intent, OutboxId};
use super::{Durability, Inbox, Store, StoreError, ledger};
use crate::model::{MessageId, Timestamp};

/// How many messages are marked between two looks at the clock.
const STEP: u32 = 256;

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

    /// The first row of the outbox that is its own.
    #[must_use]
    pub fn first_row(&self) -> Option<OutboxId> {
        self.former.first_row()
    }
}

impl Store {
    /// Begins to mark every message read that is unread now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn begin_all_read(&self, now: Timestamp) -> Result<AllRead, StoreError> {
        self.connection.execute_batch(TABLES)?;
        let last = "SELECT coalesce(max(id), 0) FROM message";
        let through = self.connection.prepare_cached(last)?.query_row([], |row| row.get(0))?;
        Ok(AllRead { at: now, through, former: Former::default() })
    }

    /// Leaves messages alone that were marked unread since it began.
    ///
    /// # Errors
    /// If it cannot be remembered.
    pub fn leave_unread(&self, ids: &[MessageId]) -> Result<(), StoreError> {
        let mut leave =
            self.connection.prepare_cached("INSERT OR IGNORE INTO temp.left_alone VALUES (?1)")?;
        ids.iter().try_for_each(|id| leave.execute([id.0]).map(drop))?;
        Ok(())
    }

    /// Goes on for as long as it is told to; asks after every few hundred messages. What is done is committed, and
    /// survives a power failure once there is no more to do.
    ///
    /// # Errors
    /// If it cannot be stored; what earlier stretches did stays done.
    pub fn go_on_all_read(
        &mut self,
        all: &mut AllRead,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<MarkedStretch, StoreError> {
        let mut former = std::mem::take(&mut all.former);
        let (at, through) = (all.at, all.through);
        let done = self.write(Durability::Process, |tx| {
            let ids = uncounted(tx, |tx| {
                let mut ids = Vec::new();
                loop {
                    let step = step(tx, at, through, &mut former)?;
                    let is_last = step.len() < STEP as usize;
                    ids.extend(step);
                    if is_last {
                        ledger::withdraw_settled(tx, at)?;
                        return Ok(MarkedStretch { ids, more: false });
                    }
                    if !go_on() {
                        return Ok(MarkedStretch { ids, more: true });
                    }
                }
            })?;
            let inbox = if ids.ids.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((ids, inbox))
        });
        match done {
            Ok((stretch, _)) => {
                former.filled(Column::Read, at, &stretch.ids);
                all.former = former;
                if !stretch.more && !all.former.is_empty() {
                    self.write(Durability::Power, |tx| Ok((tx.execute(TOUCH, [])?, Inbox::Same)))?;
                }
                Ok(stretch)
            }
            Err(error) => {
                // It has told of messages that are unread again.
                all.former = former;
                Err(error)
            }
        }
    }

    /// Marks every message read that is unread now. Returns them.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn mark_all_read(&mut self, now: Timestamp) -> Result<Former, StoreError> {
        let mut all = self.begin_all_read(now)?;
        self.go_on_all_read(&mut all, || true)?;
        Ok(all.into_former())
    }
}

/// What is marked in one step, and what is left alone. They are of the connection and in no file.
const TABLES: &str = "
    CREATE TEMP TABLE IF NOT EXISTS marked (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE IF NOT EXISTS left_alone (id INTEGER PRIMARY KEY);
    DELETE FROM temp.left_alone";

/// Changes nothing, so that the commit around it brings everything before it onto the disk.
const TOUCH: &str = "UPDATE inbox SET one = 1";

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
         WHERE unread_from <= ?1 AND id <= ?2 AND id NOT IN (SELECT id FROM temp.left_alone) LIMIT ?3",
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ReadState;
    use super::super::testing::*;
    use super::*;

    const MANY: i64 = STEP as i64 * 2 + 50;

    #[test]
    fn in_stretches_all_is_marked_that_was_unread_at_the_beginning_and_the_counts_agree_in_between() {
        let mut bench = Bench::new();
        bench.deliver((0..MANY).map(|n| message(&n.to_string())).collect());
        let later = NOW.after(Duration::from_secs(9));
        bench.store.snooze(&ids(&[3]), later, NOW).unwrap();
        // What a server is still to be told of a message gives way.
        bench.store.mark_read(&ids(&[7, 8]), ReadState::Read, NOW).unwrap();
        bench.store.mark_read(&ids(&[7]), ReadState::Unread, NOW).unwrap();
        let mut all = bench.store.begin_all_read(NOW).unwrap();
        let first = bench.store.go_on_all_read(&mut all, || false).unwrap();
        assert_eq!((first.ids.len(), first.more), (STEP as usize, true));
        bench.check().unwrap();
        assert_eq!(bench.unread(), (MANY - 2) as u64 - u64::from(STEP));
        bench.deliver(vec![message("new")]);
        bench.store.mark_read(&ids(&[5]), ReadState::Unread, NOW).unwrap();
        bench.store.leave_unread(&ids(&[5])).unwrap();
        while bench.store.go_on_all_read(&mut all, || false).unwrap().more {
            bench.check().unwrap();
        }
        bench.check().unwrap();
        assert_eq!(bench.unread(), 2, "what came meanwhile, and what was marked unread");
        let told = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap().unwrap();
        let before_that = STEP as usize;
        assert_eq!((told.intent, told.remote_ids().count()), (Intent::Read, before_that));

        let mut former = all.into_former();
        let part = former.split_end(100);
        bench.store.take_back(&part, NOW).unwrap();
        assert_eq!(bench.unread(), 102);
        bench.check().unwrap();
        while !former.is_empty() {
            let part = former.split_end(200);
            bench.store.take_back(&part, NOW).unwrap();
        }
        assert_eq!(
            bench.unread(),
            MANY as u64 - 1,
            "as before, and what came meanwhile; one is put off, one read"
        );
        let told = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap().unwrap();
        assert_eq!(told.remote_ids().collect::<Vec<_>>(), [&remote("7")]);
        bench.store.take_out(&told).unwrap();
        let told = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap().unwrap();
        let unread = (told.intent, told.remote_ids().collect::<Vec<_>>());
        assert_eq!(unread, (Intent::Unread, vec![&remote("6"), &remote("4")]));
    }

    #[test]
    fn an_act_that_set_several_times_is_taken_back_in_parts() {
        let mut bench = Bench::new();
        bench.deliver((0..6).map(|n| message(&n.to_string())).collect());
        bench.store.mark_read(&ids(&[2, 5]), ReadState::Read, NOW).unwrap();
        let mut former = Former::default();
        for slice in [ids(&[1, 2, 3]), ids(&[4, 5, 6])] {
            former.join_end(bench.store.archive(&slice, NOW).unwrap());
        }
        assert_eq!((bench.summary(NOW).unwrap().total, bench.unread()), (0, 0));
        for (left, unread) in [(4, 1), (2, 3), (0, 4)] {
            let part = former.split_end(2);
            bench.store.take_back(&part, NOW).unwrap();
            assert_eq!((former.ids().count(), bench.unread()), (left, unread));
            bench.check().unwrap();
        }
        assert_eq!(bench.summary(NOW).unwrap().total, 6);
    }

    #[test]
    fn a_part_that_was_taken_out_of_an_act_goes_back_into_it() {
        let mut bench = Bench::new();
        bench.deliver((0..4).map(|n| message(&n.to_string())).collect());
        let mut former = bench.store.mark_all_read(NOW).unwrap();
        let whole = former.clone();
        let part = former.split_end(3);
        assert_eq!((former.ids().count(), part.ids().count()), (1, 3));
        former.join_end(part);
        assert_eq!(former, whole);
    }
}
