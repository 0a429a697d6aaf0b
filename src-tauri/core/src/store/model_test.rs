//! Random acts on the store and on a model of it in plain maps; both have to agree after each act.

mod act;
mod apply;
mod model;

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use self::act::{Act, act};
use self::apply::{Acts, apply, source_id};
use self::model::{KINDS, Known, Model, Update, Word};
use super::testing::*;
use super::{Announce, Announcement, Intent, KindCount, ListFilter, MessageRow, ReadState, Reader, Tab};
use crate::model::{Cursor, MessageId, MessageKind, SourceId, Timestamp};

fn compare(bench: &Bench, model: &Model) {
    bench.store.check().unwrap();
    compare_texts(bench, model);
    for shift in [-10_000, 0, 1_000, 10_000] {
        let now = NOW.0 + shift;
        let summary = bench.store.summary(Timestamp(now)).unwrap();
        assert_eq!(summary, model.summary(summary.rev, now), "at {shift} ms");
        let mut counts: BTreeMap<u8, u64> = BTreeMap::new();
        for (_, known) in model.list(|known| known.unread(now)) {
            *counts.entry(known.source).or_default() += 1;
        }
        let stored = bench.store.source_counts(Timestamp(now)).unwrap();
        let unread = stored.iter().map(|count| (count.source, count.unread())).filter(|(_, n)| *n > 0);
        assert_eq!(
            unread.collect::<BTreeMap<_, _>>(),
            counts.into_iter().map(|(source, n)| (source_id(source), n)).collect()
        );
        for KindCount { kind, total, unread } in &summary.kinds {
            let of_kind = stored.iter().flat_map(|count| &count.kinds).filter(|count| count.kind == *kind);
            let sums = of_kind.fold((0, 0), |sums, count| (sums.0 + count.total, sums.1 + count.unread));
            assert_eq!(sums, (*total, *unread));
        }
    }
    let reader = bench.reader();
    let archived = model.list(|known| known.deleted.is_none() && known.archived.is_some());
    let listed = model.list(|known| known.listed(NOW.0));
    let mut snoozed = model.list(|known| known.present() && !known.listed(NOW.0));
    snoozed.reverse();
    let mut tabs = vec![(Tab::All, listed), (Tab::Archived, archived), (Tab::Snoozed, snoozed)];
    tabs.push((Tab::Unread, model.list(|known| known.unread(NOW.0))));
    for (number, name) in (0..).zip(KINDS) {
        let of_kind = model.list(|known| known.listed(NOW.0) && known.kind == number);
        tabs.push((Tab::Kind { kind: MessageKind::from(name) }, of_kind));
    }
    for (tab, expected) in tabs {
        for source in [None, Some(0), Some(1)] {
            let of_source = |known: &Known| source.is_none_or(|source| known.source == source);
            let expected = expected.iter().filter(|(_, known)| of_source(known)).copied().collect();
            compare_list(&reader, &tab, source.map(source_id), expected);
        }
    }
    let due: Vec<_> = bench.store.unannounced().unwrap().iter().map(|message| message.id).collect();
    let open = model.messages.iter().filter(|(_, known)| known.open() && !known.settled());
    assert_eq!(due, open.map(|(id, _)| *id).collect::<Vec<_>>());
    compare_outbox(bench, model);
    for source in 0..2 {
        let place = bench.store.cursor(source_id(source)).unwrap();
        let cursor = model.cursors.get(&source).copied().flatten();
        assert_eq!(place.cursor, cursor.map(|n| Cursor(n.to_string())));
    }
}

