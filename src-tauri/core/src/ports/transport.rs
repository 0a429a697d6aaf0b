//! HTTP: one event stream, the history's pages, and what the server is told.
//!
//! The transport checks status and content type, follows no redirect to another origin, bounds every
//! line and event, and repairs what the parser gets wrong. It never retries: that is the machine's
//! business.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use url::Url;

use super::{BadCertificate, BoxFuture, Route};
use crate::model::{Cursor, SecretText, Token};
use crate::settings::{BadValue, Network};

/// Speaks HTTP.
pub trait Transport: Send + Sync {
    /// Opens one event stream. Done when good headers have come.
    ///
    /// # Errors
    /// See [`ConnectError`].
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>>;

    /// Fetches one page of history, or another small JSON document.
    ///
    /// # Errors
    /// See [`FetchError`].
    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>>;

    /// Fetches an image, whatever the server calls it; whether it is one, the caller looks. A transport that shows
    /// none has none.
    ///
    /// # Errors
    /// See [`FetchError`].
    fn image(&self, _request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        Box::pin(std::future::ready(Err(FetchError::Unsupported)))
    }

    /// Posts a small JSON document and takes the JSON answer. Of redirects, only those within the origin are followed
    /// that keep method and body (307, 308).
    ///
    /// # Errors
    /// See [`FetchError`].
    fn post(&self, request: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>>;

    /// Tells the server something; of the answer only counts whether it was taken. Follows redirects as
    /// [`Transport::post`] does.
    ///
    /// # Errors
    /// See [`FetchError`]. A page of a site in place of an answer is [`FetchError::Unsupported`]; that something to
    /// be deleted is not there is no error.
    fn tell(&self, request: TellRequest) -> BoxFuture<'static, Result<(), FetchError>>;

    /// Where an address is by now, where permanent redirects within its origin (301, 308) have led from it; it is asked
    /// there at once. Known for as long as the transport lives, or until nothing good is there.
    fn moved(&self, _url: &Url) -> Option<Url> {
        None
    }

    /// Takes over from an earlier transport where an address is by now.
    fn know_move(&self, _from: &Url, _to: &Url) {}

    /// Forgets that: the next request goes where it was meant to.
    fn forget_move(&self, _url: &Url) {}

    /// Looks at the files that a way to a server names. Asks nobody.
    ///
    /// # Errors
    /// [`BadValue`] with the first one that cannot be used.
    fn check(&self, network: &Network) -> Result<(), BadValue>;
}

/// A request for an event stream.
#[derive(Debug, Clone)]
pub struct StreamRequest {
    /// The way there.
    pub route: Route,
    /// The address, without secrets.
    pub url: Url,
    /// Goes into the `Authorization` header.
    pub token: Option<Token>,
    /// Goes into the `Last-Event-ID` header. The caller checks that a header can carry it.
    pub last_event_id: Option<Cursor>,
    /// The largest event, in bytes of its `data` and `event` lines.
    pub max_event_bytes: usize,
}

/// An open stream. Dropping it closes the connection.
pub struct StreamOpened {
    /// What comes, in order; ends with the connection. Pulled, never pushed.
    pub events: Pin<Box<dyn Stream<Item = Result<StreamEvent, StreamError>> + Send>>,
}

/// One thing that came on the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// Something is to be dispatched (WHATWG HTML 9.2.6).
    Frame(Frame),
    /// A block without data set the last event id; an empty text clears it.
    Id(String),
    /// The server asks for this reconnection time.
    Retry(Duration),
    /// A comment, shortened to 256 characters.
    Comment(String),
    /// An event was larger than allowed; it was skipped. Its id, wherever it stood, counts.
    Oversized {
        /// The last event id after it.
        id: String,
    },
    /// Bytes came that have not completed anything yet: proof of life. Rate-limited to one per chunk.
    Activity,
}

/// A dispatched event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The event's type; `message` where the server named none.
    pub event: String,
    /// The data, lines joined with LF.
    pub data: String,
    /// The last event id after this dispatch: the event's own, else that of the events before it, else the
    /// one with which the stream was asked for. Empty where there is none or the server cleared it.
    pub id: String,
}

/// Why a stream ended other than by its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The bytes could not be decoded (e.g. damaged gzip).
    #[error("the stream could not be decoded: {0}")]
    Undecodable(String),
}

