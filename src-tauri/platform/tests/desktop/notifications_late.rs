//! The notifier against a daemon that hangs, and carries out later what it was asked meanwhile.

use belfry_core::fakes::contract::Screen;
use belfry_core::ports::{Notifier, PopupSignal};
use belfry_platform::DesktopNotifier;

use super::notifications::{ALL, WAYS, next, notifier, popup};
use super::notifyd::{Notifyd, Signals};
use super::session::within_a_session;

/// Waits until the notifier does the next thing: it has lost patience with the one before.
async fn out_of_patience(notifier: &DesktopNotifier) {
    notifier.withdraw(popup(99).key).await;
}

#[test]
fn a_popup_that_came_late_is_like_any_other() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let (notifier, mut events) = notifier(way);
            notifier.show(popup(1)).await.unwrap();
            let hanging = notifyd.hang().await;
            let shown = notifier.show(popup(2));
            out_of_patience(&notifier).await;
            drop(hanging);
            shown.await.unwrap();
            notifyd.click("summary 2").await;
            let event = next(&mut events).await;
            assert_eq!((event.key, event.signal), (popup(2).key, PopupSignal::Opened));
        }
    });
}

#[test]
fn a_popup_that_came_too_late_to_be_wanted_does_not_stay() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let notifier = DesktopNotifier::by(way);
            notifier.show(popup(1)).await.unwrap();
            let hanging = notifyd.hang().await;
            let shown = notifier.show(popup(2));
            notifier.withdraw(popup(2).key).await;
            drop(hanging);
            notifyd.called("CloseNotification", 1).await;
            assert_eq!(notifyd.summaries().await, ["summary 1"]);
            shown.await.unwrap();
        }
    });
}

#[test]
fn a_replacement_outlives_the_popup_that_came_late() {
    within_a_session(async || {
        for way in WAYS {
            let notifyd = Notifyd::start(ALL, Signals::Broadcast).await;
            let notifier = DesktopNotifier::by(way);
            notifier.show(popup(1)).await.unwrap();
            let hanging = notifyd.hang().await;
            let late = notifier.show(popup(2));
            out_of_patience(&notifier).await;
            let again = notifier.show(popup(2));
            drop(hanging);
            again.await.unwrap();
            late.await.unwrap();
            notifyd.called("CloseNotification", 1).await;
            assert_eq!(notifyd.summaries().await, ["summary 1", "summary 2"]);
            // The one that is left is the one that is known.
            notifier.withdraw(popup(2).key).await;
            notifyd.called("CloseNotification", 2).await;
            assert_eq!(notifyd.summaries().await, ["summary 1"]);
        }
    });
}
