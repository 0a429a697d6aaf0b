//! What people ask for, and the click back.

use belfry_core::action::{
    Action, Answer, Attention, FailureCode, Outcome, Query, Tab, TemplateLeads, TemplatePreview,
};
use belfry_core::model::{ActivationToken, MessageId, MessageKind};
use belfry_core::policy::{PauseSpan, PopupKey};
use belfry_core::ports::{BrowserError, LoginItem, LoginStart};
use belfry_core::settings::{
    KindNotice, LanguageChoice, Preferences, ReplyClick, Sound, SourceField, Theme, file,
};
use belfry_core::words::Language;

use belfry_core::view::{Notice, NoticeCode};

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
async fn what_a_click_may_bring_to_the_front_goes_to_the_browser_or_where_there_is_none_to_the_window() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    let token = |text: &str| ActivationToken::new(text.to_owned());
    world.browser.fail_next(BrowserError("none".to_owned()));
    world.notifier.click_with_token(PopupKey::Message(id), "of-the-popup");
    let reveal = running.until(|view| view.reveal.is_some()).await.reveal.clone().unwrap();
    assert_eq!(reveal.activation, token("of-the-popup"));

    running.handle.act_on_click(Action::Open { id }, token("of-the-tray")).await.unwrap();
    running.handle.act(Action::FollowLink { id }).await.unwrap();
    running.until(|view| view.inbox.unread == 0).await;
    assert_eq!(world.browser.activations(), [token("of-the-tray"), None], "each is for one time");
    running.handle.act_on_click(Action::ShowInbox, token("of-the-icon")).await.unwrap();
    assert_eq!(running.handle.view().reveal.as_ref().unwrap().activation, token("of-the-icon"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_following_a_link_has_marked_read_is_taken_back() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    let outcome = running.handle.act(Action::FollowLink { id }).await.unwrap();
    let Outcome::Undoable { undo } = outcome else { panic!("{outcome:?}") };
    assert_eq!(running.handle.view().inbox.unread, 0);
    running.handle.act(Action::Undo { undo }).await.unwrap();
    assert_eq!(running.handle.view().inbox.unread, 1);
    let payload = running.message(id).await.payload;
    assert_eq!(payload, Some(message(1, "reply")), "and what the server sent is kept as it came");
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
        Preferences { language: LanguageChoice::English, theme: Theme::Dark, ..Preferences::default() };
    running.handle.act(Action::SavePreferences { preferences: preferences.clone() }).await.unwrap();
    let view = running.handle.view();
    let shown = Preferences { start_at_login: None, ..view.preferences.clone() };
    assert_eq!((view.language, &shown), (Language::English, &preferences));
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
    let left = std::fs::read_dir(world.folder.path()).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert!(!left.contains(&"messages.db-wal".into()), "somebody still reads: {left:?}");
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
async fn a_link_to_what_is_not_here_says_so_or_shows_the_inbox() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    let mut last = 0;
    let missing = Some(FailureCode::NotFound);
    for (link, message, tab, code) in [
        ("belfry://message/4711", Some(MessageId(4711)), None, missing),
        ("belfry://message?source=https://other.example&id=1", None, None, missing),
        ("belfry://message?source=https://example.org&id=2", None, None, missing),
        ("belfry://inbox?tab=unread", None, Some(Tab::Unread), None),
        ("belfry://inbox", None, None, None),
    ] {
        let result = running.handle.act(Action::Show { link: link.parse().unwrap() }).await;
        assert_eq!(result.err().map(|failure| failure.code), code, "{link}");
        let reveal = running.handle.view().reveal.clone().unwrap();
        assert_eq!((reveal.message, reveal.tab), (message, tab), "{link}");
        assert!(reveal.seq > last, "{link}");
        last = reveal.seq;
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_click_on_a_reply_leads_where_the_user_wants_it() {
    for (click, pages, revealed) in
        [(ReplyClick::Page, 1, false), (ReplyClick::Inbox, 0, true), (ReplyClick::Both, 1, true)]
    {
        let mut world = World::signed_in().await;
        world.settings.preferences.notifications.reply_click = click;
        let (running, line) = world.live().await;
        line.frame("reply", "k7-1", &message(1, "reply")).await;
        let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
        running.handle.act(Action::Open { id }).await.unwrap();
        assert_eq!(world.browser.opened().len(), pages, "{click:?}");
        let view = running.handle.view();
        assert_eq!(
            view.reveal.as_ref().and_then(|reveal| reveal.message),
            revealed.then_some(id),
            "{click:?}"
        );
        assert_eq!(view.inbox.unread, 1 - pages as u64, "{click:?}: the page counts as read");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn notification_settings_are_obeyed_from_the_next_message_on_and_kept() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let mut preferences = running.handle.view().preferences.clone();
    let notifications = &mut preferences.notifications;
    notifications.expire_ms = 12_000;
    notifications.kinds.insert("reply".to_owned(), KindNotice { show: true, sound: Sound::Off });
    notifications.kinds.insert("system".to_owned(), KindNotice { show: false, sound: Sound::Default });
    running.handle.act(Action::SavePreferences { preferences: preferences.clone() }).await.unwrap();
    line.frame("system", "k7-1", &message(1, "system")).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.unread == 2).await;
    let shown = world.notifier.shown();
    assert_eq!(shown.len(), 1, "no popup for a system notice");
    assert_eq!((shown[0].expire_ms, &shown[0].sound), (12_000, &None));
    assert_eq!(running.handle.view().preferences, preferences);
    let path = world.folder.path().join("settings.toml");
    assert!(
        matches!(file::load(&path).unwrap(), file::Loaded::Fine(kept) if kept.preferences.notifications == preferences.notifications)
    );
    preferences.notifications.expire_ms = 5;
    let failure = running.handle.act(Action::SavePreferences { preferences }).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    running.stop().await;

    // What was not wanted is not caught up either.
    let _line = world.transport.open_next();
    let running = world.start();
    running.until(|view| view.sources[0].link.state == belfry_core::link::LinkState::Live).await;
    assert_eq!(world.notifier.shown().len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn settings_that_were_set_aside_are_told_until_the_user_puts_it_away() {
    let mut world = World::signed_in().await;
    let path = world.folder.path().join("settings.toml");
    std::fs::write(&path, "schema = 99").unwrap();
    let file::Loaded::SetAside { kept_as, problem, .. } = file::load(&path).unwrap() else {
        panic!("it was taken")
    };
    world.notices = vec![Notice::settings(&problem, &kept_as)];
    let (running, _line) = world.live().await;
    let notice = running.handle.view().notices[0].clone();
    assert_eq!(notice.code, NoticeCode::SettingsNewer);
    let sentence = notice.sentence(belfry_core::words::Language::Chinese);
    assert!(sentence.contains("settings.toml.broken-1") && sentence.contains("默认设置"), "{sentence}");
    let mended = Notice::mended(&["sources.社区".to_owned(), "preferences.theme".to_owned()], &kept_as);
    let sentence = mended.sentence(belfry_core::words::Language::Chinese);
    assert!(
        sentence.contains("sources.社区, preferences.theme") && sentence.contains("broken-1"),
        "{sentence}"
    );
    running.handle.act(Action::DismissNotices).await.unwrap();
    assert!(running.handle.view().notices.is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_in_the_file_by_hand_outlives_what_the_program_saves() {
    let world = World::signed_in().await;
    let path = world.folder.path().join("settings.toml");
    file::save(&path, &world.settings).unwrap();
    let (running, _line) = world.live().await;
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("expire_ms = 5000", "expire_ms = 7777")).unwrap();
    let pause = || Action::Pause { span: PauseSpan::Minutes(30) };
    for (action, paused) in [(pause(), true), (Action::Resume, false)] {
        running.handle.act(action).await.unwrap();
        let saved = world.saved_settings();
        assert_eq!((saved.preferences.notifications.expire_ms, saved.pause.is_some()), (7_777, paused));
    }
    let codes = || running.handle.view().notices.iter().map(|notice| notice.code).collect::<Vec<_>>();
    assert_eq!(codes(), [NoticeCode::SettingsEdited]);
    running.handle.act(Action::DismissNotices).await.unwrap();
    running.handle.act(pause()).await.unwrap();
    assert_eq!(codes(), [], "it is said once");
    std::fs::write(&path, "half = ").unwrap();
    running.handle.act(Action::Resume).await.unwrap();
    assert_eq!(codes(), [NoticeCode::SettingsUnreadable]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn starting_at_login_is_what_the_system_says() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let at_login = || running.handle.view().preferences.start_at_login;
    let save = async |wanted| {
        let preferences = running.handle.view().preferences.clone();
        let preferences = Preferences { start_at_login: wanted, ..preferences };
        running.handle.act(Action::SavePreferences { preferences }).await
    };
    assert_eq!(at_login(), Some(false));
    save(Some(true)).await.unwrap();
    assert_eq!((at_login(), world.login.state()), (Some(true), Some(LoginStart::On)));
    save(None).await.unwrap();
    assert_eq!(at_login(), Some(true), "nothing was said about it");
    world.login.change(LoginStart::Off);
    running.handle.act(Action::Attend { to: Attention::Elsewhere }).await.unwrap();
    assert_eq!(at_login(), Some(false), "the window has gone to another page");
    world.login.change(LoginStart::On);
    running.handle.act(Action::Attend { to: Attention::Elsewhere }).await.unwrap();
    world.login.change(LoginStart::Off);
    running.handle.act(Action::ShowInbox).await.unwrap();
    assert_eq!(at_login(), Some(false), "it was changed elsewhere");
    world.login.refuse();
    assert_eq!(save(Some(true)).await.unwrap_err().code, FailureCode::LoginItem);
    assert_eq!(at_login(), Some(false));
    running.stop().await;
    let file = std::fs::read_to_string(world.folder.path().join("settings.toml")).unwrap_or_default();
    assert!(!file.contains("login"), "the system keeps it: {file}");
}

#[tokio::test(start_paused = true)]
async fn a_template_is_tried_on_the_newest_message_of_its_kind() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let query = |kind: &str, site: Option<&str>| Query::TemplatePreview {
        source: world.source,
        kind: MessageKind::from(kind),
        template: "/p/{relatedId}".to_owned(),
        site: site.map(ToOwned::to_owned),
    };
    let preview = async |kind: &str| match running.query(query(kind, None)).await {
        Answer::TemplatePreview(preview) => preview,
        other => panic!("{other:?}"),
    };
    let page = |id: &str| TemplateLeads::Page { url: format!("https://example.org/p/{id}") };
    assert_eq!(preview("reply").await, TemplatePreview { title: None, leads: page("1001") });
    for id in 1..=2 {
        line.frame("reply", &format!("k7-{id}"), &message(id, "reply")).await;
    }
    line.frame("system", "k7-3", &message(3, "system")).await;
    running.until(|view| view.inbox.total == 3).await;
    let title = Some("title 2".to_owned());
    assert_eq!(preview("reply").await, TemplatePreview { title, leads: page("102") });
    let typed = running.query(query("reply", Some("https://forum.example.org"))).await;
    let Answer::TemplatePreview(TemplatePreview { leads, .. }) = typed else { panic!("{typed:?}") };
    assert_eq!(leads, TemplateLeads::Page { url: "https://forum.example.org/p/102".to_owned() });
    let half = running.handle.query(query("reply", Some("forum"))).await.unwrap_err();
    assert_eq!((half.code, half.field), (FailureCode::Invalid, Some(SourceField::Site)));
    running.stop().await;
}
