//! An engine with everything around it faked, and the words in which the tests speak to it.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use belfry_core::action::{
    Answer, Credentials, Failure, Filter, MessageDetail, Page, Query, SearchPage, SecretOutcome, SecretUse,
    Tab,
};
use belfry_core::engine::{
    Engine, EngineConfig, EngineHandle, ExportFolder, FirstContact, Observation, Ports, SettingsOf,
};
use belfry_core::fakes::{
    CountingDemo, Line, MemoryLoginItem, MemorySecrets, RecordingBrowser, RecordingNotifier, Request,
    ScriptedSurroundings, ScriptedTransport, TokioClock,
};
use belfry_core::model::{MessageId, SourceId, Timestamp, Token};
use belfry_core::ports::{SecretKey, SecretStore, Transport};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{Burst, SecretPlace, Settings, SourceSettings, file};
use belfry_core::store::Store;
use belfry_core::view::{Notice, View};
use belfry_core::words::Language;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// 2026-11-22T09:30:00Z.
pub const NOW: Timestamp = Timestamp(1_795_339_800_000);

pub const EMPTY_PAGE: &str = r#"{"messages":[],"cursor":"k7-0","more":false}"#;

pub struct World {
    pub folder: TempDir,
    pub settings: Settings,
    pub settings_of: SettingsOf,
    pub source: SourceId,
    pub transport: ScriptedTransport,
    pub secrets: MemorySecrets,
    pub notifier: RecordingNotifier,
    pub browser: RecordingBrowser,
    pub login: MemoryLoginItem,
    pub demo: CountingDemo,
    pub surroundings: ScriptedSurroundings,
    pub exports: Option<ExportFolder>,
    pub connects: bool,
    pub first_contact: FirstContact,
    pub notices: Vec<Notice>,
    /// When its engines start.
    pub begin: Timestamp,
    /// How far ahead of that its clock is, in milliseconds.
    pub ahead: Arc<AtomicI64>,
}

pub struct Running {
    pub handle: EngineHandle,
    pub observed: mpsc::Receiver<Observation>,
    task: JoinHandle<()>,
}

impl World {
    /// One source whose token is in the keychain.
    pub async fn signed_in() -> Self {
        let world = Self::signed_out();
        let profile = Profile::open(world.folder.path()).unwrap();
        let key = SecretKey::token(profile.id, world.source);
        world.secrets.set(key, Token::new("s3cret")).await.unwrap();
        world
    }

