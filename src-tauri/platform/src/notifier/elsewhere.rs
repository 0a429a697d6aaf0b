//! Popups on macOS and Windows, where notify-rust offers neither replacing nor withdrawing.
//!
//! The library reports a click to a blocking call only, so that each popup on the screen has a waiting
//! thread. Their number is bounded; a popup beyond it is shown without anyone waiting. On macOS the library
//! needs the main thread's run loop for a click; a program without one shows popups all the same.

use std::sync::Arc;

use belfry_core::ports::{NotifyError, Popup, PopupSignal, ShowResult, Urgency};
use notify_rust::{CloseReason, Notification, NotificationResponse, Timeout};
use tokio::sync::{Semaphore, mpsc};

use super::{Letter, Reporter, actions, text};

/// How many popups are waited for.
const MAX_LIVE: usize = 16;

/// Answers letters until the last writer is gone.
pub(super) fn run(mut inbox: mpsc::Receiver<Letter>, reporter: Reporter) {
    let desk = Desk { reporter: Arc::new(reporter), places: Arc::new(Semaphore::new(MAX_LIVE)) };
    while let Some(letter) = inbox.blocking_recv() {
        match letter {
            // Whoever sent the letter may have stopped waiting for the answer.
            Letter::Show { popup, done } => {
                let _ = done.send(desk.show(&popup));
            }
            Letter::Withdraw { key, done } => {
                tracing::trace!(?key, "a popup cannot be taken off the screen here");
                let _ = done.send(());
            }
            // Popups have no place here that could have been remembered.
            Letter::ClearAway { left: _, done } => {
                let _ = done.send(Ok(()));
            }
        }
    }
}

struct Desk {
    reporter: Arc<Reporter>,
    places: Arc<Semaphore>,
}

impl Desk {
    fn show(&self, popup: &Popup) -> ShowResult {
        let shown = notification(popup).show();
        let handle = shown.map_err(|error| NotifyError::Failed(error.to_string()))?;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            // On macOS the popup is sent when its handle is dropped or waited for.
            return Ok(None);
        };
        let (reporter, key) = (Arc::clone(&self.reporter), popup.key);
        let wait = move || {
            let waited = handle.wait_for_response(|response: &NotificationResponse| {
                reporter.report(key, meaning(response), None);
            });
            if let Err(error) = waited {
                tracing::debug!(%error, "a popup's end was missed");
            }
            drop(place);
        };
        let started = std::thread::Builder::new().name("belfry-popup".to_owned()).spawn(wait);
        if let Err(error) = started {
            tracing::warn!(%error, "a popup's click will be missed");
        }
        Ok(None)
    }
}

fn meaning(response: &NotificationResponse) -> PopupSignal {
    match response {
        NotificationResponse::Default => PopupSignal::Opened,
        NotificationResponse::Action(key) => actions::chosen(key),
        NotificationResponse::Closed(CloseReason::Dismissed) => PopupSignal::Dismissed,
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => PopupSignal::Closed,
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
    for (action, label) in &popup.actions {
        notification.action(actions::key(*action), label);
    }
    weigh(&mut notification, popup);
    notification
}

/// Without a sound's name a toast is silent.
#[cfg(target_os = "windows")]
fn weigh(notification: &mut Notification, popup: &Popup) {
    /// The AUMID that the installer gives to the program's shortcut.
    const APP_ID: &str = "dev.belfry.Belfry";

    notification.app_id(APP_ID).urgency(match popup.urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    });
    if popup.sound.is_some() {
        notification.sound_name("Default");
    }
}

/// macOS knows no urgency but sound, which is the system's own for every popup.
#[cfg(not(target_os = "windows"))]
fn weigh(notification: &mut Notification, popup: &Popup) {
    match (popup.urgency, &popup.sound) {
        (Urgency::Critical, _) | (_, Some(_)) => {
            notification.sound_name("default");
        }
        (Urgency::Low | Urgency::Normal, None) => {}
    }
}
