//! What the user does while the database cannot be written.

use belfry_core::action::{Action, FailureCode};
use belfry_core::model::MessageId;
use belfry_core::view::StorageTrouble;

use crate::world::{World, message};

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
