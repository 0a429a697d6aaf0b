//! Clients that lie, babble, stall or come in crowds: they are left alone, and the others are served.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use belfry_core::action::SecretUse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::{LIMIT, World, reply};
use crate::instance::channel;
use crate::instance::client::Client;
use crate::instance::wire::{Raise, Reply, Request, Why, send, send_json};

#[tokio::test]
async fn the_socket_is_the_users_alone() {
    let world = World::with_window().await;
    let path = channel::paths(&world.profile).remove(0);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    world.end().await;
    assert!(!path.exists(), "it is taken away at the end");
}

#[tokio::test]
async fn another_protocol_or_profile_is_told_so() {
    let world = World::with_window().await;
    let (mut stream, refused) = world.greeted(|hello| hello.protocol += 1).await;
    assert!(matches!(refused, Reply::Refused { why: Why::Version, .. }), "{refused:?}");
    assert!(reply(&mut stream).await.is_none(), "and left");
    let (_, refused) = world.greeted(|hello| hello.profile = Uuid::new_v4()).await;
    assert!(matches!(refused, Reply::Refused { why: Why::Profile, .. }), "{refused:?}");
    world.end().await;
}

#[tokio::test]
async fn another_version_may_raise_the_window_and_nothing_else() {
    let world = World::with_window().await;
    let (mut stream, welcome) = world.greeted(|hello| hello.version = "9.9.9".to_owned()).await;
    assert!(matches!(welcome, Reply::Hello { .. }), "{welcome:?}");
    send_json(&mut stream, &Request::View).await.unwrap();
    let refused = reply(&mut stream).await;
    assert!(matches!(refused, Some(Reply::Refused { why: Why::Version, .. })), "{refused:?}");
    send_json(&mut stream, &Request::Raise(Raise::default())).await.unwrap();
    assert!(matches!(reply(&mut stream).await, Some(Reply::Raised)));
    assert_eq!(world.window.asked().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn garbage_is_answered_with_one_word_and_the_door() {
    let world = World::with_window().await;
    for greeted in [false, true] {
        for garbage in
            [&b"no json"[..], b"{}", br#"{"type":"view","#, b"", br#"{"type":"quit"}"#, &[0xff; 300]]
        {
            let mut stream = if greeted { world.greeted(|_| {}).await.0 } else { world.raw().await };
            send(&mut stream, garbage).await.unwrap();
            let refused = reply(&mut stream).await;
            assert!(matches!(refused, Some(Reply::Refused { why: Why::Malformed, .. })), "{refused:?}");
            assert!(reply(&mut stream).await.is_none());
        }
        // What is no frame at all: its first four bytes announce more than a gigabyte.
        let mut stream = if greeted { world.greeted(|_| {}).await.0 } else { world.raw().await };
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let refused = reply(&mut stream).await;
        assert!(matches!(refused, Some(Reply::Refused { why: Why::Malformed, .. })), "{refused:?}");
    }
    for (secret, why) in [(&[b't'; 64 * 1024 + 1][..], "beyond its size"), (b"s3cret", "of no kind")] {
        let (mut stream, _) = world.greeted(|_| {}).await;
        let what = SecretUse::Keep { source: world.source };
        send_json(&mut stream, &Request::Secret { what }).await.unwrap();
        send(&mut stream, secret).await.unwrap();
        assert!(reply(&mut stream).await.is_none(), "a secret {why}");
    }
    world.client().await.view().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn half_frames_and_silence_hold_nobody_up() {
    let world = World::with_window().await;
    let mut silent = world.raw().await;
    let mut half = world.raw().await;
    half.write_all(&[0, 0]).await.unwrap();
    let (mut long, _) = world.greeted(|_| {}).await;
    long.write_all(&(1024_u32 * 1024).to_be_bytes()).await.unwrap();
    long.write_all(b"{").await.unwrap();
    let mut gone = world.raw().await;
    gone.write_all(&[0, 0, 0, 9, b'{']).await.unwrap();
    drop(gone);

    let mut client = world.client().await;
    world.message(1).await;
    world.until(|view| view.inbox.unread == 1).await;
    assert_eq!(client.view().await.unwrap().inbox.unread, 1);
    for stalled in [&mut silent, &mut half, &mut long] {
        let read = tokio::time::timeout(LIMIT, stalled.read(&mut [0])).await;
        assert_eq!(read.expect("it is never left").unwrap(), 0);
    }
    client.view().await.expect("one that has said hello may be silent as long as it likes");
    world.end().await;
}

#[tokio::test]
async fn a_hundred_clients_are_served_at_once_and_a_crowd_is_turned_away() {
    let world = World::with_window().await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(world.client().await);
    }
    let all = clients.iter_mut().map(Client::view);
    for view in futures_util::future::join_all(all).await {
        assert_eq!(view.unwrap().sources.len(), 1);
    }
    // Those who watch are never sent away for others.
    let mut watching = Vec::new();
    for client in clients {
        watching.push(client.watch().await.unwrap());
    }
    for _ in 100..128 {
        watching.push(world.client().await.watch().await.unwrap());
    }
    let refused = world.client().await.view().await.unwrap_err();
    assert!(refused.to_string().contains("too many clients"), "{refused}");
    let mut second = Client::connect_to_raise(&world.profile).await.unwrap();
    second.raise(None, None).await.expect("a second start is heard all the same");
    assert_eq!(world.window.asked().len(), 1);
    drop(second);

    let mut silent = Vec::new();
    let turned_away = async {
        loop {
            match Client::connect(&world.profile).await {
                Ok(client) => silent.push(client),
                Err(error) => break error.to_string(),
            }
        }
    };
    let error = tokio::time::timeout(LIMIT, turned_away).await.expect("nobody is turned away");
    assert!(error.contains("too many clients"), "{error}");
    drop((silent, watching));
    // The places are free again as soon as the server has seen that they went.
    let again = async {
        loop {
            if let Ok(mut client) = Client::connect(&world.profile).await
                && client.view().await.is_ok()
            {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, again).await.expect("no place became free");
    world.end().await;
}

#[tokio::test]
async fn whoever_has_been_silent_for_the_longest_makes_room_in_a_crowd() {
    let world = World::with_window().await;
    let mut silent = Vec::new();
    for _ in 0..128 {
        silent.push(world.client().await);
    }
    silent[0].view().await.expect("nobody is sent away while there is room");
    for _ in 0..3 {
        let mut client = world.client().await;
        client.view().await.expect("a place was made");
        silent.push(client);
    }
    for (number, client) in silent.iter_mut().enumerate() {
        match (number, client.view().await) {
            (1..=3, gone) => {
                let error = gone.unwrap_err().to_string();
                assert!(error.contains("too many clients"), "{number}: {error}");
            }
            (_, view) => drop(view.unwrap()),
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_watcher_that_does_not_read_slows_nothing() {
    const MESSAGES: u32 = 4000;
    let world = World::with_window().await;
    let (mut stream, _) = world.greeted(|_| {}).await;
    send_json(&mut stream, &Request::Watch).await.unwrap();
    assert!(matches!(reply(&mut stream).await, Some(Reply::Watching)));
    let began = tokio::time::Instant::now();
    for number in 1..=MESSAGES {
        world.message(number).await;
    }
    world.until(|view| view.inbox.unread == u64::from(MESSAGES)).await;
    world.client().await.view().await.unwrap();
    // Well below the time after which the watcher is left: the engine did not wait for that.
    assert!(began.elapsed() < LIMIT);

    let mut missed = 0;
    let mut seen = 0;
    while seen + missed < u64::from(MESSAGES) {
        match tokio::time::timeout(Duration::from_secs(20), reply(&mut stream)).await.unwrap() {
            Some(Reply::Happened { .. }) => seen += 1,
            Some(Reply::Missed { count }) => missed += count,
            // It was left meanwhile.
            None => return world.end().await,
            Some(other) => panic!("{other:?}"),
        }
    }
    assert!(missed > 0, "it missed nothing of {MESSAGES} messages without reading");
    world.end().await;
}
