//! The order of lists, paging, and what it costs.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::StatementStatus;

use super::super::testing::*;
use super::super::{Change, Filter, Page, ReadState, Reader};
use super::*;
use crate::model::{MessageKind, SentAt, SourceId};

/// A message that was sent so many milliseconds before [`NOW`].
fn sent(id: &str, ago: i64) -> Change {
    Change::Message(arrival_with(id, |message| message.sent_at = SentAt::Exact(Timestamp(NOW.0 - ago))))
}

fn numbers(page: &Page) -> Vec<i64> {
    page.rows.iter().map(|row| row.id.0).collect()
}

/// All rows of a list, page by page.
fn walk(reader: &Reader, tab: &Tab, limit: u32, mut between: impl FnMut()) -> Vec<i64> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = reader.page(&filter(tab.clone(), before, limit), NOW).unwrap();
        assert!(page.rows.len() <= limit as usize);
        all.extend(numbers(&page));
        assert!(all.len() < 1_000, "the list has no end");
        between();
        match page.next {
            Some(next) => before = Some(next),
            None => return all,
        }
    }
}

#[test]
fn lists_are_sorted_by_the_earlier_of_sent_and_received_then_by_id() {
    let mut bench = Bench::new();
    // The fourth claims to come from the future: its receipt counts.
    bench.deliver(vec![sent("a", 5), sent("b", 9), sent("c", 5), sent("d", -99), sent("e", 0)]);
    let page = bench.reader().page(&filter(Tab::All, None, 10), NOW).unwrap();
    assert_eq!(numbers(&page), [5, 4, 3, 1, 2]);
    assert_eq!(page.rows[1].at, NOW);
    assert_eq!(page.next, None);
    assert_eq!(bench.newest(2, NOW).unwrap(), page.rows[..2]);
}

