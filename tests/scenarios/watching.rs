//! `watch --source`: one source of a profile that has several.

use anyhow::Result;
use belfry_tests::scenario::{Ctl, Done, Watch, message, quick_server};

/// Runs a command on the profile.
async fn run(ctl: &Ctl, args: &[&str]) -> Result<Done> {
    let args: Vec<&str> = ["--profile", "@profile"].iter().chain(args).copied().collect();
    ctl.run(&args).await
}

#[tokio::test]
async fn only_the_source_that_is_named_is_watched_and_the_others_are_left_alone() -> Result<()> {
    let (first, second) = (quick_server().await?, quick_server().await?);
    let ctl = Ctl::new().await?.with_token(second.subscriber_token("me").unwrap().expose());
    for (name, server) in [("first", &first), ("second", &second)] {
        run(&ctl, &["source", "add", "--name", name, "--url", &server.api_url()]).await?.expect(0)?;
    }
    let watch = ["--profile", "@profile", "--json", "watch", "--source", "second"];
    let args = [&watch[..], &["--token-env", "SCENARIO_TOKEN", "--count", "1"]].concat();
    let mut watch = Watch::start(ctl.command(&args))?;
    watch.until("a live stream", |line| line["state"] == "live").await?;
    assert_eq!((first.streams(), second.streams()), (0, 1));
    second.publish(message("of the second")).await?;
    let done = watch.end().await?.expect(0)?;
    let lines = done.json()?;
    assert!(lines.iter().all(|line| line["event"] == "popup" || line["source"] == "second"), "{lines:?}");
    let messages: Vec<_> = lines.iter().filter(|line| line["event"] == "message").collect();
    assert_eq!((messages.len(), &messages[0]["title"]), (1, &"of the second".into()));
    // What is left out for one run is not lost.
    let list = run(&ctl, &["--json", "source", "list"]).await?.expect(0)?.json()?;
    assert_eq!((&list[0]["name"], &list[1]["name"]), (&"first".into(), &"second".into()));
    assert_eq!(list[1]["secrets"], "keychain", "a token that was given for one run changes nothing");
    Ok(())
}

#[tokio::test]
async fn a_name_that_no_source_has_and_a_token_that_could_be_of_several_are_refused() -> Result<()> {
    let server = quick_server().await?;
    let other = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    for (name, server) in [("first", &server), ("second", &other)] {
        run(&ctl, &["source", "add", "--name", name, "--url", &server.api_url()]).await?.expect(0)?;
    }
    let token = ["--token-env", "SCENARIO_TOKEN"];
    let done = run(&ctl, &[&["watch", "--source", "third"], &token[..]].concat()).await?.expect(1)?;
    assert!(done.err.contains("third") && done.err.lines().count() == 1, "{}", done.err);
    let done = run(&ctl, &[&["watch"], &token[..]].concat()).await?.expect(2)?;
    assert!(done.err.contains("--source") && done.err.contains("first, second"), "{}", done.err);
    assert_eq!((server.streams(), other.streams()), (0, 0));
    Ok(())
}
