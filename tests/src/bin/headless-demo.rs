//! The demo for machines without a display: Belfry on its demo in a private X session for half a minute.
//!
//! Prints each message and popup as it comes, and leaves pictures of the window, a popup, the tray and the
//! whole desktop in `target/demo`. `./dev run` starts it; it checks nothing, that is the tests' business.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use belfry_tests::desktop::{NotifyWatch, Options, Session};
use belfry_tests::programs;

/// How long the demo runs.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// When the pictures are taken; two or three messages are there by then.
const PICTURES_AFTER: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() -> Result<()> {
    let (belfry, belfryctl) = (programs::belfry()?, programs::belfryctl()?);
    let pictures = programs::output_folder("demo")?;
    let session = Session::start(Options::default()).await?;
    let profile = session.folder().join("profile");
    let watch = NotifyWatch::start(&session).await?;

    let began = Instant::now();
    let said = |what: &str, text: &str| println!("{:5.1} s  {what:8} {text}", began.elapsed().as_secs_f32());
    said("start", "belfry --demo, in an X session of its own");
    let mut command = session.command(belfry);
    command.arg("--demo").arg("--profile").arg(&profile);
    let mut program = session.spawn("belfry", command)?;
    let pid = program.id().context("belfry ended at once")?;

    let (mut seen, mut popups, mut pictured) = (BTreeSet::new(), 0, false);
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    while began.elapsed() < HALF_A_MINUTE {
        ticks.tick().await;
        anyhow::ensure!(program.is_running()?, "belfry ended:\n{}", program.said());
        for (id, text) in messages(&session, &belfryctl, &profile).await {
            if seen.insert(id) {
                said("message", &text);
            }
        }
        for call in watch.calls().iter().skip(popups) {
            popups += 1;
            said("popup", &format!("{} | {}", call.summary, call.body.replace('\n', " / ")));
        }
        if !pictured && popups > 0 && began.elapsed() > PICTURES_AFTER {
            take_pictures(&session, pid, &pictures).await?;
            said("pictures", &format!("{}", pictures.display()));
            pictured = true;
        }
    }
    anyhow::ensure!(pictured, "no popup came in half a minute; belfry said:\n{}", program.said());
    said("end", &format!("{} messages, {popups} popups", seen.len()));
    Ok(())
}

/// What the program has stored, oldest first; nothing while it is still starting.
async fn messages(session: &Session, belfryctl: &Path, profile: &Path) -> Vec<(String, String)> {
    let output =
        session.command(belfryctl).arg("--profile").arg(profile).args(["--json", "list"]).output().await;
    let listed =
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut found: Vec<(String, String)> = listed.lines().filter_map(message).collect();
    found.reverse();
    found
}

fn message(line: &str) -> Option<(String, String)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| Some(message.get(name)?.as_str()?.to_owned());
    Some((field("id")?, format!("{}: {}", field("kind")?, field("title")?)))
}

async fn take_pictures(session: &Session, pid: u32, folder: &Path) -> Result<()> {
    let screen = session.screen();
    screen.picture(None, &folder.join("desktop.png")).await?;
    screen.picture(Some(screen.window_of(pid).await?.place), &folder.join("window.png")).await?;
    let [x, y, width, height] = screen.place_of_class("Xfce4-panel").await?;
    let tray = [x + width - width / 4, y, width / 4, height];
    screen.picture(Some(tray), &folder.join("tray.png")).await?;
    if session.dunst().displayed().await? == 0 {
        session.dunst().shows(1).await?;
    }
    screen.picture(Some(screen.place_of_class("Dunst").await?), &folder.join("popup.png")).await
}
