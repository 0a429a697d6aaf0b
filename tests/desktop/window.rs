//! The real window, driven by WebDriver: what is opened is read, the counts fall, and a popup leads to its
//! message.

use anyhow::{Context, Result, ensure};
use belfry_core::settings::profile::Profile;
use belfry_protocol::Publish;
use belfry_tests::desktop::{Options, Stage, WebDriver, popups_in_inbox};
use belfry_tests::wait::{PATIENCE, until};

fn message(kind: &str, title: &str) -> Publish {
    Publish {
        kind: kind.into(),
        title: title.into(),
        content: Some("One.\n\nTwo.".into()),
        ..Publish::default()
    }
}

/// Waits until `css` has exactly this text.
async fn says(window: &WebDriver, css: &str, text: &str) -> Result<()> {
    until(&format!("{css} to say {text}"), || async {
        let said = window.text(css).await?;
        ensure!(said == text, "it says {said}");
        Ok(())
    })
    .await
}

async fn has(window: &WebDriver, css: &str, count: usize) -> Result<()> {
    until(&format!("{count} {css}"), || async {
        let found = window.count(css).await?;
        ensure!(found == count, "there are {found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn opening_marks_read_and_mark_all_empties_the_bell() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for (kind, title) in [("reply", "First"), ("system", "Second"), ("notification", "Third")] {
        stage.publish(message(kind, title)).await?;
    }
    let (window, _tray) = stage.drive().await?;
    has(&window, "[role=option]", 3).await?;
    says(&window, ".bell .el-badge__content", "3").await?;

    window.click("[role=option]").await?;
    says(&window, ".bell .el-badge__content", "2").await?;
    has(&window, "[role=option].unread", 2).await?;
    let url = window.url().await?;
    ensure!(url.contains("/inbox?messageId="), "the address is {url}");
    says(&window, "article h2", "Third").await?;

    window.click("button.all").await?;
    has(&window, "[role=option].unread", 0).await?;
    until("no badge", || async {
        let badge = "return [...document.querySelectorAll('.bell .el-badge__content')].filter(e => e.checkVisibility()).length";
        ensure!(window.run(badge).await? == 0, "there is a badge");
        Ok(())
    })
    .await?;
    window.quit().await
}

/// Marks the only message read and unread, forty times, each as soon as the view has come that shows the one before, and
/// gives back how many milliseconds each view came after the one before.
const MARK_IN_A_ROW: &str = "
    const done = arguments[0];
    const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
    const mark = async () => {
        let shown = () => {};
        const handler = transformCallback(({ payload }) => shown(payload.inbox.unread));
        await invoke('plugin:event|listen', { event: 'view', target: { kind: 'Any' }, handler });
        const [{ id }] = (await invoke('view')).newest;
        const gaps = [];
        let last = performance.now();
        for (let nth = 0; nth < 40; nth += 1) {
            const wanted = nth % 2;
            const comes = new Promise((resolve) => {
                shown = (unread) => unread === wanted && resolve(performance.now());
            });
            await invoke('act', { action: { type: wanted ? 'mark_unread' : 'mark_read', ids: [id] } });
            const now = await comes;
            gaps.push(now - last);
            last = now;
        }
        return gaps;
    };
    mark().then(done, (error) => done(String(error)));";

#[tokio::test]
async fn the_view_that_an_act_made_does_not_wait_for_the_pace() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    stage.publish(message("system", "Down at six")).await?;
    let (window, _tray) = stage.drive().await?;
    has(&window, "[role=option]", 1).await?;
    // Where the page has little to draw.
    window.press("Settings").await?;
    let gaps = window.run_async(MARK_IN_A_ROW).await?;
    let gaps: Vec<f64> = serde_json::from_value(gaps.clone()).with_context(|| gaps.to_string())?;
    // By the pace alone five of them would take half a second. A loaded computer makes some slow, but not all.
    let five = gaps.windows(5).map(|five| five.iter().sum::<f64>()).fold(f64::INFINITY, f64::min);
    ensure!(five < 300.0, "the fastest five took {five} ms: {gaps:?}");
    window.quit().await
}

#[tokio::test]
async fn a_popup_leads_the_open_window_to_its_message() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    stage.prefer(popups_in_inbox()).await?;
    stage.publish(message("system", "Down at six")).await?;
    let (window, _tray) = stage.drive().await?;
    has(&window, "[role=option]", 1).await?;

    ensure!(stage.session.dunst().shown()?.is_empty(), "what was there before the first contact is no news");
    stage.publish(message("system", "Up again")).await?;
    stage.session.dunst().click().await?;
    says(&window, "article h2", "Up again").await?;
    let url = window.url().await?;
    ensure!(url.contains("/inbox?messageId="), "the address is {url}");
    has(&window, "[role=option].unread", 1).await?;
    says(&window, "[role=option].unread bdi", "Down at six").await?;
    window.quit().await
}

#[tokio::test]
async fn a_start_that_fails_says_what_to_do_and_can_be_tried_again() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    // A first start makes the database.
    let mut first = stage.start(&[]).await?;
    first.tray.choose("Quit Belfry").await?;
    ensure!(first.program.ended(PATIENCE).await?.success(), "it did not end well");
    let database = Profile::open(&stage.profile)?.database_path();
    let format = |format: u32| -> Result<u32> {
        let database = rusqlite::Connection::open(&database)?;
        let before = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
        database.pragma_update(None, "user_version", format)?;
        Ok(before)
    };
    let before = format(9_999)?;
    let window = stage.open_window(&[]).await?;
    says(&window, "h1", "Belfry could not start").await?;
    says(
        &window,
        "[role=alert]",
        "A newer version of Belfry has written the messages. Install that version or a later one.",
    )
    .await?;
    ensure!(stage.session.trays().await?.is_empty(), "there is an icon of a program that does not run");

    format(before)?;
    // The program that answers ends, and what it answers with it.
    let _ = window.click("a").await;
    let tray =
        until("the tray icon", || async { stage.session.trays().await?.pop().context("there is none") })
            .await?;
    tray.choose("Quit Belfry").await
}
