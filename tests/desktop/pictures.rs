//! Pictures of the real program for people to look at, in `target/desktop`: the window in both themes and
//! languages, and the whole desktop with popup and tray. They fail where the window does not follow its
//! settings; whether it is beautiful a person has to say.

use anyhow::{Context, Result, ensure};
use belfry_core::settings::{LanguageChoice, Preferences, Theme};
use belfry_core::view::{TrayShape, paint_badge};
use belfry_server::demo;
use belfry_tests::desktop::{
    Daemon, NotifyWatch, Options, Panel, Session, Stage, WebDriver, popups_in_inbox,
};
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

/// The icon of each state, with a number that differs from one to the next.
const ICONS: [(TrayShape, u64); 10] = [
    (TrayShape::Empty, 0),
    (TrayShape::Live, 0),
    (TrayShape::Live, 7),
    (TrayShape::Live, 100),
    (TrayShape::Connecting, 0),
    (TrayShape::Polling, 0),
    (TrayShape::Paused, 42),
    (TrayShape::Paused, 0),
    (TrayShape::Offline, 3),
    (TrayShape::SignIn, 0),
];

/// Sizes from that of a small panel to that of a large one on a screen of three times the usual density.
const SIDES: [u32; 9] = [16, 22, 24, 32, 44, 48, 64, 96, 144];

/// A light and a dark panel.
const PANELS: [[u8; 3]; 2] = [[0xf0, 0xf0, 0xf0], [0x20, 0x20, 0x20]];

/// The pixels of all icons in all sizes, side by side on one panel, row by row.
fn sheet(panel: [u8; 3]) -> (u32, u32, Vec<u8>) {
    const GAP: u32 = 8;
    let width = (SIDES[SIDES.len() - 1] + GAP) * ICONS.len() as u32 + GAP;
    let height = SIDES.iter().map(|side| side + GAP).sum::<u32>() + GAP;
    let mut pixels = panel.repeat((width * height) as usize);
    let mut top = GAP;
    for side in SIDES {
        for (column, (shape, unread)) in ICONS.into_iter().enumerate() {
            let left = GAP + (SIDES[SIDES.len() - 1] + GAP) * column as u32;
            let icon = paint_badge(shape, unread, side);
            for (place, pixel) in icon.rgba.chunks_exact(4).enumerate() {
                let (x, y) = (left + place as u32 % side, top + place as u32 / side);
                let at = ((y * width + x) * 3) as usize;
                for channel in 0..3 {
                    let (over, under) = (u32::from(pixel[channel]), u32::from(pixels[at + channel]));
                    let alpha = u32::from(pixel[3]);
                    pixels[at + channel] = ((over * alpha + under * (255 - alpha)) / 255) as u8;
                }
            }
        }
        top += side + GAP;
    }
    (width, height, pixels)
}

#[tokio::test]
async fn the_tray_icons_of_all_states_in_all_sizes_on_one_sheet() -> Result<()> {
    let folder = programs::output_folder("desktop")?;
    let session = Session::start(Options { panel: Panel::Absent, ..Options::default() }).await?;
    for (panel, name) in PANELS.into_iter().zip(["light", "dark"]) {
        let (width, height, mut pixels) = sheet(panel);
        let mut plain = format!("P6 {width} {height} 255\n").into_bytes();
        plain.append(&mut pixels);
        let file = session.folder().join("sheet.ppm");
        std::fs::write(&file, plain)?;
        session.run("convert", [file, folder.join(format!("tray-icons-{name}.png"))]).await?;
    }
    Ok(())
}

/// Takes pictures of two popups, the tray and its menu, in one language.
async fn desktop(options: Options, icon: i32, language: LanguageChoice, name: &str) -> Result<()> {
    let folder = programs::output_folder("desktop")?;
    let stage = Stage::set(options).await?;
    stage.prefer(Preferences { language, ..Preferences::default() }).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    let _belfry = stage.start(&["--hidden"]).await?;
    stage.server.publish_many(demo::samples().take(2)).await?;
    until("two popups", || async {
        ensure!(watch.calls().len() == 2, "there are {}", watch.calls().len());
        Ok(())
    })
    .await?;
    let (session, screen) = (&stage.session, stage.session.screen());
    screen.place_of_class(if options.daemon == Daemon::Dunst { "Dunst" } else { "Xfce4-notifyd" }).await?;
    let [_, _, width, _] = screen.place_of_class("panel").await?;
    screen.picture(Some([width - 460, 0, 460, 420]), &folder.join(format!("popups-{name}.png"))).await?;
    let (x, y) = ((width - icon).to_string(), "16".to_owned());
    session.run("xdotool", ["mousemove", "--sync", &x, &y, "click", "3"]).await?;
    let before = folder.join(format!("popups-{name}.png"));
    let after = folder.join(format!("menu-{name}.png"));
    until("the menu", || async {
        screen.picture(Some([width - 460, 0, 460, 420]), &after).await?;
        ensure!(std::fs::read(&before)? != std::fs::read(&after)?, "nothing has changed");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn popups_tray_and_menu_of_xfce_and_lxqt_in_both_languages() -> Result<()> {
    for (language, name) in [(LanguageChoice::English, "en"), (LanguageChoice::Chinese, "zh-CN")] {
        desktop(Options::default(), 85, language, &format!("dunst-xfce-{name}")).await?;
        let options = Options { daemon: Daemon::Xfce, panel: Panel::Lxqt, ..Options::default() };
        desktop(options, 16, language, &format!("xfce-lxqt-{name}")).await?;
    }
    Ok(())
}
