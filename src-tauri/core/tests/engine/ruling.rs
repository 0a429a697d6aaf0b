//! Rules that put messages away, sounds of the user's choice, and what is not told after a pause.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode, PauseSpan, Tab};
use belfry_core::model::MessageId;
use belfry_core::policy::{PopupKey, PopupSound};
use belfry_core::ports::NotifyError;
use belfry_core::settings::{Digest, Notify, Rule, Sound, SoundFile};
use belfry_core::store::{Announcement, Grounds, Why};

use crate::world::{World, message, page};

/// A world in which a rule wants nothing of some messages.
async fn with_a_rule(text: &str) -> World {
    let mut world = World::signed_in().await;
    let rule = Rule { text: text.to_owned(), notify: Notify::Never, ..Rule::default() };
    world.settings.preferences.notifications.rules =
        vec![Rule { text: "nothing".into(), ..Rule::default() }, rule];
    world
}

#[tokio::test(start_paused = true)]
async fn what_a_rule_wants_nothing_of_goes_straight_into_the_archive() {
    let world = with_a_rule("title 1").await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(view.newest.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["title 2"]);
    assert_eq!(running.titles().await, ["title 2"]);
    let archive = running.page(Tab::Archived).await;
    assert_eq!((archive.rows.len(), archive.rows[0].unread), (1, false));
    let why = running.message(MessageId(1)).await.announced;
    assert_eq!((why[0].state, why[0].why), (Announcement::Suppressed, Some(Why::Archive(2))));
    let popups: Vec<PopupKey> = world.notifier.shown().iter().map(|popup| popup.key).collect();
    assert_eq!(popups, [PopupKey::Message(MessageId(2))]);
    // The rule is this computer's: the server is not told that the message was read.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let told = world.transport.requests().iter().any(|request| format!("{request:?}").contains("Tell"));
    assert!(!told, "{:?}", world.transport.requests());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn every_popup_can_be_asked_why_it_came() {
    let mut world = World::signed_in().await;
    let notifications = &mut world.settings.preferences.notifications;
    notifications.rules = vec![Rule { text: "title 2".into(), ..Rule::default() }];
    let (running, line) = world.live().await;
    // The desktop is asked after the message is in the inbox.
    let grounds = async |id| loop {
        let announced = running.message(MessageId(id)).await.announced;
        let all: Option<Vec<_>> = announced.iter().map(|one| Some(one.shown?.grounds)).collect();
        match all {
            Some(all) => break all,
            None => tokio::task::yield_now().await,
        }
    };
    for id in 1..=9 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    running.until(|view| view.inbox.unread == 9).await;
    assert_eq!((grounds(1).await, grounds(2).await), (vec![Grounds::Kind], vec![Grounds::Rule(1)]));
    assert_eq!(grounds(9).await, [Grounds::Kind], "it was counted in the summary");
    line.frame("updated", "k7-10", &message(2, "reply").replace("body 2", "another")).await;
    world.until_shown(7).await;
    assert_eq!(grounds(2).await, [Grounds::Rule(1); 2]);
    // What comes again after a break is told together, each for its own reason.
    drop(line);
    let line = world.transport.open_next();
    for id in 11..=19 {
        let text =
            if id == 12 { message(id, "reply").replace("body", "title 2") } else { message(id, "reply") };
        line.frame("reply", &format!("k7-{id}"), &text).await;
    }
    line.frame("ready", "k7-19", "{}").await;
    running.until(|view| view.inbox.unread == 18).await;
    assert_eq!((grounds(11).await, grounds(12).await), (vec![Grounds::Kind], vec![Grounds::Rule(1)]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn also_the_history_of_a_new_server_is_put_away_and_what_came_back_stays() {
    let world = with_a_rule("title 1").await;
    let history = page(&[message(2, "reply"), message(1, "reply")], "k7-2", false);
    let (running, line) = world.meet(&history);
    line.frame("ready", "k7-2", "{}").await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(running.titles().await, ["title 2"]);
    let archived = running.page(Tab::Archived).await.rows[0].id;
    running.handle.act(Action::Unarchive { ids: vec![archived] }).await.unwrap();
    let update = message(1, "reply").replace("body 1", "another body");
    line.frame("updated", "k7-3", &update).await;
    line.frame("reply", "k7-4", &message(4, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    assert_eq!(running.page(Tab::Archived).await.rows.len(), 0, "the user has taken it back");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_held_back_is_not_told_where_the_user_wants_no_digest() {
    for (digest, popups) in
        [(Digest { pause: false, quiet_hours: true }, 0), (Digest { pause: true, quiet_hours: false }, 1)]
    {
        let mut world = World::signed_in().await;
        world.settings.sources[0].limits.idle_timeout = Some(Duration::from_secs(48 * 3600));
        world.settings.preferences.notifications.digest = digest;
        let (running, line) = world.live().await;
        running.handle.act(Action::Pause { span: PauseSpan::Minutes(30) }).await.unwrap();
        line.frame("reply", "k7-1", &message(1, "reply")).await;
        running.until(|view| view.inbox.unread == 1).await;
        running.handle.act(Action::Resume).await.unwrap();
        running.until(|view| view.hold.is_none()).await;
        assert_eq!(world.notifier.shown().len(), popups, "{digest:?}");
        if popups == 0 {
            let why = running.message(MessageId(1)).await.announced;
            assert_eq!((why[0].state, why[0].why), (Announcement::Suppressed, Some(Why::Paused)));
        }
        running.stop().await;
        // Nor at the next start.
        let running = world.start();
        running.until(|view| view.inbox.unread == 1).await;
        assert_eq!(world.notifier.shown().len(), popups, "{digest:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_chosen_sound_goes_along_and_one_that_is_not_there_is_refused() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let path = world.folder.path().join("ding.oga");
    let sound = Sound::File(SoundFile(path.to_str().unwrap().to_owned()));
    let mut preferences = running.handle.view().preferences.clone();
    let rule = Rule { text: "title".to_owned(), sound: Some(sound.clone()), ..Rule::default() };
    preferences.notifications.rules = vec![rule];
    let save = Action::SavePreferences { preferences };
    assert_eq!(running.handle.act(save.clone()).await.unwrap_err().code, FailureCode::Sound);
    std::fs::write(&path, "a sound").unwrap();
    running.handle.act(save.clone()).await.unwrap();
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    assert_eq!(world.notifier.shown()[0].sound, Some(PopupSound::File(path.clone())));
    // One that has gone keeps nobody from saving anything else.
    std::fs::remove_file(&path).unwrap();
    running.handle.act(save).await.unwrap();
    let test = Action::TestPopup { sound };
    assert_eq!(running.handle.act(test).await.unwrap_err().code, FailureCode::Sound);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_try_is_shown_also_in_a_pause_and_says_when_the_desktop_takes_nothing() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    running.handle.act(Action::Pause { span: PauseSpan::Endless }).await.unwrap();
    let test = || Action::TestPopup { sound: Sound::Off };
    running.handle.act(test()).await.unwrap();
    let shown = world.notifier.on_screen();
    assert_eq!((shown.len(), shown[0].key, &shown[0].sound), (1, PopupKey::Test, &None));
    world.notifier.click(PopupKey::Test);
    world.notifier.fail_next(NotifyError::Absent("nobody".to_owned()));
    assert_eq!(running.handle.act(test()).await.unwrap_err().code, FailureCode::Popup);
    assert_eq!(running.handle.view().reveal, None, "whoever tries something stays where they are");
    running.stop().await;
}
