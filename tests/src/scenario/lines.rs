//! A running `belfryctl watch`: its lines as they come, and its end.

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::ctl::Done;
use crate::wait::PATIENCE;

/// Lines that wait to be looked at.
const QUEUE: usize = 1 << 16;

/// A running watch.
pub struct Watch {
    child: Child,
    lines: mpsc::Receiver<String>,
    words: JoinHandle<String>,
    /// Every line so far.
    pub seen: Vec<Value>,
}

impl Watch {
    /// Starts a command that prints JSON lines.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let mut child = command.spawn()?;
        let out = child.stdout.take().context("no standard output")?;
        let mut err = child.stderr.take().context("no standard error")?;
        let (into, lines) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let mut out = BufReader::new(out).lines();
            while let Ok(Some(line)) = out.next_line().await {
                if into.send(line).await.is_err() {
                    break;
                }
            }
        });
        let words = tokio::spawn(async move {
            let mut words = String::new();
            // What is no text is not compared.
            let _ = err.read_to_string(&mut words).await;
            words
        });
        Ok(Self { child, lines, words, seen: Vec::new() })
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Reads lines up to the first that `wanted` likes.
    ///
    /// # Errors
    /// If it does not come in time, or the lines end before.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let search = async {
            loop {
                let Some(line) = self.lines.recv().await else { bail!("the lines ended") };
                let line: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
                self.seen.push(line.clone());
                if wanted(&line) {
                    return Ok(line);
                }
            }
        };
        let found = timeout(PATIENCE, search).await;
        match found {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(error)) => {
                let words = timeout(PATIENCE, &mut self.words).await;
                Err(error.context(format!("{what}: {:?}, {words:?}", self.tail())))
            }
            Err(_) => Err(anyhow!("{what}: not within {PATIENCE:?}; last {:?}", self.tail())),
        }
    }

    /// Reads lines up to one that shows the connection in this state.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until_state(&mut self, state: &str) -> Result<Value> {
        self.until(state, |line| line["event"] == "state" && line["state"] == state).await
    }

    /// Reads lines up to the message with this title.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until_message(&mut self, title: &str) -> Result<Value> {
        self.until(title, |line| line["event"] == "message" && line["title"] == title).await
    }

    /// The titles of the messages so far, in their order.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let messages = self.seen.iter().filter(|line| line["event"] == "message");
        messages.filter_map(|line| line["title"].as_str().map(str::to_owned)).collect()
    }

    /// Ends it as `kill` does (SIGTERM).
    ///
    /// # Errors
    /// If it has ended already.
    pub async fn terminate(&self) -> Result<()> {
        let pid = self.child.id().context("it has ended")?.to_string();
        let killed = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid]).status().await?;
        ensure!(killed.success(), "{pid} could not be told to end");
        Ok(())
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    ///
    /// # Errors
    /// If it has ended already.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn end(mut self) -> Result<Done> {
        let rest = async {
            while let Some(line) = self.lines.recv().await {
                self.seen.push(serde_json::from_str(&line).with_context(|| line.clone())?);
            }
            let status = self.child.wait().await?;
            let err = (&mut self.words).await?;
            let out = self.seen.iter().map(|line| format!("{line}\n")).collect();
            Ok(Done { code: status.code().unwrap_or(-1), out, err })
        };
        match timeout(PATIENCE, rest).await {
            Ok(done) => done,
            Err(_) => bail!("it did not end within {PATIENCE:?}"),
        }
    }

    fn tail(&self) -> &[Value] {
        &self.seen[self.seen.len().saturating_sub(5)..]
    }
}
