//! A notifier that remembers what is on its screen, and on which a test can click.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::model::{ActivationToken, PopupPlace};
use crate::ports::{
    BoxFuture, Notifier, NotifierEvent, NotifyError, Popup, PopupAction, PopupEvent, PopupKey, PopupSignal,
    ShowResult,
};

/// Remembers popups.
#[derive(Debug, Clone, Default)]
pub struct RecordingNotifier {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    shown: Vec<Popup>,
    on_screen: Vec<(u32, Popup)>,
    restarts: u32,
    fail_next: Option<NotifyError>,
    takes: Duration,
    refused: Vec<PopupKey>,
    silent: bool,
    events: Option<mpsc::Sender<NotifierEvent>>,
}

impl RecordingNotifier {
    /// Every popup ever shown, replaced ones included, oldest first.
    #[must_use]
    pub fn shown(&self) -> Vec<Popup> {
        self.lock().shown.clone()
    }

    /// What is on the screen, oldest first.
    #[must_use]
    pub fn on_screen(&self) -> Vec<Popup> {
        self.lock().on_screen.iter().map(|(_, popup)| popup.clone()).collect()
    }

    /// Lets the next popup fail.
    pub fn fail_next(&self, error: NotifyError) {
        self.lock().fail_next = Some(error);
    }

    /// Lets every popup with this key fail.
    pub fn refuse(&self, key: PopupKey) {
        self.lock().refused.push(key);
    }

    /// From now on it takes every popup.
    pub fn refuse_nothing(&self) {
        self.lock().refused.clear();
    }

    /// From now on it shows what it is given and never answers, as a desktop that hangs.
    pub fn never_answers(&self) {
        self.lock().silent = true;
    }

    /// Lets each popup take this long from now on until the desktop has it.
    pub fn show_takes(&self, time: Duration) {
        self.lock().takes = time;
    }

    /// From now on it is another service, which shows what it finds under the same numbers.
    pub fn is_another(&self) {
        self.lock().restarts += 1;
    }

    /// Says that there is a notification service again.
    pub fn comes_back(&self) {
        self.tell(NotifierEvent::Back);
    }

    /// Clicks on a popup to which the desktop gave a token.
    pub fn click_with_token(&self, key: PopupKey, token: &str) {
        self.lock().take(key);
        let activation = ActivationToken::new(token.to_owned());
        self.tell(NotifierEvent::Popup(PopupEvent { key, signal: PopupSignal::Opened, activation }));
    }

    /// Clicks on a popup.
    pub fn click(&self, key: PopupKey) {
        self.leave(key, PopupSignal::Opened);
    }

    /// Chooses another action of a popup.
    pub fn choose(&self, key: PopupKey, action: PopupAction) {
        self.leave(key, PopupSignal::Chosen(action));
    }

    /// Lets the user put a popup away.
    pub fn dismiss(&self, key: PopupKey) {
        self.leave(key, PopupSignal::Dismissed);
    }

    /// Lets a popup run out.
    pub fn close(&self, key: PopupKey) {
        self.leave(key, PopupSignal::Closed);
    }

    fn leave(&self, key: PopupKey, signal: PopupSignal) {
        self.lock().take(key);
        self.tell(NotifierEvent::Popup(PopupEvent { key, signal, activation: None }));
    }

    fn tell(&self, event: NotifierEvent) {
        if let Some(events) = &self.lock().events {
            // As with a real one, a full channel drops the event.
            let _ = events.try_send(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, key: PopupKey) {
        self.on_screen.retain(|(_, popup)| popup.key != key);
    }

    fn service(&self) -> String {
        format!("recording {}", self.restarts)
    }
}

impl Notifier for RecordingNotifier {
    fn show(&self, popup: Popup) -> BoxFuture<'static, ShowResult> {
        let mut state = self.lock();
        let refused = state.refused.contains(&popup.key).then(|| NotifyError::Failed("refused".to_owned()));
        let result = match state.fail_next.take().or(refused) {
            Some(error) => Err(error),
            None => {
                state.take(popup.key);
                state.shown.push(popup.clone());
                let number = u32::try_from(state.shown.len()).unwrap_or(u32::MAX);
                state.on_screen.push((number, popup));
                Ok(Some(PopupPlace { service: state.service(), number }))
            }
        };
        let (takes, silent) = (state.takes, state.silent);
        Box::pin(async move {
            if silent {
                std::future::pending::<()>().await;
            }
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            result
        })
    }

    fn withdraw(&self, key: PopupKey) -> BoxFuture<'static, ()> {
        self.lock().take(key);
        Box::pin(std::future::ready(()))
    }

    fn clear_away(&self, left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>> {
        let mut state = self.lock();
        let service = state.service();
        let named = |number| left.iter().any(|place| place.number == number && place.service == service);
        state.on_screen.retain(|(number, _)| !named(*number));
        Box::pin(std::future::ready(Ok(())))
    }

    fn report_to(&self, events: mpsc::Sender<NotifierEvent>) {
        self.lock().events = Some(events);
    }
}
