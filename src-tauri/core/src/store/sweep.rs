//! Letting go of messages that have been kept for long enough, and deleting all of them; a stretch at a time.

use rusqlite::{Connection, named_params};

use super::former::Column;
use super::{Durability, Former, Inbox, Store, StoreError, content, ledger, source_number};
use crate::model::{MessageId, SourceId, Timestamp};

/// How many rows are read at a time.
const READ: u32 = 256;

/// What a sweep lets go of.
#[derive(Debug, Clone, Copy)]
pub struct Old {
    /// Messages from before then.
    pub before: Timestamp,
    /// What was read or archived later than this stays for now: it may be taken back.
    pub settled_by: Timestamp,
}

/// Which messages a walk is after.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// Old ones that are neither pinned nor unread nor put off until later.
    Old(Old),
    /// All from before then.
    All(Timestamp),
}

/// How far a sweep of one source has come: the oldest go first, those of the list before what is put off and the
/// archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepPlace {
    shelf: Shelf,
    /// The message that was looked at last.
    last: Option<(i64, i64)>,
}

/// The lists that are together everything that is not deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shelf {
    #[default]
    List,
    PutOff,
    Archive,
}

impl Shelf {
    fn next(self) -> Option<Self> {
        match self {
            Self::List => Some(Self::PutOff),
            Self::PutOff => Some(Self::Archive),
            Self::Archive => None,
        }
    }
}

/// What a stretch of a sweep has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Messages that are gone.
    pub gone: Vec<MessageId>,
    /// Where to go on; empty at the end.
    pub next: Option<SweepPlace>,
}

/// A message that a walk looks at.
struct Candidate {
    id: MessageId,
    at: i64,
    may_go: bool,
}

impl Store {
    /// Deletes old messages of a source for good, from a place on for as long as `go_on` says, at least one.
    /// Pinned and unread ones stay, nor does what sleeps until later go. Of each there stays what tells the
    /// server's repetitions.
    ///
    /// # Errors
    /// If it cannot be stored; then nothing is gone.
    pub fn sweep(
        &mut self,
        source: SourceId,
        old: Old,
        place: SweepPlace,
        now: Timestamp,
        go_on: impl FnMut() -> bool,
    ) -> Result<Swept, StoreError> {
        // What a power failure brings back goes with the next sweep.
        self.let_go(source, Wanted::Old(old), place, Durability::Process, go_on, |tx, id| {
            bury(tx, id, now)?;
            content::erase(tx, id)
        })
    }

    /// Deletes all messages of a source from before a moment, whatever they are, as [`Store::delete`] does, but no
    /// server is told of it; from a place on for as long as `go_on` says, at least one. Puts what it takes to take
    /// it back to what the stretches before have left there; `now` has to be the same in all of them.
    ///
    /// # Errors
    /// If it cannot be stored; then nothing is gone.
    pub fn clear(
        &mut self,
        source: SourceId,
        before: Timestamp,
        place: SweepPlace,
        now: Timestamp,
        former: &mut Former,
        go_on: impl FnMut() -> bool,
    ) -> Result<Swept, StoreError> {
        let all = Wanted::All(before);
        let swept = self.let_go(source, all, place, Durability::Power, go_on, |tx, id| bury(tx, id, now))?;
        former.filled(Column::Deleted, now, &swept.gone);
        Ok(swept)
    }

    /// Lets a source's messages go one by one, from a place on for as long as `go_on` says.
    fn let_go(
        &mut self,
        source: SourceId,
        wanted: Wanted,
        mut place: SweepPlace,
        durability: Durability,
        mut go_on: impl FnMut() -> bool,
        let_go: impl Fn(&Connection, MessageId) -> Result<(), StoreError>,
    ) -> Result<Swept, StoreError> {
        let Some(source) = source_number(&self.connection, source)? else {
            return Ok(Swept { gone: Vec::new(), next: None });
        };
        let (swept, _) = self.write(durability, |tx| {
            let mut gone = Vec::new();
            let next = 'walk: loop {
                let candidates = candidates(tx, source, wanted, place)?;
                if candidates.is_empty() {
                    match place.shelf.next() {
                        Some(shelf) => place = SweepPlace { shelf, last: None },
                        None => break None,
                    }
                }
                for Candidate { id, at, may_go } in candidates {
                    if may_go {
                        let_go(tx, id)?;
                        gone.push(id);
                    }
                    place.last = Some((at, id.0));
                    if !go_on() {
                        break 'walk Some(place);
                    }
                }
            };
            let inbox = if gone.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((Swept { gone, next }, inbox))
        })?;
        Ok(swept)
    }
}

/// Nothing shows the message from now on.
fn bury(tx: &Connection, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
    let mut bury = tx.prepare_cached("UPDATE message SET deleted_at = :now WHERE id = :id")?;
    bury.execute(named_params! { ":now": now.0, ":id": id.0 })?;
    ledger::withdraw(tx, id, now)
}

