//! From the first request to the store, and what survives a break.

use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::engine::{FirstContact, Observation};
use belfry_core::fakes::Request;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::{Cursor, Via};
use belfry_core::ports::{ConnectError, FetchError, StreamEvent, TransportFault};
use belfry_core::store::Store;
use belfry_core::view::Connection;

use crate::world::{EMPTY_PAGE, World, message, page};

fn cursor(text: &str) -> Option<Cursor> {
    Some(Cursor(text.to_owned()))
}

pub fn stream_cursors(world: &World) -> Vec<Option<Cursor>> {
    let cursor_of = |request: Request| match request {
        Request::Stream { last_event_id, .. } => Some(last_event_id),
        Request::Page { .. }
        | Request::Post { .. }
        | Request::Tell { .. }
        | Request::Image { .. }
        | Request::Me { .. } => None,
    };
    world.transport.requests().into_iter().filter_map(cursor_of).collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_server_is_met_by_its_history_and_then_by_its_stream() {
    let world = World::signed_in().await;
    let page = format!(r#"{{"messages":[{}],"cursor":"k7-1","more":false}}"#, message(1, "reply"));
    let (running, line) = world.meet(&page);
    line.frame("ready", "k7-1", "{}").await;
    line.frame("system", "k7-2", &message(2, "system")).await;
    let view = running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(view.connection, Connection::Live);
    assert_eq!(running.titles().await, ["title 2", "title 1"]);
    assert_eq!(
        world.transport.requests(),
        [
            Request::Page { url: "https://example.org/api/messages?limit=500".to_owned() },
            Request::Stream { token: Some("s3cret".to_owned()), last_event_id: cursor("k7-1") },
        ]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_without_history_is_met_by_its_stream() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Unsupported);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(stream_cursors(&world), [None]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_break_the_last_committed_cursor_is_sent_and_nothing_is_doubled() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.send(StreamEvent::Id("k7-2".to_owned())).await;
    line.frame("reply", "k7-2", "no json at all").await;
    running.until(|view| view.inbox.unread == 1).await;
    line.break_off().await;

    let line = world.transport.open_next();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-3", &message(3, "reply")).await;
    line.frame("ready", "k7-3", "{}").await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(stream_cursors(&world), [cursor("k7-0"), cursor("k7-2")]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_cursor_survives_the_program() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-9", &message(9, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(stream_cursors(&world).last().unwrap(), &cursor("k7-9"));
    assert_eq!(running.handle.view().inbox.unread, 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_server_is_connecting_then_offline_and_is_not_hammered() {
    let world = World::signed_in().await;
    for _ in 0..64 {
        let fault = TransportFault::Connect("refused".to_owned());
        world.transport.page_fails_next(FetchError::Fault(fault.clone()));
        world.transport.refuse_next(ConnectError::Fault(fault));
    }
    let running = world.start();
    running.until(|view| view.connection == Connection::Connecting).await;
    let view = running.until(|view| view.connection == Connection::Offline).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::Unreachable));
    let soon = world.transport.requests().len();
    assert!(soon <= 10, "{soon} requests within 30 s");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn silence_past_the_deadline_is_not_taken_for_a_connection() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let again = world.transport.open_next();
    running.until(|view| view.sources[0].link.reason == Some(Reason::Idle)).await;
    assert!(line.is_closed());
    again.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn comments_keep_a_stream_alive() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_secs(15)).await;
        line.send(StreamEvent::Comment("ping".to_owned())).await;
    }
    assert!(!line.is_closed());
    assert_eq!(stream_cursors(&world).len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_walk_through_the_past_goes_on_to_the_beginning() {
    let mut world = World::signed_in().await;
    world.first_contact = FirstContact::Beginning;
    let page = |id: u32, more: bool| {
        format!(r#"{{"messages":[{}],"cursor":"k7-9","more":{more}}}"#, message(id, "reply"))
    };
    let line = world.serve(&page(9, false));
    world.transport.page_next(&page(8, true));
    world.transport.page_next(&page(7, false));
    let running = world.start();
    line.frame("ready", "k7-9", "{}").await;
    running.until(|view| view.inbox.total == 3).await;
    assert!(world.notifier.shown().is_empty(), "history is not announced");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_walk_through_the_past_ends_where_the_server_has_begun_anew() {
    let mut world = World::signed_in().await;
    world.first_contact = FirstContact::Beginning;
    let line = world.serve(&page(&[message(9, "reply"), message(8, "reply")], "k7-9", false));
    world.transport.page_fails_next(FetchError::Status { status: 500, retry_after: None });
    let running = world.start();
    line.frame("ready", "k7-9", r#"{"protocol":1}"#).await;
    running.until(|view| view.connection == Connection::Live).await;
    line.break_off().await;
    // Meanwhile the server has lost its past and counts from the beginning again.
    world.transport.page_next(&page(&[message(8, "reply"), message(7, "reply")], "m2-9", true));
    world.transport.page_next(&page(&[message(6, "reply")], "m2-9", false));
    let line = world.transport.open_next();
    line.frame("reply", "k7-10", &message(10, "reply")).await;
    running.until(|view| view.inbox.total >= 3).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.pages_asked(), 3, "what lies before an old message is asked no further");
    line.frame("reply", "k7-11", &message(11, "reply")).await;
    let view = running.until(|view| view.inbox.total >= 4).await;
    assert_eq!(view.inbox.total, 4, "no message is there twice");
    let place = Store::open(&world.folder.path().join("messages.db")).unwrap().cursor(world.source).unwrap();
    assert_eq!((place.history_before, place.epoch.0.as_str()), (None, "k7"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_say_its_place_belongs_where_the_last_one_did() {
    let world = World::signed_in().await;
    world.transport.page_next(&page(&[message(1, "reply")], "k7-1", true));
    let placeless = format!(r#"{{"messages":[{},{}]}}"#, message(1, "reply"), message(2, "reply"));
    let (running, line) = world.meet(&placeless);
    line.frame("ready", "k7-2", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.inbox.total, 2, "message 1 is not there twice");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn messages_are_observed_with_their_way_and_the_unread_count_of_their_commit() {
    let world = World::signed_in().await;
    let (mut running, line) = world.meet(EMPTY_PAGE);
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("ready", "k7-1", "{}").await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let mut seen = Vec::new();
    while let Ok(observation) = running.observed.try_recv() {
        if let Observation::Message { message, via, unread, page } = observation {
            seen.push((message.title, via, unread, page));
        }
    }
    let page = |id: u32| Some(format!("https://example.org/community/post/10{id}"));
    assert_eq!(
        seen,
        [("title 1".to_owned(), Via::Replay, 1, page(1)), ("title 2".to_owned(), Via::Live, 2, page(2)),]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_saved_is_said_and_asked_for_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    // Another program holds the database; SQLite gives up after its busy time-out.
    let other = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.sources[0].link.reason == Some(Reason::NotStored)).await;
    assert!(line.is_closed());
    assert!(world.notifier.shown().is_empty(), "nothing is announced that is not stored");

    other.execute_batch("ROLLBACK").unwrap();
    let line = world.transport.open_next();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(stream_cursors(&world).last().unwrap(), &cursor("k7-0"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_shown_and_observed() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("gap", "k7-0", r#"{"reason":"expired","from":"2026-11-22T02:10:00Z","until":null}"#).await;
    let view = running.until(|view| view.sources[0].gap.is_some()).await;
    assert_eq!(view.sources[0].gap.as_ref().unwrap().from, Some("2026-11-22T02:10:00Z".parse().unwrap()));
    line.frame("gap", "k7-0", r#"{"reason":"expired","from":"2026-11-22T04:00:00Z","until":null}"#).await;
    line.frame("message", "k7-1", r#"{"id":1,"title":"T"}"#).await;
    let view = running.until(|view| view.inbox.total == 1).await;
    let from = view.sources[0].gap.as_ref().unwrap().from;
    assert_eq!(
        from,
        Some("2026-11-22T02:10:00Z".parse().unwrap()),
        "the first is not forgotten for the second"
    );
    let source = view.sources[0].id;
    running.handle.act(Action::DismissGap { source }).await.unwrap();
    assert!(running.handle.view().sources[0].gap.is_none());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_history_that_takes_its_time_does_not_keep_the_stream_away() {
    let world = World::signed_in().await;
    let running = world.start();
    tokio::time::sleep(Duration::from_secs(18)).await;
    world.transport.page_next(EMPTY_PAGE);
    // And the stream has its full time, after that.
    tokio::time::sleep(Duration::from_secs(13)).await;
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(world.pages_asked(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_history_out_of_time_does_not_tell_that_there_is_no_stream() {
    let world = World::signed_in().await;
    for _ in 0..3 {
        world.transport.page_fails_next(FetchError::Fault(TransportFault::TimedOut));
    }
    let begun = tokio::time::Instant::now();
    let (running, line) = world.meet(EMPTY_PAGE);
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(begun.elapsed() < Duration::from_secs(55), "it was a probe, a minute later");
    running.stop().await;
}
