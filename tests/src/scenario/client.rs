//! The real engine in this process: real transport, real store, real server; keychain, screen and browser
//! are faked, so that a test can look at them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use belfry_core::engine::{self, EngineConfig, EngineHandle, FirstContact, Observation, Ports, SettingsOf};
use belfry_core::fakes::{MemorySecrets, RecordingBrowser, RecordingNotifier};
use belfry_core::link::LinkState;
use belfry_core::model::{Cursor, Message, SourceId, Timestamp, Token};
use belfry_core::ports::{BoxFuture, NoDemo, NoLoginItem, NoSurroundings, SecretKey, SecretStore};
use belfry_core::settings::file;
use belfry_core::settings::profile::{Profile, ProfileLock};
use belfry_core::settings::{Burst, Limits, Settings, SourceSettings};
use belfry_core::store::{Batch, CursorUpdate, PlaceUpdate, Reader, Store, StreamPlace};
use belfry_core::view::View;
use belfry_core::words::Language;
use belfry_platform::instance::{Front, Host, Raise, Server, Serving};
use belfry_platform::{HttpTransport, SystemClock};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// Observations that wait to be looked at.
const QUEUE: usize = 1 << 16;

/// What survives a client's restart: its profile, its keychain.
pub struct ClientSetup {
    folder: TempDir,
    settings: Settings,
    source: SourceId,
    secrets: MemorySecrets,
    /// How much of the past it wants.
    pub first_contact: FirstContact,
}

/// A running engine.
pub struct Client {
    /// The way to it.
    pub handle: EngineHandle,
    /// Its screen.
    pub screen: RecordingNotifier,
    /// Its browser.
    pub browser: RecordingBrowser,
    observations: mpsc::Receiver<Observation>,
    /// Everything that it has told so far.
    pub seen: Vec<Observation>,
}

/// A window that nobody sees.
struct NoWindow;

impl Front for NoWindow {
    fn raise(&self, _: Raise) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl ClientSetup {
    /// A new profile with one source and its token.
    ///
    /// # Errors
    /// If the profile cannot be made.
    pub async fn new(api: &str, token: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let profile = Profile::open(folder.path())?;
        let mut source = SourceSettings::new("server", api.parse()?);
        source.limits = Limits {
            retry_min: Duration::from_millis(5),
            retry_base: Duration::from_millis(5),
            ..Limits::default()
        };
        let id = source.id;
        let secrets = MemorySecrets::default();
        secrets.set(SecretKey::token(profile.id, id), Token::new(token)).await?;
        let mut settings = Settings::default();
        settings.preferences.notifications.burst = Burst::Off;
        settings.sources.push(source);
        Ok(Self { folder, settings, source: id, secrets, first_contact: FirstContact::Newest })
    }

    /// Changes the numbers of the connection.
    pub fn limits(&mut self, change: impl FnOnce(&mut Limits)) {
        if let Some(source) = self.settings.sources.first_mut() {
            change(&mut source.limits);
        }
    }

    /// Tries again and again, soon after each failure: a server that ends and starts anew may take long on a busy
    /// machine.
    pub fn patient(&mut self) {
        self.limits(|limits| {
            limits.attempts = *Limits::ATTEMPTS.end();
            limits.retry_max = Duration::from_millis(200);
        });
    }

    /// Has floods summed up, as users have it; the other scenarios want every popup.
    pub fn sum_up_floods(&mut self) {
        self.settings.preferences.notifications.burst = Burst::Summarise;
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Its keychain.
    #[must_use]
    pub fn secrets(&self) -> &MemorySecrets {
        &self.secrets
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("messages.db")
    }

    /// Starts an engine.
    ///
    /// # Errors
    /// If one is running already, or the store cannot be opened.
    pub fn start(&self) -> Result<Client> {
        let profile = Profile::open(self.folder.path())?;
        let lock = profile.lock()?;
        self.start_on(profile, lock)
    }

    /// Starts an engine that can be reached at the profile's socket, as the desktop program's can.
    ///
    /// # Errors
    /// If one is running already, or the store or the socket cannot be opened.
    pub fn start_served(&self) -> Result<(Client, Serving)> {
        let profile = Profile::open(self.folder.path())?;
        let lock = profile.lock()?;
        let server = Server::bind(&profile, &lock)?;
        // As a program that has loaded them; who stands beside it reads them.
        file::save(&profile.settings_path(), &self.settings)?;
        let client = self.start_on(profile, lock)?;
        let serving = server.serve(Host {
            engine: client.handle.clone(),
            front: Some(Arc::new(NoWindow)),
            settings: SettingsOf::Profile,
        });
        Ok((client, serving))
    }

    fn start_on(&self, profile: Profile, lock: ProfileLock) -> Result<Client> {
        let (screen, browser) = (RecordingNotifier::default(), RecordingBrowser::default());
        let (observer, observations) = mpsc::channel(QUEUE);
        let handle = engine::start(EngineConfig {
            profile,
            lock,
            settings: self.settings.clone(),
            settings_of: SettingsOf::Profile,
            notices: Vec::new(),
            ports: Ports {
                transport: Arc::new(HttpTransport::new()),
                secrets: Arc::new(self.secrets.clone()),
                notifier: Arc::new(screen.clone()),
                browser: Arc::new(browser.clone()),
                login: Arc::new(NoLoginItem),
                demo: Arc::new(NoDemo),
                clock: Arc::new(SystemClock),
                surroundings: Arc::new(NoSurroundings),
            },
            version: "scenario".to_owned(),
            demo: false,
            system_language: Language::English,
            utc_offset: 0,
            seed: 7,
            exports: None,
            connects: true,
            first_contact: self.first_contact.clone(),
            observer: Some(observer),
        })?;
        Ok(Client { handle, screen, browser, observations, seen: Vec::new() })
    }

    /// The profile's folder.
    #[must_use]
    pub fn profile(&self) -> &Path {
        self.folder.path()
    }

    /// Starts an engine and waits until its stream is live.
    ///
    /// # Errors
    /// If it does not become live in time.
    pub async fn start_live(&self) -> Result<Client> {
        let mut client = self.start()?;
        client.until_state(LinkState::Live).await?;
        Ok(client)
    }

    /// The source's event log, oldest first: code and words.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn log(&self) -> Result<Vec<(String, String)>> {
        let lines = Store::open(&self.database())?.log(self.source, u32::MAX)?;
        Ok(lines.into_iter().rev().map(|(_, event)| (event.code.into_owned(), event.detail)).collect())
    }

    /// The place in the server's history up to which everything is stored.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn place(&self) -> Result<StreamPlace> {
        Ok(Store::open(&self.database())?.cursor(self.source)?)
    }

