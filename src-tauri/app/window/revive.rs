//! A page whose process has died (out of memory, a fault of the web engine) is loaded anew: what it showed stands in
//! its address, and everything else in the backend.

use tauri::WebviewWindow;

/// Has the window's page loaded anew whenever its process dies.
pub fn watch(window: &WebviewWindow) {
    if let Err(error) = system::watch(window) {
        tracing::warn!("the window's page is not watched: {error}");
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use tauri::WebviewWindow;
    use webkit2gtk::{WebProcessTerminationReason, WebViewExt};

    /// A page that dies again before this is left alone: it would die for ever. Opening the window anew helps.
    const TOO_SOON: Duration = Duration::from_secs(5);

    pub fn watch(window: &WebviewWindow) -> tauri::Result<()> {
        window.with_webview(|webview| {
            let last: Cell<Option<Instant>> = Cell::new(None);
            webview.inner().connect_web_process_terminated(move |view, reason| {
                if reason == WebProcessTerminationReason::TerminatedByApi {
                    return;
                }
                let before = last.replace(Some(Instant::now()));
                tracing::error!(?reason, "the window's page has died");
                if before.is_none_or(|before| before.elapsed() >= TOO_SOON) {
                    view.reload();
                }
            });
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use tauri::WebviewWindow;

    /// Nobody watches there yet.
    pub fn watch(_window: &WebviewWindow) -> tauri::Result<()> {
        Ok(())
    }
}
