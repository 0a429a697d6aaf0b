//! What stands in the outbox after which acts, and how long it counts.

use super::super::testing::*;
use super::super::{Batch, Change, CursorUpdate, PlaceUpdate, ReadState};
use super::*;
use crate::model::Timestamp;

fn told(bench: &Bench) -> Vec<(Intent, String)> {
    told_before(bench, None)
}

/// What the server would be told, errand by errand, without taking anything out.
fn told_before(bench: &Bench, held: Option<OutboxId>) -> Vec<(Intent, String)> {
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("messages.db");
    bench.store.connection.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
    let mut store = Store::open(&path).unwrap();
    let mut told = Vec::new();
    while let Some(errand) = store.next_errand(bench.source, held, &mut |_, _| true).unwrap() {
        let ids: Vec<&str> = errand.remote_ids().map(|id| id.0.as_str()).collect();
        told.push((errand.intent, ids.join(" ")));
        store.take_out(&errand).unwrap();
    }
    told
}

fn is(expected: &[(Intent, &str)]) -> Vec<(Intent, String)> {
    expected.iter().map(|(intent, ids)| (*intent, (*ids).to_owned())).collect()
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.deliver(["a", "b", "c", "d"].map(message).to_vec());
    bench
}

fn mark(bench: &mut Bench, numbers: &[i64], read: ReadState) -> super::super::Former {
    bench.store.mark_read(&ids(numbers), read, NOW).unwrap()
}

fn read_at(bench: &Bench, id: i64) -> Option<Timestamp> {
    bench.message(MessageId(id)).unwrap().unwrap().read_at
}

fn server_marks(bench: &mut Bench, id: &str, read: ReadState) {
    bench.deliver(vec![Change::Read { ids: vec![remote(id)], read }]);
}

#[test]
fn acts_go_out_in_their_order_those_that_say_the_same_together() {
    let mut bench = bench();
    mark(&mut bench, &[2], ReadState::Read);
    mark(&mut bench, &[1, 2], ReadState::Read);
    bench.store.delete(&ids(&[4]), NOW).unwrap();
    bench.store.archive(&ids(&[1, 3]), NOW).unwrap();
    assert_eq!(
        told(&bench),
        is(&[(Intent::Read, "b a"), (Intent::Deleted, "d"), (Intent::Read, "c")]),
        "an archived message is read for the server; one that was read is no news"
    );
    bench.check().unwrap();
}

#[test]
fn of_one_message_only_the_last_word_goes_out() {
    let mut bench = bench();
    mark(&mut bench, &[1, 2, 3], ReadState::Read);
    mark(&mut bench, &[1, 2], ReadState::Unread);
    bench.store.delete(&ids(&[2]), NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "c"), (Intent::Unread, "a"), (Intent::Deleted, "b")]));
}

#[test]
fn taking_an_act_back_takes_its_words_back_and_no_other() {
    let mut bench = bench();
    mark(&mut bench, &[1], ReadState::Read);
    let deleted = bench.store.delete(&ids(&[1, 2]), NOW).unwrap();
    bench.store.take_back(&deleted, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "a")]), "what was said before stands again");

    let all = bench.store.mark_all_read(NOW).unwrap();
    let unread = mark(&mut bench, &[3], ReadState::Unread);
    bench.store.take_back(&all, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "a"), (Intent::Unread, "c")]), "c was marked since");
    bench.store.take_back(&unread, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "a c")]));
    assert_eq!(read_at(&bench, 3), Some(NOW));
}

#[test]
fn acts_that_are_taken_back_in_any_order_leave_nothing_untrue_to_be_said() {
    let mut bench = bench();
    let read = mark(&mut bench, &[1], ReadState::Read);
    let deleted = bench.store.delete(&ids(&[1]), NOW).unwrap();
    bench.store.take_back(&read, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Deleted, "a")]));
    bench.store.take_back(&deleted, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Unread, "a")]));

    // Unread, read and unread again look the same to the first of them.
    mark(&mut bench, &[2], ReadState::Read);
    let first = mark(&mut bench, &[2], ReadState::Unread);
    mark(&mut bench, &[2], ReadState::Read);
    mark(&mut bench, &[2], ReadState::Unread);
    bench.store.take_back(&first, NOW).unwrap();
    assert_eq!(read_at(&bench, 2), Some(NOW));
    assert_eq!(told(&bench), is(&[(Intent::Unread, "a"), (Intent::Read, "b")]));
}

