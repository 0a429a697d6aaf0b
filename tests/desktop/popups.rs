//! From the server to the user's eye and back: a message of each type pops up in the real dunst with its
//! words and weight, and a real click on it leads where its type leads.

use anyhow::{Context, Result};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Belfry, Options, Shown, Stage, Urgency};

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
