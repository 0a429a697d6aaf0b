//! Telling a server of marks and deletions.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use belfry_core::model::Token;
use belfry_core::ports::{FetchError, Route, Tell, TellRequest, Transport, TransportFault};
use belfry_platform::HttpTransport;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::server::*;

fn request(server: std::net::SocketAddr, what: Tell) -> TellRequest {
    let url = format!("http://{server}/api/messages/a%2Fb").parse().unwrap();
    TellRequest { route: Route::default(), url, token: Some(Token::new(TOKEN)), what }
}

fn post() -> Tell {
    Tell::Post(r#"{"ids":["1"],"read":true}"#.to_owned())
}

/// What becomes of an answer to a post, and to a deletion.
async fn outcomes(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> [Result<(), FetchError>; 2] {
    let server = answering(answer).await;
    let transport = HttpTransport::new();
    [transport.tell(request(server, post())).await, transport.tell(request(server, Tell::Delete)).await]
}

async fn check(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    expected: Result<(), FetchError>,
) {
    assert_eq!(outcomes(answer).await, [expected.clone(), expected]);
}

#[tokio::test]
async fn it_is_told_once_with_the_token_and_to_this_address() {
    let (seen, mut requests) = mpsc::channel(8);
    let answer = move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1000).await.unwrap();
        seen.send((parts, String::from_utf8(body.to_vec()).unwrap())).await.unwrap();
        axum::http::StatusCode::NO_CONTENT
    };
    let server = serve(Router::new().fallback(any(answer))).await;
    let transport = HttpTransport::new();
    assert_eq!(transport.tell(request(server, post())).await, Ok(()));
    assert_eq!(transport.tell(request(server, Tell::Delete)).await, Ok(()));
    for (method, body) in [("POST", r#"{"ids":["1"],"read":true}"#), ("DELETE", "")] {
        let (parts, came) = requests.recv().await.unwrap();
        assert_eq!((parts.method.as_str(), parts.uri.path()), (method, "/api/messages/a%2Fb"));
        assert_eq!(parts.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(parts.headers["accept"], "application/json");
        assert_eq!(parts.headers.contains_key("content-type"), method == "POST");
        assert!(!parts.headers.contains_key("referer"));
        assert_eq!(came, body);
    }
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_good_status_means_that_it_was_taken_unless_the_answer_says_otherwise() {
    for code in [200, 201, 202, 204] {
        check(move || status(code), Ok(())).await;
    }
    check(|| typed("text/plain", "OK"), Ok(())).await;
    check(|| typed("application/json", r#"{"code":200,"msg":"ok"}"#), Ok(())).await;
    let notice = r#" {"code":401,"msg":"login"}"#;
    check(move || typed("application/json", notice), Err(FetchError::Unauthorized)).await;
    check(|| typed("application/json", r#"{"code":403}"#), Err(FetchError::Forbidden)).await;
    for failed in [r#"{"code":500,"msg":"database is down"}"#, r#"{"code":601}"#] {
        let expected = FetchError::Status { status: 500, retry_after: None };
        check(move || typed("application/json", failed), Err(expected)).await;
    }
    for fine in [r#"{"code":0}"#, r#"{"code":1}"#, r#"{"code":20000}"#, r#"{"code":"A"}"#, "{"] {
        check(move || typed("application/json", fine), Ok(())).await;
    }
    // A site that has a page for everything.
    check(|| typed("text/html", "<!doctype html>"), Err(FetchError::Unsupported)).await;
}

#[tokio::test]
async fn what_is_not_there_is_deleted_and_cannot_be_posted_to() {
    for (code, posted) in
        [(404, FetchError::Unsupported), (410, FetchError::Status { status: 410, retry_after: None })]
    {
        assert_eq!(outcomes(move || status(code)).await, [Err(posted), Ok(())]);
    }
    let deploying = || (axum::http::StatusCode::NOT_FOUND, "<html>deploying</html>").into_response();
    check(deploying, Err(FetchError::Unsupported)).await;
}

#[tokio::test]
async fn each_refusal_has_its_name() {
    check(|| status(401), Err(FetchError::Unauthorized)).await;
    check(|| status(403), Err(FetchError::Forbidden)).await;
    for code in [405, 406, 501] {
        check(move || status(code), Err(FetchError::Unsupported)).await;
    }
    check(|| status(422), Err(FetchError::Status { status: 422, retry_after: None })).await;
    let busy = || Response::builder().status(503).header("retry-after", "3").body(Body::empty()).unwrap();
    check(busy, Err(FetchError::Status { status: 503, retry_after: Some(Duration::from_secs(3)) })).await;
}

/// A server that sends whoever asks for anything but `/new` there, and what it was asked: method and path, whether with the
/// token, and the body.
async fn redirecting(
    code: u16,
    location: &'static str,
) -> (std::net::SocketAddr, mpsc::Receiver<(String, bool, String)>) {
    let (seen, requests) = mpsc::channel(32);
    let answer = move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1000).await.unwrap();
        let place = parts.uri.path().to_owned();
        let line = format!("{} {place}", parts.method);
        let has_token =
            parts.headers.get("authorization").is_some_and(|value| value == &format!("Bearer {TOKEN}"));
        seen.send((line, has_token, String::from_utf8(body.to_vec()).unwrap())).await.unwrap();
        match place.as_str() {
            "/new" => status(204),
            _ => Response::builder().status(code).header("location", location).body(Body::empty()).unwrap(),
        }
    };
    (serve(Router::new().fallback(any(answer))).await, requests)
}

#[tokio::test]
async fn a_redirect_that_keeps_method_and_body_is_followed_within_the_origin() {
    for code in [307, 308] {
        for (what, method, body) in
            [(post(), "POST", r#"{"ids":["1"],"read":true}"#), (Tell::Delete, "DELETE", "")]
        {
            let (server, mut requests) = redirecting(code, "/new").await;
            assert_eq!(HttpTransport::new().tell(request(server, what)).await, Ok(()), "{code} {method}");
            for place in ["/api/messages/a%2Fb", "/new"] {
                let asked = (format!("{method} {place}"), true, body.to_owned());
                assert_eq!(requests.recv().await, Some(asked), "{code}");
            }
            assert!(requests.try_recv().is_err());
        }
    }
}

#[tokio::test]
async fn one_that_does_not_is_a_failure_with_a_name() {
    for code in [301, 302, 303] {
        let (server, mut requests) = redirecting(code, "/new").await;
        for what in [post(), Tell::Delete] {
            let told = HttpTransport::new().tell(request(server, what)).await;
            assert_eq!(told, Err(FetchError::Redirected { status: code }));
            requests.recv().await;
            assert!(requests.try_recv().is_err(), "{code} is not followed");
        }
    }
}

#[tokio::test]
async fn no_redirect_takes_token_or_body_to_another_origin_and_a_circle_is_left() {
    let (other, mut of_other) = redirecting(204, "/new").await;
    let elsewhere: &'static str = Box::leak(format!("http://{other}/new").into_boxed_str());
    for code in [301, 302, 303, 307, 308] {
        let (server, _requests) = redirecting(code, elsewhere).await;
        for what in [post(), Tell::Delete] {
            let told = HttpTransport::new().tell(request(server, what)).await;
            assert_eq!(told, Err(FetchError::Moved { origin: format!("http://{other}") }), "{code}");
        }
    }
    assert!(of_other.try_recv().is_err(), "nobody was there");

    let (server, mut requests) = redirecting(307, "/again").await;
    let told = HttpTransport::new().tell(request(server, post())).await;
    assert_eq!(told, Err(FetchError::Moved { origin: format!("http://{server}") }));
    let mut count = 0;
    while requests.try_recv().is_ok() {
        count += 1;
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault_and_a_slow_one_is_not_waited_for() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = HttpTransport::new().tell(request(free, post())).await.unwrap_err();
    assert!(matches!(error, FetchError::Fault(TransportFault::Connect(_))), "{error:?}");

    let silent = by_hand(|stream| async move {
        let _open = stream;
        std::future::pending().await
    })
    .await;
    let timeouts = belfry_platform::Timeouts {
        headers: Duration::from_millis(50),
        ..belfry_platform::Timeouts::default()
    };
    let error = HttpTransport::with_timeouts(timeouts).tell(request(silent, Tell::Delete)).await.unwrap_err();
    assert_eq!(error, FetchError::Fault(TransportFault::TimedOut));
}
