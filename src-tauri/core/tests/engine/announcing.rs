//! Popups: which, when, and what becomes of them.

use belfry_core::action::{Action, Attention, Tab};
use belfry_core::link::LinkState;
use belfry_core::model::{ActivationToken, MessageId};
use belfry_core::policy::PopupKey;
use belfry_core::ports::NotifyError;
use belfry_core::settings::{InInbox, Notify, Rule};
use belfry_core::store::{Announcement, Why};

use crate::world::{EMPTY_PAGE, World, message};

#[tokio::test(start_paused = true)]
async fn a_live_message_pops_up_in_the_words_of_its_kind() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    let shown = world.notifier.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].summary.as_str(), shown[0].body.as_str()), ("新回复通知", "title 1\nbody 1"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_read_already_does_not_pop_up() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", r#"{"id":"1","title":"T","isRead":true}"#).await;
    running.until(|view| view.inbox.total == 1).await;
    assert!(world.notifier.shown().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_gets_five_popups_and_one_summary() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=100 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 100).await;
    world.until_shown(6).await;
    let on_screen = world.notifier.on_screen();
    let singles = on_screen.iter().filter(|popup| popup.key != PopupKey::Flood).count();
    assert_eq!((singles, on_screen.len()), (5, 6));
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let shown = world.notifier.shown();
    let last_summary = shown.iter().rfind(|popup| popup.key == PopupKey::Flood);
    assert_eq!(last_summary.unwrap().summary, "另有 95 条消息");
    let still = world.notifier.on_screen();
    assert!(still.iter().all(|popup| popup.key != PopupKey::Flood), "the summary is closed when it is over");
    running.stop().await;
}

/// How many popups of each sort have been asked for so far: for one message, for a flood, to catch up.
fn asked(world: &World) -> (usize, usize, usize) {
    let shown = world.notifier.shown();
    let of = |wanted: PopupKey| shown.iter().filter(|popup| popup.key == wanted).count();
    let (floods, catch_ups) = (of(PopupKey::Flood), of(PopupKey::CatchUp));
    (shown.len() - floods - catch_ups, floods, catch_ups)
}

