//! Tokens: where they are looked for, where they are kept, and what happens without one.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode};
use belfry_core::engine::FirstContact;
use belfry_core::fakes::Request;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::{SourceId, Token};
use belfry_core::policy::PopupKey;
use belfry_core::ports::{ConnectError, SecretError, SecretStore};
use belfry_core::view::{Connection, SecretView};

use crate::world::{EMPTY_PAGE, World, message, sign_in};

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
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Keychain);
    let sent = world.transport.requests().into_iter().find_map(|request| match request {
        Request::Stream { token, .. } => token,
        Request::Page { .. }
        | Request::Post { .. }
        | Request::Tell { .. }
        | Request::Image { .. }
        | Request::Me { .. } => None,
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
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    running.stop().await;
}

/// What the popups said, in order.
fn told(world: &World) -> Vec<(String, String)> {
    world.notifier.shown().into_iter().map(|popup| (popup.summary, popup.body)).collect()
}

fn said(title: &str, body: &str) -> Vec<(String, String)> {
    vec![(title.to_owned(), body.to_owned())]
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_too_long_for_the_keychain_works_for_the_session_and_a_popup_says_so() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.secrets.fail_next(SecretError::TooLong);
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    assert_eq!(
        told(&world),
        said("已登录，Belfry 退出后失效", "社区 的令牌太长，钥匙串存不下，因此只保存在内存中。")
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_somebody_deletes_from_the_keychain_is_told_once_and_taken_back_by_a_sign_in() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    world.secrets.erase(world.key()).await.unwrap();
    world.secrets.report_change();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.secrets.report_change();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(told(&world), said("需要登录", "社区 的令牌已不在钥匙串中。请打开 Belfry 登录。"));

    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("fresh")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_stays_locked_is_told_once_however_long_it_does() {
    let world = World::signed_in().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    assert_eq!(told(&world), [], "the user may be about to unlock it");
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(told(&world), said("钥匙串已锁定", "解锁后，社区 会立即连接。"));

    let line = world.serve(EMPTY_PAGE);
    world.secrets.fail_always(None);
    world.secrets.report_change();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(world.notifier.on_screen().is_empty(), "it is no longer true");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_is_said_when_there_is_somebody_to_show_it() {
    let world = World::signed_in().await;
    world.notifier.refuse(PopupKey::SignIn);
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    running.until(|view| view.sources[0].link.reason == Some(Reason::Rejected)).await;
    assert_eq!(told(&world), []);
    world.notifier.refuse_nothing();
    world.notifier.comes_back();
    world.until_shown(1).await;
    world.notifier.comes_back();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(told(&world).len(), 1, "it has been said");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_popup_says_what_the_keychain_did_to_several_sources() {
    let mut world = World::signed_in().await;
    let mut other = world.settings.sources[0].clone();
    (other.id, other.name, other.url) =
        (SourceId::random(), "工单".to_owned(), "https://b.example/api".parse().unwrap());
    world.settings.sources.push(other);
    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let on_screen = world.notifier.on_screen();
    let bodies: Vec<&str> = on_screen.iter().map(|popup| popup.body.as_str()).collect();
    assert_eq!(bodies, ["解锁后，社区、工单 会立即连接。"]);
    let sounds = world.notifier.shown().iter().filter(|popup| popup.sound.is_some()).count();
    assert_eq!(sounds, 1, "what is added to it makes no noise");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn signing_out_says_nothing_of_the_keychain() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    world.secrets.report_change();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(told(&world), []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_locked_keychain_is_asked_again_when_the_user_says_so() {
    let world = World::signed_in().await;
    world.secrets.fail_next(SecretError::Locked);
    let running = world.start();
    let view = running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::KeychainLocked));
    let line = world.serve(EMPTY_PAGE);
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

    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("fresh")).await.unwrap();
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
    let failure = running.sign_in(world.source, Token::new("  ")).await.unwrap_err();
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
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(view.sources[0].secret, SecretView::Session);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_is_locked_meanwhile_does_not_stop_a_source_whose_token_works() {
    for error in [SecretError::Locked, SecretError::Absent, SecretError::Failed("no session".to_owned())] {
        let world = World::signed_in().await;
        let (running, line) = world.live().await;
        world.secrets.fail_always(Some(error));
        line.break_off().await;
        let line = world.transport.open_next();
        line.frame("ready", "k7-0", "{}").await;
        running.until(|view| view.sources[0].link.reason == Some(Reason::Broken)).await;
        running.until(|view| view.connection == Connection::Live).await;
        assert_eq!(world.tokens_sent(), ["s3cret", "s3cret"]);
        running.handle.act(Action::RetryNow).await.unwrap();
        assert!(!line.is_closed(), "a question to the keychain costs no connection");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_keychain_no_longer_has_is_not_used_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.secrets.lose(world.key());
    line.break_off().await;
    let _line = world.transport.open_next();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
    assert_eq!(view.sources[0].secret, SecretView::Missing);
    assert_eq!(world.tokens_sent(), ["s3cret"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_locked_keychain_is_looked_at_again_twice_a_minute_and_asks_the_user_once() {
    for (error, reason) in
        [(SecretError::Locked, Reason::KeychainLocked), (SecretError::Absent, Reason::KeychainAbsent)]
    {
        let world = World::signed_in().await;
        world.secrets.fail_always(Some(error));
        let running = world.start();
        running.until(|view| view.sources[0].link.reason == Some(reason)).await;
        let (calls, requests) = (world.secrets.calls(), world.secrets.requests());
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let looks = world.secrets.calls() - calls;
        assert!((119..=120).contains(&looks), "{looks} looks in an hour");
        assert_eq!(world.secrets.requests(), requests, "the user is asked at the start and no more");

        world.secrets.fail_always(None);
        world.transport.page_next(EMPTY_PAGE);
        let line = world.transport.open_next();
        line.frame("ready", "k7-0", "{}").await;
        let before = tokio::time::Instant::now();
        running.until(|view| view.connection == Connection::Live).await;
        assert!(before.elapsed() <= Duration::from_secs(30));
        let calls = world.secrets.calls();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(world.secrets.calls(), calls, "nobody looks any more");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_reports_its_unlocking_is_looked_at_at_once() {
    let world = World::signed_in().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    world.secrets.fail_always(None);
    let line = world.serve(EMPTY_PAGE);
    line.frame("ready", "k7-0", "{}").await;
    let before = tokio::time::Instant::now();
    world.secrets.report_change();
    running.until(|view| view.connection == Connection::Live).await;
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    assert_eq!(running.handle.view().sources[0].secret, SecretView::Keychain);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_deleted_from_the_keychain_signs_the_source_out() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let before = tokio::time::Instant::now();
    world.secrets.lose(world.key());
    world.secrets.report_change();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    assert_eq!(view.sources[0].secret, SecretView::Missing);
    assert!(line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_comes_late_gets_the_token_that_was_kept_in_memory() {
    let world = World::signed_out();
    world.secrets.fail_always(Some(SecretError::Absent));
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.sources[0].secret == SecretView::Session).await;
    world.secrets.fail_always(None);
    world.secrets.report_change();
    let view = running.until(|view| view.sources[0].secret == SecretView::Keychain).await;
    assert_eq!(view.connection, Connection::Live);
    assert!(!line.is_closed());
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("abc"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_stored_late_does_not_sign_in_again_after_a_sign_out() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.secrets.hold();
    let before = world.secrets.calls();
    let handle = running.handle.clone();
    let source = world.source;
    let signing_in = tokio::spawn(async move { sign_in(&handle, source, Token::new("abc")).await });
    world.until_called(before + 1).await;
    let handle = running.handle.clone();
    let signing_out = tokio::spawn(async move { handle.act(Action::SignOut { source }).await });
    world.until_called(before + 2).await;
    world.secrets.release();
    assert_eq!(signing_in.await.unwrap().unwrap_err().code, FailureCode::Overtaken);
    signing_out.await.unwrap().unwrap();
    let view = running.handle.view();
    assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
    assert_eq!(view.sources[0].secret, SecretView::Missing);
    assert_eq!(world.secrets.stored(world.key()), None);
    assert!(world.transport.requests().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_erased_stays_unused_until_it_is() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let failure = running.handle.act(Action::SignOut { source: world.source }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TokenLeft);
    assert!(line.is_closed());
    assert_eq!(running.handle.view().sources[0].link.reason, Some(Reason::SignedOut));
    running.handle.act(Action::RetryNow).await.unwrap();
    assert_eq!(running.handle.view().sources[0].link.reason, Some(Reason::SignedOut));
    running.stop().await;

    // Not even after a restart, nor when the keychain is open again.
    let world = World { settings: world.saved_settings(), ..world };
    let running = world.start();
    running.until(|view| view.sources[0].link.reason == Some(Reason::SignedOut)).await;
    world.secrets.fail_always(None);
    assert!(world.secrets.stored(world.key()).is_some());
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(world.secrets.stored(world.key()), None, "erased as soon as that can be done");
    assert_eq!(running.handle.view().connection, Connection::SignIn);
    assert_eq!(world.tokens_sent(), ["s3cret"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn signing_out_ends_the_walk_through_the_past() {
    let mut world = World::signed_in().await;
    world.first_contact = FirstContact::Beginning;
    let page = |id: u32, more: bool| {
        format!(r#"{{"messages":[{}],"cursor":"k7-9","more":{more}}}"#, message(id, "reply"))
    };
    let (running, line) = world.meet(&page(9, false));
    line.frame("ready", "k7-9", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    world.transport.page_next(&page(8, false));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(running.handle.view().inbox.total, 1, "what came after the sign-out is dropped");
    running.stop().await;
}