/// The next messages that are old enough, whether they may go or not. In two stretches: SQLite would answer
/// `(at, id) > (?, ?)` by walking through everything with the same time.
fn candidates(
    tx: &Connection,
    source: i64,
    wanted: Wanted,
    place: SweepPlace,
) -> Result<Vec<Candidate>, StoreError> {
    let (before, settled_by, all) = match wanted {
        Wanted::Old(Old { before, settled_by }) => (before, settled_by, false),
        Wanted::All(before) => (before, before, true),
    };
    let read = |stretch, at, id| {
        let mut statement = tx.prepare_cached(&sql(place.shelf, stretch))?;
        let values = named_params! {
            ":source": source, ":before": before.0, ":settled_by": settled_by.0, ":at": at, ":id": id,
            ":limit": READ, ":all": all,
        };
        let rows = statement.query_map(values, |row| {
            Ok(Candidate { id: MessageId(row.get(0)?), at: row.get(1)?, may_go: row.get(2)? })
        })?;
        Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    };
    let Some((at, id)) = place.last else { return read(NEWER, i64::MIN, 0) };
    let tied = read(TIED, at, id)?;
    if tied.is_empty() { read(NEWER, at, id) } else { Ok(tied) }
}

/// The rest of the messages of the time of the last one.
const TIED: &str = "at = :at AND id > :id";
/// Those of later times.
const NEWER: &str = "at > :at AND :id IS NOT NULL";

