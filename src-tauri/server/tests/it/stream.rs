//! What a stream looks like, and what ends it.

use std::time::{Duration, Instant};

use belfry_protocol::MarkRead;
use belfry_server::{Config, Grant, Role, RunningServer, Server, Token};
use serde_json::json;

use crate::client::{End, User, message, status, within};

async fn server() -> RunningServer {
    Server::start(Config::default()).await.unwrap()
}

#[tokio::test]
async fn the_answer_has_the_headers_that_keep_proxies_from_buffering() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    for api in [server.api_url(), server.api_url().trim_end_matches("/api").to_owned()] {
        let user = User { api, ..user.clone() };
        let response = within(user.get("/sse/connect").send()).await.unwrap();
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-cache, no-transform");
        assert_eq!(header("x-accel-buffering"), "no");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn retry_and_a_comment_come_at_once_and_then_ready() {
    let config = Config { retry: Duration::from_millis(1234), ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let began = Instant::now();
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    let first = stream.block().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (first.retry.as_deref(), first.comment.is_some(), first.event.as_str()),
        (Some("1234"), true, "")
    );
    let ready = stream.block().await.unwrap();
    assert_eq!(ready.event, "ready");
    let id = ready.id.clone().unwrap();
    assert_eq!(ready.data, json!({"cursor":id,"unread":0,"user":{"id":"me","name":"me"},"protocol":1}));
    server.shutdown().await;
}

#[tokio::test]
async fn a_resting_stream_beats() {
    let config = Config { heartbeat: Duration::from_millis(50), ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    stream.replay().await;
    let began = Instant::now();
    for _ in 0..3 {
        let beat = stream.block().await.unwrap();
        assert!(beat.comment.is_some() && beat.event.is_empty() && beat.id.is_none(), "{beat:?}");
    }
    assert!(began.elapsed() >= Duration::from_millis(100), "three beats are at least two intervals apart");
    server.shutdown().await;
}

#[tokio::test]
async fn the_cursor_may_stand_in_the_query_and_the_header_wins() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let first = server.publish(message("me", "1")).await.unwrap().cursor;
    let second = server.publish(message("me", "2")).await.unwrap().cursor;
    let titles = async |path: String, header: Option<&str>| {
        let mut request = user.get(&path);
        if let Some(cursor) = header {
            request = request.header("Last-Event-ID", cursor);
        }
        let mut stream = crate::client::Events::of(within(request.send()).await.unwrap());
        let seen = stream.replay().await;
        seen.iter()
            .filter(|block| block.event == "reply")
            .map(|block| block.title().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(format!("/sse/connect?lastEventId={first}"), None).await, ["2"]);
    assert!(titles(format!("/sse/connect?lastEventId={first}"), Some(&second)).await.is_empty());
    assert!(titles("/sse/connect?lastEventId=".into(), None).await.is_empty(), "an empty cursor is none");
    server.shutdown().await;
}

#[tokio::test]
async fn marks_and_deletions_reach_every_connection_of_the_user_and_replay() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let (mut first, mut second) = (user.stream(None).await, user.stream(None).await);
    first.replay().await;
    second.replay().await;
    let start = server.publish(message("me", "1")).await.unwrap();
    server.publish(message("me", "2")).await.unwrap();
    assert_eq!(status(user.post("/messages/read", &json!({"ids":["1","77"],"read":true}))).await, 204);
    assert_eq!(status(user.post("/messages/read", &json!({"ids":["1"],"read":true}))).await, 204);
    assert_eq!(status(user.post("/messages/read", &json!({"ids":["1"],"read":false}))).await, 204);
    assert_eq!(status(user.delete("/messages/2")).await, 204);
    assert_eq!(status(user.delete("/messages/2")).await, 204);

    let expected = [
        ("read", json!({"ids":["1"],"read":true})),
        ("read", json!({"ids":["1"],"read":false})),
        ("deleted", json!({"ids":["2"]})),
    ];
    for stream in [&mut first, &mut second] {
        assert_eq!(
            (stream.event().await.event, stream.event().await.event),
            ("reply".into(), "reply".into())
        );
        for (name, data) in &expected {
            let block = stream.event().await;
            assert_eq!((block.event.as_str(), &block.data), (*name, data));
        }
    }
    let replayed = user.stream(Some(&start.cursor)).await.replay().await;
    let replayed: Vec<_> =
        replayed.iter().take(3).map(|block| (block.event.as_str(), block.data.clone())).collect();
    assert_eq!(replayed, expected, "the deleted message itself does not come back, and is no gap");
    server.shutdown().await;
}

#[tokio::test]
async fn marking_everything_read_stops_at_the_cursor() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    server.publish(message("me", "1")).await.unwrap();
    let seen = server.publish(message("me", "2")).await.unwrap().cursor;
    server.publish(message("me", "3")).await.unwrap();
    let mut stream = user.stream(Some(&seen)).await;
    stream.replay().await;
    assert_eq!(status(user.post("/messages/read", &json!({"all":true,"upTo":seen}))).await, 204);
    assert_eq!(stream.event().await.data, json!({"ids":["1","2"],"read":true}));
    let count: serde_json::Value =
        within(within(user.get("/messages/unread-count").send()).await.unwrap().json()).await.unwrap();
    assert_eq!(count, json!({"unread":1}));
    let handle = server.publisher();
    handle.mark_read("me", MarkRead::All { up_to: "other-1".into() }).await.unwrap_err();
    server.shutdown().await;
}

#[tokio::test]
async fn rotation_and_shutdown_end_streams_cleanly_and_a_cut_does_not() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let mut stream = user.stream(None).await;
    stream.replay().await;
    assert_eq!(server.streams(), 1);
    server.close_streams();
    assert_eq!(stream.end().await, End::Clean);
    within(server.wait_for_streams(0)).await;

    let mut stream = user.stream(None).await;
    stream.replay().await;
    server.cut_connections();
    assert_eq!(stream.end().await, End::Broken);

    let mut stream = user.stream(None).await;
    stream.replay().await;
    let (end, _) = tokio::join!(stream.end(), server.shutdown());
    assert_eq!(end, End::Clean);
}

#[tokio::test]
async fn revoking_a_token_ends_its_streams_and_no_others() {
    let server = server().await;
    let keep = server.subscriber_token("me").unwrap();
    let gone = Token::new("gone");
    let grant = |token: &Token, role| Grant { token: token.clone(), user: "me".into(), role };
    server.set_tokens(vec![grant(&keep, Role::Subscriber), grant(&gone, Role::Subscriber)]);
    let user = User::subscriber(&server, "me");
    let mut kept = User { token: keep.clone(), ..user.clone() }.stream(None).await;
    let revoked = User { token: gone.clone(), ..user };
    let mut ended = revoked.stream(None).await;
    kept.replay().await;
    ended.replay().await;

    server.set_tokens(vec![grant(&keep, Role::Subscriber)]);
    assert_eq!(ended.end().await, End::Clean);
    assert_eq!(status(revoked.get("/sse/connect")).await, 401);
    server.publish(message("me", "still here")).await.unwrap();
    assert_eq!(kept.event().await.title(), "still here");

    server.set_tokens(vec![grant(&keep, Role::Publisher)]);
    assert_eq!(kept.end().await, End::Clean, "another role is another token");
    server.shutdown().await;
}
