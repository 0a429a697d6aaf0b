//! Archive, delete, and taking things back.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode, Outcome, Tab, UndoId};
use belfry_core::model::MessageId;

use crate::world::{Running, World, message};

/// An engine that has three unread messages, each with its popup; the newest first.
async fn three(world: &World) -> (Running, belfry_core::fakes::Line, Vec<MessageId>) {
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    let view = running.until(|view| view.inbox.unread == 3).await;
    let ids = view.newest.iter().map(|row| row.id).collect();
    assert_eq!(world.notifier.on_screen().len(), 3);
    (running, line, ids)
}

async fn undoable(running: &Running, action: Action) -> UndoId {
    match running.handle.act(action).await.unwrap() {
        Outcome::Undoable { undo } => undo,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_act_on_messages_is_undone_within_ten_seconds() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let one = vec![ids[1]];
    let acts = [
        (Action::MarkRead { ids: one.clone() }, (3, 2)),
        (Action::MarkAllRead, (3, 0)),
        (Action::Archive { ids: one.clone() }, (2, 2)),
        (Action::Delete { ids: one.clone() }, (2, 2)),
    ];
    for (act, (total, unread)) in acts {
        let undo = undoable(&running, act.clone()).await;
        let inbox = running.handle.view().inbox.clone();
        assert_eq!((inbox.total, inbox.unread), (total, unread), "{act:?}");
        tokio::time::advance(Duration::from_millis(9_900)).await;
        running.handle.act(Action::Undo { undo }).await.unwrap();
        let inbox = running.handle.view().inbox.clone();
        assert_eq!((inbox.total, inbox.unread), (3, 3), "{act:?}");
        let again = running.handle.act(Action::Undo { undo }).await.unwrap_err();
        assert_eq!(again.code, FailureCode::TooLate, "{act:?}");
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn popups_go_with_what_is_archived_deleted_or_read() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    undoable(&running, Action::Archive { ids: vec![ids[0]] }).await;
    assert_eq!(world.notifier.on_screen().len(), 2);
    undoable(&running, Action::Delete { ids: vec![ids[1]] }).await;
    assert_eq!(world.notifier.on_screen().len(), 1);
    let undo = undoable(&running, Action::MarkRead { ids: vec![ids[2]] }).await;
    assert!(world.notifier.on_screen().is_empty());
    running.handle.act(Action::Undo { undo }).await.unwrap();
    assert!(world.notifier.on_screen().is_empty(), "nothing pops up a second time");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_ten_seconds_it_is_too_late() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let undo = undoable(&running, Action::Delete { ids: vec![ids[0]] }).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let failure = running.handle.act(Action::Undo { undo }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TooLate);
    assert_eq!(running.titles().await, ["title 2", "title 1"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_cannot_be_undone() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    for action in [
        Action::MarkUnread { ids: ids.clone() },
        Action::Unarchive { ids: ids.clone() },
        Action::Archive { ids: vec![MessageId(999)] },
    ] {
        assert_eq!(running.handle.act(action).await.unwrap(), Outcome::Done);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_archive_is_a_tab_and_leads_back_to_the_list() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    undoable(&running, Action::Archive { ids: ids.clone() }).await;
    assert!(running.titles().await.is_empty());
    assert_eq!(running.page(Tab::Archived).await.rows.len(), 3);
    undoable(&running, Action::Unarchive { ids: vec![ids[1]] }).await;
    assert_eq!(running.titles().await, ["title 2"]);
    assert_eq!(running.handle.view().inbox.unread, 0, "it stays read");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_stays_deleted_after_a_restart() {
    let world = World::signed_in().await;
    let (running, line, ids) = three(&world).await;
    undoable(&running, Action::Delete { ids: vec![ids[0]] }).await;
    running.stop().await;
    drop(line);
    let (running, line) = world.live().await;
    assert_eq!(running.titles().await, ["title 2", "title 1"]);
    line.frame("system", "k7-3", &message(3, "system")).await;
    line.frame("system", "k7-4", &message(4, "system")).await;
    running.until(|view| view.inbox.total == 3).await;
    assert_eq!(running.titles().await, ["title 4", "title 2", "title 1"]);
    running.stop().await;
}
