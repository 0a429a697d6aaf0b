//! One source at work: its machine, and the futures that the machine's outputs turned into.
//!
//! Futures live in fields and are only polled from the engine's turn; what else the engine does never
//! drops a connection.

use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::handle::Ports;
use super::run::clock;
use super::tokens::Tokens;
use crate::dialect;
use crate::link::{Attempt, Channel, CursorState, Input, Link, NoToken, PollNumber, Status};
use crate::model::{SourceId, Timestamp, Token};
use crate::policy::Repeated;
use crate::ports::{
    BoxFuture, ConnectError, FetchError, HistoryReply, HistoryRequest, SecretError, SecretKey, StreamError,
    StreamEvent, StreamOpened, StreamRequest,
};
use crate::settings::SourceSettings;
use crate::view::{GapView, LinkView};

/// How long a server that never says `ready` may pause within its repetition.
pub(super) const READY_PATIENCE: Duration = Duration::from_secs(2);

/// Most events that are taken from a stream in one turn.
const TURN_EVENTS: usize = 512;
/// Most bytes of event data that are taken in one turn, before the last event.
const TURN_BYTES: usize = 1024 * 1024;
/// How many messages one page of history is asked for.
pub(super) const PAGE: u16 = 500;
/// The largest page of history, in bytes: the protocol's 4 MiB and room for foreign servers.
const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// One source at work.
pub(super) struct SourceRun {
    pub settings: SourceSettings,
    pub link: Link,
    pub tokens: Tokens,
    /// What may be missing.
    pub gap: Option<GapView>,
    /// What the current connection has been through.
    pub connection: ConnectionFacts,
    /// Whether the server has a history; unknown until asked.
    pub history: History,
    /// Repeated messages that are announced once the server has finished repeating.
    pub held: Repeated,
    /// What went wrong since the last line of the log, in the words of whoever noticed.
    pub trouble: Option<String>,
    /// What the current attempt waits for.
    attempt: Option<(Attempt, Stage)>,
    /// What the current poll waits for.
    poll: Option<(PollNumber, Stage)>,
    /// The next page of an unfinished walk through the past.
    walk: Option<BoxFuture<'static, Result<HistoryReply, FetchError>>>,
    view: LinkView,
    last_status: Status,
}

/// Whether the server has a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// Nobody has asked yet.
    Unknown,
    /// It has one.
    Present,
    /// It has none, or the settings say so.
    Absent,
}

impl History {
    fn of(settings: &SourceSettings) -> Self {
        if settings.history_path.is_empty() { Self::Absent } else { Self::Unknown }
    }
}

/// What the current connection has been through.
#[derive(Debug, Clone)]
pub(super) struct ConnectionFacts {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether the server is still repeating what was missed.
    pub phase: Phase,
    /// Whether the stream was opened without a place to go on from: what it repeats is history.
    pub first: bool,
    /// Whether the last event had an id.
    has_id: bool,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The server repeats what was missed; it has until then to go on or to say `ready`.
    Repeating {
        /// Until when.
        until: Instant,
    },
    /// The server said `ready`.
    Ready,
    /// The server never said `ready`: the age of a message decides.
    NeverReady,
}

