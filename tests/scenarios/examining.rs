//! `doctor`, `source test`, and the look that `source add` takes: what is wrong with a server, step by step.

use anyhow::Result;
use belfry_core::link::LinkState;
use belfry_tests::scenario::{ClientSetup, Ctl, Done, quick_server};
use serde_json::Value;

async fn doctor(ctl: &Ctl, api: &str) -> Result<Done> {
    ctl.run(&["--json", "doctor", "--url", api, "--token-env", "SCENARIO_TOKEN"]).await
}

/// The verdict on each step, e.g. `token ok`.
fn verdicts(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    lines.iter().map(|line| format!("{} {}", text(line, "check"), text(line, "verdict"))).collect()
}

fn failed(lines: &[Value]) -> Option<&Value> {
    lines.iter().find(|line| line["verdict"] == "failed")
}

#[tokio::test]
async fn a_server_that_is_well_passes_every_step() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let lines = doctor(&ctl, &server.api_url()).await?.expect(0)?.json()?;
    let verdicts = verdicts(&lines);
    for step in [
        "reach ok",
        "token ok",
        "stream ok",
        "first_byte ok",
        "heartbeat ok",
        "history ok",
        "marks ok",
        "user ok",
    ] {
        assert!(verdicts.contains(&step.to_owned()), "{step}: {verdicts:?}");
    }
    assert_eq!(failed(&lines), None);
    let args = ["doctor", "--url", &server.api_url(), "--token-env", "SCENARIO_TOKEN"];
    let page = ctl.run(&args).await?.expect(0)?;
    assert!(page.out.contains("✓ Sign-in: As it should be."), "{}", page.out);
    assert!(std::fs::read_dir(ctl.home())?.next().is_none(), "nothing is left behind");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_has_its_exit_code_and_one_sentence() -> Result<()> {
    let server = quick_server().await?;
    let stranger = Ctl::new().await?.with_token("not-the-token");
    let done = doctor(&stranger, &server.api_url()).await?.expect(3)?;
    let lines = done.json()?;
    assert_eq!(failed(&lines).unwrap()["code"], "token_refused");
    assert!(done.err.contains("does not accept this token") && done.err.lines().count() == 1, "{}", done.err);
    assert!(!done.out.contains("not-the-token") && !done.err.contains("not-the-token"));

    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let done = doctor(&stranger, &format!("http://{free}/api")).await?.expect(4)?;
    assert_eq!(failed(&done.json()?).unwrap()["code"], "unreachable");

    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let done = doctor(&ctl, &format!("{}/nothing/here", server.api_url())).await?.expect(1)?;
    assert_eq!(failed(&done.json()?).unwrap()["check"], "stream");

    let done = ctl.run(&["doctor", "--token-env", "SCENARIO_TOKEN"]).await?.expect(2)?;
    assert!(done.err.contains("--url") && done.err.lines().count() == 1, "{}", done.err);
    let done = ctl.run(&["--profile", "@profile", "doctor"]).await?.expect(1)?;
    assert!(done.err.contains("there is no Belfry profile"), "{}", done.err);
    Ok(())
}

#[tokio::test]
async fn a_source_without_its_token_is_told_what_is_missing() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?;
    let url = server.api_url();
    let args = ["--profile", "@profile", "source", "add", "--name", "s", "--url", &url];
    ctl.run(&args).await?.expect(0)?;
    for args in [&["source", "test", "s"][..], &["doctor"]] {
        let args: Vec<&str> = ["--profile", "@profile", "--json"].iter().chain(args).copied().collect();
        let done = ctl.run(&args).await?.expect(1)?;
        let lines = done.json()?;
        assert_eq!(failed(&lines).unwrap()["code"], "keychain_absent", "{lines:?}");
        assert_eq!(failed(&lines).unwrap()["detail"], "", "no token has been refused: {lines:?}");
        assert_eq!(lines[0]["source"], "s");
    }
    assert_eq!(server.streams(), 0);
    Ok(())
}

#[tokio::test]
async fn the_program_that_runs_looks_for_itself_and_a_refused_token_adds_nothing() -> Result<()> {
    let server = quick_server().await?;
    let other = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile()).with_token("not-the-token");
    let run = async |args: &[&str]| {
        ctl.run(&["--profile", "@profile", "--json"].iter().chain(args).copied().collect::<Vec<_>>()).await
    };
    let tested = run(&["source", "test", "server"]).await?.expect(0)?.json()?;
    assert!(verdicts(&tested).contains(&"token ok".to_owned()), "{tested:?}");

    let url = other.api_url();
    let add = ["source", "add", "--name", "x", "--url", &url, "--token-env", "SCENARIO_TOKEN"];
    let refused = run(&[&add[..], &["--secrets", "session"]].concat()).await?.expect(3)?;
    assert!(refused.err.contains("does not accept this token"), "{}", refused.err);
    client.until_view("removed", |view| view.sources.len() == 1).await?;

    // A server that is down now may be up later.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let url = format!("http://{free}/api");
    let add = ["source", "add", "--name", "later", "--url", &url, "--token-env", "SCENARIO_TOKEN"];
    let added = run(&[&add[..], &["--secrets", "session"]].concat()).await?.expect(0)?;
    assert!(added.err.contains("Nobody answers at this address"), "{}", added.err);
    client.until_view("added", |view| view.sources.len() == 2).await?;
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_refused_does_not_take_the_place_of_one_that_works() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let (mut client, serving) = setup.start_served()?;
    client.until_state(LinkState::Live).await?;
    let ctl = Ctl::new().await?.beside(setup.profile()).with_token("not-the-token");
    let token = ["--profile", "@profile", "source", "token", "server", "--token-env", "SCENARIO_TOKEN"];
    let refused = ctl.run(&token).await?.expect(3)?;
    assert!(refused.err.contains("does not accept this token"), "{}", refused.err);
    assert_eq!((refused.err.lines().count(), refused.err.contains("not-the-token")), (1, false));
    // What was live is live, with the token that it had.
    assert_eq!(client.handle.view().sources[0].link.state, LinkState::Live);
    assert_eq!(server.streams(), 1);

    server.set_tokens(Vec::new());
    client.until_view("the refusal", |view| view.sources[0].link.state == LinkState::Stopped).await?;
    let list = ["--profile", "@profile", "source", "list"];
    let listed = ctl.run(&list).await?.expect(0)?;
    assert!(listed.out.ends_with("  refused\n"), "{}", listed.out);
    let listed = ctl.run(&[&["--json"], &list[..]].concat()).await?.expect(0)?.json()?;
    assert_eq!(listed[0]["token"], "refused");
    serving.end().await;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn people_are_told_in_their_language() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?;
    let api = server.api_url();
    for (args, out, err) in [
        (&["doctor", "--url", &api][..], "✗ 登录：没有可供尝试的令牌", "没有可供尝试的令牌"),
        (&["frames", "--url", &format!("{api}/sse/connect")], "", "未提供令牌"),
        (&["--profile", "@profile", "list"], "", "没有 Belfry 配置"),
    ] {
        let done = ctl.command(args).env("LANG", "zh_CN.UTF-8").output().await?;
        let (said, told) = (String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?);
        assert!(said.contains(out) && told.contains(err), "{args:?}: {said}{told}");
    }
    Ok(())
}
