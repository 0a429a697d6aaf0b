//! Popups on macOS and Windows: shown through notify-rust, which offers neither replacing nor withdrawing
//! there.
//!
//! On Windows each popup on the screen has a waiting thread, since the library reports a click to a
//! blocking call only; their number is bounded, and a popup beyond it is shown without anyone waiting. On
//! macOS a click raises the program by itself, and waiting would need the main thread's run loop: popups
//! are shown and let go.

use belfry_core::ports::{NotifyError, Popup, Urgency};
use notify_rust::{Notification, Timeout};
use tokio::sync::mpsc;

use super::{Letter, Reporter, text};

/// Answers letters until the last writer is gone.
pub(super) fn run(mut inbox: mpsc::Receiver<Letter>, reporter: Reporter) {
    let desk = follow::Desk::new(reporter);
    while let Some(letter) = inbox.blocking_recv() {
        match letter {
            // Whoever sent the letter may have stopped waiting for the answer.
            Letter::Show { popup, done } => {
                let _ = done.send(desk.show(&popup));
            }
            Letter::Withdraw { key: _, done } => {
                let _ = done.send(());
            }
        }
    }
}

fn notification(popup: &Popup) -> Notification {
    let mut notification = Notification::new();
    let expire = match popup.expire_ms {
        0 => Timeout::Never,
        millis => Timeout::Milliseconds(millis),
    };
    notification
        .appname("Belfry")
        .summary(&text::summary(&popup.summary))
        .body(&text::body(&popup.body))
        .timeout(expire);
    notification
}

fn failed(error: notify_rust::error::Error) -> NotifyError {
    NotifyError::Failed(error.to_string())
}

#[cfg(target_os = "windows")]
mod follow {
    use std::sync::Arc;

    use belfry_core::ports::PopupSignal;
    use notify_rust::NotificationResponse;
    use tokio::sync::Semaphore;

    use super::{NotifyError, Popup, Reporter, Urgency, failed, notification};

    /// How many popups are waited for.
    const MAX_LIVE: usize = 16;

    /// The AUMID that the installer gives to the program's shortcut.
    const APP_ID: &str = "dev.belfry.Belfry";

    pub(super) struct Desk {
        reporter: Arc<Reporter>,
        places: Arc<Semaphore>,
    }

    impl Desk {
        pub fn new(reporter: Reporter) -> Self {
            Self { reporter: Arc::new(reporter), places: Arc::new(Semaphore::new(MAX_LIVE)) }
        }

        pub fn show(&self, popup: &Popup) -> Result<(), NotifyError> {
            let mut notification = notification(popup);
            notification.app_id(APP_ID);
            notification.urgency(match popup.urgency {
                Urgency::Low => notify_rust::Urgency::Low,
                Urgency::Normal => notify_rust::Urgency::Normal,
                Urgency::Critical => notify_rust::Urgency::Critical,
            });
            let handle = notification.show().map_err(failed)?;
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return Ok(()) };
            let (reporter, key) = (Arc::clone(&self.reporter), popup.key);
            let wait = move || {
                let waited = handle.wait_for_response(|response: &NotificationResponse| {
                    let signal = match response {
                        NotificationResponse::Default | NotificationResponse::Action(_) => {
                            PopupSignal::Opened
                        }
                        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => {
                            PopupSignal::Closed
                        }
                    };
                    reporter.report(key, signal, None);
                });
                if let Err(error) = waited {
                    tracing::debug!(%error, "a popup's end was missed");
                }
                drop(place);
            };
            let started = std::thread::Builder::new().name("belfry-popup".to_owned()).spawn(wait);
            if let Err(error) = started {
                tracing::warn!(%error, "a popup is shown, but its click will be missed");
            }
            Ok(())
        }
    }
}

#[cfg(not(target_os = "windows"))]
mod follow {
    use super::{NotifyError, Popup, Reporter, failed, notification};

    pub(super) struct Desk;

    impl Desk {
        pub fn new(_: Reporter) -> Self {
            Self
        }

        pub fn show(&self, popup: &Popup) -> Result<(), NotifyError> {
            // The library sends the popup when its handle is dropped.
            drop(notification(popup).show().map_err(failed)?);
            Ok(())
        }
    }
}
