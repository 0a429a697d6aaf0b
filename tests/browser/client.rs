//! The browser client of `docs/protocol.md`, taken out of the page and run in Chromium on a page of another origin
//! than the server's.

use std::time::Duration;

use anyhow::{Context, Result};
use belfry_protocol::{MarkRead, Publish};
use belfry_server::{Config, RunningServer, Server};
use serde_json::json;

use crate::page::Page;

async fn server(page: &Page) -> Result<RunningServer> {
    let config = Config {
        allow_origins: vec![page.origin.clone()],
        retry: Duration::from_millis(100),
        ..Config::default()
    };
    Ok(Server::start(config).await?)
}

fn token(server: &RunningServer) -> Result<String> {
    Ok(server.subscriber_token("me").context("no token")?.expose().to_owned())
}

fn message(kind: &str, title: &str) -> Publish {
    Publish { to: "me".into(), kind: kind.into(), title: title.into(), ..Publish::default() }
}

#[tokio::test]
async fn the_client_of_the_page_gets_everything_across_origins_and_reconnects() -> Result<()> {
    let mut page = Page::open().await?;
    let server = server(&page).await?;
    let options = json!({"api":server.api_url(),"token":token(&server)?});
    page.connect("live", options.clone()).await?;
    assert_eq!(page.next("live").await?, json!(["state", "open"]));
    let ready = page.next("live").await?;
    assert_eq!((&ready[0], &ready[1], &ready[2]["unread"]), (&json!("control"), &json!("ready"), &json!(0)));
    let start = ready[3].clone();

    for (number, kind) in ["reply", "system", "notification", "message"].into_iter().enumerate() {
        let published = server.publish(message(kind, "标题 <b>")).await?;
        let got = page.next("live").await?;
        assert_eq!(
            (&got[0], &got[1]["type"], &got[1]["title"]),
            (&json!("message"), &json!(kind), &json!("标题 <b>"))
        );
        assert_eq!((&got[1]["id"], &got[2]), (&json!((number + 1).to_string()), &json!(published.cursor)));
    }
    server.update("me", "1", message("reply", "changed")).await?;
    assert_eq!(page.next("live").await?[1]["title"], "changed");
    server.mark_read("me", MarkRead::Ids { ids: vec!["2".into()], read: true }).await?;
    let marked = page.next("live").await?;
    assert_eq!((&marked[1], &marked[2]), (&json!("read"), &json!({"ids":["2"],"read":true})));
    server.delete("me", "3").await?;
    let deleted = page.next("live").await?;
    assert_eq!((&deleted[1], &deleted[2]), (&json!("deleted"), &json!({"ids":["3"]})));

    server.close_streams();
    server.publish(message("reply", "meanwhile")).await?;
    assert_eq!(page.next("live").await?, json!(["state", "reconnecting"]));
    assert_eq!(page.next("live").await?, json!(["state", "open"]));
    assert_eq!(
        page.next("live").await?[1]["title"],
        "meanwhile",
        "once, after the reconnect, and nothing before it"
    );
    assert_eq!(page.next("live").await?[1], "ready");
    page.say(&json!({"close":"live"})).await?;
    server.wait_for_streams(0).await;

    let mut resumed = options;
    resumed["cursor"] = start;
    page.connect("resumed", resumed).await?;
    assert_eq!(page.next("resumed").await?, json!(["state", "open"]));
    let mut names = Vec::new();
    for _ in 0..7 {
        let call = page.next("resumed").await?;
        names.push(call[1]["title"].as_str().or(call[1].as_str()).unwrap_or_default().to_owned());
    }
    // 1 is at its change now, 3 is gone.
    assert_eq!(names, ["标题 <b>", "标题 <b>", "changed", "read", "deleted", "meanwhile", "ready"]);
    server.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_client_of_the_page_says_when_it_is_refused() -> Result<()> {
    let mut page = Page::open().await?;
    let server = server(&page).await?;
    page.connect("stranger", json!({"api":server.api_url(),"token":"wrong"})).await?;
    assert_eq!(page.next("stranger").await?, json!(["state", "refused"]));

    let closed = Server::start(Config::default()).await?;
    page.connect("elsewhere", json!({"api":closed.api_url(),"token":token(&closed)?})).await?;
    assert_eq!(page.next("elsewhere").await?, json!(["state", "refused"]), "no origin is allowed there");
    closed.shutdown().await;
    server.shutdown().await;
    Ok(())
}
