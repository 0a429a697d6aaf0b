//! `POST /auth/login` and `POST /auth/logout`, where the server was started with a users file.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use belfry_protocol::{Login, SignedIn};
use tokio::sync::Semaphore;

use super::Shared;
use super::auth::Caller;
use super::json::{Answer, JsonBody};
use super::problem::Problem;
use crate::access::{Key, Session, SessionId};
use crate::accounts::{self, Account, Attempts, MAX_WORD};
use crate::publish::Refused;
use crate::store::{self, Op};
use crate::tokens::Token;

/// Passwords looked at at once: each takes a core and 19 MiB for a moment.
const AT_ONCE: usize = 2;

/// How sign-ins go.
#[derive(Debug)]
pub(crate) struct SigningIn {
    lasts: Duration,
    turns: Semaphore,
    // Held for a look-up only, never across an await.
    attempts: Mutex<Attempts>,
}

impl SigningIn {
    /// Sessions end after `lasts`.
    pub fn new(lasts: Duration) -> Self {
        Self { lasts, turns: Semaphore::new(AT_ONCE), attempts: Mutex::default() }
    }

    /// The account whose password this is.
    async fn check(&self, shared: &Shared, login: Login) -> Result<Account, Problem> {
        let Login { username, password } = login;
        if username.len() > MAX_WORD || password.len() > MAX_WORD {
            return Err(Problem::Invalid(format!("username, password: at most {MAX_WORD} bytes")));
        }
        let begun = self.attempts().begin(&username, Instant::now());
        begun.map_err(|wait| Problem::TooManyTries { wait })?;
        let turn = tokio::time::timeout(shared.patience, self.turns.acquire());
        let Ok(Ok(_turn)) = turn.await else { return Err(Problem::Busy) };
        let account = shared.access.now().account(&username).cloned();
        let look = tokio::task::spawn_blocking(move || match account {
            Some(account) => account.accepts(&password).then_some(account),
            None => {
                accounts::accept_nobody(&password);
                None
            }
        });
        let Ok(Some(account)) = look.await else { return Err(Problem::WrongPassword) };
        self.attempts().forgive(&username);
        Ok(account)
    }

    fn attempts(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    JsonBody(login): JsonBody<Login>,
) -> Result<Answer<SignedIn>, Problem> {
    let signing_in = shared.signing_in.as_ref().ok_or(Problem::NotFound)?;
    let account = signing_in.check(&shared, login).await?;
    let token = Token::random();
    let lasts = i64::try_from(signing_in.lasts.as_millis()).unwrap_or(i64::MAX);
    let session = Session {
        id: SessionId(Key::of(token.expose())),
        user: account.user.clone(),
        account: account.fingerprint(),
        expires_at: jiff::Timestamp::now().as_millisecond().saturating_add(lasts),
    };
    let expires_at = store::rfc3339(session.expires_at);
    let ended = shared.access.now().surplus(&session.user);
    let op = Op::SignIn { session: session.clone(), ended: ended.clone() };
    shared.publisher.writer.apply(op).await.map_err(Refused::from)?;
    shared.access.sign_in(session, &ended);
    tracing::info!(user = account.user, "signed in");
    Ok(Answer(SignedIn { token: token.expose().to_owned(), expires_at }))
}

pub(super) async fn logout(
    State(shared): State<Arc<Shared>>,
    Caller(holder): Caller,
) -> Result<StatusCode, Problem> {
    if shared.signing_in.is_none() {
        return Err(Problem::NotFound);
    }
    let Some(session) = holder.session else {
        return Err(Problem::Forbidden("This token stands in the token file and is taken back there."));
    };
    shared.publisher.writer.apply(Op::SignOut(session)).await.map_err(Refused::from)?;
    shared.access.sign_out(session);
    tracing::info!(user = holder.user, "signed out");
    Ok(StatusCode::NO_CONTENT)
}
