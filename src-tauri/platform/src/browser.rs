//! Handing a page to the user's browser through the system's own opener.
//!
//! Only a [`WebLink`] gets here, so that the opener never sees another scheme, an option or a path. The
//! opener is started without a shell, with the address as one argument. One that finds no browser ends at
//! once and says so by its exit code; one that still runs after [`PATIENCE`] has done its work, for some of
//! them live as long as the browser that they start.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use belfry_core::model::{ActivationToken, WebLink};
use belfry_core::ports::{BoxFuture, Browser, BrowserError};
use tokio::sync::oneshot;

/// How long an opener may take to say that it found no browser.
const PATIENCE: Duration = Duration::from_secs(2);

/// In what a program finds the right to bring its window to the front (xdg-activation, Startup Notification).
const ACTIVATION: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// The user's browser, by `xdg-open`, `open` or `FileProtocolHandler`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(
        &self,
        page: &WebLink,
        activation: Option<ActivationToken>,
    ) -> BoxFuture<'static, Result<(), BrowserError>> {
        let started = start(page.as_str(), activation.as_ref());
        Box::pin(async move {
            let ended = started.map_err(|error| BrowserError(error.to_string()))?;
            match tokio::time::timeout(PATIENCE, ended).await {
                Ok(Ok(status)) if !status.success() => {
                    Err(BrowserError(format!("the opener gave up: {status}")))
                }
                // It has done its work, still runs, or could not be waited for, of which the log tells.
                Ok(Ok(_) | Err(_)) | Err(_) => Ok(()),
            }
        })
    }
}

/// Starts the opener; gives back where its end will be told.
fn start(address: &str, activation: Option<&ActivationToken>) -> io::Result<oneshot::Receiver<ExitStatus>> {
    let mut command = opener();
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for variable in ACTIVATION {
        match activation {
            Some(token) => command.env(variable, token.as_str()),
            // Not that of this program's own start.
            None => command.env_remove(variable),
        };
    }
    detach(&mut command);
    reap(command.spawn()?)
}

#[cfg(target_os = "linux")]
fn opener() -> Command {
    Command::new("xdg-open")
}

#[cfg(target_os = "macos")]
fn opener() -> Command {
    Command::new("open")
}

#[cfg(target_os = "windows")]
fn opener() -> Command {
    // Not `cmd /c start`, which would take `&` in an address for the end of a command.
    let mut command = Command::new("rundll32.exe");
    command.arg("url.dll,FileProtocolHandler");
    command
}

/// Puts the opener into a process group of its own, so that what ends this program leaves the browser.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn detach(_: &mut Command) {}

/// Waits for the opener's end elsewhere, so that it leaves no zombie. A click is rare enough for a thread.
fn reap(mut child: Child) -> io::Result<oneshot::Receiver<ExitStatus>> {
    let (tell, ended) = oneshot::channel();
    std::thread::Builder::new().name("belfry-opener".to_owned()).spawn(move || match child.wait() {
        Ok(status) => {
            if !status.success() {
                tracing::warn!(%status, "the system's opener failed");
            }
            // After the patience is over nobody listens.
            let _ = tell.send(status);
        }
        Err(error) => tracing::warn!(%error, "the system's opener could not be waited for"),
    })?;
    Ok(ended)
}
