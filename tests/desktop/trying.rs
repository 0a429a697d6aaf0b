//! What can be tried out: a popup, a sound, and the demo.

use anyhow::{Context, Result, ensure};
use belfry_core::settings::{Notifications, Preferences, Rule, Sound, SoundFile};
use belfry_server::Config;
use belfry_tests::desktop::{Daemon, FakeDaemon, Options, Stage};
use belfry_tests::wait::until;

use super::message;

#[tokio::test]
async fn the_first_window_shows_a_popup_and_asks_whether_it_was_seen() -> Result<()> {
    let stage = Stage::bare(Options::default(), Config::default()).await?;
    let window = stage.open_window(&[]).await?;
    window.press("Show one").await?;
    window.says("Did you see it?").await?;
    stage.session.dunst().shows(1).await?;
    let shown = stage.session.dunst().shown()?.pop().context("dunst has shown nothing")?;
    assert_eq!(shown.summary, "Belfry can be seen");
    window.press("Yes").await?;
    window.says("Good. That is how messages arrive.").await?;
    window.quit().await
}

#[tokio::test]
async fn where_nobody_shows_popups_the_first_window_says_so() -> Result<()> {
    let options = Options { daemon: Daemon::Absent, ..Options::default() };
    let stage = Stage::bare(options, Config::default()).await?;
    let window = stage.open_window(&[]).await?;
    window.press("Show one").await?;
    window.says("whether your desktop lets Belfry notify").await?;
    // It comes late, and is asked.
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    window.press("Show another").await?;
    daemon.popup(|popup| popup.call.summary == "Belfry can be seen").await?;
    window.says("Did you see it?").await?;
    window.quit().await
}

#[tokio::test]
async fn the_demo_starts_from_the_first_window_beside_it() -> Result<()> {
    let stage = Stage::bare(Options::default(), Config::default()).await?;
    let window = stage.open_window(&[]).await?;
    window.press("Try the demo").await?;
    window.says("The demo opens in a window of its own.").await?;
    until("the demo's tray icon with a message", || async {
        let mut menus = Vec::new();
        for tray in stage.session.trays().await? {
            menus.push(tray.menu().await?);
        }
        let unread = menus.iter().flatten().any(|item| item.label.ends_with("1 unread"));
        ensure!(menus.len() == 2 && unread, "the menus are {menus:?}");
        Ok(())
    })
    .await?;
    window.says("Connect your first message server").await?;
    window.quit().await
}

#[tokio::test]
async fn a_sound_of_ones_own_goes_to_the_desktop_with_the_popups_of_its_rule_only() -> Result<()> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions", "sound"]).await?;
    let file = stage.session.folder().join("钟 1.oga");
    std::fs::write(&file, "a sound")?;
    let path = file.to_str().context("the folder has a strange name")?.to_owned();
    let rule = Rule {
        text: "deploy".to_owned(),
        sound: Some(Sound::File(SoundFile(path.clone()))),
        ..Rule::default()
    };
    let notifications = Notifications { rules: vec![rule], ..Notifications::default() };
    stage.prefer(Preferences { notifications, ..Preferences::default() }).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    for (title, sound) in [("The deploy is done", Some(&path)), ("Down at six", None)] {
        stage.publish(message("system", title, "")).await?;
        let call = daemon.popup(|popup| popup.call.body == title).await?.call;
        assert_eq!(call.sound_file.as_ref(), sound, "{title}");
    }
    belfry.tray_shows(2).await
}
