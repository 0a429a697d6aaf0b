//! From the server to the user's eye and back: a message of each type pops up in the real dunst with its
//! words and weight, and a real click on it leads where its type leads.

mod trying;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{
    Belfry, Daemon, FakeDaemon, Options, Popup, Shown, Stage, Urgency, popups_in_inbox,
};
use belfry_tests::scenario::numbered;
use belfry_tests::wait::{until, until_within};

/// Publishes a message and waits until its popup is on the screen and the tray counts it.
async fn pops_up(stage: &Stage, belfry: &Belfry, message: Publish) -> Result<Shown> {
    stage.publish(message).await?;
    stage.session.dunst().shows(1).await?;
    belfry.tray_shows(1).await?;
    stage.session.dunst().shown()?.pop().context("dunst has shown nothing")
}

fn message(kind: &str, title: &str, content: &str) -> Publish {
    Publish { kind: kind.into(), title: title.into(), content: Some(content.into()), ..Publish::default() }
}

#[tokio::test]
async fn a_click_on_a_reply_hands_its_page_to_the_browser() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    let reply =
        Publish { related_id: Some("1001".into()), ..message("reply", "Ann <b>replied</b>", "Yes & no") };
    let shown = pops_up(&stage, &belfry, reply).await?;
    assert_eq!(
        (shown.summary.as_str(), shown.urgency, shown.timeout_ms),
        ("New reply", Urgency::Normal, 5000)
    );
    // dunst reads markup: what a sender wrote must come as text.
    assert_eq!(shown.body, "Ann &lt;b&gt;replied&lt;/b&gt;\nYes &amp; no");

    stage.session.dunst().click().await?;
    let site = stage.server.api_url().replace("/api", "");
    assert_eq!(stage.session.pages_opened().first().await?, format!("{site}/community/post/1001"));
    belfry.tray_shows(0).await?;
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, [], "a reply does not raise the inbox");
    Ok(())
}

#[tokio::test]
async fn a_click_on_a_system_notice_opens_the_inbox_at_it() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    let shown =
        pops_up(&stage, &belfry, message("system", "Down at six", "For an hour.\nMore below.")).await?;
    assert_eq!((shown.summary.as_str(), shown.urgency), ("System notice", Urgency::Normal));
    assert_eq!(shown.body, "Down at six\nFor an hour.");

    stage.session.dunst().click().await?;
    let window = stage.session.screen().window_of(belfry.pid).await?;
    // The inbox opens at the message, and what is open is read.
    belfry.tray_shows(0).await?;
    assert!(window.title.contains("Belfry"), "{}", window.title);
    assert_eq!(stage.session.pages_opened().all()?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_notification_asks_for_less_attention_and_opens_the_inbox() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    let shown = pops_up(&stage, &belfry, message("notification", "Your report is ready", "")).await?;
    assert_eq!((shown.summary.as_str(), shown.urgency), ("Notification", Urgency::Low));
    assert_eq!(shown.body, "Your report is ready");

    stage.session.dunst().click().await?;
    stage.session.screen().window_of(belfry.pid).await?;
    belfry.tray_shows(0).await
}

#[tokio::test]
async fn a_message_of_an_unknown_type_pops_up_and_an_urgent_one_breaks_through() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    let urgent = Publish { priority: Some(5), ..message("x-invoice", "Invoice 7 is overdue", "") };
    let shown = pops_up(&stage, &belfry, urgent).await?;
    assert_eq!((shown.summary.as_str(), shown.urgency), ("New message", Urgency::Critical));

    stage.session.dunst().click().await?;
    stage.session.screen().window_of(belfry.pid).await?;
    belfry.tray_shows(0).await
}

#[tokio::test]
async fn through_notify_rust_a_popup_and_its_click_are_the_same() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start_with(&["--hidden"], &[("BELFRY_NOTIFIER", "notify-rust")]).await?;
    let shown = pops_up(&stage, &belfry, message("system", "Down at six", "For an hour.")).await?;
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("System notice", "Down at six\nFor an hour."));
    stage.session.dunst().click().await?;
    stage.session.screen().window_of(belfry.pid).await?;
    belfry.tray_shows(0).await
}

