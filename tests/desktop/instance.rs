//! One program per profile: a second start hands over what it was told and ends, links lead to the window in
//! whatever state it is, and another profile is another program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Options, Panel, Session, Stage, WebDriver};
use belfry_tests::programs;
use belfry_tests::wait::{PATIENCE, until};
use tokio::time::timeout;

/// Far longer than a message has to be looked at to count as read.
const LOOKED_AT: Duration = Duration::from_secs(3);

/// Starts the desktop program once more on a profile, and waits for its end: exit code, and what it printed.
async fn second(session: &Session, profile: &Path, arguments: &[&str]) -> Result<(i32, String)> {
    let mut command = session.command(programs::belfry()?);
    command.arg("--profile").arg(profile).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = timeout(PATIENCE, command.output()).await.context("the second start stays")??;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code().unwrap_or(-1), String::from_utf8(said)?))
}

/// What a second start that has handed over looks like.
fn handed() -> (i32, String) {
    (0, String::new())
}

fn message(kind: &str, title: &str) -> Publish {
    Publish { kind: kind.into(), title: title.into(), related_id: Some("7".into()), ..Publish::default() }
}

/// The local and the server's id of the message with this title.
async fn ids(stage: &Stage, title: &str) -> Result<(String, String)> {
    until(title, || async {
        let lines = stage.ctl(&["--json", "list"], "").await?;
        let messages = lines.lines().map(serde_json::from_str::<serde_json::Value>);
        let all = messages.collect::<Result<Vec<_>, _>>()?;
        let found = all.iter().find(|message| message["title"] == title).context("it is not stored")?;
        let text = |name: &str| found[name].as_str().map(str::to_owned).context("no id");
        Ok((text("id")?, text("remote_id")?))
    })
    .await
}

async fn says(window: &WebDriver, css: &str, text: &str) -> Result<()> {
    until(&format!("{css} to say {text}"), || async {
        let said = window.text(css).await?;
        ensure!(said == text, "it says {said}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_second_start_shows_the_window_of_the_first_and_ends() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let mut belfry = stage.start(&["--hidden"]).await?;
    let (session, screen) = (&stage.session, stage.session.screen());
    assert_eq!(second(session, &stage.profile, &["--hidden"]).await?, handed());
    assert_eq!(screen.windows_of(belfry.pid).await?, [], "a hidden start wishes for no window");

    assert_eq!(second(session, &stage.profile, &[]).await?, handed());
    let window = screen.window_of(belfry.pid).await?;
    session.run("xdotool", ["windowminimize", &window.id]).await?;
    assert_eq!(second(session, &stage.profile, &[]).await?, handed());
    let id = u64::from_str_radix(window.id.trim_start_matches("0x"), 16)?;
    until("the window in front", || async {
        ensure!(screen.active_window().await? == id, "another is in front");
        Ok(())
    })
    .await?;

    screen.close(&window).await?;
    screen.no_window_of(belfry.pid).await?;
    assert_eq!(second(session, &stage.profile, &[]).await?, handed());
    screen.window_of(belfry.pid).await?;
    assert!(belfry.program.is_running()?);
    Ok(())
}

#[tokio::test]
async fn without_a_tray_the_launcher_leads_back_to_the_window() -> Result<()> {
    let stage = Stage::set(Options { panel: Panel::Absent, ..Options::default() }).await?;
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--profile").arg(&stage.profile);
    let belfry = stage.session.spawn("belfry", command)?;
    let pid = belfry.id().context("belfry ended at once")?;
    let screen = stage.session.screen();
    let window = screen.window_of(pid).await?;
    screen.close(&window).await?;
    screen.no_window_of(pid).await?;
    assert_eq!(second(&stage.session, &stage.profile, &[]).await?, handed());
    screen.window_of(pid).await?;
    Ok(())
}

#[tokio::test]
async fn a_link_leads_to_its_message_whatever_state_the_window_is_in() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let mut belfry = stage.start(&["--hidden"]).await?;
    for title in ["First", "Second", "Third"] {
        stage.publish(message("reply", title)).await?;
    }
    belfry.tray_shows(3).await?;
    let (session, screen) = (&stage.session, stage.session.screen());

    // Hidden: the window is made. Anybody can make a link, so what is open in it counts as read only once the user
    // does something in it.
    let (id, _) = ids(&stage, "First").await?;
    assert_eq!(second(session, &stage.profile, &[&format!("belfry://message/{id}")]).await?, handed());
    let window = screen.window_of(belfry.pid).await?;
    let read = timeout(LOOKED_AT, belfry.tray_shows(2)).await;
    ensure!(read.is_err(), "the link has marked its message read");
    let press_a_key = || session.run("xdotool", ["key", "shift"]);
    press_a_key().await?;
    belfry.tray_shows(2).await?;

    // Open.
    let (id, _) = ids(&stage, "Second").await?;
    assert_eq!(second(session, &stage.profile, &[&format!("belfry://message/{id}")]).await?, handed());
    let read = timeout(LOOKED_AT, belfry.tray_shows(1)).await;
    ensure!(read.is_err(), "the link has marked its message read");
    press_a_key().await?;
    belfry.tray_shows(1).await?;
    assert_eq!(screen.window_of(belfry.pid).await?.id, window.id);

    // Destroyed, in the words of the server.
    screen.close(&window).await?;
    screen.no_window_of(belfry.pid).await?;
    let (_, remote) = ids(&stage, "Third").await?;
    let site = stage.server.api_url().replace("/api", "");
    let link = format!("belfry://message?source={site}&id={remote}");
    assert_eq!(second(session, &stage.profile, &[&link]).await?, handed());
    screen.window_of(belfry.pid).await?;
    let read = timeout(LOOKED_AT, belfry.tray_shows(0)).await;
    ensure!(read.is_err(), "the link has marked its message read");
    press_a_key().await?;
    belfry.tray_shows(0).await?;

    assert!(belfry.program.is_running()?);
    assert_eq!(stage.session.pages_opened().all()?, Vec::<String>::new(), "a link opens no page");
    Ok(())
}

#[tokio::test]
async fn a_link_starts_the_program_at_its_message_and_later_ones_go_on_from_there() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("system", "Down at six")).await?;
    stage.publish(message("reply", "Up again")).await?;
    belfry.tray_shows(2).await?;
    let (id, _) = ids(&stage, "Down at six").await?;
    let (_, remote) = ids(&stage, "Up again").await?;
    let mut belfry = belfry;
    belfry.tray.choose("Quit Belfry").await?;
    assert!(belfry.program.ended(PATIENCE).await?.success());

    let profile = stage.profile.to_str().context("no text")?;
    let link = format!("belfry://message/{id}");
    let window =
        WebDriver::start(&stage.session, &programs::belfry()?, &["--profile", profile, &link]).await?;
    says(&window, "article h2", "Down at six").await?;
    let link = format!("belfry://message?id={remote}&source={}", stage.server.api_url().replace("/api", ""));
    assert_eq!(second(&stage.session, &stage.profile, &[&link]).await?, handed());
    says(&window, "article h2", "Up again").await?;
    assert_eq!(second(&stage.session, &stage.profile, &["belfry://inbox?tab=unread"]).await?, handed());
    until("the unread list", || async {
        let url = window.url().await?;
        ensure!(url.ends_with("/inbox?tab=unread"), "the address is {url}");
        Ok(())
    })
    .await?;
    window.quit().await
}

