//! The tray icon on macOS and Windows, as Tauri has it.

use belfry_core::engine::EngineHandle;
use belfry_core::view::{TrayCommand, TrayView, paint_badge};
use tauri::image::Image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Wry};
use tokio::sync::oneshot;

use super::menu::{self, Change, Entry};
use super::{ID, obey};

/// Width and height of the painted icon, in pixels. Trays scale it to what they need.
const SIDE: u32 = 64;

/// The menu's texts by their places; empty where a separator stands.
type Texts = Vec<Option<MenuItem<Wry>>>;

/// What the icon that is up shows. The icon itself stays on the main thread: Tauri's handle to it
/// counts its owners without atomics.
pub struct Tray {
    texts: Texts,
    entries: Vec<Entry>,
    shown: TrayView,
}

impl Tray {
    pub async fn put_up(app: &AppHandle, engine: &EngineHandle) -> tauri::Result<Self> {
        let wanted = TrayView::of(&engine.view());
        let engine = engine.clone();
        on_main_thread(app, move |app| {
            let entries = menu::entries(&wanted.items);
            let (menu, texts) = build(app, &entries)?;
            let (on_menu, on_click) = (engine.clone(), engine);
            let builder = TrayIconBuilder::with_id(ID)
                .icon(painted(&wanted))
                .tooltip(&wanted.tooltip)
                .menu(&menu)
                .show_menu_on_left_click(false)
                .on_menu_event(move |app, event| {
                    if let Some(command) = menu::command(event.id().as_ref()) {
                        obey(app, &on_menu, command, None);
                    }
                })
                .on_tray_icon_event(move |tray, event| {
                    let command = match clicked(&event) {
                        Some(MouseButton::Left) => TrayCommand::ShowInbox,
                        Some(MouseButton::Middle) => TrayView::toggle(on_click.view().hold),
                        Some(MouseButton::Right) | None => return,
                    };
                    obey(tray.app_handle(), &on_click, command, None);
                });
            builder.build(app)?;
            Ok(Self { texts, entries, shown: wanted })
        })
        .await
    }

    /// Changes what differs, and nothing else.
    pub async fn show(&mut self, app: &AppHandle, wanted: TrayView) -> tauri::Result<()> {
        let icon = ((wanted.shape, wanted.unread) != (self.shown.shape, self.shown.unread))
            .then(|| painted(&wanted));
        let tooltip = (wanted.tooltip != self.shown.tooltip).then(|| wanted.tooltip.clone());
        let entries = menu::entries(&wanted.items);
        let change = menu::change(&self.entries, &entries);
        if icon.is_some() || tooltip.is_some() || change != Change::Nothing {
            let (texts, new) = (self.texts.clone(), entries.clone());
            self.texts = on_main_thread(app, move |app| {
                let Some(tray) = app.tray_by_id(ID) else { return Ok(texts) };
                if icon.is_some() {
                    tray.set_icon(icon)?;
                }
                if tooltip.is_some() {
                    tray.set_tooltip(tooltip)?;
                }
                match change {
                    Change::Nothing => Ok(texts),
                    Change::Relabel(places) => relabel(&texts, &new, &places).map(|()| texts),
                    Change::Rebuild => {
                        let (menu, texts) = build(app, &new)?;
                        tray.set_menu(Some(menu)).map(|()| texts)
                    }
                }
            })
            .await?;
        }
        self.entries = entries;
        self.shown = wanted;
        Ok(())
    }
}

/// Does something on the main thread, where tray and menu live, in one go.
async fn on_main_thread<T: Send + 'static>(
    app: &AppHandle,
    work: impl FnOnce(&AppHandle) -> tauri::Result<T> + Send + 'static,
) -> tauri::Result<T> {
    let (send, receive) = oneshot::channel();
    let on_main = app.clone();
    app.run_on_main_thread(move || drop(send.send(work(&on_main))))?;
    receive.await.map_err(|_| tauri::Error::FailedToReceiveMessage)?
}

fn relabel(texts: &[Option<MenuItem<Wry>>], entries: &[Entry], places: &[usize]) -> tauri::Result<()> {
    for &place in places {
        if let (Some(Some(text)), Some(Entry::Text { label, enabled, .. })) =
            (texts.get(place), entries.get(place))
        {
            text.set_text(label)?;
            text.set_enabled(*enabled)?;
        }
    }
    Ok(())
}

/// A menu of these entries, and its texts by their places.
fn build(app: &AppHandle, entries: &[Entry]) -> tauri::Result<(Menu<Wry>, Texts)> {
    let menu = Menu::new(app)?;
    let mut texts = Vec::with_capacity(entries.len());
    for entry in entries {
        match entry {
            Entry::Text { id, label, enabled } => {
                let text = MenuItem::with_id(app, id, label, *enabled, None::<&str>)?;
                menu.append(&text)?;
                texts.push(Some(text));
            }
            Entry::Menu { label, entries } => {
                menu.append(&submenu(app, label, entries)?)?;
                texts.push(None);
            }
            Entry::Separator => {
                menu.append(&PredefinedMenuItem::separator(app)? as &dyn IsMenuItem<Wry>)?;
                texts.push(None);
            }
        }
    }
    Ok((menu, texts))
}

/// A menu in the menu. Its entries are never relabelled.
fn submenu(app: &AppHandle, label: &str, entries: &[Entry]) -> tauri::Result<Submenu<Wry>> {
    let menu = Submenu::new(app, label, true)?;
    for entry in entries {
        match entry {
            Entry::Text { id, label, enabled } => {
                menu.append(&MenuItem::with_id(app, id, label, *enabled, None::<&str>)?)?;
            }
            Entry::Menu { label, entries } => menu.append(&submenu(app, label, entries)?)?,
            Entry::Separator => menu.append(&PredefinedMenuItem::separator(app)?)?,
        }
    }
    Ok(menu)
}

fn painted(wanted: &TrayView) -> Image<'static> {
    let raster = paint_badge(wanted.shape, wanted.unread, SIDE);
    Image::new_owned(raster.rgba, raster.side, raster.side)
}

/// The button of a click that has ended.
fn clicked(event: &TrayIconEvent) -> Option<MouseButton> {
    match event {
        TrayIconEvent::Click { button, button_state: MouseButtonState::Up, .. } => Some(*button),
        _ => None,
    }
}
