//! Permanent redirects within an origin: followed once, remembered, and forgotten when they lead nowhere.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Uri;
use axum::response::Response;
use belfry_core::ports::{ConnectError, HistoryRequest, Transport};
use belfry_platform::{HttpTransport, Timeouts};

use super::server::*;

/// What a server does with a path, which a test may change.
type Answer = fn(&Uri) -> Response;

/// A server that remembers what it was asked for.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    async fn start(answer: Answer) -> Self {
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(answer)));
        let (record, present) = (Arc::clone(&asked), Arc::clone(&answer));
        let router = Router::new().fallback(move |uri: Uri| async move {
            record.lock().unwrap().push(uri.to_string());
            let answer = *present.lock().unwrap();
            answer(&uri)
        });
        Self { address: serve(router).await, asked, answer }
    }

    fn becomes(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// What it was asked for since the last time, without the queries.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().map(|path| path.split('?').next().unwrap_or_default().to_owned()).collect()
    }
}

fn moved(code: u16, to: &str, from: &Uri) -> Response {
    let query = from.query().map(|query| format!("?{query}")).unwrap_or_default();
    Response::builder().status(code).header("location", format!("{to}{query}")).body(Body::empty()).unwrap()
}

fn stream() -> Response {
    typed("text/event-stream", "data: a\n\n")
}

async fn open(transport: &HttpTransport, server: &Server) -> Result<(), ConnectError> {
    transport.connect(request(url(server.address))).await.map(drop)
}

/// The stream at a new place; the old one points there, for good or for now.
fn new_place(code: u16, uri: &Uri) -> Response {
    match uri.path() {
        "/sse/connect" => moved(code, "/v2/stream", uri),
        "/v2/stream" => stream(),
        _ => status(404),
    }
}

#[tokio::test]
async fn a_permanent_redirect_is_followed_once_and_a_temporary_one_each_time() {
    for (code, again) in
        [(301, &["/v2/stream"][..]), (308, &["/v2/stream"]), (302, &["/sse/connect", "/v2/stream"])]
    {
        let answer: Answer = match code {
            301 => |uri| new_place(301, uri),
            308 => |uri| new_place(308, uri),
            _ => |uri| new_place(302, uri),
        };
        let (server, transport) = (Server::start(answer).await, HttpTransport::new());
        open(&transport, &server).await.unwrap();
        assert_eq!(server.asked(), ["/sse/connect", "/v2/stream"]);
        open(&transport, &server).await.unwrap();
        assert_eq!(server.asked(), again, "{code}");
    }
}

#[tokio::test]
async fn what_stands_behind_a_temporary_redirect_is_not_remembered() {
    let answer: Answer = |uri| match uri.path() {
        "/sse/connect" => moved(308, "/v2/stream", uri),
        "/v2/stream" => moved(307, "/today", uri),
        "/today" => moved(301, "/shard/7", uri),
        _ => stream(),
    };
    let (server, transport) = (Server::start(answer).await, HttpTransport::new());
    open(&transport, &server).await.unwrap();
    server.asked();
    open(&transport, &server).await.unwrap();
    assert_eq!(server.asked(), ["/v2/stream", "/today", "/shard/7"]);
}

