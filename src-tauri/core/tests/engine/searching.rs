//! Searching while messages come.

use std::time::Duration;

use belfry_core::action::{Action, Answer, Filter, Highlight, Query, Tab};
use belfry_core::model::MessageId;
use belfry_core::store::Store;

use crate::world::{Running, World};

fn payload(id: u32, title: &str) -> String {
    format!(r#"{{"id":"{id}","type":"system","title":"{title}","content":"text {id}"}}"#)
}

async fn titles(running: &Running, text: &str) -> Vec<String> {
    running.search(text).await.rows.into_iter().map(|found| found.row.title).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_found_at_once_and_when_the_index_has_followed() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &payload(1, "数据库备份完成")).await;
    line.frame("system", "k7-2", &payload(2, "Backup of 数据库 failed")).await;
    running.until(|view| view.inbox.total == 2).await;
    let both = ["Backup of 数据库 failed", "数据库备份完成"];
    assert_eq!(titles(&running, "数据库").await, both);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(titles(&running, "数据库").await, both);
    assert_eq!(titles(&running, "back 数据").await, both[..1]);
    let found = running.search("备份").await;
    assert_eq!(found.rows[0].title, [Highlight { start: 3, end: 5 }]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_index_follows_by_itself_and_then_rests() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &payload(1, "T")).await;
    running.until(|view| view.inbox.total == 1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    running.handle.act(Action::RebuildIndex).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    running.stop().await;
    let mut store = Store::open(&world.folder.path().join("messages.db")).unwrap();
    let mut asked = 0;
    store
        .index(|| {
            asked += 1;
            true
        })
        .unwrap();
    assert_eq!(asked, 0, "there was something left to index");
    assert_eq!(store.indexed_through().unwrap(), MessageId(1));
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_found_no_more_unless_it_is_taken_back() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &payload(1, "秘密计划")).await;
    let id = running.until(|view| view.inbox.total == 1).await.newest[0].id;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let deleted = running.handle.act(Action::Delete { ids: vec![id] }).await.unwrap();
    assert!(titles(&running, "秘密").await.is_empty());
    let belfry_core::action::Outcome::Undoable { undo } = deleted else { panic!("{deleted:?}") };
    running.handle.act(Action::Undo { undo }).await.unwrap();
    assert_eq!(titles(&running, "秘密").await, ["秘密计划"]);
    running.handle.act(Action::Archive { ids: vec![id] }).await.unwrap();
    let found = running.search("秘密").await;
    assert!(found.rows[0].row.archived, "the archive is searched, too");
    let query = Query::Search {
        text: "秘密".to_owned(),
        tab: Some(Tab::All),
        source: None,
        filter: Filter::default(),
        before: None,
        limit: 50,
    };
    match running.handle.query(query).await.unwrap() {
        Answer::Found(page) => assert!(page.rows.is_empty()),
        other => panic!("{other:?}"),
    }
    running.stop().await;
}
