//! What each act of the user does to messages, counts and lists.

use std::time::Duration;

use rusqlite::params;

use super::super::testing::*;
use super::super::{Announcement, Change, KindCount, Occasion, SourceCount, Tab};
use super::*;
use crate::model::MessageKind;

/// Sets one of the times of a message, as the acts of later versions will.
fn set(bench: &Bench, id: i64, column: &str, at: Option<Timestamp>) {
    let sql = format!("UPDATE message SET {column} = ?2 WHERE id = ?1");
    assert_eq!(bench.store.connection.execute(&sql, params![id, at.map(|at| at.0)]).unwrap(), 1);
    bench.check().unwrap();
}

/// The ids that count as unread at a time, after checking that every count and list agrees.
fn unread_at(bench: &Bench, now: Timestamp) -> Vec<i64> {
    let page = bench.reader().page(&filter(Tab::Unread, None, 100), now).unwrap();
    let ids: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
    let summary = bench.summary(now).unwrap();
    assert_eq!(summary, bench.reader().summary(now).unwrap());
    let count = ids.len() as u64;
    assert_eq!(summary.unread, count);
    assert_eq!(summary.kinds.iter().map(|kind| kind.unread).sum::<u64>(), count);
    assert_eq!(bench.source_counts(now).unwrap().iter().map(SourceCount::unread).sum::<u64>(), count);
    let all = bench.newest(100, now).unwrap();
    assert_eq!(all.iter().filter(|row| row.unread).map(|row| row.id.0).collect::<Vec<_>>(), ids);
    ids
}

#[test]
fn what_is_put_off_comes_back_unread_and_due_and_can_be_put_off_anew() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b"), message("c")]);
    let later = |seconds| NOW.after(Duration::from_secs(seconds));
    bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
    bench.store.archive(&ids(&[2]), NOW).unwrap();
    bench.store.snooze(&ids(&[1, 2, 3]), later(60), NOW).unwrap();
    assert_eq!(unread_at(&bench, NOW), Vec::<i64>::new());
    assert_eq!(bench.next_wake().unwrap(), Some(later(60)));
    let anew = bench.store.snooze(&ids(&[3]), later(90), NOW).unwrap();
    assert!(bench.store.snooze(&ids(&[3]), later(90), NOW).unwrap().is_empty(), "it is so already");
    assert_eq!(bench.store.wake(later(59)).unwrap(), []);
    assert_eq!(bench.store.wake(later(60)).unwrap(), ids(&[1, 2]));
    assert_eq!(unread_at(&bench, later(60)), [2, 1]);
    assert_eq!(bench.unannounced().unwrap().len(), 2);
    let occasions = bench.reader().announced(MessageId(1)).unwrap();
    assert_eq!(occasions.last().unwrap().occasion, Occasion::Snooze);
    bench.store.take_back(&anew, later(60)).unwrap();
    assert_eq!(bench.store.wake(later(60)).unwrap(), ids(&[3]), "the earlier time is in force again");
    assert_eq!(bench.next_wake().unwrap(), None);
    bench.check().unwrap();
}

