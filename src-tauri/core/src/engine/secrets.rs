//! Secrets on their way in: what they are for, a password's exchange for a token, and looks at servers. Whose a token
//! is: `users`. The keychain's part: `sign_in`.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::acts::Job;
use super::probe::{self, Heartbeat, Identified, LoginFault, Server};
use super::run::Engine;
use super::sign_in::no_such_source;
use super::tokens::Turn;
use crate::action::{
    Answer, Credentials, Failure, FailureCode, ProbeDepth, ProbeReport, SecretOutcome, SecretUse,
};
use crate::model::{SecretText, ServerUser, SourceId, Token};
use crate::ports::{FetchError, Route, SecretKey};
use crate::settings::{NewSource, SecretPlace, SourceField, TokenOrigin};

/// The way back for whoever handed a secret in.
pub(super) type SecretReply = oneshot::Sender<Result<SecretOutcome, Failure>>;

/// The way back for whoever asked for a look at a server.
pub(super) type ProbeReply = oneshot::Sender<Result<Answer, Failure>>;

/// Whether it has to be known whose a token is, before it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Its stream will say so.
    Unasked,
    /// There is no stream that could say so: the server is asked, and need not answer.
    Asked,
    /// It could belong to another user than messages that are here.
    Needed,
}

/// What is to be done with a token that has been readied.
pub(super) struct Prepared {
    pub token: Token,
    /// Where it came from.
    origin: TokenOrigin,
    /// Whose it is, where that was asked and said.
    pub user: Option<ServerUser>,
    /// Where it was granted for a password: there it is given back if nobody keeps it.
    granted_at: Option<Box<Server>>,
}

impl Prepared {
    /// The token, and where it came from.
    pub fn into_token(self) -> (Token, TokenOrigin) {
        (self.token, self.origin)
    }
}

impl Engine {
    /// Takes a secret inwards.
    pub(super) fn secret(&mut self, what: SecretUse, credentials: Credentials, reply: SecretReply) {
        match what {
            SecretUse::Keep { source } => self.keep(source, credentials, reply),
            SecretUse::KeepProxyLogin { source } => self.keep_proxy_login(source, &credentials, reply),
            SecretUse::Add { source } => self.add_with(&source, credentials, reply),
            SecretUse::Try { source } => self.try_out(&source, credentials, reply),
        }
    }

    fn keep(&mut self, source: SourceId, credentials: Credentials, reply: SecretReply) {
        let Some(at) = self.sources.iter().position(|run| run.id() == source) else {
            return self.secret_replies.push((reply, Err(no_such_source(source))));
        };
        let identify = self.has_to_be_identified(source);
        match credentials {
            Credentials::Kept => {
                self.retry(at);
                self.secret_replies.push((reply, Ok(SecretOutcome::Kept { source })));
            }
            Credentials::Token(token) | Credentials::Granted(token) if token.is_empty() => {
                self.secret_replies.push((reply, Err(no_token())));
            }
            Credentials::Token(token) if !identify => {
                let turn = self.sources[at].tokens.begin_turn();
                self.keep_token(source, turn, token, TokenOrigin::Given, Some(reply));
            }
            credentials
            @ (Credentials::Token(_) | Credentials::Granted(_) | Credentials::Password { .. }) => {
                let turn = self.sources[at].tokens.begin_turn();
                self.prepare(at, turn, credentials, identify, reply);
            }
        }
    }

    fn prepare(
        &mut self,
        index: usize,
        turn: Turn,
        credentials: Credentials,
        identify: bool,
        mut reply: SecretReply,
    ) {
        let (transport, way) = (self.ports.transport.clone(), self.way(&self.sources[index]));
        let settings = self.sources[index].settings.clone();
        self.jobs.push(Box::pin(async move {
            let source = settings.id;
            let preparing = async {
                let server = Server { transport, settings, route: way.await };
                let whose = if identify { Whose::Needed } else { Whose::Unasked };
                prepare(&server, credentials, whose).await
            };
            let result = tokio::select! {
                result = preparing => result,
                // Nobody waits any more: nothing is kept.
                () = reply.closed() => Err(gone()),
            };
            Job::Prepared { source, turn, result, reply }
        }));
    }

    /// Keeps a token that has been readied, for the source that it belongs to.
    pub(super) fn prepared(
        &mut self,
        source: SourceId,
        turn: Turn,
        result: Result<Prepared, Failure>,
        reply: SecretReply,
    ) {
        let current = self.sources.iter().any(|run| run.id() == source && run.tokens.turn() == turn);
        let kept = result.and_then(|prepared| {
            if current {
                return Ok(prepared);
            }
            self.give_back(prepared);
            Err(Failure::new(FailureCode::Overtaken, "a later sign-in or sign-out has taken its place"))
        });
        let target = kept.and_then(|Prepared { token, origin, user, .. }| {
            let is_named = user.is_some();
            let target = user.map_or(Ok(source), |user| self.source_of(source, user))?;
            Ok((target, token, origin, is_named))
        });
        match target {
            Ok((target, token, origin, is_named)) => {
                let Some(run) = self.sources.iter_mut().find(|run| run.id() == target) else { return };
                if is_named {
                    run.tokens.will_be_named(&token);
                }
                let turn = if target == source { turn } else { run.tokens.begin_turn() };
                self.keep_token(target, turn, token, origin, Some(reply));
            }
            Err(failure) => self.secret_replies.push((reply, Err(failure))),
        }
    }

    pub(super) fn give_back(&self, Prepared { token, granted_at, .. }: Prepared) {
        let Some(server) = granted_at else { return };
        self.jobs.push(Box::pin(async move {
            probe::log_out(&server, token).await;
            Job::Abandoned
        }));
    }