    /// Claims another place in the same epoch.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn claim_place(&self, cursor: &str) -> Result<()> {
        let cursor = CursorUpdate::Set(Cursor(cursor.to_owned()));
        let place = PlaceUpdate { cursor, ..PlaceUpdate::default() };
        let batch = Batch { place, ..Batch::default() };
        Store::open(&self.database())?.deliver(self.source, &batch, Timestamp(0))?;
        Ok(())
    }

    /// All stored messages, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn stored(&self) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        Reader::open(&self.database())?.export(|message| {
            messages.push(message);
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(messages)
    }

    /// How many stored messages are unread, by the store's own count.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn stored_unread(&self) -> Result<u64> {
        Ok(Reader::open(&self.database())?.summary(Timestamp(i64::MAX))?.unread)
    }
}

impl Client {
    /// Takes what the engine tells up to the first thing that `wanted` likes.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Observation) -> bool) -> Result<Observation> {
        let search = async {
            loop {
                let observation = self.observations.recv().await.context("the engine ended")?;
                self.seen.push(observation.clone());
                if wanted(&observation) {
                    return Ok(observation);
                }
            }
        };
        match timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => bail!("{what}: not within {PATIENCE:?}; last {:?}", self.seen.last()),
        }
    }

    /// Waits for a state of the connection.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until_state(&mut self, state: LinkState) -> Result<Observation> {
        let is =
            move |seen: &Observation| matches!(seen, Observation::State { link, .. } if link.state == state);
        self.until(&format!("{state:?}"), is).await
    }

    /// Waits for the message with this title.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until_message(&mut self, title: &str) -> Result<Message> {
        let is = |seen: &Observation| matches!(seen, Observation::Message { message, .. } if message.title == title);
        match self.until(title, is).await? {
            Observation::Message { message, .. } => Ok(*message),
            other => bail!("{other:?} is no message"),
        }
    }

    /// Waits for a view that `wanted` likes.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until_view(&self, what: &str, wanted: impl Fn(&View) -> bool) -> Result<Arc<View>> {
        let mut views = self.handle.views();
        let found = timeout(PATIENCE, views.wait_for(|view| wanted(view))).await;
        match found {
            Ok(view) => Ok(Arc::clone(&*view?)),
            Err(_) => bail!("{what}: not within {PATIENCE:?}; the view is {:?}", self.handle.view()),
        }
    }

    /// The titles of the messages told so far, in their order.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let title = |seen: &Observation| match seen {
            Observation::Message { message, .. } => Some(message.title.clone()),
            Observation::State { .. } | Observation::Popup { .. } | Observation::Gap { .. } => None,
        };
        self.seen.iter().filter_map(title).collect()
    }

    /// Ends the engine.
    pub async fn stop(self) {
        self.handle.stop().await;
    }
}
