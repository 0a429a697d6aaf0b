//! The tray icon: painted, labelled and filled from the view, and the way back from a click.
//!
//! What the icon, the tooltip and the menu say is decided in [`TrayView`]; how they get to the desktop is each
//! system's own.

#[cfg(any(test, not(target_os = "linux")))]
mod menu;
#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(target_os = "linux")]
mod notifier_item;

use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::engine::{EngineHandle, Pace};
use belfry_core::model::ActivationToken;
use belfry_core::view::{TrayCommand, TrayView};
use tauri::AppHandle;

#[cfg(not(target_os = "linux"))]
use self::native::Tray;
#[cfg(target_os = "linux")]
use self::notifier_item::Tray;
use crate::end;

/// The icon's name on the bus and in Tauri.
const ID: &str = "belfry";

/// The shortest time between two changes of the icon or its menu.
const GAP: Duration = Duration::from_millis(250);

/// Puts the icon up and keeps it up to date for as long as the engine runs.
pub async fn run(app: AppHandle, engine: EngineHandle) {
    let mut views = Pace::new(engine.views(), GAP);
    let mut tray = match Tray::put_up(&app, &engine).await {
        Ok(tray) => tray,
        Err(error) => return tracing::warn!("there will be no tray icon: {error}"),
    };
    while let Ok(view) = views.next().await {
        if let Err(error) = tray.show(&app, TrayView::of(&view)).await {
            tracing::warn!("the tray icon could not be changed: {error}");
        }
    }
}

/// Does what was chosen in the menu, or clicked.
/// `activation` lets the answer come to the front, where the desktop gave it with the click.
fn obey(app: &AppHandle, engine: &EngineHandle, command: TrayCommand, activation: Option<ActivationToken>) {
    let action = match command {
        TrayCommand::ShowInbox => Action::ShowInbox,
        TrayCommand::ShowSettings => Action::ShowSettings,
        TrayCommand::Open(id) => Action::Open { id },
        TrayCommand::MarkAllRead => Action::MarkAllRead,
        TrayCommand::RetryNow => Action::RetryNow,
        TrayCommand::Pause(span) => Action::Pause { span },
        TrayCommand::Resume => Action::Resume,
        TrayCommand::Quit => return end::quit(app),
    };
    let engine = engine.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(failure) = engine.act_on_click(action, activation).await {
            tracing::warn!("a choice in the tray came to nothing: {failure}");
        }
    });
}
