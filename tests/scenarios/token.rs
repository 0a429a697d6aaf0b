//! A token that the server does not take: one question, one clear end, no storm.

use anyhow::Result;
use belfry_core::action::{Action, Credentials, SecretUse};
use belfry_core::engine::Observation;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::Token;
use belfry_core::view::Connection;
#[cfg(target_os = "linux")]
use belfry_tests::scenario::Terminal;
use belfry_tests::scenario::{ClientSetup, Ctl, Proxy, message, quick_server};

fn rejected(seen: &Observation) -> bool {
    matches!(seen, Observation::State { link, .. } if link.state == LinkState::Stopped && link.reason == Some(Reason::Rejected))
}

#[tokio::test]
async fn a_refused_token_ends_watch_with_3_after_one_request() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let ctl = Ctl::new().await?.with_token("not-the-token");
    let done = ctl.watch_profile(&proxy.api(), &[])?.end().await?.expect(3)?;
    assert!(done.err.contains("did not accept the token"), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    let last = done.json()?.into_iter().rfind(|line| line["event"] == "state").unwrap();
    assert_eq!((&last["state"], &last["reason"]), (&"stopped".into(), &"rejected".into()));
    assert_eq!(proxy.requests(), 1);
    Ok(())
}

#[tokio::test]
async fn a_person_is_told_of_a_refused_token_once() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token("not-the-token");
    let api = server.api_url();
    let done = ctl.run(&["watch", "--url", &api, "--token-env", "SCENARIO_TOKEN"]).await?.expect(3)?;
    let said = format!("{}{}", done.out, done.err);
    assert_eq!(said.matches("token").count(), 1, "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    Ok(())
}

#[tokio::test]
async fn after_a_refusal_nothing_is_asked_until_someone_acts() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let setup = ClientSetup::new(&proxy.api(), "not-the-token").await?;
    let mut client = setup.start()?;
    client.until("the refusal", rejected).await?;
    assert_eq!(proxy.requests(), 1);
    client.until_view("sign in", |view| view.connection == Connection::SignIn).await?;
    assert_eq!(client.screen.shown().len(), 1, "told once");

    // One retry is granted, and makes exactly one request more: nothing was asked in between.
    client.handle.act(Action::RetryNow).await?;
    client.until("the refusal", rejected).await?;
    assert_eq!(proxy.requests(), 2);
    client.handle.act(Action::RetryNow).await?;

    client
        .handle
        .secret(
            SecretUse::Keep { source: setup.source() },
            Credentials::Token(Token::new(server.subscriber_token("me").unwrap().expose())),
        )
        .await?;
    client.until_state(LinkState::Live).await?;
    let asked = proxy.requests();
    assert!((4..=5).contains(&asked), "history and stream after the sign-in, nothing else: {asked}");
    server.publish(message("welcome")).await?;
    client.until_message("welcome").await?;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_a_live_watch_with_3() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    server.set_tokens(Vec::new());
    watch.end().await?.expect(3)?;
    Ok(())
}

#[tokio::test]
async fn signing_out_closes_the_stream_and_keeps_the_messages() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    server.publish(message("kept")).await?;
    client.until_message("kept").await?;
    client.handle.act(Action::SignOut { source: setup.source() }).await?;
    server.wait_for_streams(0).await;
    client.stop().await;
    assert_eq!(setup.stored()?.len(), 1);
    let client = setup.start()?;
    client
        .until_view("sign in", |view| view.connection == Connection::SignIn && view.inbox.total == 1)
        .await?;
    assert_eq!(server.streams(), 0);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn watch_without_a_token_says_so_at_once() -> Result<()> {
    let ctl = Ctl::new().await?;
    let done = ctl.run(&["watch", "--url", "http://127.0.0.1:9/api"]).await?.expect(2)?;
    assert!(done.err.contains("--token-env"), "{}", done.err);
    let done =
        ctl.run(&["watch", "--url", "http://127.0.0.1:9/api", "--token-env", "NOT_SET"]).await?.expect(2)?;
    assert!(done.err.contains("NOT_SET"), "{}", done.err);
    let args = ["--profile", "@profile", "watch", "--url", "http://127.0.0.1:9/api"];
    let done = ctl.run(&args).await?.expect(1)?;
    assert!(done.err.contains("keychain"), "there is no keychain here: {}", done.err);
    Ok(())
}

/// `script` gives the program a terminal, on which nothing may be read that was typed as a token.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_token_typed_at_a_terminal_is_not_shown() -> Result<()> {
    let server = quick_server().await?;
    let mut client = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose())
        .await?
        .start_live()
        .await?;
    let mut terminal = Terminal::open(&[
        "send",
        "--url",
        &server.api_url(),
        "--token-stdin",
        "--to",
        "me",
        "--kind",
        "reply",
        "--title",
        "typed",
    ])
    .await?;
    terminal.until("Token").await?;
    terminal.until_echo_is_off().await?;
    let publisher = server.publisher_token().unwrap().expose().to_owned();
    terminal.type_line(&publisher).await?;
    let (code, screen) = terminal.end().await?;
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains(&publisher), "{screen}");
    client.until_message("typed").await?;
    client.stop().await;
    Ok(())
}