    /// One source without a token.
    pub fn signed_out() -> Self {
        let mut settings = Settings::default();
        let source = SourceSettings::new("社区", "https://example.org/api".parse().unwrap());
        let id = source.id;
        settings.sources.push(source);
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings,
            settings_of: SettingsOf::Profile,
            source: id,
            transport: ScriptedTransport::default(),
            secrets: MemorySecrets::default(),
            notifier: RecordingNotifier::default(),
            browser: RecordingBrowser::default(),
            login: MemoryLoginItem::default(),
            demo: CountingDemo::default(),
            surroundings: ScriptedSurroundings::default(),
            exports: None,
            connects: true,
            first_contact: FirstContact::default(),
            notices: Vec::new(),
            begin: NOW,
            ahead: Arc::default(),
        }
    }

    /// Where the source's token stands in the keychain.
    pub fn key(&self) -> SecretKey {
        let profile = Profile::open(self.folder.path()).unwrap();
        SecretKey::token(profile.id, self.source)
    }

    /// The settings as the engine has left them on the disk.
    pub fn saved_settings(&self) -> Settings {
        match file::load(&self.folder.path().join("settings.toml")).unwrap() {
            file::Loaded::Fine(settings) => settings,
            file::Loaded::Mended { left_out, .. } => panic!("the file is not fine: {left_out:?}"),
            file::Loaded::SetAside { problem, .. } => panic!("the file is not fine: {problem}"),
        }
    }

    /// The tokens with which streams were asked for.
    pub fn tokens_sent(&self) -> Vec<String> {
        let token_of = |request: Request| match request {
            Request::Stream { token, .. } => token,
            Request::Page { .. }
            | Request::Image { .. }
            | Request::Post { .. }
            | Request::Tell { .. }
            | Request::Me { .. } => None,
        };
        self.transport.requests().into_iter().filter_map(token_of).collect()
    }

    /// Waits until the keychain has been called so often.
    pub async fn until_called(&self, calls: usize) {
        while self.secrets.calls() < calls {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many popups have been asked for: they have their turns one after another.
    pub async fn until_shown(&self, popups: usize) {
        let limit = tokio::time::Instant::now() + Duration::from_secs(3600);
        while self.notifier.shown().len() < popups {
            assert!(tokio::time::Instant::now() < limit, "there were {:#?}", self.notifier.shown());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn secrets_in_session(&mut self) {
        self.settings.sources[0].secrets = SecretPlace::Session;
    }

    pub fn burst_off(&mut self) {
        self.settings.preferences.notifications.burst = Burst::Off;
    }

    pub fn start(&self) -> Running {
        self.start_on(Arc::new(self.transport.clone()))
    }

    /// An engine on another network than the scripted one.
    pub fn start_on(&self, transport: Arc<dyn Transport>) -> Running {
        let profile = Profile::open(self.folder.path()).unwrap();
        let lock = profile.lock().unwrap();
        let (observer, observed) = mpsc::channel(100_000);
        let config = EngineConfig {
            profile,
            lock,
            settings: self.settings.clone(),
            settings_of: self.settings_of,
            notices: self.notices.clone(),
            ports: Ports {
                transport,
                secrets: Arc::new(self.secrets.clone()),
                notifier: Arc::new(self.notifier.clone()),
                browser: Arc::new(self.browser.clone()),
                login: Arc::new(self.login.clone()),
                demo: Arc::new(self.demo.clone()),
                clock: Arc::new(TokioClock::starting_at(self.begin).ahead_by(self.ahead.clone())),
                surroundings: Arc::new(self.surroundings.clone()),
            },
            version: "0.0.0".to_owned(),
            demo: false,
            system_language: Language::Chinese,
            utc_offset: 8 * 3600,
            seed: 7,
            exports: self.exports.clone(),
            connects: self.connects,
            first_contact: self.first_contact.clone(),
            observer: Some(observer),
        };
        let (engine, handle) = Engine::new(config).unwrap();
        Running { handle, observed, task: tokio::spawn(engine.run()) }
    }

    /// A server that answers the next question about its history with this page and grants the next stream.
    pub fn serve(&self, page: &str) -> Line {
        self.transport.page_next(page);
        self.transport.open_next()
    }

    /// An engine that meets such a server.
    pub fn meet(&self, page: &str) -> (Running, Line) {
        let line = self.serve(page);
        (self.start(), line)
    }

    /// The codes of the source's event log, oldest first.
    pub fn log(&self) -> Vec<String> {
        let store = Store::open(&self.folder.path().join("messages.db")).unwrap();
        let lines = store.log(self.source, 10_000).unwrap();
        lines.into_iter().rev().map(|(_, event)| event.code.into_owned()).collect()
    }

    /// How many pages of history were asked for.
    pub fn pages_asked(&self) -> usize {
        let is_page = |request: &Request| matches!(request, Request::Page { .. });
        self.transport.requests().iter().filter(|request| is_page(request)).count()
    }

    /// An engine that is live on an empty server, past `ready`.
    pub async fn live(&self) -> (Running, Line) {
        let (running, line) = self.meet(EMPTY_PAGE);
        line.frame("ready", "k7-0", "{}").await;
        running.until(|view| view.connection == belfry_core::view::Connection::Live).await;
        (running, line)
    }
}

impl Running {
    /// Waits for a view; time passes by itself as far as timers want it to.
    pub async fn until(&self, condition: impl Fn(&View) -> bool) -> Arc<View> {
        let mut views = self.handle.views();
        let wait = views.wait_for(|view| condition(view));
        let limit = Duration::from_secs(24 * 3600);
        match tokio::time::timeout(limit, wait).await {
            Ok(view) => view.unwrap().clone(),
            Err(_) => panic!("it never came; the view is {:#?}", self.handle.view()),
        }
    }

    pub async fn page(&self, tab: Tab) -> Page {
        let query = Query::Page { tab, source: None, filter: Filter::default(), before: None, limit: 500 };
        match self.query(query).await {
            Answer::Page(page) => page,
            other => panic!("not a page: {other:?}"),
        }
    }

    /// Hands a token in.
    pub async fn sign_in(&self, source: SourceId, token: Token) -> Result<SecretOutcome, Failure> {
        sign_in(&self.handle, source, token).await
    }

    pub async fn titles(&self) -> Vec<String> {
        self.page(Tab::All).await.rows.into_iter().map(|row| row.title).collect()
    }

    pub async fn message(&self, id: MessageId) -> MessageDetail {
        match self.query(Query::Message { id }).await {
            Answer::Message(detail) => *detail,
            other => panic!("not a message: {other:?}"),
        }
    }

    /// What a search finds.
    pub async fn search(&self, text: &str) -> SearchPage {
        let query = Query::Search {
            text: text.to_owned(),
            tab: None,
            source: None,
            filter: Filter::default(),
            before: None,
            limit: 50,
        };
        match self.query(query).await {
            Answer::Found(page) => page,
            other => panic!("not a search: {other:?}"),
        }
    }

    /// Asks from a blocking task: while one is under way, paused time stands still, although the answer comes
    /// from a thread that tokio knows nothing of.
    pub async fn query(&self, query: Query) -> Answer {
        let handle = self.handle.clone();
        let runtime = tokio::runtime::Handle::current();
        let asking = tokio::task::spawn_blocking(move || runtime.block_on(handle.query(query)));
        asking.await.unwrap().unwrap()
    }

    /// Ends as a program that is killed.
    pub async fn die(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    /// Ends as a program that is asked to.
    pub async fn stop(self) {
        self.handle.stop().await;
        self.task.await.unwrap();
    }
}

/// Hands a token in.
pub async fn sign_in(
    handle: &EngineHandle,
    source: SourceId,
    token: Token,
) -> Result<SecretOutcome, Failure> {
    handle.secret(SecretUse::Keep { source }, Credentials::Token(token)).await
}

/// A message's payload, sent at [`NOW`] unless it says otherwise.
pub fn message(id: u32, kind: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"{kind}","title":"title {id}","content":"body {id}","relatedId":"10{id}","createdAt":"2026-11-22T09:30:00Z"}}"#
    )
}

/// The same, with another time.
pub fn message_sent(id: u32, at: &str) -> String {
    message(id, "reply").replace("2026-11-22T09:30:00Z", at)
}

/// The same, without a time.
pub fn undated(id: u32) -> String {
    format!(r#"{{"id":"{id}","type":"reply","title":"title {id}"}}"#)
}

/// A page of history.
pub fn page(messages: &[String], cursor: &str, more: bool) -> String {
    format!(r#"{{"messages":[{}],"cursor":"{cursor}","more":{more}}}"#, messages.join(","))
}
