//! Readers that do not read: they cost one page of memory, then their connection, and they lose nothing.

use belfry_protocol::Publish;
use belfry_server::{Config, Server};

use crate::client::{User, message, within};

fn large(number: usize) -> Publish {
    Publish { content: Some("x".repeat(200 * 1024)), ..message("me", &number.to_string()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_reading_is_dropped_and_its_cursor_brings_it_back() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    let mut stream = user.stream(None).await;
    let mut cursor = stream.replay().await.pop().unwrap().id;
    // More than the sockets of both sides can hold.
    server.publish_many((0..150).map(large)).await.unwrap();
    within(server.wait_for_streams(0)).await;

    let mut seen = Vec::new();
    while let Ok(block) = stream.block().await {
        if block.event == "reply" {
            seen.push(block.title().to_owned());
            cursor = block.id;
        }
    }
    assert!(seen.len() < 150, "some were still on the server");
    for block in user.stream(cursor.as_deref()).await.replay().await {
        if block.event == "reply" {
            seen.push(block.title().to_owned());
        }
    }
    let expected: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_reads_is_never_dropped_however_much_comes() {
    let server = Server::start(Config::default()).await.unwrap();
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    stream.replay().await;
    let publisher = server.publisher();
    let publishing = tokio::spawn(async move {
        publisher.publish_many((0..20_000).map(|n| message("me", &n.to_string()))).await
    });
    for number in 0..20_000 {
        assert_eq!(stream.event().await.title(), number.to_string());
    }
    within(publishing).await.unwrap().unwrap();
    assert_eq!(server.streams(), 1);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_reading_does_not_hold_up_the_end() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    server.publish_many((0..150).map(large)).await.unwrap();
    let epoch = user.page("?limit=1").await.cursor.unwrap().rsplit_once('-').unwrap().0.to_owned();
    let mut stream = user.stream(Some(&format!("{epoch}-0"))).await;
    stream.event().await;
    let began = std::time::Instant::now();
    within(server.shutdown()).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    stream.end().await;
}
