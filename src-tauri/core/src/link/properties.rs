//! What holds in every sequence of inputs, stale ones and early or doubled time-outs included.
//!
//! The sequences are arbitrary; [`World::settle`] checks after each step what has come out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{
    Attempt, Brought, Channel, CursorState, Failure, History, Input, Life, Link, LinkConfig, LinkState,
    NoToken, Output, PollFailure, PollNumber, Reason,
};
use crate::model::Cursor;
use crate::settings::{AfterAttempts, Limits};

/// Whether a network input belongs to the current request or to one that is over (or never was).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Age {
    Current,
    Over,
    NeverWas,
}

#[derive(Debug, Clone)]
enum Step {
    Pass(Duration),
    NextTimer,
    TooEarly,
    SignedIn,
    SignedOut(NoToken),
    RetryNow,
    Opened(Age),
    Heard(Age, Life),
    Progress(Age),
    ProgressOfPoll(Age),
    Committed(Age, Option<String>, Brought),
    CommittedByPoll(Option<String>),
    Retry(Age, Duration),
    Failed(Age, Failure),
    Polled(Age, Result<(), PollFailure>),
    Surroundings(Input),
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0u64..1_000).prop_map(Duration::from_millis),
        (0u64..100).prop_map(Duration::from_secs),
        (0u64..200).prop_map(|minutes| Duration::from_secs(60 * minutes)),
        Just(Duration::ZERO),
        Just(Duration::MAX),
    ]
}

fn time() -> impl Strategy<Value = Duration> {
    span().prop_map(|span| span.min(Duration::from_secs(86_400)))
}

fn age() -> impl Strategy<Value = Age> {
    prop_oneof![6 => Just(Age::Current), 1 => Just(Age::Over), 1 => Just(Age::NeverWas)]
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![Just(Life::Beat), Just(Life::Message)]
}

fn brought() -> impl Strategy<Value = Brought> {
    prop_oneof![Just(Brought::Changes), Just(Brought::CursorOnly)]
}

fn cursor_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some(String::new())),
        "k[0-9]-[0-9]{1,3}".prop_map(Some),
        Just(Some("é".into()))
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        1 => Just(Failure::Unauthorized),
        1 => Just(Failure::Forbidden),
        1 => Just(Failure::NoContent),
        1 => Just(Failure::Gone),
        1 => Just(Failure::Moved { to: "https://x.example".into() }),
        1 => Just(Failure::NotAStream),
        1 => (prop::sample::select(vec![400u16, 404, 405, 429, 500, 503]), prop::option::of(span()))
            .prop_map(|(status, retry_after)| Failure::Status { status, retry_after }),
        3 => Just(Failure::Unreachable),
        1 => Just(Failure::TimedOut),
        2 => Just(Failure::Ended),
        1 => Just(Failure::Broken),
    ]
}

