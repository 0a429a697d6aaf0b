//! The side that has no engine: the same calls as the engine's own, to the one that runs.

use std::io;
use std::time::Duration;

use belfry_core::action::{
    Action, Answer, Credentials, Failure, Link, Outcome, Query, SecretOutcome, SecretUse,
};
use belfry_core::engine::Observation;
use belfry_core::settings::profile::Profile;
use belfry_core::view::View;
use tokio::time::timeout;

use super::channel::{Stream, connect};
use super::wire::{
    FrameError, Hello, Program, REPLY, Raise, Reply, Request, Why, receive_json, send, send_json,
};
use super::{PROTOCOL, VERSION, secret};

/// How long the server may take to say hello, and to raise its window.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to the engine that runs on a profile.
pub struct Client {
    stream: Stream,
    /// Who runs it.
    pub peer: Peer,
}

/// Who runs the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Which program.
    pub program: Program,
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: u32,
}

/// The running engine cannot be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// There is no socket, or nobody serves it.
    #[error("nobody answers at the profile's socket")]
    Nobody,
    /// It runs another version.
    #[error("Belfry {theirs} is running and this is {VERSION}: quit it and start it again")]
    Version {
        /// Its version.
        theirs: String,
    },
    /// The socket, its folder or the process behind it is not this user's.
    #[error("the profile's socket cannot be trusted: {0}")]
    Foreign(io::Error),
    /// It works with settings of its own, which a change would save.
    #[error(
        "belfryctl watch (process {pid}) runs with settings of its own, which are not to be saved: end it first"
    )]
    OwnSettings {
        /// Its process.
        pid: u32,
    },
    /// It does not do what was asked.
    #[error("the running program {0}")]
    Refused(&'static str),
    /// It has ended or does not answer.
    #[error("the running program does not answer: {0}")]
    Lost(#[source] FrameOrIo),
}

/// What broke a connection.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct FrameOrIo(#[from] FrameError);

/// A call that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The engine could not do it.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// It could not be asked.
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

impl From<FrameError> for InstanceError {
    fn from(error: FrameError) -> Self {
        Self::Lost(error.into())
    }
}

impl From<io::Error> for InstanceError {
    fn from(error: io::Error) -> Self {
        FrameError::from(error).into()
    }
}

impl Client {
    /// Goes to the engine that runs on a profile.
    ///
    /// # Errors
    /// [`InstanceError::Nobody`] if none does, or the reason why it cannot be spoken to.
    pub async fn connect(profile: &Profile) -> Result<Self, InstanceError> {
        let client = Self::connect_to_raise(profile).await?;
        if client.peer.version == VERSION {
            Ok(client)
        } else {
            Err(InstanceError::Version { theirs: client.peer.version })
        }
    }

    /// The same, but whatever its version: raising is understood by all of them.
    pub(super) async fn connect_to_raise(profile: &Profile) -> Result<Self, InstanceError> {
        let mut stream = connect(profile).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => InstanceError::Nobody,
            io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidData => InstanceError::Foreign(error),
            _ => error.into(),
        })?;
        let (protocol, version) = (PROTOCOL, VERSION.to_owned());
        let hello = Request::Hello(Hello { protocol, version, profile: profile.id });
        let greeting = ask(&mut stream, &hello);
        match timeout(PATIENCE, greeting).await.map_err(|_| late())?? {
            Reply::Hello { program, version, pid, .. } => {
                Ok(Self { stream, peer: Peer { program, version, pid } })
            }
            other => Err(unexpected(other)),
        }
    }

    /// The latest view.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn view(&mut self) -> Result<View, CallError> {
        match self.call(&Request::View).await? {
            Reply::View { view } => Ok(*view),
            other => Err(other.into()),
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query(&mut self, query: Query) -> Result<Answer, CallError> {
        match self.call(&Request::Query { query }).await? {
            Reply::Answer { answer } => Ok(answer),
            other => Err(other.into()),
        }
    }

    /// Does something.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn act(&mut self, action: Action) -> Result<Outcome, CallError> {
        match self.call(&Request::Act { action }).await? {
            Reply::Done { outcome } => Ok(outcome),
            other => Err(other.into()),
        }
    }

    /// Takes a secret inwards: has it kept, or tried.
    ///
    /// # Errors
    /// [`CallError`]; nothing was sent if it is too long.
    pub async fn secret(
        &mut self,
        what: SecretUse,
        credentials: Credentials,
    ) -> Result<SecretOutcome, CallError> {
        let frame = secret::encode(&credentials).map_err(InstanceError::from)?;
        let sent = async {
            send_json(&mut self.stream, &Request::Secret { what }).await?;
            send(&mut self.stream, &frame).await
        };
        let sent = sent.await;
        match answer(&mut self.stream, sent).await? {
            Reply::Secret { outcome } => Ok(outcome),
            other => Err(other.into()),
        }
    }

    /// Has the window shown.
    ///
    /// # Errors
    /// [`InstanceError::Refused`] where there is none.
    pub async fn raise(
        &mut self,
        link: Option<Link>,
        activation: Option<String>,
    ) -> Result<(), InstanceError> {
        let raise = Request::Raise(Raise { link, activation });
        match timeout(PATIENCE, self.call(&raise)).await.map_err(|_| late())?? {
            Reply::Raised => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Watches what happens from now on.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub async fn watch(mut self) -> Result<Watching, InstanceError> {
        match self.call(&Request::Watch).await? {
            Reply::Watching => Ok(Watching { stream: self.stream }),
            other => Err(unexpected(other)),
        }
    }

    async fn call(&mut self, request: &Request) -> Result<Reply, InstanceError> {
        ask(&mut self.stream, request).await
    }
}

/// The observations of a running engine.
pub struct Watching {
    stream: Stream,
}

/// What a watcher over the socket is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Something that happened.
    Happened(Box<Observation>),
    /// So many things happened that this watcher was too slow for.
    Missed(u64),
}

