//! What becomes of an attempt at a stream: it opens, lives, ends, or fails in one of its ways.

use std::time::{Duration, Instant};

use super::machine::{AWAY_PROBE, Link, STOPPED_PROBE};
use super::state::{Connection, Network, Pending, Phase, Proof, Stage};
use super::vocabulary::{Attempt, Brought, Channel, Failure, Life};
use super::{LONGEST_RETRY_AFTER, Reason, later};
use crate::settings::AfterAttempts;

/// How long after good headers a stream without a byte is shown as connected, nothing heard yet.
const FIRST_BYTE_DEADLINE: Duration = Duration::from_secs(10);
/// A stream that brought bytes for so long was worth its name.
const PROOF_OF_LIFE: Duration = Duration::from_secs(5);
/// So many answers in a row that are no stream mean that there is none.
const NO_STREAM_LIMIT: u32 = 3;
/// After so many streams that ended soon the pauses grow no longer: 8 s at the usual base.
const MOST_SHORT_LIVES: u32 = 4;
/// A server that has never given anything is given up after so long: it may just be set up, or updated.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(3600);

impl Link {
    pub(super) fn opened(&mut self, now: Instant, attempt: Attempt) {
        let Some(Connection { attempt: current, stage }) = &mut self.connection else { return };
        if *current == attempt && matches!(stage, Stage::Headers { .. } | Stage::Pages { .. }) {
            *stage = Stage::FirstByte { opened: now, until: now + FIRST_BYTE_DEADLINE };
            self.forget_refusals();
            self.has_worked = true;
        }
    }

    pub(super) fn heard(&mut self, now: Instant, attempt: Attempt, life: Life) {
        let Some(connection) = self.connection.as_mut().filter(|open| open.attempt == attempt) else {
            return;
        };
        // What comes is better proof than the system's word.
        self.network = Network::Up;
        match &mut connection.stage {
            Stage::Headers { .. } | Stage::Pages { .. } => {}
            Stage::FirstByte { opened, .. } | Stage::Unheard { opened } => {
                let opened = *opened;
                connection.stage = Stage::Heard { opened, last: now, proof: Proof::Missing };
                self.liveness.begin(now);
                self.stop_polling();
                self.enter(now, Phase::Live, None);
            }
            Stage::Heard { opened, last, proof } => {
                *last = now;
                if now.saturating_duration_since(*opened) >= PROOF_OF_LIFE {
                    *proof = Proof::Given;
                }
                let proof = *proof;
                self.liveness.heard(now, life);
                if proof == Proof::Given {
                    self.proved();
                }
            }
        }
    }

    pub(super) fn committed(&mut self, now: Instant, by: Channel, brought: Brought) {
        let (Channel::Stream(attempt), Brought::Changes) = (by, brought) else { return };
        let Some(connection) = self.connection.as_mut().filter(|open| open.attempt == attempt) else {
            return;
        };
        self.liveness.committed(now);
        match &mut connection.stage {
            // The history that is walked before the stream proves nothing of the stream.
            Stage::Headers { .. } | Stage::Pages { .. } | Stage::FirstByte { .. } | Stage::Unheard { .. } => {
            }
            Stage::Heard { proof, .. } => {
                *proof = Proof::Given;
                self.proved();
            }
        }
    }

    /// The stream is worth its name: whatever went wrong before is over.
    fn proved(&mut self) {
        self.episode.spent = 0;
        self.episode.cursor_dropped = false;
        self.probes.start_over();
    }

