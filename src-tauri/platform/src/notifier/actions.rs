//! What can be chosen on a popup, by the keys that the desktop knows it by.

use belfry_core::ports::{PopupAction, PopupSignal};

/// The key of an action.
pub(super) fn key(action: PopupAction) -> &'static str {
    match action {
        PopupAction::MarkRead => "mark-read",
        PopupAction::Snooze => "snooze",
    }
}

/// What the choice of a key means. The default action, and whatever a desktop may call a click, opens.
pub(super) fn chosen(name: &str) -> PopupSignal {
    let known = [PopupAction::MarkRead, PopupAction::Snooze];
    known.into_iter().find(|action| key(*action) == name).map_or(PopupSignal::Opened, PopupSignal::Chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_known_by_its_key_and_all_else_opens() {
        for action in [PopupAction::MarkRead, PopupAction::Snooze] {
            assert_eq!(chosen(key(action)), PopupSignal::Chosen(action));
        }
        assert_eq!(chosen("default"), PopupSignal::Opened);
        assert_eq!(chosen(""), PopupSignal::Opened);
    }
}
