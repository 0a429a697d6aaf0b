//! In which manner messages are announced that share a popup: it sounds, and stays, as one of them would.

use crate::model::{MessageId, MessageRuns, Room};
use crate::settings::{Sound, Treatment};

/// What of a treatment the popup shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// Whether it makes a sound, and which.
    pub sound: Sound,
    /// Whether it stays until dismissed.
    pub sticky: bool,
}

impl From<&Treatment> for Manner {
    fn from(treatment: &Treatment) -> Self {
        Self { sound: treatment.sound.clone(), sticky: treatment.sticky }
    }
}

/// Messages by their manner. Its size is bounded, as that of the ids and of the user's rules is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manners(
    /// That of the newest message last.
    Vec<(Manner, MessageRuns)>,
);

impl Manners {
    pub fn add(&mut self, id: MessageId, manner: Manner) {
        let mut ids = self.take(&manner);
        // Without room the manner counts until all are told.
        let _: Room = ids.add(id);
        self.0.push((manner, ids));
    }

    /// Adds others, as the newer.
    pub fn extend(&mut self, newer: Self) {
        for (manner, newer) in newer.0 {
            let mut ids = self.take(&manner);
            let _: Room = ids.extend(newer);
            self.0.push((manner, ids));
        }
    }

    pub fn forget(&mut self, id: MessageId) {
        self.0.iter_mut().for_each(|(_, ids)| ids.remove(id));
        self.0.retain(|(_, ids)| !ids.is_empty());
    }

    /// The sound of the newest message that has one.
    pub fn sound(&self) -> Sound {
        let sounds = self.0.iter().rev().map(|(manner, _)| &manner.sound);
        sounds.into_iter().find(|sound| **sound != Sound::Off).cloned().unwrap_or(Sound::Off)
    }

    /// Whether any of them stays until dismissed.
    pub fn is_sticky(&self) -> bool {
        self.0.iter().any(|(manner, _)| manner.sticky)
    }

    fn take(&mut self, manner: &Manner) -> MessageRuns {
        let known = self.0.iter().position(|(known, _)| known == manner);
        known.map(|at| self.0.remove(at).1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sound_is_heard_and_one_that_stays_is_enough() {
        let loud = Manner { sound: Sound::Default, sticky: false };
        let silent = Manner { sound: Sound::Off, sticky: true };
        let mut manners = Manners::default();
        assert_eq!((manners.sound(), manners.is_sticky()), (Sound::Off, false));
        for (id, manner) in [(1, &loud), (2, &silent), (3, &loud), (4, &silent)] {
            manners.add(MessageId(id), manner.clone());
        }
        assert_eq!((manners.sound(), manners.is_sticky()), (Sound::Default, true));
        manners.forget(MessageId(2));
        manners.forget(MessageId(4));
        assert!(!manners.is_sticky());
        let mut newer = Manners::default();
        newer.add(MessageId(5), silent);
        manners.extend(newer);
        manners.forget(MessageId(1));
        manners.forget(MessageId(3));
        assert_eq!((manners.sound(), manners.is_sticky()), (Sound::Off, true));
    }
}
