//! The engine from outside: what it is started with, and the four calls.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::observe::{Door, Observation, Watcher};
use super::reader::Reading;
use super::secrets::{ProbeReply, SecretReply};
use crate::action::{
    Action, Answer, Credentials, Failure, FailureCode, Outcome, ProbeDepth, Query, SecretOutcome, SecretUse,
};
use crate::model::{ActivationToken, Cursor, MessageId, SourceId};
use crate::ports::{
    Browser, DemoStart, LoginItem, Notifier, SecretStore, Surroundings, Transport, WallClock,
};
use crate::settings::Settings;
use crate::settings::profile::{Profile, ProfileLock};
use crate::store::StoreError;
use crate::view::{Notice, View};
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
    /// Starts the program with the user's session.
    pub login: Arc<dyn LoginItem>,
    /// Starts the demo.
    pub demo: Arc<dyn DemoStart>,
    /// Tells the time of day.
    pub clock: Arc<dyn WallClock>,
    /// Tells of sleep, of a clock that was set, and of the network.
    pub surroundings: Arc<dyn Surroundings>,
}

/// What an engine is started with.
pub struct EngineConfig {
    /// The profile that it works on.
    pub profile: Profile,
    /// The lock on it, given back when the engine has ended.
    pub lock: ProfileLock,
    /// The settings that it works with.
    pub settings: Settings,
    /// Whose settings they are.
    pub settings_of: SettingsOf,
    /// What the user has to know about how they were loaded.
    pub notices: Vec<Notice>,
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
    /// Finds the folder for exports anew each time, where there can be one.
    pub exports: Option<ExportFolder>,
    /// Whether it connects to its sources' servers by itself. One that does not asks a server only what somebody
    /// has it ask.
    pub connects: bool,
    /// How much of a server's past is fetched when it is met for the first time.
    pub first_contact: FirstContact,
    /// Receives what happens, in order, where someone wants to watch it. A slow watcher slows the engine.
    pub observer: Option<mpsc::Sender<Observation>>,
}

/// Names the folder for exports as it is now; it may not exist yet.
pub type ExportFolder = Arc<dyn Fn() -> Option<PathBuf> + Send + Sync>;

/// Whose settings an engine works with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SettingsOf {
    /// The profile's, as loaded: they are what is saved.
    #[default]
    Profile,
    /// Those of a command line, for one run, perhaps without some of the profile's sources. A change is made in the
    /// profile's own as well, and nothing else of them is saved.
    CommandLine,
}

/// How much of a server's past is fetched when it is met for the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FirstContact {
    /// The newest page of its history, unannounced.
    #[default]
    Newest,
    /// Everything that it still has, unannounced.
    Beginning,
    /// Nothing: only what comes from now on.
    Now,
    /// What came after this place, announced as after a reconnect.
    After(Cursor),
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A thread could not be made.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The messages could not be opened.
    #[error("the messages could not be opened: {0}")]
    Store(#[from] StoreError),
}

/// A call on its way to the engine.
pub(super) enum Command {
    Act(Box<Action>, Option<ActivationToken>, Reply),
    Secret(SecretUse, Credentials, SecretReply),
    Probe(SourceId, ProbeDepth, ProbeReply),
    Image(MessageId, String, ProbeReply),
    Stop(oneshot::Sender<()>),
}

/// The way back.
pub(super) type Reply = oneshot::Sender<Result<Outcome, Failure>>;

/// The way to a running engine; cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    pub(super) views: watch::Receiver<Arc<View>>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) readings: mpsc::Sender<Reading>,
    pub(super) observers: Door,
}

impl EngineHandle {
    /// The latest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.views.borrow().clone()
    }

    /// All views from now on; only the latest is kept. It closes when the engine ends.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }

    /// Watches what happens from now on. A watcher that is too slow misses something and is told so; it never
    /// slows the engine. Any number of them may come and go.
    #[must_use]
    pub fn watch(&self) -> Watcher {
        self.observers.enter()
    }

    /// Does something. When it returns, the view that shows it has been published.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn act(&self, action: Action) -> Result<Outcome, Failure> {
        self.act_on_click(action, None).await
    }

    /// Does something that a click outside of the window asked for. The token with which the desktop lets the answer
    /// come to the front goes to the window, or to the browser.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn act_on_click(
        &self,
        action: Action,
        activation: Option<ActivationToken>,
    ) -> Result<Outcome, Failure> {
        self.call(|reply| Command::Act(Box::new(action), activation, reply)).await
    }

    /// Takes a secret inwards: keeps it where its source wants it kept, and connects, or tries it and keeps
    /// nothing. A try takes a quarter of a minute at most, and ends when nobody waits for it.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn secret(&self, what: SecretUse, credentials: Credentials) -> Result<SecretOutcome, Failure> {
        let (reply, outcome) = oneshot::channel();
        let command = Command::Secret(what, credentials, reply);
        self.commands.send(command).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// Answers a question beside the engine.
    ///
    /// # Errors
    /// [`Failure`] with the reason.
    pub async fn query(&self, query: Query) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let sent = match query {
            Query::Probe { source, depth } => {
                self.commands.send(Command::Probe(source, depth, reply)).await.is_ok()
            }
            Query::Image { id, url } => self.commands.send(Command::Image(id, url, reply)).await.is_ok(),
            query => self.readings.send(Reading::Question { query, reply }).await.is_ok(),
        };
        if !sent {
            return Err(stopping());
        }
        answer.await.map_err(|_| stopping())?
    }

    /// Closes every stream, saves what is open, and gives the profile back.
    pub async fn stop(&self) {
        let (reply, done) = oneshot::channel();
        if self.commands.send(Command::Stop(reply)).await.is_ok() {
            // An error means that it has ended already, which is what was asked for.
            let _ = done.await;
        }
    }

    async fn call(&self, command: impl FnOnce(Reply) -> Command) -> Result<Outcome, Failure> {
        let (reply, outcome) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }
}

fn stopping() -> Failure {
    Failure::new(FailureCode::Stopping, "the engine is ending")
}
