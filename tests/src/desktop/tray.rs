//! The tray icon of a program, over the same two D-Bus interfaces that a panel uses:
//! `org.kde.StatusNotifierItem` and `com.canonical.dbusmenu`.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use zbus::{OwnedVariant, Proxy, Variant};

use super::Session;
use crate::wait::until;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A tray icon.
#[derive(Debug)]
pub struct Tray {
    connection: zbus::Connection,
    service: String,
    path: String,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Its number in the menu.
    pub id: i32,
    /// What it says, without the marks of keyboard shortcuts.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// Whether it is a line between groups.
    pub separator: bool,
    /// The lines of the menu that it opens, if it does.
    pub items: Vec<MenuItem>,
}

/// One size of an icon, pixels in ARGB32, network byte order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixmap {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Four bytes a pixel: alpha, red, green, blue.
    pub argb: Vec<u8>,
}

impl Session {
    /// Waits for the tray icon of a process.
    ///
    /// # Errors
    /// If it has none in time.
    pub async fn tray_of(&self, pid: u32) -> Result<Tray> {
        until("the tray icon", || async {
            let mut of_pid = Vec::new();
            for tray in self.trays().await? {
                if self.process_behind(&tray.service).await? == pid {
                    of_pid.push(tray);
                }
            }
            ensure!(of_pid.len() == 1, "{} tray icons", of_pid.len());
            of_pid.pop().context("no tray icon")
        })
        .await
    }

    /// All tray icons that the panel knows.
    ///
    /// # Errors
    /// If there is no panel.
    pub async fn trays(&self) -> Result<Vec<Tray>> {
        let watcher = Proxy::new(self.bus(), WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        // Asked anew each time: not every watcher announces changes of this property.
        let properties =
            zbus::fdo::PropertiesProxy::new(self.bus(), WATCHER, "/StatusNotifierWatcher").await?;
        let items = properties.get(watcher.interface().clone(), "RegisteredStatusNotifierItems").await?;
        let items = Vec::<String>::try_from(items)?;
        Ok(items.iter().map(|item| Tray::at(self.bus().clone(), item)).collect())
    }

    /// Ends the panel, as a crash would.
    ///
    /// # Errors
    /// If there is none.
    pub async fn kill_panel(&self) -> Result<()> {
        let pid = self.process_behind(WATCHER).await?;
        self.run("kill", ["-KILL", &pid.to_string()]).await.map(drop)
    }

    async fn process_behind(&self, service: &str) -> Result<u32> {
        let bus = zbus::fdo::DBusProxy::new(self.bus()).await?;
        Ok(bus.get_connection_unix_process_id(service.try_into()?).await?)
    }
}

impl Tray {
    /// `:1.42/StatusNotifierItem`, or a service alone.
    fn at(connection: zbus::Connection, item: &str) -> Self {
        let (service, path) = match item.find('/') {
            Some(slash) => item.split_at(slash),
            None => (item, "/StatusNotifierItem"),
        };
        Self { connection, service: service.to_owned(), path: path.to_owned() }
    }

    /// Its name on the bus.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Does what a left click does.
    ///
    /// # Errors
    /// If the program does not take it.
    pub async fn activate(&self) -> Result<()> {
        self.item().await?.call::<_, _, ()>("Activate", &(0_i32, 0_i32)).await.context("Activate")
    }

    /// Does what a middle click does.
    ///
    /// # Errors
    /// If the program does not take it.
    pub async fn activate_other(&self) -> Result<()> {
        let item = self.item().await?;
        item.call::<_, _, ()>("SecondaryActivate", &(0_i32, 0_i32)).await.context("SecondaryActivate")
    }

    /// Does what a turn of the wheel over the icon does.
    ///
    /// # Errors
    /// If the program does not take it.
    pub async fn scroll(&self, delta: i32, orientation: &str) -> Result<()> {
        let item = self.item().await?;
        item.call::<_, _, ()>("Scroll", &(delta, orientation)).await.context("Scroll")
    }

    /// Says before a click what lets a window come to the front in answer to it (xdg-activation).
    ///
    /// # Errors
    /// If the program does not take it.
    pub async fn give_token(&self, token: &str) -> Result<()> {
        let item = self.item().await?;
        item.call::<_, _, ()>("ProvideXdgActivationToken", &token).await.context("ProvideXdgActivationToken")
    }

