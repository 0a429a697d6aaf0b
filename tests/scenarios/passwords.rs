//! Signing in by user name and password from the command line: only the token that the server gives is kept, and
//! what works stays in use until it has given one.

use std::time::Duration;

use anyhow::{Result, ensure};
use belfry_core::link::LinkState;
use belfry_core::view::Connection;
use belfry_server::{Config, RunningServer, Server, Tokens, hash_password};
#[cfg(target_os = "linux")]
use belfry_tests::scenario::Terminal;
use belfry_tests::scenario::{ClientSetup, Ctl, Done, Proxy, message, quick_server};
use belfry_tests::wait::until;
use tempfile::TempDir;

const PASSWORD: &str = " open sesame ";

/// A server whose users `me` and `you` have the same password, and the folder with the file that says so.
async fn server_with_passwords() -> Result<(RunningServer, TempDir)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users");
    let hash = hash_password(PASSWORD)?;
    std::fs::write(&file, format!("me subscriber {hash}\nyou subscriber {hash}\n"))?;
    let config = Config {
        tokens: Tokens::Random { users: vec!["me".into(), "you".into()] },
        users: Some(file),
        heartbeat: Duration::from_millis(100),
        retry: Duration::from_millis(20),
        ..Config::default()
    };
    Ok((Server::start(config).await?, folder))
}

/// Runs `belfryctl source …`, which reads the password from standard input.
async fn source(ctl: &Ctl, args: &[&str], password: &str) -> Result<Done> {
    let args: Vec<&str> = ["--profile", "@profile", "source"].iter().chain(args).copied().collect();
    let done = ctl.run_with_input(&args, &format!("{password}\n")).await?;
    let said = format!("{}{}", done.out, done.err);
    assert!(!said.contains(PASSWORD.trim()), "the password was repeated: {said}");
    Ok(done)
}

async fn sign_in(ctl: &Ctl, user: &str, password: &str) -> Result<Done> {
    source(ctl, &["sign-in", "server", "--user", user, "--password-stdin"], password).await
}

