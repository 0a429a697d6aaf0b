//! Popups that an earlier run left on the screen.

use belfry_core::action::Action;
use belfry_core::model::MessageId;
use belfry_core::policy::PopupKey;
use belfry_core::settings::Sound;
use belfry_core::store::Store;
use belfry_core::view::Connection;

use crate::world::{Running, World, message};

/// An engine that has shown a popup for each of three messages and has died; the first was clicked on, the second read.
async fn one_popup_left() -> World {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("notification", &format!("k7-{id}"), &message(id, "notification")).await;
    }
    running.until(|view| view.inbox.unread == 3).await;
    world.notifier.click(PopupKey::Message(MessageId(1)));
    running.until(|view| view.reveal.is_some()).await;
    running.handle.act(Action::MarkRead { ids: vec![MessageId(2)] }).await.unwrap();
    running.die().await;
    assert_eq!(noted(&world), 1);
    world
}

#[tokio::test(start_paused = true)]
async fn whoever_quits_takes_their_popups_along() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=9 {
        line.frame("notification", &format!("k7-{id}"), &message(id, "notification")).await;
    }
    running.until(|view| view.inbox.unread == 9).await;
    world.until_shown(6).await;
    running.handle.act(Action::TestPopup { sound: Sound::Off }).await.unwrap();
    assert_eq!(world.notifier.on_screen().len(), 7, "five, a summary, and a try");
    running.stop().await;
    assert_eq!((world.notifier.on_screen(), noted(&world)), (Vec::new(), 0));
    // They have been announced all the same.
    let shown = world.notifier.shown().len();
    assert_eq!((next_start(&world).await, world.notifier.shown().len()), (Vec::new(), shown));
}

/// How many popups the store thinks are on the screen.
fn noted(world: &World) -> usize {
    Store::open(&world.folder.path().join("messages.db")).unwrap().popups_up().unwrap().len()
}

/// What is on the screen after the next start.
async fn next_start(world: &World) -> Vec<PopupKey> {
    let line = world.transport.open_next();
    let running: Running = world.start();
    line.frame("ready", "k7-3", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    let on_screen = world.notifier.on_screen();
    running.stop().await;
    on_screen.iter().map(|popup| popup.key).collect()
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_on_the_screen_is_taken_off_and_not_announced_again() {
    let world = one_popup_left().await;
    assert_eq!(world.notifier.on_screen().len(), 1);
    assert_eq!(next_start(&world).await, []);
    assert_eq!((noted(&world), world.notifier.shown().len()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn what_another_service_shows_under_the_same_number_stays() {
    let world = one_popup_left().await;
    world.notifier.is_another();
    assert_eq!(next_start(&world).await, [PopupKey::Message(MessageId(3))]);
    assert_eq!(noted(&world), 0);
}