#[tokio::test]
async fn the_token_of_a_click_is_handed_to_the_window_new_or_old() -> Result<()> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    stage.prefer(popups_in_inbox()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    for (title, token) in [("The first", "belfry_TIME0-1"), ("The second", "belfry_TIME0-2")] {
        stage.publish(message("system", title, "")).await?;
        let popup = daemon.popup(|popup| popup.call.body == title).await?;
        daemon.choose(popup.id, "default", Some(token)).await?;
        let window = stage.session.screen().window_of(belfry.pid).await?;
        until("the token", || async {
            let said = stage.session.run("xprop", ["-id", window.id.as_str(), "_NET_STARTUP_ID"]).await?;
            ensure!(said.contains(token), "{said}");
            Ok(())
        })
        .await?;
        belfry.tray_shows(0).await?;
        stage.session.run("xdotool", ["windowminimize", &window.id]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_token_of_a_click_that_leads_to_a_page_is_handed_to_the_browser() -> Result<()> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    // Not the one with which the program itself was started.
    let belfry = stage.start_with(&["--hidden"], &[("XDG_ACTIVATION_TOKEN", "belfry_TIME0-0")]).await?;
    for title in ["On its popup", "In the menu", "Without a token"] {
        let reply = Publish { related_id: Some("1001".into()), ..message("reply", title, "") };
        stage.publish(reply).await?;
        let popup = daemon.popup(|popup| popup.call.body == title).await?;
        match title {
            "On its popup" => daemon.choose(popup.id, "default", Some("belfry_TIME0-1")).await?,
            "In the menu" => {
                belfry.tray_shows(1).await?;
                belfry.tray.give_token("belfry_TIME0-2").await?;
                belfry.tray.choose("● In the menu").await?;
            }
            _ => daemon.choose(popup.id, "default", None).await?,
        }
        belfry.tray_shows(0).await?;
    }
    let expected = ["belfry_TIME0-1", "belfry_TIME0-2", ""];
    assert_eq!(stage.session.pages_opened().activations()?, expected);
    Ok(())
}

#[tokio::test]
async fn a_daemon_that_starts_late_or_dies_is_told_what_it_missed() -> Result<()> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("system", "Before anyone was there", "")).await?;
    belfry.tray_shows(1).await?;
    let first = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    first.popup(|popup| popup.call.body.contains("Before anyone was there")).await?;
    first.leave().await?;
    stage.publish(message("system", "While it was away", "")).await?;
    belfry.tray_shows(2).await?;
    // The next one knows markup, and is asked.
    let second = FakeDaemon::start(&stage.session, &["body", "body-markup"]).await?;
    let popup = second.popup(|popup| popup.call.body.contains("While it was away")).await?;
    ensure!(!popup.call.body.contains("Before"), "{}", popup.call.body);
    stage.publish(message("system", "a & b", "")).await?;
    second.popup(|popup| popup.call.body == "a &amp; b").await.map(drop)
}

#[tokio::test]
async fn ten_thousand_at_once_get_a_few_popups_and_one_summary_that_leads_to_what_is_unread() -> Result<()> {
    const MANY: usize = 10_000;
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    stage.prefer(popups_in_inbox()).await?;
    let (window, _tray) = stage.drive().await?;
    stage.publish(message("system", "The first", "")).await?;
    window.says("The first").await?;
    stage.server.publish_many(numbered(0, MANY)).await?;
    let summary = |popup: &&Popup| popup.call.summary.ends_with(" more messages");
    let found = until_within(Duration::from_secs(60), "a summary of the rest", || async {
        let popups = daemon.popups();
        let summaries: Vec<&Popup> = popups.iter().filter(summary).collect();
        let [summary] = summaries[..] else { anyhow::bail!("{} summaries", summaries.len()) };
        let rest: usize = summary.call.summary.split(' ').next().unwrap_or_default().parse()?;
        ensure!(rest + popups.len() - 1 == MANY + 1, "{} and {} popups", summary.call.summary, popups.len());
        Ok((summary.clone(), popups.len() - 1))
    });
    let (summary, singles) = found.await?;
    // The first one had its popup on an occasion of its own.
    ensure!(singles <= 1 + 5, "{singles} popups");
    let expected = format!("{} replies\n9999\n9998\n9997", MANY + 1 - singles);
    assert_eq!(summary.call.body, expected);

    daemon.choose(summary.id, "default", None).await?;
    until("the list of what is unread", || async {
        let url = window.url().await?;
        ensure!(url.contains("unread"), "{url}");
        Ok(())
    })
    .await?;
    window.quit().await
}
