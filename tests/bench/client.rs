//! The program that is measured: the real engine with the real notifier, or less and less of it. It is a process of
//! its own, since the session bus is found through the environment.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use belfry_core::dialect::{self, Decoded};
use belfry_core::engine::{self, EngineConfig, FirstContact, Ports, SettingsOf};
use belfry_core::fakes::{MemorySecrets, RecordingBrowser};
use belfry_core::model::{Cursor, MessageId, ServerUrl, SourceId, Token, Via};
use belfry_core::policy::{Popup, PopupKey, Urgency};
use belfry_core::ports::{
    Frame, NoDemo, NoLoginItem, Notifier, Route, SecretKey, SecretStore, StreamEvent, StreamRequest,
    Transport, WallClock,
};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{Burst, Dialect, Settings, SourceSettings};
use belfry_core::store::{Announce, Arrival, Batch, Change, CursorUpdate, PlaceUpdate, Store};
use belfry_core::words::Language;
use belfry_platform::{DesktopNotifier, HttpTransport, SystemClock, SystemSurroundings};
use futures_util::StreamExt;

/// Runs the whole path, each message with its popup.
pub const ENGINE: &str = "engine";

/// Runs the whole path as it is set by default, the flood gate included.
pub const DEFAULTS: &str = "defaults";

/// Runs the path without policy: receive, store, notify.
pub const STORED: &str = "stored";

/// Runs the bare path: receive, notify.
pub const BARE: &str = "bare";

/// The variable that holds the token.
pub const TOKEN: &str = "BENCH_TOKEN";

/// Runs until it is ended.
pub async fn run(what: &str, api: &str) -> Result<()> {
    let token = Token::new(&std::env::var(TOKEN).context(TOKEN)?);
    match what {
        ENGINE => whole(api.parse()?, token, Burst::Off).await,
        DEFAULTS => whole(api.parse()?, token, Burst::default()).await,
        STORED => stored(api.parse()?, token).await,
        _ => bare(api.parse()?, token).await,
    }
}

async fn whole(api: ServerUrl, token: Token, burst: Burst) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let profile = Profile::open(folder.path())?;
    let lock = profile.lock()?;
    let secrets = MemorySecrets::default();
    let source = SourceSettings::new("bench", api);
    secrets.set(SecretKey::token(profile.id, source.id), token).await?;
    let mut settings = Settings::default();
    settings.preferences.notifications.burst = burst;
    settings.sources.push(source);
    let handle = engine::start(EngineConfig {
        profile,
        lock,
        settings,
        settings_of: SettingsOf::Profile,
        notices: Vec::new(),
        ports: Ports {
            transport: Arc::new(HttpTransport::new()),
            secrets: Arc::new(secrets),
            notifier: Arc::new(DesktopNotifier::new()),
            browser: Arc::new(RecordingBrowser::default()),
            login: Arc::new(NoLoginItem),
            demo: Arc::new(NoDemo),
            clock: Arc::new(SystemClock),
            surroundings: Arc::new(SystemSurroundings),
        },
        version: "bench".to_owned(),
        demo: false,
        system_language: Language::English,
        utc_offset: 0,
        seed: 1,
        exports: None,
        connects: true,
        first_contact: FirstContact::Now,
        observer: None,
    })?;
    let mut views = handle.views();
    while views.changed().await.is_ok() {}
    bail!("the engine has ended")
}

async fn bare(api: ServerUrl, token: Token) -> Result<()> {
    let notifier = DesktopNotifier::new();
    let mut number = 0;
    each_reply(&api, token, async |frame| {
        number += 1;
        notifier.show(popup(PopupKey::Message(MessageId(number)), frame.data)).await?;
        Ok(())
    })
    .await
}

async fn stored(api: ServerUrl, token: Token) -> Result<()> {
    let notifier = DesktopNotifier::new();
    let folder = tempfile::tempdir()?;
    let mut store = Store::open(&folder.path().join("messages.db"))?;
    let source = SourceId::random();
    each_reply(&api, token, async |frame| {
        let decoded = dialect::decode_frame(Dialect::Native, &frame.event, &frame.data);
        let Decoded::Message(message) = decoded else { bail!("not a message: {}", frame.data) };
        let now = SystemClock.now();
        let arrival = Arrival { message, sent_at: now, via: Via::Live, announce: Announce::Due };
        let batch = Batch {
            changes: vec![Change::Message(arrival)],
            place: PlaceUpdate { cursor: CursorUpdate::Set(Cursor(frame.id)), ..PlaceUpdate::default() },
            ..Batch::default()
        };
        for message in store.deliver(source, &batch, now)?.new {
            notifier.show(popup(PopupKey::Message(message.id), message.title)).await?;
        }
        Ok(())
    })
    .await
}

/// Hands on each reply that a server sends.
async fn each_reply(
    api: &ServerUrl,
    token: Token,
    mut each: impl AsyncFnMut(Frame) -> Result<()>,
) -> Result<()> {
    let request = StreamRequest {
        route: Route::default(),
        url: api.join("/sse/connect"),
        token: Some(token),
        last_event_id: None,
        max_event_bytes: 1 << 20,
    };
    let mut stream = HttpTransport::new().connect(request).await?;
    while let Some(event) = stream.events.next().await {
        match event? {
            StreamEvent::Frame(frame) if frame.event == "reply" => each(frame).await?,
            _ => {}
        }
    }
    bail!("the stream has ended")
}

/// A popup as a reply has it.
pub fn popup(key: PopupKey, body: String) -> Popup {
    Popup {
        key,
        summary: "New reply".to_owned(),
        body,
        urgency: Urgency::Normal,
        icon: "dialog-information",
        category: "im.received",
        expire_ms: 5_000,
        sound: None,
        open_label: "Open",
        actions: Vec::new(),
    }
}
