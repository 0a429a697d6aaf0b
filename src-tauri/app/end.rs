//! Ending the program: streams closed, everything saved, exit 0; on "Quit" and on a polite signal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use belfry_core::engine::EngineHandle;
use belfry_platform::instance::Serving;
use tauri::{AppHandle, Manager};

/// How long the engine may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the program is ending because someone asked for it.
#[derive(Default)]
pub struct Ending(AtomicBool);

/// Ends the engine, then the program. Asking twice changes nothing.
pub fn quit(app: &AppHandle) {
    if app.state::<Ending>().0.swap(true, Ordering::Relaxed) {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let engine = app.state::<EngineHandle>().inner().clone();
        let serving = app.state::<Option<Serving>>().inner().clone();
        let ending = async {
            // While the profile is still ours: the next program may make its own socket at once.
            if let Some(serving) = serving {
                serving.end().await;
            }
            engine.stop().await;
        };
        if tokio::time::timeout(PATIENCE, ending).await.is_err() {
            tracing::error!("the engine did not end in {PATIENCE:?}; leaving without it");
        }
        app.exit(0);
    });
}

/// Ends the program when the engine has ended although nobody asked for it.
pub async fn with_engine(app: AppHandle, engine: EngineHandle) {
    let mut views = engine.views();
    while views.changed().await.is_ok() {}
    if !app.state::<Ending>().0.load(Ordering::Relaxed) {
        tracing::error!("the engine ended by itself");
        app.exit(1);
    }
}

/// Ends the program when the system asks for it.
pub async fn on_signal(app: AppHandle) {
    match asked().await {
        Ok(()) => quit(&app),
        Err(error) => tracing::warn!("signals cannot be heard: {error}"),
    }
}

#[cfg(unix)]
async fn asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
