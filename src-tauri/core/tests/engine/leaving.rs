//! Ending a session on its server: when a user signs out whose token the server had given for a password, and only then.
//! And a source that was added for a token which never came.

use std::time::Duration;

use belfry_core::action::{Action, Credentials, FailureCode, Outcome, SecretOutcome, SecretUse};
use belfry_core::fakes::Request;
use belfry_core::model::{SecretText, SourceId, Token};
use belfry_core::ports::{FetchError, SecretError, SecretKey, SecretStore};
use belfry_core::settings::{NewSource, SecretPlace, TokenOrigin};
use belfry_core::view::{Connection, SecretView};

use crate::world::{EMPTY_PAGE, Running, World};

const LOGOUT: &str = "https://example.org/api/auth/logout";

/// The addresses of what was posted, but for the sign-in.
fn posts(world: &World) -> Vec<String> {
    let address = |request| match request {
        Request::Post { url, .. } if !url.ends_with("/auth/login") => Some(url),
        _ => None,
    };
    world.transport.requests().into_iter().filter_map(address).collect()
}

fn origin(world: &World) -> TokenOrigin {
    world.saved_settings().sources[0].token_from
}

/// Signs in with a password, and goes live.
async fn by_password(world: &World) -> (Running, belfry_core::fakes::Line) {
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.transport.post_next(Ok(r#"{"token":"abc"}"#));
    let line = world.serve(EMPTY_PAGE);
    running.handle.secret(SecretUse::Keep { source: world.source }, password()).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    (running, line)
}

async fn sign_out(running: &Running, world: &World) {
    let done = running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    assert_eq!(done, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_a_password_began_ends_with_the_sign_out_which_does_not_wait_for_it() {
    for secrets in [SecretPlace::Keychain, SecretPlace::Session] {
        let mut world = World::signed_out();
        world.settings.sources[0].secrets = secrets;
        let (running, _line) = by_password(&world).await;
        let before = tokio::time::Instant::now();
        // Nothing answers to the farewell.
        sign_out(&running, &world).await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(posts(&world), [LOGOUT]);
        assert_eq!(world.secrets.stored(world.key()), None);
        running.stop().await;
        assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
        assert_eq!(origin(&world), TokenOrigin::Given, "it is not ended twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_an_earlier_run_began_ends_too_and_the_end_of_the_engine_waits_for_it() {
    let mut world = World::signed_in().await;
    world.settings.sources[0].token_from = TokenOrigin::Password;
    // As on the command line: nothing but the keychain knows the token.
    world.connects = false;
    let running = world.start();
    sign_out(&running, &world).await;
    world.transport.post_next(Ok(""));
    running.stop().await;
    assert_eq!(posts(&world), [LOGOUT]);
    assert_eq!(world.secrets.stored(world.key()), None);
}

/// The tokens with which sessions were ended.
fn ended(world: &World) -> Vec<String> {
    world
        .transport
        .posted_with()
        .into_iter()
        .filter(|(url, _)| url == LOGOUT)
        .map(|(_, token)| token)
        .collect()
}

async fn again(running: &Running, world: &World, token: &str) {
    world.transport.post_next(Ok(&format!(r#"{{"token":"{token}"}}"#)));
    running.handle.secret(SecretUse::Keep { source: world.source }, password()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_further_sign_in_with_a_password_ends_the_session_whose_place_it_takes_and_no_other() {
    for secrets in [SecretPlace::Keychain, SecretPlace::Session] {
        let mut world = World::signed_out();
        world.settings.sources[0].secrets = secrets;
        let (running, _line) = by_password(&world).await;
        again(&running, &world, "def").await;
        assert_eq!(ended(&world), ["abc"]);
        world.transport.post_next(Ok(""));
        tokio::time::sleep(Duration::from_millis(1)).await;
        // A server that gives the same token has the same session.
        again(&running, &world, "def").await;
        assert_eq!(ended(&world), ["abc"], "{secrets:?}");
        sign_out(&running, &world).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(ended(&world), ["abc", "def"]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_nothing_but_the_keychain_knows_is_ended_too_once_another_is_kept() {
    let mut world = World::signed_in().await;
    world.settings.sources[0].token_from = TokenOrigin::Password;
    world.connects = false;
    let running = world.start();
    let granted = Credentials::Granted(Token::new("def"));
    running.handle.secret(SecretUse::Keep { source: world.source }, granted).await.unwrap();
    world.transport.post_next(Ok(""));
    running.stop().await;
    assert_eq!(ended(&world), ["s3cret"]);
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("def"));
}

#[tokio::test(start_paused = true)]
async fn a_session_goes_on_while_the_one_that_follows_is_in_memory_only() {
    let world = World::signed_out();
    let (running, _line) = by_password(&world).await;
    world.secrets.fail_always(Some(SecretError::Locked));
    again(&running, &world, "def").await;
    assert_eq!(ended(&world), Vec::<String>::new(), "the next start has the earlier token only");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_user_has_from_elsewhere_is_not_given_back() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    sign_out(&running, &world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(posts(&world), Vec::<String>::new());
    running.stop().await;

    // Nor one that has taken the place of one that a password got.
    let world = World::signed_out();
    let (running, _line) = by_password(&world).await;
    running.sign_in(world.source, Token::new("pasted")).await.unwrap();
    assert_eq!(origin(&world), TokenOrigin::Given);
    sign_out(&running, &world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(posts(&world), Vec::<String>::new());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_granted_elsewhere_is_remembered_as_such_and_goes_with_its_source() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    let granted = Credentials::Granted(Token::new("abc"));
    running.handle.secret(SecretUse::Keep { source: world.source }, granted).await.unwrap();
    assert_eq!(origin(&world), TokenOrigin::Password);
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(posts(&world), [LOGOUT]);
    assert_eq!(world.secrets.stored(world.key()), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_token_never_came_is_taken_back_at_the_next_start() {
    let mut world = World::signed_in().await;
    let mut half = world.settings.sources[0].clone();
    half.id = SourceId::random();
    half.awaits_token = true;
    // The end came after the keychain had the token, and before that was written down.
    let key = SecretKey { source: half.id, ..world.key() };
    world.secrets.set(key, Token::new("half")).await.unwrap();
    world.settings.sources.push(half);
    let (running, _line) = world.live().await;
    assert_eq!(running.handle.view().sources.len(), 1);
    assert_eq!(running.handle.view().sources[0].id, world.source);
    while !world.saved_settings().leftover_tokens.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.saved_settings().sources.len(), 1);
    assert_eq!(world.secrets.stored(key), None);
    running.stop().await;
}

/// A source that is not there yet.
fn new_source(secrets: SecretPlace) -> NewSource {
    NewSource {
        name: "b".into(),
        url: "https://b.example/api".into(),
        site: None,
        secrets,
        allow_plain_http: false,
    }
}

async fn add(running: &Running, secrets: SecretPlace, given: Credentials) -> Result<SourceId, FailureCode> {
    let what = SecretUse::Add { source: new_source(secrets) };
    match running.handle.secret(what, given).await {
        Ok(SecretOutcome::Kept { source }) => Ok(source),
        Ok(SecretOutcome::Probed { .. }) => panic!("nothing was to be tried"),
        Err(failure) => Err(failure.code),
    }
}

fn password() -> Credentials {
    Credentials::Password { user: "ann".to_owned(), password: SecretText::new("pa55".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_added_with_its_token_and_stays() {
    for secrets in [SecretPlace::Keychain, SecretPlace::Session] {
        let world = World::signed_out();
        let running = world.start();
        let added = add(&running, secrets, Credentials::Token(Token::new("abc"))).await.unwrap();
        let saved = world.saved_settings().sources[1].clone();
        assert_eq!((saved.id, saved.awaits_token), (added, false));
        running.until(|view| view.sources[1].secret != SecretView::Missing).await;
        let stored = world.secrets.stored(SecretKey { source: added, ..world.key() });
        assert_eq!(stored.is_some(), secrets == SecretPlace::Keychain);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_added() {
    let world = World::signed_out();
    let running = world.start();
    let nothing = || (running.handle.view().sources.len(), world.saved_settings().sources.len());
    world.transport.post_next(Err(FetchError::Unauthorized));
    let refused = add(&running, SecretPlace::Keychain, password()).await;
    assert_eq!(refused, Err(FailureCode::LoginRefused));
    let empty = add(&running, SecretPlace::Keychain, Credentials::Token(Token::new(""))).await;
    assert_eq!(empty, Err(FailureCode::Invalid));
    assert_eq!(nothing(), (1, 0), "the settings were never saved");

    // Whoever goes while the server is asked wants nothing added, and leaves no session there.
    let asking = add(&running, SecretPlace::Keychain, password());
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    world.transport.post_next(Ok(r#"{"token":"late"}"#));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(nothing(), (1, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_before_the_keychain_has_the_token_is_healed_at_the_next_start() {
    let world = World::signed_out();
    let running = world.start();
    world.secrets.hold();
    let asking = add(&running, SecretPlace::Keychain, Credentials::Token(Token::new("abc")));
    // Whoever asked ends, and then the program.
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    assert!(world.saved_settings().sources[1].awaits_token);
    let half = world.saved_settings();
    drop(running);

    world.secrets.release();
    let world = World { settings: half, ..World::signed_out() };
    let running = world.start();
    assert_eq!(running.handle.view().sources.len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_asked_may_end_once_the_source_is_there() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.secrets.hold();
    let asking = add(&running, SecretPlace::Keychain, Credentials::Token(Token::new("abc")));
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    world.secrets.release();
    running.until(|view| view.sources.get(1).is_some_and(|added| added.secret == SecretView::Keychain)).await;
    assert!(!world.saved_settings().sources[1].awaits_token);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_memory_of_an_engine_at_rest_finishes_no_source() {
    let mut world = World::signed_out();
    world.connects = false;
    let running = world.start();
    world.secrets.fail_always(Some(SecretError::Locked));
    add(&running, SecretPlace::Keychain, Credentials::Token(Token::new("abc"))).await.unwrap();
    assert!(world.saved_settings().sources[1].awaits_token);
    running.stop().await;
}
