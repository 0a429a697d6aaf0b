//! What the benches measure with.

use std::fmt;
use std::time::{Duration, Instant};

use belfry_core::store::StoreError;

/// How long something took, each time that it was done.
#[derive(Default)]
pub struct Spans(Vec<Duration>);

impl Spans {
    /// Does something so many times.
    pub fn of(rounds: usize, mut act: impl FnMut() -> Result<(), StoreError>) -> Result<Self, StoreError> {
        let mut spans = Self::default();
        for _ in 0..rounds {
            let start = Instant::now();
            act()?;
            spans.add(start.elapsed());
        }
        Ok(spans)
    }

    /// Adds one.
    pub fn add(&mut self, span: Duration) {
        self.0.push(span);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The milliseconds within which so many of 1,000 were done (nearest rank).
    pub fn within(&self, share: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        let rank = (sorted.len() * share).div_ceil(1_000).max(1);
        sorted.get(rank - 1).map_or(0.0, |span| span.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, worst] = [500, 990, 1_000].map(|share| self.within(share));
        write!(f, "p50 {p50:>8.3} ms   p99 {p99:>8.3} ms   worst {worst:>8.3} ms")
    }
}

/// Measures a span in time and in processor time.
pub struct Watch {
    start: Instant,
    cpu: Option<f64>,
}

impl Watch {
    /// It runs.
    pub fn start() -> Self {
        Self { start: Instant::now(), cpu: cpu_seconds() }
    }

    /// Messages per second, and per second of processor time where the system tells it.
    pub fn rate(&self, count: usize) -> String {
        let rate = |seconds: f64| format!("{:>7.0}", count as f64 / seconds);
        let wall = rate(self.start.elapsed().as_secs_f64());
        match self.cpu.zip(cpu_seconds()) {
            Some((before, now)) => format!("{wall}/s ({} per cpu s)", rate(now - before)),
            None => format!("{wall}/s"),
        }
    }
}

/// The processor time that this thread has used (Linux).
pub fn thread_cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The processor time that this process has used, in seconds (Linux; ticks of 10 ms).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}
