//! A thousand messages a second for a minute, and a person who opens one after the other meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Stage, WebDriver};
use belfry_tests::scenario::numbered;
use belfry_tests::wait::until;
use tokio::time::{MissedTickBehavior, interval};

use super::{explain, figure, memory, number, page, rows, web_memory};
use crate::report::{Report, percentile};

/// How many messages arrive at once, and how often.
const TOGETHER: usize = 100;
const EVERY: Duration = Duration::from_millis(100);
/// How often a row is clicked.
const PRESS: Duration = Duration::from_millis(400);

pub async fn measure(report: &mut Report, stage: &Stage, window: &WebDriver) -> Result<()> {
    let messages = report.size.pick(60_000, 5_000);
    rows(window).await?;
    let before = web_memory()?;
    let stored = number(&window.run_async(page::TOTAL).await?)?;
    window.run(page::WATCH_STANDSTILLS).await?;
    let start = Instant::now();
    let mut spans = Vec::new();
    tokio::select! {
        poured = pour(stage, messages) => poured?,
        failed = press(window, &mut spans) => failed?,
    }
    let rate = messages as f64 / start.elapsed().as_secs_f64();
    let poured = Instant::now();
    until("all of them in the inbox", || async {
        let total = number(&window.run_async(page::TOTAL).await?)?;
        ensure!(total >= stored + messages as f64, "{total}, and {stored} before");
        Ok(())
    })
    .await?;
    let lag = poured.elapsed();
    spans.sort_by(f64::total_cmp);
    explain(report, "messages a second, pouring in", rate, "")?;
    figure(report, "  a click on a row → its message, p95", percentile(&spans, 0.95), 100.0)?;
    explain(report, "  the slowest of them", percentile(&spans, 1.0), "ms")?;
    explain(
        report,
        "  the page's longest standstill",
        number(&window.run("return window.__late").await?)?,
        "ms",
    )?;
    explain(report, "  after the last, until all are in the inbox", lag.as_secs_f64() * 1e3, "ms")?;
    memory(report, before, web_memory()?)
}

async fn pour(stage: &Stage, messages: usize) -> Result<()> {
    let mut due = interval(EVERY);
    for from in (0..messages).step_by(TOGETHER) {
        let some = numbered(from, from + TOGETHER).map(|one| Publish { to: "me".into(), ..one });
        due.tick().await;
        stage.server.publish_many(some).await?;
    }
    Ok(())
}

/// Clicks on rows until it is dropped.
async fn press(window: &WebDriver, spans: &mut Vec<f64>) -> Result<()> {
    let mut due = interval(PRESS);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        spans.push(number(&window.run_async(page::OPENED).await?)?);
    }
}
