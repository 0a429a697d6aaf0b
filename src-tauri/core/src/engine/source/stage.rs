//! What a source's attempt, or its poll, waits for, and what comes of it.

use std::task::{Context, Poll, ready};

use crate::engine::outbox::Told;
use crate::engine::probe::Identified;
use crate::engine::trail::Trail;
use crate::link::{Attempt, Channel, CursorState};
use crate::model::Token;
use crate::ports::{
    BoxFuture, ConnectError, FetchError, HistoryReply, Route, SecretError, StreamError, StreamEvent,
    StreamOpened,
};

/// Most events that are taken from a stream in one turn.
const TURN_EVENTS: usize = 512;
/// Most bytes of event data that are taken in one turn, before the last event.
const TURN_BYTES: usize = 1024 * 1024;
/// A page of history on its way.
pub(super) type Page = BoxFuture<'static, Result<HistoryReply, FetchError>>;

/// What an attempt or a poll waits for.
pub(super) enum Stage {
    /// The token.
    Token(CursorState, BoxFuture<'static, Kept>),
    /// Whose it is.
    Whose(CursorState, BoxFuture<'static, Result<Identified, FetchError>>),
    /// A page of history, and the walk that it is a step of.
    Page(Trail, Page),
    /// Good headers.
    Connect(Attempt, BoxFuture<'static, Result<StreamOpened, ConnectError>>),
    /// Events.
    Stream(Attempt, StreamOpened),
}

/// What the keychain has for a request.
pub(in crate::engine) struct Kept {
    pub token: Result<Option<Token>, SecretError>,
    pub route: Route,
}

/// Something that happened to a source.
pub(in crate::engine) enum SourceStep {
    /// The keychain answered an attempt (or a poll).
    Token(Channel, CursorState, Kept),
    /// The server has said whose the token is, or not.
    Whose(Channel, CursorState, Result<Identified, FetchError>),
    /// A page of history came for an attempt, a poll or the walk through the past.
    Page(Errand, Trail, Result<HistoryReply, FetchError>),
    /// The stream was opened, or not.
    Opened(Attempt, Result<StreamOpened, ConnectError>),
    /// Events came, and perhaps the end.
    Events(Attempt, Vec<StreamEvent>, Option<StreamEnd>),
    /// The server has answered to what it was told.
    Told(Told),
}

/// On whose behalf something was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Errand {
    /// An attempt to open the stream, or a poll.
    Request(Channel),
    /// The walk through the past.
    Walk,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum StreamEnd {
    /// The server closed it.
    Closed,
    /// It broke.
    Broken(StreamError),
}

impl Stage {
    pub fn poll(&mut self, by: Channel, cx: &mut Context<'_>) -> Poll<SourceStep> {
        match self {
            Self::Token(cursor, kept) => {
                let kept = ready!(kept.as_mut().poll(cx));
                Poll::Ready(SourceStep::Token(by, std::mem::take(cursor), kept))
            }
            Self::Whose(cursor, user) => {
                let user = ready!(user.as_mut().poll(cx));
                Poll::Ready(SourceStep::Whose(by, std::mem::take(cursor), user))
            }
            Self::Page(trail, page) => {
                let page = ready!(page.as_mut().poll(cx));
                Poll::Ready(SourceStep::Page(Errand::Request(by), trail.clone(), page))
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
