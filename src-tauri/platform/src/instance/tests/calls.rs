//! The calls over the socket are the engine's own.

use belfry_core::action::{Action, Answer, FailureCode, Outcome, Query, Tab};
use belfry_core::engine::Observation;
use belfry_core::model::{MessageId, SourceId, Token};
use belfry_core::ports::{SecretKey, SecretStore};

use super::World;
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
    let query = Query::Page { tab: Tab::All, source: None, before: None, limit: 10 };
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

#[tokio::test]
async fn a_secret_goes_to_the_keychain() {
    let world = World::with_window().await;
    let mut client = world.client().await;
    client.secret(world.source, Token::new("n3w-s3cret")).await.unwrap();
    let key = SecretKey { profile: world.profile.id, source: world.source };
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "n3w-s3cret");
    let unknown = client.secret(SourceId::random(), Token::new("x")).await;
    assert!(matches!(unknown, Err(CallError::Failed(failure)) if failure.code == FailureCode::NotFound));
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
    let kept = client.secret(world.source, Token::new("n3w")).await;
    assert!(matches!(kept, Err(CallError::Instance(InstanceError::OwnSettings { .. }))));
    let key = SecretKey { profile: world.profile.id, source: world.source };
    assert_eq!(world.secrets.get(key).await.unwrap().unwrap().expose(), "s3cret");
    world.message(1).await;
    world.until(|view| view.inbox.unread == 1).await;
    client.act(Action::MarkAllRead).await.unwrap();
    assert_eq!(world.engine.view().inbox.unread, 0);
    world.end().await;
}
