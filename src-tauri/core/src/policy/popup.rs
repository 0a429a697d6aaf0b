//! A popup: what it says, how strongly it asks for attention, and what can be chosen on it.
//!
//! The words themselves are in `wording`.

use std::path::PathBuf;

use crate::model::MessageId;

/// A popup, in plain text: whoever shows it escapes what the desktop would take for markup.
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
    /// The sound that comes with it; silent if there is none.
    pub sound: Option<PopupSound>,
    /// The words on its default action.
    pub open_label: &'static str,
    /// What else can be chosen on it, with the words for it.
    pub actions: Vec<(PopupAction, &'static str)>,
}

/// The sound of a popup. Whoever shows it has it played, as far as the desktop plays sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PopupSound {
    /// By its name in the freedesktop sound naming specification.
    Named(&'static str),
    /// A file on this computer.
    File(PathBuf),
}

/// What can be chosen on a popup beside opening what it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopupAction {
    /// Mark the message read.
    MarkRead,
    /// Put it off for an hour.
    Snooze,
}

/// What a popup is about; also its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PopupKey {
    /// One message.
    Message(MessageId),
    /// The rest of a flood.
    Flood,
    /// Messages that came while nobody was connected, or were left unannounced.
    CatchUp,
    /// A word about a connection: the user has to sign in.
    SignIn,
    /// A word about tokens in the keychain.
    Keychain,
    /// A word about the desktop: it has no place for the tray icon.
    NoTray,
    /// A try: whether popups are seen, and a sound heard.
    Test,
}

/// What the keychain has done to a source's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeychainWord {
    /// It is locked, and nobody has unlocked it.
    Locked,
    /// There is none, so it has kept no token.
    Absent,
    /// It had the token, and has it no more: somebody has deleted it.
    Gone,
    /// It does not take so long a token.
    TooLong,
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
