//! `read`, `archive`, `delete`, `source …`: on a profile of their own, and through a program that runs on it.

use anyhow::Result;
use belfry_core::link::LinkState;
use belfry_core::model::Token;
use belfry_core::ports::{SecretKey, SecretStore};
use belfry_core::settings::file::read;
use belfry_core::settings::profile::Profile;
use belfry_core::view::SecretView;
use belfry_tests::scenario::{ClientSetup, Ctl, Done, message, numbered, quick_server};
use serde_json::{Value, json};

async fn run(ctl: &Ctl, args: &[&str]) -> Result<Done> {
    ctl.run(&["--profile", "@profile", "--json"].iter().chain(args).copied().collect::<Vec<_>>()).await
}

async fn titles(ctl: &Ctl, list: &[&str]) -> Result<Vec<String>> {
    let rows = run(ctl, &[&["list"], list].concat()).await?.expect(0)?.json()?;
    Ok(rows.iter().filter_map(|row| row["title"].as_str().map(str::to_owned)).collect())
}

/// What has to hold whoever does it: messages 1 to 5 are there, unread, with the titles 0 to 4.
async fn messages_are_read_archived_and_deleted(ctl: &Ctl) -> Result<()> {
    let unread = async |args: &[&str]| Ok::<_, anyhow::Error>(run(ctl, args).await?.expect(0)?.json()?);
    assert_eq!(unread(&["read", "1", "2"]).await?, [json!({"unread": 3})]);
    assert_eq!(titles(ctl, &["--unread"]).await?, ["4", "3", "2"]);
    assert_eq!(unread(&["archive", "3"]).await?, [json!({"unread": 2})]);
    assert_eq!(titles(ctl, &["--archived"]).await?, ["2"]);
    assert_eq!(titles(ctl, &[]).await?, ["4", "3", "1", "0"]);
    assert_eq!(unread(&["delete", "4", "1"]).await?, [json!({"unread": 1})]);
    assert_eq!(titles(ctl, &[]).await?, ["4", "1"]);

    let gone = run(ctl, &["read", "5", "4"]).await?.expect(1)?;
    assert_eq!(gone.err, "belfryctl: there is no message 4\n");
    assert_eq!(run(ctl, &["unread"]).await?.json()?, [json!({"unread": 1})], "nothing was changed");
    assert_eq!(unread(&["read", "--all"]).await?, [json!({"unread": 0})]);
    let wrong = run(ctl, &["read"]).await?.expect(2)?;
    assert!(wrong.err.contains("<ID>") && wrong.err.lines().count() == 1, "{}", wrong.err);
    Ok(())
}

#[tokio::test]
async fn messages_are_changed_while_nothing_runs() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    server.publish_many(numbered(0, 5)).await?;
    ctl.watch_profile(&server.api_url(), &["--count", "5"])?.end().await?.expect(0)?;
    server.wait_for_streams(0).await;
    messages_are_read_archived_and_deleted(&ctl).await?;
    assert_eq!(server.streams(), 0, "nobody connects for that");
    Ok(())
}

