//! The notifier against a daemon on a private bus.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use belfry_core::fakes::contract::{self, Screen};
use belfry_core::model::MessageId;
use belfry_core::ports::{Notifier, NotifyError, Popup, PopupEvent, PopupKey, PopupSignal, Urgency};
use belfry_platform::DesktopNotifier;
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

pub async fn next(events: &mut mpsc::Receiver<PopupEvent>) -> PopupEvent {
    timeout(Duration::from_secs(10), events.recv()).await.expect("an event comes in time").unwrap()
}

#[test]
fn the_contract_holds_with_a_daemon_that_tells_everyone() {
    within_a_session(async || {
        // One after another: there is one name on the bus.
        contract::notifier(async || {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            (DesktopNotifier::new(), notifyd)
        })
        .await;
    });
}

#[test]
fn what_the_daemon_gets_is_what_the_specification_asks() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
        DesktopNotifier::new().show(popup(1)).await.unwrap();
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
        assert!(hint("urgency").contains('2'), "{}", hint("urgency"));
        assert!(hint("suppress-sound").contains("true"), "{}", hint("suppress-sound"));
        let aloud = Popup { sound: Some("message-new-instant"), ..popup(2) };
        DesktopNotifier::new().show(aloud).await.unwrap();
        let hints = notifyd.last().hints;
        assert!(hints["sound-name"].contains("message-new-instant"), "{hints:?}");
        assert!(!hints.contains_key("suppress-sound"), "{hints:?}");
    });
}

#[test]
fn a_daemon_without_markup_or_actions_gets_neither() {
    within_a_session(async || {
        let notifyd = Notifyd::start(&["body"], Signals::Broadcast).await;
        let forever = Popup { expire_ms: 0, urgency: Urgency::Low, ..popup(1) };
        DesktopNotifier::new().show(forever).await.unwrap();
        let shown = notifyd.last();
        assert_eq!(shown.body, "a <b>title</b> & more\na line");
        assert_eq!((shown.actions.len(), shown.expire), (0, 0));
    });
}

#[test]
fn a_click_comes_back_from_a_daemon_that_tells_the_sender_only() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::ToSender).await;
        let notifier = DesktopNotifier::new();
        let (sender, mut events) = mpsc::channel(4);
        notifier.report_to(sender);
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
        assert_eq!((event.key, event.signal), (popup(1).key, PopupSignal::Closed));
    });
}

#[test]
fn the_activation_token_comes_with_the_click() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
        let notifier = DesktopNotifier::new();
        let (sender, mut events) = mpsc::channel(4);
        notifier.report_to(sender);
        for number in 1..=5 {
            notifier.show(popup(number)).await.unwrap();
            notifyd.click_with_token(&format!("summary {number}"), "token-7").await;
            let expected = PopupEvent {
                key: popup(number).key,
                signal: PopupSignal::Opened,
                activation_token: Some("token-7".to_owned()),
            };
            assert_eq!(next(&mut events).await, expected);
        }
    });
}

#[test]
fn capabilities_are_asked_once_per_daemon() {
    within_a_session(async || {
        let notifier = DesktopNotifier::new();
        let (sender, mut events) = mpsc::channel(4);
        notifier.report_to(sender);
        let error = notifier.show(popup(1)).await.unwrap_err();
        assert!(matches!(error, NotifyError::Absent(_)), "{error:?}");

        let first = Notifyd::start(ALL, Signals::Broadcast).await;
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

        let second = Notifyd::start(&["body"], Signals::Broadcast).await;
        notifier.show(popup(4)).await.unwrap();
        assert_eq!((asked(&second), second.last().actions.len()), (1, 0));
    });
}

#[test]
fn sixteen_popups_hold_a_connection_and_the_older_ones_are_heard_all_the_same() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
        let notifier = DesktopNotifier::new();
        let (sender, mut events) = mpsc::channel(64);
        notifier.report_to(sender);
        for number in 1..=20 {
            notifier.show(popup(number)).await.unwrap();
        }
        assert_eq!(notifyd.on_screen().len(), 20);
        let connections = open_sockets();
        assert!(connections <= 24, "{connections} sockets");
        notifyd.click("summary 1").await;
        notifyd.click("summary 20").await;
        for number in [1, 20] {
            let event = next(&mut events).await;
            assert_eq!((event.key, event.signal), (popup(number).key, PopupSignal::Opened));
        }
        notifier.withdraw(popup(2).key).await;
        assert!(notifyd.on_screen().iter().all(|shown| shown.summary != "summary 2"));
        // A replacement takes the old one's place.
        notifier.show(Popup { summary: "new".to_owned(), ..popup(3) }).await.unwrap();
        assert_eq!((notifyd.on_screen()[0].summary.as_str(), notifyd.on_screen().len()), ("new", 17));
    });
}

#[test]
fn without_a_bus_there_is_no_service() {
    within_a_session(async || {
        let bus = super::session::folder().join("bus");
        std::fs::remove_file(bus).unwrap();
        let error = DesktopNotifier::new().show(popup(1)).await.unwrap_err();
        assert!(matches!(error, NotifyError::Absent(_)), "{error:?}");
    });
}

#[test]
fn a_popup_reaches_the_daemon_within_milliseconds() {
    within_a_session(async || {
        let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
        let notifier = DesktopNotifier::new();
        let mut times = Vec::new();
        for number in 1..=200 {
            let begin = Instant::now();
            notifier.show(popup(number)).await.unwrap();
            times.push(begin.elapsed());
        }
        notifyd.called("Notify", 200).await;
        times.sort();
        let bare = bare_calls(200).await;
        println!("show(): p50 {:?}, p99 {:?}; a bare call p50 {:?}", times[100], times[198], bare[100]);
        // A generous bound for a busy machine; the figure is printed above.
        assert!(times[100] < Duration::from_millis(100), "{:?}", times[100]);
    });
}

/// How long the same takes over one open connection with nothing around it, shortest first.
async fn bare_calls(count: usize) -> Vec<Duration> {
    let bus = zbus::Connection::session().await.unwrap();
    let (name, path) = (Some("org.freedesktop.Notifications"), "/org/freedesktop/Notifications");
    let hints = HashMap::<&str, zbus::Variant<'_>>::new();
    let popup = ("Belfry", 0_u32, "", "summary", "body", Vec::<&str>::new(), hints, 5000);
    let mut times = Vec::new();
    for _ in 0..count {
        let begin = Instant::now();
        bus.call_method(name, path, name, "Notify", &popup).await.unwrap();
        times.push(begin.elapsed());
    }
    times.sort();
    times
}

fn open_sockets() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}
