//! Marking everything read where that takes longer than anybody waits: all count as read at once, and follow later.

use std::time::Instant;

use belfry_core::action::{Action, Outcome, Tab};
use belfry_core::model::{MessageKind, NewMessage, Priority, RemoteId, SentAt, Via};
use belfry_core::settings::profile::Profile;
use belfry_core::store::{Announce, Arrival, Batch, Change, Store};
use tokio::task::yield_now;

use crate::world::{NOW, World};

/// More than one slice marks.
const MANY: u64 = 20_000;

fn store(world: &World) -> Store {
    Store::open(&Profile::open(world.folder.path()).unwrap().database_path()).unwrap()
}

/// A profile without a connection that has so many unread messages.
async fn world_with(count: u64) -> World {
    let mut world = World::signed_in().await;
    world.connects = false;
    let arrival = |n: u64| Arrival {
        message: NewMessage {
            remote_id: Some(RemoteId(n.to_string())),
            kind: MessageKind::System,
            title: format!("title {n}"),
            body: String::new(),
            is_read: false,
            related_id: None,
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: SentAt::Exact(NOW),
            extra: serde_json::Map::new(),
            payload: None,
        },
        sent_at: NOW,
        via: Via::Replay,
        announce: Announce::Never,
    };
    let changes = (0..count).map(|n| Change::Message(arrival(n))).collect();
    let batch = Batch { changes, ..Batch::default() };
    store(&world).deliver(world.source, &batch, NOW).unwrap();
    world
}

/// Lets the engine work until no message has to follow any more.
async fn all_followed(world: &World) {
    let store = store(world);
    while store.resume_all_read().unwrap().is_some() {
        yield_now().await;
    }
}

#[tokio::test]
async fn the_answer_comes_with_the_view_that_shows_it_and_long_before_all_have_followed() {
    let world = world_with(MANY).await;
    let running = world.start();
    running.until(|view| view.inbox.unread == MANY).await;
    let asked = Instant::now();
    let done = running.handle.act(Action::MarkAllRead).await.unwrap();
    let answered = asked.elapsed();
    assert!(matches!(done, Outcome::Undoable { .. }), "{done:?}");
    assert_eq!(running.handle.view().inbox.unread, 0);
    assert!(running.page(Tab::Unread).await.rows.is_empty());
    assert!(running.page(Tab::All).await.rows.iter().all(|row| !row.unread));
    let before = running.handle.view().inbox.rev;
    all_followed(&world).await;
    let followed = asked.elapsed();
    assert!(answered * 2 < followed, "answered after {answered:?}, all followed after {followed:?}");
    assert_eq!(running.handle.view().inbox.rev, before, "no list has to be read again");
    running.stop().await;
    assert_eq!(store(&world).summary(NOW).unwrap().unread, 0);
    store(&world).check().unwrap();
}

#[tokio::test]
async fn it_can_be_taken_back_while_messages_follow() {
    let world = world_with(MANY).await;
    let running = world.start();
    running.until(|view| view.inbox.unread == MANY).await;
    for _ in 0..2 {
        let Outcome::Undoable { undo } = running.handle.act(Action::MarkAllRead).await.unwrap() else {
            panic!("nothing to take back");
        };
        assert!(store(&world).resume_all_read().unwrap().is_some(), "all have followed already");
        running.handle.act(Action::Undo { undo }).await.unwrap();
        assert_eq!(running.handle.view().inbox.unread, MANY);
        assert!(store(&world).resume_all_read().unwrap().is_none());
    }
    running.stop().await;
    store(&world).check().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_has_begun_counts_as_read_from_the_start_and_is_brought_to_its_end() {
    let world = world_with(1_000).await;
    assert!(store(&world).begin_all_read(NOW).unwrap().is_some());
    let running = world.start();
    assert_eq!(running.handle.view().inbox.unread, 0);
    all_followed(&world).await;
    running.stop().await;
    assert_eq!(store(&world).summary(NOW).unwrap().unread, 0);
    store(&world).check().unwrap();
}