    fn try_out(&mut self, new: &NewSource, credentials: Credentials, mut reply: SecretReply) {
        let settings = match (new.settings(), &credentials) {
            (Ok(_), Credentials::Kept) => return self.secret_replies.push((reply, Err(no_token()))),
            (
                Ok(settings),
                Credentials::Token(_) | Credentials::Granted(_) | Credentials::Password { .. },
            ) => settings,
            (Err(bad), _) => return self.secret_replies.push((reply, Err(super::sources::refused(bad)))),
        };
        let network = Arc::new(settings.network.clone());
        let server = Server {
            transport: self.ports.transport.clone(),
            settings,
            route: Route { network, ..Route::default() },
        };
        self.jobs.push(Box::pin(async move {
            tokio::select! {
                report = probe::probe(&server, credentials, Ok(None), Heartbeat::Ignored) => {
                    Job::Tried { report, reply }
                }
                () = reply.closed() => Job::Abandoned,
            }
        }));
    }

    /// Looks at the server of a source, with the token that it has.
    pub(super) fn probe(&mut self, source: SourceId, depth: ProbeDepth, mut reply: ProbeReply) {
        let Some(run) = self.sources.iter().find(|run| run.id() == source) else {
            let _ = reply.send(Err(no_such_source(source)));
            return;
        };
        let (transport, settings) = (self.ports.transport.clone(), run.settings.clone());
        let way = self.way(run);
        let heartbeat = match (depth, run.link.learned_beat()) {
            (ProbeDepth::Brief, _) => Heartbeat::Ignored,
            (ProbeDepth::Thorough, Some(beat)) => Heartbeat::Known(beat),
            (ProbeDepth::Thorough, None) => Heartbeat::Awaited,
        };
        let in_use = run.tokens.session().or(run.tokens.in_use()).cloned();
        let asking = match (&in_use, settings.secrets) {
            (Some(_), _) | (None, SecretPlace::Session) => None,
            (None, SecretPlace::Keychain) => {
                Some(self.ports.secrets.get(SecretKey::token(self.profile.id, source)))
            }
        };
        self.jobs.push(Box::pin(async move {
            let looking = async {
                let kept = match asking {
                    Some(asking) => asking.await,
                    None => Ok(in_use),
                };
                let server = Server { transport, settings, route: way.await };
                probe::probe(&server, Credentials::Kept, kept, heartbeat).await
            };
            let report: ProbeReport = tokio::select! {
                report = looking => report,
                () = reply.closed() => return Job::Abandoned,
            };
            // Whoever asked may have gone.
            let _ = reply.send(Ok(Answer::Probe(report)));
            Job::Abandoned
        }));
    }
}

/// Exchanges user and password for a token, without an engine. It takes ten seconds at most.
///
/// # Errors
/// [`Failure`] with the reason why there is none.
pub async fn log_in(server: &Server, user: &str, password: &SecretText) -> Result<Token, Failure> {
    probe::log_in(server, user, password).await.map_err(login_failed)
}

pub(super) async fn prepare(
    server: &Server,
    credentials: Credentials,
    whose: Whose,
) -> Result<Prepared, Failure> {
    let (token, origin, granted_at) = match credentials {
        Credentials::Token(token) => (token, TokenOrigin::Given, None),
        Credentials::Granted(token) => (token, TokenOrigin::Password, None),
        Credentials::Password { user, password } => {
            let token = log_in(server, &user, &password).await?;
            (token, TokenOrigin::Password, Some(Box::new(server.clone())))
        }
        Credentials::Kept => return Err(no_token()),
    };
    if whose == Whose::Unasked {
        return Ok(Prepared { token, origin, user: None, granted_at });
    }
    match probe::identify(server, &token).await {
        Ok(Identified::Named(user)) => Ok(Prepared { token, origin, user: Some(user), granted_at }),
        Ok(Identified::NamesNobody | Identified::Unsaid) => {
            Ok(Prepared { token, origin, user: None, granted_at })
        }
        // The connection says it in its own words, and asks a server in trouble again.
        Err(
            FetchError::NotEncrypted
            | FetchError::Unauthorized
            | FetchError::Forbidden
            | FetchError::Status { .. },
        ) => Ok(Prepared { token, origin, user: None, granted_at }),
        Err(_) if whose == Whose::Asked => Ok(Prepared { token, origin, user: None, granted_at }),
        Err(error) => {
            if granted_at.is_some() {
                probe::log_out(server, token).await;
            }
            Err(Failure::new(FailureCode::Unreachable, error.to_string()))
        }
    }
}

/// Whoever asked has gone: nothing is kept.
pub(super) fn gone() -> Failure {
    Failure::new(FailureCode::Overtaken, "nobody waits any more")
}

pub(super) fn no_token() -> Failure {
    Failure::new(FailureCode::Invalid, "the token is empty").about(SourceField::Token)
}

fn login_failed(fault: LoginFault) -> Failure {
    match fault {
        LoginFault::NotEncrypted => Failure::new(FailureCode::NotEncrypted, "the address is not https"),
        LoginFault::Refused => {
            Failure::new(FailureCode::LoginRefused, "the server refused user and password")
        }
        LoginFault::TooMany(wait) => Failure {
            retry_after_s: wait.map(probe::whole_seconds),
            ..Failure::new(FailureCode::TooManyTries, "the server answered 429")
        },
        LoginFault::Absent => Failure::new(FailureCode::NoLogin, "the server has no /auth/login"),
        LoginFault::Moved(origin) => {
            Failure::new(FailureCode::Moved, format!("user and password were not sent to {origin}"))
        }
        LoginFault::Fault(fault) => Failure::new(FailureCode::Unreachable, fault.to_string()),
        LoginFault::Failed(why) => Failure::new(FailureCode::LoginFailed, why),
    }
}
