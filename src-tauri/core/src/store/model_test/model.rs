//! The model: messages in a map, every rule written once more in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use super::super::testing::NOW;
use super::super::{Announce, Announcement, InboxSummary, Intent, KindCount, ReadState};
use crate::model::{MessageId, MessageKind};

/// The kinds in use, in the order of the summary.
pub const KINDS: [&str; 3] = ["reply", "message", "部署"];

/// What a server may say. Remote ids come from a small range, so that they meet; 0 stands for none.
#[derive(Debug, Clone)]
pub enum Word {
    Message { id: u8, kind: u8, title: u8, ago: u8, is_read: ReadState, announce: Announce, update: Update },
    Read { ids: Vec<u8>, read: ReadState },
    Deleted { ids: Vec<u8> },
}

/// Whether an act changed a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Changed {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Update {
    Yes,
    No,
}

/// One message as the model knows it.
#[derive(Debug, Clone)]
pub struct Known {
    pub source: u8,
    pub epoch: u8,
    pub remote: u8,
    pub kind: u8,
    pub title: u8,
    pub ago: u8,
    pub read: Option<i64>,
    pub deleted: Option<i64>,
    pub archived: Option<i64>,
    pub snoozed: Option<i64>,
    pub returned: Option<i64>,
    pub pinned: Option<i64>,
    /// Whether its texts are gone.
    pub erased: bool,
    pub announcement: Option<Announcement>,
}

impl Known {
    pub fn at(&self) -> i64 {
        self.snoozed.or(self.returned).unwrap_or(NOW.0 - i64::from(self.ago) * 1_000)
    }

    /// Neither deleted nor archived.
    pub fn present(&self) -> bool {
        self.deleted.is_none() && self.archived.is_none()
    }

    pub fn listed(&self, now: i64) -> bool {
        self.present() && self.snoozed.is_none_or(|until| until <= now)
    }

    pub fn unread(&self, now: i64) -> bool {
        self.listed(now) && self.read.is_none()
    }

    pub fn open(&self) -> bool {
        matches!(self.announcement, Some(Announcement::Due | Announcement::Showing))
    }

    /// Whether time alone can make it unread.
    pub fn settled(&self) -> bool {
        !self.present() || self.read.is_some()
    }

    pub fn times(&mut self) -> Times<&mut Option<i64>> {
        let Self { read, archived, deleted, snoozed, returned, pinned, .. } = self;
        [read, archived, deleted, snoozed, returned, pinned]
    }

    pub fn withdraw(&mut self) {
        if self.open() {
            self.announcement = Some(Announcement::Withdrawn);
        }
    }
}

/// The times that acts of the user set.
pub type Times<T> = [T; 6];

/// The times of one message before and after an act.
pub type Turn = (MessageId, Times<Option<i64>>, Times<Option<i64>>);

/// One word that a server has to be told, with its place in the order.
pub type Saying = (u64, Intent);

/// What an act had to be told of it, and what that took the place of.
#[derive(Debug, Default)]
pub struct Told {
    sayings: BTreeMap<MessageId, Saying>,
    replaced: BTreeMap<MessageId, Saying>,
}

#[derive(Debug, Default)]
pub struct Model {
    pub messages: BTreeMap<MessageId, Known>,
    /// How many acts there were: each has a millisecond of its own.
    pub acts: i64,
    /// Sources that have been heard of, with cursor.
    pub cursors: BTreeMap<u8, Option<u8>>,
    /// Those that have begun anew and told of no place since.
    pub begun: BTreeSet<u8>,
    pub highest: i64,
    /// The present epoch of each source.
    pub epochs: BTreeMap<u8, u8>,
    /// What servers have still to be told.
    pub outbox: BTreeMap<MessageId, Saying>,
    /// How much there was to be told so far.
    pub sayings: u64,
}

impl Model {
    pub fn now(&self) -> i64 {
        NOW.0 + self.acts
    }

    /// Changes living messages, one after the other; returns those that the change was one for.
    pub fn change(&mut self, ids: &[MessageId], change: impl Fn(&mut Known, i64) -> Changed) -> Vec<Turn> {
        let now = self.now();
        let mut turns = Vec::new();
        for id in ids {
            let Some(known) = self.messages.get_mut(id).filter(|known| known.deleted.is_none()) else {
                continue;
            };
            let before = known.times().map(|time| *time);
            if change(known, now) == Changed::Yes {
                let after = known.times().map(|time| *time);
                // What makes it less settled, e.g. unread in the archive, leaves an announcement as it is.
                if before.iter().zip(&after).take(3).any(|(old, new)| old.is_none() && new.is_some()) {
                    known.withdraw();
                }
                turns.push((*id, before, after));
            }
        }
        turns
    }

