//! What the computer tells: sleep, a clock that was set, a network that is another one or gone.

use std::sync::atomic::Ordering;
use std::time::Duration;

use belfry_core::action::{Action, PauseSpan};
use belfry_core::engine::Observation;
use belfry_core::fakes::Line;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::{Timestamp, Via};
use belfry_core::ports::{ConnectError, SystemChange, TransportFault};
use belfry_core::settings::Retention;
use belfry_core::view::Connection;
use tokio::time::Instant;

use crate::connecting::stream_cursors;
use crate::world::{NOW, Running, World, message, message_sent};

const HOUR: Duration = Duration::from_secs(3600);
const HOUR_MS: i64 = 3_600_000;

/// A world whose server is live once, then out of reach so often.
async fn lost(refusals: usize) -> (World, Running) {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    refuse(&world, refusals);
    line.break_off().await;
    (world, running)
}

fn refuse(world: &World, times: usize) {
    for _ in 0..times {
        world.transport.refuse_next(ConnectError::Fault(TransportFault::Connect("refused".to_owned())));
    }
}

/// Waits for an attempt's failure by its number; tells how long it took.
async fn until_spent(running: &Running, attempt: u32) -> Duration {
    let begun = Instant::now();
    running.until(|view| view.sources[0].link.attempt == attempt).await;
    begun.elapsed()
}

async fn until_live(running: &Running, line: &Line) {
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
}

