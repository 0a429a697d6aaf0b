//! The tray icon on a real panel, light and dark, read back from its pixels: each state is there as it was painted, and
//! stands out. Pictures for people go to `target/desktop`.

use anyhow::{Result, ensure};
use belfry_core::view::TrayShape;
use belfry_tests::desktop::{Daemon, Keyring, Options, Panel, Session, Strip, Tone};
use belfry_tests::programs;

/// Each state, and some with a number.
const ICONS: [(TrayShape, u64); 12] = [
    (TrayShape::Live, 0),
    (TrayShape::Connecting, 0),
    (TrayShape::Polling, 0),
    (TrayShape::Paused, 0),
    (TrayShape::Offline, 0),
    (TrayShape::SignIn, 0),
    (TrayShape::Empty, 0),
    (TrayShape::Live, 7),
    (TrayShape::Live, 100),
    (TrayShape::Paused, 42),
    (TrayShape::Offline, 3),
    (TrayShape::SignIn, 12),
];

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let luminance = |colour: [u8; 3]| {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
    a.max(b) / a.min(b)
}

async fn all_states(panel: Panel, tone: Tone, name: &str) -> Result<()> {
    let ground = if tone == Tone::Dark { [0x20; 3] } else { [0xf0; 3] };
    let options =
        Options { daemon: Daemon::Absent, keyring: Keyring::Absent, panel, tone, ..Options::default() };
    let session = Session::start(options).await?;
    let [left, top, width, height] = session.screen().place_of_class("panel").await?;
    // Right of all windows' buttons.
    let part = [left + width - 640, top, 640, height];
    let mut icons = Vec::new();
    for (shape, unread) in ICONS {
        icons.push(session.put_on_panel(shape, unread).await?);
    }
    let mut places = Vec::new();
    for icon in ICONS {
        let (strip, place) = Strip::with(&session, part, ground, icon).await?;
        let clear = strip.pixels_of(place).filter(|pixel| contrast(*pixel, ground) >= 3.0).count();
        let least = (place.side * place.side / 14) as usize;
        ensure!(clear >= least, "{icon:?} on {name}: {clear} of at least {least} pixels stand out");
        places.push((place.x, place.y));
    }
    places.sort_unstable();
    places.dedup();
    ensure!(places.len() == ICONS.len(), "{} icons at {} places", ICONS.len(), places.len());
    let file = programs::output_folder("desktop")?.join(format!("tray-states-{name}.png"));
    session.screen().picture(Some(part), &file).await
}

#[tokio::test]
async fn all_states_stand_out_on_a_light_panel_of_lxqt() -> Result<()> {
    all_states(Panel::Lxqt, Tone::Light, "lxqt-light").await
}

#[tokio::test]
async fn all_states_stand_out_on_a_dark_panel_of_lxqt() -> Result<()> {
    all_states(Panel::Lxqt, Tone::Dark, "lxqt-dark").await
}
