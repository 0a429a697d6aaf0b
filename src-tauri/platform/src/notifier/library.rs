//! Popups through notify-rust: each on a connection of its own.
//!
//! The library waits for a popup's end on that connection: from a moment after it was shown, for one signal only,
//! without the activation token, and for ever if the daemon dies. What the connection that watches the daemon hears
//! fills these gaps.

use std::sync::Arc;
use std::time::Duration;

use belfry_core::ports::{NotifyError, PopupSignal, PopupSound, Urgency};
use notify_rust::{CloseReason, Hint, Notification, NotificationHandle, NotificationResponse, Timeout};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::actions;
use super::late::{Accepted, Taken};
use super::request::{PROGRAM, Request};

/// How long the connection that showed a popup keeps a click to itself. It hears of it as soon as the one
/// that watches the daemon, which also hears of the activation token.
const GRACE: Duration = Duration::from_millis(20);

/// The tasks that wait for the ends of popups.
#[derive(Default)]
pub(super) struct Waits {
    /// Yields the serial number of each popup that has left the screen, and how.
    tasks: JoinSet<(u64, PopupSignal)>,
    serial: u64,
    /// The connection of the first popup. GNOME closes all of a program's popups with it.
    anchor: Option<Arc<NotificationHandle>>,
}

/// The task that waits for one popup's end; it ends when this is dropped.
pub(super) struct Wait {
    pub serial: u64,
    task: AbortHandle,
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Waits {
    /// Begins to wait for a popup's end.
    pub fn begin(&mut self, handle: Arc<NotificationHandle>) -> Wait {
        self.serial += 1;
        let (serial, waited) = (self.serial, Arc::clone(&handle));
        self.anchor.get_or_insert(handle);
        let task = self.tasks.spawn(async move {
            let mut signal = PopupSignal::Closed;
            waited.wait_for_action_async(|response: &NotificationResponse| signal = meaning(response)).await;
            sleep(GRACE).await;
            (serial, signal)
        });
        Wait { serial, task }
    }

    /// Waits for the next end; for ever where there is no popup.
    pub async fn next(&mut self) -> (u64, PopupSignal) {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(ended)) => return ended,
                // It was told to stop.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// No popup is left.
    pub fn let_go(&mut self) {
        self.anchor = None;
    }
}

/// Shows a popup.
pub(super) async fn show(request: Request) -> Taken {
    let shown = notification(&request).show_async().await;
    let handle = shown.map_err(|error| NotifyError::Failed(error.to_string()))?;
    Ok(Accepted { id: handle.id(), handle: Some(Arc::new(handle)) })
}

fn meaning(response: &NotificationResponse) -> PopupSignal {
    match response {
        NotificationResponse::Default => PopupSignal::Opened,
        NotificationResponse::Action(key) => actions::chosen(key),
        NotificationResponse::Closed(CloseReason::Dismissed) => PopupSignal::Dismissed,
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => PopupSignal::Closed,
    }
}

fn notification(request: &Request) -> Notification {
    let urgency = match request.urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    };
    let expire = match request.expire_ms {
        0 => Timeout::Never,
        millis => Timeout::Milliseconds(millis),
    };
    let mut notification = Notification::new();
    notification
        .appname(PROGRAM)
        .summary(&request.summary)
        .body(&request.body)
        .icon(request.icon)
        .urgency(urgency)
        .timeout(expire)
        .hint(Hint::Category(request.category.to_owned()))
        .hint(Hint::DesktopEntry(PROGRAM.to_owned()));
    match &request.sound {
        Some(PopupSound::Named(name)) => notification.hint(Hint::SoundName((*name).to_owned())),
        Some(PopupSound::File(path)) => {
            notification.hint(Hint::SoundFile(path.to_string_lossy().into_owned()))
        }
        None => notification.hint(Hint::SuppressSound(true)),
    };
    for (key, label) in &request.actions {
        notification.action(key, label);
    }
    if request.replaces != 0 {
        notification.id(request.replaces);
    }
    notification
}
