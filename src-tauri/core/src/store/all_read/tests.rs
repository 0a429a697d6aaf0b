//! What counts as read at once and what follows, beside a store in which all followed at once.

use std::time::Duration;

use super::super::testing::*;
use super::super::{Change, Filter, Intent, KindCount, ListFilter, MessageRow, ReadState, Search, Tab};
use super::step::STEP;
use super::*;
use crate::model::RemoteId;

const MANY: i64 = STEP as i64 * 2 + 50;
const LATER: Timestamp = Timestamp(NOW.0 + 9_000);

fn many() -> Bench {
    let mut bench = Bench::new();
    bench.deliver((1..=MANY).map(|n| message(&n.to_string())).collect());
    bench
}

/// What is said next to the server, after it has heard of everything before.
fn next_told(bench: &mut Bench) -> Option<(Intent, Vec<RemoteId>)> {
    let told = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap()?;
    bench.store.take_out(&told).unwrap();
    Some((told.intent, told.remote_ids().cloned().collect()))
}

/// Everything that is seen of the messages: counts, lists, searches, single messages, what is due.
fn seen(bench: &Bench, now: Timestamp) -> impl PartialEq + std::fmt::Debug + use<> {
    let reader = bench.reader();
    let summary = bench.summary(now).unwrap();
    let counts: Vec<Vec<KindCount>> =
        bench.source_counts(now).unwrap().into_iter().map(|source| source.kinds).collect();
    let page = |tab: Tab, unread: bool| -> Vec<MessageRow> {
        let narrow = Filter { unread, ..Filter::default() };
        let mut list = ListFilter { filter: narrow, ..filter(tab, None, 500) };
        let mut rows = Vec::new();
        loop {
            let page = reader.page(&list, now).unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(next) => list.before = Some(next),
                None => return rows,
            }
        }
    };
    let lists = [
        page(Tab::All, false),
        page(Tab::All, true),
        page(Tab::Unread, false),
        page(Tab::Archived, false),
        page(Tab::Snoozed, false),
    ];
    let search = Search {
        text: "title".to_owned(),
        tab: None,
        source: None,
        filter: Filter { unread: true, ..Filter::default() },
        before: None,
        limit: 500,
    };
    let found: Vec<MessageRow> =
        reader.search(&search, now).unwrap().rows.into_iter().map(|found| found.row).collect();
    let read: Vec<Option<Timestamp>> = (1..=MANY + 3)
        .map(|id| bench.message(MessageId(id)).unwrap().and_then(|message| message.read_at))
        .collect();
    let due: Vec<MessageId> = bench.unannounced().unwrap().into_iter().map(|message| message.id).collect();
    (summary.total, summary.unread, summary.kinds, counts, lists, found, read, due)
}

#[test]
fn whatever_is_done_while_messages_follow_looks_as_if_all_had_followed_at_once() {
    type Act = fn(&mut Bench);
    let acts: [(&str, Act); 12] = [
        ("nothing", |_| {}),
        ("read", |bench| drop(bench.store.mark_read(&ids(&[2, 7, MANY]), ReadState::Read, LATER).unwrap())),
        ("unread", |bench| {
            drop(bench.store.mark_read(&ids(&[2, 7, MANY]), ReadState::Unread, LATER).unwrap());
        }),
        ("unread, taken back", |bench| {
            let unread = bench.store.mark_read(&ids(&[2, MANY]), ReadState::Unread, LATER).unwrap();
            bench.store.take_back(&unread, LATER).unwrap();
        }),
        ("archived", |bench| drop(bench.store.archive(&ids(&[2, MANY]), LATER).unwrap())),
        ("archived, taken back", |bench| {
            let archived = bench.store.archive(&ids(&[2, MANY]), LATER).unwrap();
            bench.store.take_back(&archived, LATER).unwrap();
        }),
        ("deleted, taken back", |bench| {
            let deleted = bench.store.delete(&ids(&[2, MANY]), LATER).unwrap();
            bench.store.take_back(&deleted, LATER).unwrap();
        }),
        ("put off", |bench| {
            drop(bench.store.snooze(&ids(&[2, MANY]), Timestamp(LATER.0 + 5), LATER).unwrap());
        }),
        ("put off and back", |bench| {
            bench.store.snooze(&ids(&[2, MANY]), Timestamp(LATER.0 - 5), NOW).unwrap();
            bench.store.wake(LATER).unwrap();
        }),
        ("put off before, back now", |bench| drop(bench.store.wake(LATER).unwrap())),
        ("more came, and one changed", |bench| {
            let changed = Change::Updated(arrival_with("7", |message| message.title = "other title".into()));
            bench.deliver(vec![message("new"), changed]);
        }),
        ("the server says it", |bench| {
            let said =
                |ids: &[&str], read| Change::Read { ids: ids.iter().map(|id| remote(id)).collect(), read };
            bench.deliver(vec![
                said(&["2", "600"], ReadState::Read),
                said(&["7"], ReadState::Unread),
                Change::Deleted { ids: vec![remote("9")] },
            ]);
        }),
    ];
    for (name, act) in acts {
        let benches = [false, true].map(|at_once| {
            let mut bench = many();
            bench.store.snooze(&ids(&[3]), LATER, NOW).unwrap();
            let mut all = bench.store.begin_all_read(NOW).unwrap().unwrap();
            while bench.store.go_on_all_read(&mut all, || false).unwrap().more && at_once {}
            act(&mut bench);
            bench.check().unwrap();
            (bench, all)
        });
        let [(mut followed, mut all), (at_once, _)] = benches;
        assert_eq!(seen(&followed, LATER), seen(&at_once, LATER), "{name}, meanwhile");
        while followed.store.go_on_all_read(&mut all, || false).unwrap().more {
            followed.check().unwrap();
        }
        followed.check().unwrap();
        assert_eq!(seen(&followed, LATER), seen(&at_once, LATER), "{name}, in the end");
        assert_eq!(followed.store.resume_all_read().unwrap().map(AllRead::into_former), None);
    }
}

