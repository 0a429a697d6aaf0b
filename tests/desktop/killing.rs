//! The program dies at each step between a message's commit and its popup: no message is forgotten, none is announced
//! twice save the one in flight, and what a server had before it was met is never announced. What it leaves on the screen
//! is taken off at the next start.

use std::cell::Cell;

use anyhow::{Context, Result, ensure};
use belfry_core::store::{Announcement, Reader};
use belfry_protocol::Publish;
use belfry_tests::desktop::{CloseReason, Daemon, FakeDaemon, Options, Panel, Program, Stage};
use belfry_tests::programs;
use belfry_tests::wait::{PATIENCE, until};
use tokio::time::timeout;

/// What an earlier run left, is told under this heading.
const CATCH_UP: &str = "In the meantime";

/// How often a message may have been announced after the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// By a popup of its own.
    popups: [usize; 2],
    /// In a catch-up.
    catch_ups: usize,
}

/// The steps, and what comes of a death at each: from so many popups to so many.
const STEPS: [(&str, Told); 5] = [
    ("stored", Told { popups: [0, 0], catch_ups: 1 }),
    ("showing", Told { popups: [0, 0], catch_ups: 1 }),
    // Whether the desktop has heard of it is chance.
    ("asked", Told { popups: [0, 1], catch_ups: 1 }),
    ("answered", Told { popups: [1, 1], catch_ups: 1 }),
    ("announced", Told { popups: [1, 1], catch_ups: 0 }),
];

struct Scene {
    stage: Stage,
    daemon: FakeDaemon,
    starts: Cell<usize>,
}

impl Scene {
    async fn set() -> Result<Self> {
        let stage =
            Stage::set(Options { daemon: Daemon::Absent, panel: Panel::Absent, ..Options::default() })
                .await?;
        let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
        Ok(Self { stage, daemon, starts: Cell::new(0) })
    }

