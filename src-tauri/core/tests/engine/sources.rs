//! Sources: added, changed, moved, removed.

use std::time::Duration;

use belfry_core::action::{Action, Failure, FailureCode, Link, Outcome, Tab};
use belfry_core::engine::EngineHandle;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::{SourceId, Token};
use belfry_core::policy::PopupKey;
use belfry_core::ports::{ConnectError, SecretError};
use belfry_core::settings::{Limits, NewSource, SecretPlace, SourceChange, SourceField};
use belfry_core::view::{Connection, SecretView, SourceHelp};

use crate::world::{EMPTY_PAGE, World, message};

fn new_source(name: &str, url: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        url: url.to_owned(),
        site: None,
        secrets: SecretPlace::Keychain,
        allow_plain_http: false,
    }
}

async fn add(handle: &EngineHandle, name: &str, url: &str) -> Result<SourceId, Failure> {
    match handle.act(Action::AddSource { source: new_source(name, url) }).await? {
        Outcome::SourceAdded { source } => Ok(source),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_added_names_the_field() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    for (name, url, code, field) in [
        ("", "https://a.example", FailureCode::Invalid, SourceField::Name),
        ("b", "ftp://a", FailureCode::Invalid, SourceField::Url),
        ("社区", "https://a.example", FailureCode::Taken, SourceField::Name),
        ("b", "https://example.org/api/", FailureCode::Taken, SourceField::Url),
    ] {
        let failure = add(&running.handle, name, url).await.unwrap_err();
        assert_eq!((failure.code, failure.field), (code, Some(field)), "{name:?} {url:?}");
    }
    let source = add(&running.handle, " b ", "https://b.example/api").await.unwrap();
    let view = running.handle.view();
    assert_eq!((view.sources[1].id, view.sources[1].name.as_str()), (source, "b"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_removed_source_leaves_nothing_behind() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    running.handle.act(Action::Show { link: Link::Message(id) }).await.unwrap();
    assert_eq!(world.notifier.on_screen().len(), 1);

    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    let view = running.handle.view();
    assert_eq!((view.sources.len(), view.inbox.total, view.connection), (0, 0, Connection::Empty));
    assert_eq!(view.reveal, None, "there is nothing to show any more");
    assert!(line.is_closed());
    assert!(world.notifier.on_screen().is_empty());
    assert!(running.page(Tab::All).await.rows.is_empty());
    assert_eq!(world.secrets.stored(world.key()), None);
    let saved = world.saved_settings();
    assert!(saved.sources.is_empty() && saved.leftover_tokens.is_empty());
    let again = running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap_err();
    assert_eq!(again.code, FailureCode::NotFound);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn removing_one_source_leaves_the_others_alone() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let other = add(&running.handle, "b", "https://b.example/api").await.unwrap();
    running.handle.act(Action::RemoveSource { source: other }).await.unwrap();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(view.sources.len(), 1);
    assert!(!line.is_closed());
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("s3cret"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_removed_source_is_erased_when_the_keychain_can() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    assert_eq!(world.saved_settings().leftover_tokens, [world.source]);
    running.stop().await;

    let world = World { settings: world.saved_settings(), ..world };
    let running = world.start();
    running.until(|view| view.connection == Connection::Empty).await;
    assert!(world.secrets.stored(world.key()).is_some(), "the keychain is locked");
    world.secrets.fail_always(None);
    world.secrets.report_change();
    while world.secrets.stored(world.key()).is_some() || !world.saved_settings().leftover_tokens.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn removing_a_refused_source_takes_back_the_word_about_signing_in() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    running.until(|view| view.sources[0].link.reason == Some(Reason::Rejected)).await;
    assert_eq!(world.notifier.on_screen()[0].key, PopupKey::SignIn);
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn signing_in_to_one_source_leaves_the_word_about_another() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    running.until(|view| view.sources[0].link.reason == Some(Reason::Rejected)).await;
    let other = add(&running.handle, "b", "https://b.example/api").await.unwrap();
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    running.sign_in(other, Token::new("old")).await.unwrap();
    running.until(|view| view.sources[1].link.reason == Some(Reason::Rejected)).await;
    let body = world.notifier.on_screen()[0].body.clone();
    assert!(body.starts_with("a、b") || body.contains("、b "), "one popup speaks of both: {body}");
    let line = world.serve(EMPTY_PAGE);
    running.sign_in(other, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.sources[1].link.state == LinkState::Live).await;
    let on_screen: Vec<PopupKey> = world.notifier.on_screen().iter().map(|popup| popup.key).collect();
    assert_eq!(on_screen, [PopupKey::SignIn], "the first one still waits for a token");

    let line = world.serve(EMPTY_PAGE);
    running.sign_in(world.source, Token::new("fresh")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn sources_stand_in_the_users_order() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for name in ["b", "c"] {
        add(&running.handle, name, &format!("https://{name}.example/api")).await.unwrap();
    }
    let names = || running.handle.view().sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>();
    running.handle.act(Action::MoveSource { source: world.source, to: 1 }).await.unwrap();
    assert_eq!(names(), ["b", "社区", "c"]);
    running.handle.act(Action::MoveSource { source: world.source, to: 99 }).await.unwrap();
    assert_eq!(names(), ["b", "c", "社区"]);
    let saved = world.saved_settings();
    assert_eq!(saved.sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), names());
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(view.sources[2].unread, 1, "its stream is its own wherever it stands");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_name_costs_no_connection_and_another_stream_path_connects_anew() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let edit = |change: SourceChange| {
        running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) })
    };
    edit(SourceChange { name: Some("论坛".into()), ..SourceChange::default() }).await.unwrap();
    assert_eq!(running.handle.view().sources[0].name, "论坛");
    assert!(!line.is_closed());

    let again = world.transport.open_next();
    let limits = Limits { attempts: 3, ..Limits::default() };
    edit(SourceChange { limits: Some(limits), ..SourceChange::default() }).await.unwrap();
    assert!(line.is_closed());
    again.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.tokens_sent(), ["s3cret", "s3cret"]);
    assert_eq!(world.saved_settings().sources[0].limits.attempts, 3);

    let failure = edit(SourceChange { name: Some(" ".into()), ..SourceChange::default() }).await.unwrap_err();
    assert_eq!((failure.code, failure.field), (FailureCode::Invalid, Some(SourceField::Name)));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_view_says_where_a_sources_clicks_lead() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let edit = |change: SourceChange| {
        running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) })
    };
    let view = running.handle.view();
    assert_eq!(view.sources[0].site, None);
    assert_eq!(view.sources[0].templates["reply"], "/community/post/{relatedId}", "the default is shown");
    let templates =
        [("reply".to_owned(), String::new()), ("system".to_owned(), "/news/{id}".to_owned())].into();
    let site = Some("https://www.example.org".to_owned());
    edit(SourceChange { site, templates: Some(templates), ..SourceChange::default() }).await.unwrap();
    let source = &running.handle.view().sources[0];
    assert_eq!(source.site.as_deref(), Some("https://www.example.org/"));
    assert_eq!((source.templates["reply"].as_str(), source.templates["system"].as_str()), ("", "/news/{id}"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_moves_between_keychain_and_memory_without_losing_the_connection() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let keep = |secrets: SecretPlace| {
        let change = SourceChange { secrets: Some(secrets), ..SourceChange::default() };
        running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) })
    };
    keep(SecretPlace::Session).await.unwrap();
    running.until(|view| view.sources[0].secret == SecretView::Session).await;
    while world.secrets.stored(world.key()).is_some() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    keep(SecretPlace::Keychain).await.unwrap();
    running.until(|view| view.sources[0].secret == SecretView::Keychain).await;
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("s3cret"));
    assert!(!line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_keychain_a_source_can_be_kept_in_memory_instead() {
    let world = World::signed_in().await;
    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    let view = running.until(|view| view.sources[0].secret == SecretView::Locked).await;
    assert_eq!(
        (view.sources[0].connection, view.sources[0].help),
        (Connection::SignIn, SourceHelp::UnlockKeychain)
    );
    let change = SourceChange { secrets: Some(SecretPlace::Session), ..SourceChange::default() };
    running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) }).await.unwrap();
    let view = running.handle.view();
    assert_eq!((view.sources[0].secret, view.sources[0].help), (SecretView::Missing, SourceHelp::SignIn));
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    running.sign_in(world.source, Token::new("abc")).await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    let view = running.until(|view| view.connection == Connection::Live).await;
    assert_eq!((view.sources[0].secret, view.sources[0].help), (SecretView::Session, SourceHelp::Nothing));
    running.stop().await;
}
