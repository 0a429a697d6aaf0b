//! Who may do what, route by route.

use belfry_server::{Config, Server, Token};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::client::{User, http, refusal, status, within};

type Route = (&'static str, fn(&User) -> RequestBuilder, u16, u16);

/// Each route with what it answers to a subscriber and to a publisher.
const ROUTES: &[Route] = &[
    ("me", |user| user.get("/me"), 200, 200),
    ("stream", |user| user.get("/sse/connect"), 200, 403),
    ("history", |user| user.get("/messages"), 200, 403),
    ("unread count", |user| user.get("/messages/unread-count"), 200, 403),
    ("publish", |user| user.post("/messages", &json!({"to":"me","type":"reply","title":"T"})), 403, 201),
    ("mark", |user| user.post("/messages/read", &json!({"ids":[],"read":true})), 204, 403),
    ("delete", |user| user.delete("/messages/1"), 204, 403),
];

#[tokio::test]
async fn each_route_asks_for_a_token_of_the_right_role() {
    let server = Server::start(Config::default()).await.unwrap();
    let (subscriber, publisher) = (User::subscriber(&server, "me"), User::publisher(&server));
    let stranger = User { token: Token::new("wrong"), ..subscriber.clone() };
    for (name, request, to_subscriber, to_publisher) in ROUTES {
        assert_eq!(status(request(&subscriber)).await, *to_subscriber, "{name}");
        assert_eq!(status(request(&publisher)).await, *to_publisher, "{name}");
        assert_eq!(refusal(request(&stranger)).await, (401, "unauthorized".into()), "{name}");
    }
    for (name, request, to_subscriber, to_publisher) in ROUTES {
        for (user, expected) in [(&subscriber, to_subscriber), (&publisher, to_publisher)] {
            if *expected == 403 {
                assert_eq!(refusal(request(user)).await, (403, "forbidden".into()), "{name}");
            }
        }
    }
    server.shutdown().await;
}

#[tokio::test]
async fn without_a_token_only_health_answers() {
    let server = Server::start(Config::default()).await.unwrap();
    let (http, api) = (http(), server.api_url());
    let health = within(http.get(format!("{api}/health")).send()).await.unwrap();
    assert_eq!(within(health.json::<Value>()).await.unwrap(), json!({"status":"ok","protocol":1}));
    for path in ["/me", "/sse/connect", "/messages", "/messages/unread-count"] {
        let response = within(http.get(format!("{api}{path}")).send()).await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    assert_eq!(refusal(http.get(format!("{api}/nowhere"))).await, (404, "not_found".into()));
    assert_eq!(refusal(http.put(format!("{api}/messages"))).await, (405, "method_not_allowed".into()));
    server.shutdown().await;
}

#[tokio::test]
async fn every_answer_with_a_body_ends_its_line_and_is_kept_by_no_cache() {
    let server = Server::start(Config::default()).await.unwrap();
    let (subscriber, publisher) = (User::subscriber(&server, "me"), User::publisher(&server));
    let stranger = User { token: Token::new("wrong"), ..subscriber.clone() };
    let mut requests = vec![subscriber.get("/health"), subscriber.get("/nowhere")];
    for user in [&subscriber, &publisher, &stranger] {
        let plain = ROUTES.iter().filter(|(name, ..)| *name != "stream");
        requests.extend(plain.map(|(_, request, ..)| request(user)));
    }
    for request in requests {
        let response = within(request.send()).await.unwrap();
        if response.status() == 204 {
            continue;
        }
        assert_eq!(response.headers()["cache-control"], "no-store", "{}", response.url());
        let text = within(response.text()).await.unwrap();
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"), "{text:?}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_token_in_the_address_counts_on_the_stream_alone_and_never_beside_a_header() {
    let server = Server::start(Config::default()).await.unwrap();
    let (http, api) = (http(), server.api_url());
    let token = server.subscriber_token("me").unwrap();
    let address = |path: &str| format!("{api}{path}?token={}", token.expose());
    assert_eq!(status(http.get(address("/sse/connect"))).await, 200);
    assert_eq!(status(http.get(address("/messages"))).await, 401);
    assert_eq!(status(http.get(address("/me"))).await, 401);
    assert_eq!(status(http.get(address("/sse/connect")).bearer_auth("wrong")).await, 401);
    assert_eq!(
        status(http.get(format!("{api}/sse/connect?token=wrong")).bearer_auth(token.expose())).await,
        200
    );
    server.shutdown().await;
}

#[tokio::test]
async fn me_says_whose_token_it_is() {
    let server = Server::start(Config::default()).await.unwrap();
    for (user, name, role) in [
        (User::subscriber(&server, "me"), "me", "subscriber"),
        (User::publisher(&server), "publisher", "publisher"),
    ] {
        let me: Value = within(within(user.get("/me").send()).await.unwrap().json()).await.unwrap();
        assert_eq!(me, json!({"user":name,"name":name,"role":role}));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn users_do_not_see_each_others_messages() {
    let tokens = belfry_server::Tokens::Random { users: vec!["me".into(), "you".into()] };
    let server = Server::start(Config { tokens, ..Config::default() }).await.unwrap();
    let (me, you) = (User::subscriber(&server, "me"), User::subscriber(&server, "you"));
    server.publish(crate::client::message("me", "mine")).await.unwrap();
    assert_eq!((me.page("").await.messages.len(), you.page("").await.messages.len()), (1, 0));
    assert_eq!(status(you.delete("/messages/1")).await, 204);
    assert_eq!(status(you.post("/messages/read", &json!({"ids":["1"],"read":true}))).await, 204);
    assert_eq!(me.page("").await.unread, Some(1), "neither touched it");
    server.shutdown().await;
}
