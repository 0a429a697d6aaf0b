//! The notification daemon on one connection to the session bus: whether there is one, what it can do, when it comes
//! and goes, what it is asked to show, and what it tells about popups.

use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroUsize;

use belfry_core::model::PopupPlace;
use belfry_core::ports::{NotifyError, PopupSound, Urgency};
use futures_util::StreamExt;
use zbus::message::{Flags, Type};
use zbus::{Connection, MatchRule, Message, MessageStream, Variant};

use super::late::{Accepted, Taken};
use super::request::{PROGRAM, Request};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The specification's number for a popup that the user has put away.
const BY_USER: u32 = 2;
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
    Gone(Successor),
    /// There is a daemon, where there was none.
    Came,
    /// The bus itself is gone.
    Bus,
    /// A popup, anyone's, has left the screen by itself, or has been taken off it.
    Closed(u32),
    /// The user has put a popup, anyone's, away.
    Dismissed(u32),
    /// The user has chosen an action of a popup, anyone's, by its key.
    Invoked(u32, String),
    /// What the window needs to come forward after the action that follows (XDG activation).
    Token(u32, String),
}

/// Whether another daemon has taken the place of one that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Successor {
    There,
    None,
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

    /// Asks for a popup to be shown. The call has its place in the connection's order once it is polled.
    pub fn notify(&self, request: Request) -> impl Future<Output = Taken> + Send + 'static {
        let connection = self.connection.clone();
        async move {
            let failed = |error: zbus::Error| NotifyError::Failed(error.to_string());
            let Request { replaces, icon, summary, body, actions, expire_ms, .. } = &request;
            let actions: Vec<&str> = actions.iter().flat_map(|(key, label)| [*key, *label]).collect();
            let expire = i32::try_from(*expire_ms).unwrap_or(i32::MAX);
            let arguments = (PROGRAM, *replaces, *icon, summary, body, actions, hints(&request), expire);
            let asked = connection.call_method(Some(NAME), PATH, Some(NAME), "Notify", &arguments);
            let id = asked.await.map_err(failed)?.body().deserialize().map_err(failed)?;
            Ok(Accepted { id, handle: None })
        }
    }

    /// Asks for a popup to be taken off the screen, whoever showed it. One that is gone already is none, and no
    /// daemon is started for that; its answer is not waited for.
    pub async fn close(&self, id: u32) {
        self.ask_to_close(NAME, id).await;
    }

    /// Where the daemon that was asked last shows a popup. Names on a bus are given once, but only on that bus.
    pub fn place(&self, id: u32) -> Option<PopupPlace> {
        let known = self.known.as_ref()?;
        let service = format!("{} {}", self.connection.server_guid(), known.owner);
        Some(PopupPlace { service, number: id })
    }

    /// Asks the daemon that shows a popup, and none that came after it, to take it off the screen. Its answer is not
    /// waited for.
    pub async fn clear_away(&self, place: &PopupPlace) {
        let bus = self.connection.server_guid().as_str();
        if let Some((_, owner)) = place.service.split_once(' ').filter(|(guid, _)| *guid == bus) {
            self.ask_to_close(owner, place.number).await;
        }
    }

    async fn ask_to_close(&self, daemon: &str, id: u32) {
        let call = Message::method_call(PATH, "CloseNotification")
            .destination(daemon)
            .interface(NAME)
            .with_flags(Flags::NO_REPLY_EXPECTED | Flags::NO_AUTO_START)
            .build(&id);
        let sent = match call {
            Ok(call) => self.connection.send(&call).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "a popup could not be taken off the screen");
        }
    }

    /// Waits for what the bus tells next.
    pub async fn news(&mut self) -> News {
        loop {
            tokio::select! {
                change = self.owners.next() => match change {
                    Some(Ok(change)) => if let Some(news) = self.owner_changed(&change) {
                        return news;
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

    fn owner_changed(&mut self, change: &Message) -> Option<News> {
        let body = change.body();
        let (_name, old, new): (&str, &str, &str) = body.deserialize().ok()?;
        if self.known.take_if(|known| known.owner == old).is_some() {
            return Some(News::Gone(if new.is_empty() { Successor::None } else { Successor::There }));
        }
        // The arrival of the daemon that was asked last may be read after its answer.
        let asked = self.known.as_ref().is_some_and(|known| known.owner == new);
        (!new.is_empty() && !asked).then_some(News::Came)
    }
}

fn hints(request: &Request) -> HashMap<&'static str, Variant<'static>> {
    let urgency: u8 = match request.urgency {
        Urgency::Low => 0,
        Urgency::Normal => 1,
        Urgency::Critical => 2,
    };
    let sound = match &request.sound {
        Some(PopupSound::Named(name)) => ("sound-name", Variant::from(*name)),
        Some(PopupSound::File(path)) => ("sound-file", Variant::from(path.to_string_lossy().into_owned())),
        None => ("suppress-sound", Variant::from(true)),
    };
    HashMap::from([
        ("urgency", Variant::from(urgency)),
        ("category", Variant::from(request.category)),
        ("desktop-entry", Variant::from(PROGRAM)),
        sound,
    ])
}

fn read(signal: &Message) -> Option<News> {
    let (header, body) = (signal.header(), signal.body());
    match header.member()?.as_str() {
        "NotificationClosed" => body.deserialize().ok().map(|(id, reason): (u32, u32)| match reason {
            BY_USER => News::Dismissed(id),
            _ => News::Closed(id),
        }),
        "ActionInvoked" => body.deserialize().ok().map(|(id, key)| News::Invoked(id, key)),
        "ActivationToken" => body.deserialize().ok().map(|(id, token)| News::Token(id, token)),
        _ => None,
    }
}
