//! What browsers are told, and the hosts under which the server answers.

use belfry_server::{Config, RunningServer, Server};
use reqwest::{Method, Response};

use crate::client::{User, http, refusal, within};

const PAGE: &str = "https://app.example";

async fn server() -> RunningServer {
    let config = Config {
        allow_origins: vec![PAGE.to_owned()],
        public_hosts: vec!["belfry.example".to_owned()],
        ..Config::default()
    };
    Server::start(config).await.unwrap()
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_allowed_origin_is_echoed_on_every_answer_and_another_is_not() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let wrong = User { token: belfry_server::Token::new("wrong"), ..user.clone() };
    for request in [
        user.get("/me"),
        user.get("/sse/connect"),
        user.get("/nowhere"),
        wrong.get("/me"),
        user.get("/health"),
    ] {
        let other = request.try_clone().unwrap().header("Origin", "https://evil.example");
        let response = within(request.header("Origin", PAGE).send()).await.unwrap();
        assert_eq!(header(&response, "access-control-allow-origin").as_deref(), Some(PAGE));
        assert_eq!(header(&response, "access-control-allow-credentials").as_deref(), Some("true"));
        assert_eq!(header(&response, "vary").as_deref(), Some("Origin"));
        let response = within(other.send()).await.unwrap();
        assert_eq!(header(&response, "access-control-allow-origin"), None);
        assert_eq!(header(&response, "vary").as_deref(), Some("Origin"));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_token() {
    let server = server().await;
    let preflight = |origin: &str| {
        http()
            .request(Method::OPTIONS, format!("{}/messages", server.api_url()))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type")
    };
    let response = within(preflight(PAGE).send()).await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, "access-control-allow-origin").as_deref(), Some(PAGE));
    assert_eq!(header(&response, "access-control-allow-methods").as_deref(), Some("GET, POST, DELETE"));
    assert_eq!(
        header(&response, "access-control-allow-headers").as_deref(),
        Some("Authorization, Content-Type, Last-Event-ID, Idempotency-Key, Cache-Control")
    );
    let response = within(preflight("https://evil.example").send()).await.unwrap();
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    server.shutdown().await;
}

#[tokio::test]
async fn without_allowed_origins_nothing_is_said_about_them() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    let response = within(user.get("/me").header("Origin", PAGE).send()).await.unwrap();
    assert_eq!((header(&response, "vary"), header(&response, "access-control-allow-origin")), (None, None));
    server.shutdown().await;
}

#[tokio::test]
async fn no_cookie_is_ever_read() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let cookie = format!("token={0}; Authorization=Bearer {0}", user.token.expose());
    let answer = refusal(http().get(format!("{}/me", user.api)).header("Cookie", cookie)).await;
    assert_eq!(answer, (401, "unauthorized".into()));
    let response = within(user.get("/me").send()).await.unwrap();
    assert_eq!(header(&response, "set-cookie"), None);
    server.shutdown().await;
}

#[tokio::test]
async fn a_host_that_is_not_the_servers_gets_421() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let port = server.addr().port();
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.2".to_owned()] {
        let answer = refusal(user.get("/me").header("Host", &host)).await;
        assert_eq!(answer, (421, "misdirected".into()), "{host}");
    }
    for host in [format!("localhost:{port}"), "belfry.example".to_owned(), format!("127.0.0.1:{port}")] {
        let response = within(user.get("/me").header("Host", &host).send()).await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
    }
    server.shutdown().await;
}