#[tokio::test]
async fn a_page_keeps_its_own_query_at_the_new_place() {
    let answer: Answer = |uri| match uri.path() {
        "/messages" => moved(301, "/v2/messages", uri),
        _ => typed("application/json", format!("{{\"asked\":\"{uri}\"}}")),
    };
    let (server, transport) = (Server::start(answer).await, HttpTransport::new());
    transport.fetch(page(server.address, 1000)).await.unwrap();
    let next = format!("http://{}/messages?after=k7-9", server.address).parse().unwrap();
    let reply = transport.fetch(HistoryRequest { url: next, ..page(server.address, 1000) }).await.unwrap();
    assert_eq!(reply.body, r#"{"asked":"/v2/messages?after=k7-9"}"#);
    assert_eq!(server.asked(), ["/messages", "/v2/messages", "/v2/messages"]);
}

/// A wrong one heals: nothing of what stands in memory may hide the server that there is.
#[tokio::test]
async fn a_place_where_nothing_is_any_more_is_forgotten_within_the_same_attempt() {
    let gone: [Answer; 6] = [
        // Not for this token.
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(403) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(404) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(405) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(410) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(501) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { moved(302, "http://127.0.0.1:1/x", uri) },
    ];
    for answer in gone {
        let (server, transport) = (Server::start(|uri| new_place(301, uri)).await, HttpTransport::new());
        open(&transport, &server).await.unwrap();
        server.asked();
        server.becomes(answer);
        open(&transport, &server).await.unwrap();
        assert_eq!(server.asked(), ["/v2/stream", "/sse/connect"]);
        open(&transport, &server).await.unwrap();
        assert_eq!(server.asked(), ["/sse/connect"]);
    }
}

#[tokio::test]
async fn a_place_that_fails_or_answers_with_a_page_is_forgotten_for_the_next_attempt() {
    let bad: [Answer; 6] = [
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(400) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(204) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(302) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(500) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { status(503) },
        |uri| if uri.path() == "/sse/connect" { stream() } else { typed("text/html", "<html>") },
    ];
    for answer in bad {
        let (server, transport) = (Server::start(|uri| new_place(308, uri)).await, HttpTransport::new());
        open(&transport, &server).await.unwrap();
        server.asked();
        server.becomes(answer);
        open(&transport, &server).await.unwrap_err();
        assert_eq!(server.asked(), ["/v2/stream"], "one attempt is one request");
        open(&transport, &server).await.unwrap();
        assert_eq!(server.asked(), ["/sse/connect"]);
    }
}

#[tokio::test]
async fn a_place_that_does_not_answer_is_forgotten_also_by_whoever_waits_no_longer() {
    let short = Timeouts { headers: Duration::from_millis(300), ..Timeouts::default() };
    for (timeouts, patience) in [(short, 60_000), (Timeouts::default(), 300)] {
        let served = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&served);
        let router = Router::new().fallback(move |uri: Uri| async move {
            record.lock().unwrap().push(uri.path().to_owned());
            let asked = record.lock().unwrap().len();
            match uri.path() {
                "/sse/connect" if asked == 1 => moved(301, "/v2/stream", &uri),
                "/v2/stream" if asked > 2 => std::future::pending().await,
                _ => stream(),
            }
        });
        let (address, transport) = (serve(router).await, HttpTransport::with_timeouts(timeouts));
        let open = || transport.connect(request(url(address)));
        open().await.map(drop).unwrap();
        let given_up = tokio::time::timeout(Duration::from_millis(patience), open()).await;
        assert!(!matches!(given_up, Ok(Ok(_))));
        open().await.map(drop).unwrap();
        let served = served.lock().unwrap();
        assert_eq!(*served, ["/sse/connect", "/v2/stream", "/v2/stream", "/sse/connect"]);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_there_leaves_the_place_known() {
    let (server, transport) = (Server::start(|uri| new_place(301, uri)).await, HttpTransport::new());
    open(&transport, &server).await.unwrap();
    server.asked();
    server.becomes(|_| status(401));
    assert_eq!(open(&transport, &server).await, Err(ConnectError::Unauthorized));
    assert_eq!(server.asked(), ["/v2/stream"]);
    server.becomes(|uri| new_place(301, uri));
    open(&transport, &server).await.unwrap();
    assert_eq!(server.asked(), ["/v2/stream"]);
}

#[tokio::test]
async fn a_redirect_that_led_to_nothing_good_is_not_remembered() {
    let answer: Answer = |uri| match uri.path() {
        "/sse/connect" => moved(301, "/login", uri),
        _ => typed("text/html", "<html>"),
    };
    let (server, transport) = (Server::start(answer).await, HttpTransport::new());
    open(&transport, &server).await.unwrap_err();
    open(&transport, &server).await.unwrap_err();
    assert_eq!(server.asked(), ["/sse/connect", "/login", "/sse/connect", "/login"]);
}

#[tokio::test]
async fn where_it_has_moved_can_be_asked_and_forgotten() {
    let (server, transport) = (Server::start(|uri| new_place(308, uri)).await, HttpTransport::new());
    let asked = request(url(server.address)).url;
    assert_eq!(transport.moved(&asked), None);
    open(&transport, &server).await.unwrap();
    assert_eq!(transport.moved(&asked).unwrap().path(), "/v2/stream");
    server.asked();
    let (to, again) = (transport.moved(&asked).unwrap(), HttpTransport::new());
    again.know_move(&asked, &to);
    open(&again, &server).await.unwrap();
    assert_eq!(server.asked(), ["/v2/stream"], "the next run knows it");
    again.know_move(&asked, &"https://elsewhere.example/v2/stream".parse().unwrap());
    assert_eq!(again.moved(&asked), Some(to), "never another origin");
    transport.forget_move(&asked);
    assert_eq!(transport.moved(&asked), None);
    open(&transport, &server).await.unwrap();
    assert_eq!(server.asked(), ["/sse/connect", "/v2/stream"]);
}
