//! Starting at login: the autostart file is written and removed by the setting, says what the session manager
//! needs, and exists for the user's own profile only.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use belfry_tests::desktop::{Options, Session, WebDriver};
use belfry_tests::programs;
use belfry_tests::wait::until;

fn entry(session: &Session) -> Result<PathBuf> {
    Ok(PathBuf::from(session.variable("XDG_CONFIG_HOME")?).join("autostart/Belfry.desktop"))
}

/// What the window is told about starting at login.
async fn told(window: &WebDriver) -> Result<serde_json::Value> {
    let script = "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('view')
        .then(view => done(view.preferences.start_at_login), error => done(String(error)))";
    window.run_async(script).await
}

/// Saves the setting as the settings page does.
async fn save(window: &WebDriver, wanted: bool) -> Result<serde_json::Value> {
    let script = format!(
        "const done = arguments[0]; const {{ invoke }} = window.__TAURI_INTERNALS__; invoke('view')
        .then(view => invoke('act', {{ action: {{ type: 'save_preferences',
            preferences: {{ ...view.preferences, start_at_login: {wanted} }} }} }}))
        .then(outcome => done(outcome.type), failure => done(failure.code ?? String(failure)))"
    );
    window.run_async(&script).await
}

async fn opened(session: &Session, arguments: &[&str]) -> Result<WebDriver> {
    let window = WebDriver::start(session, &programs::belfry()?, arguments).await?;
    until("the page", || async {
        ensure!(window.count("main, form, .app").await? > 0, "it is empty");
        Ok(())
    })
    .await?;
    Ok(window)
}

#[tokio::test]
async fn the_setting_writes_and_removes_the_autostart_file() -> Result<()> {
    let session = Session::start(Options::default()).await?;
    let (window, entry) = (opened(&session, &[]).await?, entry(&session)?);
    ensure!(told(&window).await? == false && !entry.exists(), "it starts with the session unasked");

    ensure!(save(&window, true).await? == "done", "it was not saved");
    ensure!(told(&window).await? == true, "the window is not told");
    let text = std::fs::read_to_string(&entry).context("there is no file")?;
    let program = programs::belfry()?.canonicalize()?;
    let exec = format!("Exec=\"{}\" --hidden", program.display());
    ensure!(text.lines().any(|line| line == exec), "{exec} is not in:\n{text}");

    ensure!(save(&window, false).await? == "done" && !entry.exists(), "it was not removed");
    ensure!(told(&window).await? == false, "the window is not told");
    window.quit().await
}

#[tokio::test]
async fn a_profile_of_ones_own_and_the_demo_do_not_start_at_login() -> Result<()> {
    for arguments in [&["--profile", "own"][..], &["--demo"]] {
        let session = Session::start(Options::default()).await?;
        let own = session.folder().join("own");
        let own = own.to_str().context("the folder has a strange name")?;
        let arguments: Vec<&str> =
            arguments.iter().map(|word| if *word == "own" { own } else { word }).collect();
        let window = opened(&session, &arguments).await?;
        ensure!(told(&window).await?.is_null(), "{arguments:?}: it is offered");
        ensure!(save(&window, true).await? == "login_item", "{arguments:?}: it was saved");
        ensure!(!entry(&session)?.exists(), "{arguments:?}: it was written");
        window.quit().await?;
    }
    Ok(())
}
