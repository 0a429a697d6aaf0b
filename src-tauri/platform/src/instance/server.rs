//! The side that has the engine: one task per client, none of which can hold the engine up.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use belfry_core::action::{Failure, FailureCode, Outcome};
use belfry_core::engine::{EngineHandle, Seen, SettingsOf};
use belfry_core::ports::BoxFuture;
use belfry_core::settings::profile::{Profile, ProfileLock};
use tokio::io::{AsyncBufReadExt, AsyncReadExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::channel::{Listener, Stream};
use super::crowd::{Crowd, Place};
use super::wire::{
    FrameError, Hello, Program, REPLY, REQUEST, Raise, Reply, Request, SECRET, Why, receive, receive_json,
    send, send_json,
};
use super::{PROTOCOL, VERSION, secret};

/// How long a client may take to say hello.
const HELLO: Duration = Duration::from_secs(5);

/// How long a client that came to a spare place may stay.
const VISIT: Duration = Duration::from_secs(10);

/// How long a client that is one too many is given to hear so.
const GOODBYE: Duration = Duration::from_millis(100);

/// The pause after the system could not take in a client, e.g. for lack of file descriptors.
const BREATH: Duration = Duration::from_secs(1);

/// What the program around the engine does for a second start.
pub trait Front: Send + Sync {
    /// Shows the window.
    fn raise(&self, raise: Raise) -> BoxFuture<'static, ()>;
}

/// What is served.
#[derive(Clone)]
pub struct Host {
    /// The engine.
    pub engine: EngineHandle,
    /// The window, where there is one.
    pub front: Option<Arc<dyn Front>>,
    /// Whose settings the engine works with.
    pub settings: SettingsOf,
}

/// A socket that is there and not served yet: clients that come wait.
pub struct Server {
    listener: Listener,
    profile: Uuid,
}

/// A socket that is served. Dropping it ends the serving, without taking the socket's file away.
#[derive(Clone)]
pub struct Serving {
    stop: watch::Sender<Stop>,
    ended: watch::Receiver<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    Now,
}

impl Server {
    /// Makes the profile's socket. Called inside a tokio runtime, before the engine takes the lock over.
    ///
    /// # Errors
    /// If there is no place for it that is this user's alone.
    pub fn bind(profile: &Profile, lock: &ProfileLock) -> io::Result<Self> {
        Ok(Self { listener: Listener::bind(profile, lock)?, profile: profile.id })
    }

    /// Serves clients, on the runtime that this is called in, until it is ended or the engine ends.
    #[must_use]
    pub fn serve(self, host: Host) -> Serving {
        let (stop, stopped) = watch::channel(Stop::NotYet);
        let (alive, ended) = watch::channel(());
        tokio::spawn(async move {
            accept(self, host, stopped).await;
            drop(alive);
        });
        Serving { stop, ended }
    }
}

impl Serving {
    /// Ends the serving and takes the socket away. To be called before the engine gives the profile back:
    /// afterwards the socket's place may be another's.
    pub async fn end(&self) {
        self.stop.send_replace(Stop::Now);
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

async fn accept(server: Server, host: Host, mut stopped: watch::Receiver<Stop>) {
    let Server { mut listener, profile } = server;
    let mut views = host.engine.views();
    let crowd = Arc::new(Crowd::new());
    let mut clients = JoinSet::new();
    loop {
        let client = tokio::select! {
            client = listener.accept() => client,
            Some(_) = clients.join_next(), if !clients.is_empty() => continue,
            told = stopped.wait_for(|stop| *stop == Stop::Now) => {
                if told.is_ok() {
                    listener.remove();
                }
                return;
            }
            () = ended(&mut views) => return,
        };
        match client {
            Ok(stream) => {
                let Some(place) = crowd.place() else {
                    turn_away(stream).await;
                    continue;
                };
                let (host, crowd) = (host.clone(), Arc::clone(&crowd));
                clients.spawn(async move {
                    if let Err(error) = welcome(stream, profile, &host, &crowd, place).await {
                        tracing::debug!("a client of the socket was left: {error}");
                    }
                });
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!("a client of the socket was refused: {error}");
            }
            Err(error) => {
                tracing::warn!("the socket takes no clients at the moment: {error}");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Welcome {
    Full,
    ToRaise,
}

/// Serves one client, in a place of its own where one can be had.
async fn welcome(
    stream: Stream,
    profile: Uuid,
    host: &Host,
    crowd: &Crowd,
    place: Place,
) -> Result<(), FrameError> {
    let _place = match place {
        Place::Own(place) => place,
        Place::Spare(spare) => match crowd.room().await {
            Some(place) => {
                drop(spare);
                place
            }
            None => {
                let visit = timeout(VISIT, attend(stream, profile, host, crowd, Welcome::ToRaise)).await;
                drop(spare);
                return visit.unwrap_or(Ok(()));
            }
        },
    };
    attend(stream, profile, host, crowd, Welcome::Full).await
}

/// Says that there is no place. Whether the client hears it is its own business.
async fn turn_away(mut stream: Stream) {
    let _ = timeout(GOODBYE, send_json(&mut stream, &refused(Why::Busy))).await;
}

/// Resolves when the engine has ended.
async fn ended<T>(views: &mut watch::Receiver<T>) {
    while views.changed().await.is_ok() {}
}

/// Serves one client until it goes.
async fn attend(
    mut stream: Stream,
    profile: Uuid,
    host: &Host,
    crowd: &Crowd,
    welcome: Welcome,
) -> Result<(), FrameError> {
    let hello = timeout(HELLO, receive_json::<Request>(&mut stream, REQUEST, "hello"));
    let hello = match hello.await.unwrap_or_else(|_| Err(FrameError::Io(io::ErrorKind::TimedOut.into()))) {
        Ok(Some(Request::Hello(hello))) => hello,
        Ok(None) => return Ok(()),
        Ok(Some(_)) | Err(FrameError::TooLong(_) | FrameError::Malformed(_)) => {
            return Ok(send_json(&mut stream, &refused(Why::Malformed)).await?);
        }
        Err(error @ FrameError::Io(_)) => return Err(error),
    };
    if let Some(why) = objection(&hello, profile) {
        return Ok(send_json(&mut stream, &refused(why)).await?);
    }
    let program = if host.front.is_some() { Program::Desktop } else { Program::CommandLine };
    let own_settings = host.settings == SettingsOf::CommandLine;
    let (version, pid) = (VERSION.to_owned(), std::process::id());
    send_json(&mut stream, &Reply::Hello { protocol: PROTOCOL, version, profile, program, pid }).await?;
    loop {
        let received = tokio::select! {
            received = receive_json(&mut stream, REQUEST, "request") => Some(received),
            () = crowd.is_full(), if welcome == Welcome::Full => None,
        };
        let Some(received) = received else {
            turn_away(stream).await;
            return Ok(());
        };
        let request = match received {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error @ (FrameError::TooLong(_) | FrameError::Malformed(_))) => {
                send_json(&mut stream, &refused(Why::Malformed)).await?;
                return Err(error);
            }
            Err(error @ FrameError::Io(_)) => return Err(error),
        };
        let reply = match request {
            Request::Raise(raise) => raised(host, raise).await,
            _ if welcome == Welcome::ToRaise => refused(Why::Busy),
            // Only raising is understood by every version.
            _ if hello.version != VERSION => refused(Why::Version),
            Request::Hello(_) => refused(Why::Malformed),
            Request::View => Reply::View { view: Box::new((*host.engine.view()).clone()) },
            Request::Query { query } => match unless_gone(&mut stream, host.engine.query(query)).await {
                Some(Ok(answer)) => Reply::Answer { answer },
                Some(Err(failure)) => Reply::Failed { failure },
                None => return Ok(()),
            },
            Request::Act { action } if own_settings && action.changes_settings() => refused(Why::OwnSettings),
            Request::Act { action } => done(host.engine.act(action).await),
            Request::Secret { what } if own_settings && what.changes_settings() => {
                secret_frame(&mut stream).await?;
                refused(Why::OwnSettings)
            }
            Request::Secret { what } => {
                let credentials = secret::decode(&secret_frame(&mut stream).await?)?;
                match unless_gone(&mut stream, host.engine.secret(what, credentials)).await {
                    Some(Ok(outcome)) => Reply::Secret { outcome },
                    Some(Err(failure)) => Reply::Failed { failure },
                    None => return Ok(()),
                }
            }
            Request::Watch => return tell(stream, &host.engine).await,
        };
        answer(&mut stream, &reply).await?;
    }
}

/// Waits for what a client has asked for; nothing once it has gone: then nobody wants it any more.
async fn unless_gone<T>(stream: &mut Stream, asking: impl Future<Output = T>) -> Option<T> {
    let gone = async {
        // It may say more before it is answered: that waits in the stream.
        if let Ok([_, ..]) = stream.fill_buf().await {
            std::future::pending().await
        }
    };
    tokio::select! {
        answer = asking => Some(answer),
        () = gone => None,
    }
}

fn objection(hello: &Hello, profile: Uuid) -> Option<Why> {
    if hello.protocol != PROTOCOL {
        Some(Why::Version)
    } else if hello.profile != profile {
        Some(Why::Profile)
    } else {
        None
    }
}

fn refused(why: Why) -> Reply {
    Reply::Refused { why, version: VERSION.to_owned(), pid: std::process::id() }
}

fn done(result: Result<Outcome, Failure>) -> Reply {
    match result {
        Ok(outcome) => Reply::Done { outcome },
        Err(failure) => Reply::Failed { failure },
    }
}

async fn raised(host: &Host, raise: Raise) -> Reply {
    match &host.front {
        Some(front) => {
            front.raise(raise).await;
            Reply::Raised
        }
        None => refused(Why::NoWindow),
    }
}

/// The frame of the secret that follows; it is overwritten when it is dropped.
async fn secret_frame(stream: &mut Stream) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let bytes = timeout(HELLO, receive(stream, SECRET)).await;
    let bytes = bytes.unwrap_or_else(|_| Err(FrameError::Io(io::ErrorKind::TimedOut.into())))?;
    Ok(bytes.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?)
}

/// Tells a watcher what happens until it goes or the engine ends. One that does not take it for a while is
/// left; what it missed meanwhile would be the engine's memory.
async fn tell(mut stream: Stream, engine: &EngineHandle) -> Result<(), FrameError> {
    let mut watcher = engine.watch();
    send_json(&mut stream, &Reply::Watching).await?;
    let mut byte = [0];
    loop {
        let seen = tokio::select! {
            seen = watcher.next() => seen,
            // It has nothing to say any more but that it goes.
            _ = stream.read(&mut byte) => return Ok(()),
        };
        let reply = match seen {
            Some(Seen::Happened(observation)) => Reply::Happened { observation: (*observation).clone() },
            Some(Seen::Missed(count)) => Reply::Missed { count },
            None => return Ok(()),
        };
        answer(&mut stream, &reply).await?;
    }
}

/// Sends a reply, or what is to be said instead of one that is too large.
async fn answer(stream: &mut Stream, reply: &Reply) -> io::Result<()> {
    let bytes = serde_json::to_vec(reply)?;
    if bytes.len() <= REPLY {
        return send(stream, &bytes).await;
    }
    let failure = Failure::new(FailureCode::Invalid, "the answer is too large for the socket");
    send_json(stream, &Reply::Failed { failure }).await
}
