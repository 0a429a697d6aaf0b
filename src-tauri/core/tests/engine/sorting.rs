//! Archive, delete, and taking things back.

use std::time::Duration;

use belfry_core::action::{
    Action, Answer, Deed, FailureCode, Filter, Matching, Outcome, Query, SnoozeSpan, Tab, ViewCount,
};
use belfry_core::model::{MessageId, MessageKind, Timestamp, UndoId};
use belfry_core::settings::SavedView;
use belfry_core::view::{ActKind, UndoView};

use crate::world::{NOW, Running, World, message};

/// An engine that has three unread messages, each with its popup; the newest first.
async fn three(world: &World) -> (Running, belfry_core::fakes::Line, Vec<MessageId>) {
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    let view = running.until(|view| view.inbox.unread == 3).await;
    let ids = view.newest.iter().map(|row| row.id).collect();
    assert_eq!(world.notifier.on_screen().len(), 3);
    (running, line, ids)
}

async fn undoable(running: &Running, action: Action) -> UndoId {
    match running.handle.act(action).await.unwrap() {
        Outcome::Undoable { undo } => undo,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_act_on_messages_is_undone_within_ten_seconds() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let one = vec![ids[1]];
    let acts = [
        (Action::MarkRead { ids: one.clone() }, (3, 2)),
        (Action::MarkAllRead, (3, 0)),
        (Action::Archive { ids: one.clone() }, (2, 2)),
        (Action::Delete { ids: one.clone() }, (2, 2)),
    ];
    for (act, (total, unread)) in acts {
        let undo = undoable(&running, act.clone()).await;
        let inbox = running.handle.view().inbox.clone();
        assert_eq!((inbox.total, inbox.unread), (total, unread), "{act:?}");
        tokio::time::advance(Duration::from_millis(9_900)).await;
        running.handle.act(Action::Undo { undo }).await.unwrap();
        let inbox = running.handle.view().inbox.clone();
        assert_eq!((inbox.total, inbox.unread), (3, 3), "{act:?}");
        let again = running.handle.act(Action::Undo { undo }).await.unwrap_err();
        assert_eq!(again.code, FailureCode::TooLate, "{act:?}");
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_view_has_what_can_be_taken_back_for_as_long_as_it_can() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let archive = undoable(&running, Action::Archive { ids: ids[1..].to_vec() }).await;
    tokio::time::advance(Duration::from_secs(4)).await;
    let seen = undoable(&running, Action::MarkSeen { ids: vec![ids[0]] }).await;
    let shown = |running: &Running| running.handle.view().undos.clone();
    let view = |undo, kind, messages, first| UndoView { undo, kind, messages, first: Some(first) };
    let (first, second) = (view(archive, ActKind::Archive, 2, ids[1]), view(seen, ActKind::Seen, 1, ids[0]));
    assert_eq!(shown(&running), [first, second]);
    running.handle.act(Action::Undo { undo: seen }).await.unwrap();
    assert_eq!(shown(&running), [first]);
    running.until(|view| view.undos.is_empty()).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn popups_go_with_what_is_archived_deleted_or_read() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    undoable(&running, Action::Archive { ids: vec![ids[0]] }).await;
    assert_eq!(world.notifier.on_screen().len(), 2);
    undoable(&running, Action::Delete { ids: vec![ids[1]] }).await;
    assert_eq!(world.notifier.on_screen().len(), 1);
    let undo = undoable(&running, Action::MarkRead { ids: vec![ids[2]] }).await;
    assert!(world.notifier.on_screen().is_empty());
    running.handle.act(Action::Undo { undo }).await.unwrap();
    assert!(world.notifier.on_screen().is_empty(), "nothing pops up a second time");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_ten_seconds_it_is_too_late() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let undo = undoable(&running, Action::Delete { ids: vec![ids[0]] }).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let failure = running.handle.act(Action::Undo { undo }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TooLate);
    assert_eq!(running.titles().await, ["title 2", "title 1"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_cannot_be_undone() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    for action in [
        Action::MarkUnread { ids: ids.clone() },
        Action::Unarchive { ids: ids.clone() },
        Action::Archive { ids: vec![MessageId(999)] },
    ] {
        assert_eq!(running.handle.act(action).await.unwrap(), Outcome::Done);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_archive_is_a_tab_and_leads_back_to_the_list() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    undoable(&running, Action::Archive { ids: ids.clone() }).await;
    assert!(running.titles().await.is_empty());
    assert_eq!(running.page(Tab::Archived).await.rows.len(), 3);
    undoable(&running, Action::Unarchive { ids: vec![ids[1]] }).await;
    assert_eq!(running.titles().await, ["title 2"]);
    assert_eq!(running.handle.view().inbox.unread, 0, "it stays read");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_put_off_has_a_list_of_its_own_and_comes_back_at_the_top() {
    let world = World::signed_in().await;
    let (running, line, ids) = three(&world).await;
    let put_off = vec![ids[1], ids[2]];
    undoable(&running, Action::Snooze { ids: put_off.clone(), span: SnoozeSpan::Hour }).await;
    assert_eq!(running.titles().await, ["title 3"]);
    let inbox = running.handle.view().inbox.clone();
    assert_eq!((inbox.total, inbox.unread, inbox.snoozed), (1, 1, 2));
    let listed = |page: belfry_core::action::Page| page.rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let soonest_first: Vec<MessageId> = put_off.iter().rev().copied().collect();
    assert_eq!(listed(running.page(Tab::Snoozed).await), soonest_first);
    line.frame("system", "k7-4", &message(4, "system")).await;
    running.until(|view| view.inbox.total == 2).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let undo = undoable(&running, Action::Wake { ids: vec![ids[2]] }).await;
    assert_eq!(running.titles().await, ["title 1", "title 4", "title 3"]);
    assert!(running.page(Tab::All).await.rows[0].returned_at.is_some());
    running.handle.act(Action::Undo { undo }).await.unwrap();
    assert_eq!(running.titles().await, ["title 4", "title 3"]);
    let view = running.until(|view| view.inbox.snoozed == 0).await;
    assert_eq!((view.inbox.total, view.inbox.unread), (4, 4));
    let first: Vec<MessageId> = view.newest.iter().take(2).map(|row| row.id).collect();
    assert_eq!(first, put_off, "above what came meanwhile");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pins_are_set_and_filtered_by_and_too_many_messages_at_once_are_refused() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    undoable(&running, Action::Pin { ids: vec![ids[0], ids[2]] }).await;
    undoable(&running, Action::Unpin { ids: vec![ids[0]] }).await;
    let filter = Filter { pinned: true, ..Filter::default() };
    let pinned = Query::Page { tab: Tab::All, source: None, filter, before: None, limit: 9 };
    match running.handle.query(pinned).await.unwrap() {
        Answer::Page(page) => assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[2]]),
        other => panic!("{other:?}"),
    }
    let many = (0..=Action::MOST_IDS).map(|id| MessageId(id as i64)).collect();
    let refused = running.handle.act(Action::Delete { ids: many }).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::Invalid);
    assert_eq!(running.handle.view().inbox.total, 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_stays_deleted_after_a_restart() {
    let world = World::signed_in().await;
    let (running, line, ids) = three(&world).await;
    undoable(&running, Action::Delete { ids: vec![ids[0]] }).await;
    running.stop().await;
    drop(line);
    let (running, line) = world.live().await;
    assert_eq!(running.titles().await, ["title 2", "title 1"]);
    line.frame("system", "k7-3", &message(3, "system")).await;
    line.frame("system", "k7-4", &message(4, "system")).await;
    running.until(|view| view.inbox.total == 3).await;
    assert_eq!(running.titles().await, ["title 4", "title 2", "title 1"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn lists_are_saved_under_names_and_counted() {
    let world = World::signed_in().await;
    let (running, _line, ids) = three(&world).await;
    let view = |name: &str, tab, filter| SavedView {
        name: name.to_owned(),
        tab,
        source: None,
        filter,
        text: String::new(),
    };
    undoable(&running, Action::Pin { ids: vec![ids[0], ids[1]] }).await;
    undoable(&running, Action::MarkRead { ids: vec![ids[1]] }).await;
    let pinned = Filter { pinned: true, ..Filter::default() };
    for view in [
        view(" pins ", Tab::All, pinned.clone()),
        view("system", Tab::Kind { kind: MessageKind::System }, Filter::default()),
        view("archive", Tab::Archived, Filter::default()),
    ] {
        running.handle.act(Action::SaveView { view }).await.unwrap();
    }
    let count = |name: &str, unread| ViewCount { name: name.to_owned(), unread, more: false };
    match running.handle.query(Query::ViewCounts).await.unwrap() {
        Answer::ViewCounts { counts } => {
            assert_eq!(counts, [count("pins", Some(1)), count("system", Some(2)), count("archive", None)]);
        }
        other => panic!("{other:?}"),
    }
    let named = |name: &str| name.to_owned();
    let refused = async |action| running.handle.act(action).await.unwrap_err().code;
    let taken = Action::RenameView { name: named("pins"), to: named("system") };
    assert_eq!(refused(taken).await, FailureCode::Taken);
    let nameless = Action::SaveView { view: view(" ", Tab::All, pinned) };
    assert_eq!(refused(nameless).await, FailureCode::Invalid);
    assert_eq!(refused(Action::RemoveView { name: named("none") }).await, FailureCode::NotFound);
    for action in [
        Action::RenameView { name: named("pins"), to: named("固定") },
        Action::MoveView { name: named("固定"), to: 9 },
        Action::RemoveView { name: named("archive") },
        // A name that there is: the list takes its place.
        Action::SaveView { view: view("system", Tab::Unread, Filter::default()) },
    ] {
        running.handle.act(action).await.unwrap();
    }
    let shown = running.handle.view().views.clone();
    let names: Vec<_> = shown.iter().map(|view| (view.name.as_str(), &view.tab)).collect();
    assert_eq!(names, [("system", &Tab::Unread), ("固定", &Tab::All)]);
    running.stop().await;
    assert_eq!(world.saved_settings().views, shown, "they outlive the program");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_put_off_for_longer_than_a_year_or_until_what_has_passed() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 1).await;
    let ids = vec![view.newest[0].id];
    let day = Duration::from_secs(24 * 3600);
    for until in [NOW, NOW.after(367 * day), Timestamp(i64::MAX)] {
        let action = Action::Snooze { ids: ids.clone(), span: SnoozeSpan::Until(until) };
        assert_eq!(
            running.handle.act(action).await.unwrap_err().code,
            FailureCode::SnoozeMoment,
            "{until:?}"
        );
    }
    assert_eq!(running.handle.view().inbox.snoozed, 0);
    undoable(&running, Action::Snooze { ids, span: SnoozeSpan::Until(NOW.after(365 * day)) }).await;
    assert_eq!(running.handle.view().inbox.snoozed, 1);
    running.stop().await;
}

/// More than one stretch has.
const MANY: u32 = 560;

async fn many(world: &World) -> (Running, belfry_core::fakes::Line) {
    let (running, line) = world.live().await;
    for id in 1..=MANY {
        let kind = if id % 2 == 0 { "system" } else { "reply" };
        line.frame(kind, &format!("k7-{id}"), &message(id, kind)).await;
    }
    running.until(|view| view.inbox.unread == u64::from(MANY)).await;
    (running, line)
}

fn matching(tab: Option<Tab>, text: &str) -> Matching {
    Matching { tab, source: None, filter: Filter::default(), text: text.to_owned() }
}

async fn count(running: &Running, of: &Matching) -> (u32, bool) {
    match running.handle.query(Query::Count { of: of.clone() }).await.unwrap() {
        Answer::Count { count, more } => (count, more),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_matches_is_dealt_with_in_one_act_and_taken_back_as_one() {
    let world = World::signed_in().await;
    let (running, _line) = many(&world).await;
    let all = matching(Some(Tab::All), "");
    let replies = matching(Some(Tab::Kind { kind: MessageKind::Reply }), "");
    // "title 55" and "title 550" to "title 559".
    let found = matching(None, "title 55");
    assert_eq!(count(&running, &all).await, (560, false));
    assert_eq!(count(&running, &replies).await, (280, false));
    assert_eq!(count(&running, &found).await, (11, false));
    let snooze = Deed::Snooze { span: SnoozeSpan::Hour };
    for (of, deed, total, unread) in [
        (&all, Deed::Archive, 0, 0),
        (&replies, Deed::MarkRead, 560, 280),
        (&replies, Deed::Delete, 280, 280),
        (&all, Deed::Pin, 560, 560),
        // Of one stretch: paused time runs on to when they come back while another one is awaited.
        (&found, snooze, 549, 549),
        (&found, Deed::Archive, 549, 549),
        (&found, Deed::MarkRead, 560, 549),
    ] {
        let act = Action::AllOf { of: of.clone(), deed: deed.clone() };
        let undo = undoable(&running, act).await;
        let inbox = running.handle.view().inbox.clone();
        assert_eq!((inbox.total, inbox.unread), (total, unread), "{deed:?}");
        tokio::time::advance(Duration::from_secs(9)).await;
        running.handle.act(Action::Undo { undo }).await.unwrap();
        let inbox = running.handle.view().inbox.clone();
        let before = (u64::from(MANY), u64::from(MANY), 0);
        assert_eq!((inbox.total, inbox.unread, inbox.snoozed), before, "{deed:?}");
    }
    let pinned = Matching { filter: Filter { pinned: true, ..Filter::default() }, ..all };
    assert_eq!(count(&running, &pinned).await, (0, false));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_act_on_everything_leaves_alone_what_is_dealt_with_by_itself_meanwhile() {
    let world = World::signed_in().await;
    let (running, _line) = many(&world).await;
    let newest = running.handle.view().newest[0].id;
    let oldest = MessageId(1);
    let read = Action::AllOf { of: matching(Some(Tab::All), ""), deed: Deed::MarkRead };
    // Both are in the engine's queue before the first stretch is known.
    let (all, one) = tokio::join!(
        running.handle.act(read),
        running.handle.act(Action::MarkUnread { ids: vec![newest, oldest] })
    );
    assert!(matches!(all.unwrap(), Outcome::Undoable { .. }));
    one.unwrap();
    assert_eq!(running.handle.view().inbox.unread, 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_with_everything_is_refused_and_acts_on_everything_wait_for_each_other() {
    let world = World::signed_in().await;
    let (running, _line) = many(&world).await;
    let all = |tab, deed| Action::AllOf { of: matching(tab, ""), deed };
    let past = SnoozeSpan::Until(Timestamp(0));
    let codes = [
        (all(None, Deed::Delete), FailureCode::Invalid),
        (all(Some(Tab::All), Deed::Snooze { span: past }), FailureCode::SnoozeMoment),
    ];
    for (act, code) in codes {
        assert_eq!(running.handle.act(act).await.unwrap_err().code, code);
    }
    let nothing = running.handle.act(all(Some(Tab::Archived), Deed::Unarchive)).await.unwrap();
    assert_eq!(nothing, Outcome::Done);
    let (first, second) = tokio::join!(
        running.handle.act(all(Some(Tab::All), Deed::Archive)),
        running.handle.act(all(Some(Tab::Archived), Deed::Delete)),
    );
    assert!(matches!(
        (first.unwrap(), second.unwrap()),
        (Outcome::Undoable { .. }, Outcome::Undoable { .. })
    ));
    let archived = matching(Some(Tab::Archived), "");
    assert_eq!(count(&running, &archived).await, (0, false), "the second saw what the first had done");
    tokio::time::advance(Duration::from_secs(11)).await;
    running.until(|view| view.inbox.total == 0).await;
    running.stop().await;
}
