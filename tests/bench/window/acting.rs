//! From a key that acts on a message until the new view shows in the page: no copy of the window's own runs ahead of it.

use anyhow::{Context, Result};
use belfry_tests::desktop::WebDriver;

use super::{explain, figure, number, page, rows};
use crate::report::{Report, percentile};

/// How often each act is done.
const ACTS: usize = 40;

pub async fn measure(report: &mut Report, window: &WebDriver) -> Result<()> {
    rows(window).await?;
    let mut marked = spans(window, page::MARKED, ACTS).await?;
    let mut gone = spans(window, page::PUT_AWAY, ACTS / 2).await?;
    let mut back = spans(window, page::TAKEN_BACK, ACTS / 2).await?;
    for spans in [&mut marked, &mut gone, &mut back] {
        spans.sort_by(f64::total_cmp);
    }
    figure(report, "a key marks read or unread → its row shows it, p50", percentile(&marked, 0.5), 50.0)?;
    figure(report, "  p95", percentile(&marked, 0.95), 50.0)?;
    figure(report, "  a key archives → the row is gone, p95", percentile(&gone, 0.95), 50.0)?;
    figure(report, "  a key takes it back → the row is there, p95", percentile(&back, 0.95), 50.0)?;
    let slowest = marked.iter().chain(&gone).chain(&back).copied().fold(0.0, f64::max);
    explain(report, "  the slowest of all", slowest, "ms")
}

async fn spans(window: &WebDriver, act: &str, count: usize) -> Result<Vec<f64>> {
    let mut spans = Vec::with_capacity(count);
    for nth in 1..=count {
        let span = window.run_async(act).await.with_context(|| format!("act {nth}"))?;
        spans.push(number(&span)?);
    }
    Ok(spans)
}
