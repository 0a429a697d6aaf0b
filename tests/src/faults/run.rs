//! A run from its first contact to the count of what was lost and what came twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use belfry_server::RunningServer;
use rusqlite::{Connection, OpenFlags};
use tokio::process::Child;
use tokio::time::{interval, timeout};

use super::ledger::Limits;
use super::plan::Plan;
use super::proxy::{Deed, Order, Proxy};
use crate::scenario::{Ctl, TOKEN_VARIABLE, peak, quick_server, resident};
use crate::wait::{PATIENCE, until, until_within};

const LIMITS: Limits =
    Limits { attempts: 8, base: Duration::from_millis(20), longest: Duration::from_millis(200) };

/// The same, as the client is told, and a short way to all other deadlines.
const FLAGS: [&str; 12] = [
    "--attempts",
    "8",
    "--retry-min",
    "20ms",
    "--retry-base",
    "20ms",
    "--retry-max",
    "200ms",
    "--idle-timeout",
    "400ms",
    "--poll-every",
    "100ms",
];

/// More requests within a second than waits of 10 ms on average leave room for are a storm.
const STORM: usize = 100;

/// How often the client's memory is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Without a further fault for so long, a run has got stuck.
const STUCK: Duration = Duration::from_secs(90);

/// How long what was published may take to get into the store after the last fault.
const REST: Duration = Duration::from_secs(120);

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    messages: usize,
    faults: BTreeMap<&'static str, usize>,
    kills: usize,
    lost: Vec<String>,
    doubled: usize,
    requests: usize,
    most_in_a_second: usize,
    most_failures: usize,
    wrongs: Vec<String>,
    memory: Memory,
    took: Duration,
}

impl Report {
    /// Whether everything arrived, once, without a storm.
    ///
    /// # Errors
    /// If not; the text says all that was wrong.
    pub fn check(&self) -> Result<()> {
        let seed = self.seed;
        ensure!(self.lost.is_empty(), "seed {seed}: lost {:?}", self.lost);
        ensure!(self.doubled == 0, "seed {seed}: {} came twice", self.doubled);
        ensure!(self.wrongs.is_empty(), "seed {seed}: {:#?}", self.wrongs);
        let most = self.most_in_a_second;
        ensure!(most <= STORM, "seed {seed}: {most} requests within a second");
        Ok(())
    }

    /// The memory of the last process in MiB, in the first, second and third part of its life; nothing if it was short.
    #[must_use]
    pub fn memory(&self) -> Option<[f64; 3]> {
        self.memory.thirds()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: usize = self.faults.values().sum();
        writeln!(
            out,
            "seed {}: {} messages, {faults} faults in {:.1} s",
            self.seed,
            self.messages,
            self.took.as_secs_f64()
        )?;
        for (name, count) in &self.faults {
            writeln!(out, "  {name:<16} {count:>6}")?;
        }
        writeln!(out, "client killed      {:>6} times", self.kills)?;
        writeln!(out, "lost               {:>6}", self.lost.len())?;
        writeln!(out, "came twice         {:>6}", self.doubled)?;
        writeln!(
            out,
            "requests           {:>6}, at most {} in a second",
            self.requests, self.most_in_a_second
        )?;
        writeln!(out, "failures in a row  {:>6} of {} allowed", self.most_failures, LIMITS.attempts)?;
        match self.memory() {
            Some([begin, middle, end]) => writeln!(
                out,
                "memory             {begin:.1}, {middle:.1}, {end:.1} MiB (medians of the thirds of the last process's life)"
            )?,
            None => writeln!(out, "memory             the last process did not live long enough")?,
        }
        write!(out, "peak               {:.1} MiB", mib(self.memory.peak))
    }
}

/// Runs a seed.
///
/// # Errors
/// If the run gets stuck or the client ends without a reason; the text names seed and fault.
pub async fn run(seed: u64, faults: usize, messages: usize) -> Result<Report> {
    let began = Instant::now();
    let server = quick_server().await?;
    let token = server.subscriber_token("me").context("no token")?;
    let proxy = Proxy::before(server.addr(), LIMITS).await?;
    let ctl = Ctl::new().await?.with_token(token.expose());
    let mut first = ctl.watch_profile(&proxy.api(), &[])?;
    first.until_state("live").await?;
    first.terminate().await?;
    first.end().await?.expect(0)?;
    proxy.ledger().restarted();

    let plan = Plan::new(seed, faults, messages);
    let mut run = Run { ctl, proxy, kills: 0, memory: Memory::default() };
    let went = run.go(&server, plan.clone()).await;
    let step = run.proxy.step();
    let fault = plan.steps.get(step).map(|step| &step.fault);
    went.with_context(|| format!("seed {seed}, fault {step}: {fault:?}"))?;
    let stored = run.ctl.export().await?;
    let titles: Vec<&str> = stored.iter().filter_map(|row| row["title"].as_str()).collect();
    let unique: BTreeSet<&str> = titles.iter().copied().collect();
    let lost = (0..messages).map(|title| title.to_string()).filter(|title| !unique.contains(title.as_str()));
    let mut counts = BTreeMap::new();
    for step in &plan.steps {
        *counts.entry(step.fault.name()).or_default() += 1;
    }
    let ledger = run.proxy.ledger();
    Ok(Report {
        seed,
        messages,
        faults: counts,
        kills: run.kills,
        lost: lost.collect(),
        doubled: titles.len() - unique.len(),
        requests: ledger.requests(),
        most_in_a_second: ledger.most_in_a_second(),
        most_failures: ledger.most_failures(),
        wrongs: ledger.wrongs().to_vec(),
        memory: std::mem::take(&mut run.memory),
        took: began.elapsed(),
    })
}

