//! Whose messages a server sends with a token. Another user is another source, and one user has one: until it is known
//! whose a token is that could be another one's, nothing is told with it and nothing is stored of what it brings.

use std::time::Duration;

use super::probe::{self, Identified, Server};
use super::run::{Engine, clock};
use super::sign_in::no_such_source;
use super::tokens::Patience;
use crate::action::Failure;
use crate::link::{Channel, CursorState};
use crate::model::{ServerUrl, ServerUser, SourceId};
use crate::ports::{BoxFuture, FetchError, TransportFault};
use crate::settings::{SignedOut, SourceSettings, TokenOrigin};

/// For how long a source that was given another one's token gives it to no third: a server that names somebody else with
/// each connection would make sources without end.
const CLEAR: Duration = Duration::from_secs(600);

impl Engine {
    /// Whether a token has to be asked whose it is, because it could belong to another user than the messages
    /// that are here.
    pub(super) fn has_to_be_identified(&self, source: SourceId) -> bool {
        let own = self.settings.sources.iter().find(|other| other.id == source);
        own.is_some_and(|own| self.has_users_of(&own.url))
    }

    /// Whether it is known of a source of this server whose messages it has.
    pub(super) fn has_users_of(&self, server: &ServerUrl) -> bool {
        self.settings.sources.iter().any(|other| other.url == *server && other.user.is_some())
    }

    /// The source for a user of the same server: this one if it is theirs or nobody's, theirs if there is one,
    /// else a new one.
    pub(super) fn source_of(&mut self, source: SourceId, user: ServerUser) -> Result<SourceId, Failure> {
        let Some(own) = self.settings.sources.iter().find(|other| other.id == source).cloned() else {
            return Err(no_such_source(source));
        };
        let is_theirs = |other: &SourceSettings| other.belongs_to(&own.url, &user);
        if is_theirs(&own) {
            return Ok(source);
        }
        if let Some(theirs) = self.settings.sources.iter().find(|other| is_theirs(other)) {
            return Ok(theirs.id);
        }
        if own.user.is_none() {
            self.change_source(source, |settings| settings.user = Some(user.clone()))?;
            return Ok(source);
        }
        let name = self.free_name(&own.name, user.label());
        let id = SourceId::random();
        let theirs = |own: SourceSettings| SourceSettings {
            id,
            name: name.clone(),
            user: Some(user.clone()),
            signed_out: SignedOut::Erased,
            token_from: TokenOrigin::Given,
            awaits_token: false,
            ..own
        };
        self.change_settings(|settings| {
            let own = settings.sources.iter().find(|other| other.id == source).cloned();
            settings.sources.extend(own.map(theirs));
        })?;
        tracing::info!(source = %name, "another user of the same server is another source");
        self.add_run(theirs(own));
        Ok(id)
    }

    fn free_name(&self, name: &str, user: &str) -> String {
        let taken = |name: &String| self.settings.sources.iter().any(|other| other.name == *name);
        let plain = format!("{name} ({user})");
        let numbered = (2..).map(|number| format!("{name} ({user} {number})"));
        std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
    }

    /// A server has said whose messages it sends.
    pub(super) fn user_said(&mut self, source: SourceId, user: ServerUser) {
        if self.belongs_elsewhere(source, &user) {
            return self.other_user(source, user);
        }
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) {
            run.tokens.named();
        }
        let changed = self.change_source(source, |settings| settings.user = Some(user.clone()));
        if let Err(failure) = changed {
            tracing::error!(%failure, "it could not be remembered whose messages these are");
        }
    }

    /// Whether this user's messages are none of this source's: it has another user's, or another source has
    /// theirs already.
    fn belongs_elsewhere(&self, source: SourceId, user: &ServerUser) -> bool {
        let Some(own) = self.settings.sources.iter().find(|other| other.id == source) else { return false };
        match &own.user {
            Some(known) => known.id != user.id,
            None => self.settings.sources.iter().any(|other| other.belongs_to(&own.url, user)),
        }
    }

    /// The token belongs to somebody else than the messages: it goes to a source of its own, and this one is
    /// signed out.
    pub(super) fn other_user(&mut self, source: SourceId, user: ServerUser) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        let (token, origin) = (run.tokens.in_use().cloned(), run.settings.token_from);
        let again = run.given_token.is_some_and(|at| clock() < at + CLEAR);
        // What was repeated is not announced: it may be the other one's.
        let _ = run.held.take();
        self.begin_sign_out(source, None, None);
        if again {
            tracing::error!(%source, "the server names one user after another, so that the source is signed out");
            return;
        }
        match (self.source_of(source, user), token) {
            (Ok(theirs), Some(token)) => {
                let Some(run) = self.sources.iter_mut().find(|run| run.id() == theirs) else { return };
                run.given_token = Some(clock());
                run.tokens.will_be_named(&token);
                let turn = run.tokens.begin_turn();
                self.keep_token(theirs, turn, token, origin, None);
            }
            (Ok(_), None) => {}
            (Err(failure), _) => tracing::error!(%failure, "a source of its own could not be made"),
        }
    }

    /// Whether it has to be asked whose the token is with which a request is about to go out; then that is asked first.
    pub(super) fn asks_whose(&mut self, index: usize, by: Channel, cursor: &CursorState) -> bool {
        let run = &self.sources[index];
        if run.tokens.is_named() || !self.has_to_be_identified(run.id()) {
            self.sources[index].tokens.no_doubt();
            return false;
        }
        self.sources[index].doubt();
        if let Some(asking) = self.asking_whose(index) {
            self.sources[index].ask_whose(by, cursor.clone(), asking);
        }
        true
    }

    /// It is known whose token a request would go out with, or not: nothing is told before, and nothing comes.
    pub(super) fn whose_came(
        &mut self,
        index: usize,
        by: Channel,
        cursor: &CursorState,
        user: Result<Identified, FetchError>,
    ) {
        let source = self.sources[index].id();
        match user {
            Ok(Identified::Named(user)) if self.belongs_elsewhere(source, &user) => {
                self.other_user(source, user)
            }
            Ok(Identified::Named(_) | Identified::NamesNobody) => {
                self.sources[index].tokens.named();
                self.go_out(index, by, cursor);
            }
            Ok(Identified::Unsaid) => match self.sources[index].tokens.nothing_said() {
                Patience::Left => {
                    self.page_failed(index, by, &FetchError::Fault(TransportFault::TimedOut));
                }
                // It names nobody, as it has shown.
                Patience::Spent => {
                    self.sources[index].tokens.named();
                    self.go_out(index, by, cursor);
                }
            },
            Err(error) => {
                self.sources[index].tokens.asking_failed();
                self.page_failed(index, by, &error);
            }
        }
    }

    fn asking_whose(&self, index: usize) -> Option<BoxFuture<'static, Result<Identified, FetchError>>> {
        let run = &self.sources[index];
        let token = run.tokens.in_use().cloned()?;
        let asking = run.tokens.asking();
        let (transport, settings) = (self.ports.transport.clone(), run.settings.clone());
        let way = self.way(run);
        Some(Box::pin(async move {
            let server = Server { transport, settings, route: way.await };
            match asking {
                Patience::Left => probe::identify(&server, &token).await,
                // Its `/me` is broken, its stream may be well.
                Patience::Spent => probe::identify_by_stream(&server, &token).await,
            }
        }))
    }
}
