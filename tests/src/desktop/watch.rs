//! Listens in on every `Notify` call of a session, whoever answers it.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zbus::{MatchRule, Message, MessageStream, OwnedVariant, message::Type};

use super::Session;
use crate::wait::PATIENCE;

/// A `Notify` call of the Desktop Notifications Specification.
#[derive(Debug, Clone, PartialEq)]
pub struct NotifyCall {
    /// When it reached the listener.
    pub at: Instant,
    /// The calling program by its own name.
    pub app: String,
    /// The popup that it replaces; 0 = none.
    pub replaces: u32,
    /// Icon name.
    pub icon: String,
    /// First line.
    pub summary: String,
    /// Text, escaped where the daemon speaks markup.
    pub body: String,
    /// Action keys and labels in turn.
    pub actions: Vec<String>,
    /// How strongly it asks for attention.
    pub urgency: Urgency,
    /// The `category` hint.
    pub category: Option<String>,
    /// The `desktop-entry` hint.
    pub desktop_entry: Option<String>,
    /// The `sound-file` hint.
    pub sound_file: Option<String>,
    /// How long it is to stay, in milliseconds; 0 = until dismissed, -1 = as the daemon likes.
    pub expire_ms: i32,
}

/// The three levels of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Can wait.
    Low,
    /// The usual.
    Normal,
    /// Breaks through.
    Critical,
}

/// Collects the calls of a session from its start on.
#[derive(Debug)]
pub struct NotifyWatch {
    calls: watch::Receiver<Vec<NotifyCall>>,
    listener: JoinHandle<()>,
}

impl NotifyWatch {
    /// Starts to listen; calls made after this returns are not missed.
    ///
    /// # Errors
    /// If the bus does not let it listen.
    pub async fn start(session: &Session) -> Result<Self> {
        let connection = session.connect().await?;
        let rule = MatchRule::builder()
            .msg_type(Type::MethodCall)
            .interface("org.freedesktop.Notifications")
            .member("Notify")
            .build()?;
        let mut messages = MessageStream::from(&connection);
        let monitoring = zbus::fdo::MonitoringProxy::new(&connection).await?;
        monitoring.become_monitor(&[rule], 0).await?;
        let (sender, calls) = watch::channel(Vec::new());
        let listener = tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                if let Ok(call) = NotifyCall::read(&message) {
                    sender.send_modify(|calls| calls.push(call));
                }
            }
        });
        Ok(Self { calls, listener })
    }

    /// All calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<NotifyCall> {
        self.calls.borrow().clone()
    }

    /// Waits for the first call that `wanted` accepts, past ones included.
    ///
    /// # Errors
    /// If none comes in time; with those that came.
    pub async fn call(&self, mut wanted: impl FnMut(&NotifyCall) -> bool) -> Result<NotifyCall> {
        let mut calls = self.calls.clone();
        let found =
            tokio::time::timeout(PATIENCE, calls.wait_for(|calls| calls.iter().any(&mut wanted))).await;
        if let Ok(found) = found {
            let found = found.context("the bus is gone")?.clone();
            return found.into_iter().find(&mut wanted).context("it was there a moment ago");
        }
        anyhow::bail!("no such Notify call within {PATIENCE:?}; there were {:#?}", self.calls())
    }
}

impl Drop for NotifyWatch {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl NotifyCall {
    /// Reads a call from its message.
    pub(super) fn read(message: &Message) -> Result<Self> {
        type Arguments<'m> =
            (&'m str, u32, &'m str, &'m str, &'m str, Vec<&'m str>, HashMap<&'m str, OwnedVariant>, i32);
        let at = Instant::now();
        let body = message.body();
        let (app, replaces, icon, summary, text, actions, hints, expire_ms) =
            body.deserialize::<Arguments<'_>>()?;
        let hint =
            |name: &str| hints.get(name).and_then(|hint| <&str>::try_from(hint).ok()).map(str::to_owned);
        Ok(Self {
            at,
            app: app.to_owned(),
            replaces,
            icon: icon.to_owned(),
            summary: summary.to_owned(),
            body: text.to_owned(),
            actions: actions.into_iter().map(str::to_owned).collect(),
            urgency: match hints.get("urgency").and_then(|hint| u8::try_from(hint).ok()) {
                Some(0) => Urgency::Low,
                Some(2) => Urgency::Critical,
                _ => Urgency::Normal,
            },
            category: hint("category"),
            desktop_entry: hint("desktop-entry"),
            sound_file: hint("sound-file"),
            expire_ms,
        })
    }
}
