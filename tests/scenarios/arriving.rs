//! Messages as they happen: from the server's write to the store, the line, the popup, the click.

use anyhow::Result;
use belfry_core::model::{MessageKind, Via};
use belfry_core::policy::PopupKey;
use belfry_protocol::Publish;
use belfry_tests::scenario::{ClientSetup, Ctl, message, quick_server};

#[tokio::test]
async fn a_message_is_stored_shown_and_counted_as_it_happens() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap();
    let setup = ClientSetup::new(&server.api_url(), token.expose()).await?;
    let mut client = setup.start_live().await?;
    let reply = Publish {
        content: Some("first line\nsecond".to_owned()),
        related_id: Some("1001".to_owned()),
        ..message("你好")
    };
    server.publish(reply).await?;

    let arrived = client.until_message("你好").await?;
    assert_eq!((arrived.kind, arrived.body.as_str()), (MessageKind::Reply, "first line\nsecond"));
    client.until_view("one unread", |view| view.inbox.unread == 1 && view.newest.len() == 1).await?;
    let shown = client.screen.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].summary.as_str(), shown[0].body.as_str()), ("New reply", "你好\nfirst line"));

    client.screen.click(shown[0].key);
    client.until_view("read", |view| view.inbox.unread == 0).await?;
    assert_eq!(client.browser.opened(), [format!("http://{}/community/post/1001", server.addr())]);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_comes_after_the_repetition_comes_live() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    // The stream is live before the server has said that its repetition is over.
    let mut vias = Vec::new();
    while vias.last() != Some(&Via::Live) && vias.len() < 100 {
        let title = vias.len().to_string();
        server.publish(message(&title)).await?;
        vias.push(client.until_message(&title).await?.via);
    }
    assert_eq!(vias.pop(), Some(Via::Live));
    assert!(vias.iter().all(|via| *via == Via::Replay), "{vias:?}");
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn each_kind_does_its_own_thing_on_a_click() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    for kind in ["system", "notification", "message", "deploy"] {
        server.publish(Publish { kind: kind.to_owned(), ..message(kind) }).await?;
        let id = client.until_message(kind).await?.id;
        client.until_view(kind, |view| view.newest.first().is_some_and(|row| row.id == id)).await?;
        client.screen.click(PopupKey::Message(id));
        client
            .until_view(kind, |view| view.reveal.as_ref().is_some_and(|reveal| reveal.message == Some(id)))
            .await?;
    }
    assert!(client.browser.opened().is_empty());
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn watch_prints_state_message_and_popup_and_ends_after_its_count() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch =
        ctl.watch(&["--url", &server.api_url(), "--token-env", "SCENARIO_TOKEN", "--count", "2"])?;
    let live = watch.until_state("live").await?;
    assert_eq!(live["source"], server.addr().to_string());
    let link = Publish { related_id: Some("7".to_owned()), content: Some("B".to_owned()), ..message("one") };
    server.publish(link).await?;
    let mut line = watch.until_message("one").await?;
    let via = line["via"].take();
    assert!(via == "live" || via == "replay", "before or after the server's `ready`: {via}");
    let expected = serde_json::json!({
        "event": "message", "source": server.addr().to_string(), "id": "1", "kind": "reply", "title": "one",
        "body": "B", "link": format!("http://{}/community/post/7", server.addr()), "unread": 1, "via": null
    });
    assert_eq!(line, expected);
    let popup = watch.until("popup", |line| line["event"] == "popup").await?;
    assert_eq!(
        popup,
        serde_json::json!({"event": "popup", "title": "New reply", "body": "one\nB", "ids": ["1"]})
    );
    server.publish(message("two")).await?;
    let done = watch.end().await?.expect(0)?;
    assert_eq!(done.json()?.last().unwrap()["unread"], 2);
    assert!(!ctl.profile().exists(), "with --url alone nothing is kept");
    Ok(())
}

#[tokio::test]
async fn watch_ends_cleanly_when_told_to() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    watch.terminate().await?;
    let done = watch.end().await?.expect(0)?;
    assert_eq!(done.err, "");
    server.wait_for_streams(0).await;
    let done = ctl
        .run(&[
            "--profile",
            "@profile",
            "watch",
            "--url",
            &server.api_url(),
            "--token-env",
            "SCENARIO_TOKEN",
            "--for",
            "1ms",
        ])
        .await?;
    assert!(matches!(done.code, 0 | 4), "the profile was given back: {done:?}");
    Ok(())
}

#[tokio::test]
async fn watch_ends_when_nobody_reads_its_lines() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let url = server.api_url();
    let mut child =
        ctl.command(&["--json", "watch", "--url", &url, "--token-env", "SCENARIO_TOKEN"]).spawn()?;
    drop(child.stdout.take());
    let ended = tokio::time::timeout(belfry_tests::wait::PATIENCE, child.wait()).await??;
    // Whether it was live before the first line could not be written is a matter of luck.
    assert!(matches!(ended.code(), Some(0 | 4)), "{ended:?}");
    Ok(())
}
