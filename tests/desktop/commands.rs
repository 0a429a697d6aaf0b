//! What `belfryctl` does to the tokens in the keychain while no Belfry runs.

use anyhow::{Context, Result, bail, ensure};
use belfry_core::model::ServerUser;
use belfry_core::settings::file::{read, save};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{SecretPlace, Settings, SignedOut};
use belfry_protocol::Publish;
use belfry_server::{Config, Grant, Role, Token};
use belfry_tests::desktop::{Daemon, Options, Panel, Stage, WindowManager};
use belfry_tests::scenario::Proxy;

/// The token of another user.
const YOURS: &str = "y0urs";

/// A session with a keychain and without a screen to look at.
fn options() -> Options {
    let (daemon, panel, window_manager) = (Daemon::Absent, Panel::Absent, WindowManager::Absent);
    Options { daemon, panel, window_manager, ..Options::default() }
}

fn settings(stage: &Stage) -> Result<Settings> {
    read(&Profile::open(&stage.profile)?.settings_path())?.context("the profile has no settings")
}

fn change(stage: &Stage, change: impl FnOnce(&mut Settings)) -> Result<()> {
    let mut settings = settings(stage)?;
    change(&mut settings);
    Ok(save(&Profile::open(&stage.profile)?.settings_path(), &settings)?)
}

/// The sources' names, and their tokens in the keychain.
async fn tokens(stage: &Stage) -> Result<Vec<(String, Option<String>)>> {
    let profile = Profile::open(&stage.profile)?;
    let mut tokens = Vec::new();
    for source in settings(stage)?.sources {
        let account = format!("{}/{}", profile.id, source.id);
        tokens.push((source.name, stage.session.keychain().secret("belfry", &account).await?));
    }
    Ok(tokens)
}

/// A source "Forum", known to have the messages of `me`, at a server that knows `you` as well.
async fn forum_of_me() -> Result<Stage> {
    let stage = Stage::set(options()).await?;
    let grant = |token: &str, user: &str| Grant {
        token: Token::new(token),
        user: user.into(),
        role: Role::Subscriber,
    };
    stage.server.set_tokens(vec![grant(&stage.token()?, "me"), grant(YOURS, "you")]);
    let me = ServerUser { id: "me".into(), name: None };
    change(&stage, |settings| settings.sources[0].user = Some(me))?;
    Ok(stage)
}

/// What a run says that ends with 1.
async fn refused(stage: &Stage, arguments: &[&str], input: &str) -> Result<String> {
    let error = stage.ctl(arguments, input).await.err().context("it went well")?.to_string();
    ensure!(error.contains("exit status: 1:"), "{error}");
    Ok(error)
}

#[tokio::test]
async fn another_users_token_takes_the_place_of_none() -> Result<()> {
    let stage = forum_of_me().await?;
    stage.ctl(&["source", "token", "Forum", "--token-stdin"], YOURS).await?;
    let kept = [("Forum".into(), Some(stage.token()?)), ("Forum (you)".into(), Some(YOURS.into()))];
    assert_eq!(tokens(&stage).await?, kept);
    Ok(())
}

#[tokio::test]
async fn a_user_who_has_a_source_gets_no_second_one() -> Result<()> {
    let stage = forum_of_me().await?;
    let (url, mine) = (stage.server.api_url(), stage.token()?);
    let add = ["source", "add", "--name", "B", "--url", &url, "--token-stdin"];
    let said = refused(&stage, &add, &mine).await?;
    assert!(said.contains("belfryctl source token Forum"), "{said}");
    assert_eq!(tokens(&stage).await?, [("Forum".into(), Some(mine))]);

    stage.ctl(&add, YOURS).await?;
    assert_eq!(tokens(&stage).await?[1], ("B".into(), Some(YOURS.into())));
    Ok(())
}

#[tokio::test]
async fn two_accounts_of_a_server_can_be_added_before_anything_has_connected() -> Result<()> {
    let stage = forum_of_me().await?;
    let mine = stage.token()?;
    stage.ctl(&["source", "remove", "Forum"], "").await?;
    let url = stage.server.api_url();
    let add = |name| ["source", "add", "--name", name, "--url", &url, "--token-stdin"];
    stage.ctl(&add("A"), &mine).await?;
    let again = refused(&stage, &add("C"), &mine).await?;
    assert!(again.contains("belfryctl source token A --token-stdin"), "{again}");
    stage.ctl(&add("B"), YOURS).await?;
    assert_eq!(tokens(&stage).await?, [("A".into(), Some(mine)), ("B".into(), Some(YOURS.into()))]);
    Ok(())
}

#[tokio::test]
async fn where_the_keychain_stays_locked_nothing_is_sent_and_nothing_changed() -> Result<()> {
    let stage = forum_of_me().await?;
    let proxy = Proxy::before(stage.server.addr()).await?;
    let api = proxy.api().parse()?;
    change(&stage, |settings| {
        settings.sources[0].url = api;
        settings.sources[0].secrets = SecretPlace::Session;
    })?;
    let before = settings(&stage)?;
    stage.session.keychain().lock().await?;
    let url = stage.server.api_url();
    for arguments in [
        &["source", "token", "Forum", "--token-stdin"][..],
        &["source", "sign-in", "Forum", "--user", "you", "--password-stdin"],
        &["source", "add", "--name", "B", "--url", &proxy.api(), "--user", "you", "--password-stdin"],
        &["source", "add", "--name", "B", "--url", &url, "--token-stdin"],
    ] {
        let said = refused(&stage, arguments, YOURS).await?;
        assert!(said.contains("locked") && said.contains("nothing was changed"), "{said}");
        assert_eq!(settings(&stage)?, before, "{arguments:?}");
    }
    assert_eq!(proxy.requests(), 0);
    Ok(())
}

/// Publishes a message, and has a watch wait for it.
async fn watch(stage: &Stage, more: &[&str]) -> Result<String> {
    stage.publish(Publish { kind: "reply".into(), title: "Hello".into(), ..Publish::default() }).await?;
    let url = stage.server.api_url();
    let watch =
        ["watch", "--url", &url, "--token-stdin", "--since", "beginning", "--count", "1", "--for", "20s"];
    stage.ctl(&[&watch, more].concat(), &stage.token()?).await
}

#[tokio::test]
async fn a_token_that_a_watch_put_into_the_keychain_goes_with_the_sign_out() -> Result<()> {
    let stage = Stage::bare(options(), Config::default()).await?;
    watch(&stage, &[]).await?;
    watch(&stage, &["--secrets", "keychain"]).await?;
    let kept = tokens(&stage).await?;
    let [(name, Some(in_keychain))] = &kept[..] else { bail!("{kept:?}") };
    assert_eq!(*in_keychain, stage.token()?);
    stage.ctl(&["source", "sign-out", name], "").await?;
    assert_eq!(tokens(&stage).await?, [(name.clone(), None)]);
    Ok(())
}

#[tokio::test]
async fn a_token_that_a_watch_put_into_the_keychain_outlives_an_erasure_that_was_owed() -> Result<()> {
    let stage = Stage::set(options()).await?;
    change(&stage, |settings| settings.sources[0].signed_out = SignedOut::TokenLeft)?;
    let said = watch(&stage, &["--secrets", "keychain"]).await?;
    assert!(said.contains("Hello"), "{said}");
    assert_eq!(tokens(&stage).await?, [("Forum".into(), Some(stage.token()?))]);
    Ok(())
}
