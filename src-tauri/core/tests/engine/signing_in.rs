//! Tokens: where they are looked for, where they are kept, and what happens without one.

use belfry_core::action::{Action, FailureCode};
use belfry_core::fakes::Request;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::Token;
use belfry_core::policy::PopupKey;
use belfry_core::ports::{ConnectError, SecretError};
use belfry_core::view::{Connection, SecretView};

use crate::world::{EMPTY_PAGE, World};

#[tokio::test(start_paused = true)]
async fn without_a_token_there_is_no_connection_at_all() {
    let world = World::signed_out();
    let running = world.start();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(world.transport.requests().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_comes_in_is_kept_and_used() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.handle.secret(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Keychain);
    let sent = world.transport.requests().into_iter().find_map(|request| match request {
        Request::Stream { token, .. } => token,
        Request::Page { .. } => None,
    });
    assert_eq!(sent.as_deref(), Some("abc"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_keychain_the_token_lives_in_memory_and_the_view_says_so() {
    let world = World::signed_out();
    world.secrets.fail_always(Some(SecretError::Absent));
    let running = world.start();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].secret, SecretView::Absent);
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.handle.secret(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_keychain_cannot_hold_is_refused_in_words() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.secrets.fail_next(SecretError::TooLong);
    let failure = running.handle.secret(world.source, Token::new("abc")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Keychain);
    assert!(world.transport.requests().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_locked_keychain_is_asked_again_when_the_user_says_so() {
    let world = World::signed_in().await;
    world.secrets.fail_next(SecretError::Locked);
    let running = world.start();
    let view = running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::KeychainLocked));
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.handle.act(Action::RetryNow).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_told_once_and_stops_everything() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::Rejected));
    tokio::time::sleep(std::time::Duration::from_secs(24 * 3600)).await;
    assert_eq!(world.transport.requests().len(), 2);
    let popups: Vec<PopupKey> = world.notifier.shown().iter().map(|popup| popup.key).collect();
    assert_eq!(popups, [PopupKey::SignIn]);

    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.handle.secret(world.source, Token::new("fresh")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(world.notifier.on_screen().is_empty(), "the word about signing in is taken back");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn signing_out_closes_the_stream_and_erases_the_token() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    let view = running.handle.view();
    assert_eq!(view.sources[0].link.state, LinkState::Stopped);
    assert_eq!(view.sources[0].secret, SecretView::Missing);
    assert!(line.is_closed());
    running.handle.act(Action::RetryNow).await.unwrap();
    assert_eq!(running.handle.view().sources[0].link.reason, Some(Reason::SignedOut));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_token_is_not_a_token() {
    let world = World::signed_out();
    let running = world.start();
    let failure = running.handle.secret(world.source, Token::new("  ")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_source_never_asks_the_keychain() {
    let mut world = World::signed_out();
    world.secrets_in_session();
    world.secrets.fail_always(Some(SecretError::Failed("asked".to_owned())));
    let running = world.start();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.handle.secret(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    running.stop().await;
}
