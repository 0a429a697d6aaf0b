//! The message database of one profile: what was received, what of it is unread, up to where each server's
//! history is stored, and what has been announced.
//!
//! [`Store`] is the only writer and belongs to the engine's thread; each of its acts is one transaction.
//! A [`Reader`] answers beside it from a read-only connection. Time is an argument everywhere. Which
//! messages are announced and how a server spells things is not decided here; settings and tokens are kept
//! elsewhere, so that a damaged database loses neither.

mod all_read;
mod aside;
mod batch;
mod check;
mod content;
mod decisions;
mod deliver;
mod epoch;
mod error;
mod filter;
mod former;
#[cfg(test)]
mod full_disk;
mod grounds;
mod ledger;
mod list;
mod log;
mod marks;
#[cfg(test)]
mod model_test;
mod moved;
mod outbox;
mod payload;
mod popups;
mod read;
mod reader;
mod rows;
mod schema;
mod search;
mod size;
mod sweep;
#[cfg(test)]
mod testing;

pub use all_read::{AllRead, MarkedStretch};
pub use batch::{
    Announce, Announcement, Arrival, Batch, Change, CursorUpdate, Delivered, EpochUpdate, Gap, GapReason,
    LogEvent, OwedUpdate, Past, PlaceUpdate, ReadState, StreamPlace, WalkUpdate,
};
pub use decisions::Decision;
pub use error::StoreError;
pub use former::Former;
pub use grounds::Grounds;
pub use ledger::{Announced, Occasion, Shown, Unannounced, Why};
pub use outbox::{Errand, Intent, OutboxId};
pub use reader::{More, Reader};
pub use rows::{InboxSummary, KindCount, ListFilter, MessageRow, Page, PageKey, SourceCount};
pub use search::{Found, Highlight, Indexing, Search, SearchPage};
pub use size::{SourceStorage, StorageReport};
pub use sweep::{Old, SweepPlace, Swept};

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

pub use crate::model::{Filter, Tab};
use crate::model::{Message, MessageId, MessageKind, RemoteId, SourceId, Timestamp};

/// How long a writer waits for another process before it gives up.
const PATIENCE: Duration = Duration::from_secs(2);

/// From how many commits on [`Store::settle`] has something to do.
const UNSETTLED: u32 = 32;

/// Adds to the tally what is not in it yet.
const COUNT_NEW: &str = "
    INSERT INTO tally (source, kind, total, unread)
    SELECT source, kind, sum(deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL),
           sum(unread_from IS NOT NULL AND snoozed_until IS NULL)
    FROM message WHERE id > (SELECT counted FROM inbox) GROUP BY source, kind
    ON CONFLICT (source, kind) DO UPDATE
    SET total = total + excluded.total, unread = unread + excluded.unread";

/// Follows [`COUNT_NEW`]. Ids only grow, and none is used twice.
const NEW_REVISION: &str = "
    UPDATE inbox SET rev = rev + 1, counted = max(counted, coalesce((SELECT max(id) FROM message), 0))";

/// The writer. There is one per profile; the profile's lock sees to that.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    durability: Durability,
    /// Whether the search's index may be in more parts than it should.
    unmerged: bool,
    /// Commits since the journal was brought into the database the last time.
    unsettled: u32,
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The end of the process. After a power failure the last commits may be missing, as a whole: a server
    /// can repeat what it sent.
    Process,
    /// A power failure too: nobody can repeat what the user did.
    Power,
}

/// Whether a transaction changed any message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inbox {
    Changed,
    Same,
}

