//! Finding: candidates by block of ids, the newest block first, each compared with the message itself.

use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

use rusqlite::{Connection, ToSql};

use super::super::filter::{checks, condition, span};
use super::super::{Filter, ListFilter, MessageRow, PageKey, Reader, StoreError, Tab, list, read};
use super::excerpt::mark;
use super::terms::{Wanted, fold_message};
use super::{Found, SearchPage};
use crate::model::{MessageId, SourceId, Timestamp};

/// The ids of one block are the same but for so many bits.
const BLOCK: u32 = 9;

/// A list of no more messages than this is searched message by message, without the index.
const SHORT: u32 = 2_000;

/// How many candidates one page looks at, at most about.
const BUDGET: usize = 30_000;

/// What is searched for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The words, as the user wrote them.
    pub text: String,
    /// Only in this list; in everything that is not deleted, archived or not, if empty.
    pub tab: Option<Tab>,
    /// Only what came from this source.
    pub source: Option<SourceId>,
    /// What narrows it further.
    pub filter: Filter,
    /// Only what stands below this place.
    pub before: Option<PageKey>,
    /// How many rows at most, 1–500.
    pub limit: u32,
}

impl Reader {
    /// Searches, newest first. A query without words finds nothing.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn search(&self, search: &Search, now: Timestamp) -> Result<SearchPage, StoreError> {
        let tx = self.snapshot()?;
        let rev = read::rev(&tx)?;
        let wanted = Wanted::new(&search.text);
        if wanted.is_empty() {
            return Ok(SearchPage { rev, rows: Vec::new(), next: None });
        }
        let limit = search.limit.clamp(1, Self::MAX_ROWS.into()) as usize;
        let mut finder = Finder {
            connection: &tx,
            search,
            now,
            source: match search.source {
                Some(source) => match read::source_numbers(&tx, Some(source))?.first() {
                    Some(number) => Some(*number),
                    None => return Ok(SearchPage { rev, rows: Vec::new(), next: None }),
                },
                None => None,
            },
            question: wanted.question(),
            wanted,
            folded: String::new(),
            rows: Vec::new(),
            // One more than asked for tells whether there are more.
            enough: limit + 1,
            looked_at: 0,
        };
        let cut = match finder.short_list()? {
            Some(keys) => finder.take(keys).map(|()| None)?,
            None => finder.blocks()?,
        };
        let mut rows = finder.rows;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = match rows.last() {
            Some(last) if more => Some(PageKey { at: last.row.at, id: last.row.id }),
            Some(_) | None => cut,
        };
        Ok(SearchPage { rev, rows, next })
    }
}

/// One search at work.
struct Finder<'a> {
    connection: &'a Connection,
    search: &'a Search,
    now: Timestamp,
    source: Option<i64>,
    wanted: Wanted,
    question: String,
    folded: String,
    rows: Vec<Found>,
    enough: usize,
    looked_at: usize,
}

/// Neighbouring ids, and the newest place that one of them can have.
#[derive(Debug, Clone, Copy)]
struct Block {
    number: i64,
    newest: PageKey,
}

