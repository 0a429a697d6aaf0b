//! What is urgent in a flood of other messages.

use belfry_core::link::LinkState;
use belfry_core::policy::{Popup, PopupKey, Urgency};

use crate::world::{World, message};

fn urgent(id: u32) -> String {
    message(id, "reply").replace(r#""content""#, r#""priority":5,"content""#)
}

/// The messages' own popups that have been asked for, by their weight.
fn own(world: &World, urgency: Urgency) -> usize {
    let shown = world.notifier.shown();
    let of_message = |popup: &&Popup| matches!(popup.key, PopupKey::Message(_)) && popup.urgency == urgency;
    shown.iter().filter(of_message).count()
}

/// The last summary that has been asked for.
fn summary(world: &World) -> Popup {
    world.notifier.shown().into_iter().rfind(|popup| popup.key == PopupKey::Flood).expect("no summary")
}

#[tokio::test(start_paused = true)]
async fn in_a_flood_an_urgent_message_has_a_popup_of_its_own() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=100 {
        let message = if id == 60 { urgent(id) } else { message(id, "reply") };
        line.frame("reply", &format!("k7-{id}"), &message).await;
    }
    running.until(|view| view.inbox.unread == 100).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!((own(&world, Urgency::Normal), own(&world, Urgency::Critical)), (5, 1));
    let summary = summary(&world);
    assert_eq!((summary.summary.as_str(), summary.urgency), ("另有 94 条消息", Urgency::Normal));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn beyond_a_few_urgent_ones_the_summary_names_them_first_and_is_urgent_itself() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=30 {
        let message = if (11..=17).contains(&id) { urgent(id) } else { message(id, "reply") };
        line.frame("reply", &format!("k7-{id}"), &message).await;
    }
    running.until(|view| view.inbox.unread == 30).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!((own(&world, Urgency::Normal), own(&world, Urgency::Critical)), (5, 5));
    let last = summary(&world);
    assert_eq!((last.summary.as_str(), last.urgency), ("另有 20 条消息", Urgency::Critical));
    assert_eq!(last.body, "紧急：title 17\n紧急：title 16\n20 条回复\ntitle 30");

    // Read elsewhere it is not urgent any more.
    line.frame("read", "k7-31", r#"{"ids":["16","17"],"read":true}"#).await;
    line.frame("reply", "k7-32", &message(32, "reply")).await;
    running.until(|view| view.inbox.unread == 29).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(summary(&world).urgency, Urgency::Normal);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_urgent_meanwhile_is_named_first_in_the_catch_up() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    drop(line);
    let line = world.transport.open_next();
    for id in 1..=10 {
        let message = if id == 2 { urgent(id) } else { message(id, "reply") };
        line.frame("reply", &format!("k7-{id}"), &message).await;
    }
    line.frame("ready", "k7-10", "{}").await;
    running.until(|view| view.inbox.unread == 10 && view.sources[0].link.state == LinkState::Live).await;
    let shown = world.notifier.shown();
    assert_eq!((shown.len(), shown[0].urgency), (1, Urgency::Critical));
    assert!(shown[0].body.starts_with("紧急：title 2\n收到 10 条消息\n"), "{}", shown[0].body);
    running.stop().await;
}
