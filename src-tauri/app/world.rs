//! The world as the program finds it: the real ports, and what has to be there before anything starts.

use std::sync::Arc;

use belfry_core::engine::Ports;
use belfry_core::ports::{DemoStart, LoginItem, NoDemo, NoLoginItem};
use belfry_platform::{
    DesktopNotifier, HttpTransport, Keychain, SessionLogin, SystemBrowser, SystemClock, SystemSurroundings,
};

use crate::arguments::Arguments;
use crate::demo::DemoProgram;

/// Prepares the process. Called once, on the main thread, before anything else.
///
/// # Errors
/// One sentence if there is nothing to show anything on.
pub fn prepare() -> Result<(), String> {
    belfry_platform::install_crypto_provider();
    toolkit()
}

/// The ports made real. Only the user's own profile can start with the session.
pub fn ports(arguments: &Arguments) -> Ports {
    let login: Arc<dyn LoginItem> = match SessionLogin::of_this_program() {
        Ok(login) if arguments.profile.is_none() && !arguments.demo => Arc::new(login),
        Ok(_) => Arc::new(NoLoginItem),
        Err(error) => {
            tracing::warn!("starting at login cannot be had: {error}");
            Arc::new(NoLoginItem)
        }
    };
    let demo: Arc<dyn DemoStart> = match arguments.demo {
        true => Arc::new(NoDemo),
        false => Arc::new(DemoProgram { profile: arguments.profile.clone() }),
    };
    Ports {
        login,
        transport: Arc::new(HttpTransport::new()),
        secrets: Arc::new(Keychain::new()),
        notifier: Arc::new(DesktopNotifier::new()),
        browser: Arc::new(SystemBrowser),
        demo,
        clock: Arc::new(SystemClock),
        surroundings: Arc::new(SystemSurroundings),
    }
}

#[cfg(target_os = "linux")]
fn toolkit() -> Result<(), String> {
    gtk::init().map_err(|_| {
        "there is no display to show anything on; `belfryctl watch` works without one".to_owned()
    })
}

#[cfg(not(target_os = "linux"))]
fn toolkit() -> Result<(), String> {
    Ok(())
}
