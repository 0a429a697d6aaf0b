//! The tray as data, made of the engine's own views; and what the desktop says of it.

use belfry_core::action::{Action, PauseSpan};
use belfry_core::policy::PopupKey;
use belfry_core::ports::ConnectError;
use belfry_core::settings::{LanguageChoice, Preferences};
use belfry_core::view::{
    Connection, RevealPage, SourceHelp, TrayCommand, TrayItem, TrayShape, TrayView, View,
};

use crate::world::{EMPTY_PAGE, World, message};

/// What the menu says, top to bottom, menus of their own in brackets.
fn says(items: &[TrayItem]) -> Vec<String> {
    let line = |item: &TrayItem| match item {
        TrayItem::Command { label, enabled: true, .. } => label.clone(),
        TrayItem::Command { label, enabled: false, .. } => format!("({label})"),
        TrayItem::Label(label) => format!("({label})"),
        TrayItem::Menu { label, items } => format!("{label} [{}]", says(items).join(", ")),
        TrayItem::Separator => "-".to_owned(),
    };
    items.iter().map(line).collect()
}

fn commands(view: &View) -> Vec<TrayCommand> {
    let command = |item: TrayItem| match item {
        TrayItem::Command { command, .. } => Some(command),
        TrayItem::Menu { .. } | TrayItem::Label(_) | TrayItem::Separator => None,
    };
    TrayView::of(view).items.into_iter().filter_map(command).collect()
}

#[tokio::test(start_paused = true)]
async fn the_menu_has_the_newest_five_and_everything_else_in_one_order() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for number in 1..=6 {
        line.frame("system", &format!("k7-{number}"), &message(number, "system")).await;
    }
    let view = running.until(|view| view.inbox.unread == 6).await;
    running.handle.act(Action::MarkRead { ids: vec![view.newest[1].id] }).await.unwrap();
    let view = running.handle.view();
    let [first, second, third, fourth, fifth] = [0, 1, 2, 3, 4].map(|place| view.newest[place].title.clone());
    let expected = [
        "打开收件箱".to_owned(),
        "(Belfry · 已连接 · 5 条未读)".to_owned(),
        "-".to_owned(),
        format!("● {first}"),
        second,
        format!("● {third}"),
        format!("● {fourth}"),
        format!("● {fifth}"),
        "-".to_owned(),
        "全部标为已读".to_owned(),
        "(立即重连)".to_owned(),
        "暂停通知 [30 分钟, 1 小时, 到明天 8:00, 直到我恢复]".to_owned(),
        "-".to_owned(),
        "设置".to_owned(),
        "退出 Belfry".to_owned(),
    ];
    assert_eq!(says(&TrayView::of(&view).items), expected);
    assert_eq!(commands(&view)[1], TrayCommand::Open(view.newest[0].id), "a click opens it");

    running.handle.act(Action::MarkAllRead).await.unwrap();
    let tray = TrayView::of(&running.handle.view());
    assert_eq!((tray.unread, tray.tooltip.as_str()), (0, "Belfry · 已连接"));
    assert!(says(&tray.items).contains(&"(全部标为已读)".to_owned()), "there is nothing to mark");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_middle_click_pauses_and_resumes() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let hold = |view: &View| view.hold;
    assert_eq!(TrayView::toggle(hold(&running.handle.view())), TrayCommand::Pause(PauseSpan::Endless));
    running.handle.act(Action::Pause { span: PauseSpan::Endless }).await.unwrap();
    let view = running.handle.view();
    let tray = TrayView::of(&view);
    assert_eq!((tray.shape, tray.tooltip.as_str()), (TrayShape::Paused, "Belfry · 已连接，通知已暂停"));
    assert!(commands(&view).contains(&TrayCommand::Resume));
    assert_eq!(TrayView::toggle(hold(&view)), TrayCommand::Resume);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_wants_a_sign_in_counts_for_more_than_a_pause() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    running.handle.act(Action::Pause { span: PauseSpan::Tomorrow }).await.unwrap();
    let english =
        Preferences { language: LanguageChoice::English, ..running.handle.view().preferences.clone() };
    running.handle.act(Action::SavePreferences { preferences: english }).await.unwrap();
    let tray = TrayView::of(&running.handle.view());
    let expected = (TrayShape::SignIn, "Belfry · Sign-in needed, notifications paused");
    assert_eq!((tray.shape, tray.tooltip.as_str()), expected);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_tried_also_while_another_source_wants_a_sign_in() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::Unauthorized);
    let running = world.start();
    let refused = running.until(|view| view.connection == Connection::SignIn).await;
    running.stop().await;
    let can_reconnect = |view: &View| says(&TrayView::of(view).items).contains(&"立即重连".to_owned());
    assert!(!can_reconnect(&refused), "there is nothing to try");

    for (connection, help, expected) in [
        (Connection::Offline, SourceHelp::Retry, true),
        (Connection::Polling, SourceHelp::Retry, true),
        (Connection::Connecting, SourceHelp::Nothing, true),
        (Connection::SignIn, SourceHelp::UnlockKeychain, true),
        (Connection::Offline, SourceHelp::AllowPlainHttp, false),
        (Connection::Live, SourceHelp::Nothing, false),
    ] {
        let mut view = View::clone(&refused);
        let mut other = view.sources[0].clone();
        (other.connection, other.help) = (connection, help);
        view.sources.push(other);
        assert_eq!(can_reconnect(&view), expected, "{connection:?}, {help:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_desktop_without_a_tray_is_told_of_once_in_the_life_of_a_profile() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    // Nobody is there to show it: it has not been said, neither in this run nor in the next.
    world.notifier.refuse(PopupKey::NoTray);
    running.handle.act(Action::NoTray).await.unwrap();
    running.stop().await;
    drop(line);
    world.notifier.refuse_nothing();
    world.serve(EMPTY_PAGE);
    let running = world.start();
    running.handle.act(Action::NoTray).await.unwrap();
    running.handle.act(Action::NoTray).await.unwrap();
    let shown = world.notifier.shown();
    assert_eq!(shown.iter().map(|popup| popup.key).collect::<Vec<_>>(), [PopupKey::NoTray]);
    assert_eq!(
        (shown[0].expire_ms, shown[0].sound.clone()),
        (0, None),
        "it stays until it is read, and is silent"
    );
    world.notifier.click(PopupKey::NoTray);
    let view = running.until(|view| view.reveal.is_some()).await;
    assert_eq!(view.reveal.as_ref().map(|reveal| reveal.page), Some(RevealPage::Inbox));
    running.stop().await;

    world.serve(EMPTY_PAGE);
    let running = world.start();
    running.handle.act(Action::NoTray).await.unwrap();
    assert_eq!(world.notifier.shown().len(), 1, "an earlier run has said it");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_settings_are_asked_for_like_the_inbox() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    running.handle.act(Action::ShowSettings).await.unwrap();
    let reveal = running.handle.view().reveal.clone().unwrap();
    assert_eq!((reveal.page, reveal.message), (RevealPage::Settings, None));
    running.stop().await;
}
