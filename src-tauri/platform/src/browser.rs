//! Handing a page to the user's browser through the system's own opener.
//!
//! Only a [`WebLink`] gets here, so that the opener never sees another scheme, an option or a path. The
//! opener is started without a shell, with the address as one argument, and is not waited for: some of them
//! live as long as the browser that they start.

use std::io;
use std::process::{Child, Command, Stdio};

use belfry_core::model::WebLink;
use belfry_core::ports::{BoxFuture, Browser, BrowserError};

/// The user's browser, by `xdg-open`, `open` or `FileProtocolHandler`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(&self, page: &WebLink) -> BoxFuture<'static, Result<(), BrowserError>> {
        let result = start(page.as_str()).map_err(|error| BrowserError(error.to_string()));
        Box::pin(std::future::ready(result))
    }
}

fn start(address: &str) -> io::Result<()> {
    let mut command = opener();
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    detach(&mut command);
    let child = command.spawn()?;
    reap(child)
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
fn reap(mut child: Child) -> io::Result<()> {
    std::thread::Builder::new().name("belfry-opener".to_owned()).spawn(move || match child.wait() {
        Ok(status) if !status.success() => tracing::warn!(%status, "the system's opener failed"),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the system's opener could not be waited for"),
    })?;
    Ok(())
}
