//! What is chosen on a popup of the real program, and what becomes of popups whose messages change: before a daemon whose
//! popups never leave by themselves, so that one that has gone was taken off by the program.

use anyhow::{Context, Result, ensure};
use belfry_core::model::MessageId;
use belfry_core::store::{Announcement, Reader};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Belfry, Daemon, FakeDaemon, Options, Popup, Stage};
use belfry_tests::wait::until;

/// The user that the server knows.
const USER: &str = "me";

async fn set() -> Result<(Stage, FakeDaemon, Belfry)> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    Ok((stage, daemon, belfry))
}

fn message(title: &str) -> Publish {
    Publish { to: USER.into(), kind: "system".into(), title: title.into(), ..Publish::default() }
}

/// Publishes a message and waits for its popup; gives back the server's id of it.
async fn pops_up(stage: &Stage, daemon: &FakeDaemon, title: &str) -> Result<(Popup, String)> {
    let id = stage.server.publish(message(title)).await?.id;
    Ok((daemon.popup(|popup| popup.call.body == title).await?, id))
}

/// Waits until the ledger says so of the newest message; gives back its number.
async fn newest_is(stage: &Stage, state: Announcement) -> Result<MessageId> {
    let database = stage.profile.join("messages.db");
    until("the word in the ledger", || async {
        let newest = Reader::open(&database)?.decisions(1)?.pop().context("no message")?;
        ensure!(newest.announced.state == state, "{newest:?}");
        Ok(newest.id)
    })
    .await
}

#[tokio::test]
async fn a_message_that_is_read_elsewhere_takes_its_popup_along_and_no_other() -> Result<()> {
    let (stage, daemon, belfry) = set().await?;
    let (first, _) = pops_up(&stage, &daemon, "One").await?;
    let (second, _) = pops_up(&stage, &daemon, "Two").await?;
    let id = newest_is(&stage, Announcement::Announced).await?;
    stage.ctl(&["read", &id.to_string()], "").await?;
    daemon.popup(|popup| popup.id == second.id && popup.withdrawn).await?;
    belfry.tray_shows(1).await?;
    newest_is(&stage, Announcement::Withdrawn).await?;
    ensure!(!daemon.popup(|popup| popup.id == first.id).await?.withdrawn, "it has not been read");
    Ok(())
}

#[tokio::test]
async fn a_message_that_changes_changes_in_its_popup() -> Result<()> {
    let (stage, daemon, belfry) = set().await?;
    let (popup, id) = pops_up(&stage, &daemon, "Down at six").await?;
    newest_is(&stage, Announcement::Announced).await?;
    stage.server.update(USER, &id, message("Down at seven")).await?;
    let updated = daemon.popup(|popup| popup.call.body == "Down at seven").await?;
    assert_eq!((updated.id, updated.call.replaces), (popup.id, popup.id));
    assert_eq!(daemon.popups().len(), 1);
    belfry.tray_shows(1).await
}

#[tokio::test]
async fn mark_read_on_a_popup_marks_it_read_and_opens_nothing() -> Result<()> {
    let (stage, daemon, belfry) = set().await?;
    let (popup, _) = pops_up(&stage, &daemon, "Read me").await?;
    belfry.tray_shows(1).await?;
    daemon.choose(popup.id, "mark-read", None).await?;
    belfry.tray_shows(0).await?;
    newest_is(&stage, Announcement::Clicked).await?;
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, []);
    Ok(())
}

#[tokio::test]
async fn snooze_on_a_popup_puts_it_off() -> Result<()> {
    let (stage, daemon, belfry) = set().await?;
    let (popup, _) = pops_up(&stage, &daemon, "Later").await?;
    belfry.tray_shows(1).await?;
    daemon.choose(popup.id, "snooze", None).await?;
    belfry.tray_shows(0).await?;
    newest_is(&stage, Announcement::Snoozed).await?;
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_click_while_the_window_is_destroyed_makes_it_anew_at_the_message() -> Result<()> {
    let (stage, daemon, belfry) = set().await?;
    let screen = stage.session.screen();
    belfry.tray.activate().await?;
    let window = screen.window_of(belfry.pid).await?;
    screen.close(&window).await?;
    screen.no_window_of(belfry.pid).await?;
    let (popup, _) = pops_up(&stage, &daemon, "Look here").await?;
    belfry.tray_shows(1).await?;
    daemon.choose(popup.id, "default", None).await?;
    let again = screen.window_of(belfry.pid).await?;
    ensure!(again.id != window.id, "it was to be another");
    // What is open is read.
    belfry.tray_shows(0).await
}