#[tokio::test(start_paused = true)]
async fn a_desktop_that_never_answers_is_asked_once_and_nothing_is_forgotten() {
    let mut world = World::signed_in().await;
    world.notifier.never_answers();
    let (running, line) = world.live().await;
    for id in 1..=10_000 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 10_000).await;
    assert_eq!(asked(&world), (1, 0, 0));
    // Nor in an hour with a message now and then.
    for id in 10_001..=10_100 {
        tokio::time::sleep(std::time::Duration::from_secs(36)).await;
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 10_100).await;
    assert_eq!(asked(&world), (1, 0, 0));
    running.stop().await;

    world.notifier = Default::default();
    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    let shown = world.notifier.shown();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].body.starts_with("收到 10100 条消息\n10100 条回复\ntitle 10100\n"), "{}", shown[0].body);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn with_the_gate_off_a_desktop_that_never_answers_is_not_asked_without_end() {
    let mut world = World::signed_in().await;
    world.burst_off();
    world.notifier.never_answers();
    let (running, line) = world.live().await;
    for id in 1..=3_000 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 3_000).await;
    assert_eq!(asked(&world), (1, 0, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_several_messages_that_come_at_once_one_popup_is_in_flight() {
    let world = World::signed_in().await;
    world.notifier.never_answers();
    let (running, line) = world.live().await;
    for id in 1..=5 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 5).await;
    let mut states = Vec::new();
    for id in 1..=5 {
        states.push(running.message(MessageId(id)).await.announced[0].state);
    }
    let due = Announcement::Due;
    assert_eq!(states, [Announcement::Showing, due, due, due, due]);
    assert_eq!(asked(&world), (1, 0, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_the_desktop_refused_is_caught_up_after_a_restart() {
    let world = World::signed_in().await;
    world.notifier.refuse(PopupKey::Flood);
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 8).await;
    running.stop().await;
    assert_eq!(asked(&world), (5, 0, 0));

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(
        world.notifier.on_screen().last().unwrap().body,
        "收到 3 条消息\n3 条回复\ntitle 8\ntitle 7\ntitle 6"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_was_shown_is_not_mentioned_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 8).await;
    running.stop().await;
    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(asked(&world).2, 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_leaves_the_catch_up_on_the_screen() {
    let world = World::signed_in().await;
    let (running, line) = world.meet(EMPTY_PAGE);
    for id in 1..=6 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    line.frame("ready", "k7-6", "{}").await;
    for id in 7..=20 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 20).await;
    let on_screen = world.notifier.on_screen();
    let says = |key| on_screen.iter().find(|popup| popup.key == key).map(|popup| popup.summary.as_str());
    assert_eq!(says(PopupKey::CatchUp), Some("期间收到的消息"));
    assert_eq!(says(PopupKey::Flood), Some("另有 9 条消息"));
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let left: Vec<PopupKey> = world.notifier.on_screen().iter().map(|popup| popup.key).collect();
    assert!(left.contains(&PopupKey::CatchUp) && !left.contains(&PopupKey::Flood), "{left:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_catch_up_on_the_screen_speaks_for_the_next_one_too() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    drop(line);
    for (from, to) in [(1, 6), (7, 13)] {
        let line = world.transport.open_next();
        for id in from..=to {
            line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        }
        line.frame("ready", &format!("k7-{to}"), "{}").await;
        running.until(|view| view.inbox.unread == u64::from(to)).await;
        drop(line);
    }
    let on_screen = world.notifier.on_screen();
    assert_eq!(on_screen.len(), 1);
    assert!(on_screen[0].body.starts_with("收到 13 条消息\n13 条回复\ntitle 13\n"), "{}", on_screen[0].body);
    world.notifier.close(PopupKey::CatchUp);
    let line = world.transport.open_next();
    for id in 14..=20 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    line.frame("ready", "k7-20", "{}").await;
    running.until(|view| view.inbox.unread == 20).await;
    assert!(world.notifier.on_screen()[0].body.starts_with("收到 7 条消息"), "what was closed is over");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_the_user_put_away_stays_away_until_the_flood_is_over() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let come = async |ids: std::ops::RangeInclusive<u32>| {
        let last = u64::from(*ids.end());
        for id in ids {
            line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        }
        running.until(|view| view.inbox.unread == last).await;
    };
    come(1..=8).await;
    world.until_shown(6).await;
    world.notifier.dismiss(PopupKey::Flood);
    for ids in [9..=20, 21..=40, 41..=60] {
        come(ids).await;
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        assert!(world.notifier.on_screen().iter().all(|popup| popup.key != PopupKey::Flood));
    }
    let last = running.message(MessageId(60)).await.announced.remove(0);
    assert_eq!((last.state, last.why), (Announcement::Suppressed, Some(Why::SummaryClosed)));
    // The next flood has a summary again.
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    come(61..=70).await;
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(world.notifier.on_screen().iter().any(|popup| popup.key == PopupKey::Flood));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_takes_the_place_of_a_popup_is_silent() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    world.until_shown(1).await;
    line.frame("updated", "k7-2", &message(1, "reply").replace("body 1", "another")).await;
    world.until_shown(2).await;
    world.notifier.close(PopupKey::Message(MessageId(1)));
    line.frame("updated", "k7-3", &message(1, "reply").replace("body 1", "a third")).await;
    world.until_shown(3).await;
    let loud: Vec<bool> = world.notifier.shown().iter().map(|popup| popup.sound.is_some()).collect();
    assert_eq!(loud, [true, false, true], "but not where there is none any more");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_caught_up_with_sounds_and_stays_as_the_rules_want() {
    for (notify, sticky) in [(Notify::Silent, true), (Notify::Show, false)] {
        let mut world = World::signed_in().await;
        let rule = Rule { text: "title".to_owned(), notify, sticky, ..Rule::default() };
        world.settings.preferences.notifications.rules = vec![rule];
        let (running, line) = world.live().await;
        drop(line);
        let line = world.transport.open_next();
        for id in 1..=7 {
            line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        }
        line.frame("ready", "k7-7", "{}").await;
        world.until_shown(1).await;
        let popup = world.notifier.shown().remove(0);
        assert_eq!(popup.key, PopupKey::CatchUp);
        assert_eq!((popup.sound.is_some(), popup.expire_ms == 0), (notify == Notify::Show, sticky));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_gate_off_every_message_gets_its_popup() {
    let mut world = World::signed_in().await;
    world.burst_off();
    let (running, line) = world.live().await;
    for id in 1..=50 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 50).await;
    world.until_shown(50).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_that_the_desktop_refused_is_caught_up_after_a_restart() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.notifier.fail_next(NotifyError::Absent("no bus".to_owned()));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;
    assert!(world.notifier.shown().is_empty());

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown()[0].key, PopupKey::CatchUp);
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown().len(), 1, "and only once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_that_the_desktop_refused_is_told_with_the_next_one_it_takes() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        world.notifier.fail_next(NotifyError::Failed("busy".to_owned()));
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        running.until(|view| view.inbox.unread == u64::from(id)).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert!(world.notifier.shown().is_empty(), "nothing is tried again by itself");
    // What is read meanwhile needs no telling.
    line.frame("read", "k7-4", r#"{"ids":["2"],"read":true}"#).await;
    running.until(|view| view.inbox.unread == 2).await;
    line.frame("reply", "k7-5", &message(5, "reply")).await;
    running.until(|view| view.inbox.unread == 3).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(asked(&world), (1, 0, 1));
    assert_eq!(world.notifier.on_screen()[1].body, "收到 2 条消息\n2 条回复\ntitle 3\ntitle 1");
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(asked(&world), (1, 0, 1), "and only once");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_took_is_told_when_there_is_a_notification_service_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        world.notifier.fail_next(NotifyError::Absent("nobody has the name".to_owned()));
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
        running.until(|view| view.inbox.unread == u64::from(id)).await;
    }
    assert_eq!(asked(&world), (0, 0, 0));
    for _ in 0..2 {
        world.notifier.comes_back();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(asked(&world), (0, 0, 1), "once, however often it comes");
    }
    assert!(world.notifier.on_screen()[0].body.starts_with("收到 3 条消息\n"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_click_on_a_summary_opens_what_is_unread() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 8).await;
    world.notifier.click_with_token(PopupKey::Flood, "token-7");
    let view = running.until(|view| view.reveal.is_some()).await;
    let reveal = view.reveal.clone().unwrap();
    assert_eq!((&reveal.tab, reveal.message), (&Some(Tab::Unread), None));
    assert_eq!(
        reveal.activation.as_ref().map(ActivationToken::as_str),
        Some("token-7"),
        "the window may come to the front"
    );
    running.handle.act(Action::ShowInbox).await.unwrap();
    let view = running.until(|view| view.reveal.as_ref().is_some_and(|next| next.seq > reveal.seq)).await;
    assert_eq!(view.reveal.as_ref().unwrap().activation, None, "it is for one time");
    assert!(!serde_json::to_string(&reveal).unwrap().contains("token-7"), "it stays in the program");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_the_desktop_refused_is_told_after_the_flood() {
    let world = World::signed_in().await;
    world.notifier.refuse(PopupKey::Flood);
    let (running, line) = world.live().await;
    for id in 1..=8 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 8).await;
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    assert_eq!(asked(&world), (5, 0, 0));
    line.frame("reply", "k7-9", &message(9, "reply")).await;
    running.until(|view| view.inbox.unread == 9).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(
        world.notifier.on_screen().last().unwrap().body,
        "收到 3 条消息\n3 条回复\ntitle 8\ntitle 7\ntitle 6"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_popup_on_its_way_at_the_end_is_not_mentioned_again() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    world.notifier.show_takes(std::time::Duration::from_millis(200));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;

    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == LinkState::Live).await;
    assert_eq!(world.notifier.shown().len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn while_the_user_looks_at_the_inbox_there_is_no_popup_unless_wanted() {
    for (in_inbox, popups, state) in [(InInbox::List, 1, "suppressed"), (InInbox::Popup, 2, "announced")] {
        let mut world = World::signed_in().await;
        world.settings.preferences.notifications.in_inbox = in_inbox;
        let (running, line) = world.live().await;
        running.handle.act(Action::Attend { to: Attention::Inbox }).await.unwrap();
        line.frame("reply", "k7-1", &message(1, "reply")).await;
        running.until(|view| view.inbox.unread == 1).await;
        // Out of sight again, popups come as ever; what was seen is not told later.
        running.handle.act(Action::Attend { to: Attention::Elsewhere }).await.unwrap();
        line.frame("reply", "k7-2", &message(2, "reply")).await;
        running.until(|view| view.inbox.unread == 2).await;
        running.stop().await;
        assert_eq!(world.notifier.shown().len(), popups, "{in_inbox:?}");
        let database = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
        let first = "SELECT state FROM ledger WHERE message = 1";
        let noted: String = database.query_row(first, [], |row| row.get(0)).unwrap();
        assert_eq!(noted, state);
    }
}