/// Why no stream was opened. Texts never hold an address's query or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No answer at all.
    #[error(transparent)]
    Fault(#[from] TransportFault),
    /// The token would travel in the clear, and the user has not said yes to that. Nothing was sent.
    #[error("the token was not sent, because the connection is not encrypted")]
    NotEncrypted,
    /// 401, or a 200 whose JSON says so.
    #[error("the server refused the token")]
    Unauthorized,
    /// 403.
    #[error("the token is not allowed here")]
    Forbidden,
    /// 204.
    #[error("the server has nothing to say")]
    NoContent,
    /// 410.
    #[error("there is nothing here any more")]
    Gone,
    /// A redirect to another origin, or one too many.
    #[error("the server has moved to {origin}")]
    Moved {
        /// The origin it points to.
        origin: String,
        /// By nothing but permanent redirects (301, 308).
        for_good: bool,
    },
    /// 200, but not an event stream.
    #[error("the server answered with {content_type:?}, not with an event stream")]
    NotAStream {
        /// The content type, shortened.
        content_type: String,
    },
    /// Any other status.
    #[error("the server answered {status}")]
    Status {
        /// The status.
        status: u16,
        /// How long it asks to be left alone, counted from now.
        retry_after: Option<Duration>,
    },
}

/// A failure below HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    /// The name does not resolve.
    #[error("the name could not be resolved: {0}")]
    Dns(String),
    /// Nobody listens, or the network is down.
    #[error("the server could not be reached: {0}")]
    Connect(String),
    /// A certificate on the way is not trusted.
    #[error(transparent)]
    Certificate(Box<BadCertificate>),
    /// The handshake failed, or the files or the pin that the settings name are not right.
    #[error("the secure connection failed: {0}")]
    Tls(String),
    /// The proxy on the way refused, or could not be spoken to.
    #[error("the proxy did not let the request through: {0}")]
    Proxy(String),
    /// The proxy on the way wants to know who asks, or does not take the user and password that it was told.
    #[error("the proxy asks for a user and a password: {0}")]
    ProxyLogin(String),
    /// Headers did not come in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// Anything else.
    #[error("the request failed: {0}")]
    Other(String),
}

/// A request for a JSON document.
#[derive(Debug, Clone)]
pub struct HistoryRequest {
    /// The way there.
    pub route: Route,
    /// The address with its query, which holds no secret.
    pub url: Url,
    /// Goes into the `Authorization` header.
    pub token: Option<Token>,
    /// The largest body, in bytes.
    pub max_bytes: usize,
}

/// A document to be posted.
#[derive(Debug, Clone)]
pub struct PostRequest {
    /// The way there.
    pub route: Route,
    /// The address, without secrets.
    pub url: Url,
    /// Goes into the `Authorization` header.
    pub token: Option<Token>,
    /// JSON. It may hold a password.
    pub body: SecretText,
    /// The largest answer, in bytes.
    pub max_bytes: usize,
}

/// Something that the server is told.
#[derive(Debug, Clone)]
pub struct TellRequest {
    /// The way there.
    pub route: Route,
    /// The address, without secrets.
    pub url: Url,
    /// Goes into the `Authorization` header.
    pub token: Option<Token>,
    /// What it is told.
    pub what: Tell,
}

/// What a server can be told about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tell {
    /// This JSON is posted there.
    Post(String),
    /// What is there is to be deleted.
    Delete,
}

/// A document that came with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryReply {
    /// The body, not yet parsed.
    pub body: Bytes,
}

/// Why no document came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No answer at all.
    #[error(transparent)]
    Fault(#[from] TransportFault),
    /// The token would travel in the clear, and the user has not said yes to that. Nothing was sent.
    #[error("the token was not sent, because the connection is not encrypted")]
    NotEncrypted,
    /// 401, or a 200 whose JSON says so.
    #[error("the server refused the token")]
    Unauthorized,
    /// 403.
    #[error("the token is not allowed here")]
    Forbidden,
    /// 404, 405, 406 or 501, or no JSON: there is no such thing here. To a question: a redirect elsewhere, too.
    #[error("the server has nothing of the kind")]
    Unsupported,
    /// What was posted or to be deleted was redirected to another origin, or too often.
    #[error("the server has moved to {origin}")]
    Moved {
        /// The origin it points to.
        origin: String,
    },
    /// What was posted or to be deleted was redirected in a way that keeps neither method nor body (301, 302, 303).
    #[error("the server answered {status}, which only a question can follow")]
    Redirected {
        /// The status.
        status: u16,
    },
    /// Any other status.
    #[error("the server answered {status}")]
    Status {
        /// The status.
        status: u16,
        /// How long it asks to be left alone, counted from now.
        retry_after: Option<Duration>,
    },
    /// The body is larger than allowed.
    #[error("the answer is too large")]
    TooLarge,
}
