//! What the window shows around its page: title, theme, and the colour behind the page, which is what
//! is seen until the page has been painted.

use belfry_core::settings::Theme as Wish;
use belfry_core::view::View;
use tauri::window::Color;
use tauri::{AppHandle, Manager, Theme, WebviewWindow};

use crate::desktop::Desktop;

/// The page's background in the light theme: `--bg` of the page's style.
const LIGHT: Color = Color(0xf6, 0xf5, 0xf3, 0xff);
/// The same in the dark theme.
const DARK: Color = Color(0x1b, 0x1a, 0x18, 0xff);

/// What the window shows around its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The title, with the unread number.
    pub title: String,
    /// The unread number, which lies on the window's button in the task bar where that is Windows.
    pub unread: u64,
    /// The theme that the user chose; the system's if empty.
    pub theme: Option<Theme>,
}

impl Look {
    /// The look for a view.
    pub fn of(view: &View) -> Self {
        let title = match view.inbox.unread {
            0 => "Belfry".to_owned(),
            unread => format!("Belfry ({unread})"),
        };
        let theme = match view.preferences.theme {
            Wish::System => None,
            Wish::Light => Some(Theme::Light),
            Wish::Dark => Some(Theme::Dark),
        };
        Self { title, unread: view.inbox.unread, theme }
    }

    /// The colour behind the page.
    pub fn background(&self, app: &AppHandle) -> Color {
        match self.theme.unwrap_or_else(|| app.state::<Desktop>().theme()) {
            Theme::Dark => DARK,
            _ => LIGHT,
        }
    }

    /// Makes a window look so.
    pub fn put_on(&self, window: &WebviewWindow) {
        let done = window
            .set_title(&self.title)
            .and_then(|()| window.set_theme(self.theme))
            .and_then(|()| overlay(window, self.unread))
            .and_then(|()| window.set_background_color(Some(self.background(window.app_handle()))));
        if let Err(error) = done {
            // It is closing.
            tracing::debug!("the window kept its look: {error}");
        }
    }
}

#[cfg(windows)]
fn overlay(window: &WebviewWindow, unread: u64) -> tauri::Result<()> {
    use belfry_core::view::paint_number;
    use tauri::image::Image;

    /// Twice the size of Windows' small icons, which it scales to what it needs.
    const SIDE: u32 = 32;
    let icon = (unread > 0).then(|| paint_number(unread, SIDE));
    window.set_overlay_icon(icon.map(|raster| Image::new_owned(raster.rgba, raster.side, raster.side)))
}

#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
fn overlay(_window: &WebviewWindow, _unread: u64) -> tauri::Result<()> {
    Ok(())
}
