//! The promise of the stream: whatever cursor a client comes with, and whenever it comes, it misses nothing, gets
//! nothing twice, and gets everything in order and in its present form.

use std::collections::BTreeMap;
use std::sync::Arc;

use belfry_protocol::MarkRead;
use belfry_server::{Config, Publisher, RunningServer, Server, Tokens};
use tokio::sync::{Barrier, watch};

use crate::client::{Block, Events, User, message, within};

const PUBLISHERS: usize = 4;
const EACH: usize = 40;
const LAST: &str = "the last one";

async fn server() -> RunningServer {
    let users = vec!["me".to_owned(), "you".to_owned()];
    Server::start(Config { tokens: Tokens::Random { users }, ..Config::default() }).await.unwrap()
}

/// What a client sees, up to the message that closes the test.
async fn follow(user: User, cursor: Option<String>, ready: Arc<Barrier>) -> Vec<Block> {
    let mut stream = user.stream(cursor.as_deref()).await;
    let mut seen = stream.replay().await;
    ready.wait().await;
    while !seen.last().is_some_and(|block| block.event == "reply" && block.title() == LAST) {
        seen.push(stream.event().await);
    }
    seen
}

/// Every message of whatever event: number, id, title.
fn messages(seen: &[Block]) -> Vec<(u64, String, String)> {
    seen.iter()
        .filter(|block| block.data["title"].is_string())
        .map(|block| (block.seq(), block.data["id"].as_str().unwrap().to_owned(), block.title().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_cursor_and_in_mid_publish_there_is_no_gap_and_no_duplicate() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let total = PUBLISHERS * EACH;
    let head = watch::Sender::new(0_u64);
    let publishing: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| tokio::spawn(publish_some(server.publisher(), publisher, head.clone())))
        .collect();

    // One client for each number that a cursor can have, each connecting as soon as its number exists; the others'
    // messages take numbers too, so that there are cursors that stand on nothing of this user's.
    let epoch = epoch_of(&server).await;
    let clients = total + total / 4 + 4;
    let ready = Arc::new(Barrier::new(clients + 1));
    let mut following = Vec::new();
    for seq in 0..=(total + total / 4) as u64 {
        within(head.subscribe().wait_for(|now| *now >= seq)).await.unwrap();
        let cursor = Some(format!("{epoch}-{seq}"));
        following.push((seq, tokio::spawn(follow(user.clone(), cursor, ready.clone()))));
    }
    for cursor in ["other-7".to_owned(), format!("{epoch}-999999"), "not a cursor".to_owned()] {
        following.push((0, tokio::spawn(follow(user.clone(), Some(cursor), ready.clone()))));
    }
    for task in publishing {
        within(task).await.unwrap();
    }
    within(ready.wait()).await;
    server.publish(message("me", LAST)).await.unwrap();

    let mut lists = Vec::new();
    for (seq, task) in following {
        lists.push((seq, within(task).await.unwrap()));
    }
    let whole = messages(&lists[0].1);
    assert_eq!(whole.len(), total + 1, "the first client had everything");
    assert!(whole.is_sorted_by(|a, b| a.0 < b.0), "in order");
    for (seq, seen) in &lists {
        let expected: Vec<_> = whole.iter().filter(|(place, ..)| place > seq).cloned().collect();
        assert_eq!(messages(seen), expected, "after {seq}");
        assert_eq!(seen.iter().filter(|block| block.event == "ready").count(), 1);
    }
    let reasons: Vec<&str> = lists[lists.len() - 3..]
        .iter()
        .map(|(_, seen)| (seen[0].event == "gap").then(|| seen[0].data["reason"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(reasons, ["reset", "unknown", "unknown"]);
    assert!(lists[..lists.len() - 3].iter().all(|(_, seen)| seen.iter().all(|block| block.event != "gap")));
    server.shutdown().await;
}

/// Publishes to `me`, and every fourth time to `you` as well; tells how far the sequence has come.
async fn publish_some(publisher: Publisher, number: usize, head: watch::Sender<u64>) {
    for round in 0..EACH {
        let placed = publisher.publish(message("me", &format!("{number}.{round}"))).await.unwrap();
        raise(&head, &placed.cursor);
        if round % 4 == 0 {
            let placed = publisher.publish(message("you", "not for me")).await.unwrap();
            raise(&head, &placed.cursor);
        }
        tokio::task::yield_now().await;
    }
}

fn raise(head: &watch::Sender<u64>, cursor: &str) {
    let seq: u64 = cursor.rsplit('-').next().unwrap().parse().unwrap();
    head.send_if_modified(|now| {
        let higher = seq > *now;
        *now = seq.max(*now);
        higher
    });
}

async fn epoch_of(server: &RunningServer) -> String {
    let cursor = User::subscriber(server, "me").page("").await.cursor.unwrap();
    cursor.rsplit_once('-').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cursor_only_what_comes_later_comes() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    server.publish(message("me", "before")).await.unwrap();
    let mut stream = user.stream(None).await;
    let replay = stream.replay().await;
    assert_eq!(replay.len(), 1, "only ready: {replay:?}");
    assert_eq!((replay[0].seq(), &replay[0].data["unread"]), (1, &serde_json::json!(1)));
    server.publish(message("me", "after")).await.unwrap();
    assert_eq!(stream.event().await.title(), "after");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_published_while_a_stream_opens_arrives_without_another_wake() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let mut cursor = server.publish(message("me", "first")).await.unwrap().cursor;
    for round in 0..200 {
        let (handle, title) = (server.publisher(), round.to_string());
        let publishing = tokio::spawn(async move {
            // Each round moves the publish a little against the opening. Nothing is published after it, which would
            // hide a wake that was lost.
            for _ in 0..round % 40 {
                tokio::task::yield_now().await;
            }
            handle.publish(message("me", &title)).await
        });
        let mut stream = user.stream(Some(&cursor)).await;
        let mut block = stream.event().await;
        if block.event == "ready" {
            block = stream.event().await;
        }
        assert_eq!(block.title(), round.to_string());
        cursor = within(publishing).await.unwrap().unwrap().cursor;
    }
    server.shutdown().await;
}

/// What a client holds after applying everything that it has seen: title and mark by id.
type State = BTreeMap<String, (String, bool)>;

fn apply(state: &mut State, block: &Block) {
    let ids = || -> Vec<String> {
        block.data["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    match block.event.as_str() {
        "ready" | "gap" => {}
        "read" => {
            for id in ids() {
                if let Some((_, read)) = state.get_mut(&id) {
                    *read = block.data["read"].as_bool().unwrap();
                }
            }
        }
        "deleted" => {
            for id in ids() {
                state.remove(&id);
            }
        }
        _ => {
            let id = block.data["id"].as_str().unwrap().to_owned();
            state.insert(id, (block.title().to_owned(), block.data["isRead"].as_bool().unwrap()));
        }
    }
}

/// Changes of every sort, from several tasks at once.
async fn change_some(publisher: Publisher, number: usize) {
    for round in 0..12 {
        let mut ids = Vec::new();
        for place in 0..4 {
            let title = format!("{number}.{round}.{place}");
            ids.push(publisher.publish(message("me", &title)).await.unwrap().id);
        }
        let changed = message("me", &format!("{number}.{round} changed"));
        publisher.update("me", &ids[0], changed.clone()).await.unwrap();
        let mark = |ids: &[String], read| MarkRead::Ids { ids: ids.to_vec(), read };
        publisher.mark_read("me", mark(&ids[..3], true)).await.unwrap();
        publisher.mark_read("me", mark(&ids[1..2], false)).await.unwrap();
        publisher.delete("me", &ids[2]).await.unwrap();
        publisher.update("me", &ids[1], changed).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_any_place_changes_of_every_sort_lead_to_the_same_state() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let epoch = epoch_of(&server).await;
    let mut reference = user.stream(Some(&format!("{epoch}-0"))).await;
    let changing: Vec<_> =
        (0..3).map(|number| tokio::spawn(change_some(server.publisher(), number))).collect();

    let handle = server.publisher();
    let all_changed = tokio::spawn(async move {
        for task in changing {
            task.await.unwrap();
        }
        handle.publish(message("me", LAST)).await.unwrap();
    });

    // The reference notes its state at each place where it stood; a later client resumes from there.
    let (mut end, mut places, mut resumed) = (State::new(), vec![(0, State::new())], Vec::new());
    loop {
        let block = reference.event().await;
        apply(&mut end, &block);
        if block.event == "reply" && block.title() == LAST {
            break;
        }
        places.push((block.seq(), end.clone()));
        if places.len() % 7 == 0 {
            // In mid-change: this client resumes while the others go on.
            resumed.push((end.clone(), user.stream(block.id.as_deref()).await));
        }
    }
    within(all_changed).await.unwrap();
    assert_eq!(end.len(), 3 * 12 * 3 + 1);

    for (before, mut stream) in resumed {
        assert_eq!(settle(before, &mut stream, 0).await, end, "resumed in mid-change");
    }
    for (seq, before) in places {
        let mut stream = user.stream(Some(&format!("{epoch}-{seq}"))).await;
        assert_eq!(settle(before, &mut stream, seq).await, end, "resumed after {seq}");
    }
    server.shutdown().await;
}

/// Applies what comes until the closing message, checking that the cursor only ever rises.
async fn settle(mut state: State, stream: &mut Events, after: u64) -> State {
    let mut place = after;
    loop {
        let block = stream.event().await;
        if block.event == "ready" {
            continue;
        }
        assert!(block.seq() > place, "{place} then {block:?}");
        place = block.seq();
        apply(&mut state, &block);
        if block.event == "reply" && block.title() == LAST {
            return state;
        }
    }
}

#[tokio::test]
async fn a_message_that_changed_comes_once_in_its_present_form() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let epoch = epoch_of(&server).await;
    let id = server.publish(message("me", "first")).await.unwrap().id;
    server.publish(message("me", "other")).await.unwrap();
    server.update("me", &id, message("me", "second")).await.unwrap();
    server.update("me", &id, message("me", "third")).await.unwrap();

    let titles = |seen: &[Block]| -> Vec<String> {
        seen.iter()
            .filter(|block| block.event != "ready")
            .map(|block| format!("{} {}", block.event, block.title()))
            .collect()
    };
    let new = user.stream(Some(&format!("{epoch}-0"))).await.replay().await;
    assert_eq!(titles(&new), ["reply other", "reply third"], "new to this client");
    let known = user.stream(Some(&format!("{epoch}-2"))).await.replay().await;
    assert_eq!(titles(&known), ["updated third"], "this client has had the first form");
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_no_cursor_of_this_server_is_a_gap_and_never_an_error() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let cursor = server.publish(message("me", "1")).await.unwrap().cursor;
    assert!(cursor.len() <= 128 && cursor.bytes().all(|byte| byte.is_ascii_graphic()), "{cursor}");
    let long = "x".repeat(10_000);
    for bytes in
        [b"\xff\xfe".as_slice(), "k7-\u{6587}".as_bytes(), b"k7-18446744073709551616", long.as_bytes()]
    {
        let request = user.get("/sse/connect").header("Last-Event-ID", bytes);
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        let seen = Events::of(response).replay().await;
        let names: Vec<_> = seen.iter().map(|block| block.event.as_str()).collect();
        assert_eq!(names, ["gap", "reply", "ready"], "everything that the server has comes after it");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn below_the_floor_there_is_a_gap_and_then_what_is_left() {
    let server = server().await;
    let user = User::subscriber(&server, "me");
    let epoch = epoch_of(&server).await;
    for title in ["1", "2", "3", "4"] {
        server.publish(message("me", title)).await.unwrap();
    }
    server.expire_up_to(&format!("{epoch}-2")).await.unwrap();
    for (seq, gap, titles) in
        [(0, true, "3 4"), (1, true, "3 4"), (2, false, "3 4"), (3, false, "4"), (4, false, "")]
    {
        let asked = format!("{epoch}-{seq}");
        let seen = user.stream(Some(&asked)).await.replay().await;
        let left: Vec<String> = messages(&seen).into_iter().map(|(.., title)| title).collect();
        assert_eq!((seen[0].event == "gap", left.join(" ")), (gap, titles.to_owned()), "after {seq}");
        if gap {
            let data = &seen[0].data;
            assert_eq!((&data["reason"], &data["after"]), (&"expired".into(), &asked.as_str().into()));
            assert!(
                data["until"].as_str().unwrap().ends_with('Z')
                    && data["from"].is_null()
                    && seen[0].id.is_none()
            );
        }
    }
    server.shutdown().await;
}
