//! Places in a server's history that are lost, taken back, reused or out of order: nothing is lost, nothing is there
//! twice, and what may be missing is said.

use belfry_core::action::Action;
use belfry_core::engine::FirstContact;
use belfry_core::fakes::{Line, Request};
use belfry_core::model::{Cursor, Timestamp};
use belfry_core::ports::{ConnectError, FetchError, StreamEvent};
use belfry_core::view::{Connection, GapView};
use tokio::time::{Duration, sleep};

use crate::connecting::stream_cursors;
use crate::world::{NOW, Running, World, page};

/// A message, or one of another epoch with the same id.
fn message(id: u32, title: &str) -> String {
    format!(r#"{{"id":"{id}","type":"reply","title":"{title}"}}"#)
}

fn cursor(text: &str) -> Option<Cursor> {
    Some(Cursor(text.to_owned()))
}

/// Everything that is there, oldest first.
async fn all(running: &Running) -> Vec<String> {
    let mut titles = running.titles().await;
    titles.reverse();
    titles
}

async fn live_at(running: &Running, line: &Line, place: &str) {
    line.frame("ready", place, "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
}

/// A world that has messages 1 to 3, the last of them an hour ago, and whose stream has just ended.
async fn three() -> (World, Running) {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("reply", &format!("k7-{id}"), &message(id, &format!("old {id}"))).await;
    }
    running.until(|view| view.inbox.total == 3).await;
    for _ in 0..360 {
        sleep(Duration::from_secs(10)).await;
        line.send(StreamEvent::Comment(String::new())).await;
    }
    drop(line);
    (world, running)
}

fn gap(running: &Running) -> Option<GapView> {
    running.handle.view().sources[0].gap.clone()
}

/// How a server spells its places is its own business, unless it says that they name their epoch; even then another
/// name is another epoch only where it could not say that it has begun anew.
#[tokio::test(start_paused = true)]
async fn a_place_that_looks_like_another_epoch_is_none() {
    for says in ["{}", r#"{"protocol":1,"cursor":"k7-0"}"#] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        line.frame("ready", "k7-0", says).await;
        line.frame("reply", "k7-1", &message(1, "1")).await;
        line.frame("reply", "m2-1", &message(1, "1 again")).await;
        line.frame("read", "n3-2", r#"{"ids":["1"],"read":true}"#).await;
        line.frame("reply", "k7-3", &message(2, "2")).await;
        let view = running.until(|view| view.inbox.total == 2).await;
        assert_eq!(view.inbox.unread, 1);
        assert_eq!(all(&running).await, ["1 again", "2"]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_from_a_place_that_looks_like_another_epoch_is_no_other_past() {
    let mut world = World::signed_in().await;
    world.first_contact = FirstContact::Beginning;
    let running = world.start();
    world.transport.page_next(&page(&[message(5, "5")], "a1-5", false));
    let line = world.transport.open_next();
    world.transport.page_next(&page(&[message(4, "4"), message(3, "3")], "b2-9", true));
    world.transport.page_next(&page(&[message(2, "2")], "c3-9", false));
    live_at(&running, &line, "d4-5").await;
    running.until(|view| view.inbox.total == 4).await;
    let mut titles = all(&running).await;
    titles.sort();
    assert_eq!(titles, ["2", "3", "4", "5"]);
    assert_eq!(world.log(), [""; 0]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_ids_of_another_epoch_are_other_messages_also_within_one_turn() {
    for (old, new) in [("k7-1", "m2-1"), ("k7-1", "k7-2"), ("41", "42"), ("41", "41")] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        line.frame("reply", old, &message(1, "old 1")).await;
        line.frame("reply", old, &message(2, "old 2")).await;
        line.frame("gap", old, r#"{"reason":"reset"}"#).await;
        line.frame("reply", new, &message(2, "new 2")).await;
        line.frame("read", new, r#"{"ids":["1"],"read":true}"#).await;
        line.frame("reply", new, &message(3, "new 3")).await;
        let view = running.until(|view| view.inbox.total == 4).await;
        assert_eq!(view.inbox.unread, 4, "what was read there is another one");
        assert_eq!(all(&running).await, ["old 1", "old 2", "new 2", "new 3"]);
        running.stop().await;
    }
}

/// The first word of a beginning may be all that comes before the connection is lost.
#[tokio::test(start_paused = true)]
async fn a_server_that_says_twice_that_it_has_begun_anew_has_begun_once() {
    let (world, running) = three().await;
    let reset = r#"{"reason":"reset"}"#;
    let line = world.transport.open_next();
    line.frame("gap", "k7-3", reset).await;
    running.until(|view| view.sources[0].gap.is_some()).await;
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("gap", "k7-3", reset).await;
    // The same once more, without a place of its own.
    line.frame("reply", "k7-3", &message(1, "new 1")).await;
    running.until(|view| view.inbox.total == 4).await;
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("gap", "k7-3", reset).await;
    line.frame("reply", "9", &message(1, "new 1")).await;
    live_at(&running, &line, "10").await;
    assert_eq!(all(&running).await, ["old 1", "old 2", "old 3", "new 1"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_history_that_begins_anew_loses_and_overwrites_nothing() {
    for cursor in ["k7-9", "9", "m2-9"] {
        let (world, running) = three().await;
        let gone = || ConnectError::Status { status: 404, retry_after: None };
        (0..3).for_each(|_| world.transport.refuse_next(gone()));
        let reset = format!(
            r#"{{"messages":[{}],"read":["2"],"cursor":"{cursor}","more":false,"gap":{{"reason":"reset"}}}}"#,
            message(1, "new 1")
        );
        world.transport.page_next(&reset);
        running.until(|view| view.inbox.total == 4).await;
        assert_eq!(running.handle.view().inbox.unread, 4);
        assert_eq!(all(&running).await, ["old 1", "old 2", "old 3", "new 1"]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn places_out_of_order_are_gone_back_to_and_nothing_is_there_twice() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in [3, 1, 2] {
        line.frame("reply", &format!("k7-{id}"), &message(id, &id.to_string())).await;
    }
    running.until(|view| view.inbox.total == 3).await;
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("reply", "k7-3", &message(3, "3")).await;
    line.frame("reply", "k7-4", &message(4, "4")).await;
    live_at(&running, &line, "k7-4").await;
    running.until(|view| view.inbox.total == 4).await;
    assert_eq!(stream_cursors(&world), [cursor("k7-0"), cursor("k7-2")]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_id_is_followed_by_a_walk_through_the_history() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "1")).await;
    // What follows belongs to the same epoch, although it names no place.
    line.frame("reply", "", &message(2, "2")).await;
    line.frame("reply", "", &message(3, "3")).await;
    running.until(|view| view.inbox.total == 3).await;
    line.break_off().await;
    world.transport.page_next(&page(&[message(2, "2"), message(3, "3"), message(4, "4")], "k7-4", false));
    let line = world.transport.open_next();
    live_at(&running, &line, "k7-4").await;
    running.until(|view| view.inbox.total == 4).await;
    assert_eq!(all(&running).await, ["1", "2", "3", "4"]);
    let asked = world.transport.requests();
    let [.., Request::Page { url }, Request::Stream { last_event_id, .. }] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(url.contains("after=k7-1&"), "{url}");
    assert_eq!(*last_event_id, cursor("k7-4"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_id_at_the_very_beginning_of_a_stream_counts_as_well() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("reply", "", &message(1, "1")).await;
    running.until(|view| view.inbox.total == 1).await;
    line.break_off().await;
    world.transport.page_next(&page(&[message(1, "1"), message(2, "2")], "k7-2", false));
    let line = world.transport.open_next();
    live_at(&running, &line, "k7-2").await;
    running.until(|view| view.inbox.total == 2).await;
    assert_eq!(world.pages_asked(), 2, "the place was cleared, so that the history is walked first");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_410_everything_that_the_server_still_has_comes_and_the_gap_is_said() {
    let (world, running) = three().await;
    let popups = world.notifier.shown().len();
    world.transport.refuse_next(ConnectError::Gone);
    world.transport.page_next(&page(&[message(8, "new 8"), message(9, "new 9")], "k7-9", false));
    let line = world.transport.open_next();
    // Of these the stream has brought one meanwhile, as the server has changed it.
    line.frame("updated", "k7-10", &message(6, "new 6")).await;
    running.until(|view| view.inbox.total == 6).await;
    // Between these and what is known there are more; the walk ends where nothing is new.
    world.transport.page_next(&page(&[message(7, "new 7"), message(6, "new 6")], "k7-9", true));
    world.transport.page_next(&page(&[message(5, "new 5"), message(4, "new 4")], "k7-9", true));
    world.transport.page_next(&page(&[message(3, "old 3"), message(2, "old 2")], "k7-9", true));
    line.frame("reply", "k7-10", &message(10, "new 10")).await;
    live_at(&running, &line, "k7-10").await;
    running.until(|view| view.inbox.total == 10).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(stream_cursors(&world), [cursor("k7-0"), cursor("k7-3"), cursor("k7-9")]);
    assert_eq!(world.pages_asked(), 5, "{:?}", world.transport.requests());
    assert_eq!(world.log(), ["gap", "cursor_dropped"]);

    let hour = NOW.after(Duration::from_secs(3600));
    let GapView { from, until } = gap(&running).unwrap();
    assert!(from.is_some_and(|from| from >= NOW && from < hour), "since the last one that came: {from:?}");
    assert!(until.is_some_and(|until| until >= hour), "{until:?}");
    let shown = world.notifier.shown();
    assert!(shown.len() > popups, "what was missed is not the past");
    assert!(shown[popups..].iter().any(|popup| popup.body.contains("new 9")), "{shown:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_410_what_the_user_has_marked_is_still_told() {
    let (world, running) = three().await;
    let id = running.handle.view().newest[0].id;
    running.handle.act(Action::MarkRead { ids: vec![id] }).await.unwrap();
    world.transport.refuse_next(ConnectError::Gone);
    world.transport.page_next(&page(&[message(3, "old 3")], "k7-3", false));
    let line = world.transport.open_next();
    live_at(&running, &line, "k7-3").await;
    sleep(Duration::from_secs(11)).await;
    let told = Request::Tell { line: r#"POST /api/messages/read {"ids":["3"],"read":true}"#.to_owned() };
    assert!(world.transport.requests().contains(&told));
    assert_eq!(running.handle.view().inbox.unread, 2);
    running.stop().await;
}

/// What a server says that begins anew, or that does not know the place: a gap, and everything that it has.
async fn told_of_a_gap(data: &str, places: &str, titles: &str) -> (World, Running) {
    let (world, running) = three().await;
    let line = world.transport.open_next();
    // The gap names no place, so that its id is the one that was asked for.
    line.frame("gap", "k7-3", data).await;
    for id in 1..=4 {
        line.frame("reply", &format!("{places}-{id}"), &message(id, &format!("{titles} {id}"))).await;
    }
    live_at(&running, &line, &format!("{places}-4")).await;
    (world, running)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_begins_anew_loses_nothing_that_is_here() {
    let until = NOW.after(Duration::from_secs(1800));
    let data = format!(r#"{{"reason":"reset","from":null,"until":"{until}"}}"#);
    let (world, running) = told_of_a_gap(&data, "m2", "new").await;
    running.until(|view| view.inbox.total == 7).await;
    let titles = ["old 1", "old 2", "old 3", "new 1", "new 2", "new 3", "new 4"];
    assert_eq!(all(&running).await, titles);
    let shown = gap(&running).unwrap();
    assert_eq!(shown.until, Some(until));
    assert!(shown.from.is_some_and(|from| from < until), "{shown:?}");
    let shown: Vec<String> = world.notifier.shown().into_iter().map(|popup| popup.body).collect();
    assert!(titles[3..].iter().all(|title| shown.iter().any(|body| body == title)), "{shown:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_know_the_place_repeats_and_nothing_is_there_twice() {
    let (_world, running) = told_of_a_gap(r#"{"reason":"unknown"}"#, "k7", "old").await;
    running.until(|view| view.inbox.total == 4).await;
    assert_eq!(all(&running).await, ["old 1", "old 2", "old 3", "old 4"]);
    assert!(gap(&running).unwrap().from.is_some());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_gap_that_would_end_before_it_begins_has_no_beginning() {
    let long_ago = Timestamp(NOW.0 - 86_400_000);
    let data = format!(r#"{{"reason":"expired","until":"{long_ago}"}}"#);
    let (_world, running) = told_of_a_gap(&data, "k7", "old").await;
    running.until(|view| view.inbox.total == 4).await;
    assert_eq!(gap(&running), Some(GapView { from: None, until: Some(long_ago) }));
    running.stop().await;
}

/// A first contact is none after a place was lost: only then nothing of the past is announced.
#[tokio::test(start_paused = true)]
async fn a_server_without_places_is_met_once() {
    let world = World::signed_in().await;
    let placeless = |messages: &[String]| format!(r#"{{"messages":[{}]}}"#, messages.join(","));
    let (running, line) = world.meet(&placeless(&[message(1, "1")]));
    line.send(StreamEvent::Comment(String::new())).await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(world.notifier.shown().is_empty());
    line.break_off().await;
    let line = world.serve(&placeless(&[message(1, "1"), message(2, "2")]));
    line.send(StreamEvent::Comment(String::new())).await;
    running.until(|view| view.inbox.total == 2).await;
    let bodies: Vec<String> = world.notifier.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(bodies, ["2"]);
    running.stop().await;
}

/// Where there is no history either, messages may be missing: that is said, and the history is asked for again.
#[tokio::test(start_paused = true)]
async fn a_place_that_is_cleared_where_there_is_no_history_is_a_gap() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "1")).await;
    line.frame("reply", "", &message(2, "2")).await;
    running.until(|view| view.inbox.total == 2).await;
    line.break_off().await;
    // From the place, and for the newest.
    world.transport.page_fails_next(FetchError::Unsupported);
    world.transport.page_fails_next(FetchError::Unsupported);
    let line = world.transport.open_next();
    line.frame("reply", "k7-4", &message(4, "4")).await;
    running.until(|view| view.inbox.total == 3).await;
    live_at(&running, &line, "k7-4").await;
    assert_eq!(stream_cursors(&world), [cursor("k7-0"), None]);
    assert!(gap(&running).is_some(), "what came between is not here");
    let shown = world.notifier.shown().len();
    world.transport.page_next(&page(&[message(2, "2"), message(3, "3"), message(4, "4")], "k7-4", false));
    running.until(|view| view.inbox.total == 4).await;
    assert_eq!(all(&running).await, ["1", "2", "4", "3"]);
    sleep(Duration::from_secs(20)).await;
    assert!(world.notifier.shown().len() > shown, "what was missed is announced");
    running.stop().await;
}

/// Without places and without a history, what a server repeats after a break was missed, and is no past.
#[tokio::test(start_paused = true)]
async fn a_server_without_places_and_history_is_met_once() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Unsupported);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "", &message(1, "1")).await;
    running.until(|view| view.inbox.total == 1).await;
    sleep(Duration::from_secs(20)).await;
    assert!(world.notifier.shown().is_empty(), "the past is not announced");
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("reply", "", &message(1, "1")).await;
    line.frame("reply", "", &message(2, "2")).await;
    running.until(|view| view.inbox.total == 2).await;
    sleep(Duration::from_secs(20)).await;
    let bodies: Vec<String> = world.notifier.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(bodies, ["2"]);
    running.stop().await;
}
