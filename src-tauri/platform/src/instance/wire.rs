//! What travels: frames of a length (four bytes, big-endian) and so many bytes, mostly JSON.
//!
//! `hello`, its answer and `refused` keep their shape in every version of the protocol.

use std::io;
use std::time::Duration;

use belfry_core::action::{Action, Answer, Failure, Link, Outcome, Query, SecretOutcome, SecretUse};
use belfry_core::engine::Observation;
use belfry_core::view::View;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::channel::Stream;

/// The largest request, in bytes.
pub const REQUEST: usize = 1024 * 1024;
/// The largest frame of a secret, in bytes.
pub const SECRET: usize = 64 * 1024;
/// The largest answer, in bytes.
pub const REPLY: usize = 64 * 1024 * 1024;

/// How long a frame may take from its first byte to its last, in either direction.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How a client begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`super::PROTOCOL`].
    pub protocol: u32,
    /// The program's version.
    pub version: String,
    /// The profile that is meant.
    pub profile: Uuid,
}

/// What runs the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `belfry`, which has a window.
    Desktop,
    /// `belfryctl`, which has none.
    CommandLine,
}

/// The wish of a second start: to see the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// What it is to show; the inbox as it is if empty.
    pub link: Option<Link>,
    /// The right to take the focus that the desktop gave to the second start: its `XDG_ACTIVATION_TOKEN`
    /// (freedesktop.org, xdg-activation) or `DESKTOP_STARTUP_ID` (Startup Notification).
    pub activation: Option<String>,
}

/// From the client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    Hello(Hello),
    View,
    Query {
        query: Query,
    },
    Act {
        action: Action,
    },
    /// The secret follows in a frame of its own ([`super::secret`]).
    Secret {
        what: SecretUse,
    },
    Raise(Raise),
    /// From here on only the server speaks.
    Watch,
}

/// From the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    Hello { protocol: u32, version: String, profile: Uuid, program: Program, pid: u32 },
    Refused { why: Why, version: String, pid: u32 },
    View { view: Box<View> },
    Answer { answer: Answer },
    Done { outcome: Outcome },
    Secret { outcome: SecretOutcome },
    Failed { failure: Failure },
    Raised,
    Watching,
    Happened { observation: Observation },
    Missed { count: u64 },
}

/// Why the server refuses a client or a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It speaks another protocol, or is another version.
    Version,
    /// It works on another profile.
    Profile,
    /// There are too many clients.
    Busy,
    /// There is no window to raise.
    NoWindow,
    /// The engine works with settings of its own, which must not be saved.
    OwnSettings,
    /// The request is none.
    Malformed,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone, or too slow.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is longer than allowed.
    #[error("a frame of {0} bytes")]
    TooLong(u32),
    /// It is not what was to come.
    #[error("a frame that is no {0}")]
    Malformed(&'static str),
}

/// Reads a frame; waits for its first byte as long as it likes. None if the other side has ended.
pub async fn receive(stream: &mut Stream, most: usize) -> Result<Option<Zeroizing<Vec<u8>>>, FrameError> {
    let mut head = [0; 4];
    if stream.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    let rest = async {
        stream.read_exact(&mut head[1..]).await?;
        let length = u32::from_be_bytes(head);
        if usize::try_from(length).is_ok_and(|length| length <= most) {
            body(stream, length).await.map(Some)
        } else {
            Err(FrameError::TooLong(length))
        }
    };
    timeout(PATIENCE, rest).await.unwrap_or_else(|_| Err(FrameError::Io(io::ErrorKind::TimedOut.into())))
}

/// A small frame is read into a buffer that never moves, so that no copy of a secret stays; a large one
/// grows as it comes, so that an announced length costs nothing.
async fn body(stream: &mut Stream, length: u32) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity((length as usize).min(SECRET)));
    stream.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() == length as usize {
        Ok(bytes)
    } else {
        Err(FrameError::Io(io::ErrorKind::UnexpectedEof.into()))
    }
}

/// Reads a frame of JSON.
pub async fn receive_json<T: DeserializeOwned>(
    stream: &mut Stream,
    most: usize,
    what: &'static str,
) -> Result<Option<T>, FrameError> {
    let Some(bytes) = receive(stream, most).await? else { return Ok(None) };
    // The parser's own words quote what they complain about.
    serde_json::from_slice(&bytes).map(Some).map_err(|_| FrameError::Malformed(what))
}

/// Writes a frame.
pub async fn send(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let writing = async {
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    timeout(PATIENCE, writing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Writes a frame of JSON.
pub async fn send_json(stream: &mut Stream, value: &impl Serialize) -> io::Result<()> {
    send(stream, &serde_json::to_vec(value)?).await
}
