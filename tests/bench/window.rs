//! The real window over a million messages: how soon a list stands after a click, what is found after a search, and an
//! act after its key; frames while scrolling, and the memory of the web process; input beside a thousand messages a
//! second; the first paint after a click on the tray.

mod acting;
mod corpus;
mod opening;
mod page;
mod pouring;

use anyhow::{Context, Result, ensure};
use belfry_tests::desktop::{Options, Stage, WebDriver};
use belfry_tests::wait::until;
use serde_json::Value;

use super::processes;
use super::report::{Figure, Goal, Report, percentile};

/// How often lists are changed.
const CLICKS: usize = 24;
/// How many pixels further the list is in each frame, 60 frames a second: a throw, and a drag of the bar.
const THROWN: u32 = 128;
const DRAGGED: u32 = 640;
/// How much the web process may grow while somebody works in the window, in MiB.
const FLAT: f64 = 32.0;

/// Measures the window.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(1_000_000, 20_000);
    report.progress(&format!("window: {count} messages in the store"))?;
    let stage = Stage::set(Options::default()).await?;
    corpus::fill(&stage.profile, count)?;
    opening::measure(report, &stage).await?;
    let window = stage.open_window(&[]).await?;
    lists(report, &window).await?;
    searches(report, &window).await?;
    acting::measure(report, &window).await?;
    scrolling(report, &window).await?;
    pouring::measure(report, &stage, &window).await?;
    window.quit().await
}

/// The first lists of the sidebar in turn; all of them have messages.
async fn lists(report: &mut Report, window: &WebDriver) -> Result<()> {
    rows(window).await?;
    let mut spans = Vec::new();
    for click in 1..=CLICKS {
        let act = format!("document.querySelectorAll('nav a.entry')[{click} % 6].click();");
        let span = window.run_async(&page::until_listed(&act)).await;
        spans.push(number(&span.with_context(|| format!("click {click}"))?)?);
    }
    spans.sort_by(f64::total_cmp);
    figure(report, "click on a list → its rows in the page, p50", percentile(&spans, 0.5), 50.0)?;
    explain(report, "  the slowest of them", percentile(&spans, 1.0), "ms")
}

async fn searches(report: &mut Report, window: &WebDriver) -> Result<()> {
    let mut spans = Vec::new();
    for text in corpus::queries() {
        let act = format!(
            "const field = document.querySelector('.search input');
             field.value = {};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             field.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true }}));",
            Value::from(text.as_str())
        );
        let span = window.run_async(&page::until_listed(&act)).await;
        spans.push(number(&span.with_context(|| format!("searching {text}"))?)?);
    }
    spans.sort_by(f64::total_cmp);
    let name = format!("{} searches, Enter → rows in the page, p50", spans.len());
    figure(report, &name, percentile(&spans, 0.5), 50.0)?;
    explain(report, "  p99", percentile(&spans, 0.99), "ms")?;
    window.press("Clear the search").await
}

/// As fast as a hand throws a list, and then as fast as it is dragged by its bar; both beside an empty list.
async fn scrolling(report: &mut Report, window: &WebDriver) -> Result<()> {
    let seconds = report.size.pick(15, 2);
    rows(window).await?;
    let before = web_memory()?;
    let thrown = gaps(&window.run_async(&page::frames(THROWN, seconds)).await?)?;
    let by = window.run(page::LAST_DRAWN).await?;
    let dragged = gaps(&window.run_async(&page::frames(DRAGGED, seconds)).await?)?;
    let after = web_memory()?;
    window.click("a.entry[href*='tab=snoozed']").await?;
    window.says("Nothing is put off").await?;
    let empty = percentile(&gaps(&window.run_async(&page::frames(0, seconds.min(5))).await?)?, 0.95);
    let mut frames = |name, gaps: &[f64], goal| {
        report.add(&Figure { name, value: percentile(gaps, 0.95), unit: "ms", goal, bare: Some(empty) })
    };
    frames("frames, two rows further in each, gap p95", &thrown, Goal::AtMost(33.0))?;
    frames("  ten rows further in each", &dragged, Goal::Explains)?;
    explain(report, "  the longest gap of the former", percentile(&thrown, 1.0), "ms")?;
    explain(report, "  rows that went by there", number(&by)?, "")?;
    memory(report, before, after)?;
    window.click("a.entry").await
}

/// Waits until the list has rows.
async fn rows(window: &WebDriver) -> Result<()> {
    until("rows", || async {
        ensure!(window.count("[role=option]").await? > 5, "no rows");
        Ok(())
    })
    .await
}

/// The proportional set size of the web process, in MiB. It is below this process: the driver has started the program,
/// and that the process.
fn web_memory() -> Result<f64> {
    let name = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let tree = processes::tree(std::process::id())?;
    let web = tree.into_iter().find(|pid| name(*pid).starts_with("WebKitWebProces"));
    processes::pss_mib(&[web.context("no web process")?])
}

fn memory(report: &mut Report, before: f64, after: f64) -> Result<()> {
    report.add(&Figure {
        name: "  memory of the web process after that",
        value: after,
        unit: "MiB",
        goal: Goal::AtMost((before + FLAT).round()),
        bare: Some(before),
    })
}

fn gaps(value: &Value) -> Result<Vec<f64>> {
    let mut gaps = value.as_array().context("no gaps")?.iter().map(number).collect::<Result<Vec<f64>>>()?;
    gaps.sort_by(f64::total_cmp);
    Ok(gaps)
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

fn figure(report: &mut Report, name: &str, value: f64, most: f64) -> Result<()> {
    report.add(&Figure { name, value, unit: "ms", goal: Goal::AtMost(most), bare: None })
}

fn explain(report: &mut Report, name: &str, value: f64, unit: &str) -> Result<()> {
    report.add(&Figure { name, value, unit, goal: Goal::Explains, bare: None })
}
