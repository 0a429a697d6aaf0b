//! One source at work: its machine, and the futures that the machine's outputs turned into.
//!
//! Futures live in fields and are only polled from the engine's turn; what else the engine does never
//! drops a connection.

mod stage;

pub(super) use self::stage::{Errand, Kept, SourceStep, StreamEnd};

use std::collections::BTreeSet;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use self::stage::{Page, Stage};
use super::handle::Ports;
use super::kinds::Kinds;
use super::outbox::Outbox;
use super::probe::Identified;
use super::repetition::{ConnectionFacts, Held, Meeting};
use super::run::clock;
use super::tokens::Tokens;
use super::trail::Trail;
use crate::dialect::{self, Decoded, HistoryPage};
use crate::link::{
    Attempt, Channel, CursorState, Input, Link, LinkState, NoToken, PollNumber, Reason, Status,
};
use crate::model::{RemoteId, SourceId, Timestamp, Token};
use crate::ports::{
    BoxFuture, FetchError, HistoryRequest, ProxyLogin, SecretError, SecretKey, StreamOpened, StreamRequest,
};
use crate::settings::{SecretPlace, SourceSettings};
use crate::store::Past;
use crate::view::{GapView, LinkView};

/// How many messages one page of history is asked for.
pub(super) const PAGE: u16 = 500;
/// The largest page of history, in bytes: the protocol's 4 MiB and room for foreign servers.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// Of more messages than this nothing is remembered while a page is under way: it is asked for once more.
const MOST_TOUCHED: usize = 20_000;

/// One source at work.
pub(super) struct SourceRun {
    pub settings: SourceSettings,
    pub link: Link,
    pub tokens: Tokens,
    /// When it was given the token of another source, since the server named another user there.
    pub given_token: Option<Instant>,
    /// Who its proxy lets through, as far as the keychain has been asked.
    pub proxy_login: Option<ProxyLogin>,
    /// What may be missing.
    pub gap: Option<GapView>,
    /// What the current connection has been through.
    pub connection: ConnectionFacts,
    /// Whether the server has a history; unknown until asked.
    pub history: History,
    /// Whether its server has said that its places name their epoch.
    pub names_epochs: bool,
    /// Whether the server has said `ready` on an earlier connection.
    pub says_ready: bool,
    /// Repeated messages that are announced once the server has finished repeating.
    pub held: Held,
    /// Where its server has moved to for good, as far as that is stored.
    pub moves: Vec<(url::Url, url::Url)>,
    /// The kinds that its messages have.
    pub kinds: Kinds,
    /// What its server has still to be told.
    pub outbox: Outbox,
    /// What went wrong since the last line of the log, in the words of whoever noticed.
    pub trouble: Option<String>,
    /// What the current attempt waits for.
    attempt: Option<(Attempt, Stage)>,
    /// What the current poll waits for.
    poll: Option<(PollNumber, Stage)>,
    /// The history that a stream was opened without; it is asked for beside it, also by the next run.
    pub owed: Option<Owed>,
    /// The next page of an unfinished walk through the past.
    walk: Option<(Trail, Page)>,
    /// The messages of which the stream has told something since that page was asked for, which may not know it.
    touched: BTreeSet<RemoteId>,
    view: LinkView,
    last_status: Status,
}

/// A history that could not be read when it should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owed {
    /// What its pages are to the user.
    pub past: Past,
    /// How often it has been asked for since.
    pub tried: u32,
}

impl Owed {
    /// One that nobody has asked for again.
    pub fn new(past: Past) -> Self {
        Self { past, tried: 0 }
    }

    /// How long until it is asked for again: 1, 2, 4, 8 and then each 10 minutes.
    pub fn pause(self) -> Duration {
        Duration::from_secs(60 << self.tried.min(4)).min(Duration::from_secs(600))
    }
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

impl SourceRun {
    /// Whether its server refused the token.
    pub fn is_rejected(&self) -> bool {
        self.link.status().reason == Some(Reason::Rejected)
    }

