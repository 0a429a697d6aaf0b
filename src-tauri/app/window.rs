//! The inbox window: made when something asks to be shown, raised when it is there already, and gone
//! with all its memory when it is closed.
//!
//! What the page in it shows is the page's business. Nothing here decides when to show: that is
//! [`Reveal`](belfry_core::view::Reveal) in the view.

mod look;
mod raise;
mod revive;

pub use look::Look;

use std::path::PathBuf;
use std::sync::Arc;

use belfry_core::engine::EngineHandle;
use belfry_core::model::ActivationToken;
use belfry_core::view::View;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tokio::sync::{Notify, watch};

/// The window's name in Tauri; capabilities are given to it.
pub const LABEL: &str = "inbox";

/// Whether the program starts with its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// With it.
    Window,
    /// In the tray.
    Hidden,
}

/// What is known about the inbox window outside of it.
pub struct Inbox {
    /// Where the web engine may keep its files.
    pub folder: PathBuf,
    /// Told each time the window has been destroyed.
    pub closed: Notify,
    /// The right to take the focus that the desktop gave to a second start or with a click on a popup, until the
    /// window uses it.
    activation: watch::Sender<Option<ActivationToken>>,
}

impl Inbox {
    /// Nothing is known yet but where the web engine may keep its files.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, closed: Notify::new(), activation: watch::Sender::new(None) }
    }

    /// Keeps a right to take the focus for the next time that the window is raised.
    pub fn may_take_focus(&self, activation: Option<ActivationToken>) {
        self.activation.send_replace(activation);
    }

    fn use_activation(&self) -> Option<ActivationToken> {
        self.activation.send_replace(None)
    }
}

/// How the window was last shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Made,
    Raised,
}

/// Shows the window at the start if it is wanted, and from then on whenever the view asks for it. Ends
/// with the engine.
pub async fn reveal(app: AppHandle, engine: EngineHandle, opening: Opening) {
    let mut views = engine.views();
    let mut answered = seq(&views.borrow_and_update());
    let mut last = Shown::Made;
    let inbox = app.state::<Arc<Inbox>>().inner().clone();
    if opening == Opening::Window {
        last = show(&app, &engine);
    }
    loop {
        tokio::select! {
            changed = views.changed() => {
                if changed.is_err() {
                    return;
                }
                let view = views.borrow_and_update().clone();
                let asked = seq(&view);
                if asked > answered {
                    answered = asked;
                    if let Some(activation) = view.reveal.as_ref().and_then(|reveal| reveal.activation.clone()) {
                        inbox.may_take_focus(Some(activation));
                    }
                    last = show(&app, &engine);
                }
            }
            () = inbox.closed.notified() => {
                // The window was raised while it was being closed: what was asked for has not been seen.
                if last == Shown::Raised && engine.view().reveal.is_some() {
                    last = show(&app, &engine);
                }
            }
        }
    }
}

/// The number of the latest request to show something; zero if none is open.
fn seq(view: &View) -> u64 {
    view.reveal.as_ref().map_or(0, |reveal| reveal.seq)
}

/// Raises the window, or makes it.
fn show(app: &AppHandle, engine: &EngineHandle) -> Shown {
    if let Some(window) = app.get_webview_window(LABEL) {
        raise::raise(&window, app.state::<Arc<Inbox>>().use_activation());
        return Shown::Raised;
    }
    match make(app, &engine.view()) {
        // The view may have moved on while the window was being made.
        Ok(window) => {
            revive::watch(&window);
            Look::of(&engine.view()).put_on(&window);
        }
        Err(error) => tracing::error!("the window could not be opened: {error}"),
    }
    Shown::Made
}

fn make(app: &AppHandle, view: &View) -> tauri::Result<WebviewWindow> {
    let inbox = app.state::<Arc<Inbox>>();
    let look = Look::of(view);
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title(&look.title)
        .inner_size(1080.0, 700.0)
        .min_inner_size(360.0, 480.0)
        .theme(look.theme)
        .background_color(look.background(app))
        .data_directory(inbox.folder.clone())
        // Shown by `on_page_load`, so that nobody sees an empty page.
        .visible(false)
        .on_page_load(|window, load| match load.event() {
            PageLoadEvent::Started => {}
            PageLoadEvent::Finished => {
                let activation = window.state::<Arc<Inbox>>().use_activation();
                raise::raise(&window, activation);
            }
        })
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()
}

/// Whether the window may go to an address: only to the program's own page. Links leave through
/// `Action::FollowLink` and `Action::OpenLink`, which check them and hand them to the browser.
fn is_ours(address: &Url) -> bool {
    match address.scheme() {
        "tauri" => address.host_str() == Some("localhost"),
        // What the program's own page is called where the web engine knows no schemes of one's own.
        "http" | "https" => cfg!(windows) && address.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_page() {
        let ours = |address: &str| is_ours(&address.parse().unwrap());
        assert!(cfg!(windows) || ours("tauri://localhost/#/inbox?messageId=42"));
        for foreign in [
            "https://example.org/",
            "http://localhost/",
            "http://127.0.0.1:8787/",
            "file:///etc/passwd",
            "tauri://example.org/",
            "data:text/html,x",
            "javascript:alert(1)",
        ] {
            assert!(!ours(foreign), "{foreign}");
        }
    }
}
