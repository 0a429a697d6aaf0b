//! What the desktop program costs while it rests in the tray: connected, 10,000 messages stored, no window.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_server::{Config, RunningServer, Server};
use belfry_tests::desktop::{Keyring, Options, Panel, Session};
use belfry_tests::programs;
use belfry_tests::scenario::numbered;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::processes;
use super::report::{Figure, Goal, Report};

/// How long the program may take to connect.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it may settle before it is looked at.
const SETTLE: Duration = Duration::from_secs(5);

/// Measures memory and work.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(10_000, 500);
    let span = report.size.pick(Duration::from_secs(30), Duration::from_secs(5));
    report.progress(&format!("resting: {count} messages stored, looked at for {span:?}"))?;
    let session =
        Session::start(Options { keyring: Keyring::Unlocked, panel: Panel::Xfce, ..Options::default() })
            .await?;
    let server = Server::start(Config::default()).await?;
    let token = server.subscriber_token("me").context("no token")?;
    server.publish_many(numbered(0, count)).await?;
    let profile = session.folder().join("bench-profile");
    let ctl = |args: &[&str]| {
        let mut command = session.command(programs::belfryctl()?);
        command.arg("--profile").arg(&profile).args(args);
        anyhow::Ok(command)
    };
    let api = server.api_url();
    let add = ctl(&["source", "add", "--name", "bench", "--url", &api, "--token-stdin"])?;
    run(add, token.expose()).await?;
    run(ctl(&["watch", "--since", "beginning", "--count", &count.to_string()])?, "").await?;
    timeout(PATIENCE, server.wait_for_streams(0)).await?;

    let mut belfry = session.command(programs::belfry()?);
    belfry.arg("--profile").arg(&profile).arg("--hidden");
    let belfry = session.spawn("belfry", belfry)?;
    timeout(PATIENCE, server.wait_for_streams(1)).await.with_context(|| belfry.said())?;
    stays_connected(&server, SETTLE).await.with_context(|| belfry.said())?;
    let tree = processes::tree(belfry.id().context("belfry has ended")?)?;
    let before = processes::ticks(&tree)?;
    let asleep = processes::naps(&tree)?;
    stays_connected(&server, span).await.with_context(|| belfry.said())?;
    let after = processes::ticks(&tree)?;
    let naps = processes::naps(&tree)?.saturating_sub(asleep);
    let pss = processes::pss_mib(&tree)?;
    report.add(&Figure {
        name: "resting in the tray, PSS of the process tree",
        value: pss,
        unit: "MiB",
        goal: Goal::AtMost(60.0),
        bare: None,
    })?;
    report.add(&Figure {
        name: &format!("  its processor time in {} s", span.as_secs()),
        value: (after - before) as f64,
        unit: "ticks",
        // Two heartbeats fall into 30 s; each costs less than a tick of 10 ms.
        goal: Goal::AtMost(2.0),
        bare: None,
    })?;
    report.add(&Figure {
        name: &format!("  its wake-ups in {} s, all threads", span.as_secs()),
        value: naps as f64,
        unit: "",
        // A heartbeat every 15 s, each of which wakes the engine; no thread has a clock of its own.
        goal: Goal::AtMost(20.0),
        bare: None,
    })?;
    report.add(&Figure {
        name: "  its processes",
        value: tree.len() as f64,
        unit: "",
        goal: Goal::Explains,
        bare: None,
    })
}

/// Lets a span of time pass during which the stream stays open.
async fn stays_connected(server: &RunningServer, span: Duration) -> Result<()> {
    ensure!(timeout(span, server.wait_for_streams(0)).await.is_err(), "it is not connected any more");
    Ok(())
}

/// Runs a command to its good end.
async fn run(mut command: Command, input: &str) -> Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(())
}
