//! The stage on which the program dies.

use std::cell::Cell;

use anyhow::{Context, Result, ensure};
use belfry_core::store::{Announcement, Reader};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Daemon, FakeDaemon, Options, Panel, Popup, Program, Stage};
use belfry_tests::programs;
use belfry_tests::wait::{PATIENCE, until};
use tokio::time::timeout;

/// The user that the server knows.
pub const USER: &str = "me";

/// What an earlier run left, is told under this heading.
pub const CATCH_UP: &str = "In the meantime";

/// A program that can be killed, and a daemon in the test's hands.
pub struct Scene {
    pub stage: Stage,
    pub daemon: FakeDaemon,
    pub starts: Cell<usize>,
}

impl Scene {
    pub async fn set() -> Result<Self> {
        let stage =
            Stage::set(Options { daemon: Daemon::Absent, panel: Panel::Absent, ..Options::default() })
                .await?;
        let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
        Ok(Self { stage, daemon, starts: Cell::new(0) })
    }

    /// Starts the program, which dies at a step if one is given, and waits until it is connected.
    pub async fn start(&self, dies_at: &str) -> Result<Program> {
        let mut command = self.stage.session.command(programs::belfry()?);
        command.arg("--profile").arg(&self.stage.profile).arg("--hidden").env("BELFRY_DIE_AT", dies_at);
        self.starts.set(self.starts.get() + 1);
        let program = self.stage.session.spawn(&format!("belfry-{}", self.starts.get()), command)?;
        until("the connection", || async {
            ensure!(program.said().contains("Forum: Connected"), "{}", program.said());
            Ok(())
        })
        .await?;
        Ok(program)
    }

    pub async fn streams(&self, count: usize) -> Result<()> {
        Ok(timeout(PATIENCE, self.stage.server.wait_for_streams(count)).await?)
    }

    pub async fn publish(&self, title: &str) -> Result<()> {
        self.stage.publish(Publish { kind: "system".into(), title: title.into(), ..Publish::default() }).await
    }

    pub async fn dies(&self, mut program: Program) -> Result<()> {
        let status = program.ended(PATIENCE).await?;
        ensure!(!status.success(), "it was to die");
        self.streams(0).await
    }

    /// Starts the program once more; when its next message has popped up, all that was left has been told.
    pub async fn starts_again(&self, next: &str) -> Result<()> {
        let mut program = self.start("").await?;
        self.pops_up(&program, next).await?;
        let pid = program.id().context("it has ended")?.to_string();
        self.stage.session.run("kill", ["-TERM", &pid]).await?;
        program.ended(PATIENCE).await?;
        self.streams(0).await
    }

    /// Kills the program as the system would, and waits until the server has noticed.
    pub async fn kill(&self, mut program: Program) -> Result<()> {
        program.kill().await?;
        self.streams(0).await
    }

    /// Publishes a message and waits until its popup is on the screen and the ledger knows it.
    pub async fn pops_up(&self, program: &Program, title: &str) -> Result<u32> {
        self.publish(title).await?;
        let popup =
            self.daemon.popup(|popup| popup.call.body == title).await.with_context(|| program.said())?;
        let database = self.stage.profile.join("messages.db");
        until("the word in the ledger", || async {
            let store = Reader::open(&database)?;
            let newest = store.decisions(1)?.pop().context("no message")?;
            ensure!(newest.title == title && newest.announced.state == Announcement::Announced, "{newest:?}");
            Ok(())
        })
        .await?;
        Ok(popup.id)
    }

    /// Another program shows a popup.
    pub async fn stranger(&self, title: &str) -> Result<u32> {
        self.stage.session.run("notify-send", [title]).await?;
        Ok(self.daemon.popup(|popup| popup.call.summary == title).await?.id)
    }

    /// The popups that a message had of its own, and those in which it was caught up with.
    pub fn told(&self, title: &str) -> (usize, usize) {
        let of = |popup: &&Popup| popup.call.body.lines().any(|line| line == title);
        let popups = self.daemon.popups();
        let (caught_up, own): (Vec<_>, Vec<_>) =
            popups.iter().filter(of).partition(|popup| popup.call.summary == CATCH_UP);
        (own.len(), caught_up.len())
    }
}
