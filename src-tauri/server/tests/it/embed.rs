//! The server inside a program: start, stop, start again.

use std::time::Duration;

use belfry_server::{Config, Data, Refused, Server, StartError, Tokens, demo};

use crate::client::{User, http, message, status, within};

#[tokio::test]
async fn a_restart_keeps_address_data_and_tokens() {
    let server = Server::start(Config::default()).await.unwrap();
    let (address, user) = (server.addr(), User::subscriber(&server, "me"));
    server.publish(message("me", "before")).await.unwrap();
    let cursor = user.page("").await.cursor;

    let stopped = server.shutdown().await;
    assert!(user.get("/health").send().await.is_err(), "nobody listens");
    let server = stopped.start().await.unwrap();
    assert_eq!(server.addr(), address);
    let page = user.page("").await;
    assert_eq!((page.messages.len(), page.cursor), (1, cursor));
    server.shutdown().await;
}

#[tokio::test]
async fn a_restored_store_begins_a_new_epoch_and_keeps_its_messages() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    let old = server.publish(message("me", "kept")).await.unwrap().cursor;
    let server = server.shutdown().await.restored().start().await.unwrap();
    let seen = user.stream(Some(&old)).await.replay().await;
    assert_eq!((seen[0].event.as_str(), &seen[0].data["reason"]), ("gap", &"reset".into()));
    assert_eq!(seen[1].title(), "kept");
    let new = seen[2].id.clone().unwrap();
    let server = server.restart().await.unwrap();
    let seen = user.stream(Some(&new)).await.replay().await;
    assert_eq!(seen[0].event, "ready", "the epoch is renewed once, not at each start");
    server.shutdown().await;
}

#[tokio::test]
async fn a_temporary_folder_goes_with_the_server_and_a_named_one_stays() {
    let server = Server::start(Config::default()).await.unwrap();
    let temporary = server.folder().to_owned();
    let stopped = server.shutdown().await;
    assert!(temporary.is_dir(), "it can still be started again");
    drop(stopped);
    assert!(!temporary.exists());

    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: Data::Folder(folder.path().join("data")), ..Config::default() };
    let server = Server::start(config.clone()).await.unwrap();
    server.publish(message("me", "kept")).await.unwrap();
    assert!(matches!(Server::start(config.clone()).await, Err(StartError::InUse { .. })));
    drop(server.shutdown().await);
    let server = Server::start(config).await.unwrap();
    assert_eq!(User::subscriber(&server, "me").page("").await.messages.len(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_handle_that_outlives_the_server_refuses() {
    let server = Server::start(Config::default()).await.unwrap();
    let handle = server.publisher();
    let stopped = server.shutdown().await;
    assert!(matches!(handle.publish(message("me", "T")).await, Err(Refused::Stopped)));
    drop(stopped);
}

#[tokio::test]
async fn a_server_that_is_dropped_lets_go_of_its_port() {
    let server = Server::start(Config::default()).await.unwrap();
    let (address, url) = (server.addr(), format!("{}/health", server.api_url()));
    let mut stream = User::subscriber(&server, "me").stream(None).await;
    drop(server);
    stream.end().await;
    within(async {
        while http().get(&url).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let again = Server::start(Config { listen: address, ..Config::default() }).await.unwrap();
    assert_eq!(status(http().get(url)).await, 200);
    again.shutdown().await;
}

#[tokio::test]
async fn what_the_program_itself_asks_for_wrongly_is_refused() {
    let server = Server::start(Config::default()).await.unwrap();
    let refused = server.publish(message("nobody", "T")).await;
    assert!(matches!(refused, Err(Refused::NoSuchUser)));
    for id in ["7", "x", "", "18446744073709551615"] {
        let refused = server.update("me", id, message("me", "T")).await;
        assert!(matches!(refused, Err(Refused::NoSuchMessage)), "{id}");
    }
    assert!(matches!(server.expire_up_to("x").await, Err(Refused::Invalid(_))));
    server.shutdown().await;
}

#[tokio::test]
async fn the_demo_publishes_to_everyone_by_itself() {
    let pace = demo::Pace { first: Duration::from_millis(1), every: Duration::from_millis(1) };
    let tokens = Tokens::Random { users: vec!["me".into(), "you".into()] };
    let server = Server::start(Config { demo: Some(pace), tokens, ..Config::default() }).await.unwrap();
    let expected: Vec<String> = demo::samples().take(20).map(|sample| sample.title).collect();
    for name in ["me", "you"] {
        let mut stream = User::subscriber(&server, name).stream(Some("none-0")).await;
        let mut seen = Vec::new();
        while seen.len() < expected.len() {
            let block = stream.event().await;
            if !["gap", "ready"].contains(&block.event.as_str()) {
                seen.push(block.title().to_owned());
            }
        }
        assert_eq!(seen, expected);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_click_on_a_sample_finds_a_page_and_a_program_finds_an_error() {
    let server =
        Server::start(Config { demo: Some(demo::Pace::default()), ..Config::default() }).await.unwrap();
    let site = server.api_url().trim_end_matches("/api").to_owned();
    let ask = |path: &str, accept: &str| http().get(format!("{site}{path}")).header("Accept", accept);
    let response = within(ask("/community/post/1001?x=<b>", "text/html,*/*").send()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(
        response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
    );
    let text = within(response.text()).await.unwrap();
    assert!(text.contains("/community/post/1001") && !text.contains("<b>"), "{text}");
    assert_eq!(status(ask("/community/post/1001", "application/json")).await, 404);
    assert_eq!(status(ask("/api/nowhere", "text/html")).await, 404);
    server.shutdown().await;

    let server = Server::start(Config::default()).await.unwrap();
    let page = http().get(server.api_url().replace("/api", "/post/1")).header("Accept", "text/html");
    assert_eq!(status(page).await, 404, "only where samples are");
    server.shutdown().await;
}
