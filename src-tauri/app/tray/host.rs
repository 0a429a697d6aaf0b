//! Noticing that a place for tray icons has appeared: on Linux a panel that hosts status notifiers.
//!
//! Once an icon is up, `ksni` itself follows the panel through its restarts.

#[cfg(target_os = "linux")]
mod system {
    use std::pin::Pin;

    use futures_util::stream::{self, Stream, StreamExt};
    use zbus::message::Type;
    use zbus::{Connection, MatchRule, MessageStream};

    /// The name that a tray's registry owns on the session bus (freedesktop.org,
    /// StatusNotifierWatcher), also the name of its interface.
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// The moments at which a tray may have appeared.
    pub struct Appearances(Pin<Box<dyn Stream<Item = ()> + Send>>);

    impl Appearances {
        /// Begins to watch. None if there is no session bus.
        pub async fn watch() -> Option<Self> {
            match signals().await {
                Ok(appearances) => Some(appearances),
                Err(error) => {
                    tracing::info!("there will be no tray icon, for there is no session bus: {error}");
                    None
                }
            }
        }

        /// Waits until a tray may have appeared. None when the bus has gone.
        pub async fn next(&mut self) -> Option<()> {
            self.0.next().await
        }
    }

    /// A panel takes the name first and says that it shows icons later; either may be what was missing.
    async fn signals() -> zbus::Result<Appearances> {
        let bus = Connection::session().await?;
        let taken = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .add_arg(WATCHER)
            .build()?;
        let hosted = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(WATCHER)
            .member("StatusNotifierHostRegistered")
            .build()?;
        let taken = MessageStream::for_match_rule(taken, &bus, None).await?;
        let hosted = MessageStream::for_match_rule(hosted, &bus, None).await?;
        Ok(Appearances(Box::pin(stream::select(taken, hosted).map(|_| ()))))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// There always is a place for tray icons.
    pub struct Appearances;

    impl Appearances {
        pub async fn watch() -> Option<Self> {
            None
        }

        pub async fn next(&mut self) -> Option<()> {
            None
        }
    }
}

pub use system::Appearances;
