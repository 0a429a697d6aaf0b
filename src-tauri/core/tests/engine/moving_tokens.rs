//! Tokens on their way between keychain and memory while the keychain is locked: none is left behind, none is
//! lost, and none that counts no more comes back.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode};
use belfry_core::link::Reason;
use belfry_core::model::Token;
use belfry_core::ports::SecretError;
use belfry_core::settings::{SecretPlace, SignedOut, SourceChange};
use belfry_core::view::{Connection, SecretView};

use crate::world::{EMPTY_PAGE, Running, World, sign_in};

async fn keep_in(place: SecretPlace, world: &World, running: &Running) {
    let change = SourceChange { secrets: Some(place), ..SourceChange::default() };
    running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) }).await.unwrap();
}

/// A source whose token is in a keychain that has been locked since before the start.
async fn locked() -> (World, Running) {
    let world = World::signed_in().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    (world, running)
}

fn unlock(world: &World) {
    world.secrets.fail_always(None);
    world.secrets.report_change();
}

/// Waits until the keychain has no token and the settings owe it no erasure.
async fn until_erased(world: &World) {
    let limit = tokio::time::Instant::now() + Duration::from_secs(3600);
    let is_owed = || {
        let saved = world.saved_settings();
        let left = saved.sources.iter().any(|source| source.signed_out == SignedOut::TokenLeft);
        left || !saved.leftover_tokens.is_empty()
    };
    while world.secrets.stored(world.key()).is_some() || is_owed() {
        assert!(tokio::time::Instant::now() < limit, "the token is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_removed_while_an_erasure_is_owed_leaves_no_token_behind() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    keep_in(SecretPlace::Session, &world, &running).await;
    running.until(|view| view.sources[0].secret == SecretView::Session).await;
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    assert_eq!(world.saved_settings().leftover_tokens, [world.source]);
    unlock(&world);
    until_erased(&world).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_removed_with_a_token_nobody_has_read_leaves_none_behind() {
    let (world, running) = locked().await;
    keep_in(SecretPlace::Session, &world, &running).await;
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    assert_eq!(world.saved_settings().leftover_tokens, [world.source]);
    unlock(&world);
    until_erased(&world).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_moves_to_memory_is_read_before_it_is_erased() {
    let (world, running) = locked().await;
    let asked = world.secrets.requests();
    keep_in(SecretPlace::Session, &world, &running).await;
    assert_eq!(world.secrets.requests(), asked, "nobody is asked to unlock what they do without");
    assert_eq!(world.saved_settings().sources[0].signed_out, SignedOut::TokenLeft);
    let line = world.serve(EMPTY_PAGE);
    line.frame("ready", "k7-0", "{}").await;
    unlock(&world);
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    assert_eq!(world.tokens_sent(), ["s3cret"]);
    until_erased(&world).await;
    assert_eq!(running.handle.view().connection, Connection::Live, "it lives on in memory");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_to_move_stays_where_the_user_has_thought_better_of_it() {
    let (world, running) = locked().await;
    keep_in(SecretPlace::Session, &world, &running).await;
    keep_in(SecretPlace::Keychain, &world, &running).await;
    running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    assert_eq!(world.saved_settings().sources[0].signed_out, SignedOut::Erased);
    let line = world.serve(EMPTY_PAGE);
    line.frame("ready", "k7-0", "{}").await;
    unlock(&world);
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Keychain);
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("s3cret"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_to_move_does_not_take_the_place_of_a_newer_one() {
    let (world, running) = locked().await;
    keep_in(SecretPlace::Session, &world, &running).await;
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    // This keychain does not report that it has been unlocked.
    world.secrets.fail_always(None);
    until_erased(&world).await;
    assert_eq!(running.handle.view().sources[0].secret, SecretView::Session);
    assert_eq!(world.tokens_sent(), ["abc"]);
    assert!(!line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_to_move_does_not_sign_in_after_a_sign_out() {
    let (world, running) = locked().await;
    keep_in(SecretPlace::Session, &world, &running).await;
    let failure = running.handle.act(Action::SignOut { source: world.source }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TokenLeft);
    unlock(&world);
    until_erased(&world).await;
    assert_eq!(running.handle.view().sources[0].link.reason, Some(Reason::SignedOut));
    assert!(world.transport.requests().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_during_an_owed_erasure_reaches_the_keychain_in_the_end() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let failure = running.handle.act(Action::SignOut { source: world.source }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TokenLeft);
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.sources[0].secret == SecretView::Session).await;
    // This keychain does not report that it has been unlocked.
    world.secrets.fail_always(None);
    running.until(|view| view.sources[0].secret == SecretView::Keychain).await;
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("abc"));
    assert_eq!(world.saved_settings().sources[0].signed_out, SignedOut::Erased);
    assert!(!line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_overtakes_a_sign_out_reaches_the_keychain_in_the_end() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let (source, calls) = (world.source, world.secrets.calls());
    world.secrets.hold();
    let handle = running.handle.clone();
    let signing_out = tokio::spawn(async move { handle.act(Action::SignOut { source }).await });
    world.until_called(calls + 1).await;
    let line = world.serve(EMPTY_PAGE);
    let handle = running.handle.clone();
    let signing_in = tokio::spawn(async move { sign_in(&handle, source, Token::new("abc")).await });
    world.until_called(calls + 2).await;
    world.secrets.fail_always(Some(SecretError::Locked));
    world.secrets.release();
    assert_eq!(signing_out.await.unwrap().unwrap_err().code, FailureCode::TokenLeft);
    signing_in.await.unwrap().unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.sources[0].secret == SecretView::Session).await;
    // This keychain does not report that it has been unlocked.
    world.secrets.fail_always(None);
    running.until(|view| view.sources[0].secret == SecretView::Keychain).await;
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("abc"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_reports_its_own_erasure_does_not_get_the_token_back() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let calls = world.secrets.calls();
    world.secrets.hold();
    keep_in(SecretPlace::Session, &world, &running).await;
    world.until_called(calls + 1).await;
    world.secrets.report_change();
    world.until_called(calls + 2).await;
    world.secrets.release();
    until_erased(&world).await;
    // Both answers have come by then, and no heartbeat is missed.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.secrets.stored(world.key()), None);
    assert_eq!(running.handle.view().sources[0].secret, SecretView::Session);
    assert!(!line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_token_should_be_in_memory_leaves_none_in_the_keychain_when_it_goes() {
    let mut world = World::signed_in().await;
    world.secrets_in_session();
    let running = world.start();
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    until_erased(&world).await;
    running.stop().await;
}

/// Whoever ends the program between two saves must find what the keychain still owes.
#[tokio::test]
async fn a_token_that_moves_to_memory_is_never_out_of_sight_on_the_disk() {
    for _ in 0..20 {
        let world = World::signed_in().await;
        let path = world.folder.path().join("settings.toml");
        let running = world.start();
        running.until(|view| view.sources[0].secret == SecretView::Keychain).await;
        // Nothing is erased meanwhile.
        world.secrets.hold();
        let (began, begun) = std::sync::mpsc::sync_channel(0);
        let reading = std::thread::spawn(move || {
            began.send(()).unwrap();
            let limit = std::time::Instant::now() + Duration::from_secs(30);
            while std::time::Instant::now() < limit {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if text.contains("secrets = \"session\"") {
                    return text.contains("signed_out = \"token_left\"");
                }
            }
            false
        });
        begun.recv().unwrap();
        keep_in(SecretPlace::Session, &world, &running).await;
        assert!(reading.join().unwrap(), "the token was in the keychain, and nothing said so");
        world.secrets.release();
        running.stop().await;
    }
}
