//! Native notifications through notify-rust.
//!
//! One named thread owns the popups: whoever shows one only sends a letter to it, in order. What the user
//! does with a popup comes back on the channel named by `report_to`.

#[cfg(target_os = "linux")]
mod daemon;
#[cfg(target_os = "linux")]
mod desk;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod text;

#[cfg(target_os = "linux")]
use self::desk::run;
#[cfg(not(target_os = "linux"))]
use self::elsewhere::run;

use belfry_core::ports::{BoxFuture, Notifier, NotifyError, Popup, PopupEvent, PopupKey, PopupSignal};
use tokio::sync::{mpsc, oneshot, watch};

/// Letters that wait for the thread.
const LETTERS: usize = 64;

/// The desktop's notifications.
#[derive(Clone)]
pub struct DesktopNotifier {
    letters: mpsc::Sender<Letter>,
    listener: watch::Sender<Listener>,
}

/// Where events go.
type Listener = Option<mpsc::Sender<PopupEvent>>;

/// What the thread is asked to do.
enum Letter {
    Show { popup: Popup, done: oneshot::Sender<Result<(), NotifyError>> },
    Withdraw { key: PopupKey, done: oneshot::Sender<()> },
}

impl DesktopNotifier {
    /// Starts the thread. Popups that are on the screen when the last clone is dropped stay there.
    #[must_use]
    pub fn new() -> Self {
        let (letters, inbox) = mpsc::channel(LETTERS);
        let (listener, listening) = watch::channel(None);
        let started = std::thread::Builder::new()
            .name("belfry-notifier".to_owned())
            .spawn(move || run(inbox, Reporter { listening }));
        if let Err(error) = started {
            // The inbox is gone with the closure, so that every popup is answered with `Absent`.
            tracing::error!(%error, "there will be no notifications");
        }
        Self { letters, listener }
    }
}

impl Default for DesktopNotifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Notifier for DesktopNotifier {
    fn show(&self, popup: Popup) -> BoxFuture<'static, Result<(), NotifyError>> {
        let letters = self.letters.clone();
        Box::pin(async move {
            let gone = || NotifyError::Absent("the notification thread has ended".to_owned());
            let (done, answer) = oneshot::channel();
            letters.send(Letter::Show { popup, done }).await.map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn withdraw(&self, key: PopupKey) -> BoxFuture<'static, ()> {
        let letters = self.letters.clone();
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            if letters.send(Letter::Withdraw { key, done }).await.is_ok() {
                // An error says that the thread has ended, and the popups with it.
                let _ = answer.await;
            }
        })
    }

    fn report_to(&self, events: mpsc::Sender<PopupEvent>) {
        self.listener.send_replace(Some(events));
    }
}

/// Tells the listener what the user did.
struct Reporter {
    listening: watch::Receiver<Listener>,
}

impl Reporter {
    fn report(&self, key: PopupKey, signal: PopupSignal, activation_token: Option<String>) {
        if let Some(events) = &*self.listening.borrow() {
            // A full channel drops the event, as the port says.
            let _ = events.try_send(PopupEvent { key, signal, activation_token });
        }
    }
}
