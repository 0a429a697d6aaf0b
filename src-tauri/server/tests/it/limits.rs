//! Clients that hold on to the server without using it: half a head, half a body, nothing at all, too many at once.

use std::time::Duration;

use belfry_server::{Config, RunningServer, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{User, message, within};

const PATIENCE: Duration = Duration::from_millis(300);

async fn impatient() -> RunningServer {
    Server::start(Config { patience: PATIENCE, ..Config::default() }).await.unwrap()
}

/// Opens a connection and says `text`.
async fn say(server: &RunningServer, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end like any other.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_in_time_is_closed() {
    let server = impatient().await;
    let silent = say(&server, "").await;
    let half = say(&server, "GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert_eq!(rest(silent).await, "");
    let answer = rest(half).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");

    let idle = say(&server, "GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = rest(idle).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "answered, then closed for its rest: {answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_head_that_comes_drop_by_drop_is_cut_all_the_same() {
    let server = impatient().await;
    let mut stream = say(&server, "GET /api/health HTTP/1.1\r\nHost: localhost\r\n").await;
    within(async {
        let mut pace = tokio::time::interval(PATIENCE / 10);
        loop {
            pace.tick().await;
            if stream.write_all(b"X-Slow: 1\r\n").await.is_err() {
                return;
            }
        }
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = impatient().await;
    let token = server.publisher_token().unwrap();
    let head = format!(
        "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"to\":",
        token.expose()
    );
    let answer = rest(say(&server, &head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("too_slow"), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_page_that_nobody_takes_is_given_up() {
    let server = impatient().await;
    let large = belfry_protocol::Publish { content: Some("x".repeat(250 * 1024)), ..message("me", "large") };
    server.publish_many(std::iter::repeat_n(large, 15)).await.unwrap();
    let token = server.subscriber_token("me").unwrap();
    let ask = format!(
        "GET /api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        token.expose()
    );
    // More answers than the sockets of both sides can hold, and none of them read.
    let mut stream = say(&server, &ask.repeat(8)).await;
    within(async {
        let mut pace = tokio::time::interval(PATIENCE / 3);
        loop {
            pace.tick().await;
            // Bytes beyond what the server reads pile up until it closes; then writing fails.
            if stream.write_all(b"GET ").await.is_err() {
                return;
            }
        }
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_stream_outlives_every_limit_in_time() {
    let server = impatient().await;
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    stream.replay().await;
    tokio::time::timeout(PATIENCE * 5, stream.event()).await.unwrap_err();
    server.publish(message("me", "still here")).await.unwrap();
    assert_eq!(stream.event().await.title(), "still here");
    server.shutdown().await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_a_place_that_is_free_is_taken_again() {
    let server = Server::start(Config { max_connections: 2, ..Config::default() }).await.unwrap();
    let user = User::subscriber(&server, "me");
    let (first, mut second) = (user.stream(None).await, user.stream(None).await);
    let answer = rest(TcpStream::connect(server.addr()).await.unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"code\":\"full\""), "{answer}");
    second.replay().await;

    drop(first);
    within(server.wait_for_streams(1)).await;
    within(async {
        // The place is given back just after the stream has ended.
        while !matches!(user.get("/me").send().await, Ok(answer) if answer.status() == 200) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_head_larger_than_any_client_needs_is_refused() {
    let server = Server::start(Config::default()).await.unwrap();
    let head =
        format!("GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(1_000_000));
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    // The server may close before it has taken everything.
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = rest(stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.shutdown().await;
}
