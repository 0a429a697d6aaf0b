//! The calls over the socket are the engine's own.

use belfry_core::action::{
    Action, Answer, Credentials, FailureCode, Filter, Outcome, Query, SecretOutcome, SecretUse, Tab,
};
use belfry_core::engine::Observation;
use belfry_core::fakes::Request;
use belfry_core::model::{MessageId, SecretText, SourceId, Token};
use belfry_core::ports::{FetchError, SecretKey, SecretStore};
use belfry_core::settings::{NewSource, SecretPlace};

use super::{World, reply};
use crate::instance::wire::{Reply, Request as Asked, send_json};
use crate::instance::{CallError, InstanceError, Program, Told};

#[tokio::test]
async fn a_client_sees_asks_and_does_what_the_engine_does() {
    let world = World::with_window().await;
    let mut client = world.client().await;
    assert_eq!((client.peer.program, client.peer.pid), (Program::Desktop, std::process::id()));
    world.message(1).await;
    let id = world.until(|view| view.inbox.unread == 1).await.newest[0].id;

    let view = client.view().await.unwrap();
    assert_eq!(view, *world.engine.view());
    let query =
        Query::Page { tab: Tab::All, source: None, filter: Filter::default(), before: None, limit: 10 };
    let Answer::Page(page) = client.query(query).await.unwrap() else { panic!("not a page") };
    assert_eq!(page.rows[0].title, "title 1");
    let marked = client.act(Action::MarkRead { ids: vec![id] }).await.unwrap();
    assert!(matches!(marked, Outcome::Undoable { .. }), "{marked:?}");
    assert_eq!(world.engine.view().inbox.unread, 0, "the view is there before the answer");
    assert_eq!(client.view().await.unwrap().inbox.unread, 0);

    let missing = client.query(Query::Message { id: MessageId(4711) }).await;
    assert!(matches!(missing, Err(CallError::Failed(failure)) if failure.code == FailureCode::NotFound));
    world.end().await;
}

fn token(text: &str) -> Credentials {
    Credentials::Token(Token::new(text))
}

fn password() -> Credentials {
    Credentials::Password { user: "钟 ann".to_owned(), password: SecretText::new(" pa55 ".to_owned()) }
}

#[tokio::test]
async fn a_secret_goes_to_the_keychain() {
    let world = World::with_window().await;
    let mut client = world.client().await;
    let source = world.source;
    let kept = client.secret(SecretUse::Keep { source }, token("n3w-s3cret")).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source });
    let key = SecretKey::token(world.profile.id, source);
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "n3w-s3cret");
    let kept = client.secret(SecretUse::Keep { source }, Credentials::Kept).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source });
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "n3w-s3cret");
    let unknown = client.secret(SecretUse::Keep { source: SourceId::random() }, token("x")).await;
    assert!(matches!(unknown, Err(CallError::Failed(failure)) if failure.code == FailureCode::NotFound));
    client.view().await.expect("the client is still served");
    world.end().await;
}

#[tokio::test]
async fn a_password_is_exchanged_by_the_engine_that_runs() {
    let world = World::with_window().await;
    let mut client = world.client().await;
    let keep = || SecretUse::Keep { source: world.source };
    world.transport.post_next(Err(FetchError::Unauthorized));
    let refused = client.secret(keep(), password()).await;
    assert!(matches!(refused, Err(CallError::Failed(failure)) if failure.code == FailureCode::LoginRefused));
    world.transport.post_next(Ok(r#"{"token":"exchanged"}"#));
    let kept = client.secret(keep(), password()).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source: world.source });
    let post = Request::Post {
        url: "https://example.org/api/auth/login".to_owned(),
        body: r#"{"password":" pa55 ","username":"钟 ann"}"#.to_owned(),
    };
    assert_eq!(world.transport.requests().iter().filter(|request| **request == post).count(), 2);
    let key = SecretKey::token(world.profile.id, world.source);
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "exchanged");
    world.end().await;
}