    pub fn new(settings: SourceSettings, link: Link, kinds: Kinds, now: Instant, wall: Timestamp) -> Self {
        let history = History::of(&settings);
        let status = link.status();
        let view = link_view(&status, now, wall);
        let tokens = Tokens::new(&settings);
        let outbox = Outbox::new(&settings);
        Self {
            settings,
            link,
            tokens,
            given_token: None,
            proxy_login: None,
            gap: None,
            connection: ConnectionFacts::new(now, wall, Meeting::First),
            history,
            names_epochs: false,
            says_ready: false,
            held: Held::default(),
            moves: Vec::new(),
            kinds,
            outbox,
            trouble: None,
            attempt: None,
            poll: None,
            owed: None,
            walk: None,
            touched: BTreeSet::new(),
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

    /// The wall's clock was set: what is told in its time is told anew.
    pub fn clock_set(&mut self, now: Instant, wall: Timestamp) {
        self.view = link_view(&self.last_status, now, wall);
        self.connection.clock_set(now, wall);
    }

    /// The computer has slept, and what is measured in its waking time comes so much later.
    pub fn woke(&mut self, slept: Duration, now: Instant, wall: Timestamp) {
        self.outbox.woke(slept);
        self.view.retry_at = link_view(&self.last_status, now, wall).retry_at;
    }

    /// Begins a request: asks for the token, which may be another one than last time.
    pub fn begin(&mut self, by: Channel, cursor: CursorState, ports: &Ports, profile: uuid::Uuid) {
        let (token, route) = (self.ask_for_token(ports, profile), self.way(ports, profile));
        let kept = Box::pin(async move { Kept { token: token.await, route: route.await } });
        self.wait_for(by, Stage::Token(cursor, kept));
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

    /// Asks for a page of history, on behalf of an attempt or a poll.
    pub fn ask_for_page(&mut self, by: Channel, trail: Trail, url: url::Url, ports: &Ports) {
        let page = ports.transport.fetch(self.page_request(url));
        self.wait_for(by, Stage::Page(trail, page));
    }

    /// Asks for the next page of the walk through the past, after a pause.
    pub fn ask_for_walk(&mut self, trail: Trail, pause: Duration, url: url::Url, ports: &Ports) {
        let (request, transport) = (self.page_request(url), ports.transport.clone());
        let held = self.link.held_until().map_or(Duration::ZERO, |at| at.saturating_duration_since(clock()));
        let pause = pause.max(held);
        let page: Page = if pause.is_zero() {
            transport.fetch(request)
        } else {
            Box::pin(async move {
                tokio::time::sleep(pause).await;
                transport.fetch(request).await
            })
        };
        self.touched.clear();
        self.walk = Some((trail, page));
    }

    /// Takes note of what the stream tells while a page of the walk is under way.
    pub fn touch(&mut self, decoded: &Decoded) {
        if self.walk.is_none() {
            return;
        }
        match decoded {
            Decoded::Updated(message) => self.touched.extend(message.remote_id.clone()),
            Decoded::Read { ids, .. } | Decoded::Deleted { ids, .. } => {
                self.touched.extend(ids.iter().cloned())
            }
            Decoded::Message(_)
            | Decoded::Gap(_)
            | Decoded::Ready { .. }
            | Decoded::Ignored
            | Decoded::Malformed(_) => {}
        }
        if self.touched.len() > MOST_TOUCHED {
            self.end_walk();
        }
    }

    /// Leaves out of a page of the walk what the stream knows better; tells whether there was any.
    pub fn leave_touched(&self, page: &mut HistoryPage) -> bool {
        let before = page.messages.len();
        page.messages
            .retain(|message| message.remote_id.as_ref().is_none_or(|id| !self.touched.contains(id)));
        page.messages.len() < before
    }

    fn page_request(&self, url: url::Url) -> HistoryRequest {
        HistoryRequest {
            route: self.route(),
            url,
            token: self.tokens.in_use().cloned(),
            max_bytes: PAGE_BYTES,
        }
    }

    /// Opens the stream.
    pub fn open_stream(&mut self, attempt: Attempt, ports: &Ports) {
        let request = StreamRequest {
            route: self.route(),
            url: dialect::stream_url(&self.settings),
            token: self.tokens.in_use().cloned(),
            last_event_id: self.link.cursor().header().cloned(),
            max_event_bytes: self.settings.limits.event_bytes(),
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
        self.outbox = Outbox::new(&self.settings);
    }

    /// Whether anything in the keychain is of interest: the token, or one that is to be erased.
    pub fn minds_keychain(&self) -> bool {
        self.settings.secrets == SecretPlace::Keychain || self.tokens.owes_erasure()
    }

    /// There is no token, or none that can be had: closes everything.
    pub fn without_token(&mut self, why: NoToken) {
        self.end_walk();
        self.outbox.stop();
        self.link.handle(clock(), Input::SignedOut(why));
    }

    /// Whose the token in use is has to be known before anything goes out with it.
    pub fn doubt(&mut self) {
        self.tokens.begin_doubt();
        self.end_walk();
        self.outbox.stop();
    }

    /// Asks that, before a request goes out.
    pub fn ask_whose(
        &mut self,
        by: Channel,
        cursor: CursorState,
        asking: BoxFuture<'static, Result<Identified, FetchError>>,
    ) {
        self.wait_for(by, Stage::Whose(cursor, asking));
    }

    /// Ends the walk through a past whose ids mean nothing any more.
    pub fn leave_past(&mut self) {
        self.walk.take_if(|(trail, _)| !trail.asks_for_newest());
    }

    /// Ends the walk through the past; the next connection goes on with it.
    pub fn end_walk(&mut self) {
        self.walk = None;
    }

    /// Whether a walk through the past may go on: it does so beside a connection.
    pub fn may_walk(&self) -> bool {
        match self.link.status().state {
            LinkState::Opening | LinkState::Live | LinkState::Polling => true,
            LinkState::Stopped | LinkState::Waiting => false,
        }
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
        if let Some((trail, page)) = &mut self.walk
            && let Poll::Ready(page) = page.as_mut().poll(cx)
        {
            let trail = trail.clone();
            self.walk = None;
            return Poll::Ready(SourceStep::Page(Errand::Walk, trail, page));
        }
        self.outbox.poll(cx).map(SourceStep::Told)
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
            None => ports.secrets.peek(SecretKey::token(profile, self.id())),
        }
    }
}

fn link_view(status: &Status, now: Instant, wall: Timestamp) -> LinkView {
    let ahead = |at: Instant| wall.after(at.saturating_duration_since(now));
    let (state, reason) = match status.state {
        LinkState::Stopped => (status.state, status.reason),
        // What is open may outlive it, but nothing can come.
        LinkState::Opening | LinkState::Live | LinkState::Waiting | LinkState::Polling if status.cut_off => {
            (LinkState::Waiting, Some(Reason::NoNetwork))
        }
        LinkState::Opening | LinkState::Live | LinkState::Waiting | LinkState::Polling => {
            (status.state, status.reason)
        }
    };
    LinkView {
        state,
        reason,
        since: wall.before(now.saturating_duration_since(status.since)),
        attempt: status.attempt,
        retry_at: status.retry_at.map(ahead),
    }
}
