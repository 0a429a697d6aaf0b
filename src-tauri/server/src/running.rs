//! A server that runs, and one that has ended and can start again.
//! Deliberately not here: how it starts (`start`), what ends with it (`end`).

mod end;
mod folder;
mod people;
mod port;
mod start;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use belfry_protocol::{MarkRead, Publish, Published};
use tokio_util::sync::CancellationToken;

pub use start::{Server, StartError};

use crate::config::{Config, Epoch, Tokens};
use crate::http::Shared;
use crate::publish::{Publisher, Refused};
use crate::tokens::{Grant, Role, Token};
use end::End;
use folder::Folder;
use port::Port;

/// What a server keeps while it does not run: its data and its address.
struct Place {
    folder: Folder,
    port: Port,
}

/// A server that runs. Dropping it ends it without waiting for anything.
pub struct RunningServer {
    config: Config,
    made: Option<Vec<Grant>>,
    end: End,
    publisher: Publisher,
    shared: Arc<Shared>,
    place: Place,
}

impl RunningServer {
    /// The address on which it listens.
    pub fn addr(&self) -> SocketAddr {
        self.place.port.address()
    }

    /// The base of all routes, e.g. `http://127.0.0.1:8787/api`.
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.addr())
    }

    /// The folder in which the messages are kept.
    pub fn folder(&self) -> &Path {
        self.place.folder.path()
    }

    /// The random pair that this start has made in the data folder, to be shown once.
    pub fn made_tokens(&self) -> Option<&[Grant]> {
        self.made.as_deref()
    }

    /// A token with which `user` reads its messages.
    pub fn subscriber_token(&self, user: &str) -> Option<Token> {
        self.shared.access.now().token_of(Role::Subscriber, Some(user))
    }

    /// A token with which messages are published.
    pub fn publisher_token(&self) -> Option<Token> {
        self.shared.access.now().token_of(Role::Publisher, None)
    }

    /// A handle for tasks that publish.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// See [`Publisher::publish`].
    ///
    /// # Errors
    /// As there.
    pub async fn publish(&self, message: Publish) -> Result<Published, Refused> {
        self.publisher.publish(message).await
    }

    /// See [`Publisher::publish_many`].
    ///
    /// # Errors
    /// As there.
    pub async fn publish_many(
        &self,
        messages: impl IntoIterator<Item = Publish>,
    ) -> Result<Vec<Published>, Refused> {
        self.publisher.publish_many(messages).await
    }

    /// See [`Publisher::update`].
    ///
    /// # Errors
    /// As there.
    pub async fn update(&self, user: &str, id: &str, message: Publish) -> Result<(), Refused> {
        self.publisher.update(user, id, message).await
    }

    /// See [`Publisher::mark_read`].
    ///
    /// # Errors
    /// As there.
    pub async fn mark_read(&self, user: &str, marks: MarkRead) -> Result<(), Refused> {
        self.publisher.mark_read(user, marks).await
    }

    /// See [`Publisher::delete`].
    ///
    /// # Errors
    /// As there.
    pub async fn delete(&self, user: &str, id: &str) -> Result<(), Refused> {
        self.publisher.delete(user, id).await
    }

    /// See [`Publisher::expire_up_to`].
    ///
    /// # Errors
    /// As there.
    pub async fn expire_up_to(&self, cursor: &str) -> Result<(), Refused> {
        self.publisher.expire_up_to(cursor).await
    }

    /// Replaces all tokens in memory. Streams of tokens that are gone are closed.
    pub fn set_tokens(&self, grants: Vec<Grant>) {
        self.shared.access.replace(grants);
    }

    /// Ends every stream cleanly, as a server does that rotates its connections.
    pub fn close_streams(&self) {
        self.shared.rotation.send_modify(|turn| *turn += 1);
    }

    /// Drops every TCP connection at once, in the middle of whatever it carries. New ones are accepted.
    pub fn cut_connections(&self) {
        self.end.connections.send_replace(CancellationToken::new()).cancel();
    }

    /// How many streams are open now.
    pub fn streams(&self) -> usize {
        *self.shared.streams.borrow()
    }

    /// Waits until exactly `count` streams are open.
    pub async fn wait_for_streams(&self, count: usize) {
        // The sender lives as long as `self`.
        let _ = self.shared.streams.subscribe().wait_for(|open| *open == count).await;
    }

    /// Stops accepting, ends streams cleanly, and closes the store; takes at most five seconds.
    pub async fn shutdown(self) -> Stopped {
        let Self { mut config, end, shared, place, .. } = self;
        end.finish().await;
        if matches!(config.tokens, Tokens::Random { .. } | Tokens::Given(_)) {
            config.tokens = Tokens::Given(shared.access.now().grants().to_vec());
        }
        Stopped { config, place }
    }

    /// Shuts down and starts again with the same address, data and tokens.
    ///
    /// # Errors
    /// If it cannot start again; the data of a temporary folder is gone then.
    pub async fn restart(self) -> Result<Self, StartError> {
        self.shutdown().await.start().await
    }
}

/// A server that has ended and can be started again where it was. Dropping it removes a temporary data folder.
pub struct Stopped {
    config: Config,
    place: Place,
}

impl Stopped {
    /// The address on which it listened and will listen again.
    pub fn addr(&self) -> SocketAddr {
        self.place.port.address()
    }

    /// The folder in which the messages are kept.
    pub fn folder(&self) -> &Path {
        self.place.folder.path()
    }

    /// Makes the next start begin a new epoch, as after a restored backup.
    #[must_use]
    pub fn restored(mut self) -> Self {
        self.config.epoch = Epoch::Renew;
        self
    }

    /// Starts again with the same address, data and tokens.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start(self) -> Result<RunningServer, StartError> {
        start::again(self.place, self.config).await
    }
}
