//! Pictures of the real program for people to look at, in `target/desktop`: the window in both themes and
//! languages, and the whole desktop with popup and tray. They fail where the window does not follow its
//! settings; whether it is beautiful a person has to say.

use anyhow::{Context, Result, ensure};
use belfry_core::settings::{LanguageChoice, Preferences, Theme};
use belfry_server::demo;
use belfry_tests::desktop::{Options, Stage, WebDriver, popups_in_inbox};
use belfry_tests::programs;
use belfry_tests::wait::until;

/// How many sample messages stand in the list.
const MESSAGES: usize = 8;

/// The list's seventh row; its first child is the heading of the day.
const NOTICE: &str = "[role=option]:nth-child(8)";

/// The list's heading, and the theme that the page is in.
const LOOK: &str = "return [document.querySelector('#list-title')?.textContent.trim(), \
                    document.documentElement.dataset.theme ?? '', document.documentElement.lang].join(' ')";

#[tokio::test]
async fn the_window_follows_theme_and_language() -> Result<()> {
    let folder = programs::output_folder("desktop")?;
    let stage = Stage::set(Options::default()).await?;
    stage.server.publish_many(demo::samples().take(MESSAGES)).await?;
    for (theme, theme_name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (language, heading, name) in
            [(LanguageChoice::English, "Inbox", "en"), (LanguageChoice::Chinese, "收件箱", "zh-CN")]
        {
            stage.prefer(Preferences { language, theme, ..Preferences::default() }).await?;
            let (window, tray) = stage.drive().await?;
            until("the list", || async {
                let look = window.run(LOOK).await?;
                ensure!(look == format!("{heading} {theme_name} {name}"), "the window looks like {look}");
                ensure!(window.count("[role=option]").await? >= MESSAGES, "messages are missing");
                Ok(())
            })
            .await?;
            open(&window, NOTICE).await?;
            window.picture(&folder.join(format!("window-{theme_name}-{name}.png"))).await?;
            tray.quit().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn window_popup_and_tray_are_on_the_screen_together() -> Result<()> {
    let folder = programs::output_folder("desktop")?;
    let stage = Stage::set(Options::default()).await?;
    stage.prefer(popups_in_inbox()).await?;
    stage.server.publish_many(demo::samples().take(MESSAGES)).await?;
    let (window, _tray) = stage.drive().await?;
    until("the list", || async {
        ensure!(window.count("[role=option]").await? >= MESSAGES, "messages are missing");
        Ok(())
    })
    .await?;
    open(&window, NOTICE).await?;
    stage.server.publish(demo::samples().nth(MESSAGES).context("no further sample")?).await?;
    stage.session.dunst().shows(1).await?;
    window.picture(&folder.join("window.png")).await?;
    let screen = stage.session.screen();
    let popup = screen.place_of_class("Dunst").await?;
    // The window in the middle, the popup and the tray at its upper right.
    screen.picture(Some([380, 0, 1540, 940]), &folder.join("desktop.png")).await?;
    screen.picture(Some(popup), &folder.join("popup.png")).await?;
    let [_, y, width, height] = screen.place_of_class("Xfce4-panel").await?;
    screen.picture(Some([width - 300, y, 300, height]), &folder.join("tray.png")).await
}

/// Opens a row and waits until it is in the reading pane and read.
async fn open(window: &WebDriver, row: &str) -> Result<()> {
    window.click(row).await?;
    until("the reading pane", || async {
        ensure!(window.count("article h2").await? == 1, "nothing is open");
        ensure!(window.count("[role=option].open:not(.unread)").await? == 1, "it is not read");
        Ok(())
    })
    .await
}