impl Watching {
    /// Waits for the next thing to happen. None when the engine has ended. A future that is dropped may
    /// leave half a frame behind: do not ask again then.
    ///
    /// # Errors
    /// [`InstanceError`] if the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Told>, InstanceError> {
        match receive_json(&mut self.stream, REPLY, "observation").await? {
            Some(Reply::Happened { observation }) => Ok(Some(Told::Happened(Box::new(observation)))),
            Some(Reply::Missed { count }) => Ok(Some(Told::Missed(count))),
            Some(other) => Err(unexpected(other)),
            None => Ok(None),
        }
    }
}

async fn ask(stream: &mut Stream, request: &Request) -> Result<Reply, InstanceError> {
    let sent = send_json(stream, request).await;
    answer(stream, sent).await
}

/// The answer to what was sent. Where that did not arrive, the other side may have said before why it would not.
async fn answer(stream: &mut Stream, sent: io::Result<()>) -> Result<Reply, InstanceError> {
    match sent {
        Ok(()) => read(stream).await,
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {
            read(stream).await.map_err(|_| error.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn read(stream: &mut Stream) -> Result<Reply, InstanceError> {
    let reply = receive_json(stream, REPLY, "reply").await?;
    reply.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof).into())
}

impl From<Reply> for CallError {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Failed { failure } => failure.into(),
            other => unexpected(other).into(),
        }
    }
}

fn late() -> InstanceError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

/// What a reply means that is not the one that was asked for.
fn unexpected(reply: Reply) -> InstanceError {
    let Reply::Refused { why, version, pid } = reply else {
        return FrameError::Malformed("answer to the question").into();
    };
    InstanceError::Refused(match why {
        Why::Version => return InstanceError::Version { theirs: version },
        Why::OwnSettings => return InstanceError::OwnSettings { pid },
        Why::Profile => "works on another profile",
        Why::Busy => "has too many clients",
        Why::NoWindow => "is belfryctl, which has no window",
        Why::Malformed | Why::Other => "did not understand what was asked",
    })
}
