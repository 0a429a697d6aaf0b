//! The acts, and how they are chosen at random.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Announce, Announcement, ReadState};
use super::model::{Update, Word};

/// What may be done to a store.
#[derive(Debug, Clone)]
pub enum Act {
    Deliver {
        source: u8,
        epoch: u8,
        words: Vec<Word>,
        cursor: u8,
    },
    Mark {
        messages: Vec<u8>,
        read: ReadState,
    },
    MarkAll,
    Archive {
        messages: Vec<u8>,
    },
    /// Puts messages off for so many seconds.
    PutOff {
        messages: Vec<u8>,
        seconds: i64,
    },
    /// So many seconds later what is due comes back.
    Wake {
        seconds: i64,
    },
    WakeEarly {
        messages: Vec<u8>,
    },
    Pin {
        messages: Vec<u8>,
        pinned: bool,
    },
    Unarchive {
        messages: Vec<u8>,
    },
    Delete {
        messages: Vec<u8>,
    },
    /// Takes back one of the acts so far.
    TakeBack {
        act: u8,
    },
    /// The time for taking back one of the acts so far is over.
    LetGo {
        act: u8,
    },
    Announce {
        messages: Vec<u8>,
        state: Announcement,
    },
    /// Sets or ends a snooze, as the acts of later versions will.
    Snooze {
        message: u8,
        until: Option<i64>,
    },
    Forget {
        source: u8,
    },
    /// Lets go of what is older than so many seconds.
    Sweep {
        source: u8,
        ago: i64,
    },
    /// The source's server is told what comes next.
    Tell {
        source: u8,
    },
    Reopen,
}

fn either<T: Clone + std::fmt::Debug + 'static>(one: T, other: T) -> impl Strategy<Value = T> {
    prop_oneof![Just(one), Just(other)]
}

fn word() -> impl Strategy<Value = Word> {
    let read = || either(ReadState::Read, ReadState::Unread);
    let message = (
        0..6u8,
        0..3u8,
        0..2u8,
        0..3u8,
        prop_oneof![1 => Just(ReadState::Read), 4 => Just(ReadState::Unread)],
        either(Announce::Due, Announce::Never),
        prop_oneof![1 => Just(Update::Yes), 3 => Just(Update::No)],
    );
    prop_oneof![
        6 => message.prop_map(|(id, kind, title, ago, is_read, announce, update)| {
            Word::Message { id, kind, title, ago, is_read, announce, update }
        }),
        1 => (vec(1..6u8, 0..4), read()).prop_map(|(ids, read)| Word::Read { ids, read }),
        1 => vec(1..6u8, 0..3).prop_map(|ids| Word::Deleted { ids }),
    ]
}

pub fn act() -> impl Strategy<Value = Act> {
    let read = || either(ReadState::Read, ReadState::Unread);
    let some = || vec(any::<u8>(), 0..4);
    let state = prop_oneof![
        Just(Announcement::Showing),
        Just(Announcement::Announced),
        Just(Announcement::Summarised)
    ];
    prop_oneof![
        8 => (0..2u8, 0..2u8, vec(word(), 0..6), 0..3u8)
            .prop_map(|(source, epoch, words, cursor)| Act::Deliver { source, epoch, words, cursor }),
        3 => (vec(any::<u8>(), 0..4), read()).prop_map(|(messages, read)| Act::Mark { messages, read }),
        1 => Just(Act::MarkAll),
        2 => some().prop_map(|messages| Act::Archive { messages }),
        1 => some().prop_map(|messages| Act::Unarchive { messages }),
        2 => (some(), 1..4i64).prop_map(|(messages, seconds)| Act::PutOff { messages, seconds }),
        1 => (0..4i64).prop_map(|seconds| Act::Wake { seconds }),
        1 => some().prop_map(|messages| Act::WakeEarly { messages }),
        1 => (some(), any::<bool>()).prop_map(|(messages, pinned)| Act::Pin { messages, pinned }),
        2 => some().prop_map(|messages| Act::Delete { messages }),
        3 => any::<u8>().prop_map(|act| Act::TakeBack { act }),
        1 => any::<u8>().prop_map(|act| Act::LetGo { act }),
        2 => (vec(any::<u8>(), 0..3), state).prop_map(|(messages, state)| Act::Announce { messages, state }),
        2 => (any::<u8>(), prop::option::of(-2..3i64))
            .prop_map(|(message, until)| Act::Snooze { message, until }),
        1 => (0..2u8).prop_map(|source| Act::Forget { source }),
        2 => (0..2u8, -1..3i64).prop_map(|(source, ago)| Act::Sweep { source, ago }),
        2 => (0..2u8).prop_map(|source| Act::Tell { source }),
        1 => Just(Act::Reopen),
    ]
}
