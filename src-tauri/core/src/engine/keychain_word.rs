//! What the user is told of a token that cannot be had: each thing once, until there is a token again.

use crate::link::NoToken;
use crate::policy::KeychainWord;
use crate::view::SecretView;

/// What was known of a token before the keychain answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    /// Whether there was one to go out with.
    pub had_token: bool,
    /// Where it was.
    pub place: SecretView,
}

/// What the user has been told.
#[derive(Debug, Default)]
pub(super) struct Told(Option<KeychainWord>);

impl Told {
    /// What the user is to be told now. A keychain that is locked or missing is given time for one more look: it may be
    /// about to be unlocked.
    pub fn word(&self, why: NoToken, before: Before) -> Option<KeychainWord> {
        let word = match (why, before) {
            (NoToken::SignedOut, Before { had_token: true, .. }) => KeychainWord::Gone,
            (NoToken::KeychainLocked, Before { place: SecretView::Locked, .. }) => KeychainWord::Locked,
            (NoToken::KeychainAbsent, Before { place: SecretView::Absent, .. }) => KeychainWord::Absent,
            (NoToken::SignedOut | NoToken::KeychainLocked | NoToken::KeychainAbsent, _) => return None,
        };
        self.0.is_none_or(|told| told == KeychainWord::TooLong).then_some(word)
    }

    /// The user is told this.
    pub fn tell(&mut self, word: KeychainWord) {
        self.0 = Some(word);
    }

    /// What the user was told last, as long as it is true.
    pub fn last(&self) -> Option<KeychainWord> {
        self.0
    }

    /// There is a token: what was told is no longer true.
    pub fn take_back(&mut self) {
        self.0 = None;
    }
}
