//! Popups that are held back: paused, in quiet hours, by a rule; and what is told afterwards.

use std::time::Duration;

use belfry_core::action::{Action, Announced, Attention, FailureCode, PauseSpan, SnoozeSpan};
use belfry_core::fakes::RecordingNotifier;
use belfry_core::link::Reason;
use belfry_core::model::MessageId;
use belfry_core::policy::{PopupKey, Urgency};
use belfry_core::ports::{ConnectError, NotifyError, PopupAction};
use belfry_core::settings::{Notify, Pause, QuietSpan, Rule, Weekday};
use belfry_core::store::{Announcement, Grounds, Occasion, Why};
use belfry_core::view::{Hold, HoldReason};

use crate::world::{EMPTY_PAGE, NOW, Running, World, message};

const MINUTE: Duration = Duration::from_secs(60);

/// A world whose streams may be silent for long.
async fn patient() -> World {
    let mut world = World::signed_in().await;
    world.settings.sources[0].limits.idle_timeout = Some(48 * 60 * MINUTE);
    world
}

async fn pause(running: &Running, span: PauseSpan) {
    running.handle.act(Action::Pause { span }).await.unwrap();
}

fn popups(notifier: &RecordingNotifier) -> Vec<PopupKey> {
    notifier.shown().iter().map(|popup| popup.key).collect()
}

async fn announced(running: &Running, id: i64) -> Vec<Announced> {
    running.message(MessageId(id)).await.announced
}

