//! How fast a long replay gets into the store, beside a plain loop of INSERTs.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server};
use belfry_tests::scenario::{Ctl, message};
use rusqlite::Connection;
use tokio::time::interval;

use super::processes;
use super::report::{Figure, Goal, Report};

/// How often the peak of the memory is read.
const LOOK: Duration = Duration::from_millis(10);

/// Rows of one transaction of the plain loop, as many as the engine takes in one turn.
const ROWS: usize = 256;

/// A text of 60 characters.
fn text(number: usize) -> String {
    format!("{number:08} The quick brown fox jumps over the lazy dog, twice.")
}

/// Measures both.
pub async fn measure(report: &mut Report) -> Result<()> {
    let count = report.size.pick(100_000, 5_000);
    report.progress(&format!("replay: {count} messages of 60 characters"))?;
    let server = Server::start(Config::default()).await?;
    let token = server.subscriber_token("me").context("no token")?;
    let ctl = Ctl::new().await?.with_token(token.expose());
    let mut first = ctl.watch_profile(&server.api_url(), &[])?;
    first.until_state("live").await?;
    first.terminate().await?;
    first.end().await?.expect(0)?;
    server
        .publish_many(
            (0..count).map(|number| Publish { content: Some(String::new()), ..message(&text(number)) }),
        )
        .await?;

    let (took, peak) = watch(&ctl, &server, count).await?;
    let stored = stored(&ctl.profile().join("messages.db"))?;
    ensure!(stored == count, "{stored} of {count} messages were stored");
    let plain = plain(&ctl.home().join("plain.db"), count)?;
    let per_second = |took: Duration| count as f64 / took.as_secs_f64();
    report.add(&Figure {
        name: "belfryctl watch --profile, replay into the store",
        value: per_second(took),
        unit: "messages/s",
        goal: Goal::AtLeast(20_000.0),
        bare: Some(per_second(plain)),
    })?;
    report.add(&Figure {
        name: "  its peak resident memory",
        value: peak,
        unit: "MiB",
        goal: Goal::AtMost(64.0),
        bare: None,
    })
}

/// From the start of the process to its end, after the last message is stored and its line written to a file.
async fn watch(ctl: &Ctl, server: &RunningServer, count: usize) -> Result<(Duration, f64)> {
    let (api, count) = (server.api_url(), count.to_string());
    let args = ["--profile", "@profile", "--json", "watch", "--url", &api, "--token-env", "SCENARIO_TOKEN"];
    let args: Vec<&str> = args.iter().chain(&["--count", &count]).copied().collect();
    let lines = File::create(ctl.home().join("lines.jsonl"))?;
    let begin = Instant::now();
    let mut child = ctl.command(&args).stdout(lines).stderr(Stdio::inherit()).spawn()?;
    let pid = child.id().context("no process")?;
    let mut looks = interval(LOOK);
    let mut peak: f64 = 0.0;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = looks.tick() => peak = peak.max(processes::peak_rss_mib(pid).unwrap_or(0.0)),
        }
    };
    let took = begin.elapsed();
    ensure!(status.success(), "watch ended with {status}");
    Ok((took, peak))
}

fn stored(database: &Path) -> Result<usize> {
    Ok(Connection::open(database)?.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?)
}

/// The least that a store of messages could do: one table, one unique index, the same journal and rhythm.
fn plain(database: &Path, count: usize) -> Result<Duration> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, remote_id TEXT NOT NULL UNIQUE,
             kind TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, sent_at INTEGER NOT NULL);",
    )?;
    let begin = Instant::now();
    for chunk in (0..count).collect::<Vec<_>>().chunks(ROWS) {
        let transaction = connection.transaction()?;
        for number in chunk {
            transaction
                .prepare_cached("INSERT INTO message (remote_id, kind, title, body, sent_at) VALUES (?1, 'reply', ?2, '', ?3)")?
                .execute((number.to_string(), text(*number), 1_795_000_000_000_i64))?;
        }
        transaction.commit()?;
    }
    Ok(begin.elapsed())
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_have_60_characters() {
        assert_eq!(super::text(99_999).chars().count(), 60);
    }
}