    /// What servers have to be told of an act from now on.
    pub fn tell(&mut self, turns: &[Turn], intent: Intent) -> Told {
        let mut told = Told::default();
        for (id, before, after) in turns {
            let known = &self.messages[id];
            // An archived message may have been read before.
            let nothing_new = (before[0], before[2]) == (after[0], after[2]);
            if nothing_new || known.remote == 0 || self.epochs[&known.source] != known.epoch {
                continue;
            }
            self.sayings += 1;
            let saying = (self.sayings, intent);
            told.sayings.insert(*id, saying);
            told.replaced.extend(self.outbox.insert(*id, saying).map(|old| (*id, old)));
        }
        told
    }

    /// What stands in a source's outbox, in its order.
    pub fn to_be_told(&self, source: u8) -> Vec<(MessageId, Intent)> {
        let of_source = self.outbox.iter().filter(|(id, _)| self.messages[id].source == source);
        let mut sayings: Vec<_> = of_source.map(|(id, (place, intent))| (*place, *id, *intent)).collect();
        sayings.sort_by_key(|(place, ..)| *place);
        sayings.into_iter().map(|(_, id, intent)| (id, intent)).collect()
    }

    /// Takes an act back: every time that is still as the act left it, and what was to be told of it.
    pub fn take_back(&mut self, turns: &[Turn], told: &Told) {
        for (id, before, after) in turns {
            let Some(known) = self.messages.get_mut(id).filter(|known| !known.erased) else { continue };
            let (mut changed, mut telling) = (false, false);
            for (number, ((time, before), after)) in
                known.times().into_iter().zip(before).zip(after).enumerate()
            {
                if before != after && *time == *after {
                    *time = *before;
                    changed = true;
                    telling |= matches!(number, 0 | 2);
                }
            }
            if changed && known.settled() {
                known.withdraw();
            }
            if !telling {
                continue;
            }
            let present = match (known.deleted, known.read) {
                (Some(_), _) => Intent::Deleted,
                (None, Some(_)) => Intent::Read,
                (None, None) => Intent::Unread,
            };
            if self.outbox.get(id).is_some_and(|saying| told.sayings.get(id) == Some(saying)) {
                self.outbox.remove(id);
                self.outbox.extend(told.replaced.get(id).map(|(place, _)| (*id, (*place, present))));
            } else if let Some((_, intent)) = self.outbox.get_mut(id) {
                *intent = present;
            }
        }
    }

    /// Erases what is deleted; what nothing identifies goes as a whole.
    pub fn erase(&mut self, ids: &[MessageId]) {
        for id in ids {
            if let Some(known) = self.messages.get_mut(id).filter(|known| known.deleted.is_some()) {
                known.erased = true;
            }
        }
    }

    pub fn deleted(&self) -> Vec<MessageId> {
        let deleted = self.messages.iter().filter(|(_, known)| known.deleted.is_some());
        deleted.map(|(id, _)| *id).collect()
    }

    /// A server that is in an epoch tells of a place (from 2) or of none. Returns the epoch that it is taken to be in:
    /// it begins again only once it has told of a place since the last time, or where none is known.
    pub fn enter(&mut self, source: u8, epoch: u8, cursor: u8) -> u8 {
        let present = self.epochs.get(&source).copied();
        let known = self.cursors.get(&source).copied().flatten();
        let told_already = self.begun.contains(&source) && known.is_some();
        let next = present.filter(|_| told_already).unwrap_or(epoch);
        if cursor > 1 && known != Some(cursor) {
            self.begun.remove(&source);
        } else if present != Some(next) {
            self.begun.insert(source);
        }
        next
    }

