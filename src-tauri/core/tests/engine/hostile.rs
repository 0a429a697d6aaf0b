//! Servers that mean harm, or are as badly made as if they did.

use belfry_core::engine::FirstContact;
use belfry_core::link::LinkState;
use belfry_core::model::{MessageKind, SourceId, Token};
use belfry_core::ports::{FetchError, SecretKey, SecretStore, StreamEvent};
use belfry_core::store::Store;
use belfry_core::view::Connection;
use tokio::time::{Duration, sleep};

use crate::connecting::stream_cursors;
use crate::world::{EMPTY_PAGE, World, message, page};

/// Meets a server that answers with these pages in turn, over and over; returns how many were asked for.
async fn pages_until_live(answers: &[String]) -> usize {
    let world = World::signed_in().await;
    for page in answers.iter().cycle().take(300) {
        world.transport.page_next(page);
    }
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-9", "{}").await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert!(world.log().contains(&"history_stuck".to_owned()), "{:?}", world.log());
    let asked = world.pages_asked();
    running.stop().await;
    asked
}

#[tokio::test(start_paused = true)]
async fn a_history_that_says_more_and_not_where_does_not_keep_the_stream_waiting() {
    let nowhere = format!(r#"{{"messages":[{}],"more":true}}"#, message(1, "reply"));
    assert_eq!(pages_until_live(&[nowhere]).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_history_that_says_more_at_the_same_place_does_not_either() {
    assert_eq!(pages_until_live(&[page(&[message(1, "reply")], "k7-1", true)]).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_history_that_leads_in_a_circle_does_not_either() {
    let circle: Vec<String> =
        (1..=7).map(|id| page(&[message(id, "reply")], &format!("k7-{id}"), true)).collect();
    let asked = pages_until_live(&circle).await;
    assert!(asked <= 28, "{asked} pages");
}

#[tokio::test(start_paused = true)]
async fn a_history_that_brings_nothing_new_does_not_either() {
    let stale: Vec<String> =
        (1..=300).map(|n| page(&[message(1, "reply")], &format!("k7-{n}"), true)).collect();
    assert_eq!(pages_until_live(&stale).await, 21);
}

#[tokio::test(start_paused = true)]
async fn a_long_history_is_walked_to_its_end() {
    let world = World::signed_in().await;
    for id in 1..=60 {
        world.transport.page_next(&page(&[message(id, "reply")], &format!("k7-{id}"), id < 60));
    }
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-60", "{}").await;
    running.until(|view| view.connection == Connection::Live && view.inbox.total == 60).await;
    assert_eq!((world.pages_asked(), world.log()), (60, Vec::<String>::new()));
    running.stop().await;
}

/// One new message a page, for ever: after a while the stream goes on from where the walk has come.
#[tokio::test(start_paused = true)]
async fn a_history_that_never_ends_does_not_keep_the_stream_waiting() {
    let world = World::signed_in().await;
    for id in 1..=300 {
        world.transport.page_next(&page(&[message(id, "reply")], &format!("k7-{id}"), true));
    }
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "k7-200", &message(200, "reply")).await;
    running.until(|view| view.connection == Connection::Live && view.inbox.total == 101).await;
    assert_eq!(world.pages_asked(), 100);
    assert_eq!(stream_cursors(&world)[0], Some(belfry_core::model::Cursor("k7-100".to_owned())));
    running.stop().await;
}

/// Only the stream is required: a history that fails is read beside it, once it works.
#[tokio::test(start_paused = true)]
async fn a_history_that_fails_does_not_keep_the_stream_from_being_asked_for() {
    let status = |status| FetchError::Status { status, retry_after: None };
    for (error, tries) in
        [(FetchError::Forbidden, 1), (status(400), 1), (status(410), 1), (status(500), 3), (status(429), 3)]
    {
        let world = World::signed_in().await;
        for _ in 0..tries + 1 {
            world.transport.page_fails_next(error.clone());
        }
        world.transport.page_next(&page(&[message(1, "reply"), message(2, "reply")], "k7-2", false));
        let line = world.transport.open_next();
        let running = world.start();
        line.frame("reply", "k7-3", &message(3, "reply")).await;
        running.until(|view| view.connection == Connection::Live && view.inbox.total == 1).await;
        assert_eq!(world.pages_asked(), tries, "{error:?}");
        for _ in 0..30 {
            line.send(StreamEvent::Comment(String::new())).await;
            sleep(Duration::from_secs(10)).await;
        }
        running.until(|view| view.inbox.total == 3).await;
        assert_eq!(world.pages_asked(), tries + 2, "{error:?}");
        assert_eq!(stream_cursors(&world).len(), 1, "{error:?}");
        running.stop().await;
    }
}

/// What is asked for beside a stream is refused as everything else is.
#[tokio::test(start_paused = true)]
async fn a_history_beside_the_stream_waits_as_long_as_the_server_wants() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Forbidden);
    let wait = Duration::from_secs(3000);
    world.transport.page_fails_next(FetchError::Status { status: 503, retry_after: Some(wait) });
    world.transport.page_next(&page(&[message(1, "reply"), message(2, "reply")], "k7-2", false));
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "k7-3", &message(3, "reply")).await;
    let pass = async |span: Duration| {
        for _ in 0..span.as_secs() / 10 {
            line.send(StreamEvent::Comment(String::new())).await;
            sleep(Duration::from_secs(10)).await;
        }
    };
    pass(Duration::from_secs(3050)).await;
    assert_eq!(world.pages_asked(), 2);
    pass(Duration::from_secs(60)).await;
    running.until(|view| view.inbox.total == 3).await;
    assert_eq!(world.pages_asked(), 3);
    running.stop().await;
}

fn titled(id: u32, title: &str) -> String {
    message(id, "reply").replace(&format!("title {id}"), title)
}

/// A page that has been under way for long does not know what the stream has told meanwhile.
#[tokio::test(start_paused = true)]
async fn what_the_stream_tells_while_a_page_is_under_way_counts_for_more_than_the_page() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Forbidden);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "k7-9", &message(9, "reply")).await;
    running.until(|view| view.inbox.total == 1).await;
    for _ in 0..7 {
        line.send(StreamEvent::Comment(String::new())).await;
        sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(world.pages_asked(), 2, "the second one is under way");
    line.frame("deleted", "k7-10", r#"{"ids":["2"]}"#).await;
    line.frame("updated", "k7-11", &titled(3, "newer")).await;
    running.until(|view| view.inbox.total == 2).await;
    let stale = [message(1, "reply"), message(2, "reply"), titled(3, "older")];
    world.transport.page_next(&page(&stale, "k7-9", false));
    running.until(|view| view.inbox.total == 3).await;
    sleep(Duration::from_secs(1)).await;
    let view = running.handle.view();
    let titles: Vec<_> = view.newest.iter().map(|row| row.title.as_str()).collect();
    assert!(titles.contains(&"newer") && !titles.contains(&"older"), "{titles:?}");
    assert_eq!(view.inbox.total, 3);
    running.stop().await;
}

/// So it is by the next run of the program, which knows the stream's place by then; and the past stays the past.
#[tokio::test(start_paused = true)]
async fn a_history_that_failed_is_asked_for_by_the_next_run() {
    let world = World::signed_in().await;
    world.transport.page_fails_next(FetchError::Forbidden);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("reply", "k7-3", &message(3, "reply")).await;
    running.until(|view| view.connection == Connection::Live && view.inbox.total == 1).await;
    let shown = world.notifier.shown().len();
    running.stop().await;
    drop(line);

    for run in ["the next", "the one after it"] {
        world.transport.page_next(&page(&[message(1, "reply"), message(2, "reply")], "k7-2", false));
        let line = world.transport.open_next();
        let running = world.start();
        line.frame("reply", "k7-3", &message(3, "reply")).await;
        for _ in 0..30 {
            line.send(StreamEvent::Comment(String::new())).await;
            sleep(Duration::from_secs(10)).await;
        }
        let view = running.until(|view| view.connection == Connection::Live).await;
        assert_eq!((view.inbox.total, world.pages_asked()), (3, 2), "{run}");
        assert_eq!(world.notifier.shown().len(), shown, "what was there before is not announced");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_where_older_history_begins_is_asked_no_further() {
    let mut world = World::signed_in().await;
    world.first_contact = FirstContact::Beginning;
    let newest = page(&[message(9, "reply"), message(8, "reply")], "k7-9", true);
    let line = world.serve(&newest.replace("true", "false"));
    for _ in 0..300 {
        world.transport.page_next(&newest);
    }
    let running = world.start();
    line.frame("ready", "k7-9", "{}").await;
    line.frame("reply", "k7-10", &message(10, "reply")).await;
    running.until(|view| view.inbox.total == 3).await;
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert!(world.pages_asked() <= 3, "{} pages", world.pages_asked());
    assert_eq!(world.log(), ["history_stuck"]);
    let place = Store::open(&world.folder.path().join("messages.db")).unwrap().cursor(world.source).unwrap();
    assert_eq!(place.history_before, None, "it is not begun again");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_history_that_is_too_large_or_no_history_at_all_does_not_cost_the_stream() {
    for failure in [Some(FetchError::TooLarge), None] {
        let world = World::signed_in().await;
        match failure {
            Some(error) => world.transport.page_fails_next(error),
            None => world.transport.page_next("<html>"),
        }
        let line = world.transport.open_next();
        let running = world.start();
        line.frame("ready", "k7-9", "{}").await;
        running.until(|view| view.connection == Connection::Live).await;
        assert_eq!(world.log(), ["bad_history"]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_rubbish_is_one_line_of_the_log_and_the_good_in_it_is_kept() {
    let world = World::signed_in().await;
    let rubbish = ["{}", "7", "{}", &message(1, "reply"), "null"].map(str::to_owned);
    let (running, line) = world.meet(&page(&rubbish, "k7-1", false));
    line.frame("ready", "k7-1", "{}").await;
    running.until(|view| view.inbox.total == 1).await;
    assert_eq!(world.log(), ["bad_json"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_a_page_that_is_too_long_the_rest_is_left_out_and_said_to_be_missing() {
    let world = World::signed_in().await;
    let long: Vec<String> = (1..=1_200).map(|id| message(id, "reply")).collect();
    let (running, line) = world.meet(&page(&long, "k7-1", false));
    line.frame("ready", "k7-1", "{}").await;
    let view = running.until(|view| view.inbox.total > 0 && view.connection == Connection::Live).await;
    assert_eq!(view.inbox.total, 1_000);
    assert!(view.sources[0].gap.is_some());
    assert_eq!(world.log(), ["too_many", "gap"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_an_event_with_too_many_ids_the_first_count() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2_000, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let ids: Vec<String> = (1..=2_000).map(|id: u32| id.to_string()).collect();
    line.frame("read", "k7-3", &format!(r#"{{"ids":[{}]}}"#, ids.join(","))).await;
    running.until(|view| view.inbox.unread == 1).await;
    line.frame("deleted", "k7-4", &format!(r#"{{"ids":["2000",{}]}}"#, vec!["1"; 5_000].join(","))).await;
    running.until(|view| view.inbox.total == 0).await;
    assert_eq!(world.log(), ["too_many"], "the same id again and again is one");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_invents_kinds_gets_thirty() {
    let mut world = World::signed_in().await;
    world.burst_off();
    let (running, line) = world.meet(&page(&[message(1, "kind 1"), message(2, "kind 2")], "k7-2", false));
    line.frame("ready", "k7-2", "{}").await;
    for id in 3..=200 {
        line.frame("x", &format!("k7-{id}"), &message(id, &format!("kind {id}"))).await;
    }
    let view = running.until(|view| view.inbox.unread == 200).await;
    assert_eq!(view.inbox.kinds.len(), 31);
    let folded = view.inbox.kinds.iter().find(|count| count.kind == MessageKind::Message).unwrap();
    assert_eq!(folded.total, 170);
    let newest = running.message(view.newest[0].id).await.message;
    assert_eq!((newest.kind, &newest.extra["type"]), (MessageKind::Message, &"kind 200".into()));
    running.stop().await;

    let line = world.transport.open_next();
    let running = world.start();
    line.frame("x", "k7-201", &message(201, "kind 201")).await;
    line.frame("x", "k7-202", &message(202, "kind 2")).await;
    let view = running.until(|view| view.inbox.total == 202).await;
    assert_eq!(view.inbox.kinds.len(), 31, "the next run of the program remembers them");
    assert_eq!(view.newest[0].kind, MessageKind::from("kind 2"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_known_stays_what_it_is() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    for (id, kind) in [(1, "部署"), (2, "reply"), (3, "部署")] {
        line.frame("x", &format!("k7-{id}"), &message(id, kind)).await;
    }
    let view = running.until(|view| view.inbox.unread == 3).await;
    let kinds: Vec<_> = view.inbox.kinds.iter().map(|count| (count.kind.as_str(), count.total)).collect();
    assert_eq!(kinds, [("reply", 1), ("部署", 2)]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_very_much_to_say_keeps_no_other_waiting() {
    const MUCH: u32 = 4000;
    let mut world = World::signed_in().await;
    let mut other = world.settings.sources[0].clone();
    (other.id, other.url) = (SourceId::random(), "https://b.example/api".parse().unwrap());
    world.secrets.set(SecretKey { source: other.id, ..world.key() }, Token::new("b")).await.unwrap();
    world.settings.sources.push(other);
    (0..2).for_each(|_| world.transport.page_next(EMPTY_PAGE));
    let lines = [world.transport.open_next(), world.transport.open_next()];
    // All of it is there before anything is taken, by whichever of the two sources.
    for (line, count) in lines.iter().zip([MUCH, 1]) {
        for id in 1..=count {
            line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        }
    }
    let running = world.start();
    let mut views = running.handle.views();
    let mut unread = [0, 0];
    while unread[1] == 0 {
        views.changed().await.unwrap();
        unread = [0, 1].map(|index| views.borrow_and_update().sources[index].unread);
        unread.sort_unstable_by_key(|unread| std::cmp::Reverse(*unread));
    }
    assert!(unread[0] < u64::from(MUCH) / 2, "one message has waited for {}", unread[0]);
    running.stop().await;
}
