//! The history instead of the stream, or beside a stream on which nothing has been heard yet.

use std::time::{Duration, Instant};

use super::machine::Link;
use super::poller::Health;
use super::state::{Network, Pending, Phase};
use super::vocabulary::{CursorState, PollFailure, PollNumber};
use super::{Reason, later};

impl Link {
    /// Gives the stream up for now: `why` for good, `shown` at first.
    pub(super) fn poll_instead(&mut self, now: Instant, why: Reason, shown: Reason) {
        let probe_at = Some(self.not_earlier(self.probes.next(now)));
        self.enter(now, Phase::Polling { why, probe_at }, Some(shown));
        // If the server was out of reach, the first answer means that it is back.
        self.poller.health = if shown.is_unreached() { Health::Failing } else { Health::Fine };
        self.start_polling(now);
    }

    /// Asks the history while an open stream stays silent: a proxy that holds everything back looks just so.
    pub(super) fn poll_beside(&mut self, now: Instant) {
        self.poller.health = Health::Fine;
        self.start_polling(now);
    }

    /// Tries the stream while polling, unless that is being done already.
    pub(super) fn probe(&mut self, now: Instant) {
        if self.connection.is_none() {
            self.open_when_allowed(now);
        }
    }

    pub(super) fn probe_failed(&mut self, now: Instant, reason: Reason) {
        self.probes.slow_down();
        let next = self.not_earlier(self.probes.next(now));
        let Phase::Polling { probe_at, .. } = &mut self.phase else { return };
        *probe_at = Some(next);
        if self.poller.is_off() {
            // Nothing else tells how the server is.
            self.reason = Some(reason);
        }
    }

    pub(super) fn polled(&mut self, now: Instant, number: PollNumber, result: Result<(), PollFailure>) {
        if !self.poller.awaits(number) {
            return;
        }
        self.poller.stop();
        match result {
            Ok(()) => {
                self.has_worked = true;
                self.network = Network::Up;
                self.answered(now);
            }
            Err(failure) => self.unanswered(now, &failure),
        }
    }

    /// As with a poll: an open stream, or an attempt at one, is not given up for it.
    pub(super) fn unauthorized(&mut self, now: Instant) {
        match self.phase {
            Phase::Polling { .. } => self.reject(now),
            Phase::Stopped { .. } | Phase::Opening | Phase::Live | Phase::Waiting { .. } => {}
        }
    }

    pub(super) fn poll_expired(&mut self, now: Instant) {
        if self.poller.is_asking() {
            self.stop_polling();
            self.unanswered(now, &PollFailure::TimedOut);
            return;
        }
        let soonest = self.not_earlier(now);
        if soonest > now {
            self.poller.due(soonest);
        } else {
            let number = self.poller.ask(now);
            self.push(Pending::Poll(number));
        }
    }

    fn answered(&mut self, now: Instant) {
        self.ask_again(now);
        let before = std::mem::replace(&mut self.poller.health, Health::Fine);
        if let Phase::Polling { why, .. } = self.phase {
            self.reason = Some(why);
            if before == Health::Failing {
                self.probe(now);
            }
        }
    }

    fn unanswered(&mut self, now: Instant, failure: &PollFailure) {
        self.poller.health = Health::Failing;
        if let PollFailure::Status { status: 410, retry_after } = failure {
            self.hold(now, *retry_after);
            if self.place_lost(now) {
                return;
            }
        }
        let Phase::Polling { why, .. } = self.phase else {
            // Beside an open stream a history that cannot be read is no reason to give the stream up.
            match failure {
                PollFailure::NotEncrypted
                | PollFailure::ProxyLogin
                | PollFailure::Unauthorized
                | PollFailure::Forbidden => {}
                PollFailure::Unsupported => self.episode.no_history = true,
                PollFailure::Status { retry_after, .. } => {
                    self.hold(now, *retry_after);
                    self.ask_again(now);
                }
                PollFailure::Unusable
                | PollFailure::NotStored
                | PollFailure::Proxy
                | PollFailure::Untrusted(_)
                | PollFailure::Unreachable
                | PollFailure::TimedOut => self.ask_again(now),
            }
            return;
        };
        let reason = match failure {
            PollFailure::NotEncrypted => return self.stop(now, Reason::NotEncrypted),
            PollFailure::ProxyLogin => return self.stop(now, Reason::ProxyLogin),
            PollFailure::Unauthorized => return self.reject(now),
            PollFailure::Forbidden => return self.forbidden(now),
            PollFailure::Unsupported => return self.no_page(now, why),
            PollFailure::Status { status: 429 | 503, retry_after } => {
                self.hold(now, *retry_after);
                Reason::Busy
            }
            PollFailure::Status { retry_after, .. } => {
                self.hold(now, *retry_after);
                Reason::ServerError
            }
            PollFailure::Unusable => Reason::ServerError,
            PollFailure::NotStored => Reason::NotStored,
            PollFailure::Proxy => Reason::Proxy,
            PollFailure::Untrusted(reason) => *reason,
            PollFailure::Unreachable => Reason::Unreachable,
            PollFailure::TimedOut => Reason::TimedOut,
        };
        self.reason = Some(reason);
        self.ask_again(now);
    }

    /// There is no history. If one is known to have worked, and the stream is refused as well, it is the whole server
    /// that is away: both are tried as often as one that cannot be reached.
    fn no_page(&mut self, now: Instant, why: Reason) {
        let away = self.has_worked && why == Reason::NoStream && self.episode.no_stream_since.is_some();
        self.episode.no_history |= !away;
        if why != Reason::NoStream {
            return;
        }
        let left = self.config.limits.attempts.saturating_sub(self.episode.spent);
        if self.never_had_anything(now, Duration::ZERO) {
            self.reason = Some(Reason::Unsupported);
        } else if self.connection.is_none() && left > 1 {
            self.episode.spent += 1;
            let pause = self.backoff.after_failure(self.episode.spent);
            self.wait(now, pause, self.reason.unwrap_or(why));
        } else if self.has_history() {
            self.ask_again(now);
        }
    }

    /// The server does not know the place any more (410): its newest page is asked for at once, without one.
    fn place_lost(&mut self, now: Instant) -> bool {
        let lost = self.cursor.after().is_some();
        if lost {
            self.cursor = CursorState::Fresh;
            self.push(Pending::CursorDropped);
            self.poller.due(self.not_earlier(now));
        }
        lost
    }

    fn start_polling(&mut self, now: Instant) {
        if self.has_history() {
            self.poller.due(self.not_earlier(now));
        }
    }

    fn ask_again(&mut self, now: Instant) {
        let pause = self.backoff.spread(self.config.limits.poll_every);
        self.poller.due(self.not_earlier(later(now, pause)));
    }

    fn not_earlier(&self, at: Instant) -> Instant {
        self.not_before.map_or(at, |hold| hold.max(at))
    }
}
