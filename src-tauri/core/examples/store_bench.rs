//! Prints what the store takes and answers in a second, beside a plain INSERT loop of the same rows.
//!
//! `cargo run --release -p belfry-core --example store_bench [-- MESSAGES]`

#![allow(clippy::print_stdout)]

#[path = "shared/measure.rs"]
mod measure;

use std::path::Path;
use std::time::{Duration, Instant};

use belfry_core::model::{
    Cursor, MessageId, MessageKind, NewMessage, Priority, RemoteId, SentAt, SourceId, Timestamp, Via,
};
use belfry_core::store::{
    Announce, Arrival, Batch, Change, CursorUpdate, Filter, ListFilter, Old, PageKey, PlaceUpdate, ReadState,
    Reader, Store, StoreError, SweepPlace, Tab,
};
use measure::{Spans, Watch, thread_cpu};
use rusqlite::{Connection, params};

/// Messages per transaction.
const BATCH: usize = 500;
const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// 60 characters.
const TEXT: &str = "The nightly report is ready; it has 12 pages and 3 warnings.";

fn main() -> Result<(), StoreError> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let folder = std::env::temp_dir().join(format!("belfry-store-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|source| StoreError::File { path: folder.clone(), source })?;
    let outcome = measure(&folder, count);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn measure(folder: &Path, count: usize) -> Result<(), StoreError> {
    for round in 0..3 {
        let plain = plain(&folder.join(format!("plain-{round}.db")), count)?;
        let due = deliver(&folder.join(format!("due-{round}.db")), count, Announce::Due)?;
        let quiet = deliver(&folder.join(format!("quiet-{round}.db")), count, Announce::Never)?;
        println!("plain INSERT   {plain}\ndeliver, due   {due}\ndeliver, quiet {quiet}");
    }
    let path = folder.join("quiet-0.db");
    again(&path, count)?;
    answers(&path, count)
}

/// The same rows into one table without indexes, triggers or checks.
fn plain(path: &Path, count: usize) -> Result<String, StoreError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE message (id INTEGER PRIMARY KEY, remote_id TEXT, sent_at INTEGER, received_at INTEGER,
         kind TEXT, title TEXT, body TEXT)",
    )?;
    let batches = batches(count, Announce::Never);
    let watch = Watch::start();
    for batch in &batches {
        connection.execute_batch("BEGIN")?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO message (remote_id, sent_at, received_at, kind, title, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for change in &batch.changes {
            let Change::Message(Arrival { message, sent_at, .. }) = change else { continue };
            let id = message.remote_id.as_ref().map(|id| &id.0);
            insert.execute(params![
                id,
                sent_at.0,
                NOW.0,
                message.kind.as_str(),
                message.title,
                message.body
            ])?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(watch.rate(count))
}

fn deliver(path: &Path, count: usize, announce: Announce) -> Result<String, StoreError> {
    let mut store = Store::open(path)?;
    let source = source();
    let batches = batches(count, announce);
    let watch = Watch::start();
    for batch in &batches {
        store.deliver(source, batch, NOW)?;
    }
    Ok(watch.rate(count))
}

/// The same batches once more: every message is known.
fn again(path: &Path, count: usize) -> Result<(), StoreError> {
    println!("the same again {}", deliver(path, count, Announce::Never)?);
    Ok(())
}

fn answers(path: &Path, count: usize) -> Result<(), StoreError> {
    let mut store = Store::open(path)?;
    let reader = Reader::open(path)?;
    println!("with {count} messages, all unread ({} MiB):", file_size(path) / 1024 / 1024);
    timed("summary", 20, || store.summary(NOW).map(drop))?;
    timed("counts per source", 20, || store.source_counts(NOW).map(drop))?;
    timed("newest 5", 20, || store.newest(5, NOW).map(drop))?;
    let middle = reader.place(MessageId(count as i64 / 2))?;
    for (name, tab) in
        [("all", Tab::All), ("unread", Tab::Unread), ("kind", Tab::Kind { kind: MessageKind::System })]
    {
        timed(&format!("first page, {name}"), 20, || reader.page(&filter(&tab, None, 50), NOW).map(drop))?;
        timed(&format!("middle page, {name}"), 20, || reader.page(&filter(&tab, middle, 50), NOW).map(drop))?;
    }
    let narrowed: [(&str, Filter); 4] = [
        ("nothing is pinned", Filter { pinned: true, ..Filter::default() }),
        ("no link", Filter { link: true, kind: Some(MessageKind::Reply), ..Filter::default() }),
        ("no such priority", Filter { priority: Some(Priority::clamped(2)), ..Filter::default() }),
        ("unread of a kind", Filter { kind: Some(MessageKind::Reply), unread: true, ..Filter::default() }),
    ];
    for (name, narrow) in narrowed {
        timed(&format!("first page, narrowed: {name}"), 20, || {
            let list = ListFilter { filter: narrow.clone(), ..filter(&Tab::All, None, 50) };
            reader.page(&list, NOW).map(drop)
        })?;
    }
    timed("page of 500", 20, || reader.page(&filter(&Tab::All, middle, 500), NOW).map(drop))?;
    for (name, source) in [("with all messages", source()), ("without messages", SourceId::random())] {
        timed(&format!("middle page of a source {name}"), 20, || {
            let filter = ListFilter { source: Some(source), ..filter(&Tab::All, middle, 50) };
            reader.page(&filter, NOW).map(drop)
        })?;
    }
    timed("export", 1, || reader.export(|_| std::ops::ControlFlow::Continue(())))?;
    let counting = Connection::open(path)?;
    timed("for comparison: counting instead of the tally", 3, || {
        let sql = "SELECT kind, count(*), sum(unread_from <= ?1) FROM message
                   WHERE deleted_at IS NULL AND archived_at IS NULL GROUP BY kind";
        let mut statement = counting.prepare_cached(sql)?;
        let mut rows = statement.query([NOW.0])?;
        while rows.next()?.is_some() {}
        Ok(())
    })?;
    timed("mark one read", 20, || {
        let id = MessageId(count as i64 / 3);
        store.mark_read(&[id], ReadState::Read, NOW)?;
        store.mark_read(&[id], ReadState::Unread, NOW).map(drop)
    })?;
    sweep("sweep past all, unread", &mut store)?;
    all_read(&mut store)?;
    sweep("sweep all away", &mut store)
}

/// Marks everything read in the engine's slices of 6 ms, and takes it back in slices of 500 messages.
fn all_read(store: &mut Store) -> Result<(), StoreError> {
    let start = Instant::now();
    let Some(mut all) = store.begin_all_read(NOW)? else { return Ok(()) };
    println!("  mark all read: all count as read after {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    timed("  summary meanwhile", 20, || store.summary(NOW).map(drop))?;
    slices("  all have followed", |spans| {
        loop {
            let slice = Instant::now();
            let done = store.go_on_all_read(&mut all, || slice.elapsed() < Duration::from_millis(6))?;
            spans.add(slice.elapsed());
            if !done.more {
                return Ok(());
            }
        }
    })?;
    let mut former = all.into_former();
    slices("take that back", |spans| {
        while !former.is_empty() {
            let slice = Instant::now();
            store.take_back(&former.split_end(500), NOW)?;
            spans.add(slice.elapsed());
        }
        Ok(())
    })?;
    store.mark_all_read(NOW).map(drop)
}

/// A whole sweep in the engine's slices of 4 ms, and the processor time of each slice with its commit.
fn sweep(name: &str, store: &mut Store) -> Result<(), StoreError> {
    let old = Old { before: NOW, settled_by: NOW };
    let (mut place, mut gone) = (SweepPlace::default(), 0);
    slices(&format!("{name}; processor time"), |spans| {
        loop {
            let (slice, used) = (Instant::now(), thread_cpu());
            let go_on = || slice.elapsed() < Duration::from_millis(4);
            let swept = store.sweep(source(), old, place, NOW, go_on)?;
            if let Some((before, now)) = used.zip(thread_cpu()) {
                spans.add(now.saturating_sub(before));
            }
            gone += swept.gone.len();
            match swept.next {
                Some(next) => place = next,
                None => return Ok(()),
            }
        }
    })?;
    println!("    {gone} gone");
    Ok(())
}

fn slices(name: &str, act: impl FnOnce(&mut Spans) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let (start, mut spans) = (Instant::now(), Spans::default());
    act(&mut spans)?;
    println!("  {name}: {:.1} s in {} slices: {spans}", start.elapsed().as_secs_f64(), spans.count());
    Ok(())
}

fn filter(tab: &Tab, before: Option<PageKey>, limit: u32) -> ListFilter {
    ListFilter { tab: tab.clone(), source: None, filter: Filter::default(), before, limit }
}

fn timed(name: &str, rounds: usize, act: impl FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
    println!("  {name:<50} {}", Spans::of(rounds, act)?);
    Ok(())
}

fn batches(count: usize, announce: Announce) -> Vec<Batch> {
    let numbers: Vec<usize> = (0..count).collect();
    let batch = |numbers: &[usize]| Batch {
        changes: numbers.iter().map(|n| Change::Message(arrival(*n, announce))).collect(),
        place: PlaceUpdate {
            cursor: CursorUpdate::Set(Cursor(format!("k7-{}", numbers.len()))),
            ..PlaceUpdate::default()
        },
        ..Batch::default()
    };
    numbers.chunks(BATCH).map(batch).collect()
}

fn arrival(n: usize, announce: Announce) -> Arrival {
    let kinds = [MessageKind::Reply, MessageKind::System, MessageKind::Notification, MessageKind::Message];
    let sent_at = NOW.before(Duration::from_millis((1_000_000_usize.saturating_sub(n)) as u64));
    Arrival {
        message: NewMessage {
            remote_id: Some(RemoteId((1_000 + n).to_string())),
            kind: kinds[n % kinds.len()].clone(),
            title: format!("Report {n}"),
            body: TEXT.to_owned(),
            is_read: false,
            related_id: None,
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: SentAt::Exact(sent_at),
            extra: serde_json::Map::new(),
            payload: None,
        },
        sent_at,
        via: Via::Replay,
        announce,
    }
}

fn source() -> SourceId {
    SourceId(uuid::Uuid::from_u128(1))
}

fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
