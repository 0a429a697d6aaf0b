//! Popups that are replaced in place, and popups that leave the screen since they have done their work.

use belfry_core::action::{Action, Announced, Attention};
use belfry_core::link::LinkState;
use belfry_core::model::MessageId;
use belfry_core::policy::PopupKey;
use belfry_core::ports::NotifyError;
use belfry_core::settings::{InInbox, Notify, Rule};
use belfry_core::store::{Announcement, Why};

use crate::world::{Running, World, message};

/// What became of a message's announcement on each occasion.
async fn states(running: &Running, id: i64) -> Vec<(Announcement, Option<Why>)> {
    let announced = running.message(MessageId(id)).await.announced;
    announced.into_iter().map(|Announced { state, why, .. }| (state, why)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_popup_is_withdrawn_when_its_message_is_read_or_deleted_elsewhere() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(world.notifier.on_screen().len(), 2);
    line.frame("read", "k7-3", r#"{"ids":["1"],"read":true}"#).await;
    line.frame("deleted", "k7-4", r#"{"ids":["2"]}"#).await;
    let view = running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(view.inbox.total, 1);
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_update_takes_the_place_of_the_popup_also_in_a_flood() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    let before = running.until(|view| view.inbox.unread == 8).await.inbox.rev;
    line.frame("updated", "k7-9", &message(2, "reply").replace("title 2", "another title")).await;
    running.until(|view| view.inbox.rev > before).await;
    let of_two: Vec<String> = world
        .notifier
        .on_screen()
        .into_iter()
        .filter(|popup| popup.key == PopupKey::Message(MessageId(2)))
        .map(|popup| popup.body)
        .collect();
    assert_eq!(of_two, ["another title\nbody 2"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_read_here_leaves_the_screen() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 8).await;
    assert_eq!(world.notifier.on_screen().len(), 6, "five and the summary");
    running.handle.act(Action::MarkRead { ids: vec![MessageId(1)] }).await.unwrap();
    running.handle.act(Action::Archive { ids: vec![MessageId(2)] }).await.unwrap();
    running.handle.act(Action::Delete { ids: vec![MessageId(3)] }).await.unwrap();
    assert_eq!(world.notifier.on_screen().len(), 3);
    assert_eq!(states(&running, 1).await, [(Announcement::Withdrawn, None)]);
    running.handle.act(Action::MarkAllRead).await.unwrap();
    running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(world.notifier.on_screen(), [], "a summary of what is read says nothing");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_inbox_in_front_takes_away_what_it_shows() {
    for (in_inbox, left) in [(InInbox::List, 0), (InInbox::Popup, 6)] {
        let mut world = World::signed_in().await;
        world.settings.preferences.notifications.in_inbox = in_inbox;
        let (running, line) = world.live().await;
        for id in 1..=8 {
            line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        }
        running.until(|view| view.inbox.unread == 8).await;
        running.handle.act(Action::Attend { to: Attention::Inbox }).await.unwrap();
        assert_eq!(world.notifier.on_screen().len(), left, "{in_inbox:?}");
        if in_inbox == InInbox::List {
            assert_eq!(states(&running, 1).await, [(Announcement::Withdrawn, None)]);
            assert_eq!(states(&running, 8).await, [(Announcement::Summarised, None)]);
        }
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_popup_had_told_before_the_inbox_came_to_the_front_is_not_told_later() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.notifier.fail_next(NotifyError::Absent("nobody has the name".to_owned()));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.handle.act(Action::Attend { to: Attention::Inbox }).await.unwrap();
    assert_eq!(states(&running, 1).await, [(Announcement::Suppressed, Some(Why::Looking))]);
    running.handle.act(Action::Attend { to: Attention::Elsewhere }).await.unwrap();
    world.notifier.comes_back();
    running.stop().await;
    assert_eq!(world.notifier.shown(), []);
}

#[tokio::test(start_paused = true)]
async fn what_a_rule_does_not_want_any_more_at_the_next_start_says_so() {
    let mut world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=2 {
        world.notifier.fail_next(NotifyError::Absent("nobody has the name".to_owned()));
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        running.until(|view| view.inbox.unread == u64::from(id)).await;
    }
    running.stop().await;
    let notifications = &mut world.settings.preferences.notifications;
    let rule = Rule { text: "title 1".to_owned(), notify: Notify::Badge, ..Rule::default() };
    notifications.rules = vec![rule];
    notifications.kinds.get_mut("reply").unwrap().show = false;
    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(states(&running, 1).await, [(Announcement::Suppressed, Some(Why::Rule(1)))]);
    assert_eq!(states(&running, 2).await, [(Announcement::Suppressed, Some(Why::Kind))]);
    running.stop().await;
    assert_eq!(world.notifier.shown(), []);
}
