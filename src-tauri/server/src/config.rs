//! What a server is started with. Deliberately not here: the command line (`args`), which ends in a [`Config`].

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::demo;
use crate::tokens::Grant;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the messages are kept.
    pub data: Data,
    /// Who may do what.
    pub tokens: Tokens,
    /// A file of lines `user role hash` of those who may sign in with a password, read again whenever it changes.
    pub users: Option<PathBuf>,
    /// How long a sign-in lasts.
    pub session: Duration,
    /// A comment goes over each stream this often.
    pub heartbeat: Duration,
    /// Connections at once, at most; one more is refused with 503.
    pub max_connections: usize,
    /// How long a request may be on its way, its head and its body each; an answer of which nothing is taken for three
    /// times as long is given up.
    pub patience: Duration,
    /// What `retry:` tells clients, whole milliseconds.
    pub retry: Duration,
    /// How long a change is kept after it was made; `None` keeps everything.
    pub retention: Option<Duration>,
    /// Origins of web pages that may use the server, exactly as browsers write them; none by default.
    pub allow_origins: Vec<String>,
    /// Names under which the server is reached, beside its listen address and localhost; without a port.
    pub public_hosts: Vec<String>,
    /// Whether cursors of the past still count.
    pub epoch: Epoch,
    /// Publishes sample messages to every subscriber at this pace.
    pub demo: Option<demo::Pace>,
}

impl Default for Config {
    /// A server on a free loopback port for the user `me`, in a temporary folder, with random tokens in memory.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: Data::Temporary,
            tokens: Tokens::Random { users: vec!["me".to_owned()] },
            users: None,
            session: Duration::from_secs(90 * 24 * 60 * 60),
            heartbeat: Duration::from_secs(15),
            max_connections: 16_384,
            patience: Duration::from_secs(20),
            retry: Duration::from_secs(2),
            retention: Some(Duration::from_secs(30 * 24 * 60 * 60)),
            allow_origins: Vec::new(),
            public_hosts: Vec::new(),
            epoch: Epoch::Keep,
            demo: None,
        }
    }
}

/// Where the messages are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In a folder of its own that is removed when the server, or what [`shutdown`](crate::RunningServer::shutdown)
    /// returned, is dropped.
    Temporary,
    /// In this folder, which is created if it is missing.
    Folder(PathBuf),
}

/// Where the tokens come from.
#[derive(Clone, Debug)]
pub enum Tokens {
    /// A random token for each of these subscribers and one for a publisher, in memory only.
    Random {
        /// Names of subscribers.
        users: Vec<String>,
    },
    /// These, in memory only.
    Given(Vec<Grant>),
    /// A file of lines `token user role`, read again whenever it changes.
    File(PathBuf),
    /// A file `tokens` in the data folder, made with a random pair for the user `me` if it is missing.
    DataFolder,
}

/// Whether cursors of the past still count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    /// The data folder is what it was.
    Keep,
    /// The data folder was restored from a backup: a new epoch begins, and clients are told of the gap.
    Renew,
}
