//! For how long messages are kept.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode};
use belfry_core::model::MessageId;
use belfry_core::settings::{Preferences, Retention, SourceChange, SourceField};

use crate::world::{NOW, Running, World, message, message_sent, page};

const HOUR: Duration = Duration::from_secs(3600);

async fn keep(running: &Running, retention: Retention) -> Result<(), FailureCode> {
    let preferences = Preferences { retention, ..running.handle.view().preferences.clone() };
    let saved = running.handle.act(Action::SavePreferences { preferences }).await;
    saved.map(drop).map_err(|failure| failure.code)
}

/// The ids of everything in the list, newest first.
fn newest(running: &Running) -> Vec<MessageId> {
    running.handle.view().newest.iter().map(|row| row.id).collect()
}

#[tokio::test(start_paused = true)]
async fn messages_are_kept_for_as_long_as_the_user_wants() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    let view = running.until(|view| view.inbox.total == 3).await;
    let oldest = view.newest[2].id;
    running.handle.act(Action::MarkRead { ids: vec![oldest] }).await.unwrap();
    assert_eq!(keep(&running, Retention::Days(0)).await, Err(FailureCode::Invalid));
    keep(&running, Retention::Days(2)).await.unwrap();
    assert_eq!(world.saved_settings().preferences.retention, Retention::Days(2));
    tokio::time::sleep(HOUR * 47).await;
    assert_eq!(running.handle.view().inbox.total, 3, "they are not two days old");
    assert_eq!(running.search("title 1").await.rows.len(), 1);
    tokio::time::sleep(HOUR * 26).await;
    let view = running.handle.view();
    assert_eq!((view.inbox.total, view.inbox.unread), (2, 2), "what is unread stays");
    assert!(!newest(&running).contains(&oldest));
    assert!(running.search("title 1").await.rows.is_empty());
    running.stop().await;

    // The server repeats it: it is known, and stays away.
    let (running, _line) = world.meet(&page(&[message(1, "system"), message(4, "system")], "k7-4", false));
    let view = running.until(|view| view.inbox.unread == 3).await;
    assert_eq!(view.inbox.total, 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_can_have_a_span_of_its_own() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message_sent(1, "2026-11-01T00:00:00Z")).await;
    line.frame("reply", "k7-2", &message_sent(2, "2026-11-20T00:00:00Z")).await;
    let view = running.until(|view| view.inbox.total == 2).await;
    let ids: Vec<_> = view.newest.iter().map(|row| row.id).collect();
    running.handle.act(Action::MarkRead { ids: ids.clone() }).await.unwrap();
    let own = |retention| {
        let change = SourceChange { retention: Some(retention), ..SourceChange::default() };
        running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) })
    };
    let failure = own(Some(Retention::Days(36_501))).await.unwrap_err();
    assert_eq!((failure.code, failure.field), (FailureCode::Invalid, Some(SourceField::Retention)));
    own(Some(Retention::All)).await.unwrap();
    keep(&running, Retention::Days(1)).await.unwrap();
    tokio::time::sleep(HOUR * 49).await;
    assert_eq!(newest(&running), ids, "its own span goes first");
    own(Some(Retention::Days(7))).await.unwrap();
    running.until(|view| view.inbox.total == 1).await;
    assert_eq!(newest(&running), ids[..1]);
    own(None).await.unwrap();
    running.until(|view| view.inbox.total == 0).await;
    assert_eq!(world.saved_settings().sources[0].retention, None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn old_messages_go_at_the_start_but_not_while_reading_them_can_be_taken_back() {
    let mut world = World::signed_in().await;
    world.settings.preferences.retention = Retention::Days(7);
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message_sent(1, "2026-11-01T00:00:00Z")).await;
    let view = running.until(|view| view.inbox.total == 1).await;
    running.handle.act(Action::MarkRead { ids: vec![view.newest[0].id] }).await.unwrap();
    keep(&running, Retention::Days(8)).await.unwrap();
    tokio::time::sleep(HOUR).await;
    assert_eq!(running.handle.view().inbox.total, 1, "it could still be taken back when it was looked at");
    running.stop().await;
    world.begin = NOW.after(HOUR);
    let (running, _line) = world.live().await;
    running.until(|view| view.inbox.total == 0).await;
    running.stop().await;
}
