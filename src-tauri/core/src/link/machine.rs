//! The machine itself: its state, what the user and the computer do to it, and its timers.
//!
//! What the network does to it: `outcome` (streams) and `polling` (history). What the computer tells: `surroundings`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::liveness::Liveness;
use super::poller::{Poller, ProbeRhythm};
use super::state::{Connection, Episode, Network, Pending, Phase, SignIn, Stage};
use super::vocabulary::{Attempt, Channel, CursorState, Input, NoToken, Output, Status};
use super::{History, LinkConfig, LinkState, Reason, later};

/// How often a server that forbids, has nothing to say any more, or sends elsewhere for now, is asked whether it still
/// does.
pub(super) const STOPPED_PROBE: Duration = Duration::from_secs(3600);
/// How often a server is asked that has worked and sends elsewhere for now.
pub(super) const AWAY_PROBE: Duration = Duration::from_secs(600);

/// One source's connection machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub(super) config: LinkConfig,
    pub(super) backoff: Backoff,
    pub(super) liveness: Liveness,
    pub(super) phase: Phase,
    pub(super) reason: Option<Reason>,
    since: Instant,
    missing_since: Option<Instant>,
    pub(super) cursor: CursorState,
    /// The server has given a stream or a page at some time: what it lacks now, it lacks for the moment.
    pub(super) has_worked: bool,
    pub(super) connection: Option<Connection>,
    /// How many streams in a row have ended soon after they began, although they were worth their name.
    pub(super) short_lives: u32,
    last_attempt: u64,
    pub(super) poller: Poller,
    pub(super) probes: ProbeRhythm,
    pub(super) episode: Episode,
    /// Asked for by the server: nothing is requested before.
    pub(super) not_before: Option<Instant>,
    pub(super) sign_in: Option<SignIn>,
    pub(super) network: Network,
    /// When the last fresh start that the computer's surroundings have led to was made, or will be.
    pub(super) fresh_start: Option<Instant>,
    pub(super) moved_to: Option<String>,
    outputs: VecDeque<Pending>,
}

impl Link {
    /// A machine at rest, signed out; `cursor` is what the store remembers, `seed` makes its jitter.
    #[must_use]
    pub fn new(config: LinkConfig, cursor: CursorState, seed: u64, now: Instant) -> Self {
        let limits = &config.limits;
        Self {
            backoff: Backoff::new(limits.retry_base, limits.retry_min, limits.retry_max, seed),
            liveness: Liveness::new(limits.idle_timeout, config.beat),
            poller: Poller::new(config.page_within()),
            probes: ProbeRhythm::new(config.limits.look_every()),
            config,
            phase: Phase::Stopped { probe_at: None },
            reason: Some(Reason::SignedOut),
            since: now,
            missing_since: None,
            has_worked: cursor != CursorState::Fresh,
            cursor,
            connection: None,
            short_lives: 0,
            last_attempt: 0,
            episode: Episode::default(),
            not_before: None,
            sign_in: None,
            network: Network::Up,
            fresh_start: None,
            moved_to: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes what has happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::SignedIn => {
                self.sign_in = Some(SignIn::default());
                self.not_before = None;
                self.begin_episode(now);
            }
            Input::SignedOut(why) => self.signed_out(now, why),
            Input::RetryNow => self.retry_now(now),
            Input::Opened { attempt } => self.opened(now, attempt),
            Input::Heard { attempt, life } => self.heard(now, attempt, life),
            Input::Progress { by } => self.progress(now, by),
            Input::Asking { attempt } => {
                self.still_without_headers(
                    attempt,
                    Stage::Headers { until: later(now, self.config.limits.answer_within()) },
                );
            }
            Input::Committed { by, cursor, brought } => {
                if let Some(cursor) = cursor {
                    self.cursor.committed(cursor);
                }
                self.has_worked = true;
                self.committed(now, by, brought);
            }
            Input::Retry { attempt, span } => {
                if self.is_current(attempt) {
                    self.backoff.set_base(span);
                }
            }
            Input::Failed { attempt, failure } => self.failed(now, attempt, failure),
            Input::Polled { number, result } => self.polled(now, number, result),
            Input::Unauthorized => self.unauthorized(now),
            Input::Woke { slept } => self.woke(now, slept),
            Input::NetworkChanged => self.environment_changed(now),
            Input::Held { span } => self.hold(now, Some(span)),
            Input::NetworkDown => self.network = Network::Down,
            Input::NetworkUp => self.network_up(now),
        }
    }

