//! Random acts on the store and on a model of it in plain maps; both have to agree after each act.

mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::params;

use self::model::{Changed, KINDS, Known, Model, Told, Turn, Update, Word};
use super::testing::*;
use super::{
    Announce, Announcement, Arrival, Batch, Change, CursorUpdate, Former, Intent, KindCount, ListFilter,
    MessageRow, Old, PlaceUpdate, ReadState, Reader, Spared, Store, SweepPlace, Tab, WalkUpdate,
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
    Archive {
        messages: Vec<u8>,
    },
    /// Puts messages off for so many seconds.
    PutOff {
        messages: Vec<u8>,
        seconds: i64,
    },
    /// So many seconds later what is due comes back.
    Wake {
        seconds: i64,
    },
    WakeEarly {
        messages: Vec<u8>,
    },
    Pin {
        messages: Vec<u8>,
        pinned: bool,
    },
    Unarchive {
        messages: Vec<u8>,
    },
    Delete {
        messages: Vec<u8>,
    },
    /// Takes back one of the acts so far.
    TakeBack {
        act: u8,
    },
    /// The time for taking back one of the acts so far is over.
    LetGo {
        act: u8,
    },
    Announce {
        messages: Vec<u8>,
        state: Announcement,
    },
    /// Sets or ends a snooze, as the acts of later versions will.
    Snooze {
        message: u8,
        until: Option<i64>,
    },
    Forget {
        source: u8,
    },
    /// Lets go of what is older than so many seconds.
    Sweep {
        source: u8,
        ago: i64,
    },
    /// The source's server is told what comes next.
    Tell {
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
    let some = || vec(any::<u8>(), 0..4);
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
        2 => some().prop_map(|messages| Act::Archive { messages }),
        1 => some().prop_map(|messages| Act::Unarchive { messages }),
        2 => (some(), 1..4i64).prop_map(|(messages, seconds)| Act::PutOff { messages, seconds }),
        1 => (0..4i64).prop_map(|seconds| Act::Wake { seconds }),
        1 => some().prop_map(|messages| Act::WakeEarly { messages }),
        1 => (some(), any::<bool>()).prop_map(|(messages, pinned)| Act::Pin { messages, pinned }),
        2 => some().prop_map(|messages| Act::Delete { messages }),
        3 => any::<u8>().prop_map(|act| Act::TakeBack { act }),
        1 => any::<u8>().prop_map(|act| Act::LetGo { act }),
        2 => (vec(any::<u8>(), 0..3), state).prop_map(|(messages, state)| Act::Announce { messages, state }),
        2 => (any::<u8>(), prop::option::of(-2..3i64))
            .prop_map(|(message, until)| Act::Snooze { message, until }),
        1 => (0..2u8).prop_map(|source| Act::Forget { source }),
        2 => (0..2u8, -1..3i64).prop_map(|(source, ago)| Act::Sweep { source, ago }),
        2 => (0..2u8).prop_map(|source| Act::Tell { source }),
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

/// What has been done and may be taken back, as the store and as the model remember it.
type Acts = Vec<(Former, Vec<Turn>, Told)>;

/// Does the act on both. The store reports what it changed; the model finds that out by comparing.
fn apply(bench: &mut Bench, model: &mut Model, acts: &mut Acts, act: &Act) {
    let before = model.messages.clone();
    model.acts += 1;
    let now = Timestamp(model.now());
    let pick = |model: &Model, messages: &[u8]| -> Vec<MessageId> {
        messages.iter().map(|number| model.pick(*number)).collect()
    };
    let mut done = |former: Former, turns: Vec<Turn>, told: Told| {
        let ids: Vec<MessageId> = turns.iter().map(|(id, ..)| *id).collect();
        assert_eq!(former.ids().collect::<Vec<_>>(), ids);
        acts.push((former, turns, told));
    };
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
            let delivered = bench.store.deliver(source_id(*source), &batch, now).unwrap();
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

            let living = |id: &MessageId| model.messages[id].deleted.is_none();
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
            assert_eq!(set(&delivered.deleted), differing(&|old, new| old.deleted != new.deleted));
            // A message can be marked read and unread, or changed and changed back, in one batch.
            let read = differing(&|old, new| old.read.is_none() && new.read.is_some());
            assert!(set(&delivered.read_elsewhere).is_superset(&read));
            let unread = differing(&|old, new| old.read.is_some() && new.read.is_none());
            assert!(set(&delivered.unread_elsewhere).is_superset(&unread));
            let changed =
                differing(&|old, new| (old.kind, old.title, old.ago) != (new.kind, new.title, new.ago));
            assert!(set(&delivered.updated).is_superset(&changed));
            for id in &delivered.due {
                assert_eq!(model.messages[id].announcement, Some(Announcement::Due));
            }
        }
        Act::Mark { messages, read } => {
            let ids = pick(model, messages);
            let former = bench.store.mark_read(&ids, *read, now).unwrap();
            let turns = model.change(&ids, |known, now| match read {
                ReadState::Read => fill(&mut known.read, now),
                ReadState::Unread => empty(&mut known.read),
            });
            let intent = match read {
                ReadState::Read => Intent::Read,
                ReadState::Unread => Intent::Unread,
            };
            let told = model.tell(&turns, intent);
            done(former, turns, told);
        }
        Act::MarkAll => {
            let former = bench.store.mark_all_read(now).unwrap();
            let unread = model.list(|known| known.unread(now.0));
            let unread: BTreeSet<_> = unread.into_iter().map(|(id, _)| id).collect();
            assert_eq!(former.ids().collect::<BTreeSet<_>>(), unread);
            let ids: Vec<_> = former.ids().collect();
            let turns = model.change(&ids, |known, now| fill(&mut known.read, now));
            if !turns.is_empty() {
                let settled = model.messages.values_mut().filter(|known| known.settled());
                settled.for_each(Known::withdraw);
            }
            let told = model.tell(&turns, Intent::Read);
            done(former, turns, told);
        }
        Act::Archive { messages } => {
            let ids = pick(model, messages);
            let former = bench.store.archive(&ids, now).unwrap();
            let turns = model.change(&ids, |known, now| {
                let archived = fill(&mut known.archived, now);
                if archived == Changed::Yes {
                    known.read.get_or_insert(now);
                    known.snoozed = None;
                }
                archived
            });
            let told = model.tell(&turns, Intent::Read);
            done(former, turns, told);
        }
        Act::PutOff { messages, seconds } => {
            let ids = pick(model, messages);
            let until = Timestamp(NOW.0 + seconds * 1_000);
            let former = bench.store.snooze(&ids, until, now).unwrap();
            let turns = model.change(&ids, |known, _| {
                if known.snoozed.replace(until.0) == Some(until.0) {
                    return Changed::No;
                }
                (known.read, known.archived) = (None, None);
                known.withdraw();
                Changed::Yes
            });
            let told = model.tell(&turns, Intent::Unread);
            done(former, turns, told);
        }
        Act::Wake { seconds } => {
            let now = Timestamp(NOW.0 + seconds * 1_000);
            assert_eq!(bench.store.wake(now).unwrap(), model.wake(now.0));
        }
        Act::WakeEarly { messages } => {
            let ids = pick(model, messages);
            let former = bench.store.wake_early(&ids, now).unwrap();
            let turns = model.change(&ids, |known, now| {
                if known.snoozed.take().is_none() {
                    return Changed::No;
                }
                (known.read, known.returned) = (None, Some(now));
                Changed::Yes
            });
            let told = model.tell(&turns, Intent::Unread);
            done(former, turns, told);
        }
        Act::Pin { messages, pinned } => {
            let ids = pick(model, messages);
            let former = bench.store.pin(&ids, pinned.then_some(now)).unwrap();
            let turns = model.change(&ids, |known, now| match pinned {
                true => fill(&mut known.pinned, now),
                false => empty(&mut known.pinned),
            });
            done(former, turns, Told::default());
        }
        Act::Unarchive { messages } => {
            let ids = pick(model, messages);
            let former = bench.store.unarchive(&ids).unwrap();
            let turns = model.change(&ids, |known, _| empty(&mut known.archived));
            done(former, turns, Told::default());
        }
        Act::Delete { messages } => {
            let ids = pick(model, messages);
            let former = bench.store.delete(&ids, now).unwrap();
            let turns = model.change(&ids, |known, now| fill(&mut known.deleted, now));
            let told = model.tell(&turns, Intent::Deleted);
            done(former, turns, told);
        }
        Act::TakeBack { act } => {
            if acts.is_empty() {
                return;
            }
            let (former, turns, told) = acts.remove(usize::from(*act) % acts.len());
            let settled: BTreeSet<_> = bench.store.take_back(&former, now).unwrap().into_iter().collect();
            model.take_back(&turns, &told);
            let expected = turns.iter().map(|(id, ..)| *id).filter(|id| {
                let same = |known: &Known| known.clone().times().map(|time| *time);
                let new = model.messages.get(id);
                new.is_some_and(|new| new.settled() && same(new) != same(&before[id]))
            });
            assert_eq!(settled, expected.collect());
        }
        Act::LetGo { act } => {
            if acts.is_empty() {
                return;
            }
            let (former, turns, _) = acts.remove(usize::from(*act) % acts.len());
            bench.store.erase(&former).unwrap();
            if former.deletes() {
                model.erase(&turns.iter().map(|(id, ..)| *id).collect::<Vec<_>>());
            }
        }
        Act::Announce { messages, state } => {
            let ids: Vec<_> = messages.iter().map(|number| model.pick(*number)).collect();
            bench.store.set_announcement(&ids, *state, None, NOW).unwrap();
            for id in ids {
                if let Some(known) = model.messages.get_mut(&id) {
                    known.announcement = Some(*state);
                }
            }
        }
        Act::Snooze { message, until } => {
            let id = model.pick(*message);
            let until = until.map(|seconds| NOW.0 + seconds * 1_000);
            let sql = "UPDATE message SET snoozed_until = ?2 WHERE id = ?1";
            bench.store.connection.execute(sql, params![id.0, until]).unwrap();
            if let Some(known) = model.messages.get_mut(&id) {
                known.snoozed = until;
            }
        }
        Act::Forget { source } => {
            let gone: BTreeSet<_> =
                bench.store.forget_source(source_id(*source)).unwrap().into_iter().collect();
            let of_source = |known: &Known| known.source == *source;
            assert_eq!(gone, before.iter().filter(|(_, k)| of_source(k)).map(|(id, _)| *id).collect());
            model.messages.retain(|_, known| !of_source(known));
            model.outbox.retain(|id, _| model.messages.contains_key(id));
            model.epochs.remove(source);
            model.cursors.remove(source);
        }
        Act::Sweep { source, ago } => {
            let old = Old {
                before: Timestamp(NOW.0 - ago * 1_000),
                settled_by: now,
                spared: Spared::UnreadAndPinned,
            };
            let place = SweepPlace::default();
            let swept = bench.store.sweep(source_id(*source), old, place, now, || true).unwrap();
            let is_old = |known: &Known| known.source == *source && known.at() < old.before.0;
            let sleeps = |known: &Known| known.present() && known.snoozed.is_some();
            let stays = |known: &Known| known.deleted.is_some() || known.pinned.is_some() || sleeps(known);
            let goes = |known: &Known| is_old(known) && !stays(known) && known.settled();
            let gone = model.list(goes).into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>();
            assert_eq!((swept.gone.into_iter().collect(), swept.next), (gone.clone(), None));
            for id in gone {
                let known = model.messages.get_mut(&id).unwrap();
                known.deleted = Some(now.0);
                known.erased = true;
                known.withdraw();
            }
        }
        Act::Tell { source } => {
            let expected = model.to_be_told(*source);
            let Some(errand) = bench.store.next_errand(source_id(*source), None, &mut |_, _| true).unwrap()
            else {
                return assert_eq!(expected, []);
            };
            let same = expected.iter().take_while(|(_, intent)| *intent == errand.intent);
            let ids: Vec<MessageId> = same.map(|(id, _)| *id).collect();
            let remote_ids = ids.iter().map(|id| model.messages[id].remote.to_string());
            assert!(errand.remote_ids().map(|id| &id.0).eq(&remote_ids.collect::<Vec<_>>()), "{errand:?}");
            bench.store.take_out(&errand).unwrap();
            model.outbox.retain(|id, _| !ids.contains(id));
        }
        Act::Reopen => {
            bench.store = Store::open_patiently(&bench.path(), Duration::from_millis(50)).unwrap();
            bench.store.erase_deleted().unwrap();
            model.erase(&model.deleted());
        }
    }
}

fn fill(time: &mut Option<i64>, now: i64) -> Changed {
    if time.is_some() {
        return Changed::No;
    }
    *time = Some(now);
    Changed::Yes
}

fn empty(time: &mut Option<i64>) -> Changed {
    if time.take().is_some() { Changed::Yes } else { Changed::No }
}

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
