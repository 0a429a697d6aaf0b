//! The machine, driven step by step, with everything checked that must hold after each.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::steps::{Age, Step};
use crate::link::{
    Attempt, Brought, Channel, CursorState, Failure, Input, Link, LinkConfig, LinkState, Output, PollFailure,
    PollNumber, Reason,
};
use crate::model::Cursor;

/// The machine, and beside it what a plain reading of the contract remembers.
#[derive(Clone)]
pub struct World {
    pub link: Link,
    now: Instant,
    pub open: BTreeSet<Attempt>,
    newest: Attempt,
    pub poll: Option<PollNumber>,
    newest_poll: PollNumber,
    /// The last committed cursor, by the contract.
    cursor: CursorState,
    /// The server wants no request before.
    hold: Option<Instant>,
    /// How many requests-that-open are still allowed: none while signed out or refused.
    allowed: Allowed,
    last_state: LinkState,
    /// Something was given by the server at some time.
    worked: bool,
    given_up: bool,
    /// The last redirect to another origin was not for good.
    detour: bool,
    /// The server had worked before it last said that it has nothing to say.
    paused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Allowed {
    Everything,
    OneRetry,
    Nothing,
    /// The retry after a refusal is under way; another refusal leads to `Nothing`.
    LastChance,
}

impl World {
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        let now = Instant::now();
        let link = Link::new(config, CursorState::Fresh, seed, now);
        Self {
            link,
            now,
            open: BTreeSet::new(),
            newest: Attempt(0),
            poll: None,
            newest_poll: PollNumber(0),
            cursor: CursorState::Fresh,
            hold: None,
            allowed: Allowed::Nothing,
            last_state: LinkState::Stopped,
            worked: false,
            given_up: false,
            detour: false,
            paused: false,
        }
    }

    fn attempt(&self, age: Age) -> Attempt {
        match age {
            Age::Current => self.newest,
            Age::Over => Attempt(self.newest.0.saturating_sub(1)),
            Age::NeverWas => Attempt(self.newest.0 + 1),
        }
    }

    fn poll_number(&self, age: Age) -> PollNumber {
        match age {
            Age::Current => self.newest_poll,
            Age::Over => PollNumber(self.newest_poll.0.saturating_sub(1)),
            Age::NeverWas => PollNumber(self.newest_poll.0 + 1),
        }
    }

    pub fn take(&mut self, step: Step) {
        match step {
            Step::Pass(span) => self.pass(span),
            Step::NextTimer => {
                if let Some(at) = self.link.poll_timeout() {
                    self.pass(at.saturating_duration_since(self.now));
                }
            }
            Step::TooEarly => self.time_out_early(),
            Step::SignedIn => {
                self.allowed = Allowed::Everything;
                self.hold = None;
                self.input(Input::SignedIn);
            }
            Step::SignedOut(why) => {
                self.allowed = Allowed::Nothing;
                self.hold = None;
                self.input(Input::SignedOut(why));
            }
            Step::RetryNow => {
                self.hold = None;
                if self.allowed == Allowed::OneRetry {
                    self.allowed = Allowed::LastChance;
                }
                self.input(Input::RetryNow);
            }
            Step::Opened(age) => {
                let attempt = self.attempt(age);
                self.worked |= self.open.contains(&attempt);
                self.network(Channel::Stream(attempt), |_| Input::Opened { attempt });
            }
            Step::Heard(age, life) => {
                let attempt = self.attempt(age);
                self.network(Channel::Stream(attempt), |_| Input::Heard { attempt, life });
            }
            Step::Progress(age) => {
                self.network(Channel::Stream(self.attempt(age)), |by| Input::Progress { by })
            }
            Step::Asking(age) => {
                let attempt = self.attempt(age);
                self.network(Channel::Stream(attempt), |_| Input::Asking { attempt });
            }
            Step::ProgressOfPoll(age) => {
                self.network(Channel::Poll(self.poll_number(age)), |by| Input::Progress { by })
            }
            Step::Committed(age, text, brought) => {
                self.commit(Channel::Stream(self.attempt(age)), text, brought)
            }
            Step::CommittedByPoll(text) => {
                self.commit(Channel::Poll(self.newest_poll), text, Brought::Changes)
            }
            Step::Retry(age, span) => {
                let attempt = self.attempt(age);
                self.network(Channel::Stream(attempt), |_| Input::Retry { attempt, span });
            }
            Step::Failed(age, failure) => self.fail(self.attempt(age), failure),
            Step::Polled(age, result) => self.polled(self.poll_number(age), result),
            Step::Surroundings(input) => self.input(input),
        }
        self.settle();
    }

    fn input(&mut self, input: Input) {
        self.link.handle(self.now, input);
    }

    /// A network input; if its request is over, nothing at all may change.
    fn network(&mut self, by: Channel, input: impl Fn(Channel) -> Input) {
        let is_over = match by {
            Channel::Stream(attempt) => !self.open.contains(&attempt),
            Channel::Poll(number) => self.poll != Some(number),
        };
        let before = self.link.clone();
        self.input(input(by));
        if is_over {
            assert_eq!(self.link, before, "something stale changed the machine");
        }
    }