#[test]
fn what_is_erased_stays_deleted_and_so_does_its_word() {
    let mut bench = bench();
    let deleted = bench.store.delete(&ids(&[1]), NOW).unwrap();
    bench.store.erase(&deleted).unwrap();
    bench.store.take_back(&deleted, NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Deleted, "a")]));
}

#[test]
fn rows_of_an_act_that_can_be_taken_back_and_all_later_ones_are_left_alone() {
    let mut bench = bench();
    mark(&mut bench, &[1], ReadState::Read);
    let held = mark(&mut bench, &[2], ReadState::Read);
    mark(&mut bench, &[3], ReadState::Read);
    assert_eq!(told_before(&bench, held.first_row()), is(&[(Intent::Read, "a")]));
    assert_eq!(told(&bench), is(&[(Intent::Read, "a b c")]));
    assert_eq!(bench.store.unarchive(&ids(&[1])).unwrap().first_row(), None);
}

#[test]
fn until_the_server_is_told_the_users_word_counts_for_more_than_the_servers() {
    let mut bench = bench();
    mark(&mut bench, &[1, 2], ReadState::Read);
    mark(&mut bench, &[2], ReadState::Unread);
    server_marks(&mut bench, "a", ReadState::Unread);
    server_marks(&mut bench, "b", ReadState::Read);
    let again = arrival_with("b", |message| message.is_read = true);
    assert!(bench.deliver(vec![Change::Message(again)]).read_elsewhere.is_empty());
    assert_eq!((read_at(&bench, 1), read_at(&bench, 2)), (Some(NOW), None));

    while let Some(errand) = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap() {
        bench.store.take_out(&errand).unwrap();
    }
    server_marks(&mut bench, "a", ReadState::Unread);
    server_marks(&mut bench, "b", ReadState::Read);
    assert_eq!((read_at(&bench, 1), read_at(&bench, 2)), (None, Some(NOW)));
}

#[test]
fn an_answer_ends_only_what_it_answers() {
    let mut bench = bench();
    mark(&mut bench, &[1, 2], ReadState::Read);
    let under_way = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap().unwrap();
    mark(&mut bench, &[1], ReadState::Unread);
    bench.store.take_out(&under_way).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Unread, "a")]));
}

#[test]
fn of_what_the_server_deletes_itself_nothing_is_left_to_be_said() {
    let mut bench = bench();
    mark(&mut bench, &[1], ReadState::Read);
    let deleted = bench.store.delete(&ids(&[2]), NOW).unwrap();
    let gone = vec![remote("a"), remote("b")];
    assert_eq!(bench.deliver(vec![Change::Deleted { ids: gone }]).deleted, ids(&[1]));
    assert_eq!(told(&bench), []);
    bench.store.take_back(&deleted, NOW).unwrap();
    assert_eq!((told(&bench), bench.message(MessageId(2)).unwrap()), (vec![], None));
}

#[test]
fn a_message_that_the_server_gave_no_id_stays_between_belfry_and_the_user() {
    let mut bench = Bench::new();
    bench.deliver(vec![Change::Message(arrival_with("", |message| message.remote_id = None))]);
    mark(&mut bench, &[1], ReadState::Read);
    bench.store.delete(&ids(&[1]), NOW).unwrap();
    assert_eq!(told(&bench), []);
}

