//! A machine with a clock of its own, and words to drive it and to look at it.

use std::time::{Duration, Instant};

use crate::link::{
    Attempt, Brought, Channel, CursorState, Failure, History, Input, Life, Link, LinkConfig, LinkState,
    Output, PollFailure, PollNumber, Reason, Status,
};
use crate::model::Cursor;
use crate::settings::{AfterAttempts, Limits};

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);

pub struct World {
    pub link: Link,
    pub now: Instant,
    pub attempt: Attempt,
    pub poll: Option<PollNumber>,
}

pub fn config() -> LinkConfig {
    LinkConfig {
        limits: Limits::default(),
        after_attempts: AfterAttempts::Poll,
        history: History::Offered,
        beat: 15 * SECOND,
    }
}

pub fn cursor(text: &str) -> CursorState {
    CursorState::At(Cursor(text.to_owned()))
}

/// A machine that has just signed in and begun its first attempt, from the cursor `k7-1`.
pub fn opening_with(config: LinkConfig) -> World {
    opening_from(config, cursor("k7-1"))
}

/// The same for a server of which nothing is known.
pub fn never_met(config: LinkConfig) -> World {
    opening_from(config, CursorState::Fresh)
}

fn opening_from(config: LinkConfig, cursor: CursorState) -> World {
    let now = Instant::now();
    let link = Link::new(config, cursor.clone(), 7, now);
    let mut world = World { link, now, attempt: Attempt(0), poll: None };
    world.input(Input::SignedIn);
    assert_eq!(world.outputs(), [Output::Connect { attempt: Attempt(1), cursor }]);
    world.check(LinkState::Opening, None);
    world
}

pub fn opening() -> World {
    opening_with(config())
}

/// A machine whose stream has just brought its first byte.
pub fn live() -> World {
    let mut world = opening();
    world.open().hear(Life::Beat);
    world.check(LinkState::Live, None);
    world
}

/// A machine that polls because the server has no stream; nothing has been answered yet.
pub fn polling() -> World {
    let mut world = opening();
    for _ in 0..2 {
        world.fail(Failure::NotAStream).reopen();
    }
    world.fail(Failure::NotAStream);
    world.check(LinkState::Polling, Some(Reason::NoStream));
    world.pass(Duration::ZERO);
    assert!(world.poll.is_some());
    world
}

impl World {
    pub fn input(&mut self, input: Input) -> &mut Self {
        self.link.handle(self.now, input);
        self
    }

    /// Takes all outputs and remembers the newest attempt and poll.
    pub fn outputs(&mut self) -> Vec<Output> {
        let outputs: Vec<_> = std::iter::from_fn(|| self.link.poll_output()).collect();
        for output in &outputs {
            match output {
                Output::Connect { attempt, .. } => self.attempt = *attempt,
                Output::Poll { number, .. } => self.poll = Some(*number),
                Output::Close { .. }
                | Output::CancelPoll { .. }
                | Output::CursorDropped
                | Output::Rejected => {}
            }
        }
        outputs
    }

    /// Lets time pass and the machine do what is due at its end.
    pub fn pass(&mut self, span: Duration) -> Vec<Output> {
        self.now += span;
        self.link.handle_timeout(self.now);
        self.outputs()
    }

    /// Lets time pass up to the next timer.
    pub fn next_timer(&mut self) -> Vec<Output> {
        let due = self.link.poll_timeout().expect("nothing is awaited");
        self.pass(due.saturating_duration_since(self.now))
    }

    /// How long until the next timer.
    pub fn until_timer(&self) -> Option<Duration> {
        self.link.poll_timeout().map(|at| at.saturating_duration_since(self.now))
    }

    pub fn open(&mut self) -> &mut Self {
        let attempt = self.attempt;
        self.input(Input::Opened { attempt })
    }

    pub fn hear(&mut self, life: Life) -> &mut Self {
        let attempt = self.attempt;
        self.input(Input::Heard { attempt, life })
    }

    pub fn fail(&mut self, failure: Failure) -> &mut Self {
        let attempt = self.attempt;
        self.input(Input::Failed { attempt, failure })
    }

    pub fn refuse(&mut self, status: u16, retry_after: Option<Duration>) -> &mut Self {
        self.fail(Failure::Status { status, retry_after })
    }

    pub fn commit(&mut self, text: &str) -> &mut Self {
        let by = Channel::Stream(self.attempt);
        self.input(Input::Committed { by, cursor: Some(Cursor(text.to_owned())), brought: Brought::Changes })
    }

    pub fn answer(&mut self, result: Result<(), PollFailure>) -> Vec<Output> {
        let number = self.poll.take().expect("no poll is under way");
        self.input(Input::Polled { number, result }).outputs()
    }

    /// Waits out the pause before the next attempt.
    pub fn reopen(&mut self) -> &mut Self {
        assert_eq!(self.status().state, LinkState::Waiting);
        let outputs = self.next_timer();
        assert!(matches!(outputs[..], [Output::Connect { .. }]), "{outputs:?}");
        self.check(LinkState::Opening, self.status().reason)
    }

    pub fn status(&self) -> Status {
        self.link.status()
    }

    #[track_caller]
    pub fn check(&mut self, state: LinkState, reason: Option<Reason>) -> &mut Self {
        let status = self.status();
        assert_eq!((status.state, status.reason), (state, reason), "{status:?}");
        self
    }
}
