//! A page in a browser.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A browser is slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page in a browser whose clients tell what they get.
pub struct Page {
    _browser: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub origin: String,
}

impl Page {
    /// Starts the browser.
    pub async fn open() -> Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/page.mjs");
        let mut node = Command::new("node");
        node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut browser = node.spawn().context("node")?;
        let input = browser.stdin.take().context("no input")?;
        let lines = BufReader::new(browser.stdout.take().context("no output")?).lines();
        let mut page = Self { _browser: browser, input, lines, origin: String::new() };
        page.origin = page.line().await?["origin"].as_str().context("no origin")?.to_owned();
        Ok(page)
    }

    async fn line(&mut self) -> Result<Value> {
        let line =
            tokio::time::timeout(PATIENCE, self.lines.next_line()).await.context("the page is silent")??;
        Ok(serde_json::from_str(&line.context("the page is gone")?)?)
    }

    /// What the client called `name` calls next, as `[function, arguments…]`.
    pub async fn next(&mut self, name: &str) -> Result<Value> {
        let line = self.line().await?;
        ensure!(line["name"] == name, "{line}");
        let mut call = vec![line["what"].clone()];
        call.extend(line["values"].as_array().context("no values")?.iter().cloned());
        Ok(Value::Array(call))
    }

    /// Has a client connect.
    pub async fn connect(&mut self, name: &str, options: Value) -> Result<()> {
        self.say(&json!({"open":name,"options":options})).await
    }

    /// Tells the page something.
    pub async fn say(&mut self, line: &Value) -> Result<()> {
        Ok(self.input.write_all(format!("{line}\n").as_bytes()).await?)
    }
}