#[test]
fn ids_of_an_earlier_store_of_the_server_are_never_sent() {
    let mut bench = bench();
    mark(&mut bench, &[1], ReadState::Read);
    let source = bench.source;
    let in_epoch = |name: &str, changes| Batch { changes, ..begun(name) };
    // A cursor that was dropped says nothing of the store.
    let dropped = PlaceUpdate { cursor: CursorUpdate::Forget, ..PlaceUpdate::default() };
    bench.store.deliver(source, &Batch { place: dropped, ..Batch::default() }, NOW).unwrap();
    mark(&mut bench, &[2], ReadState::Read);
    bench.store.deliver(source, &batch(vec![]), NOW).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "a b")]));

    bench.store.deliver(source, &in_epoch("f", vec![message("a")]), NOW).unwrap();
    assert_eq!(told(&bench), []);
    let log = bench.store.log(source, 10).unwrap();
    assert_eq!(log[0].1.code, "outbox_dropped");
    assert!(log[0].1.detail.starts_with("2 marks"), "{}", log[0].1.detail);
    mark(&mut bench, &[3, 5], ReadState::Read);
    assert_eq!(told(&bench), is(&[(Intent::Read, "a")]), "the one of the new store");
}

#[test]
fn rows_that_may_not_go_hold_up_no_other() {
    let mut bench = bench();
    mark(&mut bench, &[1, 2, 3], ReadState::Read);
    bench.store.delete(&ids(&[4]), NOW).unwrap();
    let first = bench.store.next_errand(bench.source, None, &mut |_, _| true).unwrap().unwrap();
    let aside = first.rows().nth(1).unwrap();
    let mut errand =
        bench.store.next_errand(bench.source, None, &mut |row, _| row != aside).unwrap().unwrap();
    assert_eq!(errand.remote_ids().map(|id| id.0.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    errand.shorten(1);
    bench.store.take_out(&errand).unwrap();
    let deletion = bench.store.next_errand(bench.source, None, &mut |_, intent| intent == Intent::Deleted);
    assert_eq!(deletion.unwrap().unwrap().intent, Intent::Deleted);
    assert_eq!(bench.store.next_errand(bench.source, None, &mut |_, _| false).unwrap(), None);
    assert_eq!(told(&bench), is(&[(Intent::Read, "b c"), (Intent::Deleted, "d")]));
}

#[test]
fn an_errand_has_a_thousand_messages_at_most_and_bounded_ids() {
    let mut bench = Bench::new();
    bench.deliver((0..2_500).map(|n| message(&n.to_string())).collect());
    bench.store.mark_all_read(NOW).unwrap();
    let counts =
        |bench: &Bench| -> Vec<usize> { told(bench).iter().map(|(_, ids)| ids.split(' ').count()).collect() };
    assert_eq!(counts(&bench), [1_000, 1_000, 500]);

    let mut bench = Bench::new();
    let long = |n: i32| message(&format!("{n}{}", "x".repeat(BYTES / 4)));
    bench.deliver((0..6).map(long).collect());
    bench.store.mark_all_read(NOW).unwrap();
    assert_eq!(counts(&bench), [4, 2]);
}

#[test]
fn what_has_to_be_said_outlives_the_program_and_goes_with_its_source() {
    let mut bench = bench();
    mark(&mut bench, &[1], ReadState::Read);
    bench.store = Store::open(&bench.path()).unwrap();
    assert_eq!(told(&bench), is(&[(Intent::Read, "a")]));
    bench.store.forget_source(bench.source).unwrap();
    assert_eq!(told(&bench), []);
}

#[test]
fn an_errand_is_found_by_its_index_and_in_order() {
    let bench = bench();
    let sql = "EXPLAIN QUERY PLAN SELECT outbox.id, outbox.intent, message.remote_id
        FROM outbox CROSS JOIN message ON message.id = outbox.message
        WHERE outbox.source = 1 AND outbox.id < 9 ORDER BY outbox.id";
    let mut statement = bench.store.connection.prepare(sql).unwrap();
    let plan: Vec<String> = statement.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
    assert_eq!(
        plan,
        [
            "SEARCH outbox USING INDEX outbox_source (source=? AND rowid<?)",
            "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)"
        ]
    );
}
