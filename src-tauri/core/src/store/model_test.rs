//! Random acts on the store and on a model of it in plain maps; both have to agree after each act.

mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::params;

use self::model::{KINDS, Known, Model, Update, Word};
use super::testing::*;
use super::{
    Announce, Announcement, Arrival, Batch, Change, CursorUpdate, PageKey, PlaceUpdate, ReadState, Store,
    Tab, WalkUpdate,
};
use crate::model::{Cursor, Epoch, MessageId, MessageKind, RemoteId, SentAt, SourceId, Timestamp};

/// What may be done to a store.
#[derive(Debug, Clone)]
enum Act {
    Deliver {
        source: u8,
        epoch: u8,
        words: Vec<Word>,
        cursor: u8,
    },
    Mark {
        messages: Vec<u8>,
        read: ReadState,
    },
    MarkAll,
    Announce {
        messages: Vec<u8>,
        state: Announcement,
    },
    /// Sets or empties one of the times, as the acts of later versions will.
    Set {
        message: u8,
        column: &'static str,
        at: Option<i64>,
    },
    Forget {
        source: u8,
    },
    Reopen,
}

fn either<T: Clone + std::fmt::Debug + 'static>(one: T, other: T) -> impl Strategy<Value = T> {
    prop_oneof![Just(one), Just(other)]
}

