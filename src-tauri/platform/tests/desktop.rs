//! The ports that need a desktop, against a private session bus: a notification daemon of our own and a
//! real gnome-keyring. Run with `cargo test -p belfry-platform --features desktop`.
//!
//! Needs `dbus-daemon` and `gnome-keyring-daemon` (Debian: `dbus`, `gnome-keyring`); no display.
#![cfg(target_os = "linux")]

#[allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
mod desktop {
    pub mod keychain;
    pub mod notifications;
    pub mod notifications_late;
    pub mod notifyd;
    pub mod session;
    pub mod stubborn;
}
