//! Where a token lies: in the keychain, or nowhere but in memory with a visible word about it. Never in a file.

mod commands;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use belfry_core::settings::file::{Loaded, load};
use belfry_core::settings::profile::Profile;
use belfry_protocol::Publish;
use belfry_server::{Config, Grant, Role, Token};
use belfry_tests::desktop::{
    Daemon, FakeDaemon, Keyring, NotifyWatch, Options, Session, Stage, Tray, WebDriver,
};
use belfry_tests::programs;
use belfry_tests::wait::{PATIENCE, until, until_within};

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
    assert_eq!(stage.session.keychain().secret("belfry", &account(&stage)?).await?, Some(token.clone()));
    // Everything of this user is below the session's folder: profile, home, logs, caches.
    assert_eq!(files_with(&token, stage.session.folder())?, Vec::<PathBuf>::new());
    Ok(())
}

/// What the keychain's fate may take to be told: two seconds, unless the machine is so busy that they would be no word
/// about Belfry.
fn limit() -> Duration {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or_default();
    let cores = std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok());
    if load > 2.0 * f64::from(cores.unwrap_or(1)) { PATIENCE } else { Duration::from_secs(2) }
}

/// Waits, not long, until the window has these words.
async fn soon(window: &WebDriver, words: &str) -> Result<()> {
    until_within(limit(), &format!("the words {words:?}"), || async {
        let text = window.text("body").await?;
        ensure!(text.contains(words), "it says {text}");
        Ok(())
    })
    .await
}

/// Waits, not long, until the tray's menu says this.
async fn tray_soon(tray: &Tray, word: &str) -> Result<()> {
    until_within(limit(), &format!("{word} in the tray"), || async {
        let menu = tray.menu().await?;
        let says = menu.iter().any(|item| item.label == format!("Belfry · {word}"));
        ensure!(says, "the menu says {menu:?}");
        Ok(())
    })
    .await
}

/// Where the token of the only source is in the keychain.
fn account(stage: &Stage) -> Result<String> {
    let profile = Profile::open(&stage.profile)?;
    let Loaded::Fine(settings) = load(&profile.settings_path())? else { bail!("damaged settings") };
    Ok(format!("{}/{}", profile.id, settings.sources[0].id))
}

#[tokio::test]
async fn a_stream_at_work_outlives_its_keychain_and_the_window_tells_what_befalls_it() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, tray) = stage.drive().await?;
    let keychain = stage.session.keychain();
    window.says("In the system keychain").await?;
    keychain.lock().await?;
    soon(&window, "The keychain is locked").await?;
    tray_soon(&tray, "Connected").await?;
    keychain.unlock().await?;
    soon(&window, "In the system keychain").await?;

    keychain.kill().await?;
    soon(&window, "The keychain is locked").await?;
    tray_soon(&tray, "Connected").await?;
    keychain.unlock().await?;
    soon(&window, "In the system keychain").await?;
    stage
        .publish(Publish { kind: "system".into(), title: "Still here".into(), ..Publish::default() })
        .await?;
    soon(&window, "Still here").await?;
    window.quit().await
}

