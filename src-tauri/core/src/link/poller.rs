//! The rhythm of asking the history, and of trying the stream again in the meantime. Pure bookkeeping:
//! what an answer means is the machine's business.

use std::time::{Duration, Instant};

use super::later;
use super::vocabulary::PollNumber;

/// Asks the history in turns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Poller {
    turn: Turn,
    last: u64,
    /// How long an answer, or the next page, may take.
    page_within: Duration,
    /// How the last answer was.
    pub(super) health: Health,
}

#[derive(Debug, Clone, PartialEq)]
enum Turn {
    Off,
    Due(Instant),
    Asked { number: PollNumber, until: Instant },
}

/// Whether the last poll brought an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Fine,
    Failing,
}

impl Poller {
    pub(super) fn new(page_within: Duration) -> Self {
        Self { turn: Turn::Off, last: 0, page_within, health: Health::Fine }
    }

    pub(super) fn is_off(&self) -> bool {
        self.turn == Turn::Off
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.turn, Turn::Asked { .. })
    }

    /// Lets the next poll be due at `at`, unless one is under way.
    pub(super) fn due(&mut self, at: Instant) {
        if !self.is_asking() {
            self.turn = Turn::Due(at);
        }
    }

    /// Stops asking. Returns the poll that was under way.
    pub(super) fn stop(&mut self) -> Option<PollNumber> {
        match std::mem::replace(&mut self.turn, Turn::Off) {
            Turn::Off | Turn::Due(_) => None,
            Turn::Asked { number, .. } => Some(number),
        }
    }

    /// Begins a poll.
    pub(super) fn ask(&mut self, now: Instant) -> PollNumber {
        self.last += 1;
        let number = PollNumber(self.last);
        self.turn = Turn::Asked { number, until: later(now, self.page_within) };
        number
    }

    /// Whether this is the poll that is under way.
    pub(super) fn awaits(&self, number: PollNumber) -> bool {
        matches!(self.turn, Turn::Asked { number: asked, .. } if asked == number)
    }

    /// A page came on behalf of this poll.
    pub(super) fn progress(&mut self, number: PollNumber, now: Instant) {
        match &mut self.turn {
            Turn::Asked { number: asked, until } if *asked == number => *until = later(now, self.page_within),
            Turn::Off | Turn::Due(_) | Turn::Asked { .. } => {}
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self.turn {
            Turn::Off => None,
            Turn::Due(at) | Turn::Asked { until: at, .. } => Some(at),
        }
    }
}

/// When the stream is tried while the history is polled: after 1, 2, 4, 8 minutes and so on, up to the longest pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProbeRhythm {
    failed: u32,
    longest: Duration,
}

impl ProbeRhythm {
    pub(super) fn new(longest: Duration) -> Self {
        Self { failed: 0, longest }
    }

    /// What failed is over.
    pub(super) fn start_over(&mut self) {
        self.failed = 0;
    }

    /// A probe has failed: the next pause is longer.
    pub(super) fn slow_down(&mut self) {
        self.failed = self.failed.saturating_add(1);
    }

    pub(super) fn next(self, now: Instant) -> Instant {
        let pause = Duration::from_secs(60 << self.failed.min(11)).min(self.longest);
        later(now, pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: Duration = Duration::from_secs(30);

    #[test]
    fn probes_come_after_1_2_4_8_and_then_each_10_minutes() {
        let now = Instant::now();
        let mut rhythm = ProbeRhythm::new(Duration::from_secs(600));
        for minutes in [1, 2, 4, 8, 10, 10, 10] {
            assert_eq!(rhythm.next(now) - now, Duration::from_secs(60 * minutes));
            rhythm.slow_down();
        }
    }

    #[test]
    fn only_the_poll_that_is_under_way_is_awaited() {
        let now = Instant::now();
        let mut poller = Poller::new(ANSWER);
        let first = poller.ask(now);
        assert!(poller.awaits(first));
        assert_eq!(poller.stop(), Some(first));
        let second = poller.ask(now);
        assert!(!poller.awaits(first) && poller.awaits(second));
        poller.progress(first, now + Duration::from_secs(9));
        assert_eq!(poller.timeout(), Some(now + ANSWER));
        poller.progress(second, now + Duration::from_secs(9));
        assert_eq!(poller.timeout(), Some(now + Duration::from_secs(9) + ANSWER));
    }
}
