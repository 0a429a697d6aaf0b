//! The engine from outside: what it is started with, and the four calls.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::action::{Action, Answer, Failure, FailureCode, Outcome, Query};
use crate::model::{Message, SourceId, Timestamp, Token, Via};
use crate::ports::{Browser, Notifier, SecretStore, Transport, WallClock};
use crate::settings::Settings;
use crate::settings::profile::{Profile, ProfileLock};
use crate::view::{LinkView, View};
use crate::words::Language;

/// The world that the engine works in.
#[derive(Clone)]
pub struct Ports {
    /// Speaks HTTP.
    pub transport: Arc<dyn Transport>,
    /// Keeps tokens.
    pub secrets: Arc<dyn SecretStore>,
    /// Shows popups.
    pub notifier: Arc<dyn Notifier>,
    /// Opens pages.
    pub browser: Arc<dyn Browser>,
    /// Tells the time of day.
    pub clock: Arc<dyn WallClock>,
}

/// What an engine is started with.
pub struct EngineConfig {
    /// The profile that it works on.
    pub profile: Profile,
    /// The lock on it, given back when the engine has ended.
    pub lock: ProfileLock,
    /// The settings as loaded from the profile.
    pub settings: Settings,
    /// The world.
    pub ports: Ports,
    /// The program's version, shown in the view.
    pub version: String,
    /// Whether this is the demo.
    pub demo: bool,
    /// The language that the system speaks.
    pub system_language: Language,
    /// The computer's offset from UTC in seconds, for times without a zone.
    pub utc_offset: i32,
    /// The seed of all jitter.
    pub seed: u64,
    /// Receives what happens, in order, where someone wants to watch it. A slow watcher slows the engine.
    pub observer: Option<mpsc::Sender<Observation>>,
}

/// Something that happened, for `belfryctl watch` and the inspector. Progress, not the record.
#[derive(Debug, Clone, PartialEq)]
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
        ids: Vec<crate::model::MessageId>,
    },
    /// The server could not repeat everything.
    Gap {
        /// The source.
        source: SourceId,
        /// `expired`, `reset` or `unknown`.
        reason: &'static str,
        /// Since when messages may be missing.
        from: Option<Timestamp>,
        /// Until when.
        until: Option<Timestamp>,
    },
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The thread could not be made.
    #[error("the engine's thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// The way to a running engine; cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    views: watch::Receiver<Arc<View>>,
}

impl EngineHandle {
    /// The latest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.views.borrow().clone()
    }

    /// All views from now on; only the latest is kept.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }

    /// Does something. When it returns, the view that shows it has been published.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn act(&self, action: Action) -> Result<Outcome, Failure> {
        let _ = action;
        Err(Failure::new(FailureCode::Stopping, "the engine is ending"))
    }

    /// Answers a question beside the engine.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn query(&self, query: Query) -> Result<Answer, Failure> {
        let _ = query;
        Err(Failure::new(FailureCode::Stopping, "the engine is ending"))
    }

    /// Takes a token inwards: keeps it where the source wants it kept, and connects.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn secret(&self, source: SourceId, token: Token) -> Result<Outcome, Failure> {
        let _ = (source, token);
        Err(Failure::new(FailureCode::Stopping, "the engine is ending"))
    }

    /// Closes every stream, saves what is open, and ends the engine's thread.
    pub async fn stop(&self) {}
}