    /// Does what is due. Called early or twice it changes nothing.
    ///
    /// Before it is called, everything that the open stream has ready must have been taken and reported
    /// ([`Input::Heard`]): after a pause of the whole program, silence is not the server's.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        loop {
            if due(self.connection_timeout()) {
                self.connection_expired(now);
            } else if due(self.phase_timeout()) {
                self.phase_expired(now);
            } else if due(self.poller.timeout()) {
                self.poll_expired(now);
            } else {
                return;
            }
        }
    }

    /// When [`Self::handle_timeout`] wants to be called; never, if nothing but an input is awaited.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timers = [self.connection_timeout(), self.phase_timeout(), self.poller.timeout()];
        timers.into_iter().flatten().min()
    }

    /// The next thing to be done, in order. Taken after each call that could change something, until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = match self.outputs.pop_front()? {
            Pending::Connect(attempt) => Output::Connect { attempt, cursor: self.cursor.clone() },
            Pending::Close(attempt) => Output::Close { attempt },
            Pending::Poll(number) => Output::Poll { number, cursor: self.cursor.clone() },
            Pending::CancelPoll(number) => Output::CancelPoll { number },
            Pending::CursorDropped => Output::CursorDropped,
            Pending::Rejected => Output::Rejected,
        };
        Some(output)
    }

    /// The server's beat, once it has been learned.
    #[must_use]
    pub fn learned_beat(&self) -> Option<Duration> {
        self.liveness.learned()
    }

    /// What there is to show.
    #[must_use]
    pub fn status(&self) -> Status {
        let (state, retry_at) = match self.phase {
            Phase::Stopped { probe_at } => (LinkState::Stopped, probe_at),
            Phase::Opening => (LinkState::Opening, None),
            Phase::Live => (LinkState::Live, None),
            Phase::Waiting { until } => (LinkState::Waiting, Some(until)),
            Phase::Polling { probe_at, .. } => (LinkState::Polling, probe_at),
        };
        let (since, missing_since) = (self.since, self.missing_since);
        let cut_off = self.network == Network::Down;
        Status {
            state,
            reason: self.reason,
            since,
            missing_since,
            attempt: self.episode.spent,
            retry_at,
            cut_off,
        }
    }

    /// The last committed cursor.
    #[must_use]
    pub fn cursor(&self) -> &CursorState {
        &self.cursor
    }

    /// The origin that the server has moved to, while the reason is [`Reason::Moved`].
    #[must_use]
    pub fn moved_to(&self) -> Option<&str> {
        self.moved_to.as_deref()
    }

    /// Until when the server asks to be left alone, if it has asked for that.
    #[must_use]
    pub fn held_until(&self) -> Option<Instant> {
        self.not_before
    }

    fn signed_out(&mut self, now: Instant, why: NoToken) {
        self.sign_in = None;
        self.not_before = None;
        self.episode = Episode::default();
        self.stop(now, why.into());
    }

    fn retry_now(&mut self, now: Instant) {
        let Some(sign_in) = &mut self.sign_in else { return };
        match self.phase {
            Phase::Stopped { .. } => {
                if self.reason == Some(Reason::Rejected) && std::mem::replace(&mut sign_in.retried, true) {
                    return;
                }
                self.not_before = None;
                self.begin_episode(now);
            }
            Phase::Opening | Phase::Live => self.not_before = None,
            Phase::Waiting { .. } => {
                self.not_before = None;
                self.open(now);
            }
            Phase::Polling { .. } => {
                self.not_before = None;
                self.probe(now);
                if !self.poller.is_off() {
                    self.poller.due(now);
                }
            }
        }
    }

    /// Closes what there is and starts over.
    pub(super) fn begin_episode(&mut self, now: Instant) {
        self.clear_the_way();
        self.enter(now, Phase::Opening, None);
        self.open_when_allowed(now);
    }

    pub(super) fn clear_the_way(&mut self) {
        self.close();
        self.stop_polling();
        self.episode = Episode::default();
        self.probes.start_over();
        self.moved_to = None;
    }

    /// Begins an attempt now, or as soon as the server allows it.
    pub(super) fn open_when_allowed(&mut self, now: Instant) {
        let Some(until) = self.not_before.filter(|at| *at > now) else { return self.open(now) };
        match &mut self.phase {
            Phase::Polling { probe_at, .. } => *probe_at = Some(until),
            Phase::Stopped { .. } | Phase::Opening | Phase::Live | Phase::Waiting { .. } => {
                self.enter(now, Phase::Waiting { until }, Some(Reason::Busy));
            }
        }
    }

    /// Begins an attempt; while polling it is a probe and shows only when it succeeds.
    fn open(&mut self, now: Instant) {
        self.last_attempt += 1;
        let attempt = Attempt(self.last_attempt);
        let stage = Stage::Headers { until: later(now, self.config.limits.answer_within()) };
        self.connection = Some(Connection { attempt, stage });
        self.push(Pending::Connect(attempt));
        match &mut self.phase {
            Phase::Polling { probe_at, .. } => *probe_at = None,
            Phase::Stopped { .. } | Phase::Opening | Phase::Live | Phase::Waiting { .. } => {
                self.enter(now, Phase::Opening, self.reason);
            }
        }
    }

    /// Drops the attempt; one that nobody has heard of yet is simply forgotten.
    pub(super) fn close(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        self.liveness.ended();
        self.withdraw(Pending::Connect(connection.attempt), Pending::Close(connection.attempt));
    }

    pub(super) fn stop_polling(&mut self) {
        if let Some(number) = self.poller.stop() {
            self.withdraw(Pending::Poll(number), Pending::CancelPoll(number));
        }
    }

    pub(super) fn stop(&mut self, now: Instant, reason: Reason) {
        self.close();
        self.stop_polling();
        self.enter(now, Phase::Stopped { probe_at: None }, Some(reason));
    }

    pub(super) fn forbidden(&mut self, now: Instant) {
        self.stop(now, Reason::Forbidden);
        self.probe_in(now, STOPPED_PROBE);
    }

    /// What has stopped the machine may pass by itself.
    pub(super) fn probe_in(&mut self, now: Instant, pause: Duration) {
        self.phase = Phase::Stopped { probe_at: Some(later(now, pause)) };
    }

    pub(super) fn enter(&mut self, now: Instant, phase: Phase, reason: Option<Reason>) {
        if std::mem::discriminant(&self.phase) != std::mem::discriminant(&phase) {
            self.since = now;
        }
        match phase {
            Phase::Stopped { .. } | Phase::Live => self.missing_since = None,
            Phase::Opening | Phase::Waiting { .. } | Phase::Polling { .. } => {
                self.missing_since.get_or_insert(now);
            }
        }
        self.phase = phase;
        self.reason = reason;
    }

    pub(super) fn is_current(&self, attempt: Attempt) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.attempt == attempt)
    }

    pub(super) fn has_history(&self) -> bool {
        self.config.history == History::Offered && !self.episode.no_history
    }

    pub(super) fn push(&mut self, output: Pending) {
        self.outputs.push_back(output);
    }

    fn withdraw(&mut self, begun: Pending, ended: Pending) {
        match self.outputs.iter().position(|output| *output == begun) {
            Some(at) => drop(self.outputs.remove(at)),
            None => self.push(ended),
        }
    }

    fn connection_timeout(&self) -> Option<Instant> {
        match self.connection.as_ref()?.stage {
            Stage::Headers { until } | Stage::Pages { until } | Stage::FirstByte { until, .. } => Some(until),
            Stage::Unheard { .. } | Stage::Heard { .. } => self.liveness.dies_at(),
        }
    }

    fn phase_timeout(&self) -> Option<Instant> {
        match self.phase {
            Phase::Stopped { probe_at } | Phase::Polling { probe_at, .. } => probe_at,
            Phase::Waiting { until } => Some(until),
            Phase::Opening | Phase::Live => None,
        }
    }

    fn phase_expired(&mut self, now: Instant) {
        match self.phase {
            Phase::Stopped { .. } => self.begin_episode(now),
            Phase::Waiting { .. } => self.open(now),
            Phase::Polling { .. } => self.probe(now),
            Phase::Opening | Phase::Live => {}
        }
    }

    fn progress(&mut self, now: Instant, by: Channel) {
        match by {
            Channel::Stream(attempt) => {
                self.still_without_headers(
                    attempt,
                    Stage::Pages { until: later(now, self.config.page_within()) },
                );
            }
            Channel::Poll(number) => self.poller.progress(number, now),
        }
    }

    /// Before there are headers an attempt may come from one wait into another.
    fn still_without_headers(&mut self, attempt: Attempt, next: Stage) {
        if let Some(Connection { attempt: current, stage }) = &mut self.connection
            && *current == attempt
            && matches!(stage, Stage::Headers { .. } | Stage::Pages { .. })
        {
            *stage = next;
        }
    }
}
