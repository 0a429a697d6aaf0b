//! Native notifications.

use tokio::sync::mpsc;

use super::BoxFuture;
use crate::model::{ActivationToken, PopupPlace};
pub use crate::policy::{Popup, PopupAction, PopupKey, PopupSound, Urgency};

/// Shows popups and reports what the user does with them.
///
/// `show` with a key that is on the screen replaces that popup in place.
///
/// A call takes its place in one queue for both kinds before it returns: what is asked for later happens
/// later, in whatever order the futures are polled, and it happens even if a future is dropped unpolled.
/// The futures only wait for the answer.
pub trait Notifier: Send + Sync {
    /// Asks the desktop to show a popup. Done when the desktop has taken it.
    fn show(&self, popup: Popup) -> BoxFuture<'static, ShowResult>;

    /// Takes a popup off the screen; nothing happens if it is gone already.
    fn withdraw(&self, key: PopupKey) -> BoxFuture<'static, ()>;

    /// Takes popups off the screen that an earlier run left there. Only the service that shows one is asked; nothing
    /// happens to what is gone already, nor to what another service shows under the same number.
    ///
    /// # Errors
    /// [`NotifyError`] if there is nobody to ask.
    fn clear_away(&self, left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>>;

    /// Names the channel on which events are reported from now on. A full channel drops the event.
    fn report_to(&self, events: mpsc::Sender<NotifierEvent>);
}

/// What the desktop says to a popup: where it is, if it can be asked for later.
pub type ShowResult = Result<Option<PopupPlace>, NotifyError>;

/// What a notifier reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifierEvent {
    /// Something happened to a popup.
    Popup(PopupEvent),
    /// There is a notification service where there was none: what it did not take can be shown.
    Back,
}

/// Something that happened to a popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupEvent {
    /// The popup.
    pub key: PopupKey,
    /// What happened.
    pub signal: PopupSignal,
    /// What lets a window come to the front in answer, where the desktop gave it.
    pub activation: Option<ActivationToken>,
}

/// What can happen to a popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopupSignal {
    /// The user clicked on it or chose its default action.
    Opened,
    /// The user chose one of its other actions.
    Chosen(PopupAction),
    /// The user put it away.
    Dismissed,
    /// It left the screen without any of that.
    Closed,
}

/// The desktop did not take a popup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// There is no notification service.
    #[error("there is no notification service: {0}")]
    Absent(String),
    /// The service refused or failed.
    #[error("the notification service failed: {0}")]
    Failed(String),
}
