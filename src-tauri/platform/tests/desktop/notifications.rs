//! The notifier against a daemon on a private bus, each way in which popups can go.

use std::time::Duration;

use belfry_core::fakes::contract::{self, Screen};
use belfry_core::model::{ActivationToken, MessageId, PopupPlace};
use belfry_core::ports::{
    Notifier, NotifierEvent, NotifyError, Popup, PopupEvent, PopupKey, PopupSignal, PopupSound, Urgency,
};
use belfry_platform::{DesktopNotifier, Way};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::notifyd::{Notifyd, Signals};
use super::session::within_a_session;

pub const ALL: &[&str] = &["actions", "body", "body-markup", "persistence"];

pub fn popup(number: i64) -> Popup {
    Popup {
        key: PopupKey::Message(MessageId(number)),
        summary: format!("summary {number}"),
        body: "a <b>title</b> & more\na line\u{7}".to_owned(),
        urgency: Urgency::Critical,
        icon: "dialog-warning",
        category: "device",
        expire_ms: 5000,
        sound: None,
        open_label: "打开",
        actions: Vec::new(),
    }
}

/// Each way in which popups can go, for those that come after one another before one daemon.
pub const WAYS: [Way; 2] = [Way::OneConnection, Way::Library];

/// The next event about a popup.
pub async fn next(events: &mut mpsc::Receiver<NotifierEvent>) -> PopupEvent {
    match next_of_any_kind(events).await {
        NotifierEvent::Popup(event) => event,
        NotifierEvent::Back => panic!("the daemon was there all the time"),
    }
}

async fn next_of_any_kind(events: &mut mpsc::Receiver<NotifierEvent>) -> NotifierEvent {
    timeout(Duration::from_secs(10), events.recv()).await.expect("an event comes in time").unwrap()
}

/// A notifier, and what it reports.
pub fn notifier(way: Way) -> (DesktopNotifier, mpsc::Receiver<NotifierEvent>) {
    let notifier = DesktopNotifier::by(way);
    let (sender, events) = mpsc::channel(64);
    notifier.report_to(sender);
    (notifier, events)
}

async fn contract(way: Way, signals: Signals) {
    // One after another: there is one name on the bus.
    contract::notifier(async || {
        let notifyd = Notifyd::start(ALL, signals).await;
        (DesktopNotifier::by(way), notifyd)
    })
    .await;
}

#[test]
fn the_contract_holds_with_a_daemon_that_tells_everyone() {
    within_a_session(async || {
        for way in WAYS {
            contract(way, Signals::Broadcast).await;
        }
    });
}

#[test]
fn over_one_connection_it_holds_with_a_daemon_that_tells_the_sender_only() {
    within_a_session(async || contract(Way::OneConnection, Signals::ToSender).await);
}

#[test]
fn what_the_daemon_gets_is_what_the_specification_asks() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let notifier = DesktopNotifier::by(way);
            notifier.show(popup(1)).await.unwrap();
            let shown = notifyd.last();
            assert_eq!(
                (shown.app.as_str(), shown.icon.as_str(), shown.replaces),
                ("Belfry", "dialog-warning", 0)
            );
            assert_eq!(shown.summary, "summary 1");
            assert_eq!(shown.body, "a &lt;b&gt;title&lt;/b&gt; &amp; more\na line");
            assert_eq!(shown.actions, ["default", "打开"]);
            assert_eq!(shown.expire, 5000);
            let hint = |name: &str| shown.hints.get(name).cloned().unwrap_or_default();
            assert!(hint("desktop-entry").contains("\"Belfry\""), "{}", hint("desktop-entry"));
            assert!(hint("category").contains("\"device\""), "{}", hint("category"));
            assert!(hint("urgency").contains("U8(2)"), "{}", hint("urgency"));
            assert!(hint("suppress-sound").contains("true"), "{}", hint("suppress-sound"));
            let aloud = Popup { sound: Some(PopupSound::Named("message-new-instant")), ..popup(2) };
            notifier.show(aloud).await.unwrap();
            let hints = notifyd.last().hints;
            assert!(hints["sound-name"].contains("message-new-instant"), "{hints:?}");
            assert!(!hints.contains_key("suppress-sound"), "{hints:?}");
            let chosen = Popup { sound: Some(PopupSound::File("/sounds/钟 1.oga".into())), ..popup(3) };
            DesktopNotifier::by(way).show(chosen).await.unwrap();
            let hints = notifyd.last().hints;
            assert!(hints["sound-file"].contains("/sounds/钟 1.oga"), "{hints:?}");
            assert!(!hints.contains_key("sound-name") && !hints.contains_key("suppress-sound"), "{hints:?}");
        }
    });
}

