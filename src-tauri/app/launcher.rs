//! The unread count where the program is started from: in the dock, on the launcher.
//!
//! On Windows it lies on the window's button in the task bar, which comes and goes with the window: it is part of the
//! window's [`Look`](crate::window::Look).

#[cfg(target_os = "macos")]
mod dock;
#[cfg(target_os = "linux")]
mod entry;

use std::time::Duration;

use belfry_core::engine::{EngineHandle, Pace};
use tauri::AppHandle;

#[cfg(target_os = "macos")]
use self::dock::Launcher;
#[cfg(target_os = "linux")]
use self::entry::Launcher;

/// The shortest time between two changes of the count.
const GAP: Duration = Duration::from_millis(250);

/// Keeps the count up to date for as long as the engine runs.
pub async fn run(app: AppHandle, engine: EngineHandle) {
    let mut views = Pace::new(engine.views(), GAP);
    let mut launcher = match Launcher::find(&app).await {
        Ok(launcher) => launcher,
        Err(error) => return tracing::info!("no launcher will show the unread count: {error}"),
    };
    loop {
        let done = tokio::select! {
            view = views.next() => match view {
                Ok(view) => launcher.show(view.inbox.unread).await,
                Err(_) => return,
            },
            () = launcher.appeared() => launcher.show_again().await,
        };
        if let Err(error) = done {
            tracing::debug!("a launcher was not told the unread count: {error}");
        }
    }
}
