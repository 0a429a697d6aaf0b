//! The way to a source's server: what its settings say, where it has moved to, and who its proxy lets through. The keychain's other part:
//! `sign_in`.

use std::sync::Arc;

use url::Url;

use super::acts::Job;
use super::handle::Ports;
use super::run::Engine;
use super::secrets::SecretReply;
use super::sign_in::no_such_source;
use super::source::SourceRun;
use crate::action::{Credentials, Failure, FailureCode, SecretOutcome};
use crate::dialect::{self, HistoryFrom};
use crate::model::SourceId;
use crate::ports::{BoxFuture, ProxyLogin, Route, SecretError, SecretKey, Transport};
use crate::settings::{SecretPlace, SourceField, SourceSettings};

/// A way on which the keychain may still have a word.
pub(super) type Way = BoxFuture<'static, Route>;

/// The longest address that is repeated to people, in characters.
const MAX_ADDRESS: usize = 480;

/// Where the first of a source's addresses is that its server has moved within its origin: the stream's, else the
/// history's. Without a query, which may hold anything.
pub(super) fn moved_to(transport: &dyn Transport, source: &SourceSettings) -> Option<String> {
    let mut to = addresses(source).find_map(|asked| transport.moved(&asked))?;
    to.set_query(None);
    Some(to.as_str().chars().take(MAX_ADDRESS).collect())
}

/// Has a source's server asked where it was meant to be.
fn forget_moves(transport: &dyn Transport, source: &SourceSettings) {
    addresses(source).for_each(|asked| transport.forget_move(&asked));
}

fn addresses(source: &SourceSettings) -> impl Iterator<Item = Url> {
    [Some(dialect::stream_url(source)), dialect::history_url(source, HistoryFrom::Newest, 1)]
        .into_iter()
        .flatten()
}

/// The same without queries, which say for what is asked and not where.
fn bare_addresses(source: &SourceSettings) -> impl Iterator<Item = Url> {
    addresses(source).map(|mut asked| {
        asked.set_query(None);
        asked
    })
}

impl SourceRun {
    /// The way, as far as it is known without the keychain's word.
    pub fn route(&self) -> Route {
        let proxy = self.settings.network.proxy.url();
        let is_its = |login: &&ProxyLogin| proxy.is_some_and(|proxy| login.is_for(proxy));
        Route {
            network: Arc::new(self.settings.network.clone()),
            proxy_login: self.proxy_login.as_ref().filter(is_its).cloned(),
            answer_within: Some(self.settings.limits.answer_within()),
        }
    }

    /// The way. The keychain is asked only where the settings name a proxy, and nobody is asked to unlock it.
    pub fn way(&self, ports: &Ports, profile: uuid::Uuid) -> Way {
        let mut route = self.route();
        let Some(proxy) = self.settings.network.proxy.url().cloned() else {
            return Box::pin(std::future::ready(route));
        };
        if self.settings.secrets == SecretPlace::Session {
            return Box::pin(std::future::ready(route));
        }
        let asking = ports.secrets.peek(SecretKey::proxy_login(profile, self.id()));
        Box::pin(async move {
            // What is known stays in use while the keychain does not answer.
            if let Ok(kept) = asking.await {
                let login = kept.as_ref().and_then(ProxyLogin::from_secret);
                route.proxy_login = login.filter(|login| login.is_for(&proxy));
            }
            route
        })
    }
}

impl Engine {
    /// Forgets where a source's server has moved to: the user wants it looked for.
    pub(super) fn forget_moves(&mut self, index: usize) {
        forget_moves(self.ports.transport.as_ref(), &self.sources[index].settings);
        self.keep_moves(index);
    }

    /// Has the transport know where a source's server had moved to in the last run.
    pub(super) fn recall_moves(&mut self, index: usize) {
        let run = &mut self.sources[index];
        match self.store.moves(run.id()) {
            Ok(moves) => run.moves = moves,
            Err(error) => tracing::error!(%error, "where a server has moved to could not be read"),
        }
        let asked: Vec<Url> = bare_addresses(&run.settings).collect();
        for (from, to) in run.moves.iter().filter(|(from, _)| asked.contains(from)) {
            self.ports.transport.know_move(from, to);
        }
    }

    /// Keeps where a source's server has moved to for the next run, or forgets it there.
    pub(super) fn keep_moves(&mut self, index: usize) {
        let run = &mut self.sources[index];
        let transport = &self.ports.transport;
        let moves: Vec<(Url, Url)> = bare_addresses(&run.settings)
            .filter_map(|from| transport.moved(&from).map(|to| (from, to)))
            .collect();
        if moves == run.moves {
            return;
        }
        match self.store.set_moves(run.id(), &moves) {
            Ok(()) => run.moves = moves,
            Err(error) => tracing::error!(%error, "where a server has moved to could not be stored"),
        }
    }

    /// The way to a source's server.
    pub(super) fn way(&self, run: &SourceRun) -> Way {
        run.way(&self.ports, self.profile.id)
    }

    /// Keeps user and password for a source's proxy where the source's secrets are kept, and connects.
    pub(super) fn keep_proxy_login(
        &mut self,
        source: SourceId,
        credentials: &Credentials,
        reply: SecretReply,
    ) {
        let Some(run) = self.sources.iter().find(|run| run.id() == source) else {
            return self.secret_replies.push((reply, Err(no_such_source(source))));
        };
        let proxy = run.settings.network.proxy.url().cloned();
        let login = match (proxy, credentials) {
            (None, _) => Err(bad(SourceField::Proxy, "the source has no proxy of its own")),
            (Some(proxy), Credentials::Password { user, password }) => {
                ProxyLogin::new(proxy, user, password.clone())
                    .ok_or_else(|| bad(SourceField::ProxyLogin, "no proxy can be told this"))
            }
            (Some(_), Credentials::Token(_) | Credentials::Granted(_) | Credentials::Kept) => {
                Err(bad(SourceField::ProxyLogin, "a user and a password are missing"))
            }
        };
        match (login, run.settings.secrets) {
            (Err(failure), _) => self.secret_replies.push((reply, Err(failure))),
            (Ok(login), SecretPlace::Session) => self.proxy_login_kept(source, login, Ok(()), reply),
            (Ok(login), SecretPlace::Keychain) => {
                let key = SecretKey::proxy_login(self.profile.id, source);
                let storing = self.ports.secrets.set(key, login.to_secret());
                self.jobs.push(Box::pin(async move {
                    Job::ProxyLoginKept { source, login, result: storing.await, reply }
                }));
            }
        }
    }

    /// The keychain has taken the login, or not. Where there is none, memory has to do.
    pub(super) fn proxy_login_kept(
        &mut self,
        source: SourceId,
        login: ProxyLogin,
        result: Result<(), SecretError>,
        reply: SecretReply,
    ) {
        let kept = match (self.sources.iter().position(|run| run.id() == source), result) {
            (None, _) => Err(no_such_source(source)),
            (Some(index), Ok(()) | Err(SecretError::Absent)) => {
                self.sources[index].proxy_login = Some(login);
                if self.sources[index].tokens.has_token() {
                    self.retry(index);
                }
                Ok(SecretOutcome::Kept { source })
            }
            (Some(_), Err(error)) => Err(Failure::new(FailureCode::Keychain, error.to_string())),
        };
        self.secret_replies.push((reply, kept));
    }
}

fn bad(field: SourceField, why: &str) -> Failure {
    Failure::new(FailureCode::Invalid, why).about(field)
}