#[test]
fn text_comes_without_control_characters_and_cut_between_characters_as_people_see_them() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let family = "👨\u{200d}👩\u{200d}👧";
            let hostile = Popup {
                summary: format!("\u{202e}gpj.exe\u{7}{}", family.repeat(100)),
                body: format!("<b>\u{2066}\u{1b}[31m\nline{}", family.repeat(1000)),
                ..popup(1)
            };
            DesktopNotifier::by(way).show(hostile).await.unwrap();
            let shown = notifyd.last();
            assert!(shown.summary.starts_with("gpj.exe👨"), "{}", shown.summary);
            assert!(shown.body.starts_with("&lt;b&gt;[31m\nline👨"), "{}", shown.body);
            for text in [shown.summary, shown.body] {
                assert!(text.ends_with(&format!("{family}…")) && text.chars().count() <= 510, "{text}");
            }
        }
    });
}

#[test]
fn a_daemon_without_markup_or_actions_gets_neither() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(&["body"], Signals::Broadcast).await;
            let forever = Popup { expire_ms: 0, urgency: Urgency::Low, ..popup(1) };
            DesktopNotifier::by(way).show(forever).await.unwrap();
            let shown = notifyd.last();
            assert_eq!(shown.body, "a <b>title</b> & more\na line");
            assert_eq!((shown.actions.len(), shown.expire), (0, 0));
        }
    });
}

#[test]
fn through_the_library_a_click_comes_back_from_a_daemon_that_tells_the_sender_only() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::ToSender).await;
        let (notifier, mut events) = notifier(Way::Library);
        notifier.show(popup(1)).await.unwrap();
        notifier.show(popup(2)).await.unwrap();
        // The library begins to listen a moment after the popup has been taken; a person takes longer.
        let mut presses = tokio::time::interval(Duration::from_millis(50));
        let event = loop {
            tokio::select! {
                event = next(&mut events) => break event,
                _ = presses.tick() => notifyd.press("summary 2").await,
            }
        };
        assert_eq!((event.key, event.signal), (popup(2).key, PopupSignal::Opened));
        notifyd.dismiss("summary 1").await;
        let event = next(&mut events).await;
        assert_eq!((event.key, event.signal), (popup(1).key, PopupSignal::Dismissed));
    });
}

#[test]
fn the_activation_token_comes_with_the_click() {
    within_a_session(async || {
        for (way, signals) in [
            (Way::OneConnection, Signals::Broadcast),
            (Way::OneConnection, Signals::ToSender),
            (Way::Library, Signals::Broadcast),
        ] {
            let notifyd = Notifyd::start(ALL, signals).await;
            let (notifier, mut events) = notifier(way);
            for number in 1..=5 {
                notifier.show(popup(number)).await.unwrap();
                notifyd.click_with_token(&format!("summary {number}"), "token-7").await;
                let expected = PopupEvent {
                    key: popup(number).key,
                    signal: PopupSignal::Opened,
                    activation: ActivationToken::new("token-7".to_owned()),
                };
                assert_eq!(next(&mut events).await, expected);
            }
        }
    });
}

#[test]
fn a_daemon_that_comes_or_comes_back_is_asked_what_it_can_do_and_told_of() {
    within_a_session(async || {
        for way in WAYS {
            let (notifier, mut events) = notifier(way);
            let error = notifier.show(popup(1)).await.unwrap_err();
            assert!(matches!(error, NotifyError::Absent(_)), "{error:?}");

            let first = Notifyd::start(ALL, Signals::Broadcast).await;
            assert_eq!(next_of_any_kind(&mut events).await, NotifierEvent::Back);
            for number in 1..=3 {
                notifier.show(popup(number)).await.unwrap();
            }
            let asked =
                |daemon: &Notifyd| daemon.calls().iter().filter(|call| *call == "GetCapabilities").count();
            assert_eq!(asked(&first), 1);

            // What was on the screen goes with the daemon.
            first.stop().await;
            let mut gone = Vec::new();
            for _ in 0..3 {
                let event = next(&mut events).await;
                assert_eq!(event.signal, PopupSignal::Closed);
                gone.push(event.key);
            }
            assert_eq!(gone, [popup(1).key, popup(2).key, popup(3).key]);
            let error = notifier.show(popup(4)).await.unwrap_err();
            assert!(matches!(error, NotifyError::Absent(_)), "{error:?}");

            let second = Notifyd::start(&["body"], Signals::Broadcast).await;
            assert_eq!(next_of_any_kind(&mut events).await, NotifierEvent::Back);
            notifier.show(popup(4)).await.unwrap();
            assert_eq!((asked(&second), second.last().actions.len()), (1, 0));
            second.stop().await;
        }
    });
}

