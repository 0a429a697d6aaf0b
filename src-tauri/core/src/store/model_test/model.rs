//! The model: messages in a map, every rule written once more in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use super::super::testing::NOW;
use super::super::{Announce, Announcement, InboxSummary, KindCount, ReadState};
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
    pub read: bool,
    pub deleted: bool,
    pub archived: bool,
    pub snoozed: Option<i64>,
    pub announcement: Option<Announcement>,
}

impl Known {
    pub fn at(&self) -> i64 {
        NOW.0 - i64::from(self.ago) * 1_000
    }

    pub fn listed(&self) -> bool {
        !self.deleted && !self.archived
    }

    pub fn unread(&self, now: i64) -> bool {
        self.listed() && !self.read && self.snoozed.is_none_or(|until| until <= now)
    }

    pub fn open(&self) -> bool {
        matches!(self.announcement, Some(Announcement::Due | Announcement::Showing))
    }

    pub fn withdraw(&mut self) {
        if self.open() {
            self.announcement = Some(Announcement::Withdrawn);
        }
    }
}

#[derive(Debug, Default)]
pub struct Model {
    pub messages: BTreeMap<MessageId, Known>,
    /// Sources that have been heard of, with cursor.
    pub cursors: BTreeMap<u8, Option<u8>>,
    pub highest: i64,
}

impl Model {
    /// Says the words; new messages get the ids that the store has given them, in order. Returns those
    /// among them that are still there.
    pub fn deliver(
        &mut self,
        source: u8,
        epoch: u8,
        words: &[Word],
        fresh: &mut dyn Iterator<Item = MessageId>,
    ) {
        for word in words {
            match word {
                Word::Message { id, kind, title, ago, is_read, announce, update } => {
                    let read = *is_read == ReadState::Read;
                    let met = self.messages.values_mut().find(|known| {
                        known.source == source
                            && known.remote == *id
                            && if *id > 0 {
                                known.epoch == epoch
                            } else {
                                (known.kind, known.title, known.ago) == (*kind, *title, *ago)
                            }
                    });
                    match met {
                        Some(known) if known.deleted || *id == 0 => {}
                        Some(known) => {
                            if read && !known.read {
                                known.read = true;
                                known.withdraw();
                            }
                            if (known.kind, known.title, known.ago) != (*kind, *title, *ago) {
                                (known.kind, known.title, known.ago) = (*kind, *title, *ago);
                                let due = *update == Update::Yes && *announce == Announce::Due;
                                if due && !known.open() && !known.read && known.listed() {
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
                                read,
                                deleted: false,
                                archived: false,
                                snoozed: None,
                                announcement: (*announce == Announce::Due && !read)
                                    .then_some(Announcement::Due),
                            };
                            let id = fresh.next().expect("the store found fewer new messages");
                            self.messages.insert(id, message);
                        }
                    }
                }
                Word::Read { ids, read } => {
                    for known in self.named(source, epoch, ids) {
                        known.read = *read == ReadState::Read;
                        if known.read {
                            known.withdraw();
                        }
                    }
                }
                Word::Deleted { ids } => {
                    for known in self.named(source, epoch, ids) {
                        known.deleted = true;
                        known.withdraw();
                    }
                }
            }
        }
    }

    /// The living messages with these remote ids.
    pub fn named(&mut self, source: u8, epoch: u8, ids: &[u8]) -> impl Iterator<Item = &mut Known> {
        let ids: BTreeSet<u8> = ids.iter().copied().collect();
        let wanted = move |known: &&mut Known| {
            known.source == source && known.epoch == epoch && !known.deleted && ids.contains(&known.remote)
        };
        self.messages.values_mut().filter(wanted)
    }

    /// One of the messages that ever were, or one that never was.
    pub fn pick(&self, number: u8) -> MessageId {
        MessageId(i64::from(number) % (self.highest + 2))
    }

    pub fn listed(&self) -> Vec<(MessageId, &Known)> {
        let mut list: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, known)| known.listed())
            .map(|(id, known)| (*id, known))
            .collect();
        list.sort_by_key(|(id, known)| std::cmp::Reverse((known.at(), *id)));
        list
    }

    pub fn summary(&self, rev: u64, now: i64) -> InboxSummary {
        let listed = self.listed();
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
            kinds: kinds.filter(|kind| kind.total > 0).collect(),
        }
    }
}
