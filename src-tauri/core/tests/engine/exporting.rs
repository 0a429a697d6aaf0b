//! Exports: everything in a file of its own, never over another one, and a reason where there is none.

use std::path::Path;
use std::sync::Arc;

use belfry_core::action::{Action, Failure, FailureCode, Outcome};
use belfry_core::engine::ExportFolder;

use crate::world::{Running, World, message, page};

fn into(folder: &Path) -> Option<ExportFolder> {
    let folder = folder.to_owned();
    Some(Arc::new(move || Some(folder.clone())))
}

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
    let downloads = folder.path().join("downloads");
    world.exports = into(&downloads);
    let (running, line) = world.live().await;
    for seq in 1..=2 {
        line.frame("reply", &format!("k7-{seq}"), &message(seq, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 2).await;

    // Half past five in the afternoon, eight hours east.
    // The folder is made where it is missing.
    let first = downloads.join("belfry-2026-11-22.jsonl");
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
    assert_eq!(std::fs::read_dir(&downloads).unwrap().count(), 2, "nothing else is left there");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_place_for_it_there_is_no_export() {
    let mut world = World::signed_in().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let nowhere: ExportFolder = Arc::new(|| None);
    for exports in [None, Some(nowhere), into(&file.path().join("downloads"))] {
        world.exports = exports;
        let running = world.start();
        assert_eq!(exported(&running).await.unwrap_err().code, FailureCode::Export);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_export_that_is_under_way_at_the_end_leaves_no_part_of_a_copy() {
    let mut world = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    world.exports = into(folder.path());
    let text = "long ".repeat(1_000);
    let rows: Vec<String> = (1..=1_000).map(|id| message(id, "reply").replace("body", &text)).collect();
    let (running, _line) = world.meet(&page(&rows, "k7-0", false));
    running.until(|view| view.inbox.total == 1_000).await;

    let handle = running.handle.clone();
    let asked = tokio::spawn(async move { handle.act(Action::Export).await });
    while names(folder.path()).is_empty() {
        tokio::task::yield_now().await;
    }
    running.stop().await;
    let left = names(folder.path());
    assert!(left.iter().all(|name| name.ends_with(".jsonl")), "{left:?}");
    // The answer is lost or that of an export that has just been done.
    let _ = asked.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_export_left_is_cleared_away_by_the_next_one() {
    let mut world = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    world.exports = into(folder.path());
    let profile = world.key().profile;
    let (own, of_others) = (format!(".belfry-{profile}-Ab1"), ".belfry-notes".to_owned());
    for name in [&own, &of_others] {
        std::fs::write(folder.path().join(name), "part").unwrap();
    }
    let running = world.start();
    exported(&running).await.unwrap();
    running.stop().await;
    assert_eq!(names(folder.path()), [of_others, "belfry-2026-11-22.jsonl".to_owned()]);
}

/// The names of what a folder holds.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
