//! Those who watch a running engine: they come and go, and a slow one slows nobody.

use belfry_core::engine::{Observation, Seen, Watcher};

use crate::world::{World, message};

/// The titles of the messages that a watcher is told of, and what it missed, until it has seen `last`.
async fn seen_until(watcher: &mut Watcher, last: &str) -> (Vec<String>, u64) {
    let (mut titles, mut missed) = (Vec::new(), 0);
    while titles.last().is_none_or(|title| title != last) {
        match watcher.next().await.expect("the engine has ended") {
            Seen::Happened(observation) => {
                if let Observation::Message { message, .. } = &*observation {
                    titles.push(message.title.clone());
                }
            }
            Seen::Missed(count) => missed += count,
        }
    }
    (titles, missed)
}

#[tokio::test(start_paused = true)]
async fn watchers_come_and_go_while_the_engine_runs() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &message(1, "system")).await;
    running.until(|view| view.inbox.unread == 1).await;

    let mut first = running.handle.watch();
    let mut second = running.handle.watch();
    line.frame("system", "k7-2", &message(2, "system")).await;
    assert_eq!(seen_until(&mut first, "title 2").await, (vec!["title 2".to_owned()], 0));
    drop(first);
    line.frame("system", "k7-3", &message(3, "system")).await;
    let (titles, missed) = seen_until(&mut second, "title 3").await;
    assert_eq!((titles, missed), (vec!["title 2".to_owned(), "title 3".to_owned()], 0));

    let handle = running.handle.clone();
    running.stop().await;
    while second.next().await.is_some() {}
    assert_eq!(handle.watch().next().await, None, "nobody watches an engine that has ended");
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_sleeps_misses_something_and_holds_nobody_up() {
    const MESSAGES: u32 = 1500;
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let mut sleeper = running.handle.watch();
    for id in 1..=MESSAGES {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    running.until(|view| view.inbox.unread == u64::from(MESSAGES)).await;
    let (titles, missed) = seen_until(&mut sleeper, &format!("title {MESSAGES}")).await;
    assert!(missed > 0 && titles.len() < 1_100, "{missed} missed, {} seen", titles.len());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_watcher_gets_a_long_message_cut() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let mut watcher = running.handle.watch();
    let body = "长".repeat(100_000);
    line.frame("system", "k7-1", &format!(r#"{{"id":"1","title":"T","content":"{body}","x":1}}"#)).await;
    loop {
        let Some(Seen::Happened(observation)) = watcher.next().await else { panic!("it missed something") };
        let Observation::Message { message, .. } = &*observation else { continue };
        assert!(
            message.body.len() <= 64 * 1024 && body.starts_with(&message.body) && message.extra.is_empty()
        );
        break;
    }
    running.stop().await;
}
