//! What people ask for, and the click back.

use belfry_core::action::{Action, FailureCode, Outcome, Tab};
use belfry_core::model::MessageId;
use belfry_core::policy::PopupKey;
use belfry_core::ports::BrowserError;
use belfry_core::settings::{Preferences, Theme, file};
use belfry_core::words::Language;

use crate::world::{World, message};

#[tokio::test(start_paused = true)]
async fn a_click_on_a_reply_opens_its_page_and_marks_it_read() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 1).await;
    world.notifier.click(PopupKey::Message(view.newest[0].id));
    let view = running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(world.browser.opened(), ["https://example.org/community/post/101"]);
    assert_eq!(view.reveal, None, "the inbox is not raised");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_click_on_a_system_message_reveals_it_until_the_window_has_shown_it() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", &message(1, "system")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    world.notifier.click(PopupKey::Message(id));
    let reveal = running.until(|view| view.reveal.is_some()).await.reveal.clone().unwrap();
    assert_eq!(reveal.message, Some(id));
    assert!(world.browser.opened().is_empty());
    running.handle.act(Action::Revealed { seq: reveal.seq - 1 }).await.unwrap();
    assert!(running.handle.view().reveal.is_some(), "an older request is not this one");
    running.handle.act(Action::Revealed { seq: reveal.seq }).await.unwrap();
    assert_eq!(running.handle.view().reveal, None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_opened_leaves_the_message_unread_and_shows_it_in_the_inbox() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    world.browser.fail_next(BrowserError("none".to_owned()));
    let failure = running.handle.act(Action::FollowLink { id }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Browser);
    let view = running.handle.view();
    assert_eq!((view.inbox.unread, &view.reveal), (1, &None), "whoever asked for the page is told, no more");

    world.browser.fail_next(BrowserError("none".to_owned()));
    world.notifier.click(PopupKey::Message(id));
    let view = running.until(|view| view.reveal.is_some()).await;
    assert_eq!(view.reveal.as_ref().and_then(|reveal| reveal.message), Some(id));
    assert_eq!(view.inbox.unread, 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_hostile_link_is_refused_and_said_to_be() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("system", "k7-1", r#"{"id":"1","title":"T","link":"javascript:alert(1)"}"#).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    let detail = running.message(id).await;
    assert_eq!((detail.page, detail.link_refused), (None, true));
    let failure = running.handle.act(Action::FollowLink { id }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::LinkRefused);
    assert!(world.browser.opened().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_link_of_the_text_is_opened_by_name_and_no_other_is() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let data = r#"{"id":"1","title":"T","content":"[x](https://docs.example/?a=1) javascript:alert(1)"}"#;
    line.frame("system", "k7-1", data).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    let open = |url: &str| running.handle.act(Action::OpenLink { id, url: url.to_owned() });
    for refused in ["https://docs.example/?a=1&more=2", "javascript:alert(1)", "https://example.org/"] {
        assert_eq!(open(refused).await.unwrap_err().code, FailureCode::LinkRefused, "{refused}");
    }
    assert!(world.browser.opened().is_empty());
    open("https://docs.example/?a=1").await.unwrap();
    assert_eq!(world.browser.opened(), ["https://docs.example/?a=1"]);
    assert_eq!(running.handle.view().inbox.unread, 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_view_after_an_action_is_published_before_its_answer() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for id in 1..=3 {
        line.frame("system", &format!("k7-{id}"), &message(id, "system")).await;
    }
    let ids: Vec<MessageId> =
        running.until(|view| view.inbox.unread == 3).await.newest.iter().map(|row| row.id).collect();
    running.handle.act(Action::MarkRead { ids: vec![ids[0], MessageId(999)] }).await.unwrap();
    assert_eq!(running.handle.view().inbox.unread, 2);
    assert!(!world.notifier.on_screen().iter().any(|popup| popup.key == PopupKey::Message(ids[0])));
    running.handle.act(Action::MarkUnread { ids: vec![ids[0]] }).await.unwrap();
    assert_eq!(running.handle.view().inbox.unread, 3);
    running.handle.act(Action::MarkAllRead).await.unwrap();
    assert_eq!(running.handle.view().inbox.unread, 0);
    assert!(running.page(Tab::Unread).await.rows.is_empty());
    assert!(world.notifier.on_screen().is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn preferences_are_saved_before_they_hold() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let preferences =
        Preferences { language: belfry_core::settings::LanguageChoice::English, theme: Theme::Dark };
    running.handle.act(Action::SavePreferences { preferences: preferences.clone() }).await.unwrap();
    let view = running.handle.view();
    assert_eq!((view.language, &view.preferences), (Language::English, &preferences));
    let file::Loaded::Fine(saved) = file::load(&world.folder.path().join("settings.toml")).unwrap() else {
        panic!("the file is not fine");
    };
    assert_eq!(saved.preferences, preferences);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_the_end_every_call_says_so() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let handle = running.handle.clone();
    running.stop().await;
    assert_eq!(handle.act(Action::ShowInbox).await.unwrap_err().code, FailureCode::Stopping);
    handle.stop().await;
    world.start().stop().await; // The profile was given back.
}

#[tokio::test(start_paused = true)]
async fn a_link_shows_its_message_and_does_nothing_else() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    for link in [
        format!("belfry://message/{id}"),
        "belfry://message?source=https://example.org&id=1".to_owned(),
        "belfry://message?source=https%3A%2F%2FEXAMPLE.org%3A443%2F&id=1".to_owned(),
    ] {
        let link = link.parse().unwrap();
        assert_eq!(running.handle.act(Action::Show { link }).await, Ok(Outcome::Done));
        let reveal = running.handle.view().reveal.clone().unwrap();
        assert_eq!((reveal.message, reveal.tab), (Some(id), None));
        running.handle.act(Action::Revealed { seq: reveal.seq }).await.unwrap();
    }
    assert!(world.browser.opened().is_empty(), "a link never opens a page");
    assert_eq!(running.handle.view().inbox.unread, 1, "nor does it mark anything read");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_link_to_what_is_not_here_shows_the_inbox() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    let mut last = 0;
    for (link, tab, code) in [
        ("belfry://message/4711", None, Some(FailureCode::NotFound)),
        ("belfry://message?source=https://other.example&id=1", None, Some(FailureCode::NotFound)),
        ("belfry://message?source=https://example.org&id=2", None, Some(FailureCode::NotFound)),
        ("belfry://inbox?tab=unread", Some(Tab::Unread), None),
        ("belfry://inbox", None, None),
    ] {
        let result = running.handle.act(Action::Show { link: link.parse().unwrap() }).await;
        assert_eq!(result.err().map(|failure| failure.code), code, "{link}");
        let reveal = running.handle.view().reveal.clone().unwrap();
        assert_eq!((reveal.message, reveal.tab), (None, tab), "{link}");
        assert!(reveal.seq > last, "{link}");
        last = reveal.seq;
    }
    running.stop().await;
}