impl Store {
    /// Opens the database; makes it where it is missing, and brings an older one up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] and [`StoreError::Damaged`] leave the file as it is; [`StoreError::Busy`] where
    /// another process is just making it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_patiently(path, PATIENCE)
    }

    fn open_patiently(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let connection = schema::open_writer(path, patience)?;
        Ok(Self { connection, durability: Durability::Process, unmerged: true, unsettled: 0 })
    }

    /// Up to where the source's history is stored.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn cursor(&self, source: SourceId) -> Result<StreamPlace, StoreError> {
        deliver::place(&self.connection, source)
    }

    /// What is in the inbox.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn summary(&self, now: Timestamp) -> Result<InboxSummary, StoreError> {
        read::summary(&self.connection, now)
    }

    /// What is in the inbox of each source. Sources without messages are missing.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn source_counts(&self, now: Timestamp) -> Result<Vec<SourceCount>, StoreError> {
        read::source_counts(&self.connection, now)
    }

    /// The kinds that the source's messages have or once had.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn kinds(&self, source: SourceId) -> Result<Vec<MessageKind>, StoreError> {
        read::kinds(&self.connection, source)
    }

    /// The newest messages, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest(&self, limit: u16, now: Timestamp) -> Result<Vec<MessageRow>, StoreError> {
        let filter = ListFilter {
            tab: Tab::All,
            source: None,
            filter: Filter::default(),
            before: None,
            limit: limit.into(),
        };
        Ok(list::rows(&self.connection, &filter, now)?.0)
    }

    /// One message, complete; nothing if there is none or it is deleted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        read::message(&self.connection, id)
    }

    /// The newest message of a source that has this id on its server, unless it is deleted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn find(&self, source: SourceId, id: &RemoteId) -> Result<Option<MessageId>, StoreError> {
        read::find(&self.connection, source, id)
    }

    /// Forgets everything about a source: messages, place, announcements, log, outbox. Returns the messages that
    /// are gone.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn forget_source(&mut self, source: SourceId) -> Result<Vec<MessageId>, StoreError> {
        let (gone, _) = self.write(Durability::Power, |tx| {
            let Some(number) = source_number(tx, source)? else { return Ok((Vec::new(), Inbox::Same)) };
            // First the counts, so that the trigger finds nothing to count down for each message.
            tx.execute("DELETE FROM tally WHERE source = ?1", [number])?;
            tx.execute(
                "DELETE FROM ledger WHERE message IN (SELECT id FROM message WHERE source = ?1)",
                [number],
            )?;
            let gone = tx
                .prepare("DELETE FROM message WHERE source = ?1 RETURNING id")?
                .query_map([number], |row| row.get(0).map(MessageId))?
                .collect::<Result<Vec<_>, _>>()?;
            for table in ["epoch", "place", "gap", "event_log", "outbox", "moved"] {
                tx.execute(&format!("DELETE FROM {table} WHERE source = ?1"), [number])?;
            }
            tx.execute("DELETE FROM source WHERE id = ?1", [number])?;
            tx.execute(search::SPAN_GONE, [])?;
            let inbox = if gone.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((gone, inbox))
        })?;
        Ok(gone)
    }

    /// Brings what the journal holds into the database, if that is worth it: a few milliseconds in which the disk is
    /// waited for, meant for a moment in which nothing else is to do. Where a reader is in the way, the rest
    /// follows the next time.
    ///
    /// # Errors
    /// If it cannot be stored. Nothing is lost: the journal holds it.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        if self.unsettled >= UNSETTLED {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            // The first commit into the emptied journal waits for the disk, too: let it be this one.
            self.write(Durability::Process, |tx| {
                tx.execute("UPDATE indexed SET through = through", [])?;
                Ok(((), Inbox::Same))
            })?;
            self.unsettled = 0;
        }
        Ok(())
    }

    /// Checks everything that must hold in a sound database. Reads all of it: seconds for a million
    /// messages.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what does not hold.
    pub fn check(&self) -> Result<(), StoreError> {
        check::check(&self.connection)
    }

    /// Does one act: begins the transaction, moves the revision if messages changed, commits. Returns the
    /// revision after it.
    fn write<T>(
        &mut self,
        durability: Durability,
        act: impl FnOnce(&Transaction<'_>) -> Result<(T, Inbox), StoreError>,
    ) -> Result<(T, u64), StoreError> {
        if self.durability != durability {
            let synchronous = match durability {
                Durability::Process => "NORMAL",
                Durability::Power => "FULL",
            };
            self.connection.pragma_update(None, "synchronous", synchronous)?;
            self.durability = durability;
        }
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (outcome, inbox) = act(&tx)?;
        if inbox == Inbox::Changed {
            tx.prepare_cached(search::SPAN_NEW)?.execute([])?;
            tx.prepare_cached(COUNT_NEW)?.execute([])?;
            tx.prepare_cached(NEW_REVISION)?.execute([])?;
        }
        let rev = read::rev(&tx)?;
        tx.commit()?;
        self.unsettled = self.unsettled.saturating_add(1);
        Ok((outcome, rev))
    }
}

/// The number that stands for the source within the database, if it has one.
fn source_number(connection: &Connection, source: SourceId) -> Result<Option<i64>, StoreError> {
    let number = connection
        .prepare_cached("SELECT id FROM source WHERE uuid = ?1")?
        .query_row([source.to_string()], |row| row.get(0))
        .optional()?;
    Ok(number)
}