#[tokio::test]
async fn a_password_adds_a_source_to_the_belfry_that_runs_or_nothing_and_says_why() -> Result<()> {
    let home = quick_server().await?;
    let (server, _users) = server_with_passwords().await?;
    let setup = ClientSetup::new(&home.api_url(), home.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    let add = async |url: &str, password: &str| {
        let args = ["add", "--name", "x", "--url", url, "--user", "me", "--password-stdin"];
        source(&ctl, &args, password).await
    };

    let without = quick_server().await?;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let nobody = format!("http://{free}/api");
    let clear = "http://belfry.invalid/api".to_owned();
    for (url, password, code, words) in [
        (server.api_url(), "not the password", 3, "User name or password is not right."),
        (without.api_url(), PASSWORD, 1, "has no sign-in with a password"),
        (nobody, PASSWORD, 4, "could not be reached"),
        (clear, PASSWORD, 1, "The password was not sent"),
    ] {
        let refused = add(&url, password).await?.expect(code)?;
        assert!(refused.err.contains(words) && refused.err.lines().count() == 1, "{url}: {}", refused.err);
        client.until_view("nothing is added", |view| view.sources.len() == 1).await?;
    }

    let added = add(&server.api_url(), PASSWORD).await?.expect(0)?;
    assert!(added.out.ends_with("  signed in\n"), "{added:?}");
    let both = |view: &belfry_core::view::View| {
        view.sources.len() == 2 && view.sources[1].connection == Connection::Live
    };
    client.until_view("the source", both).await?;
    server.publish(message("by password")).await?;
    client.until_message("by password").await?;
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_leaves_what_works_and_the_right_one_takes_its_place() -> Result<()> {
    let (server, _users) = server_with_passwords().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());

    let refused = sign_in(&ctl, "me", "not the password").await?.expect(3)?;
    assert!(refused.err.contains("User name or password is not right."), "{}", refused.err);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    assert_eq!(client.handle.view().sources[0].link.state, LinkState::Live);

    // Only a sign-in of today keeps it live: the tokens of the file are all gone.
    sign_in(&ctl, "me", PASSWORD).await?.expect(0)?;
    server.set_tokens(Vec::new());
    server.publish(message("by password")).await?;
    client.until_message("by password").await?;
    assert_eq!(client.handle.view().sources.len(), 1);

    // Another user's token has a source of its own, and the command says which.
    let other = sign_in(&ctl, "you", PASSWORD).await?.expect(0)?;
    assert!(other.err.contains("another user") && other.err.contains("server (you)"), "{}", other.err);
    client.until_view("a source of your own", |view| view.sources.len() == 2).await?;
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn too_many_wrong_passwords_say_how_long_to_wait() -> Result<()> {
    let (server, _users) = server_with_passwords().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (client, serving) = setup.start_served()?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    for _ in 0..3 {
        sign_in(&ctl, "me", "not the password").await?.expect(3)?;
    }
    let many = sign_in(&ctl, "me", "not the password").await?.expect(1)?;
    assert!(many.err.contains("Too many tries. Wait ") && many.err.contains(" s, then"), "{}", many.err);
    serving.end().await;
    client.stop().await;
    Ok(())
}

/// The sessions of users that a server has, as its own file says.
fn sessions(server: &RunningServer) -> Result<u64> {
    let open = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let store = rusqlite::Connection::open_with_flags(server.folder().join("belfry-server.db"), open)?;
    Ok(store.query_row("SELECT count(*) FROM session", (), |row| row.get(0))?)
}

#[tokio::test]
async fn a_sign_in_leaves_one_session_and_one_that_comes_to_nothing_none() -> Result<()> {
    let (server, _users) = server_with_passwords().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let settings = setup.profile().join("settings.toml");
    until("whose messages they are", || async {
        ensure!(std::fs::read_to_string(&settings)?.contains("user"), "nobody has said so");
        Ok(())
    })
    .await?;
    let ctl = Ctl::new().await?.beside(setup.profile());

    let url = server.api_url();
    let add = ["add", "--name", "b", "--url", &url, "--user", "me", "--password-stdin"];
    let refused = source(&ctl, &add, PASSWORD).await?.expect(1)?;
    assert!(refused.err.contains("belfryctl source token server"), "{}", refused.err);
    assert_eq!((client.handle.view().sources.len(), sessions(&server)?), (1, 0));

    sign_in(&ctl, "me", PASSWORD).await?.expect(0)?;
    assert_eq!(sessions(&server)?, 1);
    let no_session = || async {
        ensure!(sessions(&server)? == 0, "the server still has a session");
        Ok(())
    };
    source(&ctl, &["sign-out", "server"], "-").await?.expect(0)?;
    until("the end of the session", no_session).await?;
    sign_in(&ctl, "me", PASSWORD).await?.expect(0)?;
    assert_eq!(sessions(&server)?, 1);
    sign_in(&ctl, "me", PASSWORD).await?.expect(0)?;
    until("the end of the first of two sessions", || async {
        ensure!(sessions(&server)? == 1, "the server has {} sessions", sessions(&server)?);
        Ok(())
    })
    .await?;
    server.publish(message("by the second")).await?;
    client.until_message("by the second").await?;
    source(&ctl, &["remove", "server"], "-").await?.expect(0)?;
    until("the end of the session", no_session).await?;
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_source_is_added_only_once_it_is_signed_in_to() -> Result<()> {
    let home = quick_server().await?;
    let setup = ClientSetup::new(&home.api_url(), home.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile());

    // It takes the password and never says anything.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api", silent.local_addr()?);
    let args = ["--profile", "@profile", "source", "add", "--name", "b", "--url", &url, "--user", "me"];
    let args = [&args[..], &["--password-env", "SCENARIO_PASSWORD"]].concat();
    let mut adding = ctl.command(&args).env("SCENARIO_PASSWORD", PASSWORD).spawn()?;
    let _asked = silent.accept().await?;
    assert_eq!(client.handle.view().sources.len(), 1, "before the server has answered");
    adding.kill().await?;
    let saved = source(&ctl, &["list"], "-").await?.expect(0)?.out;
    assert_eq!((saved.lines().count(), client.handle.view().sources.len()), (1, 1), "{saved}");
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn where_nothing_could_be_kept_no_password_is_sent() -> Result<()> {
    let (server, _users) = server_with_passwords().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let ctl = Ctl::new().await?;
    let api = proxy.api();
    let add = ["add", "--name", "server", "--url", &api];
    let with_password = [&add[..], &["--user", "me", "--password-stdin"]].concat();
    let refused = source(&ctl, &with_password, PASSWORD).await?.expect(1)?;
    assert!(refused.err.contains("there is no keychain"), "{}", refused.err);
    assert_eq!(source(&ctl, &["list"], "-").await?.expect(0)?.out, "");
    source(&ctl, &add, "-").await?.expect(0)?;
    let refused = sign_in(&ctl, "me", PASSWORD).await?.expect(1)?;
    assert!(refused.err.contains("there is no keychain"), "{}", refused.err);
    assert_eq!(proxy.requests(), 0);

    let empty = source(&ctl, &with_password, "").await?.expect(2)?;
    assert!(empty.err.contains("as a password"), "{}", empty.err);
    let args = ["sign-in", "server", "--user", "me", "--password-env", "NOT_SET"];
    let unset = source(&ctl, &args, "-").await?.expect(2)?;
    assert!(unset.err.contains("NOT_SET") && unset.err.lines().count() == 1, "{}", unset.err);
    Ok(())
}

/// `script` gives the program a terminal, on which nothing may be read that was typed as a password.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_password_typed_at_a_terminal_is_not_shown() -> Result<()> {
    let args = ["source", "sign-in", "server", "--user", "me", "--password-stdin"];
    let mut terminal = Terminal::open(&args).await?;
    terminal.until("Password").await?;
    terminal.until_echo_is_off().await?;
    terminal.type_line("typed-s3cret").await?;
    let (code, screen) = terminal.end().await?;
    assert_eq!(code, Some(1), "there is no profile: {screen}");
    assert!(!screen.contains("typed-s3cret"), "{screen}");
    Ok(())
}
