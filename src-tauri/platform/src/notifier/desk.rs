//! The popups on the screen (Desktop Notifications Specification 1.3), each with the task that waits for
//! its end.
//!
//! Letters are answered one after another, so that a popup and its replacement keep their order. A popup
//! that is not answered about in time holds up nothing else (see `late`). One that has been on the screen for
//! long gives its connection up for new ones: from then on the connection that watches the daemon hears of it,
//! where the daemon tells everyone.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use belfry_core::ports::{NotifyError, Popup, PopupKey, PopupSignal, Urgency};
use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::daemon::{Capabilities, Daemon, News};
use super::late::{Arrived, Done, Late, Taken};
use super::{Letter, Reporter, actions, text};

/// How many popups have a connection to the bus each.
const MAX_CONNECTED: usize = 16;

/// How many popups are known. A screen with more of them is nobody's to look through.
const MAX_LIVE: usize = 256;

/// How long the daemon may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the connection that showed a popup keeps a click to itself. It hears of it as soon as the one
/// that watches the daemon, which also hears of the activation token.
const GRACE: Duration = Duration::from_millis(20);

/// The name of the program's desktop file.
const DESKTOP_ENTRY: &str = "Belfry";

/// Answers letters until the last writer is gone.
pub(super) fn run(inbox: mpsc::Receiver<Letter>, reporter: Reporter) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(Desk::new(reporter).answer(inbox)),
        Err(error) => tracing::error!(%error, "there will be no notifications"),
    }
}

struct Desk {
    reporter: Reporter,
    daemon: Option<Daemon>,
    /// Oldest first.
    live: VecDeque<Live>,
    /// Yields the serial number of each popup that has left the screen, and how.
    waiting: JoinSet<(u64, PopupSignal)>,
    late: Late,
    /// The connection of the first popup. GNOME closes all of a program's popups with it.
    anchor: Option<Arc<NotificationHandle>>,
    serial: u64,
}

/// A popup on the screen.
struct Live {
    key: PopupKey,
    /// What the daemon calls it.
    id: u32,
    serial: u64,
    wait: Option<Wait>,
    token: Option<String>,
}

/// The task that waits for a popup's end, on the popup's own connection.
struct Wait(AbortHandle);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Desk {
    fn new(reporter: Reporter) -> Self {
        Self {
            reporter,
            daemon: None,
            live: VecDeque::new(),
            waiting: JoinSet::new(),
            late: Late::default(),
            anchor: None,
            serial: 0,
        }
    }

    async fn answer(mut self, mut inbox: mpsc::Receiver<Letter>) {
        self.get_ready().await;
        loop {
            tokio::select! {
                biased;
                arrived = self.late.next() => self.arrived(arrived).await,
                news = news(&mut self.daemon) => self.take(news),
                left = self.waiting.join_next(), if !self.waiting.is_empty() => {
                    // An error is a waiter that was told to stop.
                    if let Some(Ok((serial, signal))) = left {
                        self.left(|live| live.serial == serial, signal);
                    }
                }
                letter = inbox.recv() => match letter {
                    Some(Letter::Show { popup, done }) => self.show(popup, done).await,
                    Some(Letter::Withdraw { key, done }) => {
                        self.withdraw(key).await;
                        // Whoever sent the letter may have stopped waiting for the answer.
                        let _ = done.send(());
                    }
                    None => return,
                },
            }
        }
    }

    /// Asks a running daemon what it can do, so that the first popup need not wait for that.
    async fn get_ready(&mut self) {
        let asked = async {
            let mut daemon = Daemon::watch().await?;
            if daemon.is_running().await {
                daemon.capabilities().await?;
            }
            Ok::<_, NotifyError>(daemon)
        };
        self.daemon = in_time(asked).await.and_then(|daemon| daemon).ok();
    }

    /// Asks the daemon to show a popup, and answers when it has; where it hangs, later.
    async fn show(&mut self, popup: Popup, done: Done) {
        let notification = match self.notification(&popup).await {
            Ok(notification) => notification,
            Err(error) => {
                let _ = done.send(Err(error));
                return;
            }
        };
        self.late.forget(popup.key);
        let mut call = Box::pin(async move {
            let shown = notification.show_async().await;
            shown.map_err(|error| NotifyError::Failed(error.to_string()))
        });
        match timeout(PATIENCE, &mut call).await {
            Ok(taken) => {
                let _ = done.send(self.take_up(popup.key, taken));
            }
            Err(_) => self.late.add(popup.key, done, call),
        }
    }

    /// The popup in the daemon's terms, as the replacement of what is on the screen.
    async fn notification(&mut self, popup: &Popup) -> Result<Notification, NotifyError> {
        if self.late.is_full() {
            return Err(NotifyError::Failed("it hangs".to_owned()));
        }
        let capabilities = in_time(self.capabilities()).await??;
        let mut notification = notification(popup, capabilities);
        if let Some(old) = self.live.iter().find(|live| live.key == popup.key) {
            notification.id(old.id);
        }
        Ok(notification)
    }

