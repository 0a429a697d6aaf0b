//! Bringing a window to the user's eyes, whatever state it is in.

use belfry_core::model::ActivationToken;
use tauri::WebviewWindow;

/// Shows a window if it is hidden, restores it if it is minimised, puts it on top and gives it the
/// keyboard. `activation` is the right to do so that a desktop gave to a second start of the program, or with a
/// click on a popup.
pub fn raise(window: &WebviewWindow, activation: Option<ActivationToken>) {
    if let Err(error) = system::raise(window, activation) {
        // It is closing.
        tracing::debug!("the window was not raised: {error}");
    }
}

#[cfg(target_os = "linux")]
mod system {
    use belfry_core::model::ActivationToken;
    use gtk::gdk;
    use gtk::prelude::*;
    use tauri::WebviewWindow;

    /// GTK's own "present" uses the time of the user's last input *in this program*. A window manager
    /// takes that for older than the window that the user works in now and refuses the focus (EWMH,
    /// `_NET_WM_USER_TIME`). The X server's present time says what is true: the user asked just now.
    pub fn raise(window: &WebviewWindow, activation: Option<ActivationToken>) -> tauri::Result<()> {
        let target = window.clone();
        window.run_on_main_thread(move || {
            let Ok(gtk) = target.gtk_window() else { return };
            if !gtk.is_visible() {
                gtk.show_all();
            }
            if let Some(activation) = &activation {
                // On Wayland nothing else lets a window come to the front.
                gtk.set_startup_id(activation.as_str());
            }
            gtk.present_with_time(now(&gtk));
        })
    }

    fn now(window: &gtk::ApplicationWindow) -> u32 {
        let x11 = window.window().and_then(|window| window.downcast::<gdkx11::X11Window>().ok());
        match x11 {
            Some(window) => gdkx11::functions::x11_get_server_time(&window),
            None => gdk::ffi::GDK_CURRENT_TIME as u32,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use belfry_core::model::ActivationToken;
    use tauri::WebviewWindow;

    pub fn raise(window: &WebviewWindow, _activation: Option<ActivationToken>) -> tauri::Result<()> {
        window.show()?;
        window.unminimize()?;
        window.set_focus()
    }
}
