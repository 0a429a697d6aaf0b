//! Exports: everything in a file of its own, never over another one, and a reason where there is none.

use belfry_core::action::{Action, Failure, FailureCode, Outcome};

use crate::world::{Running, World, message};

async fn exported(running: &Running) -> Result<(String, u64), Failure> {
    match running.handle.act(Action::Export).await? {
        Outcome::Exported { file, messages } => Ok((file, messages)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_export_is_a_whole_file_of_its_own() {
    let mut world = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    world.exports = Some(folder.path().to_owned());
    let (running, line) = world.live().await;
    for seq in 1..=2 {
        line.frame("reply", &format!("k7-{seq}"), &message(seq, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 2).await;

    // Half past five in the afternoon, eight hours east.
    let first = folder.path().join("belfry-2026-11-22.jsonl");
    assert_eq!(exported(&running).await.unwrap(), (first.to_string_lossy().into_owned(), 2));
    let lines = std::fs::read_to_string(&first).unwrap();
    let rows: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["source"] == "社区" && row["kind"] == "reply"), "{rows:?}");

    let (second, third) = tokio::join!(exported(&running), exported(&running));
    assert_eq!(third.unwrap_err().code, FailureCode::Export, "one at a time");
    let (second, _) = second.unwrap();
    assert!(second.ends_with("belfry-2026-11-22-2.jsonl"), "{second}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left there");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_place_for_it_there_is_no_export() {
    let mut world = World::signed_in().await;
    let gone = tempfile::tempdir().unwrap().path().join("gone");
    for exports in [None, Some(gone)] {
        world.exports = exports;
        let running = world.start();
        assert_eq!(exported(&running).await.unwrap_err().code, FailureCode::Export);
        running.stop().await;
    }
}