    pub(super) fn failed(&mut self, now: Instant, attempt: Attempt, failure: Failure) {
        let Some(connection) = self.connection.take_if(|open| open.attempt == attempt) else { return };
        self.liveness.ended();
        match failure {
            Failure::Unauthorized => self.reject(now),
            Failure::Forbidden => self.forbidden(now),
            Failure::NoContent => self.no_content(now),
            Failure::Gone => self.gone(now),
            Failure::Moved { to, for_good } => {
                self.moved_to = Some(to);
                self.stop(now, Reason::Moved);
                if !for_good {
                    // What has worked here is likely to come back, as behind a network that asks to sign in first.
                    self.probe_in(now, if self.has_worked { AWAY_PROBE } else { STOPPED_PROBE });
                }
            }
            Failure::NotAStream => self.no_stream(now, Reason::NoStream),
            Failure::WebPage => self.no_stream(now, Reason::WebPage),
            Failure::Circle => {
                self.stop(now, Reason::Circle);
                self.probe_in(now, if self.has_worked { AWAY_PROBE } else { STOPPED_PROBE });
            }
            Failure::Status { status, retry_after } => {
                self.hold(now, retry_after);
                match status {
                    404 | 405 | 406 | 501 => self.no_stream(now, Reason::NoStream),
                    429 | 503 => self.refused(now, Reason::Busy),
                    _ => self.refused(now, Reason::ServerError),
                }
            }
            Failure::NotEncrypted => self.stop(now, Reason::NotEncrypted),
            // Asking again with the same words could lock the user out.
            Failure::ProxyLogin => self.stop(now, Reason::ProxyLogin),
            Failure::Proxy => self.refused(now, Reason::Proxy),
            Failure::Untrusted(reason) => self.refused(now, reason),
            Failure::Unreachable => self.refused(now, Reason::Unreachable),
            Failure::TimedOut if matches!(connection.stage, Stage::Pages { .. }) => {
                self.spend(now, Reason::TimedOut);
            }
            Failure::TimedOut => self.no_stream(now, Reason::TimedOut),
            Failure::Ended => self.ended(now, &connection.stage, Reason::Rotated),
            Failure::Broken => self.ended(now, &connection.stage, Reason::Broken),
            Failure::NotStored => self.refused(now, Reason::NotStored),
        }
    }

    pub(super) fn connection_expired(&mut self, now: Instant) {
        let Some(connection) = &mut self.connection else { return };
        match connection.stage {
            Stage::Headers { .. } => {
                self.close();
                self.no_stream(now, Reason::TimedOut);
            }
            Stage::Pages { .. } => {
                self.close();
                self.spend(now, Reason::TimedOut);
            }
            Stage::FirstByte { opened, .. } => {
                connection.stage = Stage::Unheard { opened };
                self.liveness.begin(now);
                self.enter(now, Phase::Live, Some(Reason::Unheard));
                self.poll_beside(now);
            }
            Stage::Unheard { .. } => self.fell_silent(now, Proof::Missing),
            Stage::Heard { opened, last, proof } => {
                let lived = last.saturating_duration_since(opened) >= PROOF_OF_LIFE;
                self.fell_silent(now, if lived { Proof::Given } else { proof });
            }
        }
    }

    /// The token is refused: nothing is asked any more before a sign-in, or one retry.
    pub(super) fn reject(&mut self, now: Instant) {
        self.stop(now, Reason::Rejected);
        if let Some(sign_in) = &mut self.sign_in
            && !std::mem::replace(&mut sign_in.told, true)
        {
            self.push(Pending::Rejected);
        }
    }

    /// Keeps what the server asked for, within reason: no request of any kind before.
    pub(super) fn hold(&mut self, now: Instant, retry_after: Option<Duration>) {
        if let Some(span) = retry_after {
            self.not_before = self.not_before.max(Some(later(now, span.min(LONGEST_RETRY_AFTER))));
        }
    }

    /// 204: whoever asks for a stream is to stop that (WHATWG HTML, 9.2.3). A server that has worked before may have
    /// said so by mistake, and is asked now and then.
    fn no_content(&mut self, now: Instant) {
        self.stop(now, Reason::Ended);
        if self.has_worked {
            self.probe_in(now, STOPPED_PROBE);
        }
    }

    /// 410: first the cursor is suspected, then the address.
    fn gone(&mut self, now: Instant) {
        if self.cursor.after().is_none() || std::mem::replace(&mut self.episode.cursor_dropped, true) {
            self.stop(now, Reason::Gone);
            return;
        }
        self.cursor = super::CursorState::Fresh;
        self.push(Pending::CursorDropped);
        self.open_when_allowed(now);
    }

    /// The answer was no stream, or there was none in time.
    fn no_stream(&mut self, now: Instant, reason: Reason) {
        if self.network == Network::Up {
            self.episode.no_stream = self.episode.no_stream.saturating_add(1);
            if matches!(reason, Reason::NoStream | Reason::WebPage) {
                self.episode.no_stream_since.get_or_insert(now);
            }
        }
        let probing = matches!(self.phase, Phase::Polling { .. });
        if self.never_had_anything(now, GIVEN_UP_AFTER) {
            self.stop(now, Reason::Unsupported);
        } else if probing && self.never_had_anything(now, Duration::ZERO) {
            self.spend(now, Reason::Unsupported);
        } else if probing || self.episode.no_stream < NO_STREAM_LIMIT {
            self.spend(now, reason);
        } else if self.has_history() {
            self.poll_instead(now, Reason::NoStream, reason);
        } else if self.never_had_anything(now, Duration::ZERO) {
            self.poll_instead(now, Reason::Unsupported, Reason::Unsupported);
        } else {
            // Silence, or the lack of what was there before, does not tell that there is nothing to wait for.
            self.spend(now, reason);
        }
    }