/// A daemon whose popups stay until the program takes them off: a real one's would go by themselves.
async fn before_a_daemon_in_our_hands() -> Result<(Stage, FakeDaemon)> {
    let stage = Stage::set(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    Ok((stage, daemon))
}

#[tokio::test]
async fn a_token_that_is_deleted_from_the_keychain_signs_its_source_out() -> Result<()> {
    let (stage, daemon) = before_a_daemon_in_our_hands().await?;
    let (window, tray) = stage.drive().await?;
    window.says("In the system keychain").await?;
    stage.session.keychain().delete("belfry", &account(&stage)?).await?;
    tray_soon(&tray, "Sign-in needed").await?;
    soon(&window, "You are signed out.").await?;
    let popup = daemon.popup(|_| true).await?;
    let told = &popup.call;
    assert_eq!(told.summary, "Sign-in needed");
    assert_eq!(told.body, "The token of Forum is no longer in the keychain. Open Belfry to sign in.");

    stage.ctl(&["source", "token", "Forum", "--token-stdin"], &stage.token()?).await?;
    tray_soon(&tray, "Connected").await?;
    daemon.popup(|shown| shown.id == popup.id && shown.withdrawn).await?;
    window.quit().await
}

#[tokio::test]
async fn a_prompt_that_comes_to_nothing_is_told_and_the_keychain_waited_for() -> Result<()> {
    let (stage, daemon) = before_a_daemon_in_our_hands().await?;
    let keychain = stage.session.keychain();
    keychain.lock().await?;
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--hidden").arg("--profile").arg(&stage.profile);
    let belfry = stage.session.spawn("belfry", command)?;
    let tray = stage.session.tray_of(belfry.id().context("belfry ended at once")?).await?;
    tray_soon(&tray, "Sign-in needed").await?;

    // Here nobody can show the prompt, so that it ends as one that the user cancels.
    tray.choose("Reconnect now").await?;
    let popup = daemon.popup(|_| true).await?;
    let told = &popup.call;
    assert_eq!(told.summary, "The keychain is locked");
    assert_eq!(told.body, "Forum connects as soon as it is unlocked.");
    tray_soon(&tray, "Sign-in needed").await?;
    keychain.unlock().await?;
    tray_soon(&tray, "Connected").await?;
    daemon.popup(|shown| shown.id == popup.id && shown.withdrawn).await?;
    Ok(())
}

/// Answers the prompt of the desktop that is on the screen: types, and ends with a key.
async fn answer(stage: &Stage, typed: &str, key: &str) -> Result<()> {
    let screen = stage.session.screen();
    screen.place_of_class("Gcr-prompter").await?;
    if !typed.is_empty() {
        stage.session.run("xdotool", ["type", "--delay", "20", typed]).await?;
    }
    until("the end of the prompt", || async {
        stage.session.run("xdotool", ["key", key]).await?;
        let prompts = screen.count_of_class("Gcr-prompter").await?;
        ensure!(prompts == 0, "it is still there");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_prompt_that_the_user_cancels_is_told_and_the_next_one_may_be_answered() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    stage.session.keychain().lock().await?;
    let mut command = stage.session.command(programs::belfry()?);
    command.arg("--hidden").arg("--profile").arg(&stage.profile);
    let belfry = stage.session.spawn("belfry", command)?;
    let tray = stage.session.tray_of(belfry.id().context("belfry ended at once")?).await?;
    tray_soon(&tray, "Sign-in needed").await?;

    tray.choose("Reconnect now").await?;
    answer(&stage, "", "Escape").await?;
    watch.call(|call| call.summary == "The keychain is locked").await?;
    tray_soon(&tray, "Sign-in needed").await?;

    tray.choose("Reconnect now").await?;
    // The password of the session's keyring.
    answer(&stage, "throw-away", "Return").await?;
    tray_soon(&tray, "Connected").await
}

#[tokio::test]
async fn a_keychain_that_is_locked_at_the_start_is_told_and_waited_for() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let keychain = stage.session.keychain();
    keychain.lock().await?;
    let window = stage.open_window(&[]).await?;
    let tray =
        until("the tray icon", || async { stage.session.trays().await?.pop().context("there is none") });
    let tray = tray.await?;
    tray_soon(&tray, "Sign-in needed").await?;
    window.says("The keychain is locked; unlock it to connect.").await?;
    keychain.unlock().await?;
    tray_soon(&tray, "Connected").await?;
    soon(&window, "In the system keychain").await?;
    assert_eq!(files_with(&stage.token()?, stage.session.folder())?, Vec::<PathBuf>::new());
    window.quit().await
}

#[tokio::test]
async fn without_a_keychain_a_token_lasts_as_long_as_the_program() -> Result<()> {
    let options = Options { keyring: Keyring::Absent, ..Options::default() };
    let stage = Stage::bare(options, Config::default()).await?;
    let window = stage.open_window(&[]).await?;
    window.fill("Name", "Forum").await?;
    window.fill("Address of the API", &stage.server.api_url()).await?;
    window.fill("Token", &stage.token()?).await?;
    window.press("Connect").await?;
    window.says("In memory only; it is lost when Belfry quits").await?;
    assert_eq!(files_with(&stage.token()?, stage.session.folder())?, Vec::<PathBuf>::new());
    let tray = stage.session.trays().await?.pop().context("there is no tray icon")?;
    tray_soon(&tray, "Connected").await?;
    tray.quit().await?;
    until("the end", || async {
        ensure!(stage.session.trays().await?.is_empty(), "it is still there");
        Ok(())
    })
    .await?;
    drop(window);

    let window = stage.open_window(&[]).await?;
    window.says("This system has no keychain, so the token was not kept.").await?;
    window.quit().await
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

    assert_eq!(stage.session.keychain().secret("belfry", &account(&stage)?).await?.as_deref(), Some(NEW));
    assert!(belfry.said().contains("DEBUG"), "{}", belfry.said());
    assert_eq!(files_with(NEW, stage.session.folder())?, Vec::<PathBuf>::new());
    Ok(())
}

/// What the server answers to a token.
async fn status(stage: &Stage, token: &str) -> Result<u16> {
    belfry_platform::install_crypto_provider();
    let me = format!("{}/me", stage.server.api_url());
    Ok(reqwest::Client::new().get(me).bearer_auth(token).send().await?.status().as_u16())
}

#[tokio::test]
async fn a_password_on_the_command_line_leaves_a_token_in_the_keychain_and_itself_nowhere() -> Result<()> {
    const PASSWORD: &str = "0pen-sesame-on-a-line";
    let folder = tempfile::tempdir()?;
    let users = folder.path().join("users");
    std::fs::write(&users, format!("me subscriber {}\n", belfry_server::hash_password(PASSWORD)?))?;
    let stage = Stage::bare(Options::default(), Config { users: Some(users), ..Config::default() }).await?;
    let url = stage.server.api_url();
    let add = ["source", "add", "--name", "Forum", "--url", &url, "--user", "me", "--password-stdin"];
    stage.ctl(&add, PASSWORD).await?;
    let kept = async || {
        let kept = stage.session.keychain().secret("belfry", &account(&stage)?).await?;
        kept.context("the keychain has nothing")
    };
    let first = kept().await?;
    assert_ne!((first.as_str(), first.clone()), (PASSWORD, stage.token()?));
    stage.ctl(&["source", "test", "Forum"], "").await?;

    stage.ctl(&["source", "sign-in", "Forum", "--user", "me", "--password-stdin"], PASSWORD).await?;
    let second = kept().await?;
    assert_ne!(second, first, "a sign-in of its own");
    assert_eq!(status(&stage, &first).await?, 401, "the first session ended when the second was kept");
    assert_eq!(status(&stage, &second).await?, 200);
    stage.ctl(&["source", "test", "Forum"], "").await?;
    assert!(
        stage.ctl(&["source", "sign-in", "Forum", "--user", "me", "--password-stdin"], "x").await.is_err()
    );
    stage.ctl(&["source", "test", "Forum"], "").await?;
    stage.ctl(&["source", "sign-out", "Forum"], "").await?;
    assert!(kept().await.is_err(), "the keychain still has a token");
    assert_eq!(status(&stage, &second).await?, 401, "a sign-out ends the session on the server");
    assert_eq!(files_with(PASSWORD, stage.session.folder())?, Vec::<PathBuf>::new());
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
        ensure!(said == "In memory only", "it says {said}");
        Ok(())
    })
    .await?;
    until("a message all the same", || async {
        ensure!(window.count("[role=option]").await? > 0, "the list is empty");
        Ok(())
    })
    .await?;
    window.quit().await
}
