//! What each operation does to the sequence and to what a reader sees.

use super::super::fixture::{Fixture, message};
use super::*;

#[test]
fn every_change_takes_the_next_number() {
    let mut store = Fixture::new();
    let first = store.publish(&["me"], "A");
    let second = store.publish(&["me"], "B");
    store.mark("me", &[first.id], MarkState::Read);
    store.mark("me", &[second.id], MarkState::Deleted);
    assert_eq!((first, second), (Placed { id: 1, seq: 1 }, Placed { id: 2, seq: 2 }));
    let expected = [r#"1: message 1 read {"title":"A"}"#, r#"3: Read ["1"]"#, r#"4: Deleted ["2"]"#];
    assert_eq!(store.after("me", 0), expected);
}

#[test]
fn a_message_to_several_has_one_id_and_a_number_for_each() {
    let mut store = Fixture::new();
    assert_eq!(store.publish(&["me", "you"], "A"), Placed { id: 1, seq: 2 });
    assert_eq!(store.after("me", 0), [r#"1: message 1 unread {"title":"A"}"#]);
    assert_eq!(store.after("you", 0), [r#"2: message 1 unread {"title":"A"}"#]);
    store.mark("me", &[1], MarkState::Deleted);
    assert_eq!(store.after("you", 0).len(), 1, "a deletion is its user's own");
}

#[test]
fn a_message_to_nobody_still_has_an_id() {
    let mut store = Fixture::new();
    assert_eq!(store.publish(&[], "A"), Placed { id: 1, seq: 0 });
    assert_eq!(store.publish(&["me"], "B"), Placed { id: 2, seq: 1 });
}

#[test]
fn a_repeated_mark_is_no_change() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    for state in [MarkState::Read, MarkState::Read, MarkState::Deleted, MarkState::Deleted, MarkState::Unread]
    {
        store.mark("me", &[1, 77], state);
    }
    assert_eq!(store.after("me", 0), [r#"2: Read ["1"]"#, r#"3: Deleted ["1"]"#]);
}

#[test]
fn a_mark_of_many_is_split_into_events_with_numbers_of_their_own() {
    let mut store = Fixture::new();
    let messages = (0..1000).map(|_| message(&["me"], "A")).collect();
    store.apply(Op::Publish { messages, key: None });
    store.publish(&["me"], "late");
    store.apply(Op::MarkAllRead { user: "me".into(), up_to: 1000 });
    let marks = store.after("me", 1001);
    assert_eq!(marks.len(), 2);
    assert!(marks[0].starts_with(r#"1002: Read ["1","2","#) && marks[0].ends_with(r#","500"]"#));
    assert!(marks[1].starts_with(r#"1003: Read ["501","#) && marks[1].ends_with(r#","1000"]"#));
    assert_eq!(store.unread("me"), 1, "what came after the cursor stays unread");
}

#[test]
fn an_update_moves_the_message_to_a_new_number_and_keeps_its_mark() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    store.publish(&["me"], "B");
    store.mark("me", &[1], MarkState::Read);
    let update = |id, read| Op::Update {
        user: "me".into(),
        id,
        kind: "system".into(),
        read,
        body: r#"{"title":"C"}"#.into(),
    };
    assert_eq!(store.apply(update(1, None)), Outcome::Done);
    assert_eq!(store.after("me", 2), [r#"3: Read ["1"]"#, r#"4: message 1 read {"title":"C"}"#]);
    assert_eq!(store.apply(update(1, Some(false))), Outcome::Done);
    assert_eq!(store.after("me", 3), [r#"5: message 1 unread {"title":"C"}"#]);
    assert_eq!(store.apply(update(9, None)), Outcome::Missing);
    assert_eq!(store.publish(&["me"], "D").seq, 6, "what is missing takes no number");
}

#[test]
fn a_key_is_remembered_for_a_day_and_for_its_publisher() {
    let mut store = Fixture::new();
    let day = i64::try_from(IDEMPOTENCY_KEPT.as_millis()).unwrap();
    let publish = |publisher: &str| Op::Publish {
        messages: vec![message(&["me"], "A")],
        key: Some(IdempotencyKey { publisher: publisher.into(), key: "k".into() }),
    };
    let first = Placed { id: 1, seq: 1 };
    assert_eq!(store.apply_at(&publish("site"), 5), Outcome::Published(vec![first]));
    assert_eq!(store.apply_at(&publish("site"), 5 + day - 1), Outcome::Repeated(first));
    assert_eq!(store.apply_at(&publish("other"), 6), Outcome::Published(vec![Placed { id: 2, seq: 2 }]));
    assert_eq!(store.apply_at(&publish("site"), 5 + day), Outcome::Published(vec![Placed { id: 3, seq: 3 }]));
    let again = store.apply_at(&publish("site"), 5 + day + 1);
    assert_eq!(again, Outcome::Repeated(Placed { id: 3, seq: 3 }));
}

#[test]
fn what_is_rolled_back_leaves_no_trace() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    store.ledger.begin().unwrap();
    let op = Op::Publish { messages: vec![message(&["you"], "B")], key: None };
    store.ledger.apply(&op, 1).unwrap();
    store.ledger.roll_back().unwrap();
    assert_eq!(store.publish(&["you"], "C"), Placed { id: 2, seq: 2 });
    assert_eq!(store.after("you", 0), [r#"2: message 2 unread {"title":"C"}"#]);
}

#[test]
fn numbers_and_ids_go_on_after_a_restart_even_if_everything_was_dropped() {
    let mut store = Fixture::new();
    store.publish(&["me"], "A");
    store.apply(Op::Expire(Expire::UpTo(1)));
    let mut store = store.reopened();
    assert_eq!(store.publish(&["me"], "B"), Placed { id: 2, seq: 2 });
}

#[test]
fn a_commit_names_whom_it_concerns_once() {
    let mut store = Fixture::new();
    store.ledger.begin().unwrap();
    let messages = vec![message(&["me", "you"], "A"), message(&["me"], "B")];
    store.ledger.apply(&Op::Publish { messages, key: None }, 1).unwrap();
    assert_eq!(store.ledger.commit().unwrap(), ["me", "you"]);
    store.ledger.begin().unwrap();
    let nothing = Op::Mark { user: "me".into(), ids: vec![99], state: MarkState::Read };
    store.ledger.apply(&nothing, 1).unwrap();
    assert!(store.ledger.commit().unwrap().is_empty());
}

#[test]
fn retention_drops_what_is_old_and_spares_what_changed_since() {
    let mut store = Fixture::new();
    let publish = |title| Op::Publish { messages: vec![message(&["me"], title)], key: None };
    store.apply_at(&publish("old"), 10);
    store.apply_at(&publish("changed"), 10);
    store.apply_at(&publish("new"), 30);
    let update = Op::Update {
        user: "me".into(),
        id: 2,
        kind: "reply".into(),
        read: None,
        body: r#"{"title":"x"}"#.into(),
    };
    store.apply_at(&update, 30);
    store.apply_at(&Op::Expire(Expire::Before(20)), 40);
    let kept = [r#"3: message 3 unread {"title":"new"}"#, r#"4: message 2 unread {"title":"x"}"#];
    assert_eq!(store.after("me", 0), kept);
    assert_eq!(store.unread("me"), 2);
}
