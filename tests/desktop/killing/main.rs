//! The program dies at each step between a message's commit and its popup: no message is forgotten, none is announced
//! twice save the one in flight, and what a server had before it was met is never announced. What it leaves on the screen
//! is taken off at the next start.

mod in_flight;
mod scene;

use anyhow::{Result, ensure};
use belfry_tests::desktop::{CloseReason, FakeDaemon, Silence};
use belfry_tests::programs;

use scene::Scene;

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
    scene.daemon.keep_silent(Silence::ToAll);
    for title in ["taken, not answered", "behind it"] {
        scene.publish(title).await?;
    }
    scene.daemon.popup(|popup| popup.call.body == "taken, not answered").await?;
    scene.kill(program).await?;
    scene.daemon.keep_silent(Silence::Never);
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
    let four = scene.daemon.popup(|popup| popup.call.body == "Four").await?.id;
    let gone = [left[1], third, four];
    assert_eq!(
        withdrawn(&scene),
        gone,
        "not what had gone by itself, nor the stranger's; who quits leaves nothing"
    );

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
    assert_eq!(withdrawn(&scene), [scene.daemon.popup(|popup| popup.call.body == "Six").await?.id]);
    Ok(())
}
