//! Belfry's ports made real: HTTP, keychain, notifications, browser, clock, sleep and network,
//! and the system's folders; and the local socket between the programs of one profile.
//!
//! Each module but that one implements one trait of `belfry_core::ports`. Nothing here decides anything about the
//! product: no retry, no policy, no storage. Nothing here knows Tauri.

mod browser;
mod computer;
pub mod instance;
mod keychain;
mod login;
mod notifier;
mod surroundings;
mod transport;

pub use browser::SystemBrowser;
pub use computer::{NoFolder, SystemClock, downloads, profile_folder, system_language, utc_offset};
pub use keychain::Keychain;
pub use login::SessionLogin;
pub use notifier::DesktopNotifier;
#[cfg(target_os = "linux")]
pub use notifier::Way;
pub use surroundings::SystemSurroundings;
#[cfg(feature = "fuzzing")]
pub use transport::fuzzing;
pub use transport::{HttpTransport, PublishError, Timeouts, publish};

/// Makes `ring` the process's TLS provider, unless one has been chosen already.
///
/// Two providers are compiled in by different dependencies; without a choice, building the first client
/// panics. Every program calls this first; [`HttpTransport::new`] does so too.
pub fn install_crypto_provider() {
    // The error says that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