#[tokio::test]
async fn a_hostile_link_does_nothing() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    for link in [
        "belfry://quit",
        "belfry://message/1/../../x",
        "belfry://inbox?tab=javascript:alert(1)",
        "file:///etc/passwd",
    ] {
        let (code, said) = second(&stage.session, &stage.profile, &[link]).await?;
        assert_eq!((code, said.lines().count()), (2, 1), "{link}: {said}");
    }
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, []);
    // A message that is not here: the window, and nothing else.
    assert_eq!(second(&stage.session, &stage.profile, &["belfry://message/4711"]).await?, handed());
    stage.session.screen().window_of(belfry.pid).await?;
    assert_eq!(stage.session.pages_opened().all()?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_link_to_a_message_that_is_gone_says_so_also_from_a_cold_start() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let profile = stage.profile.to_str().context("no text")?;
    let arguments = ["--profile", profile, "belfry://message/9999"];
    let window = WebDriver::start(&stage.session, &programs::belfry()?, &arguments).await?;
    window.says("This message is no longer here").await?;
    assert_eq!(second(&stage.session, &stage.profile, &["belfry://inbox"]).await?, handed());
    until("the inbox", || async {
        let url = window.url().await?;
        ensure!(url.ends_with("/inbox"), "the address is {url}");
        Ok(())
    })
    .await?;
    assert_eq!(second(&stage.session, &stage.profile, &["belfry://message/9999"]).await?, handed());
    window.says("This message is no longer here").await?;
    window.quit().await
}

#[tokio::test]
async fn two_profiles_run_side_by_side_and_each_start_finds_its_own() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let one = stage.start(&["--hidden"]).await?;
    let profile = stage.session.folder().join("other");
    let mut command = stage.session.command(programs::belfry()?);
    command.args(["--hidden", "--profile"]).arg(&profile);
    let other = stage.session.spawn("other", command)?;
    let pid = other.id().context("it ended at once")?;
    stage.session.tray_of(pid).await.with_context(|| other.said())?;

    let screen = stage.session.screen();
    assert_eq!(second(&stage.session, &profile, &["belfry://inbox?tab=unread"]).await?, handed());
    screen.window_of(pid).await?;
    assert_eq!(screen.windows_of(one.pid).await?, [], "the other profile's program is left alone");
    assert_eq!(second(&stage.session, &stage.profile, &[]).await?, handed());
    screen.window_of(one.pid).await?;
    Ok(())
}

#[tokio::test]
async fn a_start_while_the_first_is_ending_becomes_the_first() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let mut first = stage.start(&["--hidden"]).await?;
    first.tray.choose("Quit Belfry").await?;
    let mut next = stage.start(&["--hidden"]).await?;
    assert!(first.program.ended(PATIENCE).await?.success());
    assert!(next.program.is_running()?);
    assert_eq!(second(&stage.session, &stage.profile, &[]).await?, handed());
    stage.session.screen().window_of(next.pid).await?;
    Ok(())
}
