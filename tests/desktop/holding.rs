//! Popups that are held back: from the tray's menu, by a middle click, and while the user looks at the inbox.

use std::cell::Cell;

use anyhow::{Result, ensure};
use belfry_core::view::TrayShape;
use belfry_protocol::Publish;
use belfry_tests::desktop::{NotifyWatch, Options, Stage};
use belfry_tests::wait::until;

fn message(title: &str) -> Publish {
    Publish { kind: "system".into(), title: title.into(), ..Publish::default() }
}

/// The bodies of all popups so far.
fn bodies(watch: &NotifyWatch) -> Vec<String> {
    watch.calls().into_iter().map(|call| call.body).collect()
}

#[tokio::test]
async fn a_pause_from_the_tray_holds_popups_back_and_its_end_tells_them_together() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    belfry.tray.choose("Until I resume them").await?;
    let paused = "Connected, notifications paused";
    belfry.tray_says(TrayShape::Paused, paused, 0).await?;
    stage.publish(message("Held back")).await?;
    stage.publish(message("This one too")).await?;
    belfry.tray_says(TrayShape::Paused, paused, 2).await?;
    assert_eq!(bodies(&watch), Vec::<String>::new());

    belfry.tray.choose("Resume notifications").await?;
    belfry.tray_shows(2).await?;
    let told = watch.call(|_| true).await?;
    ensure!(told.body.contains("2 messages") && told.body.contains("Held back"), "{}", told.body);

    belfry.tray.activate_other().await?;
    belfry.tray_says(TrayShape::Paused, paused, 2).await?;
    belfry.tray.activate_other().await?;
    belfry.tray_shows(2).await?;
    assert_eq!(bodies(&watch).len(), 1, "there was nothing new to tell");
    Ok(())
}

#[tokio::test]
async fn while_the_inbox_is_in_front_the_list_says_what_is_new() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    let belfry = stage.start(&[]).await?;
    let window = stage.session.screen().window_of(belfry.pid).await?;
    let published = Cell::new(0);
    let publish = async |title| {
        published.set(published.get() + 1);
        stage.publish(message(title)).await?;
        belfry.tray_shows(published.get()).await
    };
    // What the page tells of its focus takes a moment.
    until("the list alone", || async {
        stage.session.run("xdotool", ["windowactivate", "--sync", &window.id]).await?;
        let before = watch.calls().len();
        publish("Seen at once").await?;
        ensure!(watch.calls().len() == before, "it popped up");
        Ok(())
    })
    .await?;
    stage.session.run("xdotool", ["windowminimize", &window.id]).await?;
    until("a popup again", || async {
        let before = watch.calls().len();
        publish("Out of sight").await?;
        ensure!(watch.calls().len() > before, "nothing popped up");
        Ok(())
    })
    .await
}
