//! `POST /messages`: what is taken, what is refused, and that what was acknowledged is kept.

use belfry_protocol::Published;
use belfry_server::{Config, Data, Server, Tokens};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::client::{User, message, refusal, status, within};

async fn published(request: RequestBuilder) -> (u16, Published) {
    let response = within(request.send()).await.unwrap();
    (response.status().as_u16(), within(response.json()).await.unwrap())
}

#[tokio::test]
async fn a_message_arrives_with_everything_that_it_was_given() {
    let server = Server::start(Config::default()).await.unwrap();
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    stream.replay().await;
    let given = json!({
        "to":"me","type":"build.done-1_x","title":"标题 \"quoted\"\nsecond line","content":"# Markdown\r\n* item","isRead":true,
        "relatedId":1234567890123456789_u64,"link":"/builds/7","priority":5,"sender":{"name":"CI","avatar":"/ci.png"},
        "createdAt":"2026-11-22T09:30:00Z","tags":["a",{"b":null}]
    });
    let (status, answer) = published(User::publisher(&server).post("/messages", &given)).await;
    assert_eq!(status, 201);
    let block = stream.event().await;
    assert_eq!((block.event.as_str(), block.id.as_deref()), ("build.done-1_x", Some(answer.cursor.as_str())));
    let mut expected = given;
    expected["id"] = answer.id.into();
    expected["relatedId"] = "1234567890123456789".into();
    expected.as_object_mut().unwrap().remove("to");
    assert_eq!(block.data, expected);
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_own_status_and_stores_nothing() {
    let server = Server::start(Config::default()).await.unwrap();
    let publisher = User::publisher(&server);
    let good = json!({"to":"me","type":"reply","title":"T"});
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        publisher.post("/messages", &body)
    };
    for (request, expected) in [
        (with("type", json!("ready")), (400, "invalid")),
        (with("type", json!("no spaces")), (400, "invalid")),
        (with("type", Value::Null), (400, "invalid")),
        (with("title", json!("")), (400, "invalid")),
        (with("title", json!(7)), (400, "invalid")),
        (with("priority", json!(6)), (400, "invalid")),
        (with("to", json!("nobody")), (404, "no_such_user")),
        (with("to", json!("publisher")), (404, "no_such_user")),
        (with("content", json!("x".repeat(256 * 1024))), (413, "too_large")),
        (publisher.post("/messages", &json!([])), (400, "invalid")),
        (publisher.post("/messages", &good).header("Idempotency-Key", "a b"), (400, "invalid")),
    ] {
        let (status, code) = refusal(request).await;
        assert_eq!((status, code.as_str()), expected);
    }
    let raw = |content_type: Option<&str>, body: &'static str| {
        let request = publisher.http.post(format!("{}/messages", publisher.api));
        let request = request.bearer_auth(publisher.token.expose()).body(body);
        match content_type {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        }
    };
    let text = r#"{"to":"me","type":"reply","title":"T"}"#;
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        assert_eq!(refusal(raw(content_type, text)).await, (415, "not_json".into()), "{content_type:?}");
    }
    assert_eq!(refusal(raw(Some("application/json"), "{")).await, (400, "invalid".into()));
    let subscriber = User::subscriber(&server, "me");
    assert!(subscriber.page("").await.messages.is_empty());
    assert_eq!(status(raw(Some("application/json; charset=utf-8"), text)).await, 201);
    server.shutdown().await;
}

#[tokio::test]
async fn marks_are_checked_too() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    let ids: Vec<String> = (0..1001).map(|id: u32| id.to_string()).collect();
    for body in
        [json!({}), json!({"ids":ids,"read":true}), json!({"all":true}), json!({"all":true,"upTo":"x-1"})]
    {
        assert_eq!(refusal(user.post("/messages/read", &body)).await, (400, "invalid".into()));
    }
    assert_eq!(status(user.post("/messages/read", &json!({"ids":ids[..1000],"read":true}))).await, 204);
    assert_eq!(status(user.delete("/messages/no-number")).await, 204);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_many_publishes_one() {
    let server = Server::start(Config::default()).await.unwrap();
    let publisher = User::publisher(&server);
    let publish = |key: &str| {
        let body = json!({"to":"me","type":"reply","title":"once"});
        publisher.post("/messages", &body).header("Idempotency-Key", key)
    };
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(published(publish("k")))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(within(task).await.unwrap());
    }
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 7);
    assert!(answers.iter().all(|(_, answer)| *answer == answers[0].1));

    let server = server.restart().await.unwrap();
    let (status, again) = published(publish("k")).await;
    assert_eq!((status, &again), (200, &answers[0].1), "remembered on disk");
    assert_eq!(published(publish("other")).await.0, 201);
    assert_eq!(User::subscriber(&server, "me").page("").await.messages.len(), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn a_star_reaches_every_subscriber_known_now() {
    let tokens = Tokens::Random { users: vec!["me".into(), "you".into()] };
    let server = Server::start(Config { tokens, ..Config::default() }).await.unwrap();
    let (me, you) = (User::subscriber(&server, "me"), User::subscriber(&server, "you"));
    let (mut mine, mut yours) = (me.stream(None).await, you.stream(None).await);
    mine.replay().await;
    yours.replay().await;
    let answer = server.publish(message("*", "all")).await.unwrap();
    let (first, second) = (mine.event().await, yours.event().await);
    assert_eq!(
        (&first.data["id"], &second.data["id"]),
        (&answer.id.as_str().into(), &answer.id.as_str().into())
    );
    assert!(first.seq() != second.seq());
    let behind = me.stream(Some(&answer.cursor)).await.replay().await;
    assert_eq!(behind.len(), 1, "the cursor of the answer stands behind all of them");
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_acknowledged_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: Data::Folder(folder.path().to_owned()), ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let publisher = User::publisher(&server);
    for round in 1..=5 {
        let body = json!({"to":"me","type":"reply","title":"T"});
        let (_, answer) = published(publisher.post("/messages", &body)).await;
        let file = rusqlite::Connection::open(folder.path().join("belfry-server.db")).unwrap();
        let found: (i64, i64) = file
            .query_row("SELECT count(*), max(id) FROM message", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(found, (round, answer.id.parse().unwrap()));
    }
    server.shutdown().await;
}
