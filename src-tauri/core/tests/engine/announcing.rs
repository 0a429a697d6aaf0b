//! Popups: which, when, and what becomes of them.

use belfry_core::link::LinkState;
use belfry_core::policy::PopupKey;
use belfry_core::ports::NotifyError;

use crate::world::{EMPTY_PAGE, World, message};

#[tokio::test(start_paused = true)]
async fn a_live_message_pops_up_in_the_words_of_its_kind() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    let shown = world.notifier.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].summary.as_str(), shown[0].body.as_str()), ("新回复通知", "title 1\nbody 1"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_read_already_does_not_pop_up() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", r#"{"id":"1","title":"T","isRead":true}"#).await;
    running.until(|view| view.inbox.total == 1).await;
    assert!(world.notifier.shown().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn first_contact_announces_nothing_of_the_past() {
    let world = World::signed_in().await;
    let page = format!(r#"{{"messages":[{}],"cursor":"k7-1","more":false}}"#, message(1, "reply"));
    world.transport.page_next(&page);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-1", "{}").await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert!(world.notifier.shown().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_announced_once_the_server_is_ready() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let running = world.start();
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
    assert_eq!(keys[0], PopupKey::Summary);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_says_ready_is_given_two_seconds() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let running = world.start();
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
async fn a_flood_gets_five_popups_and_one_summary() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=100 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 100).await;
    let on_screen = world.notifier.on_screen();
    let singles = on_screen.iter().filter(|popup| popup.key != PopupKey::Summary).count();
    assert_eq!((singles, on_screen.len()), (5, 6));
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let shown = world.notifier.shown();
    let last_summary = shown.iter().rfind(|popup| popup.key == PopupKey::Summary);
    assert_eq!(last_summary.unwrap().summary, "另有 95 条消息");
    let still = world.notifier.on_screen();
    assert!(
        still.iter().all(|popup| popup.key != PopupKey::Summary),
        "the summary is closed when it is over"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn with_the_gate_off_every_message_gets_its_popup() {
    let mut world = World::signed_in().await;
    world.burst_off();
    let (running, line) = world.live().await;
    for id in 1..=50 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 50).await;
    assert_eq!(world.notifier.shown().len(), 50);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_that_the_desktop_refused_is_caught_up_after_a_restart() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.notifier.fail_next(NotifyError::Absent("no bus".to_owned()));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;
    assert!(world.notifier.shown().is_empty());

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown()[0].key, PopupKey::Summary);
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown().len(), 1, "and only once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_on_its_way_at_the_end_is_not_mentioned_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.notifier.show_takes(std::time::Duration::from_millis(200));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown().len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_is_withdrawn_when_its_message_is_read_or_deleted_elsewhere() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(world.notifier.on_screen().len(), 2);
    line.frame("read", "k7-3", r#"{"ids":["1"],"read":true}"#).await;
    line.frame("deleted", "k7-4", r#"{"ids":["2"]}"#).await;
    let view = running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(view.inbox.total, 1);
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}
