//! From the server's write to the desktop's `Notify`: the whole engine, and beside it the same way without policy, and
//! without a store, so that each stage's cost is visible.
//!
//! The clock starts when a proxy between server and client has the event's bytes in its hand, and stops when
//! a notification daemon in this process gets the call: both instants are of this process, and the server's
//! own commit is told apart.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_server::{Config, RunningServer, Server};
use belfry_tests::desktop::{Daemon, FakeDaemon, Keyring, Options, Panel, Session, WindowManager};
use belfry_tests::scenario::message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};

use super::client::{BARE, DEFAULTS, ENGINE, STORED, TOKEN};
use super::report::{Figure, Goal, Report, percentile};

/// The pause between two messages.
const PAUSE: Duration = Duration::from_millis(50);

/// The pause between two messages that lets each have its popup where floods are summed up.
const LONG_PAUSE: Duration = Duration::from_millis(500);

/// How long one message may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Messages before the ones that count: the first connection to the daemon, the first statement prepared.
const WARM_UP: usize = 5;

type Written = Arc<Mutex<HashMap<usize, Instant>>>;

/// What one way took, in milliseconds, sorted.
struct Times {
    from_write: Vec<f64>,
    from_publish: Vec<f64>,
    commit: Vec<f64>,
}

/// Measures all ways.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(200, 20);
    report
        .progress(&format!("notify: {count} messages, {PAUSE:?} apart, three times; {LONG_PAUSE:?} apart"))?;
    let whole = way(ENGINE, count, PAUSE).await.context("the whole path")?;
    let stored = way(STORED, count, PAUSE).await.context("without policy")?;
    let bare = way(BARE, count, PAUSE).await.context("the bare path")?;
    let defaults = way(DEFAULTS, count, LONG_PAUSE).await.context("with the flood gate")?;
    for (name, share, goal) in [("p50", 0.5, 1.0), ("p99", 0.99, 4.0)] {
        let mut add = |what: &str, times: &Times, goal| {
            report.add(&Figure {
                name: &format!("{what}, {name}"),
                value: percentile(&times.from_write, share),
                unit: "ms",
                goal,
                bare: Some(percentile(&bare.from_write, share)),
            })
        };
        add("server's write → Notify", &whole, Goal::AtMost(goal))?;
        add("  500 ms apart, by default", &defaults, Goal::AtMost(goal))?;
        add("  without policy", &stored, Goal::Explains)?;
    }
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        report.add(&Figure {
            name: &format!("  publish (with its commit) → Notify, {name}"),
            value: percentile(&whole.from_publish, share),
            unit: "ms",
            goal: Goal::Explains,
            bare: Some(percentile(&bare.from_publish, share)),
        })?;
    }
    report.add(&Figure {
        name: "  the server's commit alone, p50",
        value: percentile(&whole.commit, 0.5),
        unit: "ms",
        goal: Goal::Explains,
        bare: None,
    })
}

async fn way(which: &str, count: usize, pause: Duration) -> Result<Times> {
    let session = Session::start(Options {
        daemon: Daemon::Absent,
        panel: Panel::Absent,
        keyring: Keyring::Absent,
        window_manager: WindowManager::Absent,
        ..Options::default()
    })
    .await?;
    let daemon = FakeDaemon::start(&session, &["body", "actions"]).await?;
    let server = Server::start(Config::default()).await?;
    let written = Written::default();
    let api = proxy(server.addr(), Arc::clone(&written)).await?;
    let token = server.subscriber_token("me").context("no token")?;
    let mut command = session.command(std::env::current_exe()?);
    command.args([which, &api]).env(TOKEN, token.expose());
    let client = session.spawn(which, command)?;
    timeout(PATIENCE, server.wait_for_streams(1)).await.with_context(|| client.said())?;
    for number in 0..WARM_UP {
        one(&server, &daemon, count + number).await.with_context(|| client.said())?;
    }

    let mut times = Times { from_write: Vec::new(), from_publish: Vec::new(), commit: Vec::new() };
    let mut ticks = interval(pause);
    for number in 0..count {
        ticks.tick().await;
        let (published, committed, shown) =
            one(&server, &daemon, number).await.with_context(|| client.said())?;
        let write = written.lock().unwrap_or_else(PoisonError::into_inner).get(&number).copied();
        let write = write.context("the proxy has not seen the message")?;
        times.from_write.push(ms(shown.saturating_duration_since(write)));
        times.from_publish.push(ms(shown.saturating_duration_since(published)));
        times.commit.push(ms(committed));
    }
    for list in [&mut times.from_write, &mut times.from_publish, &mut times.commit] {
        list.sort_by(f64::total_cmp);
    }
    Ok(times)
}

/// Publishes one message and waits for its popup: when it began, how long the server's commit took, when
/// the daemon was called.
async fn one(
    server: &RunningServer,
    daemon: &FakeDaemon,
    number: usize,
) -> Result<(Instant, Duration, Instant)> {
    let title = title(number);
    let mut popups = daemon.changes();
    let published = Instant::now();
    server.publish(message(&title)).await?;
    let committed = published.elapsed();
    let is = |popup: &belfry_tests::desktop::Popup| popup.call.body.contains(&title);
    let found = timeout(PATIENCE, popups.wait_for(|popups| popups.iter().any(is))).await;
    let found = found.context("no Notify in time")??;
    let shown = found.iter().find(|popup| is(popup)).map(|popup| popup.call.at).context("it was there")?;
    Ok((published, committed, shown))
}

/// The number with a mark around it, so that 1 is not found in 10.
fn title(number: usize) -> String {
    format!("bench<{number}>")
}

/// A proxy that notes when the server has written which message.
async fn proxy(server: SocketAddr, written: Written) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let api = format!("http://{}/api", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server, Arc::clone(&written)));
        }
    });
    Ok(api)
}

async fn pass(client: TcpStream, server: SocketAddr, written: Written) -> Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let up = tokio::io::copy(&mut from_client, &mut to_server);
    let down = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from_server.read(&mut bytes).await?;
            let now = Instant::now();
            if count == 0 {
                return anyhow::Ok(());
            }
            // Noted first: the popup may be there before the write has returned.
            let text = String::from_utf8_lossy(&bytes[..count]);
            if let Some(number) = text.split_once("bench<").and_then(|(_, rest)| rest.split_once('>')) {
                let number = number.0.parse()?;
                written.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_insert(now);
            }
            to_client.write_all(&bytes[..count]).await?;
        }
    };
    let (up, down) = tokio::join!(up, down);
    ensure!(up.is_ok() && down.is_ok(), "the connection broke");
    Ok(())
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
