//! Read marks and deletions on their way to the server.

use std::time::Duration;

use belfry_core::action::{Action, Outcome};
use belfry_core::fakes::{Line, Request};
use belfry_core::link::Reason;
use belfry_core::model::{MessageId, Token, UndoId};
use belfry_core::ports::{ConnectError, FetchError, StreamEvent, TransportFault};
use belfry_core::view::{Connection, Untold};
use tokio::time::{advance, sleep, timeout};

use crate::world::{EMPTY_PAGE, Running, World, message};

const SECOND: Duration = Duration::from_secs(1);
/// The time in which an act can be taken back, and a little.
const WINDOW: Duration = Duration::from_millis(10_100);

const READ_1: &str = r#"POST /api/messages/read {"ids":["1"],"read":true}"#;
const READ_2: &str = r#"POST /api/messages/read {"ids":["2"],"read":true}"#;
const UNREAD_1: &str = r#"POST /api/messages/read {"ids":["1"],"read":false}"#;
const DELETE_3: &str = "DELETE /api/messages/3";

const FAILED: FetchError = FetchError::Status { status: 500, retry_after: None };

/// A request that marks these as read.
fn marks(ids: &str) -> String {
    let ids: Vec<String> = ids.split(' ').map(|id| format!("{id:?}")).collect();
    format!(r#"POST /api/messages/read {{"ids":[{}],"read":true}}"#, ids.join(","))
}

/// An engine that has messages with the server's ids 1, 2, 3; their own ids in that order.
async fn three(world: &World) -> (Running, Line, [MessageId; 3]) {
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    let view = running.until(|view| view.inbox.unread == 3).await;
    let ids: Vec<MessageId> = view.newest.iter().rev().map(|row| row.id).collect();
    (running, line, [ids[0], ids[1], ids[2]])
}

/// What the server was told so far.
fn told(world: &World) -> Vec<String> {
    let line = |request| match request {
        Request::Tell { line } => Some(line),
        Request::Stream { .. }
        | Request::Page { .. }
        | Request::Post { .. }
        | Request::Image { .. }
        | Request::Me { .. } => None,
    };
    world.transport.requests().into_iter().filter_map(line).collect()
}

/// Lets time pass until the server was told so much.
async fn until_told(world: &World, count: usize) -> Vec<String> {
    let wait = async {
        while told(world).len() < count {
            sleep(SECOND / 100).await;
        }
    };
    timeout(24 * 3600 * SECOND, wait).await.unwrap_or_else(|_| panic!("only {:?}", told(world)));
    told(world)
}

/// Lets time pass beside a stream that lives.
async fn half_an_hour_beside(line: &Line) {
    for _ in 0..180 {
        line.send(StreamEvent::Comment(String::new())).await;
        sleep(10 * SECOND).await;
    }
}

async fn hour_beside(line: &Line) {
    half_an_hour_beside(line).await;
    half_an_hour_beside(line).await;
}

async fn act(running: &Running, action: Action) -> UndoId {
    match running.handle.act(action).await.unwrap() {
        Outcome::Undoable { undo } => undo,
        other => panic!("{other:?}"),
    }
}

async fn read(running: &Running, id: MessageId) -> UndoId {
    act(running, Action::MarkRead { ids: vec![id] }).await
}

#[tokio::test(start_paused = true)]
async fn what_can_be_taken_back_is_not_sent_and_then_it_goes_in_order_one_request_at_a_time() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, three]) = three(&world).await;
    read(&running, one).await;
    sleep(SECOND).await;
    act(&running, Action::Delete { ids: vec![three] }).await;
    read(&running, two).await;
    sleep(Duration::from_millis(8_900)).await;
    assert_eq!(told(&world), [""; 0]);
    sleep(SECOND / 5).await;
    assert_eq!(told(&world), [READ_1], "the deletion can still be taken back");
    sleep(5 * SECOND).await;
    assert_eq!(told(&world), [READ_1], "one at a time");
    world.transport.tell_next(Ok(()));
    assert_eq!(until_told(&world, 2).await, [READ_1, DELETE_3]);
    world.transport.tell_next(Ok(()));
    assert_eq!(until_told(&world, 3).await, [READ_1, DELETE_3, READ_2]);
    world.transport.tell_next(Ok(()));
    sleep(3600 * SECOND).await;
    assert_eq!(told(&world).len(), 3, "nothing is said twice");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_back_is_never_sent() {
    let world = World::signed_in().await;
    let (running, _line, [one, _, three]) = three(&world).await;
    let undo = act(&running, Action::MarkAllRead).await;
    let deleted = act(&running, Action::Delete { ids: vec![three] }).await;
    advance(Duration::from_millis(9_900)).await;
    running.handle.act(Action::Undo { undo: deleted }).await.unwrap();
    running.handle.act(Action::Undo { undo }).await.unwrap();
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [""; 0]);
    assert_eq!(running.handle.view().inbox.unread, 3);
    // An act that waited behind it need not wait for it any more.
    read(&running, one).await;
    assert_eq!(until_told(&world, 1).await, [READ_1]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_the_last_word_on_a_message_is_sent_and_many_go_together() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, three]) = three(&world).await;
    act(&running, Action::MarkRead { ids: vec![three, one, two] }).await;
    act(&running, Action::MarkUnread { ids: vec![one] }).await;
    world.transport.tell_next(Ok(()));
    let read = r#"POST /api/messages/read {"ids":["3","2"],"read":true}"#;
    assert_eq!(until_told(&world, 2).await, [read, UNREAD_1]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn archiving_stays_here_but_the_server_learns_that_it_was_read() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, _]) = three(&world).await;
    act(&running, Action::Archive { ids: vec![one] }).await;
    world.transport.tell_next(Ok(()));
    until_told(&world, 1).await;
    act(&running, Action::Unarchive { ids: vec![one] }).await;
    read(&running, two).await;
    assert_eq!(until_told(&world, 2).await, [READ_1, READ_2]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_done_without_a_connection_is_sent_when_there_is_one_also_after_a_restart() {
    let world = World::signed_in().await;
    let (running, line, [one, two, _]) = three(&world).await;
    line.break_off().await;
    running.until(|view| view.connection != Connection::Live).await;
    read(&running, one).await;
    sleep(WINDOW).await;
    assert_eq!(told(&world), [""; 0], "there is no connection");
    read(&running, two).await;
    running.stop().await;

    let (running, _line) = world.live().await;
    let began = tokio::time::Instant::now();
    let both = r#"POST /api/messages/read {"ids":["1","2"],"read":true}"#;
    assert_eq!(until_told(&world, 1).await, [both], "after a restart nothing can be taken back");
    assert!(began.elapsed() < 2 * SECOND);
    running.stop().await;

    // Without an answer it is said again, and with one never again.
    let (running, _line) = world.live().await;
    until_told(&world, 2).await;
    world.transport.tell_next(Ok(()));
    sleep(SECOND).await;
    running.stop().await;
    let (running, _line) = world.live().await;
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [both, both]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_or_gone_is_asked_again_later_and_not_before_it_wants() {
    let mut world = World::signed_in().await;
    // The stream is silent for as long.
    world.settings.sources[0].limits.idle_timeout = Some(3600 * SECOND);
    let (running, _line, [one, ..]) = three(&world).await;
    let retry_after = Some(100 * SECOND);
    world.transport.tell_next(Err(FetchError::Status { status: 503, retry_after }));
    world.transport.tell_next(Err(FetchError::Status { status: 500, retry_after: None }));
    world.transport.tell_next(Err(FetchError::Fault(TransportFault::TimedOut)));
    read(&running, one).await;
    until_told(&world, 1).await;
    let began = tokio::time::Instant::now();
    until_told(&world, 2).await;
    assert!(began.elapsed() >= 99 * SECOND, "{:?}", began.elapsed());
    let began = tokio::time::Instant::now();
    until_told(&world, 4).await;
    // Twice and four times the base, each shortened by up to a half.
    assert!((3 * SECOND..7 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());
    world.transport.tell_next(Ok(()));
    sleep(600 * SECOND).await;
    assert_eq!(told(&world), [READ_1; 4]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_server_refuses_is_dropped_and_recorded_and_the_rest_goes_on() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, three]) = three(&world).await;
    world.transport.tell_next(Err(FetchError::Status { status: 422, retry_after: None }));
    read(&running, one).await;
    until_told(&world, 1).await;
    world.transport.tell_next(Err(FetchError::Status { status: 409, retry_after: None }));
    act(&running, Action::Delete { ids: vec![three] }).await;
    until_told(&world, 2).await;
    read(&running, two).await;
    assert_eq!(until_told(&world, 3).await, [READ_1, DELETE_3, READ_2]);
    running.stop().await;
    assert_eq!(world.log(), ["not_taken", "not_taken"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_token_is_not_allowed_costs_no_other_sort_and_nothing_before_it_is_certain() {
    let world = World::signed_in().await;
    let (running, mut line, [one, two, three]) = three(&world).await;
    for _ in 0..2 {
        world.transport.tell_next(Err(FetchError::Forbidden));
    }
    act(&running, Action::MarkRead { ids: vec![one, two] }).await;
    assert_eq!(until_told(&world, 2).await, [&*marks("1 2"), READ_1], "it may be about one of them");
    world.transport.tell_next(Ok(()));
    act(&running, Action::Delete { ids: vec![three] }).await;
    assert_eq!(until_told(&world, 3).await[2], DELETE_3);
    assert_eq!(running.handle.view().sources[0].untold, [Untold::ReadMarks]);

    // The other one goes first; what the deletion has earned is lost again.
    for (count, asked) in [(4, vec![READ_2]), (6, vec![&*marks("1 2"), READ_1])] {
        let asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
        half_an_hour_beside(&line).await;
        assert_eq!(told(&world).len(), count - asked.len(), "not again beside this connection");
        line.break_off().await;
        line = world.transport.open_next();
        line.frame("ready", "k7-3", "{}").await;
        for _ in 0..asked.len() {
            world.transport.tell_next(Err(FetchError::Forbidden));
        }
        assert_eq!(until_told(&world, count).await[count - asked.len()..], asked, "nothing was lost");
    }
    half_an_hour_beside(&line).await;
    // Nothing is waiting any more that would win over the server's word.
    line.frame("read", "k7-4", r#"{"ids":["1","2"],"read":false}"#).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(running.handle.view().sources[0].untold, [Untold::ReadMarks]);

    // Another token may be allowed.
    let line = world.transport.open_next();
    running.sign_in(world.source, Token::new("n3w")).await.unwrap();
    line.frame("ready", "k7-4", "{}").await;
    world.transport.tell_next(Ok(()));
    read(&running, one).await;
    assert_eq!(until_told(&world, 7).await[6], READ_1);
    running.until(|view| view.sources[0].untold.is_empty()).await;
    running.stop().await;
    assert_eq!(world.log(), ["not_taken_yet", "not_taken"]);
}

#[tokio::test(start_paused = true)]
async fn of_many_marks_only_the_one_is_lost_that_is_not_allowed() {
    let world = World::signed_in().await;
    let (running, line, [one, two, three]) = three(&world).await;
    for answer in
        [Err(FetchError::Forbidden), Ok(()), Err(FetchError::Forbidden), Err(FetchError::Forbidden), Ok(())]
    {
        world.transport.tell_next(answer);
    }
    act(&running, Action::MarkRead { ids: vec![one, two, three] }).await;
    hour_beside(&line).await;
    assert_eq!(told(&world), [&*marks("1 2 3"), READ_1, &marks("2 3"), READ_2, &marks("3")]);
    assert_eq!(running.handle.view().sources[0].untold, []);
    running.stop().await;
    assert_eq!(world.log(), ["not_taken"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_again_and_again_holds_up_no_other_and_is_tried_a_bounded_number_of_times() {
    let world = World::signed_in().await;
    let (running, line, [one, two, three]) = three(&world).await;
    world.transport.tell_next(Err(FAILED));
    act(&running, Action::Delete { ids: vec![three] }).await;
    read(&running, one).await;
    until_told(&world, 2).await;
    world.transport.tell_next(Ok(()));
    for _ in 0..11 {
        world.transport.tell_next(Err(FAILED));
    }
    hour_beside(&line).await;
    assert_eq!(told(&world)[..2], [DELETE_3, READ_1]);
    assert_eq!(told(&world)[2..], [DELETE_3; 11], "no more beside this connection");
    read(&running, two).await;
    world.transport.tell_next(Ok(()));
    assert_eq!(until_told(&world, 14).await[13], READ_2);

    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("ready", "k7-3", "{}").await;
    world.transport.tell_next(Err(FAILED));
    assert_eq!(until_told(&world, 15).await[14], DELETE_3);
    hour_beside(&line).await;
    assert_eq!(told(&world).len(), 15, "once more beside each further one");
    running.handle.act(Action::RetryNow).await.unwrap();
    world.transport.tell_next(Ok(()));
    assert_eq!(until_told(&world, 16).await[15], DELETE_3);
    hour_beside(&line).await;
    assert_eq!(told(&world).len(), 16);
    running.stop().await;
    assert_eq!(world.log(), ["not_taken_yet"]);
}

#[tokio::test(start_paused = true)]
async fn of_many_marks_only_the_one_is_lost_that_the_server_refuses() {
    let world = World::signed_in().await;
    let (running, line, [one, two, three]) = three(&world).await;
    let bad = || Err(FetchError::Status { status: 400, retry_after: None });
    for answer in [bad(), Ok(()), bad(), bad(), Ok(())] {
        world.transport.tell_next(answer);
    }
    act(&running, Action::MarkRead { ids: vec![one, two, three] }).await;
    hour_beside(&line).await;
    assert_eq!(told(&world), [&*marks("1 2 3"), READ_1, &marks("2 3"), READ_2, &marks("3")]);
    running.stop().await;
    assert_eq!(world.log(), ["not_taken"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_at_once_is_sent_in_parts() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, three]) = three(&world).await;
    world.transport.tell_next(Err(FetchError::Status { status: 413, retry_after: None }));
    for _ in 0..3 {
        world.transport.tell_next(Ok(()));
    }
    act(&running, Action::MarkRead { ids: vec![one, two, three] }).await;
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [&*marks("1 2 3"), READ_1, READ_2, &marks("3")], "no larger one is tried again");
    running.stop().await;
    assert_eq!(world.log(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_now_is_sent_again_when_the_server_wants_it() {
    for status in [413, 409, 423] {
        let world = World::signed_in().await;
        let (running, line, [one, two, _]) = three(&world).await;
        let retry_after = Some(1800 * SECOND);
        world.transport.tell_next(Err(FetchError::Status { status, retry_after }));
        world.transport.tell_next(Ok(()));
        act(&running, Action::MarkRead { ids: vec![one, two] }).await;
        until_told(&world, 1).await;
        let began = tokio::time::Instant::now();
        hour_beside(&line).await;
        until_told(&world, 2).await;
        assert!((1790 * SECOND..3610 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(told(&world), [&*marks("1 2"), &marks("1 2")], "{status}");
        running.stop().await;
        assert_eq!(world.log(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_alone_for_longer_than_an_hour_and_only_a_retry_ends_it_sooner() {
    let world = World::signed_in().await;
    let (running, line, [one, ..]) = three(&world).await;
    let busy = || Err(FetchError::Status { status: 429, retry_after: Some(Duration::MAX) });
    world.transport.tell_next(busy());
    read(&running, one).await;
    until_told(&world, 1).await;
    let began = tokio::time::Instant::now();
    world.transport.tell_next(busy());
    hour_beside(&line).await;
    until_told(&world, 2).await;
    assert!((3590 * SECOND..3610 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());

    running.handle.act(Action::RetryNow).await.unwrap();
    world.transport.tell_next(busy());
    let began = tokio::time::Instant::now();
    until_told(&world, 3).await;
    assert!(began.elapsed() < 2 * SECOND, "{:?}", began.elapsed());

    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("ready", "k7-3", "{}").await;
    world.transport.tell_next(Ok(()));
    hour_beside(&line).await;
    until_told(&world, 4).await;
    assert!((3590 * SECOND..3610 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_worked_is_not_given_up_for_a_page_in_its_place() {
    let world = World::signed_in().await;
    let (running, _line, [one, two, _]) = three(&world).await;
    world.transport.tell_next(Ok(()));
    read(&running, one).await;
    until_told(&world, 1).await;
    for _ in 0..3 {
        world.transport.tell_next(Err(FetchError::Unsupported));
    }
    read(&running, two).await;
    until_told(&world, 4).await;
    world.transport.tell_next(Ok(()));
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [READ_1, READ_2, READ_2, READ_2, READ_2]);
    running.stop().await;
    assert_eq!(world.log(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_these_calls_is_asked_with_three_connections_and_keeps_nothing_waiting_after_that() {
    let world = World::signed_in().await;
    let (running, mut line, [one, two, three]) = three(&world).await;
    world.transport.tell_next(Err(FetchError::Unsupported));
    read(&running, one).await;
    until_told(&world, 1).await;
    read(&running, two).await;
    sleep(WINDOW).await;
    act(&running, Action::Delete { ids: vec![three] }).await;
    world.transport.tell_next(Ok(()));
    assert_eq!(until_told(&world, 2).await, [READ_1, DELETE_3], "the calls are independent");

    for count in 3..5 {
        half_an_hour_beside(&line).await;
        assert_eq!(told(&world).len(), count - 1, "not again beside this connection");
        line.break_off().await;
        line = world.transport.open_next();
        line.frame("ready", "k7-3", "{}").await;
        world.transport.tell_next(Err(FetchError::Unsupported));
        assert_eq!(until_told(&world, count).await[count - 1], marks("1 2"), "nothing was lost");
    }
    half_an_hour_beside(&line).await;
    line.frame("read", "k7-4", r#"{"ids":["1","2"],"read":false}"#).await;
    running.until(|view| view.inbox.unread == 2).await;
    running.stop().await;
    drop(line);
    assert_eq!(world.log(), ["not_taken_yet", "not_taken"]);

    let (running, _line) = world.live().await;
    read(&running, one).await;
    assert_eq!(until_told(&world, 5).await[4], READ_1, "in the next run it is asked again");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_keeps_what_has_to_be_said_for_the_next_one() {
    let world = World::signed_in().await;
    let (running, line, [one, ..]) = three(&world).await;
    world.transport.tell_next(Err(FetchError::Unauthorized));
    read(&running, one).await;
    until_told(&world, 1).await;
    sleep(20 * SECOND).await;
    assert_eq!(told(&world).len(), 1, "beside this stream it is not tried again");
    assert_eq!(running.handle.view().connection, Connection::Live, "a stream that works is not given up");
    line.break_off().await;
    world.transport.refuse_next(ConnectError::Unauthorized);
    running.until(|view| view.connection == Connection::SignIn).await;
    let _line = world.transport.open_next();
    running.sign_in(world.source, Token::new("n3w")).await.unwrap();
    running.until(|view| view.connection != Connection::SignIn).await;
    _line.frame("ready", "k7-3", "{}").await;
    assert_eq!(until_told(&world, 2).await, [READ_1, READ_1]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_while_there_is_no_stream_asks_for_another() {
    let world = World::signed_in().await;
    let (running, line, [one, ..]) = three(&world).await;
    for _ in 0..3 {
        world.transport.refuse_next(ConnectError::NotAStream { content_type: "text/html".to_owned() });
    }
    world.transport.page_next(r#"{"messages":[],"cursor":"k7-3","more":false}"#);
    line.break_off().await;
    running.until(|view| view.connection == Connection::Polling).await;
    world.transport.tell_next(Err(FetchError::Unauthorized));
    read(&running, one).await;
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::Rejected));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn until_it_is_sent_the_users_word_wins_over_the_servers() {
    let world = World::signed_in().await;
    let (running, line, [one, ..]) = three(&world).await;
    read(&running, one).await;
    line.frame("read", "k7-4", r#"{"ids":["1"],"read":false}"#).await;
    line.frame("system", "k7-5", &message(5, "system")).await;
    let view = running.until(|view| view.inbox.total == 4).await;
    assert_eq!(view.inbox.unread, 3, "it stays read");
    until_told(&world, 1).await;
    line.frame("read", "k7-6", r#"{"ids":["1"],"read":false}"#).await;
    line.frame("system", "k7-7", &message(7, "system")).await;
    let view = running.until(|view| view.inbox.total == 5).await;
    assert_eq!(view.inbox.unread, 4, "it is not answered yet");
    world.transport.tell_next(Ok(()));
    sleep(SECOND).await;
    line.frame("read", "k7-8", r#"{"ids":["1"],"read":false}"#).await;
    running.until(|view| view.inbox.unread == 5).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_echo_of_ones_own_marks_changes_nothing() {
    let world = World::signed_in().await;
    let (running, line, [one, _, three]) = three(&world).await;
    read(&running, one).await;
    act(&running, Action::Delete { ids: vec![three] }).await;
    world.transport.tell_next(Ok(()));
    world.transport.tell_next(Ok(()));
    until_told(&world, 2).await;
    let (shown, on_screen) = (world.notifier.shown().len(), world.notifier.on_screen().len());
    let before = running.handle.view();
    line.frame("read", "k7-4", r#"{"ids":["1"],"read":true}"#).await;
    line.frame("deleted", "k7-5", r#"{"ids":["3"]}"#).await;
    line.frame("read", "k7-6", r#"{"ids":["2"],"read":true}"#).await;
    let after = running.until(|view| view.inbox.unread == 0).await;
    assert_eq!((before.inbox.total, after.inbox.total), (2, 2));
    assert_eq!(after.inbox.rev, before.inbox.rev + 1, "the mark of somebody else alone is a change");
    assert_eq!(world.notifier.shown().len(), shown);
    assert_eq!(world.notifier.on_screen().len(), on_screen - 1, "the popup of the other one goes");
    sleep(60 * SECOND).await;
    assert_eq!(told(&world).len(), 2, "nobody is told what he has said");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_signed_out_tells_nothing_and_tells_it_after_the_next_sign_in() {
    let world = World::signed_in().await;
    let (running, _line, [one, ..]) = three(&world).await;
    read(&running, one).await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [""; 0]);
    let line = world.transport.open_next();
    running.sign_in(world.source, Token::new("n3w")).await.unwrap();
    line.frame("ready", "k7-3", "{}").await;
    assert_eq!(until_told(&world, 1).await, [READ_1]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_connects_to_nothing_tells_nothing() {
    let mut world = World::signed_in().await;
    let (running, line, [one, ..]) = three(&world).await;
    running.stop().await;
    drop(line);
    world.connects = false;
    let running = world.start();
    read(&running, one).await;
    sleep(60 * SECOND).await;
    assert_eq!(told(&world), [""; 0]);
    running.stop().await;

    world.connects = true;
    let (running, _line) = world.meet(EMPTY_PAGE);
    _line.frame("ready", "k7-3", "{}").await;
    assert_eq!(until_told(&world, 1).await, [READ_1]);
    running.stop().await;
}
