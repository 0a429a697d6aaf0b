//! `belfryctl` at a terminal of its own, which `script` makes for it.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::ctl::Ctl;
use crate::wait::{PATIENCE, until};

/// A terminal with a program on it.
pub struct Terminal {
    /// Where it keeps its files.
    _home: Ctl,
    child: Child,
    keyboard: ChildStdin,
    output: ChildStdout,
    screen: String,
    /// The terminal's own file, e.g. `/dev/pts/4`.
    file: String,
}

impl Terminal {
    /// Starts `belfryctl` with these arguments on a terminal.
    ///
    /// # Errors
    /// If there is no `script`, or it does not start.
    pub async fn open(args: &[&str]) -> Result<Self> {
        let home = Ctl::new().await?;
        let run = home.command(args);
        let run = run.as_std();
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_string_lossy());
        let words: Vec<String> =
            std::iter::once(run.get_program()).chain(run.get_args()).map(quoted).collect();
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-c", &format!("tty; exec {}", words.join(" ")), "/dev/null"]);
        command.env_clear();
        for (name, value) in run.get_envs() {
            command.envs(value.map(|value| (name, value)));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("script could not be started")?;
        let keyboard = child.stdin.take().context("no keyboard")?;
        let output = child.stdout.take().context("no screen")?;
        let (screen, file) = (String::new(), String::new());
        let mut terminal = Self { _home: home, child, keyboard, output, screen, file };
        terminal.until("\n").await?;
        terminal.file = terminal.screen.lines().next().context("no terminal")?.trim().to_owned();
        Ok(terminal)
    }

    /// Reads until this stands on the screen.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn until(&mut self, text: &str) -> Result<()> {
        let mut buffer = [0; 1024];
        while !self.screen.contains(text) {
            let read = timeout(PATIENCE, self.output.read(&mut buffer)).await;
            match read.with_context(|| format!("{text:?} did not come: {}", self.screen))?? {
                0 => bail!("{text:?} did not come: {}", self.screen),
                bytes => self.screen.push_str(&String::from_utf8_lossy(&buffer[..bytes])),
            }
        }
        Ok(())
    }

    /// Waits until the terminal no longer shows what is typed.
    ///
    /// # Errors
    /// If it goes on showing it.
    pub async fn until_echo_is_off(&self) -> Result<()> {
        until("no echo", || async {
            let modes = Command::new("stty").args(["-F", &self.file, "-a"]).output().await?;
            let modes = String::from_utf8_lossy(&modes.stdout).into_owned();
            ensure!(modes.contains("-echo "), "{modes}");
            Ok(())
        })
        .await
    }

    /// Types a line.
    ///
    /// # Errors
    /// If nobody takes it.
    pub async fn type_line(&mut self, text: &str) -> Result<()> {
        self.keyboard.write_all(format!("{text}\n").as_bytes()).await?;
        Ok(self.keyboard.flush().await?)
    }

    /// Waits for the program's end; its exit code, and everything that was shown.
    ///
    /// # Errors
    /// If it does not come in time.
    pub async fn end(mut self) -> Result<(Option<i32>, String)> {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.output.read_to_end(&mut rest)).await.context("it did not end")??;
        let status = timeout(PATIENCE, self.child.wait()).await.context("it did not end")??;
        Ok((status.code(), self.screen + &String::from_utf8_lossy(&rest)))
    }
}
