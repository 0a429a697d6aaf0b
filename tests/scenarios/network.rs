//! Servers that are gone, connections that die without a word.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use belfry_core::engine::Observation;
use belfry_core::link::{LinkState, Reason};
use belfry_tests::scenario::{ClientSetup, Ctl, Proxy, message, quick_server};
use belfry_tests::wait::until;

#[tokio::test]
async fn a_server_that_is_never_reached_ends_watch_with_4_after_bounded_attempts() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    proxy.refuse();
    let ctl = Ctl::new().await?.with_token("any");
    let mut watch = ctl.watch_profile(&proxy.api(), &["--attempts", "4"])?;
    watch.until_state("polling").await?;
    watch.terminate().await?;
    let done = watch.end().await?.expect(4)?;
    assert!(done.err.contains("never reached"), "{}", done.err);
    // Four attempts, and the question to the history that takes their place.
    assert!((4..=5).contains(&proxy.connections()), "{} connections", proxy.connections());
    Ok(())
}

#[tokio::test]
async fn a_failed_attempt_is_one_readable_line_in_the_log() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    proxy.refuse();
    let ctl = Ctl::new().await?.with_token("any").with_log("info");
    let mut watch = ctl.watch_profile(&proxy.api(), &["--attempts", "4"])?;
    watch.until_state("polling").await?;
    watch.terminate().await?;
    let done = watch.end().await?.expect(4)?;
    let lines = |part: &str| done.err.lines().filter(|line| line.contains(part)).count();
    assert_eq!(lines("Waiting to reconnect: The server cannot be reached. ["), 3, "{}", done.err);
    assert_eq!(lines("(attempt 2, next in "), 1, "{}", done.err);
    assert_eq!(lines("Some("), 0, "{}", done.err);
    // The three, the change to the history, its failure, and the end.
    assert!((4..=7).contains(&done.err.lines().count()), "{}", done.err);
    Ok(())
}

#[tokio::test]
async fn watch_ends_with_4_when_its_time_is_up_and_nobody_answered() -> Result<()> {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let ctl = Ctl::new().await?.with_token("any");
    let api = format!("http://{free}/api");
    ctl.watch_profile(&api, &["--for", "200ms"])?.end().await?.expect(4)?;
    Ok(())
}

/// Whose messages the profile holds is known by then, so that the server is asked whose token it is first.
#[tokio::test]
async fn a_server_that_is_known_and_out_of_reach_at_the_start_is_tried_until_it_is_back() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let watch = ctl.watch_profile(&proxy.api(), &[])?;
    // The server says so only after it has repeated everything.
    until("the user to be known", || async {
        let settings = std::fs::read_to_string(ctl.profile().join("settings.toml"))?;
        ensure!(settings.contains("[sources.user]"), "{settings}");
        Ok(())
    })
    .await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;

    proxy.refuse();
    let tried_again = async |before: usize| {
        until("it to be tried again", async || match proxy.connections() {
            now if now >= before + 3 => Ok(()),
            now => bail!("{now}, {before} before"),
        })
        .await
    };
    let before = proxy.connections();
    let watch = ctl.watch_profile(&proxy.api(), &[])?;
    tried_again(before).await?;
    watch.terminate().await?;
    let done = watch.end().await?.expect(4)?;
    assert!(done.err.contains("the request failed"), "{}", done.err);

    let before = proxy.connections();
    let mut watch = ctl.watch_profile(&proxy.api(), &[])?;
    tried_again(before).await?;
    proxy.recover();
    watch.until_state("live").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let stopped = server.shutdown().await;
    let refused = |seen: &Observation| matches!(seen, Observation::State { link, .. } if link.reason == Some(Reason::Unreachable));
    client.until("unreachable", refused).await?;
    let server = stopped.start().await?;
    client.until_state(LinkState::Live).await?;
    server.publish(message("back")).await?;
    client.until_message("back").await?;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_dies_without_a_word_is_noticed_and_replaced() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&proxy.api(), &["--idle-timeout", "500ms"])?;
    watch.until_state("live").await?;
    proxy.fall_silent();
    server.publish(message("unheard")).await?;
    let idle = watch.until("idle", |line| line["reason"] == "idle").await?;
    assert_eq!(idle["state"], "waiting");
    let message = watch.until_message("unheard").await?;
    assert_eq!(message["via"], "replay");
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn heartbeats_keep_a_quiet_stream_alive() -> Result<()> {
    let server = quick_server().await?;
    let proxy = Proxy::before(server.addr()).await?;
    let mut setup = ClientSetup::new(&proxy.api(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.limits(|limits| limits.idle_timeout = Some(Duration::from_secs(1)));
    let mut client = setup.start_live().await?;
    // One heartbeat each 100 ms: twenty are twice the deadline.
    let enough = proxy.pieces() + 20;
    until("twenty heartbeats", || async {
        if proxy.pieces() >= enough { Ok(()) } else { bail!("{}", proxy.pieces()) }
    })
    .await?;
    server.publish(message("still here")).await?;
    client.until_message("still here").await?;
    let lost = client
        .seen
        .iter()
        .filter(|seen| matches!(seen, Observation::State { link, .. } if link.state == LinkState::Waiting));
    assert_eq!(lost.count(), 0);
    client.stop().await;
    Ok(())
}