#[tokio::test]
async fn whoever_goes_before_the_answer_is_signed_in_nowhere() {
    let world = World::with_window().await;
    let (mut client, mut other) = (world.client().await, world.client().await);
    let posts = || world.transport.requests().iter().filter(|it| matches!(it, Request::Post { .. })).count();
    let what = SecretUse::Keep { source: world.source };
    let asking = tokio::spawn(async move { client.secret(what, password()).await });
    while posts() == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled(), "it has gone");
    // Server and engine have each heard of it before they answer somebody else.
    for _ in 0..3 {
        other.act(Action::ShowInbox).await.unwrap();
    }
    world.transport.post_next(Ok(r#"{"token":"t00-late"}"#));
    for _ in 0..3 {
        other.act(Action::ShowInbox).await.unwrap();
    }
    let key = SecretKey::token(world.profile.id, world.source);
    assert_eq!(world.secrets.stored(key).as_deref(), Some("s3cret"));
    world.end().await;
}

#[tokio::test]
async fn a_client_that_says_more_before_its_answer_gets_both() {
    let world = World::with_window().await;
    let (mut stream, _) = world.greeted(|_| {}).await;
    let query = Query::Message { id: MessageId(4711) };
    for _ in 0..2 {
        send_json(&mut stream, &Asked::Query { query: query.clone() }).await.unwrap();
    }
    for _ in 0..2 {
        assert!(matches!(reply(&mut stream).await, Some(Reply::Failed { .. })));
    }
    world.end().await;
}

#[tokio::test]
async fn a_secret_that_is_tried_is_reported_on_and_not_kept() {
    let world = World::start(Program::CommandLine).await;
    let mut client = world.client().await;
    let source = NewSource {
        name: "other".to_owned(),
        url: "https://other.example/api".to_owned(),
        site: None,
        secrets: SecretPlace::Keychain,
        allow_plain_http: false,
    };
    world.transport.token_of("n3w", "ann");
    world.transport.page_next(r#"{"messages":[],"cursor":"k7-0","more":false}"#);
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", "{}").await;
    let tried = client.secret(SecretUse::Try { source }, token("n3w")).await.unwrap();
    let SecretOutcome::Probed { report } = tried else { panic!("{tried:?}") };
    assert!(report.is_usable(), "{report:#?}");
    assert_eq!(report.user.map(|user| user.id).as_deref(), Some("ann"));
    assert_eq!(world.engine.view().sources.len(), 1, "nothing is added");
    world.end().await;
}

#[tokio::test]
async fn a_secret_that_is_too_long_is_not_sent() {
    let world = World::with_window().await;
    let mut client = world.client().await;
    let long = token(&"x".repeat(64 * 1024));
    let failed = client.secret(SecretUse::Keep { source: world.source }, long).await;
    assert!(matches!(failed, Err(CallError::Instance(InstanceError::Lost(_)))), "{failed:?}");
    client.view().await.expect("the client is still served");
    world.end().await;
}

#[tokio::test]
async fn watchers_are_told_what_happens_until_the_engine_ends() {
    let world = World::with_window().await;
    let mut one = world.client().await.watch().await.unwrap();
    let mut two = world.client().await.watch().await.unwrap();
    world.message(1).await;
    for watching in [&mut one, &mut two] {
        loop {
            let Some(Told::Happened(observation)) = watching.next().await.unwrap() else { panic!() };
            let Observation::Message { message, .. } = *observation else { continue };
            assert_eq!(message.title, "title 1");
            break;
        }
    }
    world.end().await;
    while let Ok(Some(_)) = one.next().await {}
}

#[tokio::test]
async fn a_program_without_a_window_raises_none() {
    let world = World::start(Program::CommandLine).await;
    let mut client = world.client().await;
    assert_eq!(client.peer.program, Program::CommandLine);
    let refused = client.raise(None, None).await;
    assert!(matches!(refused, Err(InstanceError::Refused(why)) if why.contains("no window")));
    client.view().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn an_engine_with_settings_of_its_own_saves_none_and_changes_messages_all_the_same() {
    let world = World::start(Program::CommandLine).await;
    let mut client = world.client().await;
    let sign_out =
        client.act(Action::SignOut { source: world.source }).await.map_err(|error| error.to_string());
    assert!(sign_out.unwrap_err().contains(&std::process::id().to_string()));
    let kept = client.secret(SecretUse::Keep { source: world.source }, token("n3w")).await;
    assert!(matches!(kept, Err(CallError::Instance(InstanceError::OwnSettings { .. }))));
    let key = SecretKey::token(world.profile.id, world.source);
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "s3cret");
    world.message(1).await;
    world.until(|view| view.inbox.unread == 1).await;
    client.act(Action::MarkAllRead).await.unwrap();
    assert_eq!(world.engine.view().inbox.unread, 0);
    world.end().await;
}
