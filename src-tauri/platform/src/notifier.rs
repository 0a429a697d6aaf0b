//! Native notifications: on Linux over one connection to the session bus, elsewhere through notify-rust. On Linux the
//! library can be chosen instead.
//!
//! One named thread owns the popups. A call has sent its letter, in order, when it returns; the future only
//! waits for the answer. What the user does with a popup comes back on the channel named by `report_to`.

mod actions;
#[cfg(target_os = "linux")]
mod daemon;
#[cfg(target_os = "linux")]
mod desk;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod late;
#[cfg(target_os = "linux")]
mod library;
#[cfg(target_os = "linux")]
mod request;
mod text;
#[cfg(target_os = "linux")]
mod way;

#[cfg(not(target_os = "linux"))]
use self::elsewhere::run;
#[cfg(target_os = "linux")]
pub use self::way::Way;

use belfry_core::model::{ActivationToken, PopupPlace};
use belfry_core::ports::{
    BoxFuture, Notifier, NotifierEvent, NotifyError, Popup, PopupEvent, PopupKey, PopupSignal, ShowResult,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};

/// Letters that wait for the thread: more than the engine ever has under way (1,024 popups where none are
/// summed up, and 256 withdrawals). What is beyond is refused, since a call does not wait for its place.
const LETTERS: usize = 2048;

/// The desktop's notifications.
#[derive(Clone)]
pub struct DesktopNotifier {
    letters: mpsc::Sender<Letter>,
    listener: watch::Sender<Listener>,
}

/// Where events go.
type Listener = Option<mpsc::Sender<NotifierEvent>>;

/// What the thread is asked to do.
enum Letter {
    Show { popup: Popup, done: oneshot::Sender<ShowResult> },
    Withdraw { key: PopupKey, done: oneshot::Sender<()> },
    ClearAway { left: Vec<PopupPlace>, done: oneshot::Sender<Result<(), NotifyError>> },
}

impl DesktopNotifier {
    /// Starts the thread. Popups that are on the screen when the last clone is dropped stay there.
    #[must_use]
    pub fn new() -> Self {
        #[cfg(target_os = "linux")]
        return Self::by(Way::chosen());
        #[cfg(not(target_os = "linux"))]
        return Self::start(run);
    }

    /// Starts the thread; popups go this way.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn by(way: Way) -> Self {
        Self::start(move |inbox, reporter| desk::run(way, inbox, reporter))
    }

    fn start(run: impl FnOnce(mpsc::Receiver<Letter>, Reporter) + Send + 'static) -> Self {
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

impl DesktopNotifier {
    /// Sends a letter whose answer may be that nobody can be asked.
    fn ask<T: Send + 'static>(
        &self,
        letter: impl FnOnce(oneshot::Sender<Result<T, NotifyError>>) -> Letter,
    ) -> BoxFuture<'static, Result<T, NotifyError>> {
        let gone = || NotifyError::Absent("the notification thread has ended".to_owned());
        let (done, answer) = oneshot::channel();
        let sent = self.letters.try_send(letter(done)).map_err(|error| match error {
            TrySendError::Full(_) => NotifyError::Failed("too many popups wait".to_owned()),
            TrySendError::Closed(_) => gone(),
        });
        Box::pin(async move {
            sent?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }
}

impl Default for DesktopNotifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Notifier for DesktopNotifier {
    fn show(&self, popup: Popup) -> BoxFuture<'static, ShowResult> {
        self.ask(|done| Letter::Show { popup, done })
    }

    fn withdraw(&self, key: PopupKey) -> BoxFuture<'static, ()> {
        let (done, answer) = oneshot::channel();
        if let Err(error) = self.letters.try_send(Letter::Withdraw { key, done }) {
            // Where the thread has ended, the popups have ended with it.
            tracing::debug!(%error, "a popup is not taken off the screen");
        }
        Box::pin(async move {
            // An error says that the letter was not sent or that the thread has ended.
            let _ = answer.await;
        })
    }

    fn clear_away(&self, left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>> {
        self.ask(|done| Letter::ClearAway { left, done })
    }

    fn report_to(&self, events: mpsc::Sender<NotifierEvent>) {
        self.listener.send_replace(Some(events));
    }
}

/// Tells the listener what the user did.
struct Reporter {
    listening: watch::Receiver<Listener>,
}

impl Reporter {
    fn report(&self, key: PopupKey, signal: PopupSignal, activation: Option<ActivationToken>) {
        self.tell(NotifierEvent::Popup(PopupEvent { key, signal, activation }));
    }

    /// There is a notification service again, or at last.
    #[cfg(target_os = "linux")]
    fn back(&self) {
        self.tell(NotifierEvent::Back);
    }

    fn tell(&self, event: NotifierEvent) {
        if let Some(events) = &*self.listening.borrow() {
            // A full channel drops the event, as the port says.
            let _ = events.try_send(event);
        }
    }
}
