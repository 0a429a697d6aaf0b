//! Where a popup is.

/// A popup on the screen, in the desktop's words: enough to take it off again, also for another run of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupPlace {
    /// The notification service that shows it, and no other: one that was started anew has another name.
    pub service: String,
    /// What that service calls the popup.
    pub number: u32,
}
