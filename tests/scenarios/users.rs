//! Whose token it is: another user of the same server is another source; and what a look at a server finds.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use belfry_core::action::{
    Action, Answer, CheckCode, CheckKind, Credentials, ProbeDepth, ProbeReport, Query, SecretOutcome,
    SecretUse, Verdict,
};
use belfry_core::model::Token;
use belfry_core::settings::{NewSource, SecretPlace};
use belfry_core::view::Connection;
use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server, Tokens};
use belfry_tests::scenario::{Client, ClientSetup, message};

/// A server with two users.
async fn server_of_two() -> Result<RunningServer> {
    let config = Config {
        tokens: Tokens::Random { users: vec!["me".into(), "you".into()] },
        heartbeat: Duration::from_millis(100),
        retry: Duration::from_millis(20),
        ..Config::default()
    };
    Ok(Server::start(config).await?)
}

fn token(server: &RunningServer, user: &str) -> Result<Token> {
    Ok(Token::new(server.subscriber_token(user).context("the server knows no such user")?.expose()))
}

async fn look(client: &Client, url: &str, token: Token) -> Result<ProbeReport> {
    let source = NewSource {
        name: "other".to_owned(),
        url: url.to_owned(),
        site: None,
        secrets: SecretPlace::Session,
        allow_plain_http: false,
    };
    match client.handle.secret(SecretUse::Try { source }, Credentials::Token(token)).await? {
        SecretOutcome::Probed { report } => Ok(report),
        kept @ SecretOutcome::Kept { .. } => bail!("{kept:?}"),
    }
}

#[tokio::test]
async fn two_users_of_one_server_are_two_sources_and_nothing_is_mixed() -> Result<()> {
    let server = server_of_two().await?;
    let setup = ClientSetup::new(&server.api_url(), token(&server, "me")?.expose()).await?;
    let mut client = setup.start_live().await?;
    server.publish(message("for me")).await?;
    client.until_message("for me").await?;
    client.handle.act(Action::SignOut { source: setup.source() }).await?;
    // Later than my place in the sequence: with my cursor the server would repeat it.
    server.publish(Publish { to: "you".to_owned(), ..message("for you") }).await?;

    let keep = SecretUse::Keep { source: setup.source() };
    let kept = client.handle.secret(keep, Credentials::Token(token(&server, "you")?)).await?;
    let SecretOutcome::Kept { source: yours } = kept else { bail!("{kept:?}") };
    ensure!(yours != setup.source(), "your token signed me in");
    client.until_message("for you").await?;
    let both = |view: &belfry_core::view::View| {
        view.sources.len() == 2 && view.sources[1].connection == Connection::Live && view.inbox.total == 2
    };
    let view = client.until_view("a source of your own", both).await?;
    assert_eq!(view.sources[0].connection, Connection::SignIn);
    assert_eq!(view.sources[1].id, yours);
    client.stop().await;
    for stored in setup.stored()? {
        let owner = if stored.title == "for me" { setup.source() } else { yours };
        assert_eq!(stored.source, owner, "{}", stored.title);
    }
    Ok(())
}

#[tokio::test]
async fn a_look_at_the_reference_server_finds_nothing_wrong_and_a_wrong_token_at_once() -> Result<()> {
    let server = server_of_two().await?;
    let setup = ClientSetup::new(&server.api_url(), token(&server, "me")?.expose()).await?;
    let client = setup.start_live().await?;
    let report = look(&client, &server.api_url(), token(&server, "you")?).await?;
    assert!(report.is_usable(), "{report:#?}");
    assert_eq!(report.user.map(|user| user.id).as_deref(), Some("you"));
    // On this computer there is nothing to encrypt, and the heartbeat is not waited for before a source is added.
    let passed = [CheckKind::Tls, CheckKind::Heartbeat];
    let odd =
        report.checks.iter().find(|check| check.code != CheckCode::Fine && !passed.contains(&check.check));
    assert!(odd.is_none(), "{odd:?}");

    let report = look(&client, &server.api_url(), Token::new("not-the-token")).await?;
    let failed: Vec<_> = report.checks.iter().filter(|check| check.verdict == Verdict::Failed).collect();
    assert_eq!((failed.len(), failed[0].code), (1, CheckCode::TokenRefused));

    let report = look(&client, "http://127.0.0.1:9/api", Token::new("any")).await?;
    assert!(report.checks.iter().any(|check| check.code == CheckCode::Unreachable), "{report:#?}");

    let Answer::Probe(report) =
        client.handle.query(Query::Probe { source: setup.source(), depth: ProbeDepth::Brief }).await?
    else {
        bail!("no report");
    };
    assert_eq!(report.user.map(|user| user.id).as_deref(), Some("me"));
    client.stop().await;
    Ok(())
}
