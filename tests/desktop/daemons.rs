//! What real notification daemons make of a popup's actions, of one that takes another's place, and of one that is
//! withdrawn; and what a panel makes of the tooltip.

use anyhow::{Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Belfry, Daemon, NotifyWatch, Options, Panel, Stage};
use belfry_tests::programs;
use belfry_tests::wait::until;

fn xfce() -> Options {
    Options { daemon: Daemon::Xfce, panel: Panel::Lxqt, ..Options::default() }
}

fn message(title: &str) -> Publish {
    Publish { kind: "system".into(), title: title.into(), ..Publish::default() }
}

/// Clicks on one of the three buttons of the only popup of Xfce's, which share its width; counted from 0.
async fn press(stage: &Stage, button: i32) -> Result<()> {
    let screen = stage.session.screen();
    let [x, y, width, height] = screen.place_of_class("Xfce4-notifyd").await?;
    screen.click(x + width * (2 * button + 1) / 6, y + height - 31).await
}

/// Waits until Xfce's daemon shows so many popups.
async fn popups_of_xfce(stage: &Stage, wanted: usize) -> Result<()> {
    until(&format!("{wanted} popups"), || async {
        let count = stage.session.screen().count_of_class("Xfce4-notifyd").await?;
        ensure!(count == wanted, "there are {count}");
        Ok(())
    })
    .await
}

/// A message whose popup is on Xfce's screen.
async fn popped_up(stage: &Stage, title: &str) -> Result<Belfry> {
    let watch = NotifyWatch::start(&stage.session).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message(title)).await?;
    let call = watch.call(|_| true).await?;
    assert_eq!(call.actions, ["default", "Open", "mark-read", "Mark as read", "snooze", "In an hour"]);
    belfry.tray_shows(1).await?;
    popups_of_xfce(stage, 1).await?;
    Ok(belfry)
}

/// A message is put off, and no other.
async fn put_off(stage: &Stage, title: &str) -> Result<()> {
    let listed = stage.ctl(&["list", "--snoozed"], "").await?;
    ensure!(listed.lines().count() == 1 && listed.contains(title), "put off are {listed}");
    Ok(())
}

#[tokio::test]
async fn mark_as_read_on_a_popup_of_xfce_marks_it_read() -> Result<()> {
    let stage = Stage::set(xfce()).await?;
    let belfry = popped_up(&stage, "One").await?;
    press(&stage, 1).await?;
    belfry.tray_shows(0).await?;
    popups_of_xfce(&stage, 0).await?;
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, [], "it does not open the inbox");
    Ok(())
}

#[tokio::test]
async fn in_an_hour_on_a_popup_of_xfce_puts_it_off() -> Result<()> {
    let stage = Stage::set(xfce()).await?;
    let belfry = popped_up(&stage, "One").await?;
    press(&stage, 2).await?;
    belfry.tray_shows(0).await?;
    put_off(&stage, "One").await
}

#[tokio::test]
async fn a_popup_of_xfce_is_replaced_in_place_and_withdrawn() -> Result<()> {
    let stage = Stage::set(xfce()).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    // Not to go by itself meanwhile.
    let urgent = Publish { priority: Some(5), ..message("At six") };
    let first = stage.server.publish(Publish { to: "me".into(), ..urgent.clone() }).await?;
    watch.call(|call| call.body == "At six").await?;
    popups_of_xfce(&stage, 1).await?;
    let place = stage.session.screen().place_of_class("Xfce4-notifyd").await?;

    let moved = Publish { title: "At seven".into(), to: "me".into(), ..urgent };
    stage.server.update("me", &first.id, moved).await?;
    let second = watch.call(|call| call.body == "At seven").await?;
    ensure!(second.replaces != 0, "it takes no place");
    popups_of_xfce(&stage, 1).await?;
    assert_eq!(stage.session.screen().place_of_class("Xfce4-notifyd").await?, place);
    let file = programs::output_folder("desktop")?.join("replaced-xfce.png");
    stage.session.screen().picture(Some(place), &file).await?;

    belfry.tray.choose("Mark all as read").await?;
    popups_of_xfce(&stage, 0).await
}

#[tokio::test]
async fn from_the_menu_of_dunst_a_message_is_marked_read_or_put_off() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    for (title, label) in [("One", "Mark as read"), ("Two", "In an hour")] {
        stage.publish(message(title)).await?;
        stage.session.dunst().shows(1).await?;
        belfry.tray_shows(1).await?;
        stage.session.dunst().choose(label).await?;
        belfry.tray_shows(0).await?;
        stage.session.dunst().shows(0).await?;
    }
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, [], "neither opens the inbox");
    put_off(&stage, "Two").await
}

#[tokio::test]
async fn the_tooltip_on_the_panel_of_xfce_shows_where_the_pointer_rests() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("One")).await?;
    belfry.tray_shows(1).await?;
    assert_eq!(belfry.tray.tooltip().await?, "Belfry · Connected · 1 unread");
    stage.session.dunst().close_all().await?;
    stage.session.dunst().shows(0).await?;
    let screen = stage.session.screen();
    let [_, _, width, height] = screen.place_of_class("Xfce4-panel").await?;
    let below = [width - 460, height, 460, 60];
    let bare = screen.pixels(below).await?;
    screen.point(width - 90, height / 2).await?;
    screen.point(width - 85, height / 2).await?;
    until("the tooltip", || async {
        ensure!(screen.pixels(below).await? != bare, "there is nothing below the icon");
        Ok(())
    })
    .await?;
    let file = programs::output_folder("desktop")?.join("tooltip-xfce.png");
    screen.picture(Some([width - 460, 0, 460, height + 60]), &file).await
}
