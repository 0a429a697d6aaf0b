//! The tray icon on Linux: an `org.kde.StatusNotifierItem` on the session bus.
//!
//! It is there whether a panel shows it or not, so it appears by itself when a panel comes, and comes back with one
//! that was started anew. A desktop that never shows it has the user told once where the window is.

use std::convert::Infallible;
use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::engine::EngineHandle;
use belfry_core::model::ActivationToken;
use belfry_core::view::{TrayCommand, TrayItem, TrayView, paint_badge};
use ksni::menu::{StandardItem, SubMenu};
use ksni::{Category, Handle, Icon, MenuItem, OfflineReason, ToolTip, TrayMethods};
use tauri::AppHandle;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{ID, obey};

/// The sizes that the icon is painted in, in pixels: those of common panels, and their doubles and triples. A panel
/// takes the nearest, or scales the largest.
const SIDES: [u32; 11] = [16, 22, 24, 32, 44, 48, 64, 66, 72, 96, 144];

/// How long a desktop may be without a panel before the user is told that it has none. One that is starting has its
/// panel late.
const GRACE: Duration = Duration::from_secs(10);

/// What the icon that is up shows.
pub struct Tray {
    handle: Handle<Item>,
    shown: TrayView,
}

/// Whether there is somebody who shows the icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Present,
    Absent,
}

impl Tray {
    pub async fn put_up(app: &AppHandle, engine: &EngineHandle) -> Result<Self, ksni::Error> {
        let shown = TrayView::of(&engine.view());
        let host = watch::Sender::new(Host::Present);
        let watched = host.subscribe();
        let (app, engine) = (app.clone(), engine.clone());
        let item = Item { icons: painted(&shown), view: shown.clone(), app, engine: engine.clone(), host };
        let handle = item.assume_sni_available(true).spawn().await?;
        tauri::async_runtime::spawn(tell_without_host(engine, watched));
        Ok(Self { handle, shown })
    }

    /// Changes what differs, and nothing else.
    pub async fn show(&mut self, _app: &AppHandle, wanted: TrayView) -> Result<(), Infallible> {
        if wanted != self.shown {
            self.shown = wanted.clone();
            // Without an answer the bus is gone, and with it the desktop.
            let _ = self.handle.update(move |item| item.turn_into(wanted)).await;
        }
        Ok(())
    }
}

/// Tells the user once where the window is, as soon as there has been no host for a while.
async fn tell_without_host(engine: EngineHandle, mut host: watch::Receiver<Host>) {
    while host.wait_for(|host| *host == Host::Absent).await.is_ok() {
        if timeout(GRACE, host.wait_for(|host| *host == Host::Present)).await.is_err() {
            if let Err(failure) = engine.act(Action::NoTray).await {
                tracing::warn!("the user was not told that there is no tray: {failure}");
            }
            return;
        }
    }
}

/// The icon as the bus asks for it.
struct Item {
    view: TrayView,
    icons: Vec<Icon>,
    app: AppHandle,
    engine: EngineHandle,
    host: watch::Sender<Host>,
}

impl Item {
    fn turn_into(&mut self, wanted: TrayView) {
        if (wanted.shape, wanted.unread) != (self.view.shape, self.view.unread) {
            self.icons = painted(&wanted);
        }
        self.view = wanted;
    }

    fn obey(&self, command: TrayCommand) {
        // On Wayland a window may come to the front only with the click's own word for it.
        let activation = ksni::current_xdg_activation_token().and_then(ActivationToken::new);
        obey(&self.app, &self.engine, command, activation);
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        ID.to_owned()
    }

    fn title(&self) -> String {
        "Belfry".to_owned()
    }

    fn category(&self) -> Category {
        Category::Communications
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        self.icons.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.view.tooltip.clone(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.obey(TrayCommand::ShowInbox);
    }

    fn secondary_activate(&mut self, _x: i32, _y: i32) {
        self.obey(TrayView::toggle(self.engine.view().hold));
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.view.items.iter().map(entry).collect()
    }

    fn watcher_online(&self) {
        tracing::info!("there is a place for the tray icon");
        self.host.send_replace(Host::Present);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::info!("this desktop has no place for the tray icon at the moment: {reason:?}");
        self.host.send_replace(Host::Absent);
        true
    }
}

fn entry(item: &TrayItem) -> MenuItem<Item> {
    match item {
        TrayItem::Command { command, label, enabled } => {
            let command = *command;
            let activate = Box::new(move |item: &mut Item| item.obey(command));
            StandardItem { label: plain(label), enabled: *enabled, activate, ..StandardItem::default() }
                .into()
        }
        TrayItem::Menu { label, items } => {
            SubMenu { label: plain(label), submenu: items.iter().map(entry).collect(), ..SubMenu::default() }
                .into()
        }
        TrayItem::Label(label) => {
            StandardItem { label: plain(label), enabled: false, ..StandardItem::default() }.into()
        }
        TrayItem::Separator => MenuItem::Separator,
    }
}

/// A label whose underscores are underscores: a single one would mark the next letter as a shortcut.
fn plain(label: &str) -> String {
    label.replace('_', "__")
}

fn painted(view: &TrayView) -> Vec<Icon> {
    let icon = |side| {
        let mut data = paint_badge(view.shape, view.unread, side).rgba;
        // From RGBA to ARGB.
        data.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
        Icon { width: side as i32, height: side as i32, data }
    };
    SIDES.map(icon).to_vec()
}
