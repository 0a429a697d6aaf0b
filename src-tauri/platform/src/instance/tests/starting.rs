//! First and second starts: who takes the profile, who hands over, who waits.

use belfry_core::settings::profile::Profile;

use super::{Program, World};
use crate::instance::{Claim, Client, InstanceError, NotClaimed, Raise, Server, channel, claim};

fn wish() -> Raise {
    Raise { link: Some("belfry://message/42".parse().unwrap()), activation: Some("token-1".to_owned()) }
}

#[tokio::test]
async fn the_second_start_hands_its_wish_to_the_first() {
    let world = World::with_window().await;
    assert!(matches!(claim(&world.profile, Some(wish())).await, Ok(Claim::Handed)));
    assert_eq!(world.window.asked(), [wish()]);
    assert!(matches!(claim(&world.profile, None).await, Ok(Claim::Handed)));
    assert_eq!(world.window.asked().len(), 1, "a hidden start wishes nothing");
    let profile = world.profile.clone();
    let folder = world._folder.path().to_owned();
    world.serving.end().await;
    world.engine.stop().await;
    assert!(folder.exists());
    assert!(matches!(claim(&profile, Some(wish())).await, Ok(Claim::First(_))));
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced_by_whoever_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path()).unwrap();
    let lock = profile.lock().unwrap();
    // As after a crash: the file is there, and nobody behind it.
    drop(Server::bind(&profile, &lock).unwrap());
    assert!(channel::paths(&profile).remove(0).exists());
    assert!(matches!(Client::connect(&profile).await, Err(InstanceError::Nobody)));
    drop(Server::bind(&profile, &lock).unwrap());
    drop(lock);
    assert!(matches!(claim(&profile, Some(wish())).await, Ok(Claim::First(_))));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_ending_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path()).unwrap();
    let lock = profile.lock().unwrap();
    let second = tokio::spawn({
        let profile = profile.clone();
        async move { claim(&profile, Some(wish())).await }
    });
    // It looks, finds the lock held and nobody at the socket, and waits.
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(lock);
    assert!(matches!(second.await.unwrap(), Ok(Claim::First(_))));
}

#[tokio::test(start_paused = true)]
async fn a_profile_whose_holder_never_answers_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path()).unwrap();
    let _lock = profile.lock().unwrap();
    let Err(taken) = claim(&profile, Some(wish())).await else { panic!("it was claimed") };
    let words = taken.to_string();
    assert!(words.contains(&format!("(process {})", std::process::id())), "{words}");
    assert_eq!(words.lines().count(), 1);
}

#[tokio::test]
async fn a_program_without_a_window_is_named_at_once() {
    let world = World::start(Program::CommandLine).await;
    let Err(taken) = claim(&world.profile, Some(wish())).await else { panic!("it was claimed") };
    assert!(matches!(&taken, NotClaimed::Taken { why: InstanceError::Refused(_), .. }), "{taken}");
    assert!(taken.to_string().contains("belfryctl"), "{taken}");
    world.end().await;
}
