//! Answers beside the writer: pages, single messages, export.

use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, Transaction};

use super::{
    Announced, Decision, InboxSummary, ListFilter, LogEvent, PATIENCE, Page, PageKey, StoreError, decisions,
    ledger, list, log, payload, read, schema,
};
use crate::model::{Message, MessageId, SourceId, Timestamp};

/// Whether there is more than was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// That is all.
    No,
    /// There is, or may be.
    Perhaps,
}

/// A read-only connection. Each answer sees one commit, whatever is written meanwhile.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// The most rows of one page.
    pub const MAX_ROWS: u16 = 500;

    /// Opens the database for reading.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none, [`StoreError::Newer`] or [`StoreError::Older`] where
    /// its format is not this version's.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: schema::open_reader(path, PATIENCE)? })
    }

    /// A stretch of a list, newest first: at most `limit` rows (1–500); fewer, even none, where the list goes on, if
    /// what narrows it is rare.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn page(&self, filter: &ListFilter, now: Timestamp) -> Result<Page, StoreError> {
        let limit = filter.limit.clamp(1, Self::MAX_ROWS.into());
        // One more than asked for tells whether there is a next page.
        let one_more = ListFilter { limit: limit + 1, ..filter.clone() };
        let tx = self.snapshot()?;
        let rev = read::rev(&tx)?;
        let (mut rows, cut) = list::rows(&tx, &one_more, now)?;
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|row| PageKey { at: row.at, id: row.id });
        let next = if more { last } else { cut };
        Ok(Page { rev, rows, next })
    }

    /// How many rows a list has, at most `limit` of them; whether there are more, or may be, for what narrows it is rare.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn count(&self, list: &ListFilter, now: Timestamp) -> Result<(u32, More), StoreError> {
        let one_more = ListFilter { limit: list.limit.saturating_add(1), ..list.clone() };
        let list::Keys { keys, cut } = list::keys(&self.connection, &one_more, now)?;
        let found = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let more = if cut.is_some() || found > list.limit { More::Perhaps } else { More::No };
        Ok((found.min(list.limit), more))
    }

    /// The messages of a stretch of a list, newest first: at most `limit`, fewer where the list goes on if what narrows it
    /// is rare; and where the list goes on.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn ids(
        &self,
        list: &ListFilter,
        now: Timestamp,
    ) -> Result<(Vec<MessageId>, Option<PageKey>), StoreError> {
        let list::Keys { keys, cut } = list::keys(&self.connection, list, now)?;
        let full = u32::try_from(keys.len()).is_ok_and(|found| found >= list.limit);
        let next = if full { keys.last().copied() } else { cut };
        Ok((keys.into_iter().map(|key| key.id).collect(), next))
    }

    /// The newest message of all, as ids go; what is stored later has a greater one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_id(&self) -> Result<MessageId, StoreError> {
        let last = "SELECT coalesce(max(id), 0) FROM message";
        Ok(self.connection.prepare_cached(last)?.query_row([], |row| row.get(0).map(MessageId))?)
    }

    /// One message, complete, with the inbox's revision that it was seen at; nothing if there is none or
    /// it is deleted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn message(&self, id: MessageId) -> Result<Option<(u64, Message)>, StoreError> {
        let tx = self.snapshot()?;
        let rev = read::rev(&tx)?;
        Ok(read::message(&tx, id)?.map(|message| (rev, message)))
    }

    /// What the server sent, as it came; nothing if there is no such message, or nobody knows any more.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn payload(&self, id: MessageId) -> Result<Option<String>, StoreError> {
        let tx = self.snapshot()?;
        let Some(message) = read::message(&tx, id)? else { return Ok(None) };
        let packed: Option<String> = tx
            .prepare_cached("SELECT payload FROM message WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))?;
        Ok(packed.map(|packed| payload::unpack(&packed, &message)))
    }

    /// What became of a message's announcements, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn announced(&self, id: MessageId) -> Result<Vec<Announced>, StoreError> {
        ledger::announced(&self.connection, id)
    }

    /// What became of the announcements of the newest messages, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn decisions(&self, limit: u32) -> Result<Vec<Decision>, StoreError> {
        decisions::decisions(&self.connection, limit)
    }

    /// The event log of a source, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn log(&self, source: SourceId, limit: u32) -> Result<Vec<(Timestamp, LogEvent)>, StoreError> {
        log::lines(&self.connection, source, limit)
    }

    /// What is in the inbox.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn summary(&self, now: Timestamp) -> Result<InboxSummary, StoreError> {
        read::summary(&self.connection, now)
    }

    /// Complete messages, newest first, for the command line.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list(&self, filter: &ListFilter, now: Timestamp) -> Result<Vec<Message>, StoreError> {
        list::messages(&self.connection, filter, now)
    }

    /// The place of a message in the lists; nothing if there is no such message or it is deleted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn place(&self, id: MessageId) -> Result<Option<PageKey>, StoreError> {
        read::place(&self.connection, id)
    }

    /// Hands over every message that is not deleted, oldest first, until told to stop. Which ones is seen at one
    /// commit, and each by itself as it is when its turn comes, so that whoever takes his time holds no commit open;
    /// what is deleted meanwhile is left out. Memory does not grow with their texts.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn export(&self, mut each: impl FnMut(Message) -> ControlFlow<()>) -> Result<(), StoreError> {
        for id in read::all_ids(&self.connection)? {
            if let Some(message) = read::message(&self.connection, id)?
                && each(message).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.unchecked_transaction()?)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::super::testing::*;
    use super::super::{Change, Tab};
    use super::*;
    use crate::model::{MessageKind, SentAt};

    #[test]
    fn an_answer_carries_the_revision_that_it_saw() {
        let mut bench = Bench::new();
        let reader = bench.reader();
        assert_eq!(reader.page(&filter(Tab::All, None, 10), NOW).unwrap().rev, 0);
        let rev = bench.deliver(vec![message("a")]).rev;
        let page = reader.page(&filter(Tab::All, None, 10), NOW).unwrap();
        assert_eq!((page.rev, page.rows.len()), (rev, 1));
        assert_eq!(reader.message(MessageId(1)).unwrap().unwrap().0, rev);
        assert_eq!(reader.message(MessageId(2)).unwrap(), None);
    }

    #[test]
    fn an_answer_sees_one_commit_while_others_follow() {
        let mut bench = Bench::new();
        let path = bench.path();
        thread::scope(|scope| {
            // Each commit adds one message and one revision, so that the two have to agree.
            let writer = scope.spawn(|| {
                for n in 0..200 {
                    let one = batch(vec![message(&n.to_string())]);
                    bench.store.deliver(bench.source, &one, NOW).unwrap();
                }
            });
            let reader = Reader::open(&path).unwrap();
            let mut seen = 0;
            while seen < 200 {
                let ended = writer.is_finished();
                let page = reader.page(&filter(Tab::All, None, 500), NOW).unwrap();
                assert_eq!(page.rev, page.rows.len() as u64);
                let summary = reader.summary(NOW).unwrap();
                assert_eq!(summary.rev, summary.total);
                assert!(page.rev >= seen && summary.rev >= page.rev, "time ran backwards");
                assert!(!ended || summary.rev == 200, "the writer has ended early");
                seen = summary.rev;
            }
        });
    }

    #[test]
    fn what_is_deleted_is_shown_nowhere() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a"), message("b")]);
        bench.deliver(vec![Change::Deleted { ids: vec![remote("a")] }]);
        let reader = bench.reader();
        assert_eq!(reader.message(MessageId(1)).unwrap(), None);
        assert_eq!(reader.place(MessageId(1)).unwrap(), None);
        for tab in [Tab::All, Tab::Unread, Tab::Kind { kind: MessageKind::Reply }] {
            assert_eq!(reader.page(&filter(tab, None, 10), NOW).unwrap().rows.len(), 1);
        }
        assert_eq!(exported(&reader), ids(&[2]));
    }

    #[test]
    fn the_export_is_complete_and_oldest_first() {
        let mut bench = Bench::new();
        let sent = |id: &str, at| {
            Change::Message(arrival_with(id, |message| message.sent_at = SentAt::Exact(Timestamp(at))))
        };
        bench.deliver(vec![sent("a", 5), sent("b", 3), sent("c", 5), sent("d", 1)]);
        bench.store.connection.execute("UPDATE message SET archived_at = 1 WHERE id = 2", []).unwrap();
        let reader = bench.reader();
        assert_eq!(exported(&reader), ids(&[4, 2, 1, 3]));
        let mut taken = 0;
        let two = |_| {
            taken += 1;
            if taken == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        reader.export(two).unwrap();
        assert_eq!(taken, 2);
    }

    #[test]
    fn an_export_that_stands_still_holds_no_journal_open() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a"), message("b"), message("c")]);
        let mut seen = Vec::new();
        let reader = bench.reader();
        let each = |message: Message| {
            seen.push(message.id);
            if seen.len() == 1 {
                let gone = Change::Deleted { ids: vec![remote("b")] };
                bench.deliver(vec![gone]);
                let busy = bench
                    .store
                    .connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
                assert_eq!(busy.unwrap(), 0, "the journal cannot be emptied");
            }
            ControlFlow::Continue(())
        };
        reader.export(each).unwrap();
        assert_eq!(seen, ids(&[1, 3]), "what was deleted meanwhile is left out");
    }

    #[test]
    fn a_reader_cannot_write() {
        let bench = Bench::new();
        let error = bench.reader().connection.execute("UPDATE inbox SET rev = 9", []).unwrap_err();
        assert!(matches!(StoreError::from(error), StoreError::ReadOnly(_)));
    }

    fn exported(reader: &Reader) -> Vec<MessageId> {
        let mut ids = Vec::new();
        reader
            .export(|message| {
                ids.push(message.id);
                ControlFlow::Continue(())
            })
            .unwrap();
        ids
    }
}