#[test]
fn what_comes_back_stands_at_the_top_unread_and_servers_hear_of_it() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b"), message("c")]);
    let later = |seconds| NOW.after(Duration::from_secs(seconds));
    let list = |bench: &Bench, tab, now| {
        let page = bench.reader().page(&filter(tab, None, 9), now).unwrap();
        page.rows.iter().map(|row| (row.id.0, row.returned_at)).collect::<Vec<_>>()
    };
    bench.store.snooze(&ids(&[1, 2]), later(60), NOW).unwrap();
    assert_eq!(list(&bench, Tab::All, NOW), [(3, None)]);
    assert_eq!(list(&bench, Tab::Snoozed, NOW), [(1, None), (2, None)]);
    // Read meanwhile, here or elsewhere.
    bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
    let source = bench.source;
    let told = bench.store.next_errand(source, None, &mut |_, _| true).unwrap().unwrap();
    bench.store.take_out(&told).unwrap();
    let early = bench.store.wake_early(&ids(&[2, 3]), later(5)).unwrap();
    assert_eq!(early.ids().collect::<Vec<_>>(), ids(&[2]));
    assert_eq!(list(&bench, Tab::All, later(5)), [(2, Some(later(5))), (3, None)]);
    assert_eq!(list(&bench, Tab::All, later(60)).len(), 3, "due, although nobody has brought it back");
    assert_eq!(bench.store.wake(later(70)).unwrap(), ids(&[1]));
    assert_eq!(list(&bench, Tab::Unread, later(70)), [(1, Some(later(70))), (2, Some(later(5))), (3, None)]);
    let told = bench.store.next_errand(source, None, &mut |_, _| true).unwrap().unwrap();
    assert_eq!((told.intent, told.remote_ids().collect::<Vec<_>>()), (Intent::Unread, vec![&remote("a")]));
    bench.store.take_back(&early, later(71)).unwrap();
    assert_eq!(list(&bench, Tab::Snoozed, later(50)), [(2, None)]);
    bench.check().unwrap();
}

#[test]
fn a_pin_is_set_and_taken_off_and_both_can_be_undone() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b")]);
    let pinned = |bench: &Bench| {
        bench.newest(9, NOW).unwrap().iter().filter(|row| row.pinned).map(|row| row.id.0).collect::<Vec<_>>()
    };
    let pin = bench.store.pin(&ids(&[1]), Some(NOW)).unwrap();
    assert!(pin.settled().next().is_none());
    assert_eq!(pinned(&bench), [1]);
    assert!(bench.store.pin(&ids(&[1]), Some(NOW)).unwrap().is_empty(), "it is so already");
    let unpin = bench.store.pin(&ids(&[1, 2]), None).unwrap();
    assert_eq!(pinned(&bench), Vec::<i64>::new());
    bench.store.take_back(&unpin, NOW).unwrap();
    assert_eq!(pinned(&bench), [1]);
    bench.store.take_back(&pin, NOW).unwrap();
    assert_eq!((pinned(&bench), bench.unread()), (Vec::new(), 2));
}

#[test]
fn unread_is_what_is_neither_read_deleted_archived_nor_snoozed_into_the_future() {
    let mut bench = Bench::new();
    let none = Vec::<i64>::new();
    bench.deliver(vec![message("a")]);
    assert_eq!(unread_at(&bench, NOW), [1]);
    for column in ["read_at", "deleted_at", "archived_at"] {
        set(&bench, 1, column, Some(NOW));
        assert_eq!(unread_at(&bench, NOW), none, "{column}");
        set(&bench, 1, column, None);
        assert_eq!(unread_at(&bench, NOW), [1], "{column}");
    }
    let wake = NOW.after(Duration::from_secs(60));
    set(&bench, 1, "snoozed_until", Some(wake));
    assert_eq!(unread_at(&bench, NOW), none);
    assert_eq!(unread_at(&bench, Timestamp(wake.0 - 1)), none);
    assert_eq!(unread_at(&bench, wake), [1]);
    let counts = |at| bench.summary(at).map(|summary| (summary.total, summary.snoozed)).unwrap();
    assert_eq!(counts(NOW), (0, 1), "a snoozed message is in no list but its own");
    assert_eq!(counts(wake), (1, 0), "its time has come, also where nobody has brought it back yet");
    // A clock that was set back before everything hides nothing.
    set(&bench, 1, "read_at", None);
    set(&bench, 1, "snoozed_until", None);
    assert_eq!(unread_at(&bench, Timestamp(0)), [1]);
}

#[test]
fn counts_leave_out_what_is_deleted_or_archived() {
    let mut bench = Bench::new();
    let other = |id, kind: &str| Change::Message(arrival_with(id, |m| m.kind = MessageKind::from(kind)));
    bench.deliver(vec![other("a", "部署"), other("b", "alarm"), other("c", "message"), message("d")]);
    bench.deliver(vec![message("e"), other("f", "system")]);
    set(&bench, 4, "archived_at", Some(NOW));
    set(&bench, 6, "deleted_at", Some(NOW));
    bench.store.mark_read(&ids(&[2]), ReadState::Read, NOW).unwrap();
    let summary = bench.summary(NOW).unwrap();
    let count = |kind: &str, total, unread| KindCount { kind: MessageKind::from(kind), total, unread };
    let kinds = [count("reply", 1, 1), count("message", 1, 1), count("alarm", 1, 0), count("部署", 1, 1)];
    assert_eq!((summary.total, summary.unread, summary.kinds), (4, 3, kinds.to_vec()));
}

