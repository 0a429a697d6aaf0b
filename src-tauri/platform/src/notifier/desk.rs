//! The popups on the screen (Desktop Notifications Specification 1.3).
//!
//! Letters are answered one after another, so that a popup and its replacement keep their order. A popup
//! that is not answered about in time holds up nothing else (see `late`). When there are too many popups, the oldest
//! leaves the screen: none stays there on which a click would do nothing.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use belfry_core::model::{ActivationToken, PopupPlace};
use belfry_core::ports::{NotifyError, Popup, PopupKey, PopupSignal, ShowResult, Urgency};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::daemon::{Capabilities, Daemon, News, Successor};
use super::late::{Arrived, Asked, Call, Done, Late, Taken};
use super::library::{self, Wait, Waits};
use super::request::Request;
use super::{Letter, Reporter, Way, actions};

/// How many popups are on the screen: with more of them it is nobody's to look through.
const MAX_LIVE: usize = 16;

/// How long the daemon may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers letters until the last writer is gone.
pub(super) fn run(way: Way, inbox: mpsc::Receiver<Letter>, reporter: Reporter) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(Desk::new(way, reporter).answer(inbox)),
        Err(error) => tracing::error!(%error, "there will be no notifications"),
    }
}

struct Desk {
    way: Way,
    reporter: Reporter,
    daemon: Option<Daemon>,
    /// Oldest first.
    live: VecDeque<Live>,
    waits: Waits,
    late: Late,
}

/// A popup on the screen.
struct Live {
    key: PopupKey,
    urgency: Urgency,
    /// What the daemon calls it.
    id: u32,
    wait: Option<Wait>,
    token: Option<ActivationToken>,
}

impl Desk {
    fn new(way: Way, reporter: Reporter) -> Self {
        Self {
            way,
            reporter,
            daemon: None,
            live: VecDeque::new(),
            waits: Waits::default(),
            late: Late::default(),
        }
    }

