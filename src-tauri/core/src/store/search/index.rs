//! The index: follows the deliveries in slices, and can be made anew.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::super::{Durability, Inbox, Store, StoreError};
use super::terms::{fold_message, write_terms};
use crate::model::MessageId;

/// How many messages are indexed between two looks at the clock.
const STEP: usize = 8;

/// How many pages of the index are written in one step of merging.
const MERGED_AT_ONCE: i64 = 16;

const MERGE: &str = "INSERT INTO term (term, rank) VALUES ('merge', ?1)";

/// Adds to the spans what is not in the tally yet; stands before that is counted.
pub(in super::super) const SPAN_NEW: &str = "
    INSERT INTO span SELECT id >> 9, min(at), max(at) FROM message
    WHERE id > (SELECT counted FROM inbox) GROUP BY 1
    ON CONFLICT (block) DO UPDATE
    SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)";

/// Forgets the spans of messages that are all gone.
pub(in super::super) const SPAN_GONE: &str = "
    DELETE FROM span WHERE NOT EXISTS (
        SELECT 1 FROM message WHERE id BETWEEN span.block << 9 AND (span.block << 9) + 511)";

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexing {
    /// There is more to do.
    Behind,
    /// It knows everything.
    Complete,
}

impl Store {
    /// Indexes what is not in the index yet, for as long as it is told to go on; asks after every few
    /// messages. What is done is committed.
    ///
    /// # Errors
    /// If it cannot be stored. Searches are right nevertheless, and slow.
    pub fn index(&mut self, mut go_on: impl FnMut() -> bool) -> Result<Indexing, StoreError> {
        if self.unmerged && self.merge(&mut go_on)? == Indexing::Behind {
            return Ok(Indexing::Behind);
        }
        if is_complete(&self.connection)? {
            return Ok(Indexing::Complete);
        }
        let (indexing, _) = self.write(Durability::Process, |tx| {
            let mut slice = Slice::new(tx)?;
            let indexing = match slice.refresh(&mut go_on)? {
                Indexing::Complete => slice.follow(&mut go_on)?,
                Indexing::Behind => Indexing::Behind,
            };
            Ok((indexing, Inbox::Same))
        })?;
        self.unmerged = true;
        // Merging gets a slice of its own where this one is over.
        if indexing == Indexing::Behind || !go_on() { Ok(Indexing::Behind) } else { self.merge(&mut go_on) }
    }

    /// Merges the parts that the index was written in, a few pages at a time: with many parts searches get slow.
    fn merge(&mut self, go_on: &mut impl FnMut() -> bool) -> Result<Indexing, StoreError> {
        loop {
            let before = self.connection.total_changes();
            self.write(Durability::Process, |tx| {
                tx.prepare_cached(MERGE)?.execute([MERGED_AT_ONCE])?;
                Ok(((), Inbox::Same))
            })?;
            // SQLite's documentation of FTS5: fewer than two changes mean that nothing was left to do.
            if self.connection.total_changes() - before < 2 {
                self.unmerged = false;
                return Ok(Indexing::Complete);
            }
            if !go_on() {
                return Ok(Indexing::Behind);
            }
        }
    }

    /// Up to which message the index is complete.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn indexed_through(&self) -> Result<MessageId, StoreError> {
        let through = self
            .connection
            .prepare_cached("SELECT through FROM indexed")?
            .query_row([], |row| row.get(0).map(MessageId))?;
        Ok(through)
    }

    /// Forgets the index; [`Store::index`] makes it anew.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn rebuild_index(&mut self) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            tx.execute_batch(
                "INSERT INTO term (term) VALUES ('delete-all');
                 DELETE FROM stale;
                 UPDATE indexed SET through = 0;
                 DELETE FROM span;
                 INSERT INTO span SELECT id >> 9, min(at), max(at) FROM message GROUP BY 1;",
            )?;
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }
}

fn is_complete(connection: &Connection) -> Result<bool, StoreError> {
    let behind: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM stale)
                 OR coalesce((SELECT max(id) FROM message), 0) > (SELECT through FROM indexed)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(!behind)
}

/// One transaction's worth of indexing.
struct Slice<'tx> {
    tx: &'tx Connection,
    insert: CachedStatement<'tx>,
    folded: String,
    terms: String,
}

impl<'tx> Slice<'tx> {
    fn new(tx: &'tx Connection) -> Result<Self, StoreError> {
        let insert = tx.prepare_cached("INSERT INTO term (rowid, terms) VALUES (?1, ?2)")?;
        Ok(Self { tx, insert, folded: String::new(), terms: String::new() })
    }

    /// Brings stale messages up to date.
    fn refresh(&mut self, go_on: &mut impl FnMut() -> bool) -> Result<Indexing, StoreError> {
        let mut first = self.tx.prepare_cached("SELECT message FROM stale LIMIT 1")?;
        let mut text = self.tx.prepare_cached(&format!("{TEXTS} WHERE id = ?1 AND title <> ''"))?;
        let mut drop_terms = self.tx.prepare_cached("DELETE FROM term WHERE rowid = ?1")?;
        let mut drop_stale = self.tx.prepare_cached("DELETE FROM stale WHERE message = ?1")?;
        for n in 1.. {
            let Some(id) = first.query_row([], |row| row.get::<_, i64>(0)).optional()? else { break };
            drop_terms.execute([id])?;
            let mut rows = text.query([id])?;
            if let Some(row) = rows.next()? {
                self.add(row)?;
            }
            drop_stale.execute([id])?;
            if n % STEP == 0 && !go_on() {
                return Ok(Indexing::Behind);
            }
        }
        Ok(Indexing::Complete)
    }

    /// Goes on with the messages that have come since.
    fn follow(&mut self, go_on: &mut impl FnMut() -> bool) -> Result<Indexing, StoreError> {
        let mut through: i64 =
            self.tx.prepare_cached("SELECT through FROM indexed")?.query_row([], |row| row.get(0))?;
        let mut texts =
            self.tx.prepare_cached(&format!("{TEXTS} WHERE id > ?1 AND title <> '' ORDER BY id"))?;
        let mut rows = texts.query([through])?;
        let mut indexing = Indexing::Complete;
        let mut n = 0;
        while let Some(row) = rows.next()? {
            self.add(row)?;
            through = row.get(0)?;
            n += 1;
            if n % STEP == 0 && !go_on() {
                indexing = Indexing::Behind;
                break;
            }
        }
        if indexing == Indexing::Complete {
            // What was deleted before it was indexed never will be.
            let last = "SELECT coalesce(max(id), 0) FROM message";
            through = self.tx.prepare_cached(last)?.query_row([], |row| row.get::<_, i64>(0))?.max(through);
        }
        self.tx.prepare_cached("UPDATE indexed SET through = ?1")?.execute([through])?;
        Ok(indexing)
    }

    /// Adds a row of [`TEXTS`].
    fn add(&mut self, row: &rusqlite::Row<'_>) -> Result<(), StoreError> {
        let text = |column| row.get_ref(column).map(|value| value.as_str_or_null().ok().flatten());
        let (title, sender, body) = (text(1)?, text(2)?, text(3)?);
        fold_message(title.unwrap_or_default(), sender, body.unwrap_or_default(), &mut self.folded);
        write_terms(&self.folded, &mut self.terms);
        self.insert.execute(params![row.get::<_, i64>(0)?, self.terms])?;
        Ok(())
    }
}

/// The texts of messages, no more of them than is searched: so many characters are at least so many bytes.
const TEXTS: &str = "SELECT id, title, sender, substr(body, 1, 16384) FROM message";
