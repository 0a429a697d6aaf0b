//! A server with a sequence, on a network that can go; it counts what it is asked.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use belfry_core::ports::{
    BoxFuture, ConnectError, FetchError, Frame, HistoryReply, HistoryRequest, PostRequest, StreamError,
    StreamEvent, StreamOpened, StreamRequest, TellRequest, Transport, TransportFault,
};
use belfry_core::settings::BadValue;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval};

use crate::world::{page, undated};

const BEAT: Duration = Duration::from_secs(15);

type Event = Result<StreamEvent, StreamError>;

/// What becomes of requests on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Up,
    /// Nothing can be reached.
    Down,
    /// Nothing is ever answered.
    Hangs,
}

#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
}

struct State {
    token: String,
    network: Network,
    published: usize,
    line: Option<mpsc::UnboundedSender<Event>>,
    /// Lines on which nothing comes any more, and which nobody has closed.
    silent: Vec<mpsc::UnboundedSender<Event>>,
    asked: Vec<Instant>,
}

impl Server {
    /// A server that takes one token.
    pub fn accepting(token: &str) -> Self {
        let state = State {
            token: token.to_owned(),
            network: Network::Up,
            published: 0,
            line: None,
            silent: Vec::new(),
            asked: Vec::new(),
        };
        let server = Self { state: Arc::new(Mutex::new(state)) };
        let beating = server.clone();
        tokio::spawn(async move {
            let mut beats = interval(BEAT);
            loop {
                beats.tick().await;
                beating.send(StreamEvent::Comment("beat".to_owned()));
            }
        });
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn send(&self, event: StreamEvent) {
        if let Some(line) = &self.state().line {
            // Lost if nobody listens.
            let _ = line.send(Ok(event));
        }
    }

    pub fn publish(&self, count: usize) {
        for _ in 0..count {
            self.state().published += 1;
            let number = self.published();
            self.send(message(number));
        }
    }

    pub fn published(&self) -> usize {
        self.state().published
    }

    /// Ends the stream as a server does that rotates.
    pub fn rotate(&self) {
        self.state().line = None;
    }

    /// Breaks the connection.
    pub fn break_off(&self) {
        if let Some(line) = self.state().line.take() {
            let _ = line.send(Err(StreamError::Broken("reset".to_owned())));
        }
    }

    /// The connection is lost without a word.
    pub fn fall_silent(&self) {
        let mut state = self.state();
        let line = state.line.take();
        state.silent.extend(line);
    }

    pub fn network(&self, network: Network) {
        self.state().network = network;
    }

    /// Takes another token from now on, and ends the stream of the old one.
    pub fn accept(&self, token: &str) {
        self.state().token = token.to_owned();
        self.rotate();
    }

    /// How much was asked so far.
    pub fn requests(&self) -> usize {
        self.state().asked.len()
    }

    /// The most that was asked within such a span.
    pub fn most_in(&self, span: Duration) -> usize {
        let asked = &self.state().asked;
        let within = |at: usize| asked[at..].iter().take_while(|time| **time - asked[at] < span).count();
        (0..asked.len()).map(within).max().unwrap_or(0)
    }

    /// Counts a request; tells whether its token is taken.
    async fn ask(&self, token: Option<String>) -> Result<bool, TransportFault> {
        let network = {
            let mut state = self.state();
            state.asked.push(Instant::now());
            state.network
        };
        match network {
            Network::Up => Ok(token.as_deref() == Some(&*self.state().token)),
            Network::Down => Err(TransportFault::Connect("no route".to_owned())),
            Network::Hangs => std::future::pending().await,
        }
    }

    fn open(&self, after: Option<usize>) -> StreamOpened {
        let (line, events) = mpsc::unbounded_channel();
        let mut state = self.state();
        let head = state.published;
        let _ = line.send(Ok(StreamEvent::Comment("hello".to_owned())));
        for number in after.map_or(head, |after| after) + 1..=head {
            let _ = line.send(Ok(message(number)));
        }
        let ready = Frame { event: "ready".to_owned(), data: "{}".to_owned(), id: format!("k7-{head}") };
        let _ = line.send(Ok(StreamEvent::Frame(ready)));
        state.line = Some(line);
        let events =
            stream::unfold(
                events,
                |mut events| async move { events.recv().await.map(|item| (item, events)) },
            );
        StreamOpened { events: Box::pin(events) }
    }
}

fn message(number: usize) -> StreamEvent {
    let data = undated(number as u32);
    StreamEvent::Frame(Frame { event: "reply".to_owned(), data, id: format!("k7-{number}") })
}

fn number(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("k7-")?.parse().ok()
}

impl Transport for Server {
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>> {
        let server = self.clone();
        Box::pin(async move {
            let token = request.token.map(|token| token.expose().to_owned());
            if !server.ask(token).await? {
                return Err(ConnectError::Unauthorized);
            }
            Ok(server.open(request.last_event_id.and_then(|cursor| number(&cursor.0))))
        })
    }

    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let server = self.clone();
        Box::pin(async move {
            let token = request.token.map(|token| token.expose().to_owned());
            if !server.ask(token).await? {
                return Err(FetchError::Unauthorized);
            }
            if !request.url.path().ends_with("/messages") {
                return Err(FetchError::Unsupported);
            }
            let after = request
                .url
                .query_pairs()
                .find_map(|(name, value)| (name == "after").then(|| number(&value))?);
            let head = server.published();
            let messages: Vec<String> =
                (after.unwrap_or(0) + 1..=head).map(|number| undated(number as u32)).collect();
            Ok(HistoryReply { body: page(&messages, &format!("k7-{head}"), false).into() })
        })
    }

    fn post(&self, _: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        Box::pin(async { Err(FetchError::Unsupported) })
    }

    fn check(&self, _: &belfry_core::settings::Network) -> Result<(), BadValue> {
        Ok(())
    }

    fn tell(&self, _: TellRequest) -> BoxFuture<'static, Result<(), FetchError>> {
        Box::pin(async { Err(FetchError::Unsupported) })
    }
}
