//! When silence means death: the server's beat, learned from the pauses on its stream, and the deadline
//! that follows from it. Deliberately not here: what happens when the deadline passes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::vocabulary::Life;

/// No learned deadline is shorter.
const FLOOR: Duration = Duration::from_secs(20);
/// No false alarm raises the deadline above this.
const CEILING: Duration = Duration::from_secs(330);
/// How many pauses are remembered.
const REMEMBERED: usize = 8;
/// How many pauses must be known before they count for more than the dialect's default.
const ENOUGH: usize = 3;
/// A shorter pause lies within one burst, such as a heartbeat that arrives in two pieces.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// What is committed this soon after a new stream's first byte had been missed on the old one.
const REPLAY_WINDOW: Duration = Duration::from_secs(5);

/// What is known about one source's beat; outlives its connections.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Liveness {
    rule: Rule,
    /// The last pauses that ended without a message, oldest first, at most [`REMEMBERED`].
    pauses: VecDeque<Duration>,
    /// What false alarms have raised the deadline to; zero without any.
    raised: Duration,
    /// How many pauses were learned since then.
    since_raised: usize,
    alarm: Alarm,
    heard_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    /// The user's own deadline.
    Fixed(Duration),
    /// Learned; this is the beat until enough is known.
    Learned(Duration),
}

#[derive(Debug, Clone, PartialEq)]
enum Alarm {
    None,
    /// The deadline has passed; the next connection will tell whether anything had been missed.
    Raised,
    /// The new stream has begun. Held for false, unless something is replayed before `until`.
    Doubted {
        until: Instant,
        before: Duration,
    },
}

impl Liveness {
    pub(super) fn new(fixed: Option<Duration>, default_beat: Duration) -> Self {
        Self {
            rule: fixed.map_or(Rule::Learned(default_beat), Rule::Fixed),
            pauses: VecDeque::with_capacity(REMEMBERED),
            raised: Duration::ZERO,
            since_raised: 0,
            alarm: Alarm::None,
            heard_at: None,
        }
    }

    /// How long a stream may be silent.
    pub(super) fn deadline(&self) -> Duration {
        match self.rule {
            Rule::Fixed(fixed) => fixed,
            Rule::Learned(default) => {
                let beat = self.learned().unwrap_or(default);
                (beat.saturating_mul(5) / 2).max(FLOOR).max(self.raised)
            }
        }
    }

    /// The longest pause that a server leaves between two signs of life, once enough of them are known.
    pub(super) fn learned(&self) -> Option<Duration> {
        if self.pauses.len() < ENOUGH { None } else { self.pauses.iter().max().copied() }
    }

    /// A stream is listened to from now on; also called at its first byte if that came late.
    pub(super) fn begin(&mut self, now: Instant) {
        self.heard_at = Some(now);
        if self.alarm == Alarm::Raised {
            self.alarm = Alarm::Doubted { until: now + REPLAY_WINDOW, before: self.raised };
            self.raised = self.deadline().saturating_mul(2).min(CEILING);
            self.since_raised = 0;
        }
    }

    /// Bytes came.
    pub(super) fn heard(&mut self, now: Instant, life: Life) {
        let Some(before) = self.heard_at.replace(now) else { return };
        let pause = now.saturating_duration_since(before);
        match life {
            // A longer one than the deadline is no pause of the server: this program has stood still.
            Life::Beat if (SHORTEST_PAUSE..=self.deadline()).contains(&pause) => self.learn(pause),
            Life::Beat | Life::Message => {}
        }
    }

    /// The moment at which the stream that is listened to counts as dead.
    pub(super) fn dies_at(&self) -> Option<Instant> {
        self.heard_at.map(|heard| super::later(heard, self.deadline()))
    }

    /// The deadline has passed.
    pub(super) fn expired(&mut self) {
        self.heard_at = None;
        self.alarm = Alarm::Raised;
    }

    /// The stream has ended otherwise.
    pub(super) fn ended(&mut self) {
        self.heard_at = None;
        self.alarm = Alarm::None;
    }

    /// Something was committed: soon after an alarm that means that it had been missed, so that the alarm was right.
    pub(super) fn committed(&mut self, now: Instant) {
        match self.alarm {
            Alarm::None => {}
            Alarm::Raised => self.alarm = Alarm::None,
            Alarm::Doubted { until, before } => {
                if now <= until {
                    self.raised = before;
                }
                self.alarm = Alarm::None;
            }
        }
    }