impl Finder<'_> {
    /// The places of a list that is short enough to be searched as it is.
    fn short_list(&self) -> Result<Option<Vec<PageKey>>, StoreError> {
        let tab = match &self.search.tab {
            Some(tab) => tab.clone(),
            None => return Ok(None),
        };
        let short = self.list(tab, SHORT + 1);
        let list::Keys { keys, cut } =
            list::ordered_keys(self.connection, &short, list::Order::NewestFirst, self.now)?;
        Ok(Some(keys).filter(|keys| cut.is_none() && keys.len() <= SHORT as usize))
    }

    /// A list of what is searched.
    fn list(&self, tab: Tab, limit: u32) -> ListFilter {
        let Search { source, filter, before, .. } = self.search;
        ListFilter { tab, source: *source, filter: filter.clone(), before: *before, limit }
    }

    /// Searches by block. Returns where to go on if that was cut short.
    fn blocks(&mut self) -> Result<Option<PageKey>, StoreError> {
        let blocks = self.all_blocks()?;
        let through: i64 =
            self.connection.prepare_cached("SELECT through FROM indexed")?.query_row([], |row| row.get(0))?;
        let mut candidates = BinaryHeap::new();
        let mut rest = blocks.as_slice();
        // Wider and wider: a rare word costs few questions, a frequent one few answers.
        let mut width = 1;
        loop {
            let bound = rest.first().map(|block| block.newest);
            let mut ripe = Vec::new();
            while let Some(key) =
                candidates.peek().copied().filter(|key| bound.is_none_or(|bound| *key > bound))
            {
                candidates.pop();
                // A stale message can be found twice.
                if ripe.last() != Some(&key) {
                    ripe.push(key);
                }
            }
            self.take(ripe)?;
            let Some(bound) = bound else { return Ok(None) };
            if self.rows.len() >= self.enough {
                return Ok(None);
            }
            if self.looked_at > BUDGET {
                // Everything that is not below this place has been searched.
                return Ok(Some(PageKey { id: MessageId(bound.id.0 + 1), ..bound }));
            }
            let (group, after) = rest.split_at(width.min(rest.len()));
            rest = after;
            width *= 2;
            for ids in stretches(group) {
                self.candidates(&ids, through, &mut candidates)?;
            }
        }
    }

    /// The blocks that can have something, the newest first.
    fn all_blocks(&self) -> Result<Vec<Block>, StoreError> {
        let below = self.search.before.map_or(i64::MAX, |before| before.at.0);
        let mut statement =
            self.connection.prepare_cached("SELECT block, newest FROM span WHERE oldest <= ?1")?;
        let block = |row: &rusqlite::Row<'_>| {
            let number = row.get(0)?;
            let newest = PageKey { at: Timestamp(row.get(1)?), id: MessageId(*ids(number).end()) };
            Ok(Block { number, newest })
        };
        let mut blocks = statement.query_map([below], block)?.collect::<Result<Vec<_>, rusqlite::Error>>()?;
        blocks.sort_unstable_by_key(|block| std::cmp::Reverse(block.newest));
        Ok(blocks)
    }

    /// What the index knows among these ids, and what it does not know yet.
    fn candidates(
        &mut self,
        ids: &RangeInclusive<i64>,
        through: i64,
        into: &mut BinaryHeap<PageKey>,
    ) -> Result<(), StoreError> {
        let (first, last) = (*ids.start(), *ids.end());
        let before = into.len();
        if first <= through {
            let known = "term CROSS JOIN message AS m ON m.id = term.rowid
                 WHERE term MATCH :question AND term.rowid BETWEEN :first AND :last";
            self.read(known, first, last.min(through), into)?;
            let stale = "stale CROSS JOIN message AS m ON m.id = stale.message
                 WHERE stale.message BETWEEN :first AND :last";
            self.read(stale, first, last.min(through), into)?;
        }
        if last > through {
            let unknown = "message AS m WHERE m.id BETWEEN :first AND :last";
            self.read(unknown, first.max(through + 1), last, into)?;
        }
        self.looked_at += into.len() - before;
        Ok(())
    }

    fn read(
        &self,
        from: &str,
        first: i64,
        last: i64,
        into: &mut BinaryHeap<PageKey>,
    ) -> Result<(), StoreError> {
        let in_list = self.search.tab.as_ref().map_or("m.deleted_at IS NULL", condition);
        let wanted: Vec<&str> = [in_list].into_iter().chain(checks(&self.search.filter)).collect();
        let of_source = if self.source.is_some() { "AND m.source = :source" } else { "" };
        let below = match self.search.before {
            Some(_) => "AND (m.at < :at OR m.at = :at AND m.id < :id)",
            None => "",
        };
        let sql = format!(
            "SELECT m.at, m.id FROM {from} AND {} {} {of_source} {below}",
            wanted.join(" AND "),
            span(&self.search.filter, self.now)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let list = self.list(self.search.tab.clone().unwrap_or(Tab::All), 0);
        let values = list::Values::new(&list, self.search.before, self.now);
        let source = self.source.unwrap_or_default();
        let own: [(&str, &dyn ToSql); 3] =
            [(":question", &self.question), (":first", &first), (":last", &last)];
        let all = [own.as_slice(), &values.with(&source)].concat();
        let asked = list::asked(&statement, &all)?;
        let mut rows = statement.query(asked.as_slice())?;
        while let Some(row) = rows.next()? {
            into.push(PageKey { at: Timestamp(row.get(0)?), id: MessageId(row.get(1)?) });
        }
        Ok(())
    }

    /// Compares candidates, newest first, with their messages; keeps those that have what is wanted.
    fn take(&mut self, keys: Vec<PageKey>) -> Result<(), StoreError> {
        let texts = "SELECT title, sender, substr(body, 1, 16384) FROM message WHERE id = ?1";
        let mut texts = self.connection.prepare_cached(texts)?;
        for key in keys {
            if self.rows.len() >= self.enough {
                break;
            }
            self.looked_at += 1;
            let mut rows = texts.query([key.id.0])?;
            let Some(row) = rows.next()? else { continue };
            let title = row.get_ref(0)?.as_str().unwrap_or_default();
            let sender = row.get_ref(1)?.as_str_or_null().unwrap_or_default();
            let body = row.get_ref(2)?.as_str().unwrap_or_default();
            fold_message(title, sender, body, &mut self.folded);
            if self.wanted.is_in(&self.folded) {
                let row: Option<MessageRow> = list::row(self.connection, key.id, self.now)?;
                self.rows.extend(row.map(|row| mark(row, body, &self.wanted)));
            }
        }
        Ok(())
    }
}

/// The ids of a block.
fn ids(number: i64) -> RangeInclusive<i64> {
    let first = number << BLOCK;
    first..=first + (1 << BLOCK) - 1
}

/// The ids of blocks, in as few stretches as can be.
fn stretches(blocks: &[Block]) -> Vec<RangeInclusive<i64>> {
    let mut numbers: Vec<i64> = blocks.iter().map(|block| block.number).collect();
    numbers.sort_unstable();
    let mut stretches: Vec<RangeInclusive<i64>> = Vec::new();
    for number in numbers {
        let ids = ids(number);
        match stretches.last_mut() {
            Some(last) if last.end() + 1 == *ids.start() => *last = *last.start()..=*ids.end(),
            Some(_) | None => stretches.push(ids),
        }
    }
    stretches
}
