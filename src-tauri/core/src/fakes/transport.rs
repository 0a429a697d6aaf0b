//! A network that says what a test tells it to.
//!
//! Answers queue up: each request takes the next one of its sort. A request that finds none waits for it, as
//! behind a slow server.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{Notify, mpsc};
use url::Url;

use crate::model::{Cursor, Token};
use crate::ports::{
    BoxFuture, ConnectError, FetchError, Frame, HistoryReply, HistoryRequest, PostRequest, Route,
    StreamError, StreamEvent, StreamOpened, StreamRequest, Tell, TellRequest, Transport,
};
use crate::settings::{BadValue, Network};

/// Most events that wait on one line.
const LINE: usize = 4096;

/// Answers as scripted and remembers what was asked.
#[derive(Debug, Clone, Default)]
pub struct ScriptedTransport {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Request>,
    routes: Vec<Route>,
    streams: VecDeque<Result<mpsc::Receiver<Result<StreamEvent, StreamError>>, ConnectError>>,
    pages: VecDeque<Result<String, FetchError>>,
    images: VecDeque<Result<Vec<u8>, FetchError>>,
    posts: VecDeque<Result<String, FetchError>>,
    posted_with: Vec<(String, String)>,
    tells: VecDeque<Result<(), FetchError>>,
    users: BTreeMap<String, String>,
    me_failures: VecDeque<FetchError>,
    moves: BTreeMap<String, Url>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A stream.
    Stream {
        /// The token's text, since a test wants to compare it.
        token: Option<String>,
        /// The cursor in the header.
        last_event_id: Option<Cursor>,
    },
    /// A page of history.
    Page {
        /// The address.
        url: String,
    },
    /// An image.
    Image {
        /// The address.
        url: String,
        /// The token's text.
        token: Option<String>,
        /// The names of the headers that go along.
        headers: Vec<String>,
    },
    /// A document was posted.
    Post {
        /// The address.
        url: String,
        /// The body, since a test wants to compare it.
        body: String,
    },
    /// It was told something.
    Tell {
        /// Method, path, and what was posted, with single spaces between them.
        line: String,
    },
    /// It was asked whose token one is.
    Me {
        /// The token's text.
        token: Option<String>,
    },
}

/// A test's end of an open stream; the stream ends when it is dropped.
#[derive(Debug)]
pub struct Line {
    events: mpsc::Sender<Result<StreamEvent, StreamError>>,
}

impl Line {
    /// Dispatches an event.
    pub async fn frame(&self, event: &str, id: &str, data: &str) {
        let frame = Frame { event: event.to_owned(), data: data.to_owned(), id: id.to_owned() };
        self.send(StreamEvent::Frame(frame)).await;
    }

    /// Sends anything; lost if nobody listens any more.
    pub async fn send(&self, event: StreamEvent) {
        let _ = self.events.send(Ok(event)).await;
    }

    /// Breaks the connection.
    pub async fn break_off(self) {
        let _ = self.events.send(Err(StreamError::Broken("reset".to_owned()))).await;
    }

    /// Whether the engine has closed the connection.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.events.is_closed()
    }
}

impl ScriptedTransport {
    /// The next request for a stream is granted.
    #[must_use]
    pub fn open_next(&self) -> Line {
        let (events, line) = mpsc::channel(LINE);
        self.lock().streams.push_back(Ok(line));
        self.changed.notify_waiters();
        Line { events }
    }

    /// The next request for a stream is refused.
    pub fn refuse_next(&self, error: ConnectError) {
        self.lock().streams.push_back(Err(error));
        self.changed.notify_waiters();
    }

    /// The next request for a page gets this body.
    pub fn page_next(&self, body: &str) {
        self.lock().pages.push_back(Ok(body.to_owned()));
        self.changed.notify_waiters();
    }

    /// The next request for a page fails.
    pub fn page_fails_next(&self, error: FetchError) {
        self.lock().pages.push_back(Err(error));
        self.changed.notify_waiters();
    }

    /// The next request for an image gets these bytes, or fails.
    pub fn image_next(&self, answer: Result<&[u8], FetchError>) {
        self.lock().images.push_back(answer.map(<[u8]>::to_vec));
        self.changed.notify_waiters();
    }

    /// The next document that is posted gets this answer.
    pub fn post_next(&self, answer: Result<&str, FetchError>) {
        self.lock().posts.push_back(answer.map(str::to_owned));
        self.changed.notify_waiters();
    }