#[test]
fn all_count_as_read_at_once_and_servers_hear_of_each_as_it_follows() {
    let mut bench = many();
    bench.store.mark_read(&ids(&[7, 8]), ReadState::Read, NOW).unwrap();
    bench.store.mark_read(&ids(&[7]), ReadState::Unread, NOW).unwrap();
    let rev = bench.summary(NOW).unwrap().rev;
    let mut all = bench.store.begin_all_read(NOW).unwrap().unwrap();
    assert_eq!((bench.unread(), bench.summary(NOW).unwrap().rev), (0, rev + 1));
    assert_eq!(bench.unannounced().unwrap(), []);
    let first = bench.store.go_on_all_read(&mut all, || false).unwrap();
    assert_eq!((first.ids.len(), first.more), (STEP as usize, true));
    assert_eq!(bench.summary(NOW).unwrap().rev, rev + 1, "nobody sees a difference");
    while bench.store.go_on_all_read(&mut all, || false).unwrap().more {}
    let (intent, told) = next_told(&mut bench).unwrap();
    assert_eq!((intent, told.len()), (Intent::Read, MANY as usize));

    let mut former = all.into_former();
    let part = former.split_end(100);
    bench.store.take_back(&part, NOW).unwrap();
    assert_eq!(bench.unread(), 100);
    bench.check().unwrap();
    while !former.is_empty() {
        let part = former.split_end(200);
        bench.store.take_back(&part, NOW).unwrap();
    }
    assert_eq!(bench.unread(), MANY as u64 - 1, "as before; one was read");
}

#[test]
fn what_a_run_has_begun_the_next_one_goes_on_with() {
    let mut bench = many();
    let mut all = bench.store.begin_all_read(NOW).unwrap().unwrap();
    bench.store.go_on_all_read(&mut all, || false).unwrap();
    bench.store = Store::open(&bench.path()).unwrap();
    assert_eq!(bench.unread(), 0);
    let mut rest = bench.store.resume_all_read().unwrap().unwrap();
    while bench.store.go_on_all_read(&mut rest, || false).unwrap().more {}
    assert_eq!(rest.into_former().ids().count(), MANY as usize - STEP as usize);
    bench.check().unwrap();
    assert_eq!(bench.unread(), 0);
}

#[test]
fn what_is_stopped_is_as_unread_as_before_but_for_what_has_followed() {
    let mut bench = many();
    let mut all = bench.store.begin_all_read(NOW).unwrap().unwrap();
    bench.store.go_on_all_read(&mut all, || false).unwrap();
    bench.store.stop_all_read().unwrap();
    assert_eq!(bench.unread(), MANY as u64 - u64::from(STEP));
    bench.store.take_back(&all.into_former(), NOW).unwrap();
    assert_eq!(bench.unread(), MANY as u64);
    bench.check().unwrap();
}

#[test]
fn a_second_time_all_is_read_that_came_or_was_marked_unread_meanwhile_and_both_are_taken_back_together() {
    let mut bench = many();
    let mut all = bench.store.begin_all_read(NOW).unwrap().unwrap();
    bench.store.go_on_all_read(&mut all, || false).unwrap();
    bench.deliver(vec![message("new")]);
    bench.store.mark_read(&ids(&[5]), ReadState::Unread, LATER).unwrap();
    assert_eq!(bench.unread(), 2);
    let mut both = bench.store.begin_all_read(LATER).unwrap().unwrap().after(all);
    assert_eq!(bench.unread(), 0);
    while bench.store.go_on_all_read(&mut both, || false).unwrap().more {}
    assert_eq!(bench.unread(), 0);
    bench.store.take_back(&both.into_former(), LATER).unwrap();
    assert_eq!(bench.unread(), MANY as u64 + 1);
    bench.check().unwrap();
}

#[test]
fn where_nothing_is_unread_nothing_begins() {
    let mut bench = Bench::new();
    assert!(bench.store.begin_all_read(NOW).unwrap().is_none());
    bench.deliver(vec![message("a")]);
    bench.store.snooze(&ids(&[1]), NOW.after(Duration::from_secs(1)), NOW).unwrap();
    assert!(bench.store.begin_all_read(NOW).unwrap().is_none());
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
