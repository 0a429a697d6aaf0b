//! Where a token lies: in the keychain, or nowhere but in memory with a visible word about it. Never in a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use belfry_core::settings::file::{Loaded, load};
use belfry_core::settings::profile::Profile;
use belfry_protocol::Publish;
use belfry_server::{Grant, Role, Token};
use belfry_tests::desktop::{Keyring, Options, Session, Stage, WebDriver};
use belfry_tests::programs;
use belfry_tests::wait::until;

/// All files below a folder that hold `secret`, in whatever surroundings.
fn files_with(secret: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            found.extend(files_with(secret, &entry.path())?);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path())?;
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

#[tokio::test]
async fn the_token_stands_in_the_keychain_and_in_no_file() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(Publish { kind: "reply".into(), title: "Hello".into(), ..Publish::default() }).await?;
    belfry.tray_shows(1).await?;

    let token = stage.token()?;
    let profile = Profile::open(&stage.profile)?;
    let Loaded::Fine(settings) = load(&profile.settings_path())? else { anyhow::bail!("damaged settings") };
    let account = format!("{}/{}", profile.id, settings.sources[0].id);
    assert_eq!(stage.session.keychain().secret("belfry", &account).await?, Some(token.clone()));
    // Everything of this user is below the session's folder: profile, home, logs, caches.
    assert_eq!(files_with(&token, stage.session.folder())?, Vec::<PathBuf>::new());
    Ok(())
}

#[tokio::test]
async fn a_token_that_goes_over_the_socket_is_in_the_keychain_and_in_no_log() -> Result<()> {
    const NEW: &str = "t0ken-over-the-s0cket";
    let stage = Stage::set(Options::default()).await?;
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--hidden").arg("--profile").arg(&stage.profile).env("BELFRY_LOG", "trace");
    let belfry = stage.session.spawn("belfry", command)?;
    stage
        .session
        .tray_of(belfry.id().context("belfry ended at once")?)
        .await
        .with_context(|| belfry.said())?;
    // `source token` asks the server first.
    let grant = |token: &str| Grant { token: Token::new(token), user: "me".into(), role: Role::Subscriber };
    stage.server.set_tokens(vec![grant(&stage.token()?), grant(NEW)]);
    stage.ctl(&["source", "token", "Forum", "--token-stdin"], NEW).await?;

    let profile = Profile::open(&stage.profile)?;
    let Loaded::Fine(settings) = load(&profile.settings_path())? else { anyhow::bail!("damaged settings") };
    let account = format!("{}/{}", profile.id, settings.sources[0].id);
    assert_eq!(stage.session.keychain().secret("belfry", &account).await?.as_deref(), Some(NEW));
    assert!(belfry.said().contains("DEBUG"), "{}", belfry.said());
    assert_eq!(files_with(NEW, stage.session.folder())?, Vec::<PathBuf>::new());
    Ok(())
}

#[tokio::test]
async fn without_a_keychain_the_window_says_that_the_token_is_in_memory_only() -> Result<()> {
    let session = Session::start(Options { keyring: Keyring::Absent, ..Options::default() }).await?;
    let profile = session.folder().join("profile");
    let arguments = ["--demo", "--profile", profile.to_str().context("no text")?];
    let window = WebDriver::start(&session, &programs::belfry()?, &arguments).await?;
    until("a word about the token", || async {
        // Not by the driver's own notion of visible text, which takes an ellipsis' box for hidden.
        let word = "const word = document.querySelector('.source .session');
            return word?.checkVisibility() ? word.textContent : null";
        let said = window.run(word).await?;
        anyhow::ensure!(said == "In memory only", "it says {said}");
        Ok(())
    })
    .await?;
    until("a message all the same", || async {
        anyhow::ensure!(window.count("[role=option]").await? > 0, "the list is empty");
        Ok(())
    })
    .await?;
    window.quit().await
}
