//! The way to a server, set from the command line: a proxy that knows its users, files that cannot be used, and a token
//! that would travel in the clear.

#[allow(dead_code, clippy::unwrap_used, reason = "it belongs to the transport's own tests")]
#[path = "../../src-tauri/platform/tests/http/proxy.rs"]
mod proxy;

use std::time::Duration;

use anyhow::Result;
use belfry_core::link::{LinkState, Reason};
use belfry_server::{Config, Server};
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

/// What speaks to a server that is no source takes the same way as one that is.
#[tokio::test]
async fn frames_doctor_and_send_go_over_the_proxy_that_is_named_and_tell_it_who_asks() -> Result<()> {
    // A name that only the proxy can find.
    let (api, public_hosts) = ("http://server.invalid/api", vec!["server.invalid".to_owned()]);
    let heartbeat = Duration::from_millis(100);
    let server = Server::start(Config { public_hosts, heartbeat, ..Config::default() }).await?;
    let proxy = Proxy::http(Lets::OneUser, server.addr()).await;
    let address = format!("http://{}", proxy.address);
    let token = server.subscriber_token("me").unwrap().expose().to_owned();
    let publisher = server.publisher_token().unwrap().expose().to_owned();
    let (reader, writer) = (Ctl::new().await?.with_token(&token), Ctl::new().await?.with_token(&publisher));
    let stream = format!("{api}/sse/connect");
    let frames = ["frames", "--url", &stream, "--count", "1"];
    let doctor = ["--json", "doctor", "--url", api];
    let send = ["send", "--url", api, "--to", "me", "--kind", "reply", "--title", "T"];
    for (ctl, command) in [(&reader, &frames[..]), (&reader, &doctor), (&writer, &send)] {
        let way = ["--token-env", "SCENARIO_TOKEN", "--allow-plain-http", "--proxy", &address];
        let command: Vec<&str> = command.iter().chain(&way).copied().collect();
        let unknown = ctl.run(&command).await?.expect(4)?;
        assert!(!unknown.err.contains(&token) && !unknown.err.contains(&publisher), "{}", unknown.err);
        let known: Vec<&str> =
            command.into_iter().chain(["--proxy-user", USER, "--proxy-password-env", "PROXY"]).collect();
        let done = ctl.command(&known).env("PROXY", PASSWORD).output().await?;
        let text =
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(!text.contains(PASSWORD), "{text}");
        assert!(done.status.success(), "{text}");
    }
    assert!(proxy.asked().iter().all(|asked| asked.contains("http://server.invalid/api/")));
    server.shutdown().await;
    Ok(())
}

/// The system's proxy is the one that its variables name (the same as for curl), but for what is excepted.
#[tokio::test]
async fn the_systems_proxy_is_taken_unless_it_is_excepted_or_not_wanted() -> Result<()> {
    let public_hosts = vec!["server.invalid".to_owned()];
    let server = Server::start(Config { public_hosts, ..Config::default() }).await?;
    let proxy = Proxy::http(Lets::Everybody, server.addr()).await;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let run = async |variables: &[(&str, &str)], more: &[&str]| {
        let way = ["doctor", "--url", "http://server.invalid/api", "--token-env", "SCENARIO_TOKEN"];
        let args: Vec<&str> = ["--json"].iter().chain(&way).chain(more).copied().collect();
        let mut command = ctl.command(&args);
        command.arg("--allow-plain-http").envs(variables.iter().copied());
        let done = command.output().await?;
        anyhow::Ok((done.status.code(), String::from_utf8(done.stdout)?))
    };
    let address = format!("http://{}", proxy.address);
    let set = ("http_proxy", address.as_str());
    let (code, text) = run(&[set], &[]).await?;
    assert_eq!(code, Some(0), "{text}");
    assert!(proxy.asked().iter().any(|asked| asked.contains("http://server.invalid/api/")));
    let asked = proxy.asked().len();
    for (variables, more) in
        [(&[set, ("no_proxy", "server.invalid")][..], &[][..]), (&[set], &["--proxy", "none"]), (&[], &[])]
    {
        let (code, text) = run(variables, more).await?;
        assert_eq!(code, Some(4), "{variables:?} {more:?}: {text}");
        assert!(text.contains("no_such_name"), "{variables:?} {more:?}: {text}");
    }
    assert_eq!(proxy.asked().len(), asked);
    // Where it is dead, it is not the server that is blamed.
    let (code, text) = run(&[("http_proxy", "http://127.0.0.1:1")], &[]).await?;
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("proxy_refused"), "{text}");
    server.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_way_that_makes_no_sense_is_refused_in_one_line() -> Result<()> {
    let ctl = Ctl::new().await?.with_token("s3cret");
    let missing = ctl.home().join("missing.pem").display().to_string();
    let url = ["--url", "https://server.invalid/api"];
    for (bad, said) in [
        (&["--proxy", "http://me:s3cret@proxy"][..], "must not hold"),
        (&["--ca-file", &missing], "missing.pem"),
        (&["--client-certificate", &missing], "missing.pem"),
        (&["--pin", "abc"], "base64"),
        (&["--http", "3"], "1.1"),
        (&["--header", "Host: a"], "Belfry itself"),
        (&["--proxy-user", "me"], "--proxy-password-env"),
        (&["--proxy-user", "me", "--proxy-password-env", "SCENARIO_TOKEN"], "--proxy"),
    ] {
        let args: Vec<&str> = ["doctor"].iter().chain(&url).chain(bad).copied().collect();
        let done = ctl.run(&args).await?.expect(2)?;
        assert!(done.err.contains(said) && done.err.lines().count() == 1, "{bad:?}: {}", done.err);
        assert!(!done.err.contains("s3cret"), "{}", done.err);
    }
    // Of the profile's sources each has a way of its own.
    let done = ctl.run(&["doctor", "--proxy", "none"]).await?.expect(2)?;
    assert!(done.err.contains("--url"), "{}", done.err);
    Ok(())
}
