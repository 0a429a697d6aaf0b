//! A token that is to be kept: tried before anything is changed for it, and given back to the server that granted it
//! if nobody keeps it.

use std::sync::Arc;

use belfry_core::action::{Credentials, ProbeReport};
use belfry_core::engine::{self, Server};
use belfry_core::model::{ServerUser, SourceId, Token};
use belfry_core::ports::{ProxyLogin, Route};
use belfry_core::settings::{NewSource, SourceSettings};
use belfry_core::words::Language;
use belfry_platform::HttpTransport;

use crate::doctor;
use crate::hand::{Hand, Kept, refused};
use crate::problem::Problem;

/// A token that is to be kept.
pub(super) struct Candidate {
    token: Token,
    server: Server,
    /// Whether the server has a session for it that nobody will use if it is not kept.
    granted: bool,
}

/// What a look at a server has found.
pub(super) struct Looked {
    /// Whose the token is, where the server says so.
    pub user: Option<ServerUser>,
    /// What there is to be said.
    pub said: Vec<String>,
}

impl Candidate {
    /// The token that was given, or the one that the source's server grants for user and password, over its proxy.
    ///
    /// # Errors
    /// If it grants none.
    pub async fn of(
        source: SourceSettings,
        proxy_login: Option<ProxyLogin>,
        credentials: Credentials,
        language: Language,
    ) -> Result<Self, Problem> {
        let route = Route { network: Arc::new(source.network.clone()), proxy_login, ..Route::default() };
        let server = Server { transport: Arc::new(HttpTransport::new()), settings: source, route };
        match credentials {
            Credentials::Token(token) => Ok(Self { token, server, granted: false }),
            Credentials::Granted(token) => Ok(Self { token, server, granted: true }),
            Credentials::Password { user, password } => {
                let token = engine::log_in(&server, &user, &password).await;
                let token = token.map_err(|failure| refused(failure.into(), language))?;
                Ok(Self { token, server, granted: true })
            }
            Credentials::Kept => Err(Problem::failed("there is no token to try")),
        }
    }

    /// Looks at the source's server with it. One that cannot be reached now may be reached later.
    ///
    /// # Errors
    /// If the server refuses it: it will go on refusing it.
    pub async fn look(&self, language: Language) -> Result<Looked, Problem> {
        let (source, login) = (&self.server.settings, self.server.route.proxy_login.clone());
        let report = doctor::with_token(source, self.token.clone(), login).await?;
        let said = judged(&source.name, &report, language)?;
        Ok(Looked { user: report.user, said })
    }

    /// Whether a source has this user's messages of the same server already.
    pub fn would_double(&self, other: &SourceSettings, user: &ServerUser) -> bool {
        other.belongs_to(&self.server.settings.url, user)
    }

    /// Has it kept for a source.
    ///
    /// # Errors
    /// If it was not kept.
    pub async fn keep(&mut self, hand: &mut Hand, source: SourceId) -> Result<Kept, Problem> {
        let kept = hand.keep(source, self.credentials()).await?;
        self.granted = false;
        Ok(kept)
    }

    /// Has a source added with it.
    ///
    /// # Errors
    /// If it was not added.
    pub async fn add(&mut self, hand: &mut Hand, source: NewSource) -> Result<Kept, Problem> {
        let kept = hand.add(source, self.credentials()).await?;
        self.granted = false;
        Ok(kept)
    }

    fn credentials(&self) -> Credentials {
        let token = self.token.clone();
        if self.granted { Credentials::Granted(token) } else { Credentials::Token(token) }
    }

    /// Gives it back where it was granted and is not kept.
    pub async fn end(self) {
        if self.granted {
            engine::log_out(&self.server, self.token).await;
        }
    }
}

fn judged(name: &str, report: &ProbeReport, language: Language) -> Result<Vec<String>, Problem> {
    let mut said: Vec<String> =
        doctor::warnings(report, language).map(|words| format!("{name}: {words}")).collect();
    match doctor::problem(name, report, language) {
        Some(Problem::Refused(words)) => return Err(Problem::Refused(words)),
        Some(problem) => said.insert(0, problem.to_string()),
        None => {}
    }
    Ok(said)
}