    /// Starts the program, which dies at a step if one is given, and waits until it is connected.
    async fn start(&self, dies_at: &str) -> Result<Program> {
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

    async fn streams(&self, count: usize) -> Result<()> {
        Ok(timeout(PATIENCE, self.stage.server.wait_for_streams(count)).await?)
    }

    async fn publish(&self, title: &str) -> Result<()> {
        self.stage.publish(Publish { kind: "system".into(), title: title.into(), ..Publish::default() }).await
    }

    async fn dies(&self, mut program: Program) -> Result<()> {
        let status = program.ended(PATIENCE).await?;
        ensure!(!status.success(), "it was to die");
        self.streams(0).await
    }

    /// Starts the program once more; when its next message has popped up, all that was left has been told.
    async fn starts_again(&self, next: &str) -> Result<()> {
        let mut program = self.start("").await?;
        self.publish(next).await?;
        self.daemon.popup(|popup| popup.call.body == next).await.with_context(|| program.said())?;
        let pid = program.id().context("it has ended")?.to_string();
        self.stage.session.run("kill", ["-TERM", &pid]).await?;
        program.ended(PATIENCE).await?;
        self.streams(0).await
    }

    /// Kills the program as the system would, and waits until the server has noticed.
    async fn kill(&self, mut program: Program) -> Result<()> {
        program.kill().await?;
        self.streams(0).await
    }

    /// Publishes a message and waits until its popup is on the screen and the ledger knows it.
    async fn pops_up(&self, program: &Program, title: &str) -> Result<u32> {
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
    async fn stranger(&self, title: &str) -> Result<u32> {
        self.stage.session.run("notify-send", [title]).await?;
        Ok(self.daemon.popup(|popup| popup.call.summary == title).await?.id)
    }

    /// The popups that a message had of its own, and those in which it was caught up with.
    fn told(&self, title: &str) -> (usize, usize) {
        let of = |popup: &&belfry_tests::desktop::Popup| popup.call.body.lines().any(|line| line == title);
        let popups = self.daemon.popups();
        let (caught_up, own): (Vec<_>, Vec<_>) =
            popups.iter().filter(of).partition(|popup| popup.call.summary == CATCH_UP);
        (own.len(), caught_up.len())
    }
}

#[tokio::test]
async fn a_death_at_any_step_forgets_nothing_and_repeats_only_what_was_in_flight() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    for (step, _) in STEPS {
        let program = scene.start(step).await?;
        scene.publish(&format!("at {step}")).await?;
        scene.dies(program).await?;
        scene.starts_again(&format!("after {step}")).await?;
    }
    for (step, Told { popups: [least, most], catch_ups }) in STEPS {
        let (own, caught_up) = scene.told(&format!("at {step}"));
        ensure!((least..=most).contains(&own), "{step}: {own} popups");
        assert_eq!(caught_up, catch_ups, "{step}");
        assert_eq!(scene.told(&format!("after {step}")), (1, 0), "{step}");
    }
    Ok(())
}

#[tokio::test]
async fn a_death_while_a_server_is_met_for_the_first_time_announces_nothing_of_its_past() -> Result<()> {
    let scene = Scene::set().await?;
    for number in 0..3 {
        scene.publish(&format!("past {number}")).await?;
    }
    let mut command = scene.stage.session.command(programs::belfry()?);
    command.arg("--profile").arg(&scene.stage.profile).arg("--hidden").env("BELFRY_DIE_AT", "stored");
    scene.dies(scene.stage.session.spawn("belfry", command)?).await?;
    scene.starts_again("met").await?;
    scene.starts_again("again").await?;
    let bodies: Vec<String> = scene.daemon.popups().into_iter().map(|popup| popup.call.body).collect();
    assert_eq!(bodies, ["met", "again"]);
    Ok(())
}

#[tokio::test]
async fn a_death_at_the_daemons_receipt_repeats_that_one_message_in_the_next_catch_up_and_only_there()
-> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    let program = scene.start("").await?;
    scene.daemon.keep_silent(true);
    for title in ["taken, not answered", "behind it"] {
        scene.publish(title).await?;
    }
    scene.daemon.popup(|popup| popup.call.body == "taken, not answered").await?;
    scene.kill(program).await?;
    scene.daemon.keep_silent(false);
    scene.starts_again("after").await?;
    scene.starts_again("once more").await?;
    assert_eq!(scene.told("taken, not answered"), (1, 1));
    let (own, caught_up) = scene.told("behind it");
    // Whether the program had heard of it is chance.
    ensure!(own + caught_up == 1, "{own} popups, {caught_up} catch-ups");
    assert_eq!((scene.told("after"), scene.told("once more")), ((1, 0), (1, 0)));
    Ok(())
}

#[tokio::test]
async fn what_a_killed_program_left_on_the_screen_goes_at_the_next_start_and_no_other_programs_popup()
-> Result<()> {
    let scene = Scene::set().await?;
    let program = scene.start("").await?;
    scene.stranger("A stranger").await?;
    let left = [scene.pops_up(&program, "One").await?, scene.pops_up(&program, "Two").await?];
    scene.daemon.close(left[0], CloseReason::Expired).await?;
    let withdrawn = |scene: &Scene| -> Vec<u32> {
        scene.daemon.popups().into_iter().filter(|popup| popup.withdrawn).map(|popup| popup.id).collect()
    };
    let third = scene.pops_up(&program, "Three").await?;
    scene.kill(program).await?;
    assert_eq!(withdrawn(&scene), Vec::<u32>::new());
    scene.starts_again("Four").await?;
    assert_eq!(withdrawn(&scene), [left[1], third], "not what had gone by itself, nor the stranger's");

    // The next daemon gives the numbers of the first to others.
    let program = scene.start("").await?;
    let number = scene.pops_up(&program, "Five").await?;
    scene.kill(program).await?;
    let Scene { stage, daemon, starts } = scene;
    daemon.leave().await?;
    let daemon = FakeDaemon::start(&stage.session, &["body", "actions"]).await?;
    let scene = Scene { stage, daemon, starts };
    for count in 1..=number {
        assert_eq!(scene.stranger(&format!("Stranger {count}")).await?, count);
    }
    scene.starts_again("Six").await?;
    assert_eq!(withdrawn(&scene), Vec::<u32>::new());
    Ok(())
}