fn word() -> impl Strategy<Value = Word> {
    let read = || either(ReadState::Read, ReadState::Unread);
    let message = (
        0..6u8,
        0..3u8,
        0..2u8,
        0..3u8,
        prop_oneof![1 => Just(ReadState::Read), 4 => Just(ReadState::Unread)],
        either(Announce::Due, Announce::Never),
        prop_oneof![1 => Just(Update::Yes), 3 => Just(Update::No)],
    );
    prop_oneof![
        6 => message.prop_map(|(id, kind, title, ago, is_read, announce, update)| {
            Word::Message { id, kind, title, ago, is_read, announce, update }
        }),
        1 => (vec(1..6u8, 0..4), read()).prop_map(|(ids, read)| Word::Read { ids, read }),
        1 => vec(1..6u8, 0..3).prop_map(|ids| Word::Deleted { ids }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let read = || either(ReadState::Read, ReadState::Unread);
    let column =
        prop_oneof![Just("snoozed_until"), Just("snoozed_until"), Just("archived_at"), Just("deleted_at")];
    let state = prop_oneof![
        Just(Announcement::Showing),
        Just(Announcement::Announced),
        Just(Announcement::Summarised)
    ];
    prop_oneof![
        8 => (0..2u8, 0..2u8, vec(word(), 0..6), 0..3u8)
            .prop_map(|(source, epoch, words, cursor)| Act::Deliver { source, epoch, words, cursor }),
        3 => (vec(any::<u8>(), 0..4), read()).prop_map(|(messages, read)| Act::Mark { messages, read }),
        1 => Just(Act::MarkAll),
        2 => (vec(any::<u8>(), 0..3), state).prop_map(|(messages, state)| Act::Announce { messages, state }),
        3 => (any::<u8>(), column, prop::option::of(-2..3i64))
            // A tombstone has no way back: its texts are gone.
            .prop_filter("undelete", |(_, column, at)| *column != "deleted_at" || at.is_some())
            .prop_map(|(message, column, at)| Act::Set { message, column, at }),
        1 => (0..2u8).prop_map(|source| Act::Forget { source }),
        1 => Just(Act::Reopen),
    ]
}

fn source_id(source: u8) -> SourceId {
    SourceId(uuid::Uuid::from_u128(u128::from(source) + 1))
}

fn change(word: &Word) -> Change {
    let remote_ids = |ids: &[u8]| ids.iter().map(|id| RemoteId(id.to_string())).collect();
    match word {
        Word::Message { id, kind, title, ago, is_read, announce, update } => {
            let mut arrival: Arrival = arrival_with("", |message| {
                message.remote_id = (*id > 0).then(|| RemoteId(id.to_string()));
                message.kind = MessageKind::from(KINDS[usize::from(*kind)]);
                message.title = title.to_string();
                message.sent_at = SentAt::Exact(Timestamp(NOW.0 - i64::from(*ago) * 1_000));
                message.is_read = *is_read == ReadState::Read;
            });
            arrival.announce = *announce;
            match update {
                Update::Yes => Change::Updated(arrival),
                Update::No => Change::Message(arrival),
            }
        }
        Word::Read { ids, read } => Change::Read { ids: remote_ids(ids), read: *read },
        Word::Deleted { ids } => Change::Deleted { ids: remote_ids(ids) },
    }
}

/// Does the act on both. The store reports what it changed; the model finds that out by comparing.
fn apply(bench: &mut Bench, model: &mut Model, act: &Act) {
    let before = model.messages.clone();
    match act {
        Act::Deliver { source, epoch, words, cursor } => {
            let set = match cursor {
                0 => CursorUpdate::Keep,
                1 => CursorUpdate::Forget,
                n => CursorUpdate::Set(Cursor(n.to_string())),
            };
            let batch = Batch {
                epoch: Epoch(epoch.to_string()),
                changes: words.iter().map(change).collect(),
                place: PlaceUpdate { cursor: set, walk: WalkUpdate::Keep },
            };
            // The ids that the store will give are found out afterwards, also of what is gone at once.
            let highest = model.highest;
            let delivered = bench.store.deliver(source_id(*source), &batch, NOW).unwrap();
            let sql = "SELECT id FROM message WHERE id > ?1 ORDER BY id";
            let mut statement = bench.store.connection.prepare(sql).unwrap();
            let fresh: Vec<MessageId> = statement
                .query_map([highest], |row| row.get(0).map(MessageId))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            drop(statement);
            model.highest = fresh.last().map_or(highest, |id| id.0);
            let mut ids = fresh.iter().copied();
            model.deliver(*source, *epoch, words, &mut ids);
            assert_eq!(ids.next(), None, "the store took something for new that is known");
            let entry = model.cursors.entry(*source).or_default();
            match cursor {
                0 => {}
                1 => *entry = None,
                n => *entry = Some(*n),
            }

            let living = |id: &MessageId| !model.messages[id].deleted;
            let new: Vec<_> = fresh.iter().copied().filter(living).collect();
            assert_eq!(delivered.new.iter().map(|message| message.id).collect::<Vec<_>>(), new);
            for message in &delivered.new {
                assert_eq!(bench.store.message(message.id).unwrap().as_ref(), Some(message));
            }
            let differing = |differs: &dyn Fn(&Known, &Known) -> bool| -> BTreeSet<MessageId> {
                let old = before.iter().filter(|(id, known)| differs(known, &model.messages[id]));
                old.map(|(id, _)| *id).collect()
            };
            let set = |ids: &[MessageId]| ids.iter().copied().collect::<BTreeSet<_>>();
            assert_eq!(set(&delivered.deleted), differing(&|old, new| !old.deleted && new.deleted));
            // A message can be marked read and unread, or changed and changed back, in one batch.
            let read = differing(&|old, new| !old.read && new.read);
            assert!(set(&delivered.read_elsewhere).is_superset(&read));
            let unread = differing(&|old, new| old.read && !new.read);
            assert!(set(&delivered.unread_elsewhere).is_superset(&unread));
            let changed =
                differing(&|old, new| (old.kind, old.title, old.ago) != (new.kind, new.title, new.ago));
            assert!(set(&delivered.updated).is_superset(&changed));
            for id in &delivered.due {
                assert_eq!(model.messages[id].announcement, Some(Announcement::Due));
            }
        }
        Act::Mark { messages, read } => {
            let ids: Vec<_> = messages.iter().map(|number| model.pick(*number)).collect();
            let changed = bench.store.mark_read(&ids, *read, NOW).unwrap();
            let mut expected = Vec::new();
            for id in ids {
                let Some(known) = model.messages.get_mut(&id) else { continue };
                let wanted = *read == ReadState::Read;
                if known.deleted || known.read == wanted {
                    continue;
                }
                known.read = wanted;
                if wanted {
                    known.withdraw();
                }
                expected.push(id);
            }
            assert_eq!(changed, expected);
        }
        Act::MarkAll => {
            let changed: BTreeSet<_> = bench.store.mark_all_read(NOW).unwrap().into_iter().collect();
            let mut expected = BTreeSet::new();
            for (id, known) in &mut model.messages {
                if known.unread(NOW.0) {
                    known.read = true;
                    expected.insert(*id);
                }
            }
            assert_eq!(changed, expected);
            if !expected.is_empty() {
                let settled = |known: &&mut Known| known.read || !known.listed();
                model.messages.values_mut().filter(settled).for_each(Known::withdraw);
            }
        }
        Act::Announce { messages, state } => {
            let ids: Vec<_> = messages.iter().map(|number| model.pick(*number)).collect();
            bench.store.set_announcement(&ids, *state, NOW).unwrap();
            for id in ids {
                if let Some(known) = model.messages.get_mut(&id) {
                    known.announcement = Some(*state);
                }
            }
        }
        Act::Set { message, column, at } => {
            let id = model.pick(*message);
            let at = at.map(|seconds| NOW.0 + seconds * 1_000);
            let sql = format!("UPDATE message SET {column} = ?2 WHERE id = ?1");
            bench.store.connection.execute(&sql, params![id.0, at]).unwrap();
            if let Some(known) = model.messages.get_mut(&id) {
                match *column {
                    "snoozed_until" => known.snoozed = at,
                    "archived_at" => known.archived = at.is_some(),
                    _ => known.deleted = at.is_some(),
                }
            }
        }
        Act::Forget { source } => {
            let gone: BTreeSet<_> =
                bench.store.forget_source(source_id(*source)).unwrap().into_iter().collect();
            let of_source = |known: &Known| known.source == *source;
            assert_eq!(gone, before.iter().filter(|(_, k)| of_source(k)).map(|(id, _)| *id).collect());
            model.messages.retain(|_, known| !of_source(known));
            model.cursors.remove(source);
        }
        Act::Reopen => {
            bench.store = Store::open_patiently(&bench.path(), Duration::from_millis(50)).unwrap();
        }
    }
}

fn compare(bench: &Bench, model: &Model) {
    bench.store.check().unwrap();
    let listed = model.listed();
    for shift in [-10_000, 0, 1_000, 10_000] {
        let now = NOW.0 + shift;
        let summary = bench.store.summary(Timestamp(now)).unwrap();
        assert_eq!(summary, model.summary(summary.rev, now), "at {shift} ms");
        let mut counts: BTreeMap<u8, u64> = BTreeMap::new();
        for (_, known) in listed.iter().filter(|(_, known)| known.unread(now)) {
            *counts.entry(known.source).or_default() += 1;
        }
        let stored: BTreeMap<_, _> = bench.store.source_counts(Timestamp(now)).unwrap().into_iter().collect();
        assert_eq!(stored, counts.into_iter().map(|(source, n)| (source_id(source), n)).collect());
    }
    let reader = bench.reader();
    let mut tabs = vec![(Tab::All, listed.clone())];
    tabs.push((Tab::Unread, listed.iter().filter(|(_, known)| known.unread(NOW.0)).copied().collect()));
    for (number, name) in (0..).zip(KINDS) {
        let of_kind = listed.iter().filter(|(_, known)| known.kind == number).copied().collect();
        tabs.push((Tab::Kind { kind: MessageKind::from(name) }, of_kind));
    }
    for (tab, expected) in tabs {
        let mut rows = Vec::new();
        let mut before: Option<PageKey> = None;
        loop {
            let page = reader.page(&tab, before, 3, NOW).unwrap();
            rows.extend(page.rows);
            assert!(rows.len() < 1_000, "the list has no end");
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let stored: Vec<_> = rows
            .iter()
            .map(|row| (row.id, row.source, row.kind.as_str(), row.title.as_str(), row.at.0, row.unread))
            .collect();
        let titles: Vec<_> = expected.iter().map(|(_, known)| known.title.to_string()).collect();
        let wanted: Vec<_> = expected
            .iter()
            .zip(&titles)
            .map(|((id, known), title)| {
                let kind = KINDS[usize::from(known.kind)];
                (*id, source_id(known.source), kind, title.as_str(), known.at(), known.unread(NOW.0))
            })
            .collect();
        assert_eq!(stored, wanted, "{tab:?}");
    }
    let due: Vec<_> = bench.store.unannounced().unwrap().iter().map(|message| message.id).collect();
    let open = model.messages.iter().filter(|(_, known)| known.open() && known.listed() && !known.read);
    assert_eq!(due, open.map(|(id, _)| *id).collect::<Vec<_>>());
    for source in 0..2 {
        let place = bench.store.cursor(source_id(source)).unwrap();
        let cursor = model.cursors.get(&source).copied().flatten();
        assert_eq!(place.cursor, cursor.map(|n| Cursor(n.to_string())));
    }
}

proptest! {
    // No file of past failures: each names its acts. Finding the shortest ones may not take minutes.
    #![proptest_config(ProptestConfig {
        cases: 40,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_agrees_with_the_model(acts in vec(act(), 1..30)) {
        let mut bench = Bench::new();
        let mut model = Model::default();
        for act in &acts {
            apply(&mut bench, &mut model, act);
            compare(&bench, &model);
        }
    }
}
