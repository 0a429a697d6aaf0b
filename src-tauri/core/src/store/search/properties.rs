//! Random messages, changes and slices of the index; every search has to find what a naive one finds.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::testing::*;
use super::super::{Change, Filter, PageKey, ReadState, Tab};
use super::terms::fold;
use super::*;
use crate::model::{MessageId, MessageKind, SentAt, SourceId, Timestamp};

/// Pieces of texts; with them words, runs and what lies between come to stand beside each other.
const PIECES: [&str; 16] = [
    "通知",
    "系统",
    "知",
    "部署失败",
    "deploy",
    "Dep",
    "depot",
    "café",
    " ",
    "，",
    "-",
    "v2",
    "Ａ",
    "x",
    "の知らせ",
    "\n",
];

/// What is searched for: words, parts, odd texts.
const QUERIES: [&str; 20] = [
    "通知",
    "知",
    "系统通",
    "部署 dep",
    "d",
    "de",
    "deploy",
    "DEPO",
    "cafe",
    "x",
    "a",
    "v2 通知",
    "知系",
    "の",
    "\"通知\" OR",
    "dep* -x",
    "失败",
    "ploy",
    "x通知",
    "通知系统 v",
];

#[derive(Debug, Clone)]
enum Act {
    Arrive { source: u8, id: u8, text: Vec<usize>, ago: u8, kind: bool },
    Read { id: u8 },
    Archive { id: u8 },
    Delete { id: u8 },
    UserDeletes { id: u8 },
    Erase,
    Forget { source: u8 },
    Index { steps: usize },
    Rebuild,
}

fn act() -> impl Strategy<Value = Act> {
    let text = || vec(0..PIECES.len(), 1..8);
    prop_oneof![
        12 => (0..2u8, 0..40u8, text(), 0..60u8, any::<bool>())
            .prop_map(|(source, id, text, ago, kind)| Act::Arrive { source, id, text, ago, kind }),
        1 => (0..40u8).prop_map(|id| Act::Read { id }),
        1 => (0..40u8).prop_map(|id| Act::Archive { id }),
        1 => (0..40u8).prop_map(|id| Act::Delete { id }),
        1 => (0..40u8).prop_map(|id| Act::UserDeletes { id }),
        1 => Just(Act::Erase),
        1 => (0..2u8).prop_map(|source| Act::Forget { source }),
        4 => (0..4usize).prop_map(|steps| Act::Index { steps }),
        1 => Just(Act::Rebuild),
    ]
}

fn source_id(source: u8) -> SourceId {
    SourceId(uuid::Uuid::from_u128(u128::from(source) + 1))
}

fn apply(bench: &mut Bench, act: &Act) {
    let deliver = |bench: &mut Bench, source, change| {
        bench.store.deliver(source_id(source), &batch(vec![change]), NOW).unwrap();
    };
    match act {
        Act::Arrive { source, id, text, ago, kind } => {
            let arrival = arrival_with(&id.to_string(), |message| {
                let text: String = text.iter().map(|piece| PIECES[*piece]).collect();
                let (title, body) = text.split_at(text.floor_char_boundary(text.len() / 2));
                message.title = format!("{title}.");
                message.body = body.to_owned();
                message.sent_at = SentAt::Exact(Timestamp(NOW.0 - i64::from(*ago)));
                message.kind = if *kind { MessageKind::Reply } else { MessageKind::System };
            });
            deliver(bench, *source, Change::Updated(arrival));
        }
        Act::Read { id } => {
            let ids = vec![remote(&id.to_string())];
            deliver(bench, 0, Change::Read { ids, read: ReadState::Read });
        }
        Act::Delete { id } => deliver(bench, 0, Change::Deleted { ids: vec![remote(&id.to_string())] }),
        Act::Archive { id } => drop(bench.store.archive(&[MessageId((*id).into())], NOW).unwrap()),
        Act::UserDeletes { id } => drop(bench.store.delete(&[MessageId((*id).into())], NOW).unwrap()),
        Act::Erase => bench.store.erase_deleted().unwrap(),
        Act::Forget { source } => drop(bench.store.forget_source(source_id(*source)).unwrap()),
        Act::Index { steps } => {
            let mut left = *steps;
            let go_on = || {
                left = left.saturating_sub(1);
                left > 0
            };
            bench.store.index(go_on).unwrap();
        }
        Act::Rebuild => bench.store.rebuild_index().unwrap(),
    }
}

/// The words and runs of a text, by the plainest reading of the rules.
fn parts(text: &str) -> Vec<(bool, String)> {
    let mut folded = String::new();
    fold(text, &mut folded);
    let is_run = |c: char| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    let mut parts: Vec<(bool, String)> = Vec::new();
    let mut last = None;
    for c in folded.chars() {
        let this = c.is_alphanumeric().then(|| is_run(c));
        match (this, parts.last_mut()) {
            (Some(_), Some((_, part))) if this == last => part.push(c),
            (Some(run), _) => parts.push((run, c.to_string())),
            (None, _) => {}
        }
        last = this;
    }
    parts
}

/// Whether a text has everything that a query asks for.
fn has(text: &str, query: &str) -> bool {
    let (text, query) = (parts(text), parts(query));
    let found = |(run, wanted): &(bool, String)| {
        text.iter().any(|(is_run, part)| {
            is_run == run
                && if *run { part.contains(wanted.as_str()) } else { part.starts_with(wanted.as_str()) }
        })
    };
    !query.is_empty() && query.iter().all(found)
}

