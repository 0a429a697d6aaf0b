//! Telling those who watch what happens: one observer inside the program that slows the engine rather than
//! miss anything, and any number of watchers that miss something rather than slow it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

use crate::model::{GapReason, Message, MessageId, SourceId, Timestamp, Via};
use crate::view::LinkView;

/// How many observations wait for the slowest watcher; what is older, it misses.
const QUEUE: usize = 1024;

/// The most of a message's body that watchers get, in bytes: the queue's size times this is what a stuck
/// one can hold.
const BODY: usize = 64 * 1024;

/// Something that happened, for `belfryctl watch` and the inspector. Progress, not the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Observation {
    /// A connection changed its state.
    State {
        /// The source.
        source: SourceId,
        /// Its new state.
        link: LinkView,
    },
    /// A message was committed.
    Message {
        /// The message.
        message: Box<Message>,
        /// By which way it came.
        via: Via,
        /// How many messages were unread as of the commit.
        unread: u64,
        /// The page that it leads to.
        page: Option<String>,
    },
    /// A popup was handed to the desktop.
    Popup {
        /// Its first line.
        title: String,
        /// Its text.
        body: String,
        /// The messages that it speaks of.
        ids: Vec<MessageId>,
    },
    /// The server could not repeat everything.
    Gap {
        /// The source.
        source: SourceId,
        /// Why.
        reason: GapReason,
        /// Since when messages may be missing.
        from: Option<Timestamp>,
        /// Until when.
        until: Option<Timestamp>,
    },
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Something that happened. Of a message's body at most 64 KiB, and none of its further fields.
    Happened(Arc<Observation>),
    /// So many things happened that this watcher was too slow for.
    Missed(u64),
}

/// Somebody who watches. Dropping it ends the watching.
#[derive(Debug)]
pub struct Watcher(Option<broadcast::Receiver<Arc<Observation>>>);

impl Watcher {
    /// Waits for the next thing to happen. None when the engine has ended. Nothing is lost if the future
    /// is dropped.
    pub async fn next(&mut self) -> Option<Seen> {
        match self.0.as_mut()?.recv().await {
            Ok(observation) => Some(Seen::Happened(observation)),
            Err(RecvError::Lagged(count)) => Some(Seen::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Where watchers come in; it keeps nothing alive.
#[derive(Clone)]
pub(super) struct Door(broadcast::WeakSender<Arc<Observation>>);

impl Door {
    pub fn enter(&self) -> Watcher {
        Watcher(self.0.upgrade().map(|watchers| watchers.subscribe()))
    }
}

/// Those who are told, and what they have still to be told in this turn.
pub(super) struct Observers {
    observer: Option<mpsc::Sender<Observation>>,
    watchers: broadcast::Sender<Arc<Observation>>,
    waiting: Vec<Observation>,
}

impl Observers {
    pub fn new(observer: Option<mpsc::Sender<Observation>>) -> Self {
        Self { observer, watchers: broadcast::Sender::new(QUEUE), waiting: Vec::new() }
    }

    pub fn door(&self) -> Door {
        Door(self.watchers.downgrade())
    }

    pub fn any(&self) -> bool {
        self.observer.is_some() || self.watchers.receiver_count() > 0
    }

    pub fn remember(&mut self, observation: impl FnOnce() -> Observation) {
        if self.any() {
            self.waiting.push(observation());
        }
    }

    /// Tells everybody what has happened in this turn; waits for the observer, and for nobody else.
    pub async fn tell(&mut self) {
        if self.watchers.receiver_count() > 0 {
            for observation in &self.waiting {
                // The last of them may have gone just now.
                let _ = self.watchers.send(Arc::new(observation.bounded()));
            }
        }
        if let Some(observer) = &self.observer {
            for observation in self.waiting.drain(..) {
                if observer.send(observation).await.is_err() {
                    self.observer = None;
                    break;
                }
            }
        }
        self.waiting.clear();
    }
}

impl Observation {
    /// The source that it happened to, where it is one.
    #[must_use]
    pub fn source(&self) -> Option<SourceId> {
        match self {
            Self::State { source, .. } | Self::Gap { source, .. } => Some(*source),
            Self::Message { message, .. } => Some(message.source),
            Self::Popup { .. } => None,
        }
    }

    /// The same, as large as a watcher may have it.
    fn bounded(&self) -> Self {
        let Self::Message { message, via, unread, page } = self else { return self.clone() };
        let end = message.body.floor_char_boundary(BODY);
        let message = Message {
            body: message.body[..end].to_owned(),
            extra: serde_json::Map::new(),
            ..Message::clone(message)
        };
        Self::Message { message: Box::new(message), via: *via, unread: *unread, page: page.clone() }
    }
}