    /// The icon as it is now, in all its sizes.
    ///
    /// # Errors
    /// If the program does not answer.
    pub async fn icon(&self) -> Result<Vec<Pixmap>> {
        let sizes = Vec::<(i32, i32, Vec<u8>)>::try_from(self.property("IconPixmap").await?)?;
        Ok(sizes.into_iter().map(|(width, height, argb)| Pixmap { width, height, argb }).collect())
    }

    /// The first line of its tooltip.
    ///
    /// # Errors
    /// If the program does not answer.
    pub async fn tooltip(&self) -> Result<String> {
        type ToolTip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let (_, _, title, _) = ToolTip::try_from(self.property("ToolTip").await?)?;
        Ok(title)
    }

    /// The menu as it is now, top to bottom.
    ///
    /// # Errors
    /// If the program does not answer.
    pub async fn menu(&self) -> Result<Vec<MenuItem>> {
        let menu = self.menu_proxy().await?;
        // The program may fill the menu only now; many answer this with an error, which means nothing.
        let _ = menu.call::<_, _, bool>("AboutToShow", &0_i32).await;
        type Node = (i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>);
        let (_, root): (u32, Node) = menu.call("GetLayout", &(0_i32, -1_i32, Vec::<&str>::new())).await?;
        root.2.into_iter().map(item).collect()
    }

    /// Chooses the line that says `label`, in the menu or in one that it opens.
    ///
    /// # Errors
    /// If there is none that can be chosen; with those that there are.
    pub async fn choose(&self, label: &str) -> Result<()> {
        let items = self.menu().await?;
        let mut all = items.iter().flat_map(|item| std::iter::once(item).chain(&item.items));
        let item = all.find(|item| item.label == label && item.enabled);
        self.event(item.with_context(|| format!("no line {label:?} in {items:#?}"))?).await
    }

    /// Chooses the last line, which ends the program in every language.
    ///
    /// # Errors
    /// If the menu is empty.
    pub async fn quit(&self) -> Result<()> {
        self.event(self.menu().await?.last().context("the menu is empty")?).await
    }

    async fn event(&self, item: &MenuItem) -> Result<()> {
        let event = (item.id, "clicked", Variant::from(0_i32), 0_u32);
        // Without waiting for an answer: who is told to quit may be gone before it answers.
        self.menu_proxy().await?.call_noreply("Event", &event).await.context("Event")
    }

    async fn property(&self, name: &str) -> Result<OwnedVariant> {
        let properties =
            zbus::fdo::PropertiesProxy::new(&self.connection, self.service.clone(), self.path.clone())
                .await?;
        Ok(properties.get(zbus::names::InterfaceName::try_from(ITEM)?, name).await?)
    }

    async fn item(&self) -> Result<Proxy<'_>> {
        Ok(Proxy::new(&self.connection, self.service.as_str(), self.path.as_str(), ITEM).await?)
    }

    async fn menu_proxy(&self) -> Result<Proxy<'_>> {
        let path = zbus::OwnedObjectPath::try_from(self.property("Menu").await?)?;
        Ok(Proxy::new(&self.connection, self.service.as_str(), path, MENU).await?)
    }
}

fn item(node: OwnedVariant) -> Result<MenuItem> {
    let (id, mut properties, children) =
        <(i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>)>::try_from(Variant::from(node))?;
    let mut text = |name: &str| properties.remove(name).and_then(|value| String::try_from(value).ok());
    let label = text("label").unwrap_or_default();
    let separator = text("type").as_deref() == Some("separator");
    let enabled = properties.get("enabled").is_none_or(|value| bool::try_from(value).unwrap_or(true));
    let items = children.into_iter().map(item).collect::<Result<_>>()?;
    Ok(MenuItem { id, label: without_marks(&label), enabled, separator, items })
}

/// dbusmenu marks a keyboard shortcut by one underscore; two stand for one.
fn without_marks(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    let mut characters = label.chars();
    while let Some(character) = characters.next() {
        if character != '_' {
            out.push(character);
        } else if let Some(next) = characters.next() {
            out.push(next);
        }
    }
    out
}
