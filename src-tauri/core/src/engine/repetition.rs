//! How far a connection is in repeating what was missed, and what of that waits to be announced.
//!
//! Only some servers say `ready` when they have repeated everything. Of the others a pause tells, or a
//! message that was sent after the stream was opened, or that enough time has passed; then the age of each
//! message decides.

use std::time::{Duration, Instant};

use crate::model::{Cursor, Message, MessageId, Timestamp, Via};
use crate::policy::{Headline, Repeated};

/// How long a server that does not say `ready` may pause within its repetition.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long after its opening a stream may go on repeating without a pause and without `ready`; also how
/// long a repeated message waits for others at most.
const AT_MOST: Duration = Duration::from_secs(10);

/// How much older than the connection a message may be and still count as live, where the server never
/// says where its repetition ends; and how far ahead of this computer's clock a server's may be.
const SLACK: Duration = Duration::from_secs(30);

/// How long after its opening a stream brings nothing that was missed any more, whatever a message says of its own age:
/// the server's clock may be slow.
const STRAGGLERS: Duration = Duration::from_secs(60);

/// What the current connection has been through.
#[derive(Debug, Clone)]
pub(super) struct ConnectionFacts {
    /// When it was opened.
    opened: Instant,
    /// The same, by the wall's clock as it goes now.
    opened_at: Timestamp,
    phase: Phase,
    meeting: Meeting,
    /// Whether there is a last event id.
    has_id: bool,
    /// Whether a live message has come.
    live: bool,
}

/// How well the server is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// The stream was opened without a place to go on from: what it repeats is history.
    First,
    /// It goes on from a place.
    Again,
    /// It goes on from a place, and the server has said `ready` before.
    SaysReady,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The server repeats what was missed.
    Repeating {
        /// Until when it has to go on, or to say `ready`.
        until: Instant,
        /// Until when it may go on.
        latest: Instant,
    },
    /// The server said `ready`.
    Ready,
    /// The server never said `ready`: the age of a message decides.
    NeverReady,
}

impl ConnectionFacts {
    /// The facts of a connection that has just been opened.
    pub fn new(now: Instant, wall: Timestamp, meeting: Meeting) -> Self {
        let phase = Phase::Repeating { until: now + PATIENCE, latest: now + AT_MOST };
        Self { opened: now, opened_at: wall, phase, meeting, has_id: false, live: false }
    }

    /// The same, of a connection that was asked for with this last event id.
    pub fn begun_at(self, id: Option<&Cursor>) -> Self {
        Self { has_id: id.is_some(), ..self }
    }

    /// The wall's clock was set.
    pub fn clock_set(&mut self, now: Instant, wall: Timestamp) {
        self.opened_at = wall.before(now.saturating_duration_since(self.opened));
    }

    /// The server has said that it has repeated everything.
    pub fn ready(&mut self) {
        self.phase = Phase::Ready;
    }

    /// A message has come; `sent_at` is its own word on when it was sent.
    pub fn message_came(&mut self, sent_at: Option<Timestamp>, now: Instant, wall: Timestamp) {
        let Phase::Repeating { until, latest } = &mut self.phase else { return };
        let after_opening = sent_at.is_some_and(|at| at > self.opened_at && at <= wall.after(SLACK));
        // The clock of a server that says `ready` need not agree with this one: its word is better.
        if now >= *until || (after_opening && self.meeting != Meeting::SaysReady) {
            self.phase = Phase::NeverReady;
            return;
        }
        // Who is met for the first time has nothing to go on with.
        if self.meeting != Meeting::First {
            *until = (now + PATIENCE).min(*latest);
        }
    }

    /// By which way a message comes that was sent then and has come now.
    pub fn via(&self, sent_at: Timestamp, wall: Timestamp) -> Via {
        match self.phase {
            Phase::Ready => Via::Live,
            Phase::Repeating { .. } => Via::Replay,
            Phase::NeverReady
                if sent_at < self.opened_at.before(SLACK) && wall < self.opened_at.after(STRAGGLERS) =>
            {
                Via::Replay
            }
            Phase::NeverReady => Via::Live,
        }
    }

    /// A message has come: whether it is the first one that the server does not repeat.
    pub fn first_live(&mut self) -> bool {
        let live = match self.phase {
            Phase::Repeating { .. } => false,
            Phase::Ready | Phase::NeverReady => true,
        };
        live && !std::mem::replace(&mut self.live, true)
    }

