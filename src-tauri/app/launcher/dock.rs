//! The Dock of macOS.

use objc2::MainThreadMarker;
use objc2_app_kit::NSApplication;
use objc2_foundation::NSString;
use tauri::AppHandle;

/// The program's icon in the Dock.
pub struct Launcher {
    app: AppHandle,
    shown: u64,
}

impl Launcher {
    pub async fn find(app: &AppHandle) -> tauri::Result<Self> {
        Ok(Self { app: app.clone(), shown: 0 })
    }

    pub async fn show(&mut self, unread: u64) -> tauri::Result<()> {
        if unread == self.shown {
            return Ok(());
        }
        self.shown = unread;
        self.app.run_on_main_thread(move || {
            let Some(main) = MainThreadMarker::new() else { return };
            let label = (unread > 0).then(|| NSString::from_str(&unread.to_string()));
            NSApplication::sharedApplication(main).dockTile().setBadgeLabel(label.as_deref());
        })
    }

    /// The Dock keeps what it was told.
    pub async fn appeared(&mut self) {
        std::future::pending().await
    }

    pub async fn show_again(&mut self) -> tauri::Result<()> {
        Ok(())
    }
}
