//! The way to a server, set from the command line: a proxy that knows its users, files that cannot be used, and a token
//! that would travel in the clear.

#[allow(dead_code, clippy::unwrap_used, reason = "it belongs to the transport's own tests")]
#[path = "../../src-tauri/platform/tests/http/proxy.rs"]
mod proxy;

use anyhow::Result;
use belfry_core::link::{LinkState, Reason};
use belfry_tests::scenario::{ClientSetup, Ctl, Done, quick_server};

use self::proxy::{Lets, PASSWORD, Proxy, USER};

async fn source(ctl: &Ctl, args: &[&str]) -> Result<Done> {
    let args: Vec<&str> = ["--profile", "@profile", "source"].iter().chain(args).copied().collect();
    ctl.run(&args).await
}

#[tokio::test]
async fn a_proxy_is_named_and_told_who_asks_and_the_password_is_kept_out_of_every_file() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let proxy = Proxy::http(Lets::OneUser, server.addr()).await;
    let ctl = Ctl::new().await?.beside(setup.profile());

    let setting = format!("proxy=http://{}", proxy.address);
    source(&ctl, &["set", "server", &setting]).await?.expect(0)?;
    client.until_state(LinkState::Stopped).await?;
    let view = client.handle.view();
    assert_eq!(view.sources[0].link.reason, Some(Reason::ProxyLogin));

    let login =
        ["--profile", "@profile", "source", "proxy-login", "server", "--user", USER, "--password-stdin"];
    let done = ctl.run_with_input(&login, &format!("{PASSWORD}\n")).await?.expect(0)?;
    assert!(!done.err.contains(PASSWORD) && done.out.is_empty(), "{done:?}");
    client.until_state(LinkState::Live).await?;
    let settings = std::fs::read_to_string(setup.profile().join("settings.toml"))?;
    assert!(settings.contains(&proxy.address.to_string()) && !settings.contains(PASSWORD), "{settings}");

    source(&ctl, &["set", "server", "proxy="]).await?.expect(0)?;
    let done = ctl.run_with_input(&login, &format!("{PASSWORD}\n")).await?.expect(1)?;
    assert!(done.err.lines().count() == 1 && !done.err.contains(PASSWORD), "{}", done.err);
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_with_one_sentence() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (client, serving) = setup.start_served()?;
    let ctl = Ctl::new().await?.beside(setup.profile());
    let missing = setup.profile().join("missing.pem").display().to_string();
    for key in ["ca_file", "client_certificate"] {
        let done = source(&ctl, &["set", "server", &format!("{key}={missing}")]).await?.expect(1)?;
        assert!(done.err.contains("PEM") && done.err.lines().count() == 1, "{}", done.err);
    }
    for bad in ["proxy=http://me:s3cret@proxy", "header.Authorization=s3cret", "pin=abc", "http=3"] {
        let done = source(&ctl, &["set", "server", bad]).await?.expect(2)?;
        assert!(done.err.lines().count() == 1, "{}", done.err);
    }
    let settings = std::fs::read_to_string(setup.profile().join("settings.toml"))?;
    assert!(!settings.contains("network"), "{settings}");
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn no_command_sends_a_token_in_the_clear_without_a_yes() -> Result<()> {
    let ctl = Ctl::new().await?.with_token("s3cret");
    let (url, token) = ("http://server.invalid/api", ["--token-env", "SCENARIO_TOKEN"]);
    for command in [
        &["source", "add", "--name", "a", "--url", url][..],
        &["watch", "--url", url],
        &["frames", "--url", url],
        &["doctor", "--url", url],
        &["send", "--url", url, "--to", "me", "--kind", "reply", "--title", "a"],
    ] {
        let args: Vec<&str> = command.iter().chain(&token).copied().collect();
        let done = ctl.run(&args).await?.expect(2)?;
        assert!(done.err.contains("--allow-plain-http") && done.err.lines().count() == 1, "{}", done.err);
        // With a yes the server is looked for, and does not exist.
        if command[0] != "watch" && command[0] != "source" {
            let args: Vec<&str> = args.into_iter().chain(["--allow-plain-http"]).collect();
            ctl.run(&args).await?.expect(4)?;
        }
    }
    Ok(())
}