/// The number that stands for the source within the database; gives it one where it has none.
fn number_source(connection: &Connection, source: SourceId) -> Result<i64, StoreError> {
    match source_number(connection, source)? {
        Some(number) => Ok(number),
        None => {
            connection.execute("INSERT INTO source (uuid) VALUES (?1)", params![source.to_string()])?;
            Ok(connection.last_insert_rowid())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;

    #[test]
    fn what_is_delivered_is_there_after_a_restart() {
        let mut bench = Bench::new();
        let delivered = bench.deliver(vec![message("a"), message("b")]);
        assert_eq!(delivered.new.len(), 2);
        let store = Store::open(&bench.path()).unwrap();
        assert_eq!(store.message(delivered.new[0].id).unwrap().as_ref(), Some(&delivered.new[0]));
        let summary = store.summary(NOW).unwrap();
        assert_eq!((summary.rev, summary.total, summary.unread), (1, 2, 2));
    }

    #[test]
    fn nothing_of_a_forgotten_source_is_left_in_any_table() {
        let mut bench = Bench::new();
        let event = LogEvent { code: "x".into(), detail: "y".to_owned() };
        let gap = Change::Gap { reason: GapReason::Expired, from: None, until: None };
        let changes = vec![message("a"), message("b"), gap, Change::Problem(event.clone())];
        bench.deliver(changes.clone());
        bench.store.index(|| true).unwrap();
        let before = contents(&bench);
        let source = std::mem::replace(&mut bench.source, SourceId(uuid::Uuid::from_u128(2)));
        bench.deliver(changes);
        let place = PlaceUpdate { cursor: CursorUpdate::Forget, ..PlaceUpdate::default() };
        let second = bench.source;
        bench.store.deliver(second, &Batch { place, ..testing::batch(vec![]) }, NOW).unwrap();
        bench.store.record(second, &event, NOW).unwrap();
        bench.store.mark_read(&ids(&[3]), ReadState::Read, NOW).unwrap();

        bench.store.index(|| true).unwrap();
        assert_eq!(bench.store.forget_source(second).unwrap(), ids(&[3, 4]));
        bench.store.index(|| true).unwrap();
        assert_eq!(contents(&bench), before);
        bench.check().unwrap();
        assert_eq!(bench.store.forget_source(second).unwrap(), ids(&[]));

        bench.store.forget_source(source).unwrap();
        bench.store.index(|| true).unwrap();
        let left: Vec<_> = contents(&bench).into_iter().filter(|(_, rows)| *rows > 0).collect();
        assert_eq!(left, [("inbox".to_owned(), 1), ("indexed".to_owned(), 1)]);
    }

    #[test]
    fn the_journal_is_brought_into_the_database_after_many_commits_and_not_by_a_delivery() {
        let mut bench = Bench::new();
        let size = |bench: &Bench| std::fs::metadata(bench.path()).unwrap().len();
        let before = size(&bench);
        for number in 0..100 {
            bench.deliver(vec![message(&number.to_string())]);
        }
        assert_eq!(size(&bench), before);
        bench.store.settle().unwrap();
        assert!(size(&bench) > before);
        bench.check().unwrap();
    }

    #[test]
    fn a_second_writer_is_told_that_the_database_is_busy() {
        let mut bench = Bench::new();
        let other = Connection::open(bench.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let source = bench.source;
        let busy = |error: StoreError| matches!(error, StoreError::Busy(_));
        assert!(busy(bench.store.deliver(source, &batch(vec![message("a")]), NOW).unwrap_err()));
        assert!(busy(bench.store.mark_all_read(NOW).unwrap_err()));
        // Reading goes on, and so does opening what needs no migration.
        assert_eq!(bench.reader().summary(NOW).unwrap().total, 0);
        let patience = Duration::from_millis(50);
        Store::open_patiently(&bench.path(), patience).unwrap();
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(bench.deliver(vec![message("a")]).new.len(), 1);
    }

    #[test]
    fn several_that_make_the_database_at_once_get_it_or_are_told_that_it_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..4).map(|_| scope.spawn(|| Store::open(&path))).collect();
            let opened: Vec<_> = others.into_iter().map(|other| other.join().unwrap()).collect();
            assert!(opened.iter().any(Result::is_ok), "{opened:?}");
            let expected =
                |result: &Result<Store, StoreError>| matches!(result, Ok(_) | Err(StoreError::Busy(_)));
            assert!(opened.iter().all(expected), "{opened:?}");
        });
        Store::open(&path).unwrap().check().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_does_not_exist_is_an_error_and_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let error = Store::open_or_set_aside(&folder.path().join("missing/messages.db")).unwrap_err();
        assert!(matches!(error, StoreError::Sqlite(_)), "{error:?}");
    }

    /// Each table with the number of its rows; of the index what belongs to messages.
    fn contents(bench: &Bench) -> Vec<(String, u32)> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            AND name NOT IN ('term', 'term_config', 'term_data', 'term_idx')";
        let connection = &bench.store.connection;
        let mut tables = connection.prepare(tables).unwrap();
        let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let rows = |name: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0)).unwrap()
        };
        names.map(|name| name.unwrap()).map(|name| (name.clone(), rows(&name))).collect()
    }
}
