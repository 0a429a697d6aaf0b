//! On Wayland: the real sway without a screen, and the real mako.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_core::settings::{InInbox, Notifications, Preferences};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Daemon, Display, FakeDaemon, Options, Program, Stage};
use belfry_tests::programs;
use belfry_tests::wait::{until, until_within};

/// The screen, and a point on mako's popup in its upper right corner.
const SCREEN: [u32; 2] = [1920, 1080];
const POPUP: [u32; 2] = [1920 - 160, 30];

fn on_sway(daemon: Daemon) -> Options {
    Options { display: Display::Sway, daemon, ..Options::default() }
}

fn message(title: &str) -> Publish {
    Publish { kind: "system".into(), title: title.into(), ..Publish::default() }
}

/// Starts Belfry and waits until it is connected. There is no panel that could say so: its log does.
async fn started(stage: &Stage, arguments: &[&str]) -> Result<Program> {
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--profile").arg(&stage.profile).args(arguments).env("BELFRY_LOG", "info");
    let belfry = stage.session.spawn("belfry", command)?;
    until("the connection", || async {
        ensure!(belfry.said().contains("Forum: Connected"), "{}", belfry.said());
        Ok(())
    })
    .await?;
    Ok(belfry)
}

/// Waits until the window of a process has the keyboard.
async fn in_front(stage: &Stage, pid: u32) -> Result<()> {
    until("the window in front", || async {
        let windows = stage.session.sway().windows().await?;
        ensure!(windows.iter().any(|window| window.pid == pid && window.focused), "{windows:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_click_on_a_popup_of_mako_opens_the_window() -> Result<()> {
    let stage = Stage::set(on_sway(Daemon::Mako)).await?;
    let belfry = started(&stage, &["--hidden"]).await?;
    let pid = belfry.id().context("belfry ended at once")?;
    let sway = stage.session.sway();
    assert_eq!(sway.windows().await?, [], "--hidden starts without a window");
    stage.publish(message("Down at six")).await?;
    until("the popup", || async {
        let popups = sway.popups().await?;
        ensure!(popups == ["System notice"], "mako shows {popups:?}");
        Ok(())
    })
    .await?;
    let pointer = sway.pointer().await?;
    until("the click", || async {
        // mako asks for the pointer as soon as there is one; a click before that is nobody's.
        pointer.click(POPUP, SCREEN)?;
        until_within(Duration::from_millis(500), "the end of the popup", || async {
            ensure!(sway.popups().await?.is_empty(), "it is still there");
            Ok(())
        })
        .await
    })
    .await?;
    in_front(&stage, pid).await
}

#[tokio::test]
async fn mark_as_read_of_a_popup_of_mako_marks_it_read() -> Result<()> {
    let stage = Stage::set(on_sway(Daemon::Mako)).await?;
    let _belfry = started(&stage, &["--hidden"]).await?;
    let sway = stage.session.sway();
    stage.publish(message("Down at six")).await?;
    until("the popup", || async {
        ensure!(sway.popups().await?.len() == 1, "there is none");
        Ok(())
    })
    .await?;
    stage.session.run("makoctl", ["invoke", "mark-read"]).await?;
    until("no unread message", || async {
        let unread = stage.ctl(&["unread"], "").await?;
        ensure!(unread.trim() == "0", "{unread} unread");
        Ok(())
    })
    .await?;
    assert_eq!(sway.windows().await?, [], "it does not open the inbox");
    Ok(())
}

#[tokio::test]
async fn with_a_token_that_sway_knows_a_click_brings_the_window_to_the_front() -> Result<()> {
    let stage = Stage::set(on_sway(Daemon::Absent)).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    let notifications = Notifications { in_inbox: InInbox::Popup, ..Notifications::default() };
    stage.prefer(Preferences { notifications, ..Preferences::default() }).await?;
    let belfry = started(&stage, &[]).await?;
    let pid = belfry.id().context("belfry ended at once")?;
    in_front(&stage, pid).await?;
    // Somebody else's window, which the user works in.
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--profile").arg(stage.session.folder().join("other"));
    let other = stage.session.spawn("other", command)?;
    in_front(&stage, other.id().context("the other program ended at once")?).await?;

    stage.publish(message("Down at six")).await?;
    let popup = daemon.popup(|popup| popup.call.body == "Down at six").await?;
    let token = stage.session.sway().token().await?;
    daemon.choose(popup.id, "default", Some(&token)).await?;
    in_front(&stage, pid).await
}
