//! Native notifications.

use tokio::sync::mpsc;

use super::BoxFuture;
use crate::model::MessageId;

/// Shows popups and reports what the user does with them.
///
/// `show` with a key that is on the screen replaces that popup in place.
pub trait Notifier: Send + Sync {
    /// Asks the desktop to show a popup. Done when the desktop has taken it.
    fn show(&self, popup: Popup) -> BoxFuture<'static, Result<(), NotifyError>>;

    /// Takes a popup off the screen; nothing happens if it is gone already.
    fn withdraw(&self, key: PopupKey) -> BoxFuture<'static, ()>;

    /// Names the channel on which events are reported from now on. A full channel drops the event.
    fn report_to(&self, events: mpsc::Sender<PopupEvent>);
}

/// What a popup is about; also its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PopupKey {
    /// One message.
    Message(MessageId),
    /// Several messages that came at once or while nobody was connected.
    Summary,
}

/// A popup, in plain text: an implementation escapes what its desktop would take for markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// Its identity.
    pub key: PopupKey,
    /// The first line: what sort of message it is.
    pub summary: String,
    /// The message's title and the first line of its body.
    pub body: String,
    /// How strongly it asks for attention.
    pub urgency: Urgency,
    /// An icon name of the freedesktop icon naming specification.
    pub icon: &'static str,
    /// A category of the Desktop Notifications Specification.
    pub category: &'static str,
    /// How long it stays, in milliseconds; 0 = until dismissed.
    pub expire_ms: u32,
    /// The words on its default action.
    pub open_label: &'static str,
}

/// The three levels of the Desktop Notifications Specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Can wait.
    Low,
    /// The usual.
    Normal,
    /// Breaks through.
    Critical,
}

/// Something that happened to a popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupEvent {
    /// The popup.
    pub key: PopupKey,
    /// What happened.
    pub signal: PopupSignal,
    /// A token that lets the program raise its window (XDG activation), where the desktop gave one.
    pub activation_token: Option<String>,
}

/// What can happen to a popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopupSignal {
    /// The user clicked on it or chose its default action.
    Opened,
    /// It left the screen without that.
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
