//! The private session itself: a popup that anyone sends reaches the real daemon and can be clicked, and the
//! fake daemon tells programs the same as the real one. What these tests hold, the others rely on.

use anyhow::Result;
use belfry_tests::desktop::{Daemon, FakeDaemon, Keyring, NotifyWatch, Options, Panel, Session, Urgency};
use belfry_tests::wait::PATIENCE;

/// `notify-send --wait` prints the key of the action that was chosen.
fn sender(session: &Session, summary: &str) -> tokio::process::Command {
    let mut command = session.command("notify-send");
    command.args([
        "--urgency=critical",
        "--action=default=Open",
        "--wait",
        "--expire-time=0",
        summary,
        "a & b",
    ]);
    command
}

#[tokio::test]
async fn a_popup_reaches_dunst_and_a_click_reaches_its_sender() -> Result<()> {
    let session = Session::start(Options { panel: Panel::Absent, ..Options::default() }).await?;
    let watch = NotifyWatch::start(&session).await?;
    let mut sending = session.spawn("sender", sender(&session, "Bell"))?;
    let call = watch.call(|call| call.summary == "Bell").await?;
    assert_eq!((call.body.as_str(), call.urgency, call.expire_ms), ("a & b", Urgency::Critical, 0));
    assert_eq!(call.actions, ["default", "Open"]);

    session.dunst().shows(1).await?;
    session.dunst().click().await?;
    assert!(sending.ended(PATIENCE).await?.success());
    assert_eq!(sending.said().trim(), "default");
    session.dunst().shows(0).await?;
    let shown = session.dunst().shown()?.remove(0);
    assert_eq!(
        (shown.summary.as_str(), shown.body.as_str(), shown.urgency),
        ("Bell", "a & b", Urgency::Critical)
    );
    Ok(())
}

#[tokio::test]
async fn the_fake_daemon_tells_a_sender_the_same_as_dunst() -> Result<()> {
    let options = Options { daemon: Daemon::Absent, panel: Panel::Absent, ..Options::default() };
    let session = Session::start(options).await?;
    let daemon = FakeDaemon::start(&session, &["actions", "body"]).await?;
    let mut sending = session.spawn("sender", sender(&session, "Bell"))?;
    let popup = daemon.popup(|popup| popup.call.summary == "Bell").await?;
    assert_eq!(popup.call.urgency, Urgency::Critical);
    daemon.choose(popup.id, "default", None).await?;
    assert!(sending.ended(PATIENCE).await?.success());
    assert_eq!(sending.said().trim(), "default");
    Ok(())
}

#[tokio::test]
async fn a_page_is_recorded_and_a_secret_is_found() -> Result<()> {
    let session = Session::start(Options { panel: Panel::Absent, ..Options::default() }).await?;
    session.run("xdg-open", ["https://example.org/a?b=c"]).await?;
    assert_eq!(session.pages_opened().first().await?, "https://example.org/a?b=c");

    assert_eq!(session.keychain().secret("belfry", "a/b").await?, None);
    let store = "printf s3cret | secret-tool store --label=test service belfry username a/b";
    session.run("sh", ["-c", store]).await?;
    assert_eq!(session.keychain().secret("belfry", "a/b").await?.as_deref(), Some("s3cret"));
    Ok(())
}

#[tokio::test]
async fn a_session_without_a_keyring_has_none() -> Result<()> {
    let options = Options { keyring: Keyring::Absent, panel: Panel::Absent, ..Options::default() };
    let session = Session::start(options).await?;
    assert!(session.keychain().secret("belfry", "a/b").await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_session_leaves_nothing_behind() -> Result<()> {
    let session = Session::start(Options::default()).await?;
    let folder = session.folder().to_owned();
    let mark = format!("DESKTOP_SESSION_ID={}", folder.display());
    let marked = || -> Result<usize> {
        let environments = std::fs::read_dir("/proc")?
            .flatten()
            .filter_map(|process| std::fs::read(process.path().join("environ")).ok());
        Ok(environments
            .filter(|environment| environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()))
            .count())
    };
    assert!(marked()? >= 5, "display, bus, window manager, daemon, keyring, panel");
    drop(session);
    assert_eq!(marked()?, 0);
    assert!(!folder.exists());
    Ok(())
}
