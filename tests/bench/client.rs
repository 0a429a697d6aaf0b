//! The program that is measured: the real engine with the real notifier, or the same without a store. It is
//! a process of its own, since the session bus is found through the environment.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use belfry_core::engine::{self, EngineConfig, FirstContact, Ports, SettingsOf};
use belfry_core::fakes::{MemorySecrets, RecordingBrowser};
use belfry_core::model::{MessageId, ServerUrl, Token};
use belfry_core::policy::{Popup, PopupKey, Urgency};
use belfry_core::ports::{
    NoLoginItem, Notifier, Route, SecretKey, SecretStore, StreamEvent, StreamRequest, Transport,
};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{Burst, Settings, SourceSettings};
use belfry_core::words::Language;
use belfry_platform::{DesktopNotifier, HttpTransport, SystemClock, SystemSurroundings};
use futures_util::StreamExt;

/// Runs the whole path.
pub const ENGINE: &str = "engine";

/// Runs the bare path: receive, notify.
pub const BARE: &str = "bare";

/// The variable that holds the token.
pub const TOKEN: &str = "BENCH_TOKEN";

/// Runs until it is ended.
pub async fn run(what: &str, api: &str) -> Result<()> {
    let token = Token::new(&std::env::var(TOKEN).context(TOKEN)?);
    match what {
        ENGINE => whole(api.parse()?, token).await,
        _ => bare(api.parse()?, token).await,
    }
}

async fn whole(api: ServerUrl, token: Token) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let profile = Profile::open(folder.path())?;
    let lock = profile.lock()?;
    let secrets = MemorySecrets::default();
    let source = SourceSettings::new("bench", api);
    secrets.set(SecretKey::token(profile.id, source.id), token).await?;
    let mut settings = Settings::default();
    settings.preferences.notifications.burst = Burst::Off;
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
    let request = StreamRequest {
        route: Route::default(),
        url: api.join("/sse/connect"),
        token: Some(token),
        last_event_id: None,
        max_event_bytes: 1 << 20,
    };
    let mut stream = HttpTransport::new().connect(request).await?;
    let mut number = 0;
    while let Some(event) = stream.events.next().await {
        let StreamEvent::Frame(frame) = event? else { continue };
        if frame.event != "reply" {
            continue;
        }
        number += 1;
        let popup = Popup {
            key: PopupKey::Message(MessageId(number)),
            summary: "New reply".to_owned(),
            body: frame.data,
            urgency: Urgency::Normal,
            icon: "dialog-information",
            category: "im.received",
            expire_ms: 5_000,
            sound: None,
            open_label: "Open",
            actions: Vec::new(),
        };
        notifier.show(popup).await?;
    }
    bail!("the stream has ended")
}