struct Run {
    ctl: Ctl,
    proxy: Proxy,
    kills: usize,
    memory: Memory,
}

impl Run {
    /// Up to the moment when everything that was published is in the store, or nothing more comes.
    async fn go(&mut self, server: &RunningServer, plan: Plan) -> Result<()> {
        let messages = plan.messages();
        let mut orders = self.proxy.begin(plan, server.publisher()).await;
        let mut client = self.start()?;
        let mut looks = interval(LOOK);
        let mut moved = (0, Instant::now());
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Order { client: about, deed } = order.context("the proxy ended")?;
                    let late = about != self.proxy.ledger().client();
                    match deed {
                        Deed::Done => break,
                        Deed::Kill | Deed::Ends | Deed::Spent if late => {}
                        Deed::Kill => self.kill(&mut client).await?,
                        Deed::Ends => self.ended(&mut client).await?,
                        Deed::Spent => self.spent(&mut client).await?,
                    }
                }
                status = client.wait() => bail!("the client ended: {}; {}", status?, self.words()),
                _ = looks.tick() => {
                    self.memory.look(client.id());
                    let step = self.proxy.step();
                    if step != moved.0 {
                        moved = (step, Instant::now());
                    }
                    ensure!(moved.1.elapsed() < STUCK, "nothing has happened for {STUCK:?}; {}", self.words());
                }
            }
        }
        // What has not come by then is lost, and will be counted.
        let _ = until_within(REST, "the rest", async || self.has_stored(messages)).await;
        self.memory.look(client.id());
        client.kill().await?;
        Ok(())
    }

    fn start(&mut self) -> Result<Child> {
        let api = self.proxy.api();
        let args = ["--profile", "@profile", "--json", "watch", "--url", &api, "--token-env", TOKEN_VARIABLE];
        let args: Vec<&str> = args.iter().chain(&FLAGS).copied().collect();
        let words = File::options().create(true).append(true).open(self.ctl.home().join("words"))?;
        self.memory.begin();
        Ok(self.ctl.command(&args).stdout(Stdio::null()).stderr(words).spawn()?)
    }

    async fn kill(&mut self, client: &mut Child) -> Result<()> {
        client.kill().await?;
        self.kills += 1;
        self.again(client)
    }

    /// The client ends by itself, with a failure.
    async fn ended(&mut self, client: &mut Child) -> Result<()> {
        let status: ExitStatus = timeout(PATIENCE, client.wait()).await.context("it did not end")??;
        ensure!(matches!(status.code(), Some(1 | 4)), "{status}; {}", self.words());
        self.again(client)
    }

    fn again(&mut self, client: &mut Child) -> Result<()> {
        self.proxy.ledger().restarted();
        *client = self.start()?;
        Ok(())
    }

    /// The client has no attempts any more: it asks for pages, then it is killed. An attempt that follows a page may
    /// have ended it before.
    async fn spent(&mut self, client: &mut Child) -> Result<()> {
        let enough = self.proxy.pages() + 3;
        let polls = until("polls", async || {
            let (pages, spent) = (self.proxy.pages(), self.proxy.ledger().is_spent());
            ensure!(pages >= enough || !spent, "{pages} of {enough} pages");
            Ok(())
        });
        tokio::select! {
            polls = polls => polls?,
            _ = client.wait() => return self.again(client),
        }
        self.kill(client).await
    }

    fn has_stored(&self, messages: usize) -> Result<()> {
        let database = self.ctl.profile().join("messages.db");
        let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let stored: usize = database.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?;
        ensure!(stored >= messages, "{stored} of {messages}");
        Ok(())
    }

    /// The last of what the client said.
    fn words(&self) -> String {
        let words = std::fs::read_to_string(self.ctl.home().join("words")).unwrap_or_default();
        words.lines().rev().take(5).collect::<Vec<_>>().join(" | ")
    }
}

/// What was seen of the clients' memory.
#[derive(Debug, Default)]
struct Memory {
    /// Of the present process, in bytes.
    looks: Vec<u64>,
    peak: u64,
}

impl Memory {
    /// Fewer looks at one process show nothing.
    const ENOUGH: usize = 60;

    fn begin(&mut self) {
        self.looks.clear();
    }

    fn look(&mut self, pid: Option<u32>) {
        // It may have ended meanwhile, and other systems tell it elsewhere.
        let (Some(now), Some(most)) =
            (pid.and_then(|pid| resident(pid).ok()), pid.and_then(|pid| peak(pid).ok()))
        else {
            return;
        };
        self.looks.push(now);
        self.peak = self.peak.max(most);
    }

    fn thirds(&self) -> Option<[f64; 3]> {
        if self.looks.len() < Self::ENOUGH {
            return None;
        }
        let third = self.looks.len() / 3;
        let median = |part: &[u64]| {
            let mut part = part.to_vec();
            part.sort_unstable();
            part.get(part.len() / 2).map_or(0.0, |bytes| mib(*bytes))
        };
        Some([0, 1, 2].map(|part| median(&self.looks[part * third..(part + 1) * third])))
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
