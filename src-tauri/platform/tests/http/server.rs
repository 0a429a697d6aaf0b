//! Servers for one test each, and requests to them.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use belfry_core::model::{Cursor, Token};
use belfry_core::ports::{
    ConnectError, HistoryRequest, Route, StreamError, StreamEvent, StreamOpened, StreamRequest, Transport,
};
use belfry_platform::HttpTransport;
use futures_util::{Stream, StreamExt, stream};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::Url;

pub const TOKEN: &str = "s3cret-token";
pub const QUERY: &str = "private-query";

/// Serves `router` for as long as the test's runtime lives.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Serves one answer to every request.
pub async fn answering<F>(answer: F) -> SocketAddr
where
    F: Fn() -> Response + Clone + Send + Sync + 'static,
{
    serve(Router::new().fallback(move || async move { answer() })).await
}

/// Answers each connection by hand, after the request's headers have been read.
pub async fn by_hand<F, Fut>(answer: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            answer(stream).await;
        }
    });
    address
}

pub fn status(code: u16) -> Response {
    Response::builder().status(code).body(Body::empty()).unwrap()
}

pub fn typed(content_type: &str, body: impl Into<Body>) -> Response {
    Response::builder().header(CONTENT_TYPE, content_type).body(body.into()).unwrap()
}

/// An event stream of these pieces.
pub fn event_stream(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    typed("text/event-stream", Body::from_stream(pieces.map(Ok::<_, Infallible>)))
}

/// What comes through the channel, as a body.
pub fn from_channel(pieces: mpsc::Receiver<Bytes>) -> impl Stream<Item = Bytes> + Send {
    stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) })
}

pub fn url(server: SocketAddr) -> Url {
    format!("http://{server}/sse/connect?q={QUERY}").parse().unwrap()
}

pub fn request(url: Url) -> StreamRequest {
    StreamRequest {
        route: Route::default(),
        url,
        token: Some(Token::new(TOKEN)),
        last_event_id: Some(Cursor("k7-42".to_owned())),
        max_event_bytes: 1024 * 1024,
    }
}

pub async fn connect(server: SocketAddr) -> Result<StreamOpened, ConnectError> {
    HttpTransport::new().connect(request(url(server))).await
}

pub fn page(server: SocketAddr, max_bytes: usize) -> HistoryRequest {
    let url = format!("http://{server}/messages?after={QUERY}").parse().unwrap();
    HistoryRequest { route: Route::default(), url, token: Some(Token::new(TOKEN)), max_bytes }
}

/// The next thing on the stream but signs of life; fails the test if nothing comes for ten seconds.
pub async fn next(stream: &mut StreamOpened) -> Option<Result<StreamEvent, StreamError>> {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), stream.events.next());
        match next.await.expect("something comes within ten seconds") {
            Some(Ok(StreamEvent::Activity)) => {}
            other => return other,
        }
    }
}

/// The data of the next frame.
pub async fn next_data(stream: &mut StreamOpened) -> String {
    match next(stream).await {
        Some(Ok(StreamEvent::Frame(frame))) => frame.data,
        other => panic!("a frame was expected, not {other:?}"),
    }
}