    async fn answer(mut self, mut inbox: mpsc::Receiver<Letter>) {
        self.get_ready().await;
        loop {
            tokio::select! {
                biased;
                arrived = self.late.next() => self.arrived(arrived).await,
                news = news(&mut self.daemon) => self.take(news),
                (serial, signal) = self.waits.next() => {
                    self.left(|live| live.wait.as_ref().is_some_and(|wait| wait.serial == serial), signal);
                }
                letter = inbox.recv() => match letter {
                    Some(Letter::Show { popup, done }) => self.show(popup, done).await,
                    Some(Letter::Withdraw { key, done }) => {
                        self.withdraw(key).await;
                        // Whoever sent the letter may have stopped waiting for the answer.
                        let _ = done.send(());
                    }
                    Some(Letter::ClearAway { left, done }) => {
                        let _ = done.send(self.clear_away(left).await);
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
        let asked = Asked { key: popup.key, urgency: popup.urgency };
        let mut call = match self.call(&popup).await {
            Ok(call) => call,
            Err(error) => {
                let _ = done.send(Err(error));
                return;
            }
        };
        self.late.forget(asked.key);
        match self.answered(&mut call).await {
            Some(taken) => {
                let _ = done.send(self.take_up(asked, taken));
                self.make_room().await;
            }
            None => self.late.add(asked, done, call),
        }
    }

    /// The call that shows a popup as the replacement of what is on the screen.
    async fn call(&mut self, popup: &Popup) -> Result<Call, NotifyError> {
        if self.late.is_full() {
            return Err(NotifyError::Failed("it hangs".to_owned()));
        }
        let capabilities = in_time(self.capabilities()).await??;
        let old = self.live.iter().find(|live| live.key == popup.key);
        let request = Request::new(popup, capabilities, old.map_or(0, |live| live.id));
        Ok(match (self.way, &self.daemon) {
            (Way::OneConnection, Some(daemon)) => Box::pin(daemon.notify(request)),
            (Way::OneConnection, None) | (Way::Library, _) => Box::pin(library::show(request)),
        })
    }

    /// Waits for the daemon's answer, but not for long. What the bus tells is taken meanwhile: an answer comes over
    /// the same connection, and behind news that nobody takes it would never be read.
    async fn answered(&mut self, call: &mut Call) -> Option<Taken> {
        let end = Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                biased;
                taken = timeout_at(end, &mut *call) => return taken.ok(),
                news = news(&mut self.daemon) => self.take(news),
            }
        }
    }

    fn take_up(&mut self, Asked { key, urgency }: Asked, taken: Taken) -> ShowResult {
        let accepted = taken?;
        self.live.retain(|live| live.key != key);
        let wait = accepted.handle.map(|handle| self.waits.begin(handle));
        self.live.push_back(Live { key, urgency, id: accepted.id, wait, token: None });
        Ok(self.daemon.as_ref().and_then(|daemon| daemon.place(accepted.id)))
    }

    /// Takes the oldest popup off the screen where there are too many; urgent ones stay the longest.
    async fn make_room(&mut self) {
        if self.live.len() <= MAX_LIVE {
            return;
        }
        let oldest = self.live.iter().take(MAX_LIVE).position(|live| live.urgency != Urgency::Critical);
        if let Some(live) = self.live.remove(oldest.unwrap_or(0)) {
            self.take_off(live.id).await;
            self.reporter.report(live.key, PopupSignal::Closed, None);
        }
    }

    /// Takes the answer about a popup that is late. One that nobody wants any more leaves the screen at once.
    async fn arrived(&mut self, Arrived { asked, wanted, done, taken }: Arrived) {
        let answer = match taken {
            Ok(accepted) if !wanted => {
                // Its replacement may have its id.
                if self.live.iter().all(|live| live.id != accepted.id) {
                    self.take_off(accepted.id).await;
                }
                Ok(None)
            }
            taken => self.take_up(asked, taken),
        };
        let _ = done.send(answer);
        self.make_room().await;
    }

    async fn capabilities(&mut self) -> Result<Capabilities, NotifyError> {
        self.daemon().await?.capabilities().await
    }

    async fn daemon(&mut self) -> Result<&mut Daemon, NotifyError> {
        Ok(match &mut self.daemon {
            Some(daemon) => daemon,
            none => none.insert(Daemon::watch().await?),
        })
    }

    /// Takes off what an earlier run left on the screen.
    async fn clear_away(&mut self, left: Vec<PopupPlace>) -> Result<(), NotifyError> {
        let asked = async {
            let daemon = self.daemon().await?;
            for place in &left {
                daemon.clear_away(place).await;
            }
            Ok(())
        };
        in_time(asked).await?
    }

    async fn withdraw(&mut self, key: PopupKey) {
        self.late.forget(key);
        let Some(at) = self.live.iter().position(|live| live.key == key) else { return };
        if let Some(live) = self.live.remove(at) {
            self.take_off(live.id).await;
        }
        self.look_for_last();
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
            News::Dismissed(id) => self.left(|live| live.id == id, PopupSignal::Dismissed),
            News::Closed(id) => self.left(|live| live.id == id, PopupSignal::Closed),
            News::Invoked(id, key) => self.left(|live| live.id == id, actions::chosen(&key)),
            News::Token(id, token) => {
                if let Some(live) = self.live.iter_mut().find(|live| live.id == id) {
                    live.token = ActivationToken::new(token);
                }
            }
            News::Gone(successor) => {
                self.all_left();
                match successor {
                    Successor::There => self.reporter.back(),
                    Successor::None => {}
                }
            }
            News::Came => self.reporter.back(),
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
        self.look_for_last();
    }

    fn all_left(&mut self) {
        for live in std::mem::take(&mut self.live) {
            self.reporter.report(live.key, PopupSignal::Closed, None);
        }
        self.look_for_last();
    }

    fn look_for_last(&mut self) {
        if self.live.is_empty() {
            self.waits.let_go();
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
