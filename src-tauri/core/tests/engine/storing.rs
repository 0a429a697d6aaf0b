//! What the user does while the database cannot be read or written.

use belfry_core::action::{Action, FailureCode};
use belfry_core::fakes::Request;
use belfry_core::link::LinkState;
use belfry_core::model::{Cursor, MessageId};
use belfry_core::settings::{Limits, SourceChange};
use belfry_core::view::StorageTrouble;

use crate::world::{EMPTY_PAGE, World, message};

#[tokio::test(start_paused = true)]
async fn an_act_that_cannot_be_stored_fails_and_is_said() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &message(1, "system")).await;
    running.until(|view| view.inbox.total == 1).await;
    let database = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
    database.execute_batch("ALTER TABLE ledger RENAME TO mislaid").unwrap();
    let archive = || running.handle.act(Action::Archive { ids: vec![MessageId(1)] });
    assert_eq!(archive().await.unwrap_err().code, FailureCode::Storage);
    assert_eq!(running.handle.view().storage.trouble, Some(StorageTrouble::Failed));
    assert_eq!(running.handle.view().inbox.total, 1, "nothing of it was done");
    database.execute_batch("ALTER TABLE mislaid RENAME TO ledger").unwrap();
    archive().await.unwrap();
    assert_eq!(running.handle.view().storage.trouble, None);
    assert_eq!(running.handle.view().inbox.total, 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_read_is_no_first_contact() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &message(1, "system")).await;
    running.until(|view| view.inbox.total == 1).await;
    let database = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
    database.execute_batch("ALTER TABLE place RENAME TO mislaid").unwrap();
    let again = world.serve(EMPTY_PAGE);
    let limits = Limits { attempts: 3, ..Limits::default() };
    let change = SourceChange { limits: Some(limits), ..SourceChange::default() };
    running.handle.act(Action::EditSource { source: world.source, change: Box::new(change) }).await.unwrap();
    database.execute_batch("ALTER TABLE mislaid RENAME TO place").unwrap();
    again.frame("ready", "k7-1", "{}").await;
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    let last = world.transport.requests().into_iter().rev().find_map(|request| match request {
        Request::Stream { last_event_id, .. } => Some(last_event_id),
        Request::Page { .. }
        | Request::Post { .. }
        | Request::Tell { .. }
        | Request::Image { .. }
        | Request::Me { .. } => None,
    });
    assert_eq!(last, Some(Some(Cursor("k7-1".to_owned()))), "it goes on where it was");
    running.stop().await;
}
