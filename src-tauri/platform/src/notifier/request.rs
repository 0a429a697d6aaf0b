//! A popup in the terms of the Desktop Notifications Specification 1.3, for a daemon of certain capabilities.

use belfry_core::ports::{Popup, PopupSound, Urgency};

use super::daemon::Capabilities;
use super::{actions, text};

/// The program's name, and that of its desktop file.
pub(super) const PROGRAM: &str = "Belfry";

/// What the daemon is asked to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// The popup whose place it takes, by the daemon's number; none has 0.
    pub replaces: u32,
    pub icon: &'static str,
    pub summary: String,
    pub body: String,
    /// Keys, and the words for them.
    pub actions: Vec<(&'static str, &'static str)>,
    pub urgency: Urgency,
    pub category: &'static str,
    /// Silent if there is none.
    pub sound: Option<PopupSound>,
    /// In milliseconds; 0 = until dismissed.
    pub expire_ms: u32,
}

impl Request {
    /// The popup, as far as the daemon can show it.
    pub fn new(popup: &Popup, capabilities: Capabilities, replaces: u32) -> Self {
        let body = text::body(&popup.body);
        let others = popup.actions.iter().map(|(action, label)| (actions::key(*action), *label));
        let actions = std::iter::once(("default", popup.open_label)).chain(others);
        Self {
            replaces,
            icon: popup.icon,
            summary: text::summary(&popup.summary),
            body: if capabilities.body_markup { text::escaped(&body) } else { body },
            actions: if capabilities.actions { actions.collect() } else { Vec::new() },
            urgency: popup.urgency,
            category: popup.category,
            sound: popup.sound.clone(),
            expire_ms: popup.expire_ms,
        }
    }
}