#[test]
fn a_kind_that_changes_is_counted_where_it_is_now() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    bench.deliver(vec![Change::Message(arrival_with("a", |m| m.kind = MessageKind::System))]);
    let kinds = bench.summary(NOW).unwrap().kinds;
    assert_eq!(kinds, [KindCount { kind: MessageKind::System, total: 1, unread: 1 }]);
}

#[test]
fn marking_changes_what_was_not_so_before_and_ignores_the_unknown() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b"), message("c")]);
    set(&bench, 3, "deleted_at", Some(NOW));
    let later = NOW.after(Duration::from_secs(1));
    let mut mark = |numbers: &[i64], read, at| {
        bench.store.mark_read(&ids(numbers), read, at).unwrap().ids().collect::<Vec<_>>()
    };
    assert_eq!(mark(&[2, 1, 3, 99, 2], ReadState::Read, NOW), ids(&[2, 1]));
    assert_eq!(mark(&[1], ReadState::Read, later), ids(&[]));
    assert_eq!(mark(&[1, 3, 99], ReadState::Unread, later), ids(&[1]));
    assert_eq!(mark(&[1], ReadState::Unread, later), ids(&[]));
    assert_eq!(bench.message(crate::model::MessageId(2)).unwrap().unwrap().read_at, Some(NOW));
    assert_eq!(unread_at(&bench, NOW), [1]);
}

#[test]
fn the_revision_moves_only_when_a_message_changes() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    let rev = |bench: &Bench| bench.summary(NOW).unwrap().rev;
    let first = rev(&bench);
    bench.store.mark_read(&ids(&[1]), ReadState::Unread, NOW).unwrap();
    bench.store.set_announcement(&ids(&[1]), Announcement::Announced, None, NOW).unwrap();
    bench.deliver(vec![]);
    assert_eq!(rev(&bench), first);
    bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
    assert_eq!(rev(&bench), first + 1);
    bench.store.mark_all_read(NOW).unwrap();
    assert_eq!(rev(&bench), first + 1, "nothing was unread");
}

#[test]
fn marking_all_marks_what_is_unread_now() {
    let mut bench = Bench::new();
    bench.deliver((0..5).map(|n| message(&n.to_string())).collect());
    let wake = NOW.after(Duration::from_secs(60));
    set(&bench, 1, "snoozed_until", Some(wake));
    set(&bench, 2, "snoozed_until", Some(Timestamp(NOW.0 - 1)));
    set(&bench, 3, "archived_at", Some(NOW));
    set(&bench, 4, "read_at", Some(NOW));
    let mut marked: Vec<_> = bench.store.mark_all_read(NOW).unwrap().ids().collect();
    marked.sort();
    assert_eq!(marked, ids(&[2, 5]));
    bench.check().unwrap();
    assert_eq!(unread_at(&bench, NOW), Vec::<i64>::new());
    assert_eq!(unread_at(&bench, wake), [1]);
}

#[test]
fn what_the_user_does_survives_a_power_failure() {
    let mut bench = Bench::new();
    let synchronous = |bench: &Bench| {
        bench.store.connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)).unwrap()
    };
    const NORMAL: i64 = 1;
    const FULL: i64 = 2;
    bench.deliver(vec![message("a")]);
    assert_eq!(synchronous(&bench), NORMAL);
    bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
    assert_eq!(synchronous(&bench), FULL);
    bench.deliver(vec![message("b")]);
    assert_eq!(synchronous(&bench), NORMAL);
    bench.store.begin_all_read(NOW).unwrap();
    assert_eq!(synchronous(&bench), FULL);
}