/// Compares a list, read page by page, with what the model says.
fn compare_list(reader: &Reader, tab: &Tab, source: Option<SourceId>, expected: Vec<(MessageId, &Known)>) {
    let mut rows = Vec::new();
    let mut filter = ListFilter { source, ..filter(tab.clone(), None, 3) };
    loop {
        let page = reader.page(&filter, NOW).unwrap();
        rows.extend(page.rows);
        assert!(rows.len() < 1_000, "the list has no end");
        filter.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let stored: Vec<_> = rows
        .iter()
        .map(|row| {
            let MessageRow { id, source, kind, title, at, unread, archived, .. } = row;
            (*id, *source, kind.as_str(), title.clone(), at.0, *unread, *archived, row.snoozed_until)
        })
        .collect();
    let wanted: Vec<_> = expected
        .into_iter()
        .map(|(id, known)| {
            let (source, kind) = (source_id(known.source), KINDS[usize::from(known.kind)]);
            let (unread, archived) = (known.unread(NOW.0), known.archived.is_some());
            let title = known.title.to_string();
            (id, source, kind, title, known.at(), unread, archived, known.snoozed.map(Timestamp))
        })
        .collect();
    assert_eq!(stored, wanted, "{tab:?} of {source:?}");
}

/// Compares what servers have to be told; each word has to be true.
fn compare_outbox(bench: &Bench, model: &Model) {
    for source in 0..2 {
        let sql = "SELECT message, intent FROM outbox
            WHERE source = (SELECT id FROM source WHERE uuid = ?1) ORDER BY id";
        let mut statement = bench.store.connection.prepare(sql).unwrap();
        let rows = statement
            .query_map([source_id(source).to_string()], |row| {
                Ok((MessageId(row.get(0)?), row.get::<_, String>(1)?))
            })
            .unwrap();
        let expected = model.to_be_told(source);
        let names = expected.iter().map(|(id, intent)| (*id, format!("{intent:?}").to_lowercase()));
        assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), names.collect::<Vec<_>>());
        for (id, intent) in expected {
            let known = &model.messages[&id];
            let is_true = match intent {
                Intent::Read => known.read.is_some(),
                Intent::Unread => known.read.is_none(),
                Intent::Deleted => known.deleted.is_some(),
            };
            assert!(is_true, "{intent:?} of {known:?}");
        }
    }
}

/// Compares what is left of each message's texts.
fn compare_texts(bench: &Bench, model: &Model) {
    let sql = "SELECT id, title <> '' OR body <> '' FROM message ORDER BY id";
    let mut statement = bench.store.connection.prepare(sql).unwrap();
    let texts = statement.query_map([], |row| Ok((MessageId(row.get(0)?), row.get(1)?))).unwrap();
    let texts: Vec<(MessageId, bool)> = texts.map(Result::unwrap).collect();
    assert_eq!(texts, model.messages.iter().map(|(id, known)| (*id, !known.erased)).collect::<Vec<_>>());
}

proptest! {
    // No file of past failures: each names its acts. Finding the shortest ones may not take minutes.
    #![proptest_config(ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES").map_or(40, |_| ProptestConfig::default().cases),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_agrees_with_the_model(acts in vec(act(), 1..30)) {
        let mut bench = Bench::new();
        let mut model = Model::default();
        let mut done = Acts::new();
        for act in &acts {
            apply(&mut bench, &mut model, &mut done, act);
            compare(&bench, &model);
        }
    }
}

#[test]
fn what_the_desktop_still_shows_of_a_settled_message_stays_open_until_something_settles_it_anew() {
    let say = |words| Act::Deliver { source: 0, epoch: 0, words, cursor: 0 };
    let (is_read, announce) = (ReadState::Unread, Announce::Due);
    let arrival = Word::Message { id: 1, kind: 0, title: 0, ago: 0, is_read, announce, update: Update::No };
    let one = || vec![1];
    let mark = |read| Act::Mark { messages: one(), read };
    let archive = || Act::Archive { messages: one() };
    let unarchive = || Act::Unarchive { messages: one() };
    let read_again = say(vec![Word::Read { ids: one(), read: ReadState::Read }]);
    // What settles it, what does nothing more, and what makes it unread again.
    let stories = [
        [mark(ReadState::Read), read_again, mark(ReadState::Unread)],
        [archive(), mark(ReadState::Unread), unarchive()],
        [archive(), unarchive(), mark(ReadState::Unread)],
    ];
    for [settle, then, again] in stories {
        let show = Act::Announce { messages: one(), state: Announcement::Showing };
        let (mut bench, mut model, mut done) = (Bench::new(), Model::default(), Acts::new());
        for act in [say(vec![arrival.clone()]), settle, show, then, again] {
            apply(&mut bench, &mut model, &mut done, &act);
            compare(&bench, &model);
        }
        assert_eq!(bench.unannounced().unwrap().len(), 1);
    }
}
