//! The desktops around Belfry: panels that come, go and come back or never come, launchers that count, and another
//! notification daemon.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_core::view::TrayShape;
use belfry_protocol::Publish;
use belfry_tests::desktop::{Daemon, FakeDaemon, NotifyWatch, Options, Panel, Stage};
use belfry_tests::programs;
use belfry_tests::wait::{PATIENCE, until};
use futures_util::StreamExt;
use zbus::message::Type;
use zbus::{MatchRule, MessageStream, OwnedVariant};

/// How often a second the tray may change, however many messages come.
const REPAINTS: f64 = 4.0;

/// Signals that wait to be looked at; more than there may be.
const QUEUE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

fn message(title: &str) -> Publish {
    Publish { kind: "system".into(), title: title.into(), ..Publish::default() }
}

#[tokio::test]
async fn without_a_panel_one_popup_says_where_the_window_is_and_the_icon_comes_with_the_panel() -> Result<()>
{
    let options = Options { daemon: Daemon::Absent, panel: Panel::Absent, ..Options::default() };
    let stage = Stage::set(options).await?;
    let daemon = FakeDaemon::start(&stage.session, &["actions", "body"]).await?;
    let mut command = stage.session.command(programs::belfry()?);
    command.args(["--hidden", "--profile"]).arg(&stage.profile);
    let belfry = stage.session.spawn("belfry", command)?;
    let pid = belfry.id().context("it ended at once")?;

    let told = daemon.popup(|_| true).await.with_context(|| belfry.said())?;
    assert_eq!(told.call.summary, "Belfry goes on without a tray icon");
    assert_eq!(told.call.body, "This desktop has no place for it. To open the window, start Belfry again.");
    assert_eq!(told.call.expire_ms, 0, "it stays until it is read");
    daemon.choose(told.id, "default", None).await?;
    stage.session.screen().window_of(pid).await?;

    let _panel = stage.session.start_panel(Panel::Xfce)?;
    let tray = stage.session.tray_of(pid).await?;
    ensure!(!tray.menu().await?.is_empty(), "the menu is empty");
    assert_eq!(daemon.popups().len(), 1);
    Ok(())
}

/// The icon comes with the panel that was started after it, and with the one after that.
async fn outlives(panel: Panel) -> Result<()> {
    let stage = Stage::set(Options { panel: Panel::Absent, ..Options::default() }).await?;
    let mut first = stage.session.start_panel(panel)?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("One")).await?;
    belfry.tray_shows(1).await?;

    first.kill().await?;
    until("the end of the panel", || async {
        ensure!(stage.session.trays().await.is_err(), "it is still there");
        Ok(())
    })
    .await?;
    stage.publish(message("Two")).await?;
    let _second = stage.session.start_panel(panel)?;
    stage.session.tray_of(belfry.pid).await?;
    belfry.tray_shows(2).await?;
    belfry.tray.activate().await?;
    stage.session.screen().window_of(belfry.pid).await.map(drop)
}

#[tokio::test]
async fn the_icon_comes_back_with_the_panel_of_xfce() -> Result<()> {
    outlives(Panel::Xfce).await
}

#[tokio::test]
async fn the_icon_comes_back_with_the_panel_of_lxqt() -> Result<()> {
    outlives(Panel::Lxqt).await
}

#[tokio::test]
async fn a_click_on_a_popup_of_xfce_opens_the_inbox_and_text_is_text() -> Result<()> {
    let options = Options { daemon: Daemon::Xfce, panel: Panel::Lxqt, ..Options::default() };
    let stage = Stage::set(options).await?;
    let watch = NotifyWatch::start(&stage.session).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("Down <b>at</b> six & seven")).await?;
    let call = watch.call(|_| true).await?;
    assert_eq!(call.body, "Down &lt;b&gt;at&lt;/b&gt; six &amp; seven", "this daemon reads markup");

    // A click beside the buttons, of which "Open" is the first, only puts the popup away.
    let [x, y, width, height] = stage.session.screen().place_of_class("Xfce4-notifyd").await?;
    stage.session.screen().click(x + width / 5, y + height - 31).await?;
    stage.session.screen().window_of(belfry.pid).await?;
    belfry.tray_shows(0).await
}

