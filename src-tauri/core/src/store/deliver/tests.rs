//! What arrives: new, again, changed, read, deleted; and the place that is reached by it.

use serde_json::{Map, Value, json};

use super::super::testing::*;
use super::super::{
    Announce, Batch, Change, CursorUpdate, GapReason, LogEvent, PlaceUpdate, ReadState, StoreError,
    StreamPlace, WalkUpdate,
};
use crate::model::{Cursor, MessageId, MessageKind, NewMessage, SentAt, Timestamp};

/// Delivers one message after another; returns how many of each were new.
fn news(bench: &mut Bench, changes: Vec<Change>) -> Vec<usize> {
    changes.into_iter().map(|change| bench.deliver(vec![change]).new.len()).collect()
}

fn codes(bench: &Bench) -> Vec<String> {
    let lines = bench.log(bench.source, 100).unwrap();
    lines.into_iter().map(|(_, event)| event.code.into_owned()).collect()
}

fn without_id(change: impl FnOnce(&mut NewMessage)) -> Change {
    Change::Message(arrival_with("x", |message| {
        message.remote_id = None;
        change(message);
    }))
}

fn read(ids: &[&str], read: ReadState) -> Change {
    Change::Read { ids: ids.iter().map(|id| remote(id)).collect(), read }
}

fn deleted(ids: &[&str]) -> Change {
    Change::Deleted { ids: ids.iter().map(|id| remote(id)).collect() }
}

#[test]
fn the_same_message_arrives_once() {
    let mut bench = Bench::new();
    assert_eq!(news(&mut bench, vec![message("a"), message("a"), message("b")]), [1, 0, 1]);
    let twice = bench.deliver(vec![message("c"), message("c")]);
    assert_eq!(twice.new.len(), 1);
    assert_eq!(bench.deliver(vec![message("a"), message("c")]).rev, twice.rev, "nothing changed");
    assert_eq!(bench.unread(), 3);
    assert_eq!(codes(&bench), Vec::<String>::new());
}

#[test]
fn ids_are_compared_within_source_and_epoch() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    let other_epoch = Batch { changes: vec![message("a")], ..begun("f") };
    let source = bench.source;
    assert_eq!(bench.store.deliver(source, &other_epoch, NOW).unwrap().new.len(), 1);
    bench.source = crate::model::SourceId(uuid::Uuid::from_u128(9));
    assert_eq!(bench.deliver(vec![message("a")]).new.len(), 1);
    assert_eq!(bench.summary(NOW).unwrap().total, 3);
    let counts = bench.source_counts(NOW).unwrap();
    let unread: Vec<_> = counts.iter().map(|count| (count.source, count.unread())).collect();
    assert_eq!(unread, [(source, 2), (bench.source, 1)]);
}

#[test]
fn a_message_without_id_is_known_by_its_content_and_time() {
    let mut bench = Bench::new();
    let same = || without_id(|_| ());
    assert_eq!(news(&mut bench, vec![same(), same()]), [1, 0]);
    let others = vec![
        without_id(|message| message.kind = MessageKind::System),
        without_id(|message| message.title = "y".to_owned()),
        without_id(|message| message.body = "y".to_owned()),
        without_id(|message| message.related_id = None),
        without_id(|message| message.related_id = Some("8".to_owned())),
        without_id(|message| message.sent_at = SentAt::Exact(Timestamp(NOW.0 + 1))),
        without_id(|message| message.sent_at = SentAt::Zoneless(NOW)),
    ];
    let count = others.len();
    assert_eq!(news(&mut bench, others.clone()), vec![1; count]);
    assert_eq!(news(&mut bench, others), vec![0; count]);
    // What does not belong to the identity makes no other message.
    assert_eq!(news(&mut bench, vec![without_id(|message| message.link = Some("/x".to_owned()))]), [0]);
    // Fields are told apart from their neighbours.
    let shifted = |title: &str, body: &str| {
        without_id(|message| (message.title, message.body) = (title.to_owned(), body.to_owned()))
    };
    assert_eq!(news(&mut bench, vec![shifted("ab", "c"), shifted("a", "bc")]), [1, 1]);
}

#[test]
fn without_id_and_time_each_frame_is_a_message() {
    let mut bench = Bench::new();
    let same = || without_id(|message| message.sent_at = SentAt::Unknown);
    assert_eq!(news(&mut bench, vec![same(), same()]), [1, 1]);
}

