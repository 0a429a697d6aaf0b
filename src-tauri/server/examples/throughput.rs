//! Measures the server alone, in one process with a plain reader: publishing and replaying 100,000 messages of 60
//! characters, and the time from a publish to the event on a client's socket. Run with `--release`.

use std::io::Write;
use std::time::{Duration, Instant};

use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MESSAGES: usize = 100_000;
const LIVE: usize = 400;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let server = Server::start(Config::default()).await?;
    let mut out = std::io::stdout();

    let began = Instant::now();
    let published = server.publish_many((0..MESSAGES).map(message)).await?;
    let took = began.elapsed();
    writeln!(out, "publish_many  {:>9.0} messages/s", per_second(MESSAGES, took))?;

    let epoch = published[0].cursor.split('-').next().unwrap_or_default().to_owned();
    let began = Instant::now();
    let mut stream = connect(&server, &format!("{epoch}-0")).await?;
    let bytes = read_until(&mut stream, b"event: ready").await?;
    let took = began.elapsed();
    writeln!(out, "replay        {:>9.0} messages/s, {} bytes", per_second(MESSAGES, took), bytes)?;

    let (mut arrived, mut committed) = (Vec::with_capacity(LIVE), Vec::with_capacity(LIVE));
    for number in 0..LIVE {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let title = format!("live {number} end");
        let publisher = server.publisher();
        let text = title.clone();
        let began = Instant::now();
        let publishing = tokio::spawn(async move {
            publisher.publish(Publish { title: text, ..message(0) }).await.map(|_| Instant::now())
        });
        read_until(&mut stream, title.as_bytes()).await?;
        arrived.push(began.elapsed());
        committed.push(publishing.await?? - began);
    }
    writeln!(out, "publish call → its answer       {}", spread(&mut committed))?;
    writeln!(out, "publish call → client's socket  {}", spread(&mut arrived))?;

    let began = Instant::now();
    for number in 0..LIVE {
        server.publish(message(number)).await?;
    }
    writeln!(out, "publish alone, one after another: {:?} each", began.elapsed() / u32::try_from(LIVE)?)?;
    server.shutdown().await;
    Ok(())
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    format!("p50 {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100])
}

fn message(number: usize) -> Publish {
    let title = format!("{number:0>60}");
    Publish { to: "me".into(), kind: "reply".into(), title, ..Publish::default() }
}

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

async fn connect(server: &RunningServer, cursor: &str) -> anyhow::Result<TcpStream> {
    let Some(token) = server.subscriber_token("me") else { anyhow::bail!("no token") };
    let mut stream = TcpStream::connect(server.addr()).await?;
    let request = format!(
        "GET /api/sse/connect HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nLast-Event-ID: {cursor}\r\n\r\n",
        server.addr(),
        token.expose()
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Reads until `end` has come, and yields the number of bytes.
async fn read_until(stream: &mut TcpStream, end: &[u8]) -> anyhow::Result<usize> {
    let (mut buffer, mut kept, mut total) = (vec![0; 256 * 1024], Vec::new(), 0);
    loop {
        let count = stream.read(&mut buffer).await?;
        anyhow::ensure!(count > 0, "the stream ended");
        total += count;
        kept.extend_from_slice(&buffer[..count]);
        if kept.windows(end.len()).any(|window| window == end) {
            return Ok(total);
        }
        let keep = kept.len().saturating_sub(end.len());
        kept.drain(..keep);
    }
}
