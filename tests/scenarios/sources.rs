//! `source`: servers are added, listed and removed; tokens go to the keychain or nowhere.

use anyhow::Result;
use belfry_tests::scenario::{Ctl, Done, message, quick_server};

async fn source(ctl: &Ctl, args: &[&str]) -> Result<Done> {
    ctl.run(&["--profile", "@profile", "source"].iter().chain(args).copied().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn sources_are_added_and_listed_and_twins_refused() -> Result<()> {
    let ctl = Ctl::new().await?;
    let site = ["--site", "https://example.org"];
    let added =
        source(&ctl, &["add", "--name", "社区", "--url", "https://example.org/api/", site[0], site[1]])
            .await?
            .expect(0)?;
    assert_eq!(added.out, "社区  https://example.org/api  there is no keychain\n");
    assert!(added.err.contains("belfryctl watch --token-env VAR"), "{}", added.err);
    assert!(!added.err.contains("source token"), "it leads in a circle: {}", added.err);
    let added = source(&ctl, &["add", "--name", "ops", "--url", "http://127.0.0.1:9/api", "--json"]).await?;
    assert_eq!(added.expect(0)?.json()?[0]["token"], "absent");
    let listed = source(&ctl, &["list", "--json"]).await?.expect(0)?.json()?;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["name"], &listed[0]["url"]), (&"社区".into(), &"https://example.org/api".into()));
    assert_eq!((&listed[0]["dialect"], &listed[0]["secrets"]), (&"native".into(), &"keychain".into()));
    assert_eq!(
        source(&ctl, &["list"]).await?.out,
        "社区  https://example.org/api  there is no keychain\nops  http://127.0.0.1:9/api  there is no keychain\n"
    );
    assert_eq!(listed[0]["token"], "absent");

    for (name, url, said) in [
        ("ops", "http://127.0.0.1:10/api", "Another source has this name already."),
        ("other", "http://127.0.0.1:9/api/", "There is a source for this address already."),
    ] {
        let done = source(&ctl, &["add", "--name", name, "--url", url]).await?.expect(1)?;
        assert!(done.err.contains(said) && done.err.lines().count() == 1, "{}", done.err);
        assert!(done.err.ends_with(".\n"), "a developer's words after the sentence: {}", done.err);
    }
    let done = source(&ctl, &["add", "--name", "x", "--url", "example.org"]).await?.expect(2)?;
    assert!(done.err.contains("--url") && done.err.contains("'example.org'"), "{}", done.err);
    let session = ["--secrets", "session"];
    source(&ctl, &["add", "--name", "x", "--url", "http://h/api", session[0], session[1]])
        .await?
        .expect(2)?;
    assert_eq!(source(&ctl, &["list"]).await?.out.lines().count(), 2);
    Ok(())
}

#[tokio::test]
async fn what_is_kept_about_a_source_can_be_changed() -> Result<()> {
    let ctl = Ctl::new().await?;
    for (name, url) in [("a", "http://127.0.0.1:9/api"), ("b", "http://127.0.0.1:10/api")] {
        source(&ctl, &["add", "--name", name, "--url", url]).await?.expect(0)?;
    }
    source(&ctl, &["set", "a", "name=社区", "site=https://example.org", "attempts=3"]).await?.expect(0)?;
    let listed = source(&ctl, &["list", "--json"]).await?.json()?;
    assert_eq!((&listed[0]["name"], &listed[1]["name"]), (&"社区".into(), &"b".into()));
    assert_eq!(listed[0]["site"], "https://example.org/");
    let settings = std::fs::read_to_string(ctl.profile().join("settings.toml"))?;
    assert!(settings.contains("attempts = 3"), "{settings}");

    let taken = source(&ctl, &["set", "b", "name=社区"]).await?.expect(1)?;
    assert!(taken.err.contains("Another source has this name already"), "{}", taken.err);
    let unknown = source(&ctl, &["set", "nobody", "name=x"]).await?.expect(1)?;
    assert!(unknown.err.contains("there are: 社区, b"), "{}", unknown.err);
    let wrong = source(&ctl, &["set", "b", "url=http://127.0.0.1:11/api"]).await?.expect(2)?;
    assert!(wrong.err.contains("'url=…'") && wrong.err.lines().count() == 1, "{}", wrong.err);
    Ok(())
}

