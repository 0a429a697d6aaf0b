//! A server with a sequence, on a network that can go and that damages what it carries; it counts what it is asked.

#[path = "server/book.rs"]
pub mod book;
#[path = "server/transport.rs"]
mod transport;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use belfry_core::ports::{
    ConnectError, FetchError, Frame, StreamError, StreamEvent, StreamOpened, Tell, TransportFault,
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval};

use self::book::{Book, Change, Places};

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

/// What goes wrong next, each thing once.
#[derive(Debug, Default)]
pub struct Faults {
    /// The next streams are refused, one after the other.
    pub refusals: VecDeque<ConnectError>,
    /// The next stream breaks after so many events.
    pub cut: Option<usize>,
    /// The next page is refused.
    pub page: Option<FetchError>,
    /// What the server is told next is not taken.
    pub tell: Option<FetchError>,
}

#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
}

struct State {
    token: String,
    network: Network,
    book: Book,
    faults: Faults,
    page_limit: usize,
    line: Option<Wire>,
    /// Lines on which nothing comes any more, and which nobody has closed.
    silent: Vec<Wire>,
    asked: Vec<Instant>,
}

/// An open stream, as its reader sees it: with the last event id.
struct Wire {
    events: mpsc::UnboundedSender<Event>,
    id: String,
}

impl Wire {
    /// Lost if nobody listens.
    fn send(&self, event: StreamEvent) {
        let _ = self.events.send(Ok(event));
    }

    fn frame(&mut self, event: &str, id: Option<String>, data: &Value) {
        self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
        let frame = Frame { event: event.to_owned(), data: data.to_string(), id: self.id.clone() };
        self.send(StreamEvent::Frame(frame));
    }

    fn break_off(self) {
        let _ = self.events.send(Err(StreamError::Broken("reset".to_owned())));
    }
}

