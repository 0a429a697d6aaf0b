//! The parts that the machine's state is made of. Deliberately not here: how they change.

use std::time::Instant;

use super::Reason;
use super::vocabulary::{Attempt, PollNumber};

/// Where the machine stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    Stopped { probe_at: Option<Instant> },
    Opening,
    Live,
    Waiting { until: Instant },
    Polling { why: Reason, probe_at: Option<Instant> },
}

/// The one attempt that is under way or open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Connection {
    pub(super) attempt: Attempt,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// No headers yet.
    Headers { until: Instant },
    /// A history that is walked before the stream is asked for; that it is slow tells nothing of the stream.
    Pages { until: Instant },
    /// Good headers, no byte yet.
    FirstByte { opened: Instant, until: Instant },
    /// Good headers long ago, still no byte.
    Unheard { opened: Instant },
    /// Bytes have come.
    Heard { opened: Instant, last: Instant, proof: Proof },
}

/// Whether a stream has shown that it is worth its name: an event was committed, or it lived for 5 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Missing,
    Given,
}

/// What has been tried since the last proof of life.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Episode {
    /// Attempts that failed.
    pub(super) spent: u32,
    /// How many of the last ones, in a row, got something else than a stream.
    pub(super) no_stream: u32,
    /// Since when each answer has been something else than a stream.
    pub(super) no_stream_since: Option<Instant>,
    /// The server has said that there is no history.
    pub(super) no_history: bool,
    /// The cursor has been dropped once already.
    pub(super) cursor_dropped: bool,
}

/// A token and what the server made of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SignIn {
    /// The user has been told that it was refused.
    pub(super) told: bool,
    /// The one retry after a refusal has been used.
    pub(super) retried: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    Up,
    Down,
}

/// An output whose cursor is filled in when it is taken, so that it is the last committed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Connect(Attempt),
    Close(Attempt),
    Poll(PollNumber),
    CancelPoll(PollNumber),
    CursorDropped,
    Rejected,
}
