//! Popups that speak of no message: sign-in, keychain, a desktop without a tray.

use super::run::Engine;
use crate::model::{MessageRuns, SourceId};
use crate::policy::{KeychainWord, Popup};
use crate::settings;

impl Engine {
    /// Tells the user once which servers want them to sign in; while popups are held back, when that is over.
    pub(super) fn announce_rejected(&mut self) {
        self.holding.rejected = self.holding.hold.is_some();
        if self.holding.rejected {
            return;
        }
        let rejected = self.sources.iter().filter(|run| run.is_rejected());
        let names: Vec<&str> = rejected.map(|run| run.settings.name.as_str()).collect();
        if !names.is_empty() {
            let popup = self.words().rejected(&names);
            self.show_word(popup);
        }
    }

    /// Shows what is no message. A pause takes only its sound away.
    fn show_word(&mut self, mut popup: Popup) {
        if self.announcer.room(settings::Burst::Summarise) == 0 {
            // A desktop that answers to nothing would not show it either; window and tray say it, too.
            return;
        }
        if self.holding.hold.is_some() {
            popup.sound = None;
        }
        self.show(popup, MessageRuns::default(), None);
    }

    /// Tells the user what the keychain has done to a source's token.
    pub(super) fn announce_keychain(&mut self, source: SourceId, word: KeychainWord) {
        let Some(named) = self.settings.sources.iter().find(|other| other.id == source) else { return };
        let popup = self.words().keychain(word, &named.name);
        self.show_word(popup);
    }

    /// Tells the user where the window is on a desktop without a place for the tray icon, unless an earlier run has.
    pub(super) fn announce_no_tray(&mut self) {
        match self.profile.first_time("told-no-tray") {
            Ok(true) => {
                let popup = self.words().no_tray();
                self.show_word(popup);
            }
            Ok(false) => {}
            // Not at all is better than at each start.
            Err(error) => {
                tracing::warn!(%error, "it could not be noted that the user is told about the tray")
            }
        }
    }
}