#[tokio::test(start_paused = true)]
async fn after_sleep_and_in_another_network_an_open_stream_is_opened_anew_at_once() {
    for change in [SystemChange::Woke { slept: Duration::ZERO }, SystemChange::NetworkChanged] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        let again = world.transport.open_next();
        let begun = Instant::now();
        world.surroundings.tell(change).await;
        again.frame("reply", "k7-1", &message(1, "reply")).await;
        running.until(|view| view.inbox.unread == 1).await;
        assert!(begun.elapsed() < Duration::from_millis(100), "{change:?}: {:?}", begun.elapsed());
        assert!(line.is_closed(), "{change:?}");
        assert_eq!(stream_cursors(&world).len(), 2, "{change:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_sleep_and_with_a_network_whoever_waits_has_all_attempts_again() {
    for change in
        [SystemChange::Woke { slept: Duration::ZERO }, SystemChange::NetworkChanged, SystemChange::NetworkUp]
    {
        let (world, running) = lost(4).await;
        // The break was the first one.
        until_spent(&running, 5).await;
        let line = world.transport.open_next();
        let begun = Instant::now();
        world.surroundings.tell(change).await;
        let view = running.until(|view| view.sources[0].link.state == LinkState::Opening).await;
        assert_eq!(view.sources[0].link.attempt, 0, "{change:?}");
        until_live(&running, &line).await;
        assert!(begun.elapsed() < Duration::from_millis(100), "{change:?}: {:?}", begun.elapsed());
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_network_more_leaves_an_open_stream_alone() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.surroundings.tell(SystemChange::NetworkUp).await;
    world.surroundings.tell(SystemChange::ClockSet).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(stream_cursors(&world).len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_network_no_attempt_is_spent() {
    for change in [SystemChange::NetworkUp, SystemChange::NetworkChanged] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        world.surroundings.tell(SystemChange::NetworkDown).await;
        refuse(&world, 60);
        line.break_off().await;
        tokio::time::sleep(HOUR / 2).await;
        let link = running.handle.view().sources[0].link.clone();
        assert_eq!((link.state, link.attempt), (LinkState::Waiting, 0));
        let asked = stream_cursors(&world).len();
        assert!((10..=35).contains(&asked), "the system may be wrong, but is believed: {asked}");
        world.surroundings.tell(change).await;
        until_spent(&running, 1).await;
        assert_eq!(stream_cursors(&world).len(), asked + 1, "{change:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_network_nobody_is_called_connected_until_something_comes() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.surroundings.tell(SystemChange::NetworkDown).await;
    let view = running.until(|view| view.connection == Connection::Offline).await;
    let link = &view.sources[0].link;
    assert_eq!((link.state, link.reason), (LinkState::Waiting, Some(Reason::NoNetwork)));
    assert!(!line.is_closed(), "the stream may outlive it");
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.connection == Connection::Live && view.inbox.unread == 1).await;
    assert_eq!(stream_cursors(&world).len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_on_this_computer_needs_no_network() {
    let mut world = World::signed_in().await;
    world.settings.sources[0].url = "http://127.0.0.1:8080".parse().unwrap();
    let (running, line) = world.live().await;
    for change in [SystemChange::NetworkDown, SystemChange::NetworkChanged] {
        world.surroundings.tell(change).await;
    }
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    refuse(&world, 3);
    line.break_off().await;
    let spent = until_spent(&running, 3).await;
    assert!(spent < Duration::from_secs(60), "{spent:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_snoozed_is_there_when_the_clock_says_so() {
    for change in [SystemChange::ClockSet, SystemChange::Woke { slept: Duration::ZERO }] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        line.frame("reply", "k7-1", &message(1, "reply")).await;
        running.until(|view| view.inbox.unread == 1).await;
        running.stop().await;
        let store = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
        store.execute("UPDATE message SET snoozed_until = ?1", [NOW.0 + HOUR_MS]).unwrap();
        drop(store);

        let line = world.transport.open_next();
        let running = world.start();
        until_live(&running, &line).await;
        assert_eq!(running.handle.view().inbox.unread, 0);
        let _again = world.transport.open_next();
        world.ahead.store(2 * HOUR_MS, Ordering::Relaxed);
        world.surroundings.tell(change).await;
        running.until(|view| view.inbox.unread == 1).await;
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_pause_held_back_is_told_when_the_clock_says_so() {
    for change in [SystemChange::ClockSet, SystemChange::Woke { slept: Duration::ZERO }] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        running.handle.act(Action::Pause { span: PauseSpan::Minutes(30) }).await.unwrap();
        line.frame("reply", "k7-1", &message(1, "reply")).await;
        running.until(|view| view.inbox.unread == 1).await;
        assert!(world.notifier.shown().is_empty());
        let _again = world.transport.open_next();
        world.ahead.store(HOUR_MS, Ordering::Relaxed);
        let begun = Instant::now();
        world.surroundings.tell(change).await;
        running.until(|view| view.hold.is_none()).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{change:?}: {:?}", begun.elapsed());
        assert_eq!(world.notifier.shown().len(), 1, "{change:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_cleared_away_when_the_clock_says_so() {
    let mut world = World::signed_in().await;
    world.settings.preferences.retention = Retention::Days(2);
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.total == 1).await;
    let ids = vec![view.newest[0].id];
    running.handle.act(Action::MarkRead { ids }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let begun = Instant::now();
    let _again = world.transport.open_next();
    // It has slept for three days.
    world.ahead.store(72 * HOUR_MS, Ordering::Relaxed);
    world.surroundings.tell(SystemChange::Woke { slept: Duration::ZERO }).await;
    running.until(|view| view.inbox.total == 0).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn times_in_the_view_follow_a_clock_that_was_set() {
    let (world, running) = lost(1).await;
    let view = running.until(|view| view.sources[0].link.retry_at.is_some()).await;
    let (before, link) =
        (view.sources[0].link.clone(), |view: &belfry_core::view::View| view.sources[0].link.clone());
    world.ahead.store(-HOUR_MS, Ordering::Relaxed);
    world.surroundings.tell(SystemChange::ClockSet).await;
    let view = running.until(|view| link(view).since != before.since).await;
    let hour_back = |at: Timestamp| Timestamp(at.0 - HOUR_MS);
    assert_eq!(link(&view).since, hour_back(before.since));
    assert_eq!(link(&view).retry_at, before.retry_at.map(hour_back));
    assert_eq!(link(&view).reason, Some(Reason::Broken));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_right_makes_no_message_old() {
    let mut world = World::signed_in().await;
    world.ahead.store(HOUR_MS, Ordering::Relaxed);
    world.settings.sources[0].history_path = String::new();
    let line = world.transport.open_next();
    let mut running = world.start();
    // The server never says `ready`: the age of a message decides.
    line.frame("reply", "k7-1", &message_sent(1, "2026-11-22T08:00:00Z")).await;
    running.until(|view| view.inbox.total == 1).await;
    tokio::time::sleep(Duration::from_secs(15)).await;
    world.ahead.store(0, Ordering::Relaxed);
    world.surroundings.tell(SystemChange::ClockSet).await;
    line.frame("reply", "k7-2", &message_sent(2, "2026-11-22T09:30:16Z")).await;
    running.until(|view| view.inbox.total == 2).await;
    let mut ways = Vec::new();
    while let Ok(observation) = running.observed.try_recv() {
        if let Observation::Message { via, .. } = observation {
            ways.push(via);
        }
    }
    assert_eq!(ways, [Via::Replay, Via::Live]);
    running.stop().await;
}
