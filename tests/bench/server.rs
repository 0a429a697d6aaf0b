//! What connected clients cost `belfry-server`: its memory for each, and how fast one message reaches them all.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_tests::programs;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::processes;
use super::report::{Figure, Goal, Report, percentile};

/// How long all of them together may take for one step.
const PATIENCE: Duration = Duration::from_secs(300);

/// Connections that are being opened at once: more would only wait in the listener's queue.
const OPENING: usize = 200;

const READER: &str = "bench-reader";
const PUBLISHER: &str = "bench-publisher";

/// Measures memory and one message to all.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(10_000, 300);
    report.progress(&format!("server: {count} connected clients"))?;
    // A program inherits the limit: both ends need it.
    let limit = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit })?;
    ensure!(limit.is_none_or(|limit| limit > count as u64 + 500), "the system allows {limit:?} descriptors");
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, format!("{READER} me subscriber\n{PUBLISHER} site publisher\n"))?;
    let mut command = Command::new(programs::belfry_server()?);
    command.args(["--listen", "127.0.0.1:0", "--tokens"]).arg(&tokens).arg("--data").arg(folder.path());
    let mut server = command.stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let address = address(&mut server).await?;
    let pid = [server.id().context("the server has ended")?];
    publish(address).await?;

    let before = processes::pss_mib(&pid)?;
    let ready = Arc::new(Barrier::new(count + 1));
    let turns = Arc::new(Semaphore::new(OPENING));
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for _ in 0..count {
        clients.spawn(client(address, turns.clone(), ready.clone()));
    }
    timeout(PATIENCE, ready.wait()).await.context("not all of them are ready")?;
    let connecting = began.elapsed();
    let after = processes::pss_mib(&pid)?;

    let began = Instant::now();
    publish(address).await?;
    let mut arrived = Vec::with_capacity(count);
    while let Some(at) = timeout(PATIENCE, clients.join_next()).await.context("not all of them hear it")? {
        arrived.push((at?? - began).as_secs_f64() * 1000.0);
    }
    arrived.sort_by(f64::total_cmp);
    report.add(&Figure {
        name: &format!("belfry-server with {count} clients, PSS for each"),
        value: (after - before) * 1024.0 / count as f64,
        unit: "KiB",
        goal: Goal::Explains,
        bare: None,
    })?;
    report.add(&Figure {
        name: "  its PSS",
        value: after,
        unit: "MiB",
        goal: Goal::Explains,
        bare: Some(before),
    })?;
    for (share, name) in [(0.5, "  one message to all of them, p50"), (1.0, "  to the last one")] {
        let value = percentile(&arrived, share);
        report.add(&Figure { name, value, unit: "ms", goal: Goal::Explains, bare: None })?;
    }
    report.add(&Figure {
        name: "  connecting them",
        value: count as f64 / connecting.as_secs_f64(),
        unit: "1/s",
        goal: Goal::Explains,
        bare: None,
    })?;
    server.kill().await?;
    Ok(())
}

/// Where the server says that it listens; what else it says is read and dropped.
async fn address(server: &mut Child) -> Result<SocketAddr> {
    let mut lines = BufReader::new(server.stderr.take().context("no standard error")?).lines();
    let address = loop {
        let line = timeout(PATIENCE, lines.next_line()).await??.context("the server has ended")?;
        if let Some((_, rest)) = line.split_once("address=") {
            break rest.split(' ').next().unwrap_or_default().parse()?;
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(address)
}

async fn publish(address: SocketAddr) -> Result<()> {
    let message = serde_json::json!({"to":"me","type":"reply","title":"To all"});
    let request =
        reqwest::Client::builder().no_proxy().build()?.post(format!("http://{address}/api/messages"));
    request.bearer_auth(PUBLISHER).json(&message).send().await?.error_for_status()?;
    Ok(())
}

/// Opens a stream, waits for the others at `ready`, and says when the next message has come.
async fn client(address: SocketAddr, turns: Arc<Semaphore>, ready: Arc<Barrier>) -> Result<Instant> {
    let turn = turns.acquire_owned().await?;
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /api/sse/connect HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {READER}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    until(&mut stream, b"event: ready").await?;
    drop(turn);
    ready.wait().await;
    until(&mut stream, b"event: reply").await?;
    Ok(Instant::now())
}

async fn until(stream: &mut TcpStream, what: &[u8]) -> Result<()> {
    let (mut seen, mut buffer) = (Vec::new(), [0; 1024]);
    while !seen.windows(what.len()).any(|window| window == what) {
        let count = stream.read(&mut buffer).await?;
        ensure!(count > 0, "the stream ended");
        seen.extend_from_slice(&buffer[..count]);
    }
    Ok(())
}