/// The count that a launcher was last told, and whether it is to show it.
type Told = (String, HashMap<String, OwnedVariant>);

#[tokio::test]
async fn launchers_are_told_the_unread_count_also_those_that_come_later() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface("com.canonical.Unity.LauncherEntry")
        .member("Update")
        .build()?;
    let launcher = stage.session.connect().await?;
    let mut signals = MessageStream::for_match_rule(rule, &launcher, None).await?;
    let mut told = async |count: i64| -> Result<()> {
        let look = async {
            loop {
                let signal = signals.next().await.context("the bus is gone")??;
                let (program, properties): Told = signal.body().deserialize()?;
                ensure!(program == "application://Belfry.desktop", "{program}");
                let number = properties.get("count").and_then(|value| i64::try_from(value).ok());
                let visible = properties.get("count-visible").and_then(|value| bool::try_from(value).ok());
                ensure!(visible == Some(number != Some(0)), "{properties:?}");
                if number == Some(count) {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(PATIENCE, look).await.with_context(|| format!("nothing of {count}"))?
    };
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("One")).await?;
    told(1).await?;
    stage.publish(message("Two")).await?;
    told(2).await?;

    launcher.request_name("com.canonical.Unity").await?;
    told(2).await?;
    belfry.tray.choose("Mark all as read").await?;
    told(0).await
}

#[tokio::test]
async fn a_flood_changes_the_tray_four_times_a_second_at_most() -> Result<()> {
    const MESSAGES: usize = 10_000;
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    let listener = stage.session.connect().await?;
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(belfry.tray.service()).build()?;
    let mut signals = MessageStream::for_match_rule(rule, &listener, Some(QUEUE)).await?;
    let began = Instant::now();
    let flood =
        (0..MESSAGES).map(|number| Publish { to: "me".into(), ..message(&format!("Message {number}")) });
    stage.server.publish_many(flood).await?;
    belfry.tray_says(TrayShape::Live, "Connected", MESSAGES as u64).await?;
    // The first is at once, and each further one has to wait.
    let most = 1.0 + REPAINTS * began.elapsed().as_secs_f64();

    let mut changes = HashMap::<String, u32>::new();
    while let Ok(Some(signal)) = tokio::time::timeout(Duration::ZERO, signals.next()).await {
        let signal = signal?;
        let name = signal.header().member().map(ToString::to_string).context("a signal without a name")?;
        *changes.entry(name).or_default() += 1;
    }
    ensure!(changes.contains_key("NewIcon") && changes.contains_key("NewToolTip"), "{changes:?}");
    for (name, count) in &changes {
        ensure!(f64::from(*count) <= most, "{name} {count} times, {most} at most: {changes:?}");
    }
    Ok(())
}

/// See docs/decisions/0004.
#[tokio::test]
async fn the_wheel_over_the_icon_does_nothing_and_the_tooltip_says_the_state_over_the_bus() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    stage.publish(message("One")).await?;
    belfry.tray_shows(1).await?;
    let before = belfry.tray.icon().await?;
    for (delta, orientation) in
        [(120, "vertical"), (-120, "vertical"), (120, "horizontal"), (i32::MAX, "vertical")]
    {
        belfry.tray.scroll(delta, orientation).await?;
    }
    // A middle click after them shows that they have been taken.
    belfry.tray.activate_other().await?;
    belfry.tray_says(TrayShape::Paused, "Connected, notifications paused", 1).await?;
    assert_eq!(belfry.tray.tooltip().await?, "Belfry · Connected, notifications paused · 1 unread");
    belfry.tray.activate_other().await?;
    belfry.tray_shows(1).await?;
    assert_eq!(belfry.tray.icon().await?, before);
    assert_eq!(belfry.tray.tooltip().await?, "Belfry · Connected · 1 unread");
    assert_eq!(stage.session.screen().windows_of(belfry.pid).await?, []);
    Ok(())
}

#[tokio::test]
async fn the_menu_leads_to_the_settings() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, tray) = stage.drive().await?;
    tray.choose("Settings").await?;
    until("the settings", || async {
        let url = window.url().await?;
        ensure!(url.contains("/settings"), "the address is {url}");
        Ok(())
    })
    .await?;
    window.quit().await
}
