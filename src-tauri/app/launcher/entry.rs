//! The launchers of Linux: Ubuntu's dock, Dash to Dock, KDE's task bar and others show the count that a program tells by
//! a signal (Unity's LauncherEntry). Nobody answers to it, and where there is no such launcher nobody hears it.

use std::collections::HashMap;

use futures_util::StreamExt;
use tauri::AppHandle;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream, Variant};

/// The signal's path, one for each program, and its interface.
const PATH: &str = "/com/canonical/unity/launcherentry/belfry";
const INTERFACE: &str = "com.canonical.Unity.LauncherEntry";

/// The name that a launcher which shows counts has on the bus.
const LAUNCHER: &str = "com.canonical.Unity";

/// The way to the launchers. They forget the count when this connection goes, that is when the program ends.
pub struct Launcher {
    bus: Connection,
    /// The program's desktop file, as launchers name it.
    program: String,
    appearances: MessageStream,
    shown: u64,
}

impl Launcher {
    pub async fn find(app: &AppHandle) -> zbus::Result<Self> {
        let bus = Connection::session().await?;
        let taken = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .add_arg(LAUNCHER)
            .build()?;
        let appearances = MessageStream::for_match_rule(taken, &bus, None).await?;
        // Its desktop file is named after the program.
        let program = format!("application://{}.desktop", app.package_info().name);
        Ok(Self { bus, program, appearances, shown: 0 })
    }

    /// Tells the count, if it is another one.
    pub async fn show(&mut self, unread: u64) -> zbus::Result<()> {
        if unread == self.shown {
            return Ok(());
        }
        self.shown = unread;
        self.show_again().await
    }

    /// Waits until a launcher may have come that knows nothing yet.
    pub async fn appeared(&mut self) {
        if self.appearances.next().await.is_none() {
            std::future::pending().await
        }
    }

    /// Tells the count.
    pub async fn show_again(&mut self) -> zbus::Result<()> {
        let count = i64::try_from(self.shown).unwrap_or(i64::MAX);
        let properties = HashMap::from([
            ("count", Variant::from(count)),
            ("count-visible", Variant::from(self.shown > 0)),
        ]);
        self.bus.emit_signal(None::<&str>, PATH, INTERFACE, "Update", &(&self.program, properties)).await
    }
}
