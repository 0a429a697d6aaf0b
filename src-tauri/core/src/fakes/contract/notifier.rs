//! The contract of [`Notifier`], and the person at the screen that it takes.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::model::{MessageId, PopupPlace};
use crate::ports::{Notifier, NotifierEvent, Popup, PopupAction, PopupKey, PopupSignal, Urgency};

/// How long a notifier may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can be chosen on its popups.
const ACTIONS: [(PopupAction, &str); 2] =
    [(PopupAction::MarkRead, "Mark as read"), (PopupAction::Snooze, "In an hour")];

/// The screen, and the person before it.
pub trait Screen {
    /// The first lines of the popups on it, oldest first.
    fn summaries(&self) -> impl Future<Output = Vec<String>>;

    /// Clicks on the popup with this first line.
    fn click(&self, summary: &str) -> impl Future<Output = ()>;

    /// Chooses what is called this on the popup with this first line.
    fn choose(&self, summary: &str, label: &str) -> impl Future<Output = ()>;

    /// Dismisses the popup with this first line.
    fn dismiss(&self, summary: &str) -> impl Future<Output = ()>;
}

/// Checks a notifier before an empty screen.
pub async fn notifier<N: Notifier, S: Screen>(make: impl AsyncFn() -> (N, S)) {
    what_is_shown_is_on_the_screen(make().await).await;
    the_same_key_replaces_in_place(make().await).await;
    what_is_withdrawn_is_gone_without_a_word(make().await).await;
    what_was_left_is_cleared_away_and_nobody_elses(make().await).await;
    calls_take_effect_in_the_order_in_which_they_were_made(make().await).await;
    a_click_and_a_dismissal_are_told_apart_and_told_once(make().await).await;
    a_choice_is_told_as_what_it_is(make().await).await;
    what_leaves_at_once_is_told(make().await).await;
    a_replaced_popup_is_clicked_once(make().await).await;
    events_go_to_the_channel_named_last(make().await).await;
    a_full_channel_holds_nobody_up(make().await).await;
}

async fn what_is_shown_is_on_the_screen<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    for (number, text) in [(1, "one"), (2, "two")] {
        notifier.show(popup(message(number), text)).await.expect("shown");
    }
    notifier.show(popup(PopupKey::Flood, "many")).await.expect("shown");
    notifier.show(popup(PopupKey::CatchUp, "earlier")).await.expect("shown");
    notifier.show(popup(PopupKey::SignIn, "who are you")).await.expect("shown");
    assert_eq!(screen.summaries().await, ["one", "two", "many", "earlier", "who are you"]);
}

async fn the_same_key_replaces_in_place<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    for text in ["first", "second", "third"] {
        notifier.show(popup(PopupKey::Flood, text)).await.expect("shown");
        assert_eq!(screen.summaries().await, [text]);
    }
}

async fn what_is_withdrawn_is_gone_without_a_word<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut events = listen(&notifier, 8);
    notifier.show(popup(message(1), "one")).await.expect("shown");
    notifier.show(popup(message(2), "two")).await.expect("shown");
    notifier.withdraw(message(1)).await;
    eventually(async || screen.summaries().await == ["two"]).await;
    notifier.withdraw(message(1)).await;
    notifier.withdraw(message(9)).await;
    screen.click("two").await;
    assert_eq!(next(&mut events).await, (message(2), PopupSignal::Opened));
}

async fn what_was_left_is_cleared_away_and_nobody_elses<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut places = Vec::new();
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        places.extend(notifier.show(popup(message(number), text)).await.expect("shown"));
    }
    let [one, two, three] = places.try_into().expect("each has its place");
    let stranger = |place: PopupPlace| PopupPlace { service: format!("{}0", place.service), ..place };
    let gone = PopupPlace { number: 4_000_000_000, ..two.clone() };
    notifier.clear_away(vec![stranger(three), gone, two, stranger(one)]).await.expect("somebody is asked");
    eventually(async || screen.summaries().await == ["one", "three"]).await;
    notifier.show(popup(message(1), "still mine")).await.expect("shown");
    assert_eq!(screen.summaries().await.len(), 2);
}