    /// Whether what the server repeats is its past, not what was missed.
    pub fn repeats_history(&self) -> bool {
        self.meeting == Meeting::First
    }

    /// Follows the last event id; tells whether the server has just cleared it with an empty `id:`.
    pub fn id_cleared(&mut self, id: &str) -> bool {
        let had = std::mem::replace(&mut self.has_id, !id.is_empty());
        had && id.is_empty()
    }
}

/// Repeated messages that wait to be announced together: until the server is ready, or pauses, or goes on
/// for too long. They wait without a stream, too.
#[derive(Debug, Default)]
pub(super) struct Held {
    repeated: Repeated,
    until: Option<Wait>,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    until: Instant,
    latest: Instant,
}

impl Held {
    /// Adds what was repeated.
    pub fn add(&mut self, messages: Vec<(Message, Headline)>, now: Instant) {
        if messages.is_empty() {
            return;
        }
        self.repeated.extend(messages);
        let latest = self.until.map_or(now + AT_MOST, |wait| wait.latest);
        self.until = Some(Wait { until: (now + PATIENCE).min(latest), latest });
    }

    /// Forgets messages that need no attention any more.
    pub fn forget(&mut self, ids: &[MessageId]) {
        if self.until.is_some() {
            self.repeated.forget(ids);
        }
    }

    /// Whether a message is among them.
    pub fn has(&self, id: MessageId) -> bool {
        self.repeated.has(id)
    }

    /// When they are announced at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.until.map(|wait| wait.until)
    }

    /// Gives them up, to be announced.
    pub fn take(&mut self) -> Repeated {
        std::mem::take(self).repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Timestamp = Timestamp(1_000_000_000_000);

    struct World {
        facts: ConnectionFacts,
        start: Instant,
    }

    fn opened(meeting: Meeting) -> World {
        let start = Instant::now();
        World { facts: ConnectionFacts::new(start, OPENED, meeting), start }
    }

    impl World {
        /// By which way a message comes, so many seconds after the opening, sent so many seconds after it.
        fn via(&mut self, after: u64, sent: Option<i64>) -> Via {
            let after = Duration::from_secs(after);
            let sent_at = sent.map(|seconds| Timestamp(OPENED.0 + seconds * 1000));
            self.facts.message_came(sent_at, self.start + after, OPENED.after(after));
            self.facts.via(sent_at.unwrap_or(OPENED.after(after)), OPENED.after(after))
        }
    }

    #[test]
    fn messages_without_a_pause_are_a_repetition_for_ten_seconds_and_no_longer() {
        let mut world = opened(Meeting::Again);
        for second in 1..10 {
            assert_eq!(world.via(second, None), Via::Replay, "{second}");
        }
        assert_eq!(world.via(10, None), Via::Live);
        assert_eq!(world.via(10, Some(-3600)), Via::Replay, "from now on its age decides");
        assert_eq!(world.via(60, Some(-600)), Via::Live, "the server's clock may be slow");
    }

    #[test]
    fn a_pause_ends_the_repetition() {
        let mut world = opened(Meeting::Again);
        assert_eq!(world.via(1, None), Via::Replay);
        assert_eq!(world.via(3, None), Via::Live);
    }

    #[test]
    fn a_message_sent_after_the_opening_ends_it_at_once() {
        let mut world = opened(Meeting::Again);
        assert_eq!(world.via(1, Some(-5)), Via::Replay);
        assert_eq!(world.via(1, Some(3600)), Via::Replay, "such a clock proves nothing");
        assert_eq!(world.via(1, Some(1)), Via::Live);
    }

    #[test]
    fn the_word_of_a_server_that_says_ready_is_better_than_its_clock() {
        let mut world = opened(Meeting::SaysReady);
        assert_eq!(world.via(1, Some(1)), Via::Replay);
        world.facts.ready();
        assert_eq!(world.via(1, Some(-3600)), Via::Live);
    }

    #[test]
    fn at_the_first_meeting_the_repetition_is_not_drawn_out() {
        let mut world = opened(Meeting::First);
        assert_eq!(world.via(1, None), Via::Replay);
        assert_eq!(world.via(2, None), Via::Live);
        assert!(world.facts.repeats_history());
    }
}
