//! Popups that speak of no message: sign-in, keychain, a desktop without a tray. Each is owed until the desktop has
//! taken it.

use super::run::{Engine, clock};
use super::source::SourceRun;
use crate::model::{MessageRuns, SourceId};
use crate::policy::{KeychainWord, Popup, PopupKey};

/// The file in the profile that says that the user knows where the window is without a tray.
const TOLD_NO_TRAY: &str = "told-no-tray";

impl Engine {
    /// Tells the user once which servers want them to sign in; while popups are held back, when that is over.
    pub(super) fn announce_rejected(&mut self) {
        self.owe_word(PopupKey::SignIn);
    }

    /// Tells the user what the keychain has done to sources' tokens.
    pub(super) fn announce_keychain(&mut self, source: SourceId, word: KeychainWord) {
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) {
            run.tokens.told.tell(word);
            self.owe_word(PopupKey::Keychain);
        }
    }

    /// Tells the user where the window is on a desktop without a place for the tray icon, unless an earlier run has.
    pub(super) fn announce_no_tray(&mut self) {
        if !self.profile.has_happened(TOLD_NO_TRAY) {
            self.owe_word(PopupKey::NoTray);
        }
    }

    /// Takes words back that are no longer true; what is on the screen says it of the sources that are left.
    pub(super) fn withdraw_words(&mut self) {
        for key in [PopupKey::SignIn, PopupKey::Keychain] {
            if self.word(key).is_none() {
                self.announcer.owed.forget(key);
                let _ = self.announcer.withdraw(key);
            } else if self.announcer.is_on_screen(key) {
                self.owe_word(key);
            }
        }
    }

    fn owe_word(&mut self, key: PopupKey) {
        self.announcer.owed.say(key);
        self.next_popup(clock());
    }

    /// Shows a word that is owed and may be said now, if there is any. A pause holds back that a token was refused,
    /// and takes only its sound away from the others.
    pub(super) fn show_word(&mut self) -> Option<()> {
        let held = self.holding.hold.is_some();
        loop {
            let key = self.announcer.owed.next(|key| key != PopupKey::SignIn || !held)?;
            let Some(mut popup) = self.word(key) else {
                self.announcer.owed.forget(key);
                continue;
            };
            if held {
                popup.sound = None;
            }
            self.show(popup, MessageRuns::default(), None);
            return Some(());
        }
    }

    /// What there is to say; nothing where it is no longer true.
    fn word(&self, key: PopupKey) -> Option<Popup> {
        let words = self.words();
        match key {
            PopupKey::SignIn => {
                let rejected = self.sources.iter().filter(|run| run.is_rejected());
                let names: Vec<&str> = rejected.map(|run| run.settings.name.as_str()).collect();
                (!names.is_empty()).then(|| words.rejected(&names))
            }
            PopupKey::Keychain => {
                let told = |run: &SourceRun| run.tokens.told.last();
                let named =
                    self.sources.iter().filter_map(|run| Some((told(run)?, run.settings.name.as_str())));
                words.keychain(&named.collect::<Vec<_>>())
            }
            PopupKey::NoTray => Some(words.no_tray()),
            PopupKey::Message(_) | PopupKey::Flood | PopupKey::CatchUp | PopupKey::Test => None,
        }
    }

    /// The desktop has taken a word.
    pub(super) fn word_taken(&mut self, key: PopupKey) {
        if key == PopupKey::NoTray
            && let Err(error) = self.profile.note_happened(TOLD_NO_TRAY)
        {
            tracing::warn!(%error, "it could not be noted that the user is told about the tray");
        }
    }
}
