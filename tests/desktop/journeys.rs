//! What people do in the real window, from the first run to the removal of a source.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_core::settings::file::{Loaded, load};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{LanguageChoice, Settings, Theme};
use belfry_protocol::Publish;
use belfry_server::{Config, hash_password};
use belfry_tests::desktop::{Options, Stage, WebDriver};
use belfry_tests::wait::until;
use tokio::time::timeout;

fn message(kind: &str, title: &str) -> Publish {
    Publish { kind: kind.into(), title: title.into(), content: Some("One.".into()), ..Publish::default() }
}

/// The settings as they are on the disk.
fn saved(stage: &Stage) -> Result<Settings> {
    match load(&Profile::open(&stage.profile)?.settings_path())? {
        Loaded::Fine(settings) => Ok(settings),
        Loaded::Mended { left_out, .. } => anyhow::bail!("left out: {left_out:?}"),
        Loaded::SetAside { problem, .. } => anyhow::bail!("{problem}"),
    }
}

/// What the keychain holds for the only source.
async fn kept(stage: &Stage) -> Result<Option<String>> {
    let profile = Profile::open(&stage.profile)?;
    let settings = saved(stage)?;
    let [source] = &settings.sources[..] else { anyhow::bail!("sources: {:?}", settings.sources) };
    stage.session.keychain().secret("belfry", &format!("{}/{}", profile.id, source.id)).await
}

/// Waits until the list has these titles, newest first.
async fn lists(window: &WebDriver, titles: &[&str]) -> Result<()> {
    until(&format!("a list of {titles:?}"), || async {
        let listed = window.texts("[role=option] .title").await?;
        ensure!(listed == titles, "it has {listed:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_run_leads_to_a_source_by_way_of_a_wrong_token() -> Result<()> {
    let stage = Stage::bare(Options::default(), Config::default()).await?;
    stage.publish(message("system", "Down at six")).await?;
    let window = stage.open_window(&[]).await?;
    window.says("Connect your first message server").await?;
    window.fill("Name", "Forum").await?;
    window.fill("Address of the API", &stage.server.api_url()).await?;
    window.fill("Token", "wrong").await?;
    window.press("Connect").await?;
    window.says("The server does not accept this token.").await?;
    ensure!(saved(&stage)?.sources.is_empty(), "a source was added whose token is refused");

    let token = stage.token()?;
    window.fill("Token", &token).await?;
    window.press("Connect").await?;
    lists(&window, &["Down at six"]).await?;
    assert_eq!(kept(&stage).await?, Some(token));
    stage.publish(message("reply", "Up again")).await?;
    lists(&window, &["Up again", "Down at six"]).await?;
    window.quit().await
}

#[tokio::test]
async fn a_password_signs_in_and_is_not_kept() -> Result<()> {
    const PASSWORD: &str = "0pen-sesame";
    let folder = tempfile::tempdir()?;
    let users = folder.path().join("users");
    std::fs::write(&users, format!("me subscriber {}\n", hash_password(PASSWORD)?))?;
    let stage = Stage::bare(Options::default(), Config { users: Some(users), ..Config::default() }).await?;
    let window = stage.open_window(&[]).await?;
    window.fill("Name", "Forum").await?;
    window.fill("Address of the API", &stage.server.api_url()).await?;
    window.press("Use a password").await?;
    window.fill("User name", "me").await?;
    window.fill("Password", "wrong").await?;
    window.press("Connect").await?;
    window.says("User name or password is not right").await?;
    window.fill("Password", PASSWORD).await?;
    window.press("Connect").await?;
    window.says("Nothing from this source yet").await?;
    // The source is there a moment before its token.
    let kept = until("a token", || async { kept(&stage).await?.context("there is none") }).await?;
    ensure!(!kept.contains(PASSWORD), "the password is in the keychain");
    window.quit().await
}

#[tokio::test]
async fn language_and_theme_change_at_once_and_stay() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, tray) = stage.drive().await?;
    window.press("Settings").await?;
    window.press("Dark").await?;
    until("a dark page", || async {
        let dark = window.run("return document.documentElement.dataset.theme").await?;
        ensure!(dark == "dark", "it is {dark}");
        Ok(())
    })
    .await?;
    window.press("中文").await?;
    window.says("设置").await?;
    let chosen = saved(&stage)?.preferences;
    assert_eq!((chosen.theme, chosen.language), (Theme::Dark, LanguageChoice::Chinese));
    tray.quit().await?;
    until("the end", || async {
        ensure!(stage.session.trays().await?.is_empty(), "it is still there");
        Ok(())
    })
    .await?;
    drop(window);

    let (window, _tray) = stage.drive().await?;
    window.says("收件箱").await?;
    let dark = window.run("return document.documentElement.dataset.theme").await?;
    ensure!(dark == "dark", "it has forgotten the theme");
    window.quit().await
}

#[tokio::test]
async fn a_search_finds_both_scripts_and_opens_what_it_found() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for title in ["服务器今晚维护", "Backup finished", "有人回复了你"] {
        stage.publish(message("system", title)).await?;
    }
    let (window, _tray) = stage.drive().await?;
    lists(&window, &["有人回复了你", "Backup finished", "服务器今晚维护"]).await?;
    window.fill("Search messages", "维护").await?;
    lists(&window, &["服务器今晚维护"]).await?;
    assert_eq!(window.texts("mark").await?, ["维护"]);
    window.fill("Search messages", "backup fin").await?;
    lists(&window, &["Backup finished"]).await?;
    window.click("[role=option]").await?;
    until("the message", || async {
        let title = window.text("article h2").await?;
        ensure!(title == "Backup finished", "it shows {title}");
        Ok(())
    })
    .await?;
    window.quit().await
}

