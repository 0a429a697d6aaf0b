//! Ten thousand messages at once before a person who works in the window: how soon all are in the inbox, how long the
//! window takes for a click meanwhile, and how many popups there are.
//!
//! A script in the page clicks on two lists in turn, each time when the one before is drawn, and looks how long that
//! takes; and every 10 ms it looks how late it is, which is how long the page could do nothing else.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_server::{Config, Server};
use belfry_tests::desktop::{Daemon, FakeDaemon, Options, Session, WebDriver};
use belfry_tests::programs;
use belfry_tests::scenario::{message, numbered};
use belfry_tests::wait::{until, until_within};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::report::{Figure, Goal, Report};

/// How long all may take to arrive before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many clicks are looked at before that.
const BEFORE: f64 = 20.0;

/// Forgets what was seen.
const ANEW: &str = "Object.assign(window.__seen, { late: 0, click: 0 })";

/// Begins to look and to click.
const LOOK: &str = "
    const seen = (window.__seen = { late: 0, click: 0, clicks: 0, total: 0 });
    let last = performance.now();
    setInterval(() => {
        const now = performance.now();
        seen.late = Math.max(seen.late, now - last - 10);
        last = now;
    }, 10);
    setInterval(async () => {
        seen.total = (await window.__TAURI_INTERNALS__.invoke('view')).inbox.total;
    }, 50);
    const frame = () => new Promise(requestAnimationFrame);
    const click = async () => {
        const links = document.querySelectorAll('nav a');
        const link = links[seen.clicks % 2];
        const began = performance.now();
        link.click();
        while (!link.hasAttribute('aria-current')) await frame();
        await frame();
        seen.click = Math.max(seen.click, performance.now() - began);
        seen.clicks += 1;
        setTimeout(click, 30);
    };
    click();";

/// Measures.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(10_000, 1_000);
    report.progress(&format!("flood: {count} messages at once before an open window"))?;
    let session = Session::start(Options { daemon: Daemon::Absent, ..Options::default() }).await?;
    let daemon = FakeDaemon::start(&session, &["body", "actions"]).await?;
    let server = Server::start(Config::default()).await?;
    let profile = session.folder().join("bench-profile");
    let profile = profile.to_str().context("a folder that is no text")?;
    let mut add = session.command(programs::belfryctl()?);
    add.args(["--profile", profile, "source", "add", "--name", "bench", "--token-stdin", "--url"]);
    let mut add = add.arg(server.api_url()).stdin(Stdio::piped()).spawn()?;
    let token = server.subscriber_token("me").context("no token")?;
    add.stdin.take().context("no standard input")?.write_all(token.expose().as_bytes()).await?;
    ensure!(add.wait().await?.success(), "the source was not added");

    let window = WebDriver::start_with(&session, &programs::belfry()?, &["--profile", profile], &[]).await?;
    timeout(PATIENCE, server.wait_for_streams(1)).await?;
    server.publish(message("first")).await?;
    window.says("first").await?;
    // A window with the focus on the inbox has no popups: the person looks elsewhere.
    let attend = "window.__TAURI_INTERNALS__.invoke('act', { action: { type: 'attend', to: 'elsewhere' } })";
    window.run(attend).await?;
    window.run(LOOK).await?;
    clicks(&window, 5.0).await?;
    window.run(ANEW).await?;
    clicks(&window, BEFORE).await?;
    let before = (number(&window, "late").await?, number(&window, "click").await?);
    window.run(ANEW).await?;
    let began = Instant::now();
    server.publish_many(numbered(0, count)).await?;
    let published = began.elapsed();
    until_within(PATIENCE, "all messages", || async {
        ensure!(number(&window, "total").await? > count as f64, "not all");
        Ok(())
    })
    .await?;
    let took = began.elapsed();
    // Whatever click was under way while they came has ended by the second that ends from here.
    clicks(&window, 2.0).await?;
    let (late, click) = (number(&window, "late").await?, number(&window, "click").await?);
    let popups = daemon.popups();
    let flood = popups.iter().filter(|popup| popup.call.body != "first");
    let (singles, others): (Vec<_>, Vec<_>) = flood.partition(|popup| popup.call.summary.starts_with("New"));
    let mut add = |name: &str, value: f64, unit: &str, goal: Goal, bare: Option<f64>| {
        report.add(&Figure { name, value, unit, goal, bare })
    };
    add("flood: all of it in the inbox", took.as_secs_f64(), "s", Goal::AtMost(2.0), None)?;
    add("  of that the server's publishing", published.as_secs_f64(), "s", Goal::Explains, None)?;
    add("  the slowest click meanwhile", click, "ms", Goal::AtMost(100.0), Some(before.1))?;
    add("  the page's longest standstill", late, "ms", Goal::AtMost(100.0), Some(before.0))?;
    add("  popups of one message", singles.len() as f64, "", Goal::AtMost(5.0), None)?;
    add("  summaries on the screen", others.len() as f64, "", Goal::AtMost(1.0), None)?;
    window.quit().await
}

/// Waits for so many clicks more.
async fn clicks(window: &WebDriver, more: f64) -> Result<()> {
    let enough = number(window, "clicks").await? + more;
    until("clicks", || async {
        ensure!(number(window, "clicks").await? >= enough, "too few");
        Ok(())
    })
    .await
}

async fn number(window: &WebDriver, name: &str) -> Result<f64> {
    let value: Value = window.run(&format!("return window.__seen.{name}")).await?;
    value.as_f64().with_context(|| format!("{name} is {value}"))
}
