//! Times without a zone: the user's word on the source's zone, else what its first live message shows, else this
//! computer's.

use belfry_core::action::Action;
use belfry_core::fakes::Line;
use belfry_core::model::Timestamp;
use belfry_core::settings::SourceChange;
use belfry_core::view::Connection;

use crate::world::{Running, World, message_sent, page};

/// The clock stands at 09:30 UTC; this computer is at +08:00.
async fn sent(running: &Running, id: u32) -> Timestamp {
    let view = running.until(|view| view.inbox.total >= u64::from(id)).await;
    let row = view.newest.iter().find(|row| row.title == format!("title {id}")).unwrap();
    running.message(row.id).await.message.sent_at
}

fn utc(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

async fn says(line: &Line, id: u32, at: &str) {
    line.frame("reply", &format!("k7-{id}"), &message_sent(id, &format!("2026-11-22 {at}"))).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_live_message_shows_the_zone_and_it_is_remembered() {
    let world = World::signed_in().await;
    let past = message_sent(1, "2026-11-22 03:00:00");
    let (running, line) = world.meet(&page(&[past], "k7-1", false));
    says(&line, 2, "04:00:00").await;
    line.frame("ready", "k7-2", "{}").await;
    // The server is in New York, five hours behind UTC.
    says(&line, 3, "04:29:58").await;
    says(&line, 4, "03:45:00").await;
    assert_eq!(sent(&running, 3).await, utc("09:29:58"));
    assert_eq!(sent(&running, 4).await, utc("08:45:00"));
    // Until then it was this computer's, which is eight hours ahead.
    assert_eq!(sent(&running, 2).await, Timestamp(utc("04:00:00").0 - 8 * 3_600_000));
    running.stop().await;
    assert_eq!(world.saved_settings().sources[0].learned_zone.unwrap().to_string(), "-05:00");

    let mut world = world;
    world.settings = world.saved_settings();
    let line = world.transport.open_next();
    let running = world.start();
    says(&line, 5, "04:10:00").await;
    line.frame("ready", "k7-5", "{}").await;
    assert_eq!(sent(&running, 5).await, utc("09:10:00"), "what is repeated is read in the known zone");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_users_word_counts_more_and_what_shows_no_clock_teaches_nothing() {
    let mut world = World::signed_in().await;
    world.settings.sources[0].zone = Some("+01:00".parse().unwrap());
    let (running, line) = world.live().await;
    says(&line, 1, "04:29:58").await;
    assert_eq!(sent(&running, 1).await, utc("03:29:58"));
    let change = SourceChange { zone: Some("+02:00".to_owned()), ..SourceChange::default() };
    let source = world.settings.sources[0].id;
    running.handle.act(Action::EditSource { source, change: Box::new(change) }).await.unwrap();
    says(&line, 2, "04:29:58").await;
    assert_eq!(sent(&running, 2).await, utc("02:29:58"), "without a reconnect");
    running.stop().await;

    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    says(&line, 1, "04:22:00").await;
    running.until(|view| view.connection == Connection::Live && view.inbox.total == 1).await;
    says(&line, 2, "04:30:00").await;
    running.until(|view| view.inbox.total == 2).await;
    assert_eq!(running.handle.view().sources.len(), 1);
    running.stop().await;
    let path = world.folder.path().join("settings.toml");
    let saved = std::fs::read_to_string(path).unwrap_or_default();
    assert!(!saved.contains("learned_zone"), "only the first one is asked: {saved}");
}
