//! Opening a stream: what is asked, what is accepted, and where a token goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use belfry_core::model::{Cursor, Token};
use belfry_core::ports::{ConnectError, Transport, TransportFault};
use belfry_platform::{HttpTransport, Timeouts};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::server::*;

/// Checks what becomes of an answer.
async fn check(answer: impl Fn() -> Response + Clone + Send + Sync + 'static, expected: ConnectError) {
    let server = answering(answer).await;
    assert_eq!(connect(server).await.err(), Some(expected));
}

fn other(status: u16) -> ConnectError {
    ConnectError::Status { status, retry_after: None }
}

fn not_a_stream(content_type: &str) -> ConnectError {
    ConnectError::NotAStream { content_type: content_type.to_owned() }
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    check(|| status(204), ConnectError::NoContent).await;
    check(|| status(401), ConnectError::Unauthorized).await;
    check(|| status(403), ConnectError::Forbidden).await;
    check(|| status(410), ConnectError::Gone).await;
    // 407 is a proxy's, and there is none.
    for code in [201, 205, 206, 300, 304, 400, 404, 405, 407, 500, 502, 504] {
        check(move || status(code), other(code)).await;
    }
}

#[tokio::test]
async fn a_status_that_is_not_200_is_no_stream_whatever_its_type_says() {
    let answer = || {
        let mut response = typed("text/event-stream", "data: a\n\n");
        *response.status_mut() = axum::http::StatusCode::ACCEPTED;
        response
    };
    check(answer, other(202)).await;
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_as_a_date() {
    let asking = |code: u16, value: &'static str| {
        move || {
            let date = "Sun, 22 Nov 2026 10:00:00 GMT";
            Response::builder()
                .status(code)
                .header("retry-after", value)
                .header("date", date)
                .body(Body::empty())
                .unwrap()
        }
    };
    let expected =
        |status, seconds| ConnectError::Status { status, retry_after: Some(Duration::from_secs(seconds)) };
    check(asking(429, "7"), expected(429, 7)).await;
    check(asking(503, "Sun, 22 Nov 2026 10:02:00 GMT"), expected(503, 120)).await;
    check(asking(503, "whenever"), other(503)).await;
    // A limit that passes, however it is called.
    check(asking(403, "60"), expected(403, 60)).await;
    let notice = || {
        Response::builder()
            .header("content-type", "application/json")
            .header("retry-after", "60")
            .body(Body::from(r#"{"code":429}"#))
            .unwrap()
    };
    check(notice, expected(500, 60)).await;
}

#[tokio::test]
async fn only_an_event_stream_is_taken_for_one() {
    check(|| typed("text/html", "<html>\n\ndata: a\n\n"), not_a_stream("text/html")).await;
    check(|| Response::new(Body::empty()), not_a_stream("")).await;
    check(|| typed("text/event-streams", "data: a\n\n"), not_a_stream("text/event-streams")).await;
    check(|| typed("application/json", "{\"code\":200}"), not_a_stream("application/json")).await;
    check(|| typed("application/json", "[401]"), not_a_stream("application/json")).await;
    let long = format!("text/{}", "x".repeat(200));
    let shortened = not_a_stream(&long[..80]);
    check(move || typed(&long, ""), shortened).await;
    for fine in ["text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream;x"] {
        let server = answering(move || typed(fine, "data: a\n\n")).await;
        let mut stream = connect(server).await.unwrap();
        assert_eq!(next_data(&mut stream).await, "a");
    }
}

#[tokio::test]
async fn a_200_that_says_401_or_403_is_recognised() {
    for content_type in
        ["application/json;charset=UTF-8", "application/problem+json", "text/plain", "text/json"]
    {
        let says = move |body: &'static str| move || typed(content_type, body);
        check(says("{\"code\":401,\"msg\":\"认证失败\"}"), ConnectError::Unauthorized).await;
        check(says("{\"msg\":\"\",\"code\":\"401\"}"), ConnectError::Unauthorized).await;
        check(says("{\"code\":403}"), ConnectError::Forbidden).await;
    }
    check(|| Response::new(Body::from("{\"code\":401}")), ConnectError::Unauthorized).await;
    check(|| typed("text/html", "{\"code\":401}"), not_a_stream("text/html")).await;
}

#[tokio::test]
async fn only_the_beginning_of_a_notice_is_read() {
    // An endless body: the test ends, so it was not read to its end.
    let endless = || {
        let piece = axum::body::Bytes::from_static(&[b' '; 8192]);
        let pieces = futures_util::stream::repeat(piece);
        use futures_util::StreamExt;
        typed("application/json", Body::from_stream(pieces.map(Ok::<_, std::convert::Infallible>)))
    };
    let begin = Instant::now();
    check(endless, not_a_stream("application/json")).await;
    // It was the size that ended it, not the time limit of three seconds.
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn the_request_says_what_the_protocol_asks() {
    let (seen, mut saw) = mpsc::channel(1);
    let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
        let seen = seen.clone();
        async move {
            seen.send((uri, headers)).await.unwrap();
            status(204)
        }
    });
    let server = serve(router).await;
    connect(server).await.err().unwrap();
    let (uri, headers) = saw.recv().await.unwrap();
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(uri.to_string(), format!("/sse/connect?q={QUERY}"));
    assert_eq!(header("accept"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache");
    assert_eq!(header("last-event-id"), "k7-42");
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert!(header("user-agent").starts_with("Belfry/"));
    assert!(header("accept-encoding").contains("gzip"));
    assert_eq!(header("referer"), "");

    let mut without = request(url(server));
    without.token = None;
    without.last_event_id = None;
    HttpTransport::new().connect(without).await.err().unwrap();
    let (_, headers) = saw.recv().await.unwrap();
    assert!(!headers.contains_key("authorization") && !headers.contains_key("last-event-id"));

    let mut chinese = request(url(server));
    chinese.last_event_id = Some(Cursor("钟-1".to_owned()));
    HttpTransport::new().connect(chinese).await.err().unwrap();
    let (_, headers) = saw.recv().await.unwrap();
    assert_eq!(headers["last-event-id"].as_bytes(), "钟-1".as_bytes());
}

fn redirect(to: impl Into<String>) -> Response {
    Response::builder().status(302).header("location", to.into()).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_the_token() {
    let router = Router::new().route("/sse/connect", get(|| async { redirect("/moved/here?x=1") })).route(
        "/moved/here",
        get(|headers: HeaderMap| async move {
            let token = headers["authorization"].to_str().unwrap().to_owned();
            let cursor = headers["last-event-id"].to_str().unwrap().to_owned();
            typed("text/event-stream", format!("data: {token}, {cursor}\n\n"))
        }),
    );
    let server = serve(router).await;
    let mut stream = connect(server).await.unwrap();
    assert_eq!(next_data(&mut stream).await, format!("Bearer {TOKEN}, k7-42"));
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    for code in [301, 302, 303, 307, 308] {
        let visits = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&visits);
        let elsewhere = serve(Router::new().fallback(move || {
            count.fetch_add(1, Ordering::SeqCst);
            async { typed("text/event-stream", "data: a\n\n") }
        }))
        .await;
        // The same host with another port is another origin.
        let to = format!("http://user:pass@{elsewhere}/sse?token=x");
        let answer = move || {
            let mut response = redirect(to.clone());
            *response.status_mut() = code.try_into().unwrap();
            response
        };
        let moved = ConnectError::Moved {
            origin: format!("http://{elsewhere}"),
            for_good: matches!(code, 301 | 308),
        };
        check(answer, moved).await;
        assert_eq!(visits.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn redirects_in_a_circle_are_given_up() {
    let visits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&visits);
    let server = answering(move || {
        count.fetch_add(1, Ordering::SeqCst);
        redirect("/sse/connect")
    })
    .await;
    let error = connect(server).await.err().unwrap();
    assert_eq!(error, ConnectError::Moved { origin: format!("http://{server}"), for_good: false });
    assert_eq!(visits.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_a_status_like_any_other() {
    check(|| status(302), other(302)).await;
    check(|| redirect("ftp://example.org/"), other(302)).await;
    check(|| redirect("http://[/"), other(302)).await;
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connect_fault() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = connect(free).await.err().unwrap();
    assert!(matches!(error, ConnectError::Fault(TransportFault::Connect(_))), "{error:?}");
}

#[tokio::test]
async fn a_name_that_cannot_exist_is_a_dns_fault() {
    // A label of more than 63 characters never reaches a name server.
    let name = "x".repeat(70);
    let mut request = request(format!("http://{name}.invalid/sse?q={QUERY}").parse().unwrap());
    request.token = None;
    let error = HttpTransport::new().connect(request).await.err().unwrap();
    assert!(matches!(error, ConnectError::Fault(TransportFault::Dns(_))), "{error:?}");
}

#[tokio::test]
async fn plain_http_behind_https_is_a_tls_fault() {
    let server = answering(|| status(204)).await;
    let request = request(format!("https://{server}/sse?q={QUERY}").parse().unwrap());
    let error = HttpTransport::new().connect(request).await.err().unwrap();
    assert!(matches!(error, ConnectError::Fault(TransportFault::Tls(_))), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() {
    let server = by_hand(|stream| async move {
        // Holds the connection open for as long as the test's runtime lives.
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = Timeouts { headers: Duration::from_millis(200), ..Timeouts::default() };
    let error = HttpTransport::with_timeouts(timeouts).connect(request(url(server))).await.err().unwrap();
    assert_eq!(error, ConnectError::Fault(TransportFault::TimedOut));
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_some_other_fault() {
    let server = by_hand(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
    })
    .await;
    let error = connect(server).await.err().unwrap();
    assert!(matches!(error, ConnectError::Fault(TransportFault::Other(_))), "{error:?}");
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_without_a_request() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut request = request(url(free));
    request.token = Some(Token::new("a\nb"));
    let error = HttpTransport::new().connect(request).await.err().unwrap();
    assert_eq!(error, ConnectError::Unauthorized);
}