#[test]
fn the_same_id_with_other_content_is_replaced_in_place_without_announcement() {
    let mut bench = Bench::new();
    let first = bench.deliver(vec![message("a")]).new[0].id;
    bench.store.set_announcement(&[first], super::super::Announcement::Announced, None, NOW).unwrap();
    let mut extra = Map::new();
    extra.insert("k".to_owned(), json!([1, "二"]));
    let changes: Vec<fn(&mut NewMessage)> = vec![
        |message| message.title = "other".to_owned(),
        |message| message.body = "other\nlines".to_owned(),
        |message| message.kind = MessageKind::Other("部署".to_owned()),
        |message| message.link = Some("/x".to_owned()),
        |message| message.related_id = None,
        |message| message.priority = crate::model::Priority::URGENT,
        |message| message.sender = Some(crate::model::Sender { name: "n".to_owned() }),
        |message| message.sent_at = SentAt::Exact(Timestamp(5)),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let arrival = arrival_with("a", change);
        let delivered = bench.deliver(vec![Change::Message(arrival.clone())]);
        assert_eq!((delivered.new.len(), delivered.updated), (0, vec![first]), "change {n}");
        let stored = bench.message(first).unwrap().unwrap();
        assert_eq!(
            (&stored.title, &stored.body, &stored.kind, &stored.link, &stored.related_id),
            (
                &arrival.message.title,
                &arrival.message.body,
                &arrival.message.kind,
                &arrival.message.link,
                &arrival.message.related_id
            )
        );
        assert_eq!((stored.priority, &stored.sender), (arrival.message.priority, &arrival.message.sender));
        assert_eq!(stored.sent_at, arrival.sent_at);
    }
    assert_eq!(bench.deliver(vec![message("a")]).updated, [first]);
    let with_extra = arrival_with("a", |message| message.extra = extra.clone());
    assert_eq!(bench.deliver(vec![Change::Message(with_extra.clone())]).updated, [first]);
    assert_eq!(bench.message(first).unwrap().unwrap().extra, extra);
    assert_eq!(bench.deliver(vec![Change::Message(with_extra)]).updated, []);
    assert_eq!(codes(&bench), vec!["replaced"; 10]);
    assert!(bench.unannounced().unwrap().is_empty(), "a silent replacement was to be announced");
    assert_eq!(bench.summary(NOW).unwrap().total, 1);
}

#[test]
fn a_time_that_had_to_be_guessed_is_no_other_content() {
    let mut bench = Bench::new();
    for sent_at in [SentAt::Unknown, SentAt::Zoneless(NOW)] {
        let mut guessed = arrival_with("a", |message| message.sent_at = sent_at);
        bench.deliver(vec![Change::Message(guessed.clone())]);
        guessed.sent_at = Timestamp(NOW.0 + 3_600_000);
        let again = bench.deliver(vec![Change::Message(guessed)]);
        assert!(again.new.is_empty() && again.updated.is_empty());
    }
}

#[test]
fn an_update_replaces_is_announced_and_is_no_second_message() {
    let mut bench = Bench::new();
    let id = bench.deliver(vec![message("a")]).new[0].id;
    bench.store.set_announcement(&[id], super::super::Announcement::Announced, None, NOW).unwrap();
    let update = Change::Updated(arrival_with("a", |message| message.title = "new".to_owned()));
    let delivered = bench.deliver(vec![update.clone()]);
    assert_eq!((delivered.new.len(), delivered.updated), (0, vec![id]));
    assert_eq!(codes(&bench), Vec::<String>::new());
    assert_eq!(delivered.due, [id]);
    assert_eq!(bench.unannounced().unwrap()[0].title, "new");
    // Applying it twice changes nothing.
    assert_eq!(bench.deliver(vec![update]).updated, []);
    assert_eq!(bench.unannounced().unwrap().len(), 1);
}

#[test]
fn an_update_of_an_unknown_message_is_a_new_message() {
    let mut bench = Bench::new();
    assert_eq!(bench.deliver(vec![Change::Updated(arrival("a"))]).new.len(), 1);
}

