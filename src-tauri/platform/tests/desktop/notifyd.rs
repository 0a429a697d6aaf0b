//! A notification daemon that does what a test says (Desktop Notifications Specification 1.3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use belfry_core::fakes::contract::Screen;
use futures_util::StreamExt;
use tokio::sync::{Mutex as Gate, Notify, OwnedMutexGuard};
use tokio::task::JoinHandle;
use zbus::OwnedVariant;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A popup as the daemon got it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub id: u32,
    pub replaces: u32,
    pub app: String,
    pub icon: String,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    pub hints: HashMap<String, String>,
    pub expire: i32,
    /// The connection that sent it.
    sender: String,
}

/// To whom signals go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signals {
    /// To everyone who listens, as most daemons do.
    Broadcast,
    /// To the connection that sent the popup only, as dunst does.
    ToSender,
}

/// The running daemon; ends when dropped.
pub struct Notifyd {
    connection: Connection,
    signals: Signals,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    shown: Mutex<Vec<Shown>>,
    on_screen: Mutex<Vec<Shown>>,
    calls: Mutex<Vec<String>>,
    called: Notify,
    /// Held by a test while the daemon is to hang.
    gate: Arc<Gate<()>>,
}

impl Notifyd {
    /// Takes the daemon's name on the session bus.
    pub async fn start(capabilities: &'static [&'static str], signals: Signals) -> Self {
        let connection = Connection::session().await.unwrap();
        let calls = MessageStream::from(&connection);
        connection.request_name(NAME).await.unwrap();
        let state = Arc::new(State::default());
        let answer = answer(connection.clone(), calls, Arc::clone(&state), capabilities);
        Self { connection, signals, state, task: tokio::spawn(answer) }
    }

    /// The last popup that came, replaced ones included.
    pub fn last(&self) -> Shown {
        self.state.shown.lock().unwrap().last().cloned().expect("a popup has come")
    }

    /// What is on the screen.
    pub fn on_screen(&self) -> Vec<Shown> {
        self.state.on_screen.lock().unwrap().clone()
    }

    /// The methods that were called, in order.
    pub fn calls(&self) -> Vec<String> {
        self.state.calls.lock().unwrap().clone()
    }

    /// Waits until a method has been called so many times.
    pub async fn called(&self, method: &str, times: usize) {
        let wait = async {
            loop {
                let called = self.state.called.notified();
                if self.calls().iter().filter(|call| *call == method).count() >= times {
                    return;
                }
                called.await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.expect("it is called in time");
    }

    /// Hangs until the guard is dropped: what comes meanwhile waits, and is carried out then.
    pub async fn hang(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.state.gate).lock_owned().await
    }

    /// Gives a token to the window, and then the click.
    pub async fn click_with_token(&self, summary: &str, token: &str) {
        let popup = self.take(summary);
        self.signal(&popup, "ActivationToken", &(popup.id, token)).await;
        self.signal(&popup, "ActionInvoked", &(popup.id, "default")).await;
        self.signal(&popup, "NotificationClosed", &(popup.id, 2_u32)).await;
    }

    /// Says that a popup was clicked on, and keeps it.
    pub async fn press(&self, summary: &str) {
        let popup = {
            let on_screen = self.state.on_screen.lock().unwrap();
            on_screen.iter().find(|popup| popup.summary == summary).expect("it is on the screen").clone()
        };
        self.signal(&popup, "ActionInvoked", &(popup.id, "default")).await;
    }

    /// Leaves the bus, as a daemon that crashes.
    pub async fn stop(self) {
        self.task.abort();
        self.connection.clone().close().await.unwrap();
    }

    fn take(&self, summary: &str) -> Shown {
        let mut on_screen = self.state.on_screen.lock().unwrap();
        let at = on_screen.iter().position(|popup| popup.summary == summary).expect("it is on the screen");
        on_screen.remove(at)
    }

    async fn signal<B>(&self, popup: &Shown, name: &str, body: &B)
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let to = match self.signals {
            Signals::Broadcast => None,
            Signals::ToSender => Some(popup.sender.as_str()),
        };
        self.connection.emit_signal(to, PATH, NAME, name, body).await.unwrap();
    }
}

impl Drop for Notifyd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Screen for Notifyd {
    async fn summaries(&self) -> Vec<String> {
        self.on_screen().into_iter().map(|popup| popup.summary).collect()
    }

    async fn click(&self, summary: &str) {
        let popup = self.take(summary);
        self.signal(&popup, "ActionInvoked", &(popup.id, "default")).await;
        self.signal(&popup, "NotificationClosed", &(popup.id, 2_u32)).await;
    }

    async fn choose(&self, summary: &str, label: &str) {
        let popup = self.take(summary);
        let key = popup.actions.chunks(2).find(|pair| pair[1] == label).expect("it can be chosen")[0].clone();
        self.signal(&popup, "ActionInvoked", &(popup.id, key)).await;
        self.signal(&popup, "NotificationClosed", &(popup.id, 2_u32)).await;
    }

    async fn dismiss(&self, summary: &str) {
        let popup = self.take(summary);
        self.signal(&popup, "NotificationClosed", &(popup.id, 2_u32)).await;
    }
}

async fn answer(
    connection: Connection,
    mut calls: MessageStream,
    state: Arc<State>,
    capabilities: &'static [&'static str],
) {
    while let Some(Ok(call)) = calls.next().await {
        let header = call.header();
        if header.message_type() != Type::MethodCall {
            continue;
        }
        let method = header.member().unwrap().to_string();
        drop(state.gate.lock().await);
        state.calls.lock().unwrap().push(method.clone());
        match method.as_str() {
            "Notify" => {
                let id = notify(&call, &state);
                connection.reply(&header, &id).await.unwrap();
            }
            "GetCapabilities" => connection.reply(&header, &capabilities).await.unwrap(),
            "CloseNotification" => {
                let id: u32 = call.body().deserialize().unwrap();
                state.on_screen.lock().unwrap().retain(|popup| popup.id != id);
                connection.reply(&header, &()).await.unwrap();
                let closed = (id, 3_u32);
                connection
                    .emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &closed)
                    .await
                    .unwrap();
            }
            other => panic!("nobody should call {other}"),
        }
        state.called.notify_waiters();
    }
}

fn notify(call: &Message, state: &State) -> u32 {
    type Arguments = (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedVariant>, i32);
    let (app, replaces, icon, summary, body, actions, hints, expire): Arguments =
        call.body().deserialize().unwrap();
    let hints = hints.into_iter().map(|(name, value)| (name, format!("{:?}", *value))).collect();
    let mut on_screen = state.on_screen.lock().unwrap();
    let place = on_screen.iter().position(|popup| popup.id == replaces);
    let id = match place {
        Some(_) => replaces,
        None => u32::try_from(state.shown.lock().unwrap().len()).unwrap() + 1,
    };
    let sender = call.header().sender().unwrap().to_string();
    let popup = Shown { id, replaces, app, icon, summary, body, actions, hints, expire, sender };
    state.shown.lock().unwrap().push(popup.clone());
    match place {
        Some(at) => on_screen[at] = popup,
        None => on_screen.push(popup),
    }
    id
}
