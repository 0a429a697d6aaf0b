//! The notification daemon, as far as notify-rust does not tell: whether there is one, what it can do, when
//! it goes, and what it tells everyone about popups.
//!
//! notify-rust waits for a popup's end on that popup's own connection: from a moment after it was shown, for
//! one signal only, without the activation token, and for ever if the daemon dies. It is needed all the same,
//! since some daemons speak only to the connection that showed the popup.

use std::num::NonZeroUsize;

use belfry_core::ports::NotifyError;
use futures_util::StreamExt;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUS: &str = "org.freedesktop.DBus";

/// A connection to the session bus that watches the daemon.
pub(super) struct Daemon {
    connection: Connection,
    owners: MessageStream,
    signals: MessageStream,
    known: Option<Known>,
}

/// The daemon that was asked last.
struct Known {
    /// Its own name on the bus, which nobody else will ever have.
    owner: String,
    capabilities: Capabilities,
}

/// What a daemon can do, as far as it makes a difference here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// It takes `& < >` in bodies for markup.
    pub body_markup: bool,
    /// It offers actions, the click on the popup among them.
    pub actions: bool,
}

/// What the bus tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The daemon that was asked last is gone, and its popups with it.
    Gone,
    /// The bus itself is gone.
    Bus,
    /// A popup, anyone's, has left the screen.
    Closed(u32),
    /// The user has chosen an action of a popup, anyone's, by its key.
    Invoked(u32, String),
    /// What the window needs to come forward after the action that follows (XDG activation).
    Token(u32, String),
}

impl Daemon {
    /// Connects to the session bus.
    pub async fn watch() -> Result<Self, NotifyError> {
        let absent = |error: zbus::Error| NotifyError::Absent(error.to_string());
        let connection = Connection::session().await.map_err(absent)?;
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(BUS)
            .interface(BUS)
            .member("NameOwnerChanged")
            .arg(0, NAME)
            .build()
            .map_err(absent)?;
        let owners =
            MessageStream::for_match_rule(rule, &connection, NonZeroUsize::new(8)).await.map_err(absent)?;
        let rule =
            MatchRule::builder().msg_type(Type::Signal).interface(NAME).path(PATH).build().map_err(absent)?;
        let signals =
            MessageStream::for_match_rule(rule, &connection, NonZeroUsize::new(512)).await.map_err(absent)?;
        Ok(Self { connection, owners, signals, known: None })
    }

    /// Whether one is running; asking it anything else would start one.
    pub async fn is_running(&self) -> bool {
        let asked =
            self.connection.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "NameHasOwner", &NAME);
        asked.await.is_ok_and(|reply| reply.body().deserialize().unwrap_or(false))
    }

    /// What the daemon can do. Asked once per daemon; starts one if the desktop has one to start.
    pub async fn capabilities(&mut self) -> Result<Capabilities, NotifyError> {
        if let Some(known) = &self.known {
            return Ok(known.capabilities);
        }
        let asked = self.connection.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &());
        let reply = match asked.await {
            Ok(reply) => reply,
            Err(error) => return Err(NotifyError::Absent(error.to_string())),
        };
        let names: Vec<String> = reply.body().deserialize().unwrap_or_default();
        let has = |name: &str| names.iter().any(|known| known == name);
        let capabilities = Capabilities { body_markup: has("body-markup"), actions: has("actions") };
        let owner = reply.header().sender().map_or_else(String::new, ToString::to_string);
        self.known = Some(Known { owner, capabilities });
        Ok(capabilities)
    }

    /// Asks for a popup to be taken off the screen, whoever showed it. One that is gone already is none.
    pub async fn close(&self, id: u32) {
        let asked = self.connection.call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &id);
        if let Err(error) = asked.await {
            tracing::debug!(%error, "a popup could not be taken off the screen");
        }
    }

    /// Waits for what the bus tells next.
    pub async fn news(&mut self) -> News {
        loop {
            tokio::select! {
                change = self.owners.next() => match change {
                    // The arrival of the daemon that was asked last may be read after its answer.
                    Some(Ok(change)) => if self.known.take_if(|known| went(&change, &known.owner)).is_some() {
                        return News::Gone;
                    },
                    Some(Err(_)) | None => return News::Bus,
                },
                signal = self.signals.next() => match signal {
                    Some(Ok(signal)) => if let Some(news) = read(&signal) {
                        return news;
                    },
                    Some(Err(_)) | None => return News::Bus,
                }
            }
        }
    }
}

/// Whether `owner` has just given up the daemon's name.
fn went(change: &Message, owner: &str) -> bool {
    change.body().deserialize().is_ok_and(|(_name, old, _new): (&str, &str, &str)| old == owner)
}

fn read(signal: &Message) -> Option<News> {
    let (header, body) = (signal.header(), signal.body());
    match header.member()?.as_str() {
        "NotificationClosed" => body.deserialize().ok().map(|(id, _reason): (u32, u32)| News::Closed(id)),
        "ActionInvoked" => body.deserialize().ok().map(|(id, key)| News::Invoked(id, key)),
        "ActivationToken" => body.deserialize().ok().map(|(id, token)| News::Token(id, token)),
        _ => None,
    }
}