#[test]
fn a_deleted_message_stays_deleted_however_often_it_is_repeated() {
    let mut bench = Bench::new();
    let id = bench.deliver(vec![message("a"), message("b")]).new[0].id;
    assert_eq!(bench.deliver(vec![deleted(&["a", "unknown"])]).deleted, [id]);
    let again = bench.deliver(vec![
        deleted(&["a"]),
        message("a"),
        Change::Updated(arrival_with("a", |message| message.title = "t".to_owned())),
        read(&["a"], ReadState::Read),
    ]);
    assert!(again.new.is_empty() && again.updated.is_empty() && again.deleted.is_empty());
    assert!(again.read_elsewhere.is_empty());
    assert_eq!(bench.message(id).unwrap(), None);
    assert_eq!(bench.summary(NOW).unwrap().total, 1);
    let texts: String = bench
        .store
        .connection
        .query_row(
            "SELECT title || body || ifnull(extra, '') || ifnull(preview, '') FROM message WHERE id = ?1",
            [id.0],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(texts, "", "a tombstone keeps no text");
}

#[test]
fn what_was_read_elsewhere_is_read_here_and_the_other_way_round() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a"), message("b")]);
    let delivered = bench.deliver(vec![read(&["a", "unknown", "a"], ReadState::Read)]);
    assert_eq!(delivered.read_elsewhere, ids(&[1]));
    assert_eq!(bench.unread(), 1);
    assert_eq!(bench.deliver(vec![read(&["a"], ReadState::Read)]).rev, delivered.rev, "nothing changed");
    assert_eq!(bench.deliver(vec![read(&["a", "b"], ReadState::Unread)]).unread_elsewhere, ids(&[1]));
    assert_eq!(bench.unread(), 2);
}

#[test]
fn a_message_that_the_server_knows_as_read_arrives_read() {
    let mut bench = Bench::new();
    let known = |id| arrival_with(id, |message| message.is_read = true);
    let arrived = bench.deliver(vec![Change::Message(known("a"))]);
    assert_eq!((arrived.new[0].read_at, arrived.due), (Some(NOW), vec![]));
    assert_eq!(bench.unread(), 0);
    let updated = arrival_with("a", |message| message.title = "of no news to one who has read it".to_owned());
    assert_eq!(bench.deliver(vec![Change::Updated(updated)]).due, []);
    let b = bench.deliver(vec![message("b")]).new[0].id;
    // Repeated, as read meanwhile: one change, and no other content.
    let repeated = bench.deliver(vec![Change::Message(known("b"))]);
    assert_eq!((repeated.read_elsewhere, repeated.updated), (vec![b], vec![]));
    // Repeated as unread: what was read here stays read.
    assert_eq!(bench.deliver(vec![message("a"), message("b")]).unread_elsewhere, []);
    assert_eq!(bench.unread(), 0);
}

#[test]
fn what_is_new_is_returned_as_it_was_committed() {
    let mut bench = Bench::new();
    let update = Change::Updated(arrival_with("b", |message| message.title = "late".to_owned()));
    let delivered = bench.deliver(vec![
        message("a"),
        message("b"),
        message("c"),
        message("d"),
        read(&["a"], ReadState::Read),
        update,
        deleted(&["c"]),
    ]);
    let new: Vec<_> = delivered.new.iter().map(|m| (m.id, m.title.as_str(), m.read_at)).collect();
    assert_eq!(
        new,
        [(MessageId(1), "title a", Some(NOW)), (MessageId(2), "late", None), (MessageId(4), "title d", None)]
    );
    assert!(
        delivered.read_elsewhere.is_empty() && delivered.updated.is_empty() && delivered.deleted.is_empty()
    );
    let due: Vec<_> = bench.unannounced().unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(due, ids(&[2, 4]));
    assert_eq!(delivered.due, due);
}

