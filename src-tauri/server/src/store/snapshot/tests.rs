//! What a reader with a given cursor sees.

use super::super::fixture::{Fixture, WIDE, push};
use super::super::{Expire, Op};
use super::*;

fn beginning(store: &mut Fixture, user: &str, cursor: &str) -> (u64, Option<GapReason>) {
    let snapshot = Snapshot::open(&mut store.reader, user).unwrap();
    let found = snapshot.beginning(cursor, &store.identity);
    (found.after, found.gap.map(|gap| gap.reason))
}

#[test]
fn a_cursor_of_this_store_begins_where_it_stands() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    for seq in [0, 1] {
        let cursor = store.identity.cursor(seq);
        assert_eq!(beginning(&mut store, "me", &cursor), (seq, None));
    }
}

#[test]
fn a_cursor_that_means_nothing_here_is_a_gap() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    let ahead = store.identity.cursor(2);
    assert_eq!(beginning(&mut store, "me", &ahead), (0, Some(GapReason::Unknown)));
    assert_eq!(beginning(&mut store, "me", "other-1"), (0, Some(GapReason::Reset)));
    for text in ["nonsense", "1", "é", &"x".repeat(4000)] {
        assert_eq!(beginning(&mut store, "me", text), (0, Some(GapReason::Unknown)), "{text}");
    }
}

#[test]
fn a_gap_echoes_the_cursor_only_if_a_header_can_carry_it() {
    let mut store = Fixture::new();
    let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
    let after = |cursor: &str| snapshot.beginning(cursor, &store.identity).gap.unwrap().after;
    assert_eq!(after("other-1"), Some("other-1".into()));
    assert_eq!((after("a\nb"), after(&"x".repeat(129))), (None, None));
}

#[test]
fn a_reset_is_dated_by_the_begin_of_the_epoch_and_an_expiry_by_what_is_gone() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    store.apply(Op::Expire(Expire::UpTo(1)));
    let first = store.identity.cursor(0);
    let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
    let until = |cursor: &str| snapshot.beginning(cursor, &store.identity).gap.unwrap().until;
    assert_eq!(until("other-1").as_deref(), Some("1970-01-01T00:00:01.000Z"));
    assert_eq!(until(&first).as_deref(), Some("1970-01-01T00:00:02.000Z"));
}

#[test]
fn the_floor_is_each_users_own_and_a_deletion_does_not_raise_it() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    store.publish(&["you"], "B");
    store.apply(Op::Expire(Expire::UpTo(1)));
    store.mark("you", &[2], MarkState::Deleted);
    let (none, first) = (store.identity.cursor(0), store.identity.cursor(1));
    assert_eq!(beginning(&mut store, "me", &none), (0, Some(GapReason::Expired)));
    assert_eq!(beginning(&mut store, "me", &first), (1, None));
    assert_eq!(beginning(&mut store, "you", &none), (0, None));
    assert_eq!(store.after("you", 0), [r#"3: Deleted ["2"]"#]);
}

#[test]
fn messages_and_marks_are_merged_in_order_and_pages_join_without_a_seam() {
    let mut store = Fixture::new();
    for round in 0..6 {
        store.publish(&["me", "you"], "A");
        store.mark("me", &[round], MarkState::Read);
    }
    let whole = store.after("me", 0);
    for changes in 1..=whole.len() + 1 {
        let (mut pages, mut after) = (Vec::new(), 0);
        loop {
            let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
            let limits = Limits { changes, ..WIDE };
            let before = pages.len();
            let walked = snapshot.changes(after, limits, |change| push(&mut pages, change)).unwrap();
            assert!(pages.len() - before <= changes);
            after = walked.last;
            if !walked.more {
                break;
            }
        }
        assert_eq!(pages, whole, "{changes} a page");
    }
}

#[test]
fn a_page_has_at_least_one_change_however_large_and_says_more_only_if_there_is() {
    let mut store = Fixture::new();
    store.publish(&["me"], &"x".repeat(1000));
    store.publish(&["me"], "B");
    let tight = Limits { changes: 10, bytes: 1 };
    let mut seen = Vec::new();
    let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
    let first = snapshot.changes(0, tight, |change| push(&mut seen, change)).unwrap();
    assert_eq!(first, Walked { last: 1, more: true });
    let second = snapshot.changes(1, tight, |change| push(&mut seen, change)).unwrap();
    assert_eq!((second, seen.len()), (Walked { last: 2, more: false }, 2));
}

#[test]
fn older_messages_come_newest_first() {
    let mut store = Fixture::new();
    for title in ["A", "B", "C"] {
        store.publish(&["me"], title);
    }
    store.mark("me", &[2], MarkState::Deleted);
    let mut older = |before, changes| {
        let mut seen = Vec::new();
        let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
        let limits = Limits { changes, ..WIDE };
        let more = snapshot.older(before, limits, |change| push(&mut seen, change)).unwrap();
        (
            seen.iter().map(|text| text.split(' ').nth(2).unwrap().to_owned()).collect::<Vec<_>>().join(" "),
            more,
        )
    };
    assert_eq!(older(None, 9), ("3 1".into(), false));
    assert_eq!(older(None, 1), ("3".into(), true));
    assert_eq!(older(Some(2), 1), ("1".into(), false), "a deleted message is still a place");
    assert_eq!(older(Some(1), 9), (String::new(), false));
    assert_eq!(older(Some(u64::MAX), 9), ("3 1".into(), false));
}

#[test]
fn what_waits_for_a_reader_is_counted_no_further_than_asked() {
    let mut store = Fixture::new();
    for _ in 0..5 {
        store.publish(&["me"], "12345");
    }
    let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
    assert_eq!(snapshot.behind(2, 10).unwrap(), (3, 3 * r#"{"title":"12345"}"#.len()));
    assert_eq!(snapshot.behind(0, 2).unwrap().0, 2);
}

#[test]
fn a_user_without_a_row_has_nothing() {
    let mut store = Fixture::new();
    assert_eq!(store.unread("nobody"), 0);
    assert!(store.after("nobody", 0).is_empty());
}
