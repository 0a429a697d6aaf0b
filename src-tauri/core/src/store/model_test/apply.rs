//! Doing an act on both.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::params;

use super::super::testing::*;
use super::super::{
    Announcement, Arrival, Batch, Change, CursorUpdate, EpochUpdate, Former, Intent, Old, PlaceUpdate,
    ReadState, Store, SweepPlace,
};
use super::act::Act;
use super::model::{Changed, KINDS, Known, Model, Told, Turn, Update, Word};
use crate::model::{Cursor, Epoch, MessageId, MessageKind, RemoteId, SentAt, SourceId, Timestamp};

pub fn source_id(source: u8) -> SourceId {
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
pub type Acts = Vec<(Former, Vec<Turn>, Told)>;

/// Does the act on both. The store reports what it changed; the model finds that out by comparing.
pub fn apply(bench: &mut Bench, model: &mut Model, acts: &mut Acts, act: &Act) {
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
                changes: words.iter().map(change).collect(),
                place: PlaceUpdate { cursor: set, ..PlaceUpdate::default() },
                epoch: match model.epochs.get(source) {
                    Some(present) if present == epoch => EpochUpdate::Keep,
                    _ => EpochUpdate::Begun(Some(Epoch(epoch.to_string()))),
                },
            };
            let epoch = &model.enter(*source, *epoch, *cursor);
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
            model.begun.remove(source);
        }
        Act::Sweep { source, ago } => {
            let old = Old { before: Timestamp(NOW.0 - ago * 1_000), settled_by: now };
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