#[test]
fn the_place_moves_with_the_messages() {
    let mut bench = Bench::new();
    let source = bench.source;
    assert_eq!(bench.cursor(source).unwrap(), StreamPlace::default());
    let mut step = |cursor, walk, epoch: Batch| {
        let place = PlaceUpdate { cursor, walk, ..PlaceUpdate::default() };
        let batch = Batch { place, ..epoch };
        bench.store.deliver(source, &batch, NOW).unwrap();
        let place = bench.cursor(source).unwrap();
        (place.cursor.map(|c| c.0), place.history_before.map(|id| id.0), place.epoch.0)
    };
    let text = |text: &str| Some(text.to_owned());
    let cursor = CursorUpdate::Set(Cursor("e-1".to_owned()));
    assert_eq!(
        step(cursor, WalkUpdate::Before(remote("9")), batch(vec![])),
        (text("e-1"), text("9"), "e".to_owned())
    );
    assert_eq!(
        step(CursorUpdate::Keep, WalkUpdate::Keep, batch(vec![])),
        (text("e-1"), text("9"), "e".to_owned())
    );
    assert_eq!(
        step(CursorUpdate::Keep, WalkUpdate::Done, batch(vec![])),
        (text("e-1"), None, "e".to_owned())
    );
    assert_eq!(step(CursorUpdate::Forget, WalkUpdate::Keep, begun("f")), (None, None, "f".to_owned()));
}

#[test]
fn a_batch_that_does_not_fit_on_the_disk_leaves_neither_messages_nor_cursor() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    let before = (bench.summary(NOW).unwrap(), bench.cursor(bench.source).unwrap());
    let pages: i64 = bench.store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    bench.store.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
    let big = |n: usize| {
        Change::Message(arrival_with(&format!("big{n}"), |message| message.body = "x".repeat(4_000)))
    };
    let full = Batch { place: at("e-9"), ..batch((0..50).map(big).collect()) };
    let source = bench.source;
    let error = bench.store.deliver(source, &full, NOW).unwrap_err();
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert_eq!((bench.summary(NOW).unwrap(), bench.cursor(source).unwrap()), before);
    bench.check().unwrap();
    // With room again, the same batch goes in.
    bench.store.connection.pragma_update(None, "max_page_count", pages + 1_000).unwrap();
    assert_eq!(bench.store.deliver(source, &full, NOW).unwrap().new.len(), 50);
    assert_eq!(bench.cursor(source).unwrap().cursor, Some(Cursor("e-9".to_owned())));
}

#[test]
fn a_batch_that_fails_at_its_end_leaves_nothing_of_its_beginning() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    let before = (bench.summary(NOW).unwrap(), bench.cursor(bench.source).unwrap());
    // A full disk makes SQLite itself roll back; this leaves it to the store.
    let refuse = "CREATE TEMP TRIGGER refuse BEFORE INSERT ON place BEGIN SELECT raise(ABORT, 'no'); END";
    bench.store.connection.execute_batch(refuse).unwrap();
    let refused = Batch { place: at("e-9"), ..batch(vec![message("b"), read(&["a"], ReadState::Read)]) };
    let source = bench.source;
    assert!(matches!(bench.store.deliver(source, &refused, NOW), Err(StoreError::Sqlite(_))));
    assert_eq!((bench.summary(NOW).unwrap(), bench.cursor(source).unwrap()), before);
    bench.check().unwrap();
    bench.store.connection.execute_batch("DROP TRIGGER refuse").unwrap();
    assert_eq!(bench.store.deliver(source, &refused, NOW).unwrap().new.len(), 1);
    assert_eq!((bench.unread(), bench.cursor(source).unwrap().cursor), (1, Some(Cursor("e-9".to_owned()))));
}

#[test]
fn a_gap_and_a_problem_are_remembered() {
    let mut bench = Bench::new();
    assert_eq!(bench.last_gap(bench.source).unwrap(), None);
    let problem = LogEvent { code: "bad_json".into(), detail: "line 1".to_owned() };
    let gap = |reason| Change::Gap { reason, from: Some(Timestamp(1)), until: None };
    bench.deliver(vec![gap(GapReason::Expired), Change::Problem(problem.clone()), gap(GapReason::Reset)]);
    let last = bench.last_gap(bench.source).unwrap().unwrap();
    assert_eq!((last.reason, last.from, last.until), (GapReason::Reset, Some(Timestamp(1)), None));
    assert_eq!(codes(&bench), ["gap", "bad_json", "gap"]);
    assert_eq!(bench.log(bench.source, 2).unwrap()[1], (NOW, problem));
}

