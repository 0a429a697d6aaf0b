//! `list`, `unread`, `show`, `export`: beside a running engine and without one.

use anyhow::Result;
use belfry_protocol::{MarkRead, Publish};
use belfry_tests::scenario::{Ctl, message, quick_server};
use serde_json::{Value, json};

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["title"].as_str()).collect()
}

#[tokio::test]
async fn stored_messages_are_listed_counted_shown_and_exported_while_an_engine_runs() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    let reply = Publish {
        related_id: Some("7".to_owned()),
        content: Some("B, \"b\"".to_owned()),
        ..message("reply")
    };
    let published = server.publish(reply).await?;
    server.publish(Publish { kind: "system".to_owned(), ..message("system") }).await?;
    server.publish(Publish { kind: "deploy".to_owned(), ..message("deploy") }).await?;
    watch.until_message("deploy").await?;

    let run = async |args: &[&str]| {
        let args: Vec<&str> = ["--profile", "@profile", "--json"].iter().chain(args).copied().collect();
        ctl.run(&args).await?.expect(0)?.json()
    };
    assert_eq!(titles(&run(&["list"]).await?), ["deploy", "system", "reply"]);
    assert_eq!(titles(&run(&["list", "--kind", "system"]).await?), ["system"]);
    assert_eq!(titles(&run(&["list", "--type", "deploy"]).await?), ["deploy"]);
    assert_eq!(titles(&run(&["list", "--limit", "1"]).await?), ["deploy"]);
    assert_eq!(titles(&run(&["list", "--before", "2"]).await?), ["reply"]);
    let source = server.addr().to_string();
    let sources = run(&["source", "list"]).await?;
    assert_eq!(run(&["list", "--source", &source]).await?.len(), 3);
    assert_eq!(run(&["unread"]).await?, [json!({"unread": 3})]);

    server.mark_read("me", MarkRead::Ids { ids: vec![published.id.clone()], read: true }).await?;
    // The next message comes after the mark.
    server.publish(message("after")).await?;
    watch.until_message("after").await?;
    assert_eq!(titles(&run(&["list", "--unread"]).await?), ["after", "deploy", "system"]);
    assert_eq!(run(&["unread"]).await?, [json!({"unread": 3})]);

    let mistyped = ctl.run(&["--profile", "@profile", "list", "--kind", "relpy"]).await?.expect(0)?;
    assert_eq!(mistyped.out, "");
    assert_eq!(
        mistyped.err,
        "belfryctl: there is no message of the kind \"relpy\"; the kinds here are: reply, system, deploy\n"
    );

    assert_eq!(titles(&run(&["search", "dep"]).await?), ["deploy"]);
    assert_eq!(titles(&run(&["search", "reply", "b"]).await?), ["reply"]);
    assert_eq!(
        titles(&run(&["search", "e", "--limit", "1"]).await?).len(),
        0,
        "a word is found by its beginning"
    );
    assert_eq!(titles(&run(&["search", "system", "--kind", "reply"]).await?).len(), 0);

    let shown = &run(&["show", "1"]).await?[0];
    assert_eq!((&shown["id"], &shown["source"]), (&"1".into(), &source.as_str().into()));
    assert_eq!(shown["source_id"], sources[0]["id"]);
    assert_eq!(shown["remote_id"], published.id);
    assert_eq!(
        (&shown["kind"], &shown["title"], &shown["body"]),
        (&"reply".into(), &"reply".into(), &"B, \"b\"".into())
    );
    assert_eq!((&shown["related_id"], &shown["priority"]), (&"7".into(), &3.into()));
    assert!(shown["via"] == "live" || shown["via"] == "replay", "{shown}");
    assert!(shown["read_at"].is_string() && shown["sent_at"].is_string() && shown["received_at"].is_string());
    let exported = run(&["export"]).await?;
    assert_eq!(titles(&exported), ["reply", "system", "deploy", "after"]);
    let mut known = shown.clone();
    for only_here in ["payload", "announced"] {
        assert!(known.as_object_mut().and_then(|known| known.remove(only_here)).is_some(), "{shown}");
    }
    assert_eq!(exported[0], known, "neither what the server sent nor what was made of it is in an export");

    let csv = ctl.run(&["--profile", "@profile", "export", "--format", "csv"]).await?.expect(0)?.out;
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().nth(1).unwrap().contains(",reply,reply,\"B, \"\"b\"\"\",7,,3,"), "{csv}");
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    assert_eq!(run(&["list"]).await?.len(), 4, "without an engine too");
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_said_in_one_line() -> Result<()> {
    let ctl = Ctl::new().await?;
    for args in [&["--profile", "@profile", "list"][..], &["--profile", "@profile", "export"]] {
        let done = ctl.run(args).await?.expect(1)?;
        assert!(done.err.contains("there is no Belfry profile in"), "{}", done.err);
        assert_eq!((done.err.lines().count(), done.out.as_str()), (1, ""));
    }
    assert!(!ctl.profile().exists(), "reading makes nothing");

    ctl.run(&["--profile", "@profile", "source", "add", "--name", "s", "--url", "http://127.0.0.1:9/api"])
        .await?
        .expect(0)?;
    assert_eq!(ctl.run(&["--profile", "@profile", "list"]).await?.expect(0)?.out, "");
    assert_eq!(ctl.run(&["--profile", "@profile", "unread"]).await?.expect(0)?.out, "0\n");
    let done = ctl.run(&["--profile", "@profile", "show", "1"]).await?.expect(1)?;
    assert_eq!(done.err, "belfryctl: there is no message 1\n");
    let done = ctl.run(&["--profile", "@profile", "list", "--source", "x"]).await?.expect(1)?;
    assert_eq!(done.err, "belfryctl: there is no source \"x\"; there are: s\n");
    Ok(())
}