    /// Whether the server has said for so long that it has neither a stream nor a history, and never had either.
    pub(super) fn never_had_anything(&self, now: Instant, span: Duration) -> bool {
        let since = self.episode.no_stream_since.filter(|_| !self.has_worked && !self.has_history());
        since.is_some_and(|since| now.saturating_duration_since(since) >= span)
    }

    fn forget_refusals(&mut self) {
        self.episode.no_stream = 0;
        self.episode.no_stream_since = None;
    }

    /// There was no connection, or a refusal that may pass.
    fn refused(&mut self, now: Instant, reason: Reason) {
        self.forget_refusals();
        self.spend(now, reason);
    }

    /// The stream has ended or broken off.
    fn ended(&mut self, now: Instant, stage: &Stage, reason: Reason) {
        let Stage::Heard { opened, proof, .. } = stage else { return self.refused(now, Reason::Broken) };
        let lived = now.saturating_duration_since(*opened) >= PROOF_OF_LIFE;
        match proof {
            Proof::Given | Proof::Missing if lived => self.rest(now, reason),
            Proof::Given => self.short_life(now, reason),
            // A stream that is closed without news is all there is, and asking for it is as good as polling.
            Proof::Missing if reason == Reason::Rotated && !self.has_history() => {
                self.forget_refusals();
                self.episode.spent = self.episode.spent.saturating_add(1);
                let pause = self.backoff.after_failure(self.episode.spent);
                self.wait(now, pause, reason);
            }
            Proof::Missing => self.refused(now, Reason::Broken),
        }
    }

    /// A stream has brought something and ended soon. Once, that is a rotation; a server that always does so is asked
    /// less often.
    fn short_life(&mut self, now: Instant, reason: Reason) {
        self.proved();
        let before = self.short_lives.min(MOST_SHORT_LIVES);
        self.short_lives = before + 1;
        let pause = if before == 0 { self.backoff.after_life() } else { self.backoff.after_failure(before) };
        self.wait(now, pause, reason);
    }

    /// Nothing was heard for too long.
    fn fell_silent(&mut self, now: Instant, proof: Proof) {
        self.close();
        self.liveness.expired();
        self.stop_polling();
        match proof {
            Proof::Given => self.rest(now, Reason::Idle),
            Proof::Missing if self.has_history() => self.spend(now, Reason::Idle),
            // A silent stream is all there is, and waiting for it costs next to nothing: it is not given up.
            Proof::Missing => {
                let pause = self.backoff.after_life();
                self.wait(now, pause, Reason::Idle);
            }
        }
    }

    /// A stream that had proved life is over: a short pause, and all attempts are there again.
    fn rest(&mut self, now: Instant, reason: Reason) {
        self.proved();
        self.short_lives = 0;
        let pause = self.backoff.after_life();
        self.wait(now, pause, reason);
    }

    /// One attempt more has failed.
    fn spend(&mut self, now: Instant, reason: Reason) {
        if matches!(self.phase, Phase::Polling { .. }) {
            self.probe_failed(now, reason);
            return;
        }
        self.stop_polling();
        if self.network == Network::Down {
            let pause = self.backoff.longest();
            self.wait(now, pause, reason);
            return;
        }
        self.episode.spent = self.episode.spent.saturating_add(1);
        if self.episode.spent < self.config.limits.attempts {
            let pause = self.backoff.after_failure(self.episode.spent);
            self.wait(now, pause, reason);
            return;
        }
        if self.episode.spent > self.config.limits.attempts {
            // A probe had opened a stream that was not worth its name.
            self.probes.slow_down();
        }
        match self.config.after_attempts {
            AfterAttempts::Poll => self.poll_instead(now, Reason::AttemptsSpent, reason),
            AfterAttempts::Stop => self.stop(now, Reason::AttemptsSpent),
        }
    }

    pub(super) fn wait(&mut self, now: Instant, pause: Duration, reason: Reason) {
        let until = later(now, pause);
        let until = self.not_before.map_or(until, |at| at.max(until));
        self.enter(now, Phase::Waiting { until }, Some(reason));
    }
}
