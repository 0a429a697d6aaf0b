//! What the settings offer beside the messages: deleting all of them, recent decisions, a report, the demo.

use std::sync::Arc;
use std::time::Duration;

use belfry_core::action::{Action, Answer, FailureCode, Outcome, Query};
use belfry_core::model::MessageId;
use belfry_core::settings::SourceChange;
use belfry_core::settings::{Notify, Rule, SourceColour, SourceIcon, SourceMark};
use belfry_core::store::{Announcement, Why};

use crate::world::{World, message};

async fn report(running: &crate::world::Running) -> String {
    match running.query(Query::Report).await {
        Answer::Report { text } => text,
        other => panic!("no report: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn all_messages_are_deleted_here_and_come_back_only_by_an_undo() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=700 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 700).await;
    running.handle.act(Action::Archive { ids: vec![MessageId(1)] }).await.unwrap();
    let delete_all = async || match running.handle.act(Action::DeleteAll).await {
        Ok(Outcome::Undoable { undo }) => undo,
        other => panic!("nothing to take back: {other:?}"),
    };
    let undo = delete_all().await;
    let view = running.handle.view();
    assert_eq!((view.inbox.total, view.inbox.unread, view.newest.len()), (0, 0, 0));
    assert_eq!(world.notifier.on_screen(), [], "no popup speaks of what is gone");
    running.handle.act(Action::Undo { undo }).await.unwrap();
    let view = running.handle.view();
    assert_eq!((view.inbox.total, view.inbox.unread), (699, 699), "one is in the archive");
    assert_eq!(world.notifier.on_screen(), [], "nothing is announced again");

    let undo = delete_all().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let late = running.handle.act(Action::Undo { undo }).await.unwrap_err();
    assert_eq!(late.code, FailureCode::TooLate);
    line.frame("reply", "k7-700", &message(700, "reply")).await;
    line.frame("reply", "k7-701", &message(701, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(running.titles().await, ["title 701"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn recent_decisions_say_what_became_of_which_message_and_why() {
    let mut world = World::signed_in().await;
    let badge = Rule { text: "title 1".to_owned(), notify: Notify::Badge, ..Rule::default() };
    world.settings.preferences.notifications.rules = vec![badge];
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let Answer::Decisions { decisions } = running.query(Query::Decisions { limit: 10 }).await else {
        panic!("no decisions")
    };
    let told: Vec<_> =
        decisions.iter().map(|one| (one.title.as_str(), one.announced.state, one.announced.why)).collect();
    assert_eq!(
        told,
        [
            ("title 2", Announcement::Announced, None),
            ("title 1", Announcement::Suppressed, Some(Why::Rule(1))),
        ]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_report_has_states_and_nothing_that_names_anybody() {
    let mut world = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    let downloads = folder.path().to_owned();
    world.exports = Some(Arc::new(move || Some(downloads.clone())));
    let rule = Rule { text: "payroll".to_owned(), ..Rule::default() };
    world.settings.preferences.notifications.rules = vec![rule];
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", "{broken").await;
    running.until(|view| view.inbox.unread == 1).await;
    let text = report(&running).await;
    for wanted in [
        "Belfry 0.0.0 on ",
        "connection: live",
        "1 rules",
        "storage: 1 messages",
        "source 1: https, live",
        "token: keychain",
        "event: bad_json, 1 times",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let kept_out = [
        "s3cret",
        "example.org",
        "社区",
        "title 1",
        "body 1",
        "payroll",
        &world.source.to_string(),
        world.folder.path().to_str().unwrap(),
    ];
    for secret in kept_out {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let saved = running.handle.act(Action::SaveReport { text: text.clone() }).await.unwrap();
    let Outcome::Saved { file } = saved else { panic!("{saved:?}") };
    assert!(file.ends_with("belfry-report-2026-11-22.txt"), "{file}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
    let endless = Action::SaveReport { text: "a".repeat(256 * 1024 + 1) };
    assert_eq!(running.handle.act(endless).await.unwrap_err().code, FailureCode::Invalid);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_is_marked_and_the_demo_started() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let mark = SourceMark { colour: Some(SourceColour::Blue), icon: Some(SourceIcon::Star) };
    let change = Box::new(SourceChange { mark: Some(mark), ..SourceChange::default() });
    running.handle.act(Action::EditSource { source: world.source, change }).await.unwrap();
    assert_eq!(running.handle.view().sources[0].mark, mark);
    assert_eq!(world.saved_settings().sources[0].mark, mark);
    running.handle.act(Action::StartDemo).await.unwrap();
    assert_eq!(world.demo.starts(), 1);
    running.stop().await;
}
