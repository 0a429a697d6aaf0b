//! The contract of the socket, over a real one, with a real engine in a world of fakes.

#![cfg(unix)]

mod abuse;
mod calls;
mod starting;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use belfry_core::engine::{Engine, EngineConfig, EngineHandle, FirstContact, Ports, SettingsOf};
use belfry_core::fakes::{
    Line, MemorySecrets, RecordingBrowser, RecordingNotifier, ScriptedTransport, TokioClock,
};
use belfry_core::model::{SourceId, Timestamp, Token};
use belfry_core::ports::{BoxFuture, NoDemo, NoLoginItem, NoSurroundings, SecretKey, SecretStore};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{Settings, SourceSettings};
use belfry_core::view::{Connection, View};
use belfry_core::words::Language;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use super::channel::Stream;
use super::wire::{Hello, Program, REPLY, Reply, Request, receive_json, send_json};
use super::{Client, Front, Host, PROTOCOL, Raise, Server, Serving, VERSION, channel};

/// What no wait in these tests outlasts.
const LIMIT: Duration = Duration::from_secs(30);

/// A running engine, served at its profile's socket.
struct World {
    profile: Profile,
    source: SourceId,
    secrets: MemorySecrets,
    engine: EngineHandle,
    line: Line,
    transport: ScriptedTransport,
    window: Window,
    serving: Serving,
    running: JoinHandle<()>,
    _folder: TempDir,
}

/// A window that remembers what it was asked to show.
#[derive(Clone, Default)]
struct Window(Arc<Mutex<Vec<Raise>>>);

impl Front for Window {
    fn raise(&self, raise: Raise) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(raise);
        Box::pin(std::future::ready(()))
    }
}

impl Window {
    fn asked(&self) -> Vec<Raise> {
        self.0.lock().unwrap().clone()
    }
}

impl World {
    /// An engine with a window, live on a server.
    async fn with_window() -> Self {
        Self::start(Program::Desktop).await
    }

    async fn start(program: Program) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path()).unwrap();
        let lock = profile.lock().unwrap();
        let server = Server::bind(&profile, &lock).unwrap();
        let source = SourceSettings::new("社区", "https://example.org/api".parse().unwrap());
        let id = source.id;
        let (transport, secrets) = (ScriptedTransport::default(), MemorySecrets::default());
        let key = SecretKey::token(profile.id, id);
        secrets.set(key, Token::new("s3cret")).await.unwrap();
        transport.page_next(r#"{"messages":[],"cursor":"k7-0","more":false}"#);
        let line = transport.open_next();
        let config = EngineConfig {
            profile: profile.clone(),
            lock,
            settings: Settings { sources: vec![source], ..Settings::default() },
            settings_of: SettingsOf::Profile,
            notices: Vec::new(),
            ports: Ports {
                transport: Arc::new(transport.clone()),
                secrets: Arc::new(secrets.clone()),
                notifier: Arc::new(RecordingNotifier::default()),
                browser: Arc::new(RecordingBrowser::default()),
                login: Arc::new(NoLoginItem),
                demo: Arc::new(NoDemo),
                clock: Arc::new(TokioClock::starting_at(Timestamp(1_795_339_800_000))),
                surroundings: Arc::new(NoSurroundings),
            },
            version: "0.0.0".to_owned(),
            demo: false,
            system_language: Language::English,
            utc_offset: 0,
            seed: 7,
            exports: None,
            connects: true,
            first_contact: FirstContact::Newest,
            observer: None,
        };
        let (engine, handle) = Engine::new(config).unwrap();
        let running = tokio::spawn(engine.run());
        line.frame("ready", "k7-0", "{}").await;
        let settings = match program {
            Program::Desktop => SettingsOf::Profile,
            Program::CommandLine => SettingsOf::CommandLine,
        };
        let window = Window::default();
        let front = Arc::new(window.clone()) as Arc<dyn Front>;
        let front = Some(front).filter(|_| program == Program::Desktop);
        let serving = server.serve(Host { engine: handle.clone(), front, settings });
        let world = Self {
            profile,
            source: id,
            secrets,
            engine: handle,
            line,
            transport,
            window,
            serving,
            running,
            _folder: folder,
        };
        world.until(|view| view.connection == Connection::Live).await;
        world
    }

    async fn client(&self) -> Client {
        Client::connect(&self.profile).await.unwrap()
    }

    /// A connection on which nothing has been said yet.
    async fn raw(&self) -> Stream {
        channel::stream(UnixStream::connect(channel::paths(&self.profile).remove(0)).await.unwrap())
    }

    /// A connection after a hello, and the answer to it.
    async fn greeted(&self, change: impl FnOnce(&mut Hello)) -> (Stream, Reply) {
        let mut stream = self.raw().await;
        let mut hello = Hello { protocol: PROTOCOL, version: VERSION.to_owned(), profile: self.profile.id };
        change(&mut hello);
        send_json(&mut stream, &Request::Hello(hello)).await.unwrap();
        let reply = reply(&mut stream).await.expect("no answer to hello");
        (stream, reply)
    }

    async fn until(&self, condition: impl Fn(&View) -> bool) -> Arc<View> {
        let mut views = self.engine.views();
        let view = tokio::time::timeout(LIMIT, views.wait_for(|view| condition(view)));
        view.await.expect("the view never came").unwrap().clone()
    }

    async fn message(&self, number: u32) {
        let id = format!("k7-{number}");
        let text = format!(r#"{{"id":"{number}","title":"title {number}","content":"body {number}"}}"#);
        self.line.frame("system", &id, &text).await;
    }

    async fn end(self) {
        self.serving.end().await;
        self.engine.stop().await;
        self.running.await.unwrap();
    }
}

/// The next reply; None if the connection is closed.
async fn reply(stream: &mut Stream) -> Option<Reply> {
    let reading = tokio::time::timeout(LIMIT, receive_json(stream, REPLY, "reply"));
    reading.await.expect("no reply in time").unwrap_or_default()
}