#[test]
fn each_row_stands_on_one_page_while_new_ones_arrive_on_top() {
    let mut bench = Bench::new();
    // Five share each time, so that pages end among equals.
    let changes: Vec<_> = (0..43).map(|n| sent(&n.to_string(), 1_000 + i64::from(n / 5))).collect();
    bench.deliver(changes);
    let reader = bench.reader();
    for (tab, limit) in [(Tab::All, 4), (Tab::Unread, 7), (Tab::Kind { kind: MessageKind::Reply }, 5)] {
        let expected = numbers(&reader.page(&filter(tab.clone(), None, 500), NOW).unwrap());
        let mut n = 0;
        let seen = walk(&reader, &tab, limit, || {
            n += 1;
            bench.store.deliver(bench.source, &batch(vec![sent(&format!("{limit}-{n}"), 0)]), NOW).unwrap();
        });
        assert_eq!(seen, expected, "{tab:?}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    }
}

#[test]
fn a_full_last_page_has_no_next_one() {
    let mut bench = Bench::new();
    bench.deliver((0..4).map(|n| sent(&n.to_string(), n)).collect());
    let reader = bench.reader();
    let first = reader.page(&filter(Tab::All, None, 2), NOW).unwrap();
    let second = reader.page(&filter(Tab::All, first.next, 2), NOW).unwrap();
    assert_eq!((numbers(&first), numbers(&second), second.next), (vec![1, 2], vec![3, 4], None));
}

#[test]
fn limits_outside_the_allowed_are_brought_inside() {
    let mut bench = Bench::new();
    bench.deliver((0..3).map(|n| sent(&n.to_string(), n)).collect());
    assert_eq!(bench.reader().page(&filter(Tab::All, None, 0), NOW).unwrap().rows.len(), 1);
    assert_eq!(bench.reader().page(&filter(Tab::All, None, u32::MAX), NOW).unwrap().rows.len(), 3);
}

#[test]
fn tabs_show_what_they_say() {
    let mut bench = Bench::new();
    let other = |id, kind: &str| Change::Message(arrival_with(id, |m| m.kind = MessageKind::from(kind)));
    bench.deliver(vec![message("a"), other("b", "system"), other("c", "部署"), message("d")]);
    bench.store.mark_read(&ids(&[1, 2]), ReadState::Read, NOW).unwrap();
    let reader = bench.reader();
    let list = |tab| numbers(&reader.page(&filter(tab, None, 10), NOW).unwrap());
    assert_eq!(list(Tab::All), [4, 3, 2, 1]);
    assert_eq!(list(Tab::Unread), [4, 3]);
    assert_eq!(list(Tab::Kind { kind: MessageKind::Reply }), [4, 1]);
    assert_eq!(list(Tab::Kind { kind: MessageKind::from("部署") }), [3]);
    assert_eq!(list(Tab::Kind { kind: MessageKind::Notification }), Vec::<i64>::new());
    let unread_of = |kind| {
        let of_kind = Filter { kind: Some(kind), ..Filter::default() };
        let filter = ListFilter { filter: of_kind, ..filter(Tab::Unread, None, 10) };
        numbers(&reader.page(&filter, NOW).unwrap())
    };
    assert_eq!((unread_of(MessageKind::Reply), unread_of(MessageKind::from("部署"))), (vec![4], vec![3]));
}

#[test]
fn the_command_line_narrows_lists_by_source_and_place() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b")]);
    let first = std::mem::replace(&mut bench.source, crate::model::SourceId(uuid::Uuid::from_u128(2)));
    bench.deliver(vec![message("a"), message("b")]);
    let reader = bench.reader();
    let list = |tab, source, before, limit| {
        let filter = ListFilter { tab, source, filter: Filter::default(), before, limit };
        reader.list(&filter, NOW).unwrap().iter().map(|message| message.id.0).collect::<Vec<_>>()
    };
    let place = reader.place(MessageId(3)).unwrap();
    assert_eq!(list(Tab::All, None, None, 10), [4, 3, 2, 1]);
    assert_eq!(list(Tab::All, Some(first), None, 10), [2, 1]);
    assert_eq!(list(Tab::Unread, Some(bench.source), place, 10), Vec::<i64>::new());
    assert_eq!(list(Tab::All, None, place, 10), [2, 1]);
    assert_eq!(list(Tab::Kind { kind: MessageKind::Reply }, Some(first), place, 1), [2]);
    assert_eq!(list(Tab::All, None, None, 0), Vec::<i64>::new());
    assert_eq!(reader.place(MessageId(99)).unwrap(), None);
}

#[test]
fn a_page_costs_the_same_wherever_it_is_and_however_many_share_its_time() {
    let mut bench = Bench::new();
    bench.deliver((0..3_000).map(|n| sent(&n.to_string(), 7)).collect());
    let connection = &bench.store.connection;
    let cost = |tab: Tab, id: i64| {
        let key = PageKey { at: Timestamp(NOW.0 - 7), id: MessageId(id) };
        let filter = filter(tab, Some(key), 20);
        let sql =
            sql(&Plan::of(&filter, Following::No), &filter, Order::of(&filter.tab), Stretch::Tied(key), NOW);
        let statement = || connection.prepare_cached(&sql).unwrap();
        statement().reset_status(StatementStatus::VmStep);
        statement().reset_status(StatementStatus::Sort);
        assert_eq!(rows(connection, &filter, NOW).unwrap().0.len(), 20);
        assert_eq!(statement().get_status(StatementStatus::Sort), 0);
        statement().get_status(StatementStatus::VmStep)
    };
    for tab in [Tab::All, Tab::Unread, Tab::Kind { kind: MessageKind::Reply }] {
        let (top, bottom) = (cost(tab.clone(), 3_000), cost(tab.clone(), 30));
        assert!(top > 0 && bottom <= top * 2, "{tab:?}: {top} steps at the top, {bottom} at the bottom");
    }
}

#[test]
fn a_list_is_merged_from_its_sources_and_narrows_to_one() {
    let mut bench = Bench::new();
    let first = bench.source;
    bench.deliver(vec![sent("a", 1), sent("b", 3), sent("c", 5)]);
    bench.source = crate::model::SourceId(uuid::Uuid::from_u128(2));
    bench.deliver(vec![sent("a", 2), sent("b", 3), sent("c", 9)]);
    let reader = bench.reader();
    for limit in 1..8 {
        assert_eq!(walk(&reader, &Tab::All, limit, || ()), [1, 4, 5, 2, 3, 6], "{limit} a page");
    }
    let list = |tab, source| {
        let filter = ListFilter { tab, source, filter: Filter::default(), before: None, limit: 10 };
        numbers(&reader.page(&filter, NOW).unwrap())
    };
    assert_eq!(list(Tab::All, Some(first)), [1, 2, 3]);
    assert_eq!(list(Tab::Unread, Some(bench.source)), [4, 5, 6]);
    assert_eq!(list(Tab::Kind { kind: MessageKind::Reply }, Some(first)), [1, 2, 3]);
    assert_eq!(list(Tab::All, Some(crate::model::SourceId::random())), Vec::<i64>::new());
}

#[test]
fn the_archive_is_a_list_of_its_own() {
    let mut bench = Bench::new();
    bench.deliver((0..4).map(|n| sent(&n.to_string(), n)).collect());
    bench.store.archive(&ids(&[2, 4]), NOW).unwrap();
    let reader = bench.reader();
    let page = reader.page(&filter(Tab::Archived, None, 10), NOW).unwrap();
    assert_eq!(numbers(&page), [2, 4]);
    assert!(page.rows.iter().all(|row| row.archived && !row.unread));
    assert_eq!(numbers(&reader.page(&filter(Tab::All, None, 10), NOW).unwrap()), [1, 3]);
    bench.store.delete(&ids(&[2]), NOW).unwrap();
    assert_eq!(numbers(&reader.page(&filter(Tab::Archived, None, 10), NOW).unwrap()), [4]);
}

#[test]
fn the_preview_is_the_first_line_that_says_something() {
    let mut bench = Bench::new();
    let long = "字".repeat(201);
    let shortened = format!("{}…", &long[..597]);
    let bodies = [
        ("one line", "one line"),
        ("", ""),
        (" \n\r\n\t\n  second\tline\u{7} \u{a0} here \nthird", "second line here"),
        (long.as_str(), &shortened),
        ("**bold** <b>text</b>", "bold <b>text</b>"),
        (" lead", "lead"),
    ];
    for (n, (body, _)) in bodies.iter().enumerate() {
        let change = arrival_with(&n.to_string(), |message| message.body = (*body).to_owned());
        bench.deliver(vec![Change::Message(change)]);
    }
    let mut rows = bench.newest(10, NOW).unwrap();
    rows.reverse();
    for (row, (body, preview)) in rows.iter().zip(bodies) {
        assert_eq!(row.preview, preview, "{body:?}");
    }
}

#[test]
fn conditions_narrow_a_list_together_by_whichever_index_is_best() {
    let mut bench = Bench::new();
    let change = |n: u64| {
        Change::Message(arrival_with(&n.to_string(), |message| {
            message.sent_at = SentAt::Exact(Timestamp(NOW.0 - n as i64 * 3_600_000));
            message.kind = if n.is_multiple_of(2) { MessageKind::System } else { MessageKind::Reply };
            message.priority = Priority::clamped(n as i64 % 6);
            message.link = n.is_multiple_of(5).then(|| "https://example.org".to_owned());
        }))
    };
    bench.deliver((1..=30).map(change).collect());
    bench.deliver((31..=60).map(change).collect());
    bench.store.pin(&ids(&[4, 10, 20, 40]), Some(NOW)).unwrap();
    bench.store.archive(&ids(&[10]), NOW).unwrap();
    bench.store.mark_read(&ids(&[20]), ReadState::Read, NOW).unwrap();
    bench.store.snooze(&ids(&[30]), NOW.after(Duration::from_secs(9)), NOW).unwrap();
    let reader = bench.reader();
    let narrowed = |tab: Tab, change: fn(&mut Filter), limit| {
        let mut narrow = Filter::default();
        change(&mut narrow);
        let mut list = ListFilter { filter: narrow, ..filter(tab, None, limit) };
        let mut all = Vec::new();
        loop {
            let page = reader.page(&list, NOW).unwrap();
            all.extend(numbers(&page));
            list.before = page.next;
            if page.next.is_none() {
                return all;
            }
        }
    };
    for limit in [1, 3, 100] {
        let check = |tab: Tab, change: fn(&mut Filter), expected: &[i64]| {
            assert_eq!(narrowed(tab.clone(), change, limit), expected, "{tab:?}");
        };
        check(Tab::All, |f| f.pinned = true, &[4, 20, 40]);
        check(Tab::Archived, |f| f.pinned = true, &[10]);
        check(Tab::Unread, |f| f.pinned = true, &[4, 40]);
        check(Tab::All, |f| f.link = true, &[5, 15, 20, 25, 35, 40, 45, 50, 55, 60]);
        check(Tab::Snoozed, |f| f.link = true, &[30]);
        check(Tab::All, |f| (f.link, f.kind) = (true, Some(MessageKind::System)), &[20, 40, 50, 60]);
        check(Tab::All, |f| f.priority = Some(Priority::URGENT), &[5, 11, 17, 23, 29, 35, 41, 47, 53, 59]);
        check(
            Tab::All,
            |f| (f.priority, f.days) = (Some(Priority::clamped(4)), Some(1)),
            &[4, 5, 11, 16, 17, 22, 23],
        );
        check(Tab::Kind { kind: MessageKind::Reply }, |f| f.link = true, &[5, 15, 25, 35, 45, 55]);
        check(Tab::Kind { kind: MessageKind::Reply }, |f| f.kind = Some(MessageKind::System), &[]);
        check(
            Tab::All,
            |f| {
                f.since = Some(Timestamp(NOW.0 - 8 * 3_600_000));
                f.until = Some(Timestamp(NOW.0 - 5 * 3_600_000));
            },
            &[6, 7, 8],
        );
        check(Tab::All, |f| (f.pinned, f.link, f.priority) = (true, true, Some(Priority::clamped(4))), &[40]);
    }
}

#[test]
fn a_page_of_what_is_rare_gives_up_and_goes_on() {
    let mut bench = Bench::new();
    let rare = |n: usize| {
        Change::Message(arrival_with(&n.to_string(), |message| {
            message.priority = if n == 0 { Priority::clamped(2) } else { Priority::clamped(1) };
        }))
    };
    bench.deliver((0..BUDGET + 50).map(rare).collect());
    let narrow = Filter { priority: Some(Priority::clamped(2)), ..Filter::default() };
    let list = ListFilter { filter: narrow, ..filter(Tab::All, None, 5) };
    let reader = bench.reader();
    let first = reader.page(&list, NOW).unwrap();
    assert!(first.rows.is_empty());
    let second = reader.page(&ListFilter { before: first.next, ..list.clone() }, NOW).unwrap();
    assert_eq!((numbers(&second), second.next), (vec![1], None));
    assert_eq!(reader.list(&list, NOW).unwrap().len(), 1, "who wants all of them gets them");
}

#[test]
fn what_is_put_off_is_listed_by_when_it_comes_back_page_by_page() {
    let mut bench = Bench::new();
    let other = SourceId::random();
    bench.deliver((0..12).map(|n| sent(&n.to_string(), n)).collect());
    bench.store.deliver(other, &batch((0..6).map(|n| sent(&format!("o{n}"), n)).collect()), NOW).unwrap();
    // Some share a time, the later ones come back sooner, and one is pinned: another index.
    let later = |seconds: i64| NOW.after(Duration::from_secs(seconds.unsigned_abs()));
    for id in 1..=18 {
        bench.store.snooze(&ids(&[id]), later(100 - id / 3), NOW).unwrap();
    }
    bench.store.pin(&ids(&[4, 9, 16]), Some(NOW)).unwrap();
    let mut expected: Vec<i64> = (1..=18).collect();
    expected.sort_by_key(|id| (100 - id / 3, *id));
    let reader = bench.reader();
    for limit in [1, 4, 100] {
        assert_eq!(walk(&reader, &Tab::Snoozed, limit, || {}), expected, "{limit}");
    }
    let mut pinned = filter(Tab::Snoozed, None, 10);
    pinned.filter.pinned = true;
    assert_eq!(numbers(&reader.page(&pinned, NOW).unwrap()), [16, 9, 4]);
}