#[tokio::test]
async fn what_is_put_away_comes_back_and_a_removed_source_leaves_nothing() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for title in ["First", "Second"] {
        stage.publish(message("system", title)).await?;
    }
    let (window, tray) = stage.drive().await?;
    lists(&window, &["Second", "First"]).await?;
    window.click("[role=option]").await?;
    window.press("Archive").await?;
    lists(&window, &["First"]).await?;
    window.press("Undo").await?;
    lists(&window, &["Second", "First"]).await?;

    window.click("[role=option]").await?;
    window.press("Mark as unread").await?;
    until("two unread", || async {
        let unread = window.count("[role=option].unread").await?;
        ensure!(unread == 2, "there are {unread}");
        Ok(())
    })
    .await?;

    window.press("Settings").await?;
    window.press("Sources").await?;
    window.click(".source a").await?;
    window.press("Remove source").await?;
    window.says("Remove Forum?").await?;
    window.press("Remove now").await?;
    window.says("No source yet").await?;
    let settings = saved(&stage)?;
    ensure!(settings.sources.is_empty() && settings.leftover_tokens.is_empty(), "{settings:?}");
    ensure!(stage.ctl(&["export"], "").await?.is_empty(), "its messages are still there");
    until("a tray without messages", || async {
        let menu = tray.menu().await?;
        let left = menu.iter().any(|item| item.label.contains("First") || item.label.contains("unread"));
        ensure!(!left, "the menu says {menu:?}");
        Ok(())
    })
    .await?;
    window.quit().await
}

#[tokio::test]
async fn a_reload_shows_what_was_shown_before_and_what_can_be_taken_back() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for title in ["First", "Second"] {
        stage.publish(message("system", title)).await?;
    }
    let (window, _tray) = stage.drive().await?;
    lists(&window, &["Second", "First"]).await?;
    window.click("a.entry[href$='tab=kind&kind=system']").await?;
    window.click("[role=option]").await?;
    window.press("Pin").await?;
    let address = window.url().await?;
    window.run("location.reload()").await?;
    until("the same message, pinned", || async {
        ensure!(window.url().await? == address, "the address is another");
        ensure!(window.text("article h2").await? == "Second", "it shows another message");
        ensure!(window.count("button[aria-label='No longer pin']").await? == 1, "it is not pinned");
        Ok(())
    })
    .await?;
    lists(&window, &["Second", "First"]).await?;

    window.press("Delete").await?;
    lists(&window, &["First"]).await?;
    window.run("location.reload()").await?;
    window.says("Deleted").await?;
    window.press("Undo").await?;
    lists(&window, &["Second", "First"]).await?;
    window.quit().await
}

#[tokio::test]
async fn a_page_that_dies_comes_back_and_works() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for title in ["First", "Second"] {
        stage.publish(message("system", title)).await?;
    }
    let belfry = stage.start(&[]).await?;
    belfry.tray_shows(2).await?;
    let dead =
        until("the page's process", || async { page_of(belfry.pid)?.context("there is none") }).await?;
    stage.session.screen().window_of(belfry.pid).await?;
    stage.session.run("kill", ["-9", &dead.to_string()]).await?;
    until("another process", || async {
        ensure!(page_of(belfry.pid)?.is_some_and(|page| page != dead), "there is none");
        Ok(())
    })
    .await?;
    // The page does what it is told: the message that it is to show gets read, with the user's first input.
    let id = stage.ctl(&["list", "--unread", "--limit", "1"], "").await?;
    let id = id.split_whitespace().next().context("nothing is unread")?.to_owned();
    let mut second = stage.session.command(belfry_tests::programs::belfry()?);
    second.arg("--profile").arg(&stage.profile).arg(format!("belfry://message/{id}"));
    ensure!(second.status().await?.success(), "the second start failed");
    until("a message that is read", || async {
        stage.session.run("xdotool", ["key", "shift"]).await?;
        timeout(Duration::from_secs(1), belfry.tray_shows(1)).await?
    })
    .await
}

/// The process in which the page of a program's window lives.
fn page_of(program: u32) -> Result<Option<u32>> {
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(')') else { continue };
        let parent = rest.split_whitespace().nth(1).and_then(|parent| parent.parse::<u32>().ok());
        if name.contains("WebKitWebProces") && parent == Some(program) && !rest.trim_start().starts_with('Z')
        {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}
