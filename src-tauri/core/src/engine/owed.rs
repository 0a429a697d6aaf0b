//! Words that are no message (sign-in, keychain, a desktop without a tray), until the desktop has taken them.
//!
//! Only which are owed is kept: what they say is put together when they have their turn.

use std::collections::BTreeMap;

use crate::policy::PopupKey;

/// Which words are still to be said.
#[derive(Debug, Default)]
pub(super) struct Owed(BTreeMap<PopupKey, State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits for its turn.
    Due,
    /// The desktop has it and has not answered.
    Asked,
    /// The desktop did not take it.
    Refused,
}

impl Owed {
    /// It is to be said, once more if it is on its way.
    pub fn say(&mut self, key: PopupKey) {
        self.0.insert(key, State::Due);
    }

    /// It is no longer true.
    pub fn forget(&mut self, key: PopupKey) {
        self.0.remove(&key);
    }

    /// The next one that may be said now; its turn has come.
    pub fn next(&mut self, may: impl Fn(PopupKey) -> bool) -> Option<PopupKey> {
        let (key, state) = self.0.iter_mut().find(|(key, state)| **state == State::Due && may(**key))?;
        *state = State::Asked;
        Some(*key)
    }

    /// The desktop has taken it; whether that was known to be owed.
    pub fn taken(&mut self, key: PopupKey) {
        if self.0.get(&key) == Some(&State::Asked) {
            self.0.remove(&key);
        }
    }

    /// The desktop did not take it.
    pub fn refused(&mut self, key: PopupKey) {
        self.0.entry(key).and_modify(|state| {
            if *state == State::Asked {
                *state = State::Refused;
            }
        });
    }

    /// The desktop takes popups again.
    pub fn say_again(&mut self) {
        self.0.values_mut().filter(|state| **state == State::Refused).for_each(|state| *state = State::Due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_owed_until_the_desktop_has_taken_it_as_it_was_last() {
        let mut owed = Owed::default();
        let next = |owed: &mut Owed| owed.next(|_| true);
        owed.say(PopupKey::SignIn);
        assert_eq!(next(&mut owed), Some(PopupKey::SignIn));
        assert_eq!(next(&mut owed), None, "it is on its way");
        owed.refused(PopupKey::SignIn);
        assert_eq!(next(&mut owed), None, "nobody takes it");
        owed.say_again();
        assert_eq!(next(&mut owed), Some(PopupKey::SignIn));
        // It has changed since it was asked for.
        owed.say(PopupKey::SignIn);
        owed.taken(PopupKey::SignIn);
        assert_eq!(next(&mut owed), Some(PopupKey::SignIn));
        owed.taken(PopupKey::SignIn);
        owed.say_again();
        assert_eq!(next(&mut owed), None);
    }

    #[test]
    fn what_may_not_be_said_yet_or_is_no_longer_true_is_not() {
        let mut owed = Owed::default();
        owed.say(PopupKey::SignIn);
        owed.say(PopupKey::NoTray);
        assert_eq!(owed.next(|key| key != PopupKey::SignIn), Some(PopupKey::NoTray));
        assert_eq!(owed.next(|key| key != PopupKey::SignIn), None);
        owed.forget(PopupKey::SignIn);
        assert_eq!(owed.next(|_| true), None);
    }
}