    /// Says the words; new messages get the ids that the store has given them, in order. Returns those
    /// among them that are still there.
    pub fn deliver(
        &mut self,
        source: u8,
        epoch: u8,
        words: &[Word],
        fresh: &mut dyn Iterator<Item = MessageId>,
    ) {
        let now = self.now();
        if self.epochs.insert(source, epoch).is_some_and(|before| before != epoch) {
            let Self { messages, outbox, .. } = self;
            outbox.retain(|id, _| messages[id].source != source || messages[id].epoch == epoch);
        }
        for word in words {
            let said: BTreeSet<MessageId> = self.outbox.keys().copied().collect();
            match word {
                Word::Message { id, kind, title, ago, is_read, announce, update } => {
                    let read = *is_read == ReadState::Read;
                    let met = self.messages.iter_mut().find(|(_, known)| {
                        known.source == source
                            && known.remote == *id
                            && if *id > 0 {
                                known.epoch == epoch
                            } else {
                                (known.kind, known.title, known.ago) == (*kind, *title, *ago)
                            }
                    });
                    match met {
                        Some((_, known)) if known.deleted.is_some() || *id == 0 => {}
                        Some((met, known)) => {
                            if read && known.read.is_none() && !said.contains(met) {
                                known.read = Some(now);
                                known.withdraw();
                            }
                            if (known.kind, known.title, known.ago) != (*kind, *title, *ago) {
                                (known.kind, known.title, known.ago) = (*kind, *title, *ago);
                                let due = *update == Update::Yes && *announce == Announce::Due;
                                if due && !known.open() && !known.settled() {
                                    known.announcement = Some(Announcement::Due);
                                }
                            }
                        }
                        None => {
                            let message = Known {
                                source,
                                epoch,
                                remote: *id,
                                kind: *kind,
                                title: *title,
                                ago: *ago,
                                read: read.then_some(now),
                                deleted: None,
                                archived: None,
                                snoozed: None,
                                returned: None,
                                pinned: None,
                                erased: false,
                                announcement: (*announce == Announce::Due && !read)
                                    .then_some(Announcement::Due),
                            };
                            let id = fresh.next().expect("the store found fewer new messages");
                            self.messages.insert(id, message);
                        }
                    }
                }
                Word::Read { ids, read } => {
                    for (_, known) in self.named(source, epoch, ids).filter(|(id, _)| !said.contains(id)) {
                        match read {
                            ReadState::Read if known.read.is_none() => {
                                known.read = Some(now);
                                known.withdraw();
                            }
                            ReadState::Read => {}
                            ReadState::Unread => known.read = None,
                        }
                    }
                }
                Word::Deleted { ids } => {
                    for (_, known) in self.named(source, epoch, ids) {
                        known.deleted = Some(now);
                        known.withdraw();
                    }
                    let user = |known: &&mut Known| {
                        known.source == source && known.epoch == epoch && known.deleted.is_some()
                    };
                    let named = |known: &&mut Known| known.remote > 0 && ids.contains(&known.remote);
                    self.messages.values_mut().filter(user).filter(named).for_each(|k| k.erased = true);
                    let Self { messages, outbox, .. } = self;
                    outbox.retain(|id, _| {
                        let known = &messages[id];
                        known.source != source || known.epoch != epoch || !ids.contains(&known.remote)
                    });
                }
            }
        }
    }

    /// The living messages with these remote ids.
    pub fn named(
        &mut self,
        source: u8,
        epoch: u8,
        ids: &[u8],
    ) -> impl Iterator<Item = (&MessageId, &mut Known)> {
        let ids: BTreeSet<u8> = ids.iter().copied().collect();
        let wanted = move |(_, known): &(&MessageId, &mut Known)| {
            known.source == source
                && known.epoch == epoch
                && known.deleted.is_none()
                && ids.contains(&known.remote)
        };
        self.messages.iter_mut().filter(wanted)
    }

    /// One of the messages that ever were, or one that never was.
    pub fn pick(&self, number: u8) -> MessageId {
        MessageId(i64::from(number) % (self.highest + 2))
    }

    /// Brings back what was put off until now; servers hear of what was read.
    pub fn wake(&mut self, now: i64) -> Vec<MessageId> {
        let due = |known: &Known| known.present() && known.snoozed.is_some_and(|until| until <= now);
        let mut ids: Vec<MessageId> = self.list(due).into_iter().map(|(id, _)| id).collect();
        ids.sort();
        let mut turns = Vec::new();
        for id in &ids {
            let known = self.messages.get_mut(id).expect("it is there");
            let before = known.times().map(|time| *time);
            (known.snoozed, known.returned, known.read) = (None, Some(now), None);
            if !known.open() {
                known.announcement = Some(Announcement::Due);
            }
            turns.push((*id, before, known.times().map(|time| *time)));
        }
        self.tell(&turns, Intent::Unread);
        ids
    }

    /// Messages in the order of lists.
    pub fn list(&self, wanted: impl Fn(&Known) -> bool) -> Vec<(MessageId, &Known)> {
        let mut list: Vec<_> =
            self.messages.iter().filter(|(_, known)| wanted(known)).map(|(id, known)| (*id, known)).collect();
        list.sort_by_key(|(id, known)| std::cmp::Reverse((known.at(), *id)));
        list
    }

    pub fn summary(&self, rev: u64, now: i64) -> InboxSummary {
        let listed = self.list(|known| known.listed(now));
        let count =
            |wanted: &dyn Fn(&Known) -> bool| listed.iter().filter(|(_, known)| wanted(known)).count() as u64;
        let kinds = (0..).zip(KINDS).map(|(number, name)| KindCount {
            kind: MessageKind::from(name),
            total: count(&|known| known.kind == number),
            unread: count(&|known| known.kind == number && known.unread(now)),
        });
        InboxSummary {
            rev,
            total: listed.len() as u64,
            unread: count(&|known| known.unread(now)),
            snoozed: self.list(|known| known.present() && !known.listed(now)).len() as u64,
            kinds: kinds.filter(|kind| kind.total > 0).collect(),
        }
    }
}