fn poll_result() -> impl Strategy<Value = Result<(), PollFailure>> {
    prop_oneof![
        4 => Just(Ok(())),
        1 => Just(Err(PollFailure::Unauthorized)),
        1 => Just(Err(PollFailure::Forbidden)),
        1 => Just(Err(PollFailure::Unsupported)),
        1 => (prop::sample::select(vec![429u16, 500]), prop::option::of(span()))
            .prop_map(|(status, retry_after)| Err(PollFailure::Status { status, retry_after })),
        1 => Just(Err(PollFailure::Unusable)),
        1 => Just(Err(PollFailure::Unreachable)),
        1 => Just(Err(PollFailure::TimedOut)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let no_token =
        prop::sample::select(vec![NoToken::SignedOut, NoToken::KeychainLocked, NoToken::KeychainAbsent]);
    let surroundings = prop::sample::select(vec![
        Input::Woke,
        Input::NetworkChanged,
        Input::NetworkDown,
        Input::NetworkUp,
        Input::NetworkUp,
    ]);
    prop_oneof![
        4 => time().prop_map(Step::Pass),
        8 => Just(Step::NextTimer),
        2 => Just(Step::TooEarly),
        1 => Just(Step::SignedIn),
        1 => no_token.prop_map(Step::SignedOut),
        2 => Just(Step::RetryNow),
        6 => age().prop_map(Step::Opened),
        6 => (age(), life()).prop_map(|(age, life)| Step::Heard(age, life)),
        1 => age().prop_map(Step::Progress),
        1 => age().prop_map(Step::ProgressOfPoll),
        3 => (age(), cursor_text(), brought()).prop_map(|(age, text, brought)| Step::Committed(age, text, brought)),
        1 => cursor_text().prop_map(Step::CommittedByPoll),
        1 => (age(), span()).prop_map(|(age, span)| Step::Retry(age, span)),
        8 => (age(), failure()).prop_map(|(age, failure)| Step::Failed(age, failure)),
        4 => (age(), poll_result()).prop_map(|(age, result)| Step::Polled(age, result)),
        2 => surroundings.prop_map(Step::Surroundings),
    ]
}

fn config() -> impl Strategy<Value = LinkConfig> {
    let choices = (
        prop::option::of((0u64..60).prop_map(Duration::from_secs)),
        prop::sample::select(vec![0u32, 1, 2, 4, 10]),
        prop::sample::select(vec![AfterAttempts::Poll, AfterAttempts::Stop]),
        prop::sample::select(vec![History::Offered, History::Absent]),
        prop::sample::select(vec![0u64, 1, 60]),
    );
    choices.prop_map(|(idle_timeout, attempts, after_attempts, history, seconds)| LinkConfig {
        limits: Limits {
            idle_timeout,
            attempts,
            retry_base: Duration::from_secs(seconds),
            poll_every: Duration::from_secs(seconds),
            ..Limits::default()
        },
        after_attempts,
        history,
        beat: Duration::from_secs(15),
    })
}

/// The machine, and beside it what a plain reading of the contract remembers.
#[derive(Clone)]
struct World {
    link: Link,
    now: Instant,
    open: BTreeSet<Attempt>,
    newest: Attempt,
    poll: Option<PollNumber>,
    newest_poll: PollNumber,
    /// The last committed cursor, by the contract.
    cursor: CursorState,
    /// The server wants no request before.
    hold: Option<Instant>,
    /// How many requests-that-open are still allowed: none while signed out or refused.
    allowed: Allowed,
    last_state: LinkState,
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
    fn new(config: LinkConfig, seed: u64) -> Self {
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

    fn take(&mut self, step: Step) {
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
                self.network(Channel::Stream(attempt), |_| Input::Opened { attempt });
            }
            Step::Heard(age, life) => {
                let attempt = self.attempt(age);
                self.network(Channel::Stream(attempt), |_| Input::Heard { attempt, life });
            }
            Step::Progress(age) => {
                self.network(Channel::Stream(self.attempt(age)), |by| Input::Progress { by })
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
        if let (true, Failure::Status { retry_after: Some(span), .. }) = (known, &failure) {
            self.hold(*span);
        }
        self.network(Channel::Stream(attempt), |_| Input::Failed { attempt, failure: failure.clone() });
        self.open.remove(&attempt);
    }

    fn polled(&mut self, number: PollNumber, result: Result<(), PollFailure>) {
        let known = self.poll == Some(number);
        if let (true, Err(PollFailure::Status { retry_after: Some(span), .. })) = (known, &result) {
            self.hold(*span);
        }
        self.network(Channel::Poll(number), |_| Input::Polled { number, result: result.clone() });
        if known {
            self.poll = None;
        }
    }

    fn hold(&mut self, span: Duration) {
        // Thirty years stand for ever.
        let until = self.now + span.min(Duration::from_secs(29 * 365 * 86_400));
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
        let probes = status.reason == Some(Reason::Forbidden);
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_contract_holds_in_every_sequence(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
        }
    }

    #[test]
    fn waiting_always_ends_by_itself(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
            if world.link.status().state == LinkState::Waiting {
                let mut left_alone = world.clone();
                left_alone.take(Step::NextTimer);
                prop_assert_eq!(left_alone.link.status().state, LinkState::Opening);
            }
        }
    }

    #[test]
    fn a_server_that_comes_back_is_found_whatever_happened_before(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
        }
        for _ in 0..200 {
            if world.link.status().state == LinkState::Stopped {
                return Ok(());
            }
            if world.open.is_empty() {
                world.take(Step::NextTimer);
            } else {
                world.take(Step::Opened(Age::Current));
                world.take(Step::Heard(Age::Current, Life::Beat));
                prop_assert_eq!(world.link.status().state, LinkState::Live);
                return Ok(());
            }
            if world.poll.is_some() {
                world.take(Step::Polled(Age::Current, Ok(())));
            }
        }
        prop_assert!(false, "never tried again: {:?}", world.link.status());
    }
}