    fn take_up(&mut self, key: PopupKey, taken: Taken) -> Result<(), NotifyError> {
        let handle = Arc::new(taken?);
        if let Some(old) = self.live.iter().position(|live| live.key == key) {
            self.live.remove(old);
        } else if self.live.len() == MAX_LIVE {
            self.live.pop_front();
        }
        if self.live.iter().filter(|live| live.wait.is_some()).count() >= MAX_CONNECTED
            && let Some(oldest) = self.live.iter_mut().find(|live| live.wait.is_some())
        {
            oldest.wait = None;
        }
        self.follow(key, handle);
        Ok(())
    }

    /// Takes the answer about a popup that is late. One that nobody wants any more leaves the screen at once.
    async fn arrived(&mut self, Arrived { key, wanted, done, taken }: Arrived) {
        let answer = match taken {
            Ok(handle) if !wanted => {
                // Its replacement may have its id.
                if self.live.iter().all(|live| live.id != handle.id()) {
                    self.take_off(handle.id()).await;
                }
                Ok(())
            }
            taken => self.take_up(key, taken),
        };
        let _ = done.send(answer);
    }

    async fn capabilities(&mut self) -> Result<Capabilities, NotifyError> {
        let daemon = match &mut self.daemon {
            Some(daemon) => daemon,
            none => none.insert(Daemon::watch().await?),
        };
        daemon.capabilities().await
    }

    fn follow(&mut self, key: PopupKey, handle: Arc<NotificationHandle>) {
        self.serial += 1;
        let (serial, id) = (self.serial, handle.id());
        let waited = Arc::clone(&handle);
        let wait = self.waiting.spawn(async move {
            let mut signal = PopupSignal::Closed;
            waited.wait_for_action_async(|response: &NotificationResponse| signal = meaning(response)).await;
            sleep(GRACE).await;
            (serial, signal)
        });
        self.anchor.get_or_insert(handle);
        self.live.push_back(Live { key, id, serial, wait: Some(Wait(wait)), token: None });
    }

    async fn withdraw(&mut self, key: PopupKey) {
        self.late.forget(key);
        let Some(at) = self.live.iter().position(|live| live.key == key) else { return };
        if let Some(live) = self.live.remove(at) {
            self.take_off(live.id).await;
        }
        self.let_go_of_anchor();
    }

    /// Any connection may ask for that. A daemon that hangs has been asked then, and does it later.
    async fn take_off(&mut self, id: u32) {
        if let Some(daemon) = &self.daemon {
            let _ = in_time(daemon.close(id)).await;
        }
    }

    /// Takes what the bus tells; most of it may be about other programs' popups.
    fn take(&mut self, news: News) {
        match news {
            News::Closed(id) => self.left(|live| live.id == id, PopupSignal::Closed),
            News::Invoked(id, key) => self.left(|live| live.id == id, actions::chosen(&key)),
            News::Token(id, token) => {
                if let Some(live) = self.live.iter_mut().find(|live| live.id == id) {
                    live.token = Some(token);
                }
            }
            News::Gone => self.all_left(),
            News::Bus => {
                self.all_left();
                self.daemon = None;
            }
        }
    }

    fn left(&mut self, which: impl Fn(&Live) -> bool, signal: PopupSignal) {
        let Some(at) = self.live.iter().position(which) else { return };
        if let Some(mut live) = self.live.remove(at) {
            self.reporter.report(live.key, signal, live.token.take());
        }
        self.let_go_of_anchor();
    }

    fn all_left(&mut self) {
        for live in std::mem::take(&mut self.live) {
            self.reporter.report(live.key, PopupSignal::Closed, None);
        }
        self.let_go_of_anchor();
    }

    fn let_go_of_anchor(&mut self) {
        if self.live.is_empty() {
            self.anchor = None;
        }
    }
}

/// What the bus tells next; nothing for ever where nobody listens to it.
async fn news(daemon: &mut Option<Daemon>) -> News {
    match daemon {
        Some(daemon) => daemon.news().await,
        None => std::future::pending().await,
    }
}

async fn in_time<F: Future>(future: F) -> Result<F::Output, NotifyError> {
    let late = |_| NotifyError::Failed("it did not answer in time".to_owned());
    timeout(PATIENCE, future).await.map_err(late)
}

fn meaning(response: &NotificationResponse) -> PopupSignal {
    match response {
        NotificationResponse::Default => PopupSignal::Opened,
        NotificationResponse::Action(key) => actions::chosen(key),
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => PopupSignal::Closed,
    }
}

fn notification(popup: &Popup, capabilities: Capabilities) -> Notification {
    let body = text::body(&popup.body);
    let body = if capabilities.body_markup { text::escaped(&body) } else { body };
    let urgency = match popup.urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    };
    let expire = match popup.expire_ms {
        0 => Timeout::Never,
        millis => Timeout::Milliseconds(millis),
    };
    let mut notification = Notification::new();
    notification
        .appname("Belfry")
        .summary(&text::summary(&popup.summary))
        .body(&body)
        .icon(popup.icon)
        .urgency(urgency)
        .timeout(expire)
        .hint(Hint::Category(popup.category.to_owned()))
        .hint(Hint::DesktopEntry(DESKTOP_ENTRY.to_owned()));
    match popup.sound {
        Some(name) => notification.hint(Hint::SoundName(name.to_owned())),
        None => notification.hint(Hint::SuppressSound(true)),
    };
    if capabilities.actions {
        notification.action("default", popup.open_label);
        for (action, label) in &popup.actions {
            notification.action(actions::key(*action), label);
        }
    }
    notification
}
