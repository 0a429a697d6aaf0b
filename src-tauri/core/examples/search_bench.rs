//! Prints what search costs: the index's rate and size, and searches beside a plain LIKE scan of the same rows.
//!
//! `cargo run --release -p belfry-core --example search_bench [-- MESSAGES]`

#![allow(clippy::print_stdout)]

#[path = "shared/measure.rs"]
mod measure;

use std::path::Path;
use std::time::{Duration, Instant};

use belfry_core::model::{MessageKind, NewMessage, Priority, RemoteId, SentAt, SourceId, Timestamp, Via};
use belfry_core::store::{
    Announce, Arrival, Batch, Change, Filter, Indexing, Reader, Search, Store, StoreError,
};
use measure::{Spans, Watch, thread_cpu};
use rusqlite::Connection;

/// Messages per transaction.
const BATCH: usize = 500;
const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// As the engine's.
const SLICE: Duration = Duration::from_millis(4);

fn main() -> Result<(), StoreError> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let folder = std::env::temp_dir().join(format!("belfry-search-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|source| StoreError::File { path: folder.clone(), source })?;
    let outcome = measure(&folder, count);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn measure(folder: &Path, count: usize) -> Result<(), StoreError> {
    let path = folder.join("messages.db");
    let mut store = Store::open(&path)?;
    let mut words = Words::new();
    let watch = Watch::start();
    let mut making = Duration::ZERO;
    for start in (0..count).step_by(BATCH) {
        let made = Instant::now();
        let batch = batch(&mut words, start..(start + BATCH).min(count));
        making += made.elapsed();
        store.deliver(source(), &batch, NOW)?;
    }
    println!("{count} messages of about 80 characters, half Chinese");
    println!("deliver, no index      {} (making the messages included: {making:.1?})", watch.rate(count));
    let before = size(&path)?;

    let (mut slices, mut busy) = (Spans::default(), Spans::default());
    let watch = Watch::start();
    loop {
        let (start, used) = (Instant::now(), thread_cpu());
        let indexing = store.index(|| start.elapsed() < SLICE)?;
        slices.add(start.elapsed());
        if let Some((before, now)) = used.zip(thread_cpu()) {
            busy.add(now.saturating_sub(before));
        }
        if indexing == Indexing::Complete {
            break;
        }
    }
    println!("index, in slices       {}", watch.rate(count));
    println!("slices, time           {} of them: {slices}", slices.count());
    println!("slices, processor      {busy}");
    let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    println!(
        "on disk                {:.1} MiB, the index {:.1} MiB",
        mib(before),
        mib(size(&path)? - before)
    );

    both_at_once(&folder.join("both.db"))?;
    drop(store);
    searches(&path)
}

/// Deliveries and slices in turn: what a delivery costs while the index is behind.
fn both_at_once(path: &Path) -> Result<(), StoreError> {
    let mut store = Store::open(path)?;
    let mut words = Words::new();
    let (mut alone, mut beside) = (Duration::ZERO, Duration::ZERO);
    let rounds = 60;
    for round in 0..rounds * 2 {
        let start = round * BATCH;
        let batch = batch(&mut words, start..start + BATCH);
        let at = Instant::now();
        store.deliver(source(), &batch, NOW)?;
        if round < rounds {
            alone += at.elapsed();
            continue;
        }
        beside += at.elapsed();
        let start = Instant::now();
        store.index(|| start.elapsed() < SLICE)?;
    }
    let rate = |time: Duration| (rounds * BATCH) as f64 / time.as_secs_f64();
    println!(
        "deliver                {:.0}/s before any slice, {:.0}/s between slices",
        rate(alone),
        rate(beside)
    );
    Ok(())
}

fn searches(path: &Path) -> Result<(), StoreError> {
    let reader = Reader::open(path)?;
    let plain = Connection::open(path)?;
    let words = Words::new();
    let chinese = |n: usize| words.chinese[n].clone();
    let queries = [
        ("two characters, in most messages", chinese(0)),
        ("two characters, in one of 100", chinese(60)),
        ("two characters, rare", chinese(1_990)),
        ("two characters, in none", "龘龘".to_owned()),
        ("four characters, two words", chinese(3) + &chinese(5)),
        ("one character", chinese(7).chars().take(1).collect()),
        ("one letter", "a".to_owned()),
        ("two letters", words.latin[4].chars().take(2).collect()),
        ("three letters", words.latin[4].chars().take(3).collect()),
        ("a frequent word", words.latin[0].clone()),
        ("a rare word", words.latin[2_990].clone()),
        ("the number of one message", "n777".to_owned()),
        ("Chinese and a word", format!("{} {}", chinese(2), words.latin[2])),
    ];
    println!("searches, 50 rows:");
    for (name, text) in queries {
        let mut rows = 0;
        let found = Spans::of(20, || {
            rows = reader.search(&search(&text), NOW)?.rows.len();
            Ok(())
        })?;
        let scan = Spans::of(3, || {
            let all: Vec<String> = text.split(' ').map(|part| format!("%{part}%")).collect();
            let mut statement = plain.prepare_cached(
                "SELECT id FROM message INDEXED BY message_all
                 WHERE source = 1 AND deleted_at IS NULL AND archived_at IS NULL
                   AND (title LIKE ?1 OR body LIKE ?1) AND (title LIKE ?2 OR body LIKE ?2)
                 ORDER BY at DESC, id DESC LIMIT 51",
            )?;
            let mut rows = statement.query([all.first(), all.last()])?;
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        println!("  {name:<34} {text:<12} {rows:>3} rows   {found}   LIKE {:>9.3} ms", scan.within(500));
    }
    fifty(&reader, &words)
}

/// Fifty different searches, each done once: two characters, four, beginnings of words, words, both together.
fn fifty(reader: &Reader, words: &Words) -> Result<(), StoreError> {
    let chinese = |n: usize| words.chinese[n * 29].clone();
    let latin = |n: usize| words.latin[n * 37].clone();
    let texts = (0..10).flat_map(|n| {
        let two_letters = latin(n + 20).chars().take(2).collect();
        [
            chinese(n),
            chinese(n + 10) + &chinese(n),
            two_letters,
            latin(n),
            format!("{} {}", chinese(n), latin(n)),
        ]
    });
    let mut texts: Vec<String> = texts.collect();
    let count = texts.len();
    let spans = Spans::of(count, || {
        let text = texts.pop().unwrap_or_default();
        reader.search(&search(&text), NOW).map(drop)
    })?;
    println!("{count} searches, each once: {spans}");
    Ok(())
}

fn search(text: &str) -> Search {
    Search {
        text: text.to_owned(),
        tab: None,
        source: None,
        filter: Filter::default(),
        before: None,
        limit: 50,
    }
}

/// A made-up language: frequent words come often, rare ones seldom; the same in every run.
struct Words {
    chinese: Vec<String>,
    latin: Vec<String>,
    state: u64,
}

impl Words {
    fn new() -> Self {
        let mut words = Self { chinese: Vec::new(), latin: Vec::new(), state: 7 };
        for _ in 0..2_000 {
            let pair = [(); 2].map(|()| char::from_u32(0x4e00 + words.next(1_500)).unwrap_or('字'));
            words.chinese.push(pair.iter().collect());
        }
        for _ in 0..3_000 {
            let length = 2 + words.next(4);
            let syllable = |n: u32| {
                [char::from(b"bcdfghklmnprst"[n as usize % 14]), char::from(b"aeiou"[n as usize % 5])]
            };
            let word = (0..length).flat_map(|_| syllable(words.next(1_000))).collect();
            words.latin.push(word);
        }
        words
    }

    fn next(&mut self, below: u32) -> u32 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.state >> 33) % u64::from(below)) as u32
    }

    /// About as Zipf has it: the n-th word comes 1/n as often as the first.
    fn rank(&mut self, of: usize) -> usize {
        let even = f64::from(self.next(1 << 30)) / f64::from(1 << 30);
        ((of as f64).powf(even) - 1.0) as usize
    }

    fn text(&mut self, n: usize) -> String {
        let mut text = format!("n{n} ");
        for _ in 0..10 {
            let rank = self.rank(self.chinese.len());
            text += &self.chinese[rank];
        }
        for _ in 0..8 {
            let rank = self.rank(self.latin.len());
            text.push(' ');
            text += &self.latin[rank];
        }
        text
    }
}

fn batch(words: &mut Words, numbers: std::ops::Range<usize>) -> Batch {
    let changes = numbers.map(|n| Change::Message(arrival(n, words.text(n)))).collect();
    Batch { changes, ..Batch::default() }
}

fn arrival(n: usize, body: String) -> Arrival {
    let sent_at = NOW.before(Duration::from_secs((2_000_000_usize.saturating_sub(n)) as u64));
    let message = NewMessage {
        remote_id: Some(RemoteId((1_000 + n).to_string())),
        kind: MessageKind::System,
        title: "通知 Notice".to_owned(),
        body,
        is_read: false,
        related_id: None,
        link: None,
        priority: Priority::DEFAULT,
        sender: None,
        sent_at: SentAt::Exact(sent_at),
        extra: serde_json::Map::new(),
        payload: None,
    };
    Arrival { message, sent_at, via: Via::Replay, announce: Announce::Never }
}

fn source() -> SourceId {
    SourceId(uuid::Uuid::from_u128(1))
}

/// The database's size in bytes, once everything is in the file itself.
fn size(path: &Path) -> Result<u64, StoreError> {
    Connection::open(path)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(std::fs::metadata(path).map_or(0, |file| file.len()))
}