fn compare(bench: &Bench) {
    bench.store.check().unwrap();
    let reader = bench.reader();
    let mut texts = BTreeMap::new();
    reader
        .export(|message| {
            texts.insert(message.id, format!("{}\n{}", message.title, message.body));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let tabs = [
        None,
        Some(Tab::All),
        Some(Tab::Unread),
        Some(Tab::Archived),
        Some(Tab::Kind { kind: MessageKind::Reply }),
    ];
    for tab in tabs {
        for source in [None, Some(source_id(1))] {
            let mut listed = list_of(&reader, tab.clone(), source);
            for query in QUERIES {
                let mut expected = listed.clone();
                expected.retain(|key| has(&texts[&key.id], query));
                for limit in [1, 4, 100] {
                    assert_eq!(
                        found(&reader, query, tab.clone(), source, limit),
                        expected,
                        "{query} {tab:?}"
                    );
                }
            }
            listed.clear();
        }
    }
}

fn list_of(reader: &super::super::Reader, tab: Option<Tab>, source: Option<SourceId>) -> Vec<PageKey> {
    let list = |tab| {
        let filter =
            super::super::ListFilter { tab, source, filter: Filter::default(), before: None, limit: 500 };
        let rows = reader.page(&filter, NOW).unwrap().rows;
        rows.into_iter().map(|row| PageKey { at: row.at, id: row.id }).collect::<Vec<_>>()
    };
    match tab {
        Some(tab) => list(tab),
        None => {
            let mut all = [list(Tab::All), list(Tab::Archived)].concat();
            all.sort_unstable_by_key(|key| std::cmp::Reverse(*key));
            all
        }
    }
}

fn found(
    reader: &super::super::Reader,
    query: &str,
    tab: Option<Tab>,
    source: Option<SourceId>,
    limit: u32,
) -> Vec<PageKey> {
    let mut search =
        Search { text: query.to_owned(), tab, source, filter: Filter::default(), before: None, limit };
    let mut keys = Vec::new();
    loop {
        let page = reader.search(&search, NOW).unwrap();
        assert!(page.rows.len() <= limit as usize);
        for found in &page.rows {
            assert!(!(found.title.is_empty() && found.preview.is_empty()), "{query} is nowhere in {found:?}");
        }
        keys.extend(page.rows.iter().map(|found| PageKey { at: found.row.at, id: found.row.id }));
        search.before = page.next;
        if page.next.is_none() {
            return keys;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_search_finds_what_a_naive_one_finds(acts in vec(act(), 1..60)) {
        let mut bench = Bench::new();
        for (n, act) in acts.iter().enumerate() {
            apply(&mut bench, act);
            if n % 16 == 15 {
                compare(&bench);
            }
        }
        compare(&bench);
    }
}

#[test]
fn what_lies_in_many_blocks_is_found_in_its_order_wherever_the_index_is() {
    let mut bench = Bench::new();
    // Older and newer ones alternate, many share their time, some blocks have nothing.
    let change = |n: usize| {
        Change::Message(arrival_with(&n.to_string(), |message| {
            let rare = if n % 700 == 3 { "少见" } else { "" };
            message.title = format!("第{n}条{rare}");
            message.body = if n / 1_000 == 2 { String::new() } else { "常见的 common 文字".to_owned() };
            message.sent_at = SentAt::Exact(Timestamp(NOW.0 - (n as i64 * 7_919 % 900) * 10));
        }))
    };
    let changes: Vec<Change> = (0..6_000).map(change).collect();
    bench.store.deliver(bench.source, &batch(changes), NOW).unwrap();
    let listed: Vec<PageKey> = {
        let filter = filter(Tab::All, None, 10_000);
        super::super::list::keys(&bench.store.connection, &filter, NOW).unwrap().keys
    };
    let expected = |of: &dyn Fn(i64) -> bool| -> Vec<PageKey> {
        listed.iter().copied().filter(|key| of(key.id.0 - 1)).collect()
    };
    let common = expected(&|n| n / 1_000 != 2);
    let rare = expected(&|n| n % 700 == 3);
    // Not at all, in part, whole.
    for steps in [0, 300, usize::MAX] {
        let mut left = steps;
        let go_on = || {
            left = left.saturating_sub(1);
            left > 0
        };
        if steps > 0 {
            bench.store.index(go_on).unwrap();
        }
        let reader = bench.reader();
        assert_eq!(found(&reader, "少见", None, None, 5), rare);
        assert_eq!(found(&reader, "常见 com", None, None, 500), common);
        assert_eq!(found(&reader, "common", Some(Tab::Unread), None, 400), common);
    }
    bench.check().unwrap();
}

#[test]
fn a_page_that_finds_little_ends_in_time_and_goes_on() {
    let mut bench = Bench::new();
    // The pairs are in each message, but never beside each other: the index cannot tell.
    let change = |n: usize| {
        Change::Message(arrival_with(&n.to_string(), |message| {
            message.body = if n == 0 { "甲乙丙" } else { "甲乙 乙丙" }.to_owned();
        }))
    };
    for chunk in 0..8 {
        let changes = (chunk * 5_000..(chunk + 1) * 5_000).map(change).collect();
        bench.store.deliver(bench.source, &batch(changes), NOW).unwrap();
    }
    bench.store.index(|| true).unwrap();
    let reader = bench.reader();
    let search = Search {
        text: "甲乙丙".to_owned(),
        tab: None,
        source: None,
        filter: Filter::default(),
        before: None,
        limit: 10,
    };
    let first = reader.search(&search, NOW).unwrap();
    assert!(first.rows.is_empty() && first.next.is_some());
    assert_eq!(found(&reader, "甲乙丙", None, None, 10).len(), 1);
}
