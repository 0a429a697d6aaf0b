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

/// Whether the user has been told.
#[derive(Debug, Default)]
pub(super) struct Told(bool);

impl Told {
    /// What the user is to be told now. A keychain that is locked or missing is given time for one more look: it may be
    /// about to be unlocked.
    pub fn word(&mut self, why: NoToken, before: Before) -> Option<KeychainWord> {
        let word = match (why, before) {
            (NoToken::SignedOut, Before { had_token: true, .. }) => KeychainWord::Gone,
            (NoToken::KeychainLocked, Before { place: SecretView::Locked, .. }) => KeychainWord::Locked,
            (NoToken::KeychainAbsent, Before { place: SecretView::Absent, .. }) => KeychainWord::Absent,
            (NoToken::SignedOut | NoToken::KeychainLocked | NoToken::KeychainAbsent, _) => return None,
        };
        (!std::mem::replace(&mut self.0, true)).then_some(word)
    }

    /// There is a token: what was told is no longer true.
    pub fn take_back(&mut self) {
        self.0 = false;
    }
}