fn arrival(state: Announcement, why: Option<Why>) -> impl Fn(&Announced) -> bool {
    move |announced| {
        announced.occasion == Occasion::Arrival && announced.state == state && announced.why == why
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_a_pause_is_told_together_when_it_is_over() {
    let world = patient().await;
    let (running, line) = world.live().await;
    pause(&running, PauseSpan::Minutes(30)).await;
    let until = Some(NOW.after(30 * MINUTE));
    let hold = running.handle.view().hold.unwrap();
    assert_eq!(hold.why, HoldReason::Paused);
    assert!(hold.until >= until && hold.until < until.map(|at| at.after(MINUTE)), "{hold:?}");
    for id in 1..=3 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 3).await;
    // Read before it was told: nothing to tell any more.
    running.handle.act(Action::MarkRead { ids: vec![MessageId(2)] }).await.unwrap();
    assert!(arrival(Announcement::Due, Some(Why::Paused))(&announced(&running, 1).await[0]));
    assert_eq!(popups(&world.notifier), []);
    running.until(|view| view.hold.is_none()).await;
    let shown = world.notifier.shown();
    assert_eq!(shown[0].key, PopupKey::CatchUp);
    assert!(shown[0].body.contains("2 条") && shown[0].body.contains("title 3"), "{}", shown[0].body);
    assert!(!shown[0].body.contains("title 2"));
    running.stop().await;
    assert_eq!(world.saved_settings().pause, None);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_ended_tells_at_once_and_live_popups_come_again() {
    let world = patient().await;
    let (running, line) = world.live().await;
    pause(&running, PauseSpan::Endless).await;
    assert_eq!(running.handle.view().hold, Some(Hold { why: HoldReason::Paused, until: None }));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.handle.act(Action::Resume).await.unwrap();
    assert_eq!(running.handle.view().hold, None);
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(popups(&world.notifier), [PopupKey::CatchUp, PopupKey::Message(MessageId(2))]);
    assert!(arrival(Announcement::Announced, Some(Why::Paused))(&announced(&running, 1).await[0]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_urgent_or_let_through_by_a_rule_is_not_held_back() {
    let mut world = patient().await;
    let rule = Rule { text: "title 2".to_owned(), bypass: true, ..Rule::default() };
    world.settings.preferences.notifications.rules = vec![rule];
    let (running, line) = world.live().await;
    pause(&running, PauseSpan::Endless).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    line.frame("notification", "k7-3", &urgent(3)).await;
    running.until(|view| view.inbox.unread == 3).await;
    let expected = [2, 3].map(|id| PopupKey::Message(MessageId(id)));
    assert_eq!(popups(&world.notifier), expected);
    for (id, grounds) in [(2, Grounds::LetThrough(1)), (3, Grounds::Urgent)] {
        assert_eq!(announced(&running, id).await[0].shown.unwrap().grounds, grounds);
    }
    running.handle.act(Action::Resume).await.unwrap();
    running.until(|view| view.hold.is_none()).await;
    let held = &announced(&running, 1).await[0];
    assert_eq!((held.why, held.shown.unwrap().grounds), (Some(Why::Paused), Grounds::Kind));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_outlives_the_program_and_so_does_what_it_held_back() {
    let mut world = patient().await;
    let (running, line) = world.live().await;
    pause(&running, PauseSpan::Tomorrow).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    running.stop().await;

    world.settings = world.saved_settings();
    // 09:30 in Greenwich is 17:30 in China: until eight in the morning it is fourteen and a half hours.
    let until = world.settings.pause.unwrap().until.unwrap();
    assert_eq!(until.since(NOW), Duration::from_secs(14 * 3600 + 1800));
    world.begin = NOW.after(60 * MINUTE);
    let running = world.start();
    running.until(|view| view.hold.is_some()).await;
    assert_eq!(popups(&world.notifier), []);
    running.until(|view| view.hold.is_none()).await;
    assert_eq!(popups(&world.notifier), [PopupKey::CatchUp]);
    running.stop().await;

    // A pause whose time has passed while no program ran.
    world.settings.pause = Some(Pause { until: Some(NOW) });
    let running = world.start();
    assert_eq!(running.handle.view().hold, None);
    running.stop().await;
    assert_eq!(world.saved_settings().pause, None);
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_back_by_the_clock_on_the_wall() {
    let mut world = patient().await;
    // It is a Sunday, 17:30 in China.
    let quiet = QuietSpan {
        days: [Weekday::Sun].into(),
        from: "18:00".parse().unwrap(),
        to: "19:00".parse().unwrap(),
    };
    world.settings.preferences.notifications.quiet = vec![quiet];
    let (running, line) = world.live().await;
    assert_eq!(running.handle.view().hold, None);
    let view = running.until(|view| view.hold.is_some()).await;
    let hold = view.hold.unwrap();
    assert_eq!((hold.why, hold.until), (HoldReason::QuietHours, Some(NOW.after(90 * MINUTE))));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(popups(&world.notifier), []);
    assert!(arrival(Announcement::Due, Some(Why::QuietHours))(&announced(&running, 1).await[0]));
    // Whoever resumes means a pause; the hours go on.
    running.handle.act(Action::Resume).await.unwrap();
    assert!(running.handle.view().hold.is_some());
    running.until(|view| view.hold.is_none()).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_can_say_why_it_was_not_announced() {
    let mut world = World::signed_in().await;
    let notifications = &mut world.settings.preferences.notifications;
    let rule = Rule { text: "title 1".to_owned(), notify: Notify::Badge, ..Rule::default() };
    notifications.rules = vec![Rule { text: "nothing".to_owned(), ..Rule::default() }, rule];
    notifications.kinds.get_mut("system").unwrap().show = false;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("system", "k7-2", &message(2, "system")).await;
    line.frame("reply", "k7-3", &message(3, "reply")).await;
    running.until(|view| view.inbox.unread == 3).await;
    assert!(arrival(Announcement::Suppressed, Some(Why::Rule(2)))(&announced(&running, 1).await[0]));
    assert!(arrival(Announcement::Suppressed, Some(Why::Kind))(&announced(&running, 2).await[0]));
    running.stop().await;
    let running = world.start();
    assert!(arrival(Announcement::Announced, None)(&announced(&running, 3).await[0]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_put_off_on_a_popup_comes_back_unread_and_pops_up_again() {
    let world = patient().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    world.notifier.choose(PopupKey::Message(MessageId(1)), PopupAction::Snooze);
    running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(announced(&running, 1).await[0].state, Announcement::Snoozed);
    let back = running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(back.newest[0].snoozed_until, None);
    assert_eq!(popups(&world.notifier), [PopupKey::Message(MessageId(1)); 2]);
    running.stop().await;
    // An hour later, and on an occasion of its own.
    let running = world.start();
    let announced = announced(&running, 1).await;
    assert_eq!(announced[1].occasion, Occasion::Snooze);
    assert_eq!(announced[1].state, Announcement::Announced);
    let hour = announced[1].at.since(announced[0].at);
    assert!((60 * MINUTE..61 * MINUTE).contains(&hour), "{hour:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_marked_read_on_a_popup_is_read() {
    let world = patient().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    world.notifier.choose(PopupKey::Message(MessageId(1)), PopupAction::MarkRead);
    running.until(|view| view.inbox.unread == 0).await;
    assert!(running.message(MessageId(1)).await.message.read_at.is_some());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_put_off_comes_back_although_the_program_was_not_there() {
    let mut world = patient().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    let snooze = Action::Snooze { ids: vec![MessageId(1)], span: SnoozeSpan::Tonight };
    running.handle.act(snooze).await.unwrap();
    assert_eq!(world.notifier.on_screen().len(), 0, "its popup is gone");
    let past = Action::Snooze { ids: vec![MessageId(1)], span: SnoozeSpan::Until(NOW) };
    assert_eq!(running.handle.act(past).await.unwrap_err().code, FailureCode::SnoozeMoment);
    running.stop().await;
    world.begin = NOW.after(48 * 60 * MINUTE);
    let running = world.start();
    running.until(|view| view.newest[0].snoozed_until.is_none()).await;
    assert_eq!(running.handle.view().inbox.unread, 1);
    assert_eq!(popups(&world.notifier).len(), 2);
    running.stop().await;
}

/// Until what was just told has been dealt with.
async fn a_moment() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn urgent(id: u32) -> String {
    message(id, "notification").replace("\"title\"", "\"priority\":5,\"title\"")
}

#[tokio::test(start_paused = true)]
async fn what_the_desktop_refused_in_a_pause_is_told_when_it_is_back() {
    let world = patient().await;
    let (running, line) = world.live().await;
    pause(&running, PauseSpan::Endless).await;
    world.notifier.fail_next(NotifyError::Failed("gone".to_owned()));
    line.frame("notification", "k7-1", &urgent(1)).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(world.notifier.on_screen(), []);
    world.notifier.comes_back();
    a_moment().await;
    let on_screen = world.notifier.on_screen();
    assert_eq!(on_screen.len(), 1, "the other one is held back");
    assert_eq!(
        (on_screen[0].key, on_screen[0].urgency),
        (PopupKey::Message(MessageId(1)), Urgency::Critical)
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_desktop_refused_before_a_pause_is_told_when_it_ends() {
    let world = patient().await;
    let (running, line) = world.live().await;
    world.notifier.fail_next(NotifyError::Failed("gone".to_owned()));
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    pause(&running, PauseSpan::Endless).await;
    running.handle.act(Action::Resume).await.unwrap();
    a_moment().await;
    assert_eq!(popups(&world.notifier), [PopupKey::CatchUp]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_urgent_and_left_open_is_told_at_a_start_in_a_pause() {
    let mut world = patient().await;
    let (running, line) = world.live().await;
    world.notifier.show_takes(60 * MINUTE);
    line.frame("notification", "k7-1", &urgent(1)).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    running.stop().await;
    world.notifier.show_takes(Duration::ZERO);
    let before = world.notifier.shown().len();
    world.settings.pause = Some(Pause { until: Some(NOW.after(30 * MINUTE)) });
    let running = world.start();
    a_moment().await;
    assert_eq!(popups(&world.notifier)[before..], [PopupKey::Message(MessageId(1))]);
    running.until(|view| view.hold.is_none()).await;
    a_moment().await;
    assert_eq!(popups(&world.notifier)[before + 1..], [PopupKey::CatchUp], "the other one waited");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_urgent_pops_up_although_the_user_seems_to_look() {
    let world = patient().await;
    let (running, line) = world.live().await;
    running.handle.act(Action::Attend { to: Attention::Inbox }).await.unwrap();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("notification", "k7-2", &urgent(2)).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(popups(&world.notifier), [PopupKey::Message(MessageId(2))]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_told_when_the_pause_is_over() {
    let mut world = patient().await;
    world.settings.pause = Some(Pause { until: Some(NOW.after(30 * MINUTE)) });
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    running.until(|view| view.sources[0].link.reason == Some(Reason::Rejected)).await;
    assert_eq!(popups(&world.notifier), []);
    running.until(|view| view.hold.is_none()).await;
    a_moment().await;
    assert_eq!(popups(&world.notifier), [PopupKey::SignIn]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_any_is_over() {
    let mut world = patient().await;
    world.settings.pause = Some(Pause { until: Some(NOW.after(9 * 24 * 60 * MINUTE)) });
    let running = world.start();
    assert_eq!(running.handle.view().hold, None);
    running.stop().await;
    assert_eq!(world.saved_settings().pause, None);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_makes_no_sense_is_refused() {
    let world = patient().await;
    let (running, _line) = world.live().await;
    for minutes in [0, PauseSpan::MOST_MINUTES + 1] {
        let pause = Action::Pause { span: PauseSpan::Minutes(minutes) };
        assert_eq!(running.handle.act(pause).await.unwrap_err().code, FailureCode::Invalid);
    }
    running.stop().await;
}