impl Server {
    /// A server that takes one token.
    pub fn accepting(token: &str) -> Self {
        let state = State {
            token: token.to_owned(),
            network: Network::Up,
            book: Book::default(),
            faults: Faults::default(),
            page_limit: 500,
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
                if let Some(line) = &beating.state().line {
                    line.send(StreamEvent::Comment("beat".to_owned()));
                }
            }
        });
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Looks at what it has.
    pub fn book<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&self.state().book)
    }

    /// Changes what it has, and tells whoever listens.
    pub fn change(&self, change: impl FnOnce(&mut Book) -> Option<Change>) {
        let mut state = self.state();
        let Some(change) = change(&mut state.book) else { return };
        let cursor = state.book.cursor(change.number);
        state.tell(&change, Some(cursor));
    }

    pub fn publish(&self, count: usize) {
        (0..count).for_each(|_| self.change(|book| Some(book.publish())));
    }

    /// Publishes a message whose event has no id.
    pub fn publish_without_id(&self) {
        let mut state = self.state();
        let change = state.book.publish();
        state.tell(&change, None);
    }

    /// Publishes two messages and tells of the second one first.
    pub fn publish_in_disorder(&self) {
        let mut state = self.state();
        let first = state.book.publish();
        for change in [state.book.publish(), first] {
            let cursor = state.book.cursor(change.number);
            state.tell(&change, Some(cursor));
        }
    }

    /// Tells of a message again, with the number that it had.
    pub fn repeat(&self, nth: usize) {
        let mut state = self.state();
        let told = state.book.since(0);
        let messages: Vec<&Change> = told.iter().filter(|change| change.event == "reply").collect();
        if let Some(change) = messages.get(nth % messages.len().max(1)) {
            let cursor = state.book.cursor(change.number);
            state.tell(change, Some(cursor));
        }
    }

    /// An `id:` without anything else: where it is, or nothing.
    pub fn send_id(&self, id: Option<String>) {
        let id = id.unwrap_or_default();
        if let Some(line) = &mut self.state().line {
            line.id.clone_from(&id);
            line.send(StreamEvent::Id(id));
        }
    }

    /// How it spells its places.
    pub fn name_places(&self, places: Places) {
        self.state().book.name_places(places);
    }

    pub fn published(&self) -> usize {
        self.state().book.len()
    }

    pub fn faults(&self, set: impl FnOnce(&mut Faults)) {
        set(&mut self.state().faults);
    }

    /// How many changes a page of its history has at most.
    pub fn page_limit(&self, limit: usize) {
        self.state().page_limit = limit;
    }

    /// Everything is lost, and the stream ends.
    pub fn begin_anew(&self) {
        let mut state = self.state();
        state.book.begin_anew();
        state.line = None;
    }

    /// Forgets all but the last changes.
    pub fn expire(&self, keep: u64) {
        self.state().book.expire(keep);
    }

    /// Ends the stream as a server does that rotates.
    pub fn rotate(&self) {
        self.state().line = None;
    }

    /// Its client has closed the connection.
    pub fn hang_up(&self) {
        let mut state = self.state();
        state.line = None;
        state.silent.clear();
    }

    /// Breaks the connection.
    pub fn break_off(&self) {
        if let Some(line) = self.state().line.take() {
            line.break_off();
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

    fn open(&self, cursor: Option<String>) -> Result<StreamOpened, ConnectError> {
        let mut state = self.state();
        if let Some(refusal) = state.faults.refusals.pop_front() {
            return Err(refusal);
        }
        let (sender, events) = mpsc::unbounded_channel();
        let mut line = Wire { events: sender, id: cursor.clone().unwrap_or_default() };
        line.send(StreamEvent::Comment("hello".to_owned()));
        let cut = state.faults.cut.take();
        if state.repeat_to(&mut line, cursor.as_deref(), cut) {
            state.line = Some(line);
        } else {
            line.break_off();
        }
        let events =
            stream::unfold(
                events,
                |mut events| async move { events.recv().await.map(|item| (item, events)) },
            );
        Ok(StreamOpened { events: Box::pin(events) })
    }

    fn page(&self, url: &url::Url) -> Result<String, FetchError> {
        let mut state = self.state();
        if let Some(error) = state.faults.page.take() {
            return Err(error);
        }
        let value = |wanted: &str| {
            url.query_pairs().find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
        };
        let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
        let limit = state.page_limit.min(limit);
        Ok(match (value("after"), value("before").and_then(|id| id.parse().ok())) {
            (Some(after), _) => state.book.page_after(&after, limit),
            (None, Some(before)) => state.book.older_page(before, limit),
            (None, None) => state.book.newest_page(limit),
        })
    }

    fn told(&self, path: &str, what: Tell) -> Result<(), FetchError> {
        if let Some(error) = self.state().faults.tell.take() {
            return Err(error);
        }
        match what {
            Tell::Delete => {
                let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
                self.change(|book| book.delete(id?));
            }
            Tell::Post(body) => {
                let body: Value = serde_json::from_str(&body).unwrap();
                for id in body["ids"].as_array().unwrap() {
                    let id = id.as_str().unwrap().parse().unwrap();
                    self.change(|book| book.mark(id, body["read"] == json!(true)));
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn tell(&mut self, change: &Change, id: Option<String>) {
        if let Some(line) = &mut self.line {
            line.frame(change.event, id, &change.data);
        }
    }

    /// Brings a new stream to the present; tells whether that came to its end.
    fn repeat_to(&self, line: &mut Wire, cursor: Option<&str>, cut: Option<usize>) -> bool {
        let mut left = cut.unwrap_or(usize::MAX);
        let mut goes_on = || {
            left = left.saturating_sub(1);
            left > 0
        };
        if let Some(cursor) = cursor {
            let (number, gap) = self.book.resume(cursor);
            if let Some(gap) = gap {
                line.frame("gap", None, &gap);
            }
            for change in self.book.since(number) {
                if !goes_on() {
                    return false;
                }
                line.frame(change.event, Some(self.book.cursor(change.number)), &change.data);
            }
        }
        let goes_on = goes_on();
        if goes_on {
            line.frame("ready", Some(self.book.head()), &self.book.ready());
        }
        goes_on
    }
}