    /// The next thing that it is told is taken, or not.
    pub fn tell_next(&self, answer: Result<(), FetchError>) {
        self.lock().tells.push_back(answer);
        self.changed.notify_waiters();
    }

    /// This token belongs to this user. Of others the server does not say whose they are.
    pub fn token_of(&self, token: &str, user: &str) {
        self.lock().users.insert(token.to_owned(), user.to_owned());
    }

    /// The next question whose a token is fails.
    pub fn me_fails_next(&self, error: FetchError) {
        self.lock().me_failures.push_back(error);
    }

    /// What is at the one path is at the other address by now.
    pub fn moved_to(&self, path: &str, to: &str) {
        if let Ok(to) = to.parse() {
            self.lock().moves.insert(path.to_owned(), to);
        }
    }

    /// What was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// The ways on which streams were asked for.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        self.lock().routes.clone()
    }

    /// Where documents were posted with which tokens' texts.
    #[must_use]
    pub fn posted_with(&self) -> Vec<(String, String)> {
        self.lock().posted_with.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the script has an answer.
    async fn answer<T>(self, take: impl Fn(&mut State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(answer) = take(&mut self.lock()) {
                return answer;
            }
            changed.await;
        }
    }
}

impl ScriptedTransport {
    fn me(&self, token: Option<Token>) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let token = token.map(|token| token.expose().to_owned());
        let mut state = self.lock();
        let user = token.as_ref().and_then(|token| state.users.get(token));
        let reply = user.map(|user| HistoryReply { body: Bytes::from(format!(r#"{{"user":"{user}"}}"#)) });
        let reply = state.me_failures.pop_front().map_or(reply.ok_or(FetchError::Unsupported), Err);
        state.requests.push(Request::Me { token });
        Box::pin(std::future::ready(reply))
    }
}

impl Transport for ScriptedTransport {
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>> {
        let token = request.token.map(|token| token.expose().to_owned());
        self.lock().routes.push(request.route);
        self.lock().requests.push(Request::Stream { token, last_event_id: request.last_event_id });
        let script = self.clone();
        Box::pin(async move {
            let line = script.answer(|state| state.streams.pop_front()).await?;
            let events =
                stream::unfold(line, |mut line| async move { line.recv().await.map(|item| (item, line)) });
            Ok(StreamOpened { events: Box::pin(events) })
        })
    }

    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        if request.url.path().ends_with("/me") {
            return self.me(request.token);
        }
        self.lock().requests.push(Request::Page { url: request.url.to_string() });
        let script = self.clone();
        Box::pin(async move {
            let body = script.answer(|state| state.pages.pop_front()).await?;
            Ok(HistoryReply { body: Bytes::from(body) })
        })
    }

    fn image(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let token = request.token.map(|token| token.expose().to_owned());
        let headers = request.route.network.headers.keys().cloned().collect();
        self.lock().requests.push(Request::Image { url: request.url.to_string(), token, headers });
        let script = self.clone();
        Box::pin(async move {
            let body = script.answer(|state| state.images.pop_front()).await?;
            Ok(HistoryReply { body: Bytes::from(body) })
        })
    }

    fn moved(&self, url: &Url) -> Option<Url> {
        self.lock().moves.get(url.path()).cloned()
    }

    fn know_move(&self, from: &Url, to: &Url) {
        self.lock().moves.insert(from.path().to_owned(), to.clone());
    }

    fn forget_move(&self, url: &Url) {
        self.lock().moves.remove(url.path());
    }

    fn check(&self, _network: &Network) -> Result<(), BadValue> {
        Ok(())
    }

    fn post(&self, request: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let body = request.body.expose().to_owned();
        let mut state = self.lock();
        if let Some(token) = &request.token {
            state.posted_with.push((request.url.to_string(), token.expose().to_owned()));
        }
        state.requests.push(Request::Post { url: request.url.to_string(), body });
        drop(state);
        let script = self.clone();
        Box::pin(async move {
            let body = script.answer(|state| state.posts.pop_front()).await?;
            Ok(HistoryReply { body: Bytes::from(body) })
        })
    }

    fn tell(&self, request: TellRequest) -> BoxFuture<'static, Result<(), FetchError>> {
        let path = request.url.path();
        let line = match request.what {
            Tell::Post(body) => format!("POST {path} {body}"),
            Tell::Delete => format!("DELETE {path}"),
        };
        self.lock().requests.push(Request::Tell { line });
        let script = self.clone();
        Box::pin(async move { script.answer(|state| state.tells.pop_front()).await })
    }
}
