//! `frames`: what a stream dispatches, uninterpreted.

use anyhow::Result;
use belfry_tests::scenario::{Ctl, Proxy, Watch, message, numbered, quick_server};
use serde_json::{Value, json};

fn start(ctl: &Ctl, api: &str, more: &[&str]) -> Result<Watch> {
    let url = format!("{api}/sse/connect");
    let args = ["frames", "--url", &url, "--token-env", "SCENARIO_TOKEN"];
    Watch::start(ctl.command(&args.iter().chain(more).copied().collect::<Vec<_>>()))
}

fn is(event: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == event
}

#[tokio::test]
async fn frames_prints_what_comes_until_the_end() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut frames = start(&ctl, &server.api_url(), &[])?;
    frames.until("ready", |line| line["type"] == "ready").await?;
    assert_eq!(frames.seen[0], json!({"event": "open", "status": 200}));
    assert!(frames.seen.iter().any(|line| line["event"] == "retry" && line["ms"] == 20));
    let published = server.publish(message("T")).await?;
    let frame = frames.until("the message", |line| line["type"] == "reply").await?;
    assert_eq!(frame["id"], published.cursor);
    let data: Value = serde_json::from_str(frame["data"].as_str().unwrap())?;
    assert_eq!((&data["id"], &data["title"]), (&published.id.into(), &"T".into()));
    frames.until("a heartbeat", is("comment")).await?;
    server.close_streams();
    let done = frames.end().await?.expect(0)?;
    let last = done.json()?.pop().unwrap();
    assert_eq!(last, json!({"event": "end", "reason": "eof", "last_event_id": published.cursor}));
    Ok(())
}

#[tokio::test]
async fn frames_begins_after_an_event_and_ends_after_its_count() -> Result<()> {
    let server = quick_server().await?;
    let published = server.publish_many(numbered(0, 10)).await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let more = ["--last-event-id", &published[4].cursor, "--count", "3"];
    let done = start(&ctl, &server.api_url(), &more)?.end().await?.expect(0)?;
    let ids: Vec<String> = done
        .json()?
        .iter()
        .filter(|line| line["event"] == "frame")
        .map(|line| line["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, published[5..8].iter().map(|published| published.cursor.clone()).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn frames_goes_on_after_the_end_only_when_asked_to() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut frames = start(&ctl, &server.api_url(), &["--reconnect", "--retry-min", "5ms"])?;
    frames.until("ready", |line| line["type"] == "ready").await?;
    server.publish(message("one")).await?;
    frames.until("one", |line| line["type"] == "reply").await?;
    server.cut_connections();
    frames.until("the end", is("end")).await?;
    server.publish(message("two")).await?;
    frames.until("two", |line| line["data"].as_str().is_some_and(|data| data.contains("two"))).await?;
    let replies = frames.seen.iter().filter(|line| line["type"] == "reply").count();
    assert_eq!(replies, 2, "it went on behind the last one");
    frames.terminate().await?;
    frames.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn frames_that_cannot_be_opened_have_their_exit_codes() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let stranger = Ctl::new().await?.with_token("not-the-token");
    start(&stranger, &proxy.api(), &[])?.end().await?.expect(3)?;
    assert_eq!(proxy.requests(), 1);
    let url = format!("{}/messages", server.api_url());
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let done = ctl.run(&["frames", "--url", &url, "--token-env", "SCENARIO_TOKEN"]).await?.expect(1)?;
    assert!(done.err.contains("event stream") && done.err.lines().count() == 1, "{}", done.err);
    proxy.refuse();
    start(&ctl, &proxy.api(), &[])?.end().await?.expect(4)?;
    let header = ["--header", "Authorization: Bearer s3cret"];
    let done = ctl.run(&["frames", "--url", &url, header[0], header[1]]).await?.expect(2)?;
    assert!(done.err.contains("--header-env") && !done.err.contains("s3cret"), "{}", done.err);
    Ok(())
}

#[tokio::test]
async fn a_header_from_the_environment_opens_the_stream() -> Result<()> {
    let server = quick_server().await?;
    let bearer = format!("Bearer {}", server.subscriber_token("me").unwrap().expose());
    let ctl = Ctl::new().await?.with_token(&bearer);
    let url = format!("{}/sse/connect", server.api_url());
    let args = ["frames", "--url", &url, "--header-env", "Authorization: SCENARIO_TOKEN", "--count", "1"];
    let done = ctl.run(&args).await?.expect(0)?;
    assert!(done.json()?.iter().any(|line| line["type"] == "ready"), "{}", done.out);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_wants_a_token_is_told_that_none_was_given() -> Result<()> {
    let server = quick_server().await?;
    let url = format!("{}/sse/connect", server.api_url());
    let done = Ctl::new().await?.run(&["frames", "--url", &url]).await?.expect(3)?;
    assert_eq!(done.err, "belfryctl: no token was given: --token-env VAR or --token-stdin gives one\n");
    Ok(())
}
