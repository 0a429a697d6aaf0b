//! A notification daemon that does what a test tells it to.
//!
//! It runs inside the test, on the session's bus, in place of a real one: popups never leave by themselves,
//! and clicks come exactly when the test wants them. What a real daemon does with a popup is dunst's part.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream};

use super::{NotifyCall, Session};
use crate::wait::PATIENCE;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The daemon's own service; gone from the bus when dropped.
#[derive(Debug)]
pub struct FakeDaemon {
    connection: Connection,
    popups: watch::Receiver<Vec<Popup>>,
    silence: Arc<Mutex<Silence>>,
    server: JoinHandle<()>,
}

/// A popup that the daemon has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Popup {
    /// The daemon's number of it.
    pub id: u32,
    /// The call as it came.
    pub call: NotifyCall,
    /// Whether the program has withdrawn it since.
    pub withdrawn: bool,
}

/// Why a popup left the screen; the numbers are the specification's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// Its time was over.
    Expired = 1,
    /// The user dismissed it.
    Dismissed = 2,
}

/// Which popups the daemon takes without an answer.
#[derive(Debug, Clone, Default)]
pub enum Silence {
    /// None.
    #[default]
    Never,
    /// All.
    ToAll,
    /// Those that say this in summary or body.
    To(&'static str),
}

impl FakeDaemon {
    /// Takes the daemon's name on the session's bus. `capabilities` is what it claims to be able to do;
    /// `body-markup` makes programs escape their text.
    ///
    /// # Errors
    /// If another daemon has the name.
    pub async fn start(session: &Session, capabilities: &[&str]) -> Result<Self> {
        let connection = session.connect().await?;
        let mut messages = MessageStream::from(&connection);
        messages.set_max_queued(NonZeroUsize::MIN.saturating_add(4095));
        let capabilities: Vec<String> = capabilities.iter().map(|&name| name.to_owned()).collect();
        let (sender, popups) = watch::channel(Vec::new());
        let silence = Arc::new(Mutex::new(Silence::default()));
        let server = tokio::spawn({
            let desk = Desk {
                connection: connection.clone(),
                capabilities,
                popups: sender,
                next: AtomicU32::new(1),
                silence: Arc::clone(&silence),
            };
            async move {
                while let Some(Ok(message)) = messages.next().await {
                    if message.message_type() == Type::MethodCall && desk.answer(&message).await.is_err() {
                        break;
                    }
                }
            }
        });
        let daemon = Self { connection, popups, silence, server };
        daemon.connection.request_name(NAME).await.context("another notification daemon runs")?;
        Ok(daemon)
    }

    /// All popups so far, in order of their first showing.
    #[must_use]
    pub fn popups(&self) -> Vec<Popup> {
        self.popups.borrow().clone()
    }

    /// The popups as they come: the latest list, whenever it changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Vec<Popup>> {
        self.popups.clone()
    }

    /// Waits for the first popup that `wanted` accepts.
    ///
    /// # Errors
    /// If none comes in time; with those that came.
    pub async fn popup(&self, mut wanted: impl FnMut(&Popup) -> bool) -> Result<Popup> {
        let mut popups = self.popups.clone();
        let found =
            tokio::time::timeout(PATIENCE, popups.wait_for(|popups| popups.iter().any(&mut wanted))).await;
        if let Ok(found) = found {
            let found = found.context("the daemon has ended")?.clone();
            return found.into_iter().find(&mut wanted).context("it was there a moment ago");
        }
        anyhow::bail!("no such popup within {PATIENCE:?}; there were {:#?}", self.popups())
    }

    /// Does what a click on an action does: an activation token where one is given, the action, the end.
    ///
    /// # Errors
    /// If the popup never was, or the bus is gone.
    pub async fn choose(&self, id: u32, action: &str, activation_token: Option<&str>) -> Result<()> {
        ensure!(self.popups.borrow().iter().any(|popup| popup.id == id), "there is no popup {id}");
        if let Some(token) = activation_token {
            self.signal("ActivationToken", &(id, token)).await?;
        }
        self.signal("ActionInvoked", &(id, action)).await?;
        self.close(id, CloseReason::Dismissed).await
    }

    /// Takes a popup off the screen without a choice.
    ///
    /// # Errors
    /// If the bus is gone.
    pub async fn close(&self, id: u32, reason: CloseReason) -> Result<()> {
        self.signal("NotificationClosed", &(id, reason as u32)).await
    }

    /// Takes popups from now on without an answer, all or some, or answers again.
    pub fn keep_silent(&self, silence: Silence) {
        *self.silence.lock().unwrap_or_else(PoisonError::into_inner) = silence;
    }

    /// Leaves the bus, as a daemon that dies.
    ///
    /// # Errors
    /// If the bus is gone.
    pub async fn leave(self) -> Result<()> {
        self.server.abort();
        Ok(self.connection.clone().close().await?)
    }

    async fn signal<B>(&self, name: &str, body: &B) -> Result<()>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        Ok(self.connection.emit_signal(None::<&str>, PATH, NAME, name, body).await?)
    }
}

impl Drop for FakeDaemon {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What answers the calls.
struct Desk {
    connection: Connection,
    capabilities: Vec<String>,
    popups: watch::Sender<Vec<Popup>>,
    next: AtomicU32,
    silence: Arc<Mutex<Silence>>,
}

impl Desk {
    async fn answer(&self, message: &Message) -> Result<()> {
        let (connection, header) = (&self.connection, message.header());
        match header.member().map(|member| member.as_str()) {
            Some("Notify") => self.notify(message).await?,
            Some("CloseNotification") => {
                let id: u32 = message.body().deserialize()?;
                connection.reply(&header, &()).await?;
                // Taken off by the program itself: reason 3.
                connection.emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &(id, 3_u32)).await?;
                self.popups.send_modify(|popups| {
                    for popup in popups.iter_mut().filter(|popup| popup.id == id) {
                        popup.withdrawn = true;
                    }
                });
            }
            Some("GetCapabilities") => connection.reply(&header, &self.capabilities).await?,
            Some("GetServerInformation") => {
                connection.reply(&header, &("fake daemon", "Belfry's tests", "1", "1.2")).await?;
            }
            _ => {
                connection
                    .reply_error(&header, "org.freedesktop.DBus.Error.UnknownMethod", &"no such method")
                    .await?;
            }
        }
        Ok(())
    }

    fn is_silent_to(&self, call: &NotifyCall) -> bool {
        match &*self.silence.lock().unwrap_or_else(PoisonError::into_inner) {
            Silence::Never => false,
            Silence::ToAll => true,
            Silence::To(text) => call.summary.contains(text) || call.body.contains(text),
        }
    }

    async fn notify(&self, message: &Message) -> Result<()> {
        let call = NotifyCall::read(message)?;
        let known = self.popups.borrow().iter().any(|popup| popup.id == call.replaces);
        let id = if known { call.replaces } else { self.next.fetch_add(1, Ordering::Relaxed) };
        // The answer first: who measures how long a call takes must not wait for the test's book-keeping.
        if !self.is_silent_to(&call) {
            self.connection.reply(&message.header(), &id).await?;
        }
        self.popups.send_modify(|popups| match popups.iter_mut().find(|popup| popup.id == id) {
            Some(popup) => *popup = Popup { id, call, withdrawn: false },
            None => popups.push(Popup { id, call, withdrawn: false }),
        });
        Ok(())
    }
}
