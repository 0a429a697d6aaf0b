//! How a server starts: the folder, the tokens, the store, the threads and the tasks, in this order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::end::End;
use super::folder::Folder;
use super::people::People;
use super::port::Port;
use super::{Place, RunningServer};
use crate::access::{Access, Known};
use crate::config::{Config, Epoch};
use crate::demo;
use crate::http::{Door, Hosts, Shared, SigningIn, router};
use crate::hub::Hub;
use crate::publish::Publisher;
use crate::readers::Readers;
use crate::store::{self, Expire, Op, StoreError};
use crate::tokens::TokensError;
use crate::writer::Writer;

/// How often retention looks for what is old.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// How often sessions are looked at whose time may be over.
const SESSIONS: Duration = Duration::from_secs(2);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data folder cannot be made or locked.
    #[error("cannot use the data folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another server uses the data folder.
    #[error("another belfry-server uses the data folder {}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error("cannot use the database in {}", path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The users file cannot be used.
    #[error("cannot use the users file {}", path.display())]
    Users {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TokensError,
    },
    /// The token file cannot be used.
    #[error("cannot use the token file {}", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TokensError,
    },
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server on the current tokio runtime, of either flavour. When it returns, it accepts connections.
    ///
    /// # Errors
    /// If the address, the data folder, the database or the tokens cannot be used.
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        let folder = Folder::open(&config.data)?;
        let listen = config.listen;
        let taken = Port::take(listen).await;
        let (port, listener) = taken.map_err(|source| StartError::Listen { address: listen, source })?;
        in_place(Place { folder, port }, listener, config)
    }
}

/// Starts a server again where one has ended.
pub(super) async fn again(place: Place, config: Config) -> Result<RunningServer, StartError> {
    let address = place.port.address();
    let taken = place.port.listen().await;
    let listener = taken.map_err(|source| StartError::Listen { address, source })?;
    in_place(place, listener, config)
}

/// Starts a server in a folder that is locked, behind a listener that accepts.
fn in_place(place: Place, listener: TcpListener, config: Config) -> Result<RunningServer, StartError> {
    let (folder, address) = (&place.folder, place.port.address());
    let (people, made) = People::find(&config, folder)?;
    let unusable = |source| StartError::Store { path: folder.path().to_owned(), source };
    let (ledger, identity, database) = store::open(folder.path(), config.epoch, now()).map_err(unusable)?;
    let sessions = ledger.sessions(now()).map_err(|error| unusable(error.into()))?;
    let hub = Arc::new(Hub::default());
    let (writer, thread) = Writer::start(ledger, hub.clone())
        .map_err(|source| StartError::Folder { path: folder.path().to_owned(), source })?;

    let known = Known::new(people.grants.clone(), people.accounts.clone(), sessions);
    let access = Arc::new(Access::new(known));
    let publisher = Publisher { writer: writer.clone(), access: access.clone(), identity: identity.clone() };
    let tasks = TaskTracker::new();
    let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
    let shared = Arc::new(Shared {
        identity,
        access: access.clone(),
        signing_in: config.users.as_ref().map(|_| SigningIn::new(config.session)),
        readers: Arc::new(Readers::new(database)),
        publisher: publisher.clone(),
        hub,
        heartbeat: config.heartbeat,
        patience: config.patience,
        retry: config.retry,
        allow_origins: config.allow_origins.clone(),
        hosts: Hosts::new(address, &config.public_hosts),
        demo: config.demo,
        stop: stop.clone(),
        rotation: watch::Sender::new(0),
        streams: watch::Sender::new(0),
        tasks: tasks.clone(),
    });

    let connections = watch::Sender::new(kill);
    let door = Door {
        listener,
        places: config.max_connections,
        patience: config.patience,
        kill_all: connections.subscribe(),
        stop: stop.clone(),
        tasks: tasks.clone(),
    };
    tasks.spawn(door.serve(router(shared.clone())));
    people.follow(&access, &tasks, &stop);
    tasks.spawn(end_sessions(access, stop.clone()));
    if let Some(kept) = config.retention {
        tasks.spawn(sweep(writer.clone(), kept, stop.clone()));
    }
    if let Some(pace) = config.demo {
        tasks.spawn(demo::run(publisher.clone(), pace, stop.clone()));
    }
    tasks.close();
    tracing::info!(%address, data = %folder.path().display(), "listening");
    Ok(RunningServer {
        config: Config { epoch: Epoch::Keep, ..config },
        made,
        end: End::new(stop, connections, tasks, writer, thread),
        publisher,
        shared,
        place,
    })
}

/// Drops what is older than `kept`, now and once an hour.
async fn sweep(writer: Writer, kept: Duration, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let kept_ms = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let before = now().saturating_sub(kept_ms);
        if let Err(error) = writer.apply(Op::Expire(Expire::Before(before))).await {
            tracing::error!(error = &error as &dyn std::error::Error, "retention failed");
        }
    }
}

/// Ends the sessions whose time is over.
async fn end_sessions(access: Arc<Access>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SESSIONS);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        access.expire(now());
    }
}

/// Now, Unix milliseconds.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