fn sql(shelf: Shelf, stretch: &str) -> String {
    let (index, kept, age) = match shelf {
        Shelf::List => ("message_all", "archived_at IS NULL AND snoozed_until IS NULL", "at"),
        // Their place in a list is the time at which they come back.
        Shelf::PutOff => (
            "message_put_off",
            "archived_at IS NULL AND snoozed_until IS NOT NULL",
            "min(sent_at, received_at)",
        ),
        Shelf::Archive => ("message_archived", "archived_at IS NOT NULL", "at"),
    };
    format!(
        "SELECT id, at, :all OR pinned_at IS NULL AND unread_from IS NULL AND snoozed_until IS NULL
             AND coalesce(read_at, 0) <= :settled_by AND coalesce(archived_at, 0) <= :settled_by
         FROM message INDEXED BY {index}
         WHERE source = :source AND deleted_at IS NULL AND {kept} AND {stretch} AND {age} < :before
         ORDER BY at, id LIMIT :limit"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::*;
    use super::super::{Change, ReadState};
    use super::*;
    use crate::model::SentAt;

    const ALL: Old = Old { before: Timestamp(NOW.0 + 1_000), settled_by: NOW };

    fn set(bench: &Bench, column: &str, id: i64, at: i64) {
        let sql = format!("UPDATE message SET {column} = ?2 WHERE id = ?1");
        assert_eq!(bench.store.connection.execute(&sql, [id, at]).unwrap(), 1);
    }

    /// How much servers have to be told.
    fn outbox(bench: &Bench) -> i64 {
        bench.store.connection.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap()
    }

    /// Sweeps with a pause after each message; returns what went.
    fn sweep(bench: &mut Bench, old: Old) -> Vec<MessageId> {
        let (source, mut place, mut gone) = (bench.source, SweepPlace::default(), Vec::new());
        loop {
            let swept = bench.store.sweep(source, old, place, NOW, || false).unwrap();
            assert!(swept.gone.len() <= 1, "no pause");
            gone.extend(swept.gone);
            bench.check().unwrap();
            match swept.next {
                Some(next) => place = next,
                None => return gone,
            }
        }
    }

    #[test]
    fn old_messages_go_unless_they_are_unread_pinned_or_asleep() {
        let mut bench = Bench::new();
        bench.deliver((1..=8).map(|n| message(&n.to_string())).collect());
        bench.store.mark_read(&ids(&[1, 2, 3, 4]), ReadState::Read, NOW).unwrap();
        bench.store.delete(&ids(&[3]), NOW).unwrap();
        bench.store.archive(&ids(&[6, 7]), NOW).unwrap();
        set(&bench, "pinned_at", 2, 1);
        set(&bench, "pinned_at", 7, 1);
        set(&bench, "snoozed_until", 8, NOW.0 + 60_000);
        assert_eq!(sweep(&mut bench, ALL), ids(&[1, 4, 6]));
        let left = bench.newest(10, Timestamp(NOW.0 + 60_000)).unwrap();
        assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), ids(&[8, 5, 2]));
        assert!(bench.message(MessageId(7)).unwrap().is_some());
        assert_eq!(sweep(&mut bench, ALL), []);
        // The server repeats them: they are known, and stay away.
        assert!(bench.deliver(vec![message("1"), message("6")]).new.is_empty());
        let texts = "SELECT count(*) FROM message WHERE id IN (1, 4, 6) AND title = '' AND body = ''";
        let texts: i64 = bench.store.connection.query_row(texts, [], |row| row.get(0)).unwrap();
        assert_eq!(texts, 3);
    }

    #[test]
    fn what_is_not_old_enough_stays_and_so_does_what_was_read_just_now() {
        let mut bench = Bench::new();
        let sent = |id: &str, seconds: u64| {
            let at = NOW.before(Duration::from_secs(seconds));
            Change::Message(arrival_with(id, |message| message.sent_at = SentAt::Exact(at)))
        };
        bench.deliver(vec![sent("a", 5), sent("b", 10), sent("c", 15), sent("d", 20)]);
        bench.store.mark_read(&ids(&[1, 2, 3]), ReadState::Read, NOW).unwrap();
        bench.store.mark_read(&ids(&[4]), ReadState::Read, Timestamp(NOW.0 + 1)).unwrap();
        let before = |seconds| NOW.before(Duration::from_secs(seconds));
        assert_eq!(sweep(&mut bench, Old { before: before(10), ..ALL }), ids(&[3]));
        assert_eq!(sweep(&mut bench, Old { before: before(5), ..ALL }), ids(&[2]));
        let later = Timestamp(NOW.0 + 1);
        assert_eq!(sweep(&mut bench, Old { before: before(0), settled_by: later }), ids(&[4, 1]));
        let other = bench.store.sweep(SourceId::random(), ALL, SweepPlace::default(), NOW, || true);
        assert_eq!(other.unwrap(), Swept { gone: vec![], next: None });
    }

    #[test]
    fn nothing_is_spared_where_everything_is_to_go_and_all_of_it_can_come_back() {
        let mut bench = Bench::new();
        bench.deliver((1..=5).map(|n| message(&n.to_string())).collect());
        bench.store.archive(&ids(&[4]), NOW).unwrap();
        set(&bench, "pinned_at", 2, 1);
        set(&bench, "snoozed_until", 3, NOW.0 + 60_000);
        bench.store.delete(&ids(&[5]), NOW).unwrap();
        let present = |bench: &Bench| [1, 2, 3, 4, 5].map(|id| bench.message(MessageId(id)).unwrap());
        let (was, told) = (present(&bench), outbox(&bench));
        let (source, at) = (bench.source, Timestamp(NOW.0 + 5));
        let (mut place, mut former) = (SweepPlace::default(), Former::default());
        loop {
            // With a pause after each.
            let before = Timestamp(NOW.0 + 1_000);
            let swept = bench.store.clear(source, before, place, at, &mut former, || false).unwrap();
            bench.check().unwrap();
            let Some(next) = swept.next else { break };
            place = next;
        }
        assert_eq!(
            former.ids().collect::<Vec<_>>(),
            ids(&[1, 2, 3, 4]),
            "what is deleted already can be undone"
        );
        assert_eq!(bench.newest(10, NOW).unwrap(), []);
        assert!(bench.deliver(vec![message("1")]).new.is_empty(), "it does not come back by itself");
        assert_eq!(outbox(&bench), told, "servers hear nothing of it");
        bench.store.take_back(&former, at).unwrap();
        bench.check().unwrap();
        assert_eq!((present(&bench), outbox(&bench)), (was, told));
    }

    #[test]
    fn a_sweep_passes_by_what_stays_and_sees_ties_once() {
        let mut bench = Bench::new();
        let many = i64::from(READ) * 2 + 7;
        bench.deliver((0..many).map(|n| message(&n.to_string())).collect());
        bench.store.mark_read(&ids(&[5, many]), ReadState::Read, NOW).unwrap();
        let mut looked = 0;
        let count = || {
            looked += 1;
            true
        };
        let swept = bench.store.sweep(bench.source, ALL, SweepPlace::default(), NOW, count).unwrap();
        assert_eq!((swept.gone, swept.next), (ids(&[5, many]), None));
        assert_eq!(looked, many);
    }

    #[test]
    fn every_stretch_is_found_by_its_index() {
        let bench = Bench::new();
        for (shelf, index) in [(Shelf::List, "message_all"), (Shelf::Archive, "message_archived")] {
            for (stretch, bound) in [(TIED, "at=? AND rowid>?"), (NEWER, "at>? AND at<?")] {
                let sql = format!("EXPLAIN QUERY PLAN {}", sql(shelf, stretch));
                let mut statement = bench.store.connection.prepare(&sql).unwrap();
                let plan: Vec<String> =
                    statement.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
                let wanted = format!("SEARCH message USING INDEX {index} (source=? AND {bound})");
                assert_eq!(plan, [wanted], "no scan, no sorting");
            }
        }
    }
}