#[test]
fn a_later_run_takes_off_what_an_earlier_one_left_and_nothing_that_another_daemon_shows() {
    within_a_session(async || {
        for way in WAYS {
            let first = Notifyd::start(ALL, Signals::Broadcast).await;
            let earlier = DesktopNotifier::by(way);
            let mut left = Vec::new();
            for number in 1..=2 {
                left.extend(earlier.show(popup(number)).await.unwrap());
            }
            assert_eq!(left.len(), 2);
            drop(earlier);
            let later = DesktopNotifier::by(way);
            later.clear_away(vec![left[0].clone()]).await.unwrap();
            first.called("CloseNotification", 1).await;
            assert_eq!(first.summaries().await, ["summary 2"]);
            later.clear_away(vec![left[0].clone()]).await.unwrap();
            first.stop().await;

            // The next daemon has given the number to somebody else's popup.
            let second = Notifyd::start(ALL, Signals::Broadcast).await;
            for number in 3..=4 {
                DesktopNotifier::by(way).show(popup(number)).await.unwrap();
            }
            later.clear_away(left).await.unwrap();
            later.show(popup(5)).await.unwrap();
            assert_eq!(second.summaries().await, ["summary 3", "summary 4", "summary 5"]);
            second.stop().await;
        }
    });
}

#[test]
fn sixteen_popups_are_on_the_screen_and_urgent_ones_stay_the_longest() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let (notifier, mut events) = notifier(way);
            notifier.show(popup(1)).await.unwrap();
            for number in 2..=20 {
                notifier.show(Popup { urgency: Urgency::Normal, ..popup(number) }).await.unwrap();
            }
            for number in 2..=5 {
                let event = next(&mut events).await;
                assert_eq!((event.key, event.signal), (popup(number).key, PopupSignal::Closed));
            }
            notifyd.called("CloseNotification", 4).await;
            let left: Vec<String> =
                std::iter::once(1).chain(6..=20).map(|n| format!("summary {n}")).collect();
            assert_eq!(notifyd.summaries().await, left);
            notifyd.click("summary 1").await;
            notifyd.click("summary 20").await;
            for number in [1, 20] {
                let event = next(&mut events).await;
                assert_eq!((event.key, event.signal), (popup(number).key, PopupSignal::Opened));
            }
            // A replacement takes the old one's place.
            notifier.show(Popup { summary: "new".to_owned(), ..popup(6) }).await.unwrap();
            let first = notifyd.on_screen().swap_remove(0);
            assert_eq!((first.summary.as_str(), notifyd.on_screen().len()), ("new", 14));
        }
    });
}

#[test]
fn ten_thousand_popups_leave_no_descriptor_and_no_thread_behind() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let notifier = DesktopNotifier::by(way);
            for number in 1..=16 {
                notifier.show(popup(number)).await.unwrap();
            }
            let (sockets, threads) = (open_sockets(), threads());
            for number in 17..=10_000 {
                notifier.show(popup(number)).await.unwrap();
            }
            // What the library closes goes with a task's end, a moment later.
            eventually(|| open_sockets() <= sockets + 1).await;
            assert_eq!((self::threads(), notifyd.on_screen().len() <= 17), (threads, true));
            if way == Way::OneConnection {
                assert!(sockets <= 8, "{sockets} sockets for one connection and the daemon's");
            }
        }
    });
}

#[test]
fn without_a_bus_there_is_no_service() {
    within_a_session(async || {
        let bus = super::session::folder().join("bus");
        std::fs::remove_file(bus).unwrap();
        for way in WAYS {
            let notifier = DesktopNotifier::by(way);
            let place = PopupPlace { service: "bus :1.7".to_owned(), number: 1 };
            for error in [
                notifier.show(popup(1)).await.unwrap_err(),
                notifier.clear_away(vec![place]).await.unwrap_err(),
            ] {
                assert!(matches!(error, NotifyError::Absent(_)), "{error:?}");
            }
        }
    });
}

fn open_sockets() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

async fn eventually(condition: impl Fn() -> bool) {
    let wait = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !condition() {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(10), wait).await.expect("it comes to be in time");
}
