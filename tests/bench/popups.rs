//! What popups cost the program that shows them, each way in which they can go: time, descriptors, threads, memory.
//!
//! The program is a process of its own before a notification daemon in the measuring process. It shows one popup
//! after another, each when the one before has been taken, and tells what it has seen of itself.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_core::model::MessageId;
use belfry_core::policy::PopupKey;
use belfry_core::ports::Notifier;
use belfry_platform::{DesktopNotifier, Way};
use belfry_tests::desktop::{Daemon, FakeDaemon, Keyring, Options, Panel, Session, WindowManager};
use belfry_tests::scenario::resident;

use super::client::popup;
use super::report::{Figure, Goal, Report, percentile};

/// Runs the program that shows popups; its other arguments are the way and the count.
pub const SHOW: &str = "show";

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the program tells of itself.
struct Seen {
    p50_ms: f64,
    p99_ms: f64,
    descriptors: f64,
    threads: f64,
    grown_kib: f64,
}

/// Measures both ways; the library's stands beside the other.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(10_000, 200);
    report.progress(&format!("popups: {count} one after another, twice"))?;
    let library = way("notify-rust", count).await.context("notify-rust")?;
    let one = way("zbus", count).await.context("one connection")?;
    let mut add = |name: &str, value: f64, unit: &str, goal: Goal, bare: f64| {
        report.add(&Figure { name, value, unit, goal, bare: Some(bare) })
    };
    add("popup shown, p50 (bare: notify-rust)", one.p50_ms, "ms", Goal::Explains, library.p50_ms)?;
    add("popup shown, p99", one.p99_ms, "ms", Goal::Explains, library.p99_ms)?;
    add("  descriptors at most", one.descriptors, "", Goal::AtMost(32.0), library.descriptors)?;
    add("  threads at most", one.threads, "", Goal::AtMost(8.0), library.threads)?;
    add("  memory grown by", one.grown_kib / 1024.0, "MiB", Goal::AtMost(4.0), library.grown_kib / 1024.0)
}

async fn way(name: &str, count: usize) -> Result<Seen> {
    let session = Session::start(Options {
        daemon: Daemon::Absent,
        panel: Panel::Absent,
        keyring: Keyring::Absent,
        window_manager: WindowManager::Absent,
        ..Options::default()
    })
    .await?;
    let daemon = FakeDaemon::start(&session, &["body", "actions"]).await?;
    let mut command = session.command(std::env::current_exe()?);
    command.args([SHOW, name, &count.to_string()]);
    let mut program = session.spawn(SHOW, command)?;
    let status = program.ended(PATIENCE).await?;
    ensure!(status.success() && daemon.popups().len() == count, "{status}: {}", program.said());
    let said = program.said();
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [p50_ms, p99_ms, descriptors, threads, grown_kib] = numbers[..] else { anyhow::bail!(said) };
    Ok(Seen { p50_ms, p99_ms, descriptors, threads, grown_kib })
}

/// The program: shows popups, and prints what it has seen of itself.
pub async fn run(way: &str, count: usize) -> Result<()> {
    let way = if way == "zbus" { Way::OneConnection } else { Way::Library };
    let notifier = DesktopNotifier::by(way);
    let pid = std::process::id();
    let (mut times, mut descriptors, mut threads) = (Vec::new(), 0, 0);
    let mut before = 0;
    for number in 0..count {
        let popup = popup(PopupKey::Message(MessageId(number as i64)), format!("popup {number}"));
        let begin = Instant::now();
        notifier.show(popup).await?;
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
        if number == count.min(100) / 2 {
            before = resident(pid)?;
        }
        if number % 50 == 0 {
            descriptors = descriptors.max(std::fs::read_dir("/proc/self/fd")?.count());
            threads = threads.max(std::fs::read_dir("/proc/self/task")?.count());
        }
    }
    times.sort_by(f64::total_cmp);
    let grown = resident(pid)?.saturating_sub(before) / 1024;
    let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "{p50} {p99} {descriptors} {threads} {grown}")?)
}