    fn commit(&mut self, by: Channel, text: Option<String>, brought: Brought) {
        self.worked = true;
        let cursor = text.map(Cursor);
        match &cursor {
            Some(cursor) if cursor.0.is_empty() => {
                if let CursorState::At(last) = &self.cursor {
                    self.cursor = CursorState::Unknown { last: Some(last.clone()) };
                }
            }
            Some(cursor) => self.cursor = CursorState::At(cursor.clone()),
            None => {}
        }
        self.input(Input::Committed { by, cursor, brought });
    }

    fn fail(&mut self, attempt: Attempt, failure: Failure) {
        let known = self.open.contains(&attempt);
        if let (true, Failure::Moved { for_good, .. }) = (known, &failure) {
            self.detour = !for_good;
        }
        if let (true, Failure::NoContent) = (known, &failure) {
            self.paused = self.worked;
        }
        if let (true, Failure::Status { retry_after: Some(span), .. }) = (known, &failure) {
            self.hold(*span);
        }
        self.network(Channel::Stream(attempt), |_| Input::Failed { attempt, failure: failure.clone() });
        self.open.remove(&attempt);
    }

    fn polled(&mut self, number: PollNumber, result: Result<(), PollFailure>) {
        let known = self.poll == Some(number);
        self.worked |= known && result.is_ok();
        if let (true, Err(PollFailure::Status { retry_after: Some(span), .. })) = (known, &result) {
            self.hold(*span);
        }
        self.network(Channel::Poll(number), |_| Input::Polled { number, result: result.clone() });
        if known {
            self.poll = None;
        }
    }

    fn hold(&mut self, span: Duration) {
        let until = self.now + span.min(Duration::from_secs(3600));
        self.hold = self.hold.max(Some(until));
    }

    fn pass(&mut self, span: Duration) {
        self.now += span;
        self.link.handle_timeout(self.now);
        let after = self.link.clone();
        self.link.handle_timeout(self.now);
        assert_eq!(self.link, after, "a second time-out changed something");
        assert!(self.link.poll_timeout().is_none_or(|at| at > self.now), "something is still due");
    }

    fn time_out_early(&mut self) {
        let Some(at) = self.link.poll_timeout().filter(|at| *at > self.now) else { return };
        let just_before = at - Duration::from_nanos(1);
        let before = self.link.clone();
        self.link.handle_timeout(just_before.max(self.now));
        assert_eq!(self.link, before, "an early time-out changed something");
    }

    /// Takes the outputs, and checks everything that must hold now.
    fn settle(&mut self) {
        while let Some(output) = self.link.poll_output() {
            self.output(output);
        }
        let status = self.link.status();
        if status.reason == Some(Reason::Rejected) && status.state == LinkState::Stopped {
            self.allowed = match self.allowed {
                Allowed::Everything | Allowed::OneRetry => Allowed::OneRetry,
                Allowed::LastChance | Allowed::Nothing => Allowed::Nothing,
            };
        }
        self.check_timer();
        let given_up = status.reason == Some(Reason::Unsupported);
        assert!(!given_up || self.given_up || !self.worked, "given up, although it has worked before");
        self.given_up = given_up;
        if self.last_state == LinkState::Waiting {
            assert_ne!(status.state, LinkState::Live, "Waiting leads to Opening, Polling or Stopped");
        }
        self.last_state = status.state;
        assert_eq!(*self.link.cursor(), self.cursor);
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Connect { attempt, cursor } => {
                self.check_request(&cursor);
                assert!(attempt > self.newest, "attempts are numbered upwards");
                self.newest = attempt;
                self.open.insert(attempt);
                assert_eq!(self.open.len(), 1, "at most one live attempt");
            }
            Output::Close { attempt } => assert!(self.open.remove(&attempt), "closed what was not open"),
            Output::Poll { number, cursor } => {
                self.check_request(&cursor);
                assert_eq!(self.poll.replace(number), None, "at most one poll");
                self.newest_poll = number;
            }
            Output::CancelPoll { number } => assert_eq!(self.poll.take(), Some(number)),
            Output::CursorDropped => self.cursor = CursorState::Fresh,
            Output::Rejected => assert_ne!(self.allowed, Allowed::LastChance, "told twice"),
        }
    }

    fn check_request(&self, cursor: &CursorState) {
        assert_eq!(*cursor, self.cursor, "a request carries the last committed cursor");
        assert!(self.hold.is_none_or(|at| self.now >= at), "earlier than the server allows");
        assert!(
            matches!(self.allowed, Allowed::Everything | Allowed::LastChance),
            "a request without a token that could work ({:?})",
            self.allowed
        );
    }

    /// A timer exactly when something is awaited.
    fn check_timer(&self) {
        let status = self.link.status();
        let probes = match status.reason {
            Some(Reason::Forbidden | Reason::Circle) => true,
            Some(Reason::Moved) => self.detour,
            Some(Reason::Ended) => self.paused,
            _ => false,
        };
        let awaited = status.state != LinkState::Stopped || probes;
        assert_eq!(self.link.poll_timeout().is_some(), awaited, "{status:?}");
        if status.state == LinkState::Stopped {
            assert!(self.open.is_empty() && self.poll.is_none(), "stopped, and still asking");
        }
        if matches!(status.state, LinkState::Opening | LinkState::Live) {
            assert_eq!(self.open.len(), 1, "{status:?} without an attempt");
        }
        if status.state == LinkState::Waiting {
            assert!(self.open.is_empty() && self.poll.is_none(), "waiting, and still asking");
        }
    }
}