#[test]
fn gaps_become_one_until_it_is_forgotten() {
    let mut bench = Bench::new();
    let gap = |from: i64, until: Option<i64>| Change::Gap {
        reason: GapReason::Expired,
        from: Some(Timestamp(from)),
        until: until.map(Timestamp),
    };
    let known = |bench: &Bench| bench.last_gap(bench.source).unwrap().map(|gap| (gap.from, gap.until));
    bench.deliver(vec![gap(20, Some(30))]);
    bench.deliver(vec![gap(50, Some(60))]);
    assert_eq!(known(&bench), Some((Some(Timestamp(20)), Some(Timestamp(60)))));
    bench.deliver(vec![gap(70, None)]);
    bench.deliver(vec![gap(80, Some(90))]);
    assert_eq!(known(&bench), Some((Some(Timestamp(20)), None)), "an end that is not known stays so");
    let source = bench.source;
    bench.store.forget_gap(source).unwrap();
    assert_eq!(known(&bench), None);
    bench.deliver(vec![gap(100, Some(110))]);
    assert_eq!(known(&bench), Some((Some(Timestamp(100)), Some(Timestamp(110)))));
}

#[test]
fn hostile_texts_come_back_as_they_went_in() {
    let mut bench = Bench::new();
    let hostile = [
        "'; DROP TABLE message; --".to_owned(),
        "a\0b\0".to_owned(),
        "\u{202e}\u{feff}\u{10ffff}\"\\%_".to_owned(),
        "x".repeat(1024 * 1024),
    ];
    for text in &hostile {
        let arrival = arrival_with(text, |message| {
            message.kind = MessageKind::Other(text.clone());
            message.title.clone_from(text);
            message.body.clone_from(text);
            message.related_id = Some(text.clone());
            message.link = Some(text.clone());
            message.sender = Some(crate::model::Sender { name: text.clone() });
            message.extra.insert("short".to_owned(), Value::String(text.chars().take(9).collect()));
        });
        let delivered = bench.deliver(vec![Change::Message(arrival.clone())]);
        let stored = bench.message(delivered.new[0].id).unwrap().unwrap();
        assert_eq!(stored, delivered.new[0]);
        let sent = &arrival.message;
        assert_eq!((&stored.remote_id, &stored.kind), (&sent.remote_id, &sent.kind));
        assert_eq!((&stored.title, &stored.body, &stored.link), (&sent.title, &sent.body, &sent.link));
        assert_eq!((&stored.sender, &stored.extra), (&sent.sender, &sent.extra));
        assert!(bench.deliver(vec![Change::Message(arrival)]).new.is_empty());
    }
    let rows = bench.newest(10, NOW).unwrap();
    assert!(rows.iter().all(|row| row.title.chars().count() <= 300 && row.preview.chars().count() <= 200));
    assert_eq!(bench.summary(NOW).unwrap().kinds.len(), hostile.len());
}

#[test]
fn unknown_fields_beyond_64_kib_are_left_out_and_logged() {
    let mut bench = Bench::new();
    let arrival = arrival_with("a", |message| {
        message.extra.insert("a".to_owned(), json!(1));
        message.extra.insert("b".to_owned(), Value::String("x".repeat(70_000)));
        message.extra.insert("c".to_owned(), Value::String("y".repeat(60_000)));
        message.extra.insert("d".to_owned(), Value::String("z".repeat(10_000)));
        message.extra.insert("e".to_owned(), json!({"n": null}));
    });
    let delivered = bench.deliver(vec![Change::Message(arrival.clone())]);
    let stored = bench.message(delivered.new[0].id).unwrap().unwrap();
    assert_eq!(stored, delivered.new[0]);
    assert_eq!(stored.extra.keys().collect::<Vec<_>>(), ["a", "c", "e"]);
    assert_eq!(codes(&bench), ["trimmed"]);
    assert_eq!(bench.deliver(vec![Change::Message(arrival)]).updated, [], "the same again is no change");
}

#[test]
fn a_message_that_is_not_to_be_announced_is_not_due() {
    let mut bench = Bench::new();
    let mut quiet = arrival("a");
    quiet.announce = Announce::Never;
    let delivered = bench.deliver(vec![Change::Message(quiet), message("b")]);
    assert_eq!(delivered.due, ids(&[2]));
    let due: Vec<_> = bench.unannounced().unwrap().into_iter().map(|message| message.id).collect();
    assert_eq!(due, ids(&[2]));
}