#[tokio::test]
async fn without_a_keychain_a_token_is_not_kept_and_nothing_is_changed() -> Result<()> {
    let ctl = Ctl::new().await?;
    let add = [
        "--profile",
        "@profile",
        "source",
        "add",
        "--name",
        "s",
        "--url",
        "http://127.0.0.1:9/api",
        "--token-stdin",
    ];
    let done = ctl.run_with_input(&add, "s3cret-token\n").await?.expect(1)?;
    assert!(done.err.contains("there is no keychain"), "{}", done.err);
    assert!(done.err.contains("start Belfry") && done.err.contains("watch --token-env VAR"), "{}", done.err);
    assert_eq!((done.err.lines().count(), done.err.contains("s3cret")), (1, false));
    assert_eq!(source(&ctl, &["list"]).await?.expect(0)?.out, "");
    let done = ctl.run_with_input(&add, "").await?.expect(2)?;
    assert!(done.err.contains("standard input"), "{}", done.err);
    Ok(())
}

#[tokio::test]
async fn a_profile_in_use_is_left_alone_and_its_user_is_named() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    let pid = watch.pid().unwrap().to_string();
    let done = source(&ctl, &["add", "--name", "s", "--url", "http://127.0.0.1:9/api"]).await?.expect(1)?;
    assert!(done.err.contains(&pid) && done.err.lines().count() == 1, "{}", done.err);
    let second = ctl.watch_profile(&server.api_url(), &[])?.end().await?.expect(1)?;
    assert!(second.err.contains(&pid), "{}", second.err);
    assert_eq!(source(&ctl, &["list"]).await?.out.lines().count(), 1, "reading is allowed");
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    source(&ctl, &["add", "--name", "s", "--url", "http://127.0.0.1:9/api"]).await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn watch_adds_the_source_of_its_address_once() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    for _ in 0..2 {
        let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
        watch.until_state("live").await?;
        watch.terminate().await?;
        watch.end().await?.expect(0)?;
    }
    let listed = source(&ctl, &["list", "--json"]).await?.json()?;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["url"], &listed[0]["secrets"]), (&server.api_url().into(), &"session".into()));
    Ok(())
}

#[tokio::test]
async fn a_token_does_not_move_into_the_memory_of_a_command_that_ends() -> Result<()> {
    let ctl = Ctl::new().await?;
    source(&ctl, &["add", "--name", "s", "--url", "http://127.0.0.1:9/api"]).await?.expect(0)?;
    let refused = source(&ctl, &["set", "s", "secrets=session"]).await?.expect(2)?;
    assert!(refused.err.contains("needs a running Belfry"), "{}", refused.err);
    let set = ["set", "s", "link_schemes=zotero", "retention=all"];
    source(&ctl, &set).await?.expect(0)?;
    let listed = source(&ctl, &["list", "--json"]).await?.json()?;
    assert_eq!((&listed[0]["link_schemes"][0], &listed[0]["retention"]), (&"zotero".into(), &"all".into()));
    assert_eq!(listed[0]["templates"]["reply"], "/community/post/{relatedId}");
    Ok(())
}

#[tokio::test]
async fn a_watch_of_one_source_leaves_the_others_in_the_settings() -> Result<()> {
    let (one, two) = (quick_server().await?, quick_server().await?);
    let ctl = Ctl::new().await?.with_token(two.subscriber_token("me").unwrap().expose());
    source(&ctl, &["add", "--name", "one", "--url", &one.api_url()]).await?.expect(0)?;
    let mut watch = ctl.watch_profile(&two.api_url(), &[])?;
    // The server has said whose messages it sends, which is worth remembering.
    watch.until_state("live").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    let listed = source(&ctl, &["list", "--json"]).await?.json()?;
    let urls: Vec<_> = listed.iter().map(|source| source["url"].as_str().unwrap_or_default()).collect();
    assert_eq!(urls, [one.api_url(), two.api_url()]);
    Ok(())
}

#[tokio::test]
async fn a_removed_source_takes_its_messages_along_and_no_others() -> Result<()> {
    let (one, two) = (quick_server().await?, quick_server().await?);
    let mut ctl = Ctl::new().await?;
    for server in [&one, &two] {
        server.publish(message(&server.addr().to_string())).await?;
        ctl = ctl.with_token(server.subscriber_token("me").unwrap().expose());
        ctl.watch_profile(&server.api_url(), &["--count", "1"])?.end().await?.expect(0)?;
    }
    assert_eq!(ctl.export().await?.len(), 2);
    source(&ctl, &["remove", "nobody"]).await?.expect(1)?;
    source(&ctl, &["remove", &one.addr().to_string()]).await?.expect(0)?;
    let left = ctl.export().await?;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["title"], two.addr().to_string());
    assert_eq!(source(&ctl, &["list"]).await?.out.lines().count(), 1);
    let signed_out = source(&ctl, &["sign-out", &two.addr().to_string()]).await?;
    signed_out.expect(0)?;
    Ok(())
}
