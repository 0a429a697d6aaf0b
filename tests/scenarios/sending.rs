//! `send`: publishes for scripts, with exit codes that they can rely on.

use anyhow::Result;
use belfry_tests::scenario::{ClientSetup, Ctl, Done, quick_server};

async fn send(ctl: &Ctl, api: &str, more: &[&str]) -> Result<Done> {
    let args = [
        "send",
        "--url",
        api,
        "--token-env",
        "SCENARIO_TOKEN",
        "--to",
        "me",
        "--kind",
        "reply",
        "--title",
        "T",
    ];
    ctl.run(&args.iter().chain(more).copied().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn a_sent_message_arrives_and_a_repeated_key_publishes_once() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let ctl = Ctl::new().await?.with_token(server.publisher_token().unwrap().expose());
    let more = ["--content", "C", "--related-id", "7", "--idempotency-key", "k1"];
    let first = send(&ctl, &server.api_url(), &more).await?.expect(0)?;
    let arrived = client.until_message("T").await?;
    assert_eq!((arrived.body.as_str(), arrived.related_id.as_deref()), ("C", Some("7")));
    assert_eq!(first.out.trim(), arrived.remote_id.unwrap().0);
    let again = send(&ctl, &server.api_url(), &more).await?.expect(0)?;
    assert_eq!(again.out, first.out);
    let other = send(&ctl, &server.api_url(), &["--json", "--link", "/p/7", "--priority", "5"])
        .await?
        .expect(0)?
        .json()?;
    assert!(other[0]["id"].is_string() && other[0]["cursor"].is_string(), "{other:?}");
    let arrived = client.until_message("T").await?;
    assert_eq!((arrived.link.as_deref(), arrived.priority.get()), (Some("/p/7"), 5));
    client.stop().await;
    assert_eq!(setup.stored()?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_can_go_wrong_has_its_exit_code() -> Result<()> {
    let server = quick_server().await?;
    let api = server.api_url();
    let publisher = Ctl::new().await?.with_token(server.publisher_token().unwrap().expose());
    let done = publisher
        .run(&[
            "send",
            "--url",
            &api,
            "--token-env",
            "SCENARIO_TOKEN",
            "--to",
            "nobody",
            "--kind",
            "reply",
            "--title",
            "T",
        ])
        .await?
        .expect(1)?;
    assert!(done.err.contains("404") && done.err.lines().count() == 1, "{}", done.err);
    let subscriber = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    send(&subscriber, &api, &[]).await?.expect(3)?;
    let stranger = Ctl::new().await?.with_token("not-the-token");
    send(&stranger, &api, &[]).await?.expect(3)?;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    send(&publisher, &format!("http://{free}/api"), &[]).await?.expect(4)?;
    let done =
        Ctl::new().await?.run(&["send", "--url", &api, "--to", "me", "--title", "T"]).await?.expect(2)?;
    assert!(done.err.contains("--kind") && done.err.lines().count() == 1, "{}", done.err);
    Ok(())
}
