//! What a server repeats after a break, with and without the word that it has finished.

use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::link::{LinkState, Reason};
use belfry_core::policy::PopupKey;
use belfry_core::ports::{FetchError, StreamEvent};
use tokio::time::Instant;

use crate::world::{EMPTY_PAGE, World, message, message_sent, undated};

const SECOND: Duration = Duration::from_secs(1);

/// How long it takes until the first popup is shown.
async fn first_popup(world: &World) -> Duration {
    let started = Instant::now();
    while world.notifier.shown().is_empty() {
        assert!(started.elapsed() < 60 * SECOND, "no popup within a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_announced_once_the_server_is_ready() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    for id in 1..=6 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 6).await;
    assert!(world.notifier.shown().is_empty(), "before ready");
    line.frame("ready", "k7-6", "{}").await;
    line.frame("system", "k7-7", &message(7, "system")).await;
    running.until(|view| view.inbox.unread == 7).await;
    let keys: Vec<PopupKey> = world.notifier.shown().iter().map(|popup| popup.key).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], PopupKey::CatchUp);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_says_ready_is_given_two_seconds() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let started = tokio::time::Instant::now();
    while world.notifier.shown().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let took = started.elapsed().as_millis();
    assert!((1_900..2_200).contains(&took), "after {took} ms");
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(world.notifier.shown().len(), 2, "from now on at once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn first_contact_announces_nothing_of_the_past() {
    let world = World::signed_in().await;
    let page = format!(r#"{{"messages":[{}],"cursor":"k7-1","more":false}}"#, message(1, "reply"));
    let (running, line) = world.meet(&page);
    line.frame("ready", "k7-1", "{}").await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert!(world.notifier.shown().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn messages_that_never_pause_are_announced_after_ten_seconds_and_then_at_once() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    let says = |id: u32| {
        let line = &line;
        async move { line.frame("reply", &format!("k7-{id}"), &undated(id)).await }
    };
    let chatter = async {
        for id in 1..=12 {
            says(id).await;
            tokio::time::sleep(SECOND).await;
        }
    };
    let (took, ()) = tokio::join!(first_popup(&world), chatter);
    assert!((9 * SECOND..11 * SECOND).contains(&took), "after {took:?}");
    let before = world.notifier.shown().len();
    says(13).await;
    running.until(|view| view.inbox.unread == 13).await;
    assert_eq!(world.notifier.shown().len(), before + 1, "from now on at once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_sent_after_the_stream_was_opened_pops_up_at_once() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    line.send(StreamEvent::Comment(String::new())).await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    tokio::time::sleep(SECOND).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message_sent(2, "2026-11-22T09:30:01Z")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let keys: Vec<PopupKey> = world.notifier.shown().iter().map(|popup| popup.key).collect();
    assert_eq!(keys.len(), 1, "what was sent before still waits: {keys:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_messages_draw_a_repetition_out() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    line.frame("reply", "k7-1", &undated(1)).await;
    let noise = async {
        for _ in 0..20 {
            line.frame("belfry.noise", "", "{}").await;
            line.frame("reply", "", "no json").await;
            tokio::time::sleep(SECOND / 2).await;
        }
    };
    let (took, ()) = tokio::join!(first_popup(&world), noise);
    assert!(took < 3 * SECOND, "after {took:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_announced_although_the_stream_has_broken() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    line.break_off().await;
    // Nobody grants another stream.
    running.until(|view| view.sources[0].link.reason == Some(Reason::Broken)).await;
    assert!(world.notifier.shown().is_empty());
    let took = first_popup(&world).await;
    assert!(took < 3 * SECOND, "after {took:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_met_without_history_has_its_live_messages_announced() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Unsupported);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "", &message_sent(1, "2026-11-20T00:00:00Z")).await;
    for id in 2..=5 {
        tokio::time::sleep(SECOND).await;
        line.frame("reply", "", &undated(id)).await;
    }
    running.until(|view| view.inbox.unread == 5).await;
    let bodies: Vec<String> = world.notifier.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(
        bodies,
        ["title 3", "title 4", "title 5"],
        "what came in the first two seconds may be the past"
    );
    line.frame("reply", "", &message_sent(6, "2026-11-20T00:00:00Z")).await;
    running.until(|view| view.inbox.unread == 6).await;
    tokio::time::sleep(20 * SECOND).await;
    assert_eq!(world.notifier.shown().len(), 3, "and what is old is");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_read_or_deleted_before_ready_is_not_announced() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    for id in 1..=3 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    let ids: Vec<_> =
        running.until(|view| view.inbox.unread == 3).await.newest.iter().map(|row| row.id).collect();
    line.frame("read", "k7-4", r#"{"ids":["1"],"read":true}"#).await;
    line.frame("deleted", "k7-5", r#"{"ids":["2"]}"#).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.handle.act(Action::MarkRead { ids: vec![ids[0]] }).await.unwrap();
    line.frame("reply", "k7-6", &message(6, "reply")).await;
    line.frame("ready", "k7-6", "{}").await;
    line.frame("reply", "k7-7", &message(7, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let bodies: Vec<String> = world.notifier.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(bodies, ["title 6\nbody 6", "title 7\nbody 7"]);
    running.stop().await;
}
