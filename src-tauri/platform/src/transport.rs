//! HTTP: one event stream at a time through eventsource-client, the history's pages, and what the server is told.
//!
//! The library is the one-connection stream: it makes the request, parses and yields events. Beneath it
//! stands a transport of our own which answers only with a good event stream ([`http`]) and whose body is
//! the canonical spelling of what the server sent ([`tokenizer`], [`canonical`]), since the library alone
//! gives up on bytes that a browser lives with. Reconnecting, cursors and waiting are the connection
//! machine's business.

mod answer;
mod body;
mod canonical;
mod certificate;
mod client;
mod fault;
mod http;
mod moves;
mod page;
mod publish;
mod retry_after;
mod tell;
mod tokenizer;
mod trust;

#[cfg(test)]
mod conformance;

use std::sync::Arc;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use belfry_core::model::Token;
use belfry_core::ports::{
    BoxFuture, ConnectError, FetchError, HistoryReply, HistoryRequest, PostRequest, StreamError, StreamEvent,
    StreamOpened, StreamRequest, TellRequest, Transport, TransportFault,
};
use belfry_core::settings::{BadValue, Network};
use eventsource_client::{BoxStream, Client as _, ClientBuilder, Error, ReconnectOptions, SSE};
use futures_util::{Stream, StreamExt, stream};
use launchdarkly_sdk_transport::{ByteStream, ResponseFuture, TransportError};
use sync_wrapper::{SyncFuture, SyncStream};
use url::Url;

pub use self::http::Timeouts;
pub use self::publish::{PublishError, publish};

#[cfg(feature = "fuzzing")]
pub use self::tokenizer::fuzzing;

use self::body::CanonicalBody;
use self::http::Http;
use self::tokenizer::Tokenizer;

/// Speaks HTTP through reqwest. Where the settings of a source ask for nothing else, it goes over the system's proxies
/// (never for a loopback server) and trusts the system's certificates. Cheap to clone; connections to fetch pages are shared.
#[derive(Clone)]
pub struct HttpTransport {
    http: Arc<Http>,
    headers: HeaderMap,
}

impl HttpTransport {
    /// A transport without connections. Must be used within a tokio runtime with time and I/O.
    #[must_use]
    pub fn new() -> Self {
        Self::with_timeouts(Timeouts::default())
    }

    /// The same with other patience.
    #[must_use]
    pub fn with_timeouts(timeouts: Timeouts) -> Self {
        crate::install_crypto_provider();
        Self { http: Arc::new(Http::new(timeouts)), headers: HeaderMap::new() }
    }

    /// Sends these headers with each request for a stream, beside its own. Their values are treated as
    /// secrets.
    ///
    /// # Errors
    /// The name of the first one that cannot stand in a request.
    pub fn with_headers(mut self, headers: &[(String, Token)]) -> Result<Self, String> {
        for (name, value) in headers {
            let pair =
                HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value.expose()).ok());
            let (key, mut value) = pair.ok_or_else(|| name.clone())?;
            value.set_sensitive(true);
            self.headers.append(key, value);
        }
        Ok(self)
    }
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for HttpTransport {
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>> {
        let Self { http, mut headers } = self.clone();
        Box::pin(async move {
            let mut client = ClientBuilder::for_url(request.url.as_str())
                .map_err(|_| unusable("the address cannot stand in a request"))?
                .reconnect(ReconnectOptions::reconnect(false).retry_initial(false).build())
                .redirect_limit(0);
            if let Some(cursor) = &request.last_event_id {
                // The library takes ASCII only; a browser sends the bytes of UTF-8.
                match HeaderValue::from_bytes(cursor.0.as_bytes()) {
                    Ok(value) if !cursor.0.is_ascii() => {
                        headers.insert(HeaderName::from_static("last-event-id"), value);
                    }
                    Ok(_) | Err(_) => client = client.last_event_id(cursor.0.clone()),
                }
            }
            let connection = Connection { http, headers, request: Arc::new(request) };
            let mut stream = client.build_with_transport(connection).stream();
            match stream.next().await {
                Some(Ok(_)) => Ok(StreamOpened { events: Box::pin(events(stream).fuse()) }),
                Some(Err(Error::Transport(error))) => Err(connect_error(&error)),
                Some(Err(Error::InvalidParameter(_))) => Err(unusable("the cursor cannot stand in a header")),
                Some(Err(error)) => Err(unusable(&error.to_string())),
                None => Err(unusable("no request was made")),
            }
        })
    }

    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move { page::fetch(&http, request).await })
    }

    fn image(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move { page::image(&http, request).await })
    }

    fn moved(&self, url: &Url) -> Option<Url> {
        self.http.moved(url)
    }

    fn know_move(&self, from: &Url, to: &Url) {
        self.http.know_move(from, to);
    }

    fn forget_move(&self, url: &Url) {
        self.http.found_bad(url);
    }

    fn check(&self, network: &Network) -> Result<(), BadValue> {
        trust::check(network)
    }

    fn post(&self, request: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move { page::post(&http, request).await })
    }

    fn tell(&self, request: TellRequest) -> BoxFuture<'static, Result<(), FetchError>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move { tell::tell(&http, request).await })
    }
}

/// What the library makes its one request with.
#[derive(Clone)]
struct Connection {
    http: Arc<Http>,
    headers: HeaderMap,
    request: Arc<StreamRequest>,
}

impl launchdarkly_sdk_transport::HttpTransport for Connection {
    fn request(&self, from_library: ::http::Request<Option<bytes::Bytes>>) -> ResponseFuture {
        let Self { http, mut headers, request } = self.clone();
        Box::pin(SyncFuture::new(async move {
            // What the stream needs wins over what was asked for beside it.
            headers.extend(from_library.headers().clone());
            let raw = answer::open(&http, &request, &headers).await.map_err(TransportError::new)?;
            let last_event_id = request.last_event_id.as_ref().map_or("", |cursor| &cursor.0);
            let tokenizer = Tokenizer::new(request.max_event_bytes, last_event_id);
            let body: ByteStream = Box::pin(SyncStream::new(CanonicalBody::new(raw, tokenizer)));
            Ok(::http::Response::new(body))
        }))
    }
}

/// What comes on an open stream, up to its end or its first error.
fn events(stream: BoxStream<eventsource_client::Result<SSE>>) -> impl Stream<Item = Item> + Send {
    stream::unfold(Some(stream), |stream| async move {
        let mut stream = stream?;
        loop {
            match stream.next().await? {
                Ok(sse) => {
                    if let Some(event) = canonical::read(sse) {
                        return Some((Ok(event), Some(stream)));
                    }
                }
                Err(Error::Eof) => return None,
                Err(error) => return Some((Err(stream_error(&error)), None)),
            }
        }
    })
}

type Item = Result<StreamEvent, StreamError>;

fn stream_error(error: &Error) -> StreamError {
    if let Error::Transport(error) = error
        && let Some(error) = error.inner().downcast_ref::<StreamError>()
    {
        return error.clone();
    }
    // The canonical stream gives the library nothing to complain about.
    StreamError::Undecodable(error.to_string())
}

fn connect_error(error: &TransportError) -> ConnectError {
    match error.inner().downcast_ref::<ConnectError>() {
        Some(error) => error.clone(),
        None => unusable(&error.to_string()),
    }
}

fn unusable(why: &str) -> ConnectError {
    ConnectError::Fault(TransportFault::Other(why.to_owned()))
}
