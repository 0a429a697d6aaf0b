//! What the tests of the store have in common: a store in a folder of its own, and messages to put in.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Map;
use tempfile::TempDir;

use super::{
    Announce, Arrival, Batch, Change, CursorUpdate, Delivered, EpochUpdate, ListFilter, PageKey, PlaceUpdate,
    Reader, Store, StoreError, Tab,
};
use crate::model::{
    Cursor, Epoch, Message, MessageId, MessageKind, NewMessage, Priority, RemoteId, SentAt, SourceId,
    Timestamp, Via,
};

/// The present in tests that do not care.
pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A store in a temporary folder.
pub struct Bench {
    pub folder: TempDir,
    pub store: Store,
    pub source: SourceId,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Store::open_patiently(&folder.path().join("messages.db"), Duration::from_millis(50)).unwrap();
        Self { folder, store, source: SourceId(uuid::Uuid::from_u128(1)) }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("messages.db")
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    /// Delivers changes of epoch `e` and checks the database afterwards.
    pub fn deliver(&mut self, changes: Vec<Change>) -> Delivered {
        let delivered = self.store.deliver(self.source, &batch(changes), NOW).unwrap();
        self.store.check().unwrap();
        delivered
    }

    /// How many messages count as unread.
    pub fn unread(&self) -> u64 {
        self.store.summary(NOW).unwrap().unread
    }
}

impl Deref for Bench {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Store {
    /// The messages that [`Store::each_unannounced`] hands on, complete.
    pub fn unannounced(&self) -> Result<Vec<Message>, StoreError> {
        let mut ids = Vec::new();
        self.each_unannounced(super::Unannounced::All, |id, _| ids.push(id))?;
        ids.into_iter().filter_map(|id| self.message(id).transpose()).collect()
    }
}

impl DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

/// A stretch of a list over all sources.
pub fn filter(tab: Tab, before: Option<PageKey>, limit: u32) -> ListFilter {
    ListFilter { tab, source: None, filter: super::Filter::default(), before, limit }
}

/// A batch of epoch `e` that moves no cursor.
pub fn batch(changes: Vec<Change>) -> Batch {
    Batch { epoch: EpochUpdate::Called(Epoch("e".to_owned())), changes, ..Batch::default() }
}

/// A batch of a server that has begun anew and has a name for that.
pub fn begun(epoch: &str) -> Batch {
    Batch { epoch: EpochUpdate::Begun(Some(Epoch(epoch.to_owned()))), ..Batch::default() }
}

/// A place that is reached.
pub fn at(cursor: &str) -> PlaceUpdate {
    PlaceUpdate { cursor: CursorUpdate::Set(Cursor(cursor.to_owned())), ..PlaceUpdate::default() }
}

/// A live message that is to be announced.
pub fn arrival(id: &str) -> Arrival {
    Arrival {
        message: NewMessage {
            remote_id: Some(RemoteId(id.to_owned())),
            kind: MessageKind::Reply,
            title: format!("title {id}"),
            body: format!("body {id}"),
            is_read: false,
            related_id: Some("7".to_owned()),
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: SentAt::Exact(NOW),
            extra: Map::new(),
            payload: None,
        },
        sent_at: NOW,
        via: Via::Live,
        announce: Announce::Due,
    }
}

/// [`arrival`], changed.
pub fn arrival_with(id: &str, change: impl FnOnce(&mut NewMessage)) -> Arrival {
    let mut arrival = arrival(id);
    change(&mut arrival.message);
    if let SentAt::Exact(at) | SentAt::Zoneless(at) = arrival.message.sent_at {
        arrival.sent_at = at;
    }
    arrival
}

pub fn message(id: &str) -> Change {
    Change::Message(arrival(id))
}

pub fn remote(id: &str) -> RemoteId {
    RemoteId(id.to_owned())
}

pub fn ids(numbers: &[i64]) -> Vec<MessageId> {
    numbers.iter().copied().map(MessageId).collect()
}