async fn calls_take_effect_in_the_order_in_which_they_were_made<N: Notifier, S: Screen>(
    (notifier, screen): (N, S),
) {
    let shown = notifier.show(popup(message(1), "read at once"));
    let withdrawn = notifier.withdraw(message(1));
    withdrawn.await;
    shown.await.expect("shown");
    eventually(async || screen.summaries().await.is_empty()).await;

    let withdrawn = notifier.withdraw(message(2));
    let shown = notifier.show(popup(message(2), "unread again"));
    shown.await.expect("shown");
    withdrawn.await;
    assert_eq!(screen.summaries().await, ["unread again"]);

    // Nobody waits for the answers.
    drop(notifier.withdraw(message(2)));
    drop(notifier.show(popup(message(3), "unwatched")));
    eventually(async || screen.summaries().await == ["unwatched"]).await;
}

async fn a_click_and_a_dismissal_are_told_apart_and_told_once<N: Notifier, S: Screen>(
    (notifier, screen): (N, S),
) {
    let mut events = listen(&notifier, 8);
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        notifier.show(popup(message(number), text)).await.expect("shown");
    }
    screen.click("two").await;
    assert_eq!(next(&mut events).await, (message(2), PopupSignal::Opened));
    screen.dismiss("one").await;
    assert_eq!(next(&mut events).await, (message(1), PopupSignal::Dismissed));
    screen.click("three").await;
    assert_eq!(next(&mut events).await, (message(3), PopupSignal::Opened));
    assert_eq!(screen.summaries().await, Vec::<String>::new());
    // Withdrawing what is gone is fine, and by then a second word about a popup would have come.
    notifier.withdraw(message(2)).await;
    assert!(events.try_recv().is_err());
}

async fn a_choice_is_told_as_what_it_is<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut events = listen(&notifier, 8);
    for (number, (action, label)) in (1..).zip(ACTIONS) {
        notifier.show(popup(message(number), "one")).await.expect("shown");
        screen.choose("one", label).await;
        assert_eq!(next(&mut events).await, (message(number), PopupSignal::Chosen(action)));
    }
}

async fn what_leaves_at_once_is_told<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut events = listen(&notifier, 8);
    for number in 1..=5 {
        notifier.show(popup(message(number), "one")).await.expect("shown");
        screen.dismiss("one").await;
        assert_eq!(next(&mut events).await, (message(number), PopupSignal::Dismissed));
    }
}

async fn a_replaced_popup_is_clicked_once<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut events = listen(&notifier, 8);
    notifier.show(popup(message(1), "old")).await.expect("shown");
    notifier.show(popup(message(1), "new")).await.expect("shown");
    notifier.show(popup(message(2), "other")).await.expect("shown");
    screen.click("new").await;
    assert_eq!(next(&mut events).await, (message(1), PopupSignal::Opened));
    screen.click("other").await;
    assert_eq!(next(&mut events).await, (message(2), PopupSignal::Opened));
}

async fn events_go_to_the_channel_named_last<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut earlier = listen(&notifier, 8);
    notifier.show(popup(message(1), "one")).await.expect("shown");
    let mut later = listen(&notifier, 8);
    screen.click("one").await;
    assert_eq!(next(&mut later).await, (message(1), PopupSignal::Opened));
    assert!(earlier.try_recv().is_err());
}

async fn a_full_channel_holds_nobody_up<N: Notifier, S: Screen>((notifier, screen): (N, S)) {
    let mut events = listen(&notifier, 1);
    for (number, text) in [(1, "one"), (2, "two")] {
        notifier.show(popup(message(number), text)).await.expect("shown");
        screen.click(text).await;
    }
    notifier.show(popup(message(3), "three")).await.expect("shown");
    assert_eq!(next(&mut events).await, (message(1), PopupSignal::Opened));
}

fn message(number: i64) -> PopupKey {
    PopupKey::Message(MessageId(number))
}

fn popup(key: PopupKey, summary: &str) -> Popup {
    Popup {
        key,
        summary: summary.to_owned(),
        body: "a title\na line".to_owned(),
        urgency: Urgency::Normal,
        icon: "dialog-information",
        category: "im.received",
        expire_ms: 0,
        sound: None,
        open_label: "Open",
        actions: ACTIONS.to_vec(),
    }
}

fn listen<N: Notifier>(notifier: &N, room: usize) -> mpsc::Receiver<NotifierEvent> {
    let (sender, events) = mpsc::channel(room);
    notifier.report_to(sender);
    events
}

async fn next(events: &mut mpsc::Receiver<NotifierEvent>) -> (PopupKey, PopupSignal) {
    let event = timeout(PATIENCE, events.recv()).await.expect("an event comes in time");
    match event.expect("the notifier keeps the channel") {
        NotifierEvent::Popup(event) => (event.key, event.signal),
        NotifierEvent::Back => panic!("it was never away"),
    }
}

async fn eventually(condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it comes to be in time");
}