/// What an attempt or a poll waits for.
enum Stage {
    /// The token.
    Token(CursorState, BoxFuture<'static, Result<Option<Token>, SecretError>>),
    /// A page of history.
    Page(BoxFuture<'static, Result<HistoryReply, FetchError>>),
    /// Good headers.
    Connect(Attempt, BoxFuture<'static, Result<StreamOpened, ConnectError>>),
    /// Events.
    Stream(Attempt, StreamOpened),
}

/// Something that happened to a source.
pub(super) enum SourceStep {
    /// The keychain answered an attempt (or a poll).
    Token(Channel, CursorState, Result<Option<Token>, SecretError>),
    /// A page of history came for an attempt, a poll or the walk.
    Page(Errand, Result<HistoryReply, FetchError>),
    /// The stream was opened, or not.
    Opened(Attempt, Result<StreamOpened, ConnectError>),
    /// Events came, and perhaps the end.
    Events(Attempt, Vec<StreamEvent>, Option<StreamEnd>),
}

/// On whose behalf something was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// An attempt to open the stream, or a poll.
    Request(Channel),
    /// The walk through the past.
    Walk,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The server closed it.
    Closed,
    /// It broke.
    Broken(StreamError),
}

impl SourceRun {
    pub fn new(settings: SourceSettings, link: Link, now: Instant, wall: Timestamp) -> Self {
        let history = History::of(&settings);
        let status = link.status();
        let view = link_view(&status, now, wall);
        let tokens = Tokens::new(&settings);
        Self {
            settings,
            link,
            tokens,
            gap: None,
            connection: ConnectionFacts::new(now, wall),
            history,
            held: Repeated::default(),
            trouble: None,
            attempt: None,
            poll: None,
            walk: None,
            view,
            last_status: status,
        }
    }

    pub fn id(&self) -> SourceId {
        self.settings.id
    }

    /// The machine's state as people see it.
    pub fn link_view(&self) -> &LinkView {
        &self.view
    }

    /// Since when a stream is wanted and missing.
    pub fn missing_since(&self) -> Option<Instant> {
        self.last_status.missing_since
    }

    /// When a server that repeats without ever saying `ready` is taken to have finished.
    pub fn repetition_deadline(&self) -> Option<Instant> {
        match (&self.attempt, self.connection.phase) {
            (Some((_, Stage::Stream(..))), Phase::Repeating { until }) => Some(until),
            _ => None,
        }
    }

    /// The server is still repeating: it has until then to go on.
    pub fn repetition_goes_on(&mut self, later: Instant) {
        if let Phase::Repeating { until } = &mut self.connection.phase {
            *until = later;
        }
    }

    /// Brings the view of the machine up to date; tells whether it changed.
    pub fn refresh(&mut self, now: Instant, wall: Timestamp) -> bool {
        let status = self.link.status();
        if self.last_status == status {
            return false;
        }
        self.view = link_view(&status, now, wall);
        self.last_status = status;
        true
    }

    /// Begins a request: asks for the token, which may be another one than last time.
    pub fn begin(&mut self, by: Channel, cursor: CursorState, ports: &Ports, profile: uuid::Uuid) {
        let token = self.ask_for_token(ports, profile);
        self.wait_for(by, Stage::Token(cursor, token));
    }

    /// Drops what belongs to a request.
    pub fn end(&mut self, by: Channel) {
        match by {
            Channel::Stream(attempt) if self.attempt.as_ref().is_some_and(|(own, _)| *own == attempt) => {
                self.attempt = None;
                self.walk = None;
            }
            Channel::Poll(number) if self.poll.as_ref().is_some_and(|(own, _)| *own == number) => {
                self.poll = None;
            }
            Channel::Stream(_) | Channel::Poll(_) => {}
        }
    }

    /// Asks for a page of history.
    pub fn ask_for_page(&mut self, errand: Errand, url: url::Url, ports: &Ports) {
        let request = HistoryRequest { url, token: self.tokens.in_use().cloned(), max_bytes: PAGE_BYTES };
        let page = ports.transport.fetch(request);
        match errand {
            Errand::Request(by) => self.wait_for(by, Stage::Page(page)),
            Errand::Walk => self.walk = Some(page),
        }
    }

    /// Opens the stream.
    pub fn open_stream(&mut self, attempt: Attempt, ports: &Ports) {
        let request = StreamRequest {
            url: dialect::stream_url(&self.settings),
            token: self.tokens.in_use().cloned(),
            last_event_id: self.link.cursor().header().cloned(),
            max_event_bytes: self.settings.limits.max_event_bytes,
        };
        self.attempt = Some((attempt, Stage::Connect(attempt, ports.transport.connect(request))));
    }

    /// Takes the opened stream.
    pub fn take_stream(&mut self, attempt: Attempt, stream: StreamOpened) {
        self.attempt = Some((attempt, Stage::Stream(attempt, stream)));
    }

    /// Takes another machine: what the old one had under way is dropped.
    pub fn replace_link(&mut self, link: Link) {
        self.link = link;
        self.attempt = None;
        self.poll = None;
        self.walk = None;
        self.history = History::of(&self.settings);
    }

    /// There is no token, or none that can be had: closes everything.
    pub fn without_token(&mut self, why: NoToken) {
        self.end_walk();
        self.link.handle(clock(), Input::SignedOut(why));
    }

    /// Ends the walk through the past; the next connection goes on with it.
    pub fn end_walk(&mut self) {
        self.walk = None;
    }

    /// Whether the walk through the past is under way.
    pub fn is_walking(&self) -> bool {
        self.walk.is_some()
    }

    /// Waits for the next thing to happen to this source.
    pub fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<SourceStep> {
        if let Some((attempt, stage)) = &mut self.attempt
            && let Poll::Ready(step) = stage.poll(Channel::Stream(*attempt), cx)
        {
            let goes_on = matches!(step, SourceStep::Events(_, _, None));
            if !goes_on {
                self.attempt = None;
            }
            return Poll::Ready(step);
        }
        if let Some((number, stage)) = &mut self.poll
            && let Poll::Ready(step) = stage.poll(Channel::Poll(*number), cx)
        {
            self.poll = None;
            return Poll::Ready(step);
        }
        if let Some(walk) = &mut self.walk
            && let Poll::Ready(page) = walk.as_mut().poll(cx)
        {
            self.walk = None;
            return Poll::Ready(SourceStep::Page(Errand::Walk, page));
        }
        Poll::Pending
    }

    fn wait_for(&mut self, by: Channel, stage: Stage) {
        match by {
            Channel::Stream(attempt) => self.attempt = Some((attempt, stage)),
            Channel::Poll(number) => self.poll = Some((number, stage)),
        }
    }

    fn ask_for_token(
        &self,
        ports: &Ports,
        profile: uuid::Uuid,
    ) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        match self.tokens.session() {
            Some(token) => Box::pin(std::future::ready(Ok(Some(token.clone())))),
            None => ports.secrets.peek(SecretKey { profile, source: self.id() }),
        }
    }
}

impl ConnectionFacts {
    /// The facts of a connection that has just been opened.
    pub fn new(now: Instant, wall: Timestamp) -> Self {
        let phase = Phase::Repeating { until: now + READY_PATIENCE };
        Self { opened_at: wall, phase, first: false, has_id: false }
    }
}

impl ConnectionFacts {
    /// Follows the last event id; tells whether the server has just cleared it with an empty `id:`.
    pub fn id_cleared(&mut self, id: &str) -> bool {
        let had = std::mem::replace(&mut self.has_id, !id.is_empty());
        had && id.is_empty()
    }
}

impl Stage {
    fn poll(&mut self, by: Channel, cx: &mut Context<'_>) -> Poll<SourceStep> {
        match self {
            Self::Token(cursor, token) => {
                let token = ready!(token.as_mut().poll(cx));
                Poll::Ready(SourceStep::Token(by, std::mem::take(cursor), token))
            }
            Self::Page(page) => {
                Poll::Ready(SourceStep::Page(Errand::Request(by), ready!(page.as_mut().poll(cx))))
            }
            Self::Connect(attempt, opened) => {
                Poll::Ready(SourceStep::Opened(*attempt, ready!(opened.as_mut().poll(cx))))
            }
            Self::Stream(attempt, stream) => {
                let (events, end) = ready!(poll_events(stream, cx));
                Poll::Ready(SourceStep::Events(*attempt, events, end))
            }
        }
    }
}

/// Takes what is there, up to one turn's share.
fn poll_events(
    stream: &mut StreamOpened,
    cx: &mut Context<'_>,
) -> Poll<(Vec<StreamEvent>, Option<StreamEnd>)> {
    let mut events = Vec::new();
    let mut bytes = 0;
    while events.len() < TURN_EVENTS && bytes < TURN_BYTES {
        match stream.events.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(event))) => {
                if let StreamEvent::Frame(frame) = &event {
                    bytes += frame.data.len();
                }
                events.push(event);
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready((events, Some(StreamEnd::Broken(error)))),
            Poll::Ready(None) => return Poll::Ready((events, Some(StreamEnd::Closed))),
            Poll::Pending if events.is_empty() => return Poll::Pending,
            Poll::Pending => break,
        }
    }
    Poll::Ready((events, None))
}

fn link_view(status: &Status, now: Instant, wall: Timestamp) -> LinkView {
    let ahead = |at: Instant| wall.after(at.saturating_duration_since(now));
    LinkView {
        state: status.state,
        reason: status.reason,
        since: wall.before(now.saturating_duration_since(status.since)),
        attempt: status.attempt,
        retry_at: status.retry_at.map(ahead),
    }
}