    fn learn(&mut self, pause: Duration) {
        if self.pauses.len() == REMEMBERED {
            self.pauses.pop_front();
        }
        self.pauses.push_back(pause);
        self.since_raised += 1;
        if self.since_raised >= REMEMBERED {
            // Everything that is remembered was heard under the raised deadline: it is no longer needed.
            self.raised = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Stream {
        liveness: Liveness,
        now: Instant,
    }

    fn native() -> Stream {
        let now = Instant::now();
        let mut liveness = Liveness::new(None, 15 * SECOND);
        liveness.begin(now);
        Stream { liveness, now }
    }

    impl Stream {
        fn hear(&mut self, life: Life, pauses: &[u32]) -> &mut Self {
            for seconds in pauses {
                self.now += SECOND * *seconds;
                self.liveness.heard(self.now, life);
            }
            self
        }

        fn alarm(&mut self) -> &mut Self {
            self.liveness.expired();
            self.now += SECOND;
            self.liveness.begin(self.now);
            self
        }

        fn check(&self, seconds: f64) {
            assert_eq!(self.liveness.deadline(), Duration::from_secs_f64(seconds));
        }
    }

    #[test]
    fn the_default_beat_counts_until_three_pauses_are_known() {
        let mut stream = native();
        stream.check(37.5);
        stream.hear(Life::Beat, &[30, 30]).check(37.5);
        stream.hear(Life::Beat, &[20]).check(75.0);
    }

    #[test]
    fn the_longest_of_the_last_eight_pauses_is_the_beat() {
        let mut stream = native();
        stream.hear(Life::Beat, &[30, 20, 20, 20, 20, 20, 20, 20]).check(75.0);
        stream.hear(Life::Beat, &[20]).check(50.0);
    }

    #[test]
    fn a_pause_that_ends_with_a_message_teaches_nothing() {
        native().hear(Life::Message, &[30, 30, 30, 30]).check(37.5);
    }

    #[test]
    fn a_pause_of_the_program_teaches_nothing() {
        native().hear(Life::Beat, &[15, 15, 720]).check(37.5);
        native().hear(Life::Beat, &[15, 15, 15, 600, 15]).check(37.5);
    }

    #[test]
    fn a_heartbeat_in_pieces_is_one_heartbeat() {
        native().hear(Life::Beat, &[16, 0, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0]).check(40.0);
    }

    #[test]
    fn a_quick_beat_is_granted_twenty_seconds() {
        native().hear(Life::Beat, &[1, 1, 1]).check(20.0);
    }

    #[test]
    fn the_stream_dies_a_deadline_after_the_last_byte() {
        let mut stream = native();
        stream.hear(Life::Message, &[7]);
        assert_eq!(stream.liveness.dies_at(), Some(stream.now + Duration::from_millis(37_500)));
        stream.liveness.ended();
        assert_eq!(stream.liveness.dies_at(), None);
    }

    #[test]
    fn false_alarms_double_the_deadline_up_to_five_and_a_half_minutes() {
        let mut stream = native();
        for seconds in [75.0, 150.0, 300.0, 330.0, 330.0] {
            stream.alarm().check(seconds);
        }
    }

    #[test]
    fn an_alarm_after_which_something_is_replayed_was_right() {
        let mut stream = native();
        stream.alarm();
        stream.liveness.committed(stream.now + SECOND);
        stream.check(37.5);
        stream.alarm();
        stream.liveness.committed(stream.now + 6 * SECOND);
        stream.check(75.0);
    }

    #[test]
    fn an_alarm_is_right_if_the_missed_was_found_in_the_history_before_the_stream_came() {
        let mut stream = native();
        stream.liveness.expired();
        stream.liveness.committed(stream.now + SECOND);
        stream.liveness.begin(stream.now + 2 * SECOND);
        stream.check(37.5);
    }

    #[test]
    fn an_alarm_after_which_the_server_is_not_reached_was_right() {
        let mut stream = native();
        stream.liveness.expired();
        stream.liveness.ended();
        stream.liveness.begin(stream.now);
        stream.check(37.5);
    }

    #[test]
    fn a_raised_deadline_falls_when_the_beat_has_been_learned_under_it() {
        let mut stream = native();
        stream.alarm().hear(Life::Beat, &[15; 7]).check(75.0);
        stream.hear(Life::Beat, &[15]).check(37.5);
    }

    #[test]
    fn a_fixed_deadline_knows_neither_learning_nor_floor_nor_doubling() {
        let now = Instant::now();
        let mut stream = Stream { liveness: Liveness::new(Some(2 * SECOND), 15 * SECOND), now };
        stream.liveness.begin(now);
        stream.hear(Life::Beat, &[30, 30, 30]).alarm().check(2.0);
    }
}