#[tokio::test]
async fn messages_are_changed_through_the_program_that_runs() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    server.publish_many(numbered(0, 5)).await?;
    client.until_message("4").await?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    messages_are_read_archived_and_deleted(&ctl).await?;
    client.until_view("all read", |view| view.inbox.unread == 0).await?;
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn sources_are_changed_through_the_program_that_runs() -> Result<()> {
    let server = quick_server().await?;
    let other = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    let ctl = ctl.with_token(other.subscriber_token("me").unwrap().expose());

    let mut watch = ctl.watch(&["--profile", "@profile"])?;
    watch.until_state("live").await?;
    let url = other.api_url();
    let add = ["source", "add", "--name", "other", "--url", &url, "--token-env", "SCENARIO_TOKEN"];
    let added = run(&ctl, &[&add[..], &["--secrets", "session"]].concat()).await?.expect(0)?.json()?;
    assert_eq!((&added[0]["name"], &added[0]["token"]), (&"other".into(), &"session".into()));
    other.publish(message("heard")).await?;
    client.until_message("heard").await?;
    assert_eq!(watch.until_message("heard").await?["source"], "other", "it has come up meanwhile");
    let twin = run(&ctl, &add).await?.expect(1)?;
    assert!(twin.err.contains("belfryctl source token other"), "{}", twin.err);

    run(&ctl, &["source", "set", "other", "name=第二", "attempts=7", "retention=90d", "secrets=keychain"])
        .await?
        .expect(0)?;
    client.until_view("moved", |view| view.sources[1].secret == SecretView::Keychain).await?;
    let listed = run(&ctl, &["source", "list"]).await?.expect(0)?.json()?;
    let tokens: Vec<&Value> = listed.iter().map(|source| &source["token"]).collect();
    assert_eq!((tokens, &listed[1]["name"]), (vec![&json!("keychain"), &json!("keychain")], &json!("第二")));
    assert_eq!(
        (&listed[1]["retention"], &listed[1]["limits"]["attempts"]),
        (&json!({"days": 90}), &json!(7))
    );
    run(&ctl, &["source", "set", "第二", "secrets=session"]).await?.expect(0)?;
    client.until_view("moved back", |view| view.sources[1].secret == SecretView::Session).await?;

    run(&ctl, &["source", "sign-out", "第二"]).await?.expect(0)?;
    other.wait_for_streams(0).await;
    run(&ctl, &["source", "token", "第二", "--token-env", "SCENARIO_TOKEN"]).await?.expect(0)?;
    client.until_view("signed in", |view| view.sources[1].secret == SecretView::Session).await?;
    run(&ctl, &["source", "remove", "第二"]).await?.expect(0)?;
    client.until_view("removed", |view| view.sources.len() == 1).await?;

    // The keychain of the program that runs gets the token, not one of belfryctl's own.
    let key = SecretKey::token(Profile::open(setup.profile())?.id, setup.source());
    run(&ctl, &["source", "sign-out", "server"]).await?.expect(0)?;
    assert!(setup.secrets().peek(key).await?.is_none());
    let mine = server.subscriber_token("me").unwrap();
    let ctl = ctl.with_token(mine.expose());
    run(&ctl, &["source", "token", "server", "--token-env", "SCENARIO_TOKEN"]).await?.expect(0)?;
    let kept = setup.secrets().peek(key).await?;
    assert_eq!(kept.as_ref().map(Token::expose), Some(mine.expose()));
    serving.end().await;
    client.stop().await;
    Ok(())
}

/// What has to hold whoever does it: of two settings that are set at once neither is lost.
async fn settings_are_set_at_once(ctl: &Ctl, first: u32) -> Result<()> {
    for round in first..first + 5 {
        let (attempts, seconds) = (format!("attempts={round}"), format!("poll_every={round}s"));
        let set = async |setting: &str| run(ctl, &["source", "set", "server", setting]).await;
        let (one, other) = tokio::try_join!(set(&attempts), set(&seconds))?;
        one.expect(0)?;
        other.expect(0)?;
        let settings = read(&Profile::open(&ctl.profile())?.settings_path())?.unwrap_or_default();
        let limits = &settings.sources[0].limits;
        assert_eq!((limits.attempts, limits.poll_every.as_secs()), (round, round.into()));
    }
    Ok(())
}

#[tokio::test]
async fn of_settings_that_are_set_at_once_none_is_lost() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    settings_are_set_at_once(&ctl, 11).await?;
    serving.end().await;
    client.stop().await;
    settings_are_set_at_once(&ctl, 21).await
}

#[tokio::test]
async fn watch_looks_on_beside_the_program_that_runs() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    let mut watch = ctl.watch(&["--profile", "@profile"])?;
    watch.until_state("live").await?;
    server.publish(message("seen")).await?;
    let seen = watch.until_message("seen").await?;
    assert_eq!((&seen["source"], &seen["unread"]), (&"server".into(), &1.into()));
    watch.until("popup", |line| line["event"] == "popup" && line["ids"][0] == seen["id"]).await?;
    assert_eq!(server.streams(), 1, "there is one engine");

    let wrong = run(&ctl, &["watch", "--url", "http://127.0.0.1:9/api"]).await?.expect(2)?;
    assert!(wrong.err.contains("--url") && wrong.err.contains("allowed: --count"), "{}", wrong.err);
    run(&ctl, &["watch", "--for", "100ms"]).await?.expect(0)?;
    serving.end().await;
    client.stop().await;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn messages_are_changed_through_a_watch_and_its_settings_are_left_alone() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    server.publish_many(numbered(0, 5)).await?;
    watch.until_message("4").await?;
    messages_are_read_archived_and_deleted(&ctl).await?;

    let settings = std::fs::read(ctl.profile().join("settings.toml"))?;
    let pid = watch.pid().unwrap().to_string();
    let add = ["source", "add", "--name", "other", "--url", "http://127.0.0.1:9/api"];
    let refused = run(&ctl, &add).await?.expect(1)?;
    assert!(refused.err.contains(&pid) && refused.err.lines().count() == 1, "{}", refused.err);
    assert_eq!(
        std::fs::read(ctl.profile().join("settings.toml"))?,
        settings,
        "the watch's own are not saved"
    );
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    run(&ctl, &add).await?.expect(0)?;
    Ok(())
}
