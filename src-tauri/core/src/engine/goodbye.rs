//! Ending a session on its server that a password began: when the user signs out or removes the source, and when a
//! further sign-in with a password has taken its place. Nobody waits for it but the end of the engine, and that not for
//! long.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::probe::{self, Server};
use super::run::Engine;
use super::source::SourceRun;
use crate::model::Token;
use crate::ports::{BoxFuture, SecretError, SecretKey};
use crate::settings::{SecretPlace, TokenOrigin};

/// How long it may take, the keychain's word and the server's together.
const PATIENCE: Duration = Duration::from_secs(3);

/// The last look at a token in the keychain, before it is erased there.
pub(super) type LastLook = BoxFuture<'static, ()>;

/// The token of a session whose place another takes.
pub(super) type Replaced = BoxFuture<'static, Option<Token>>;

impl Engine {
    /// Gives a source's token back to its server, if it is to be; what has to be done before the keychain erases it, where
    /// nothing but the keychain knows it.
    pub(super) fn say_goodbye(&mut self, index: usize) -> Option<LastLook> {
        let run = &self.sources[index];
        if run.settings.token_from != TokenOrigin::Password {
            return None;
        }
        if let Some(token) = known(run) {
            self.end_session(index, std::future::ready(Some(token)));
            return None;
        }
        let (found, token) = oneshot::channel();
        let look = last_look(self.ports.secrets.peek(SecretKey::token(self.profile.id, run.id())), found);
        self.end_session(index, async { token.await.ok() });
        Some(look)
    }

    /// The token of the session whose place a token of this origin is about to take. A token that the user has from
    /// elsewhere takes none's: it may be of the same session.
    pub(super) fn session_to_replace(&self, run: &SourceRun, origin: TokenOrigin) -> Replaced {
        if (run.settings.token_from, origin) != (TokenOrigin::Password, TokenOrigin::Password) {
            return Box::pin(std::future::ready(None));
        }
        match (known(run), run.settings.secrets) {
            (None, SecretPlace::Keychain) => {
                let asking = self.ports.secrets.peek(SecretKey::token(self.profile.id, run.id()));
                Box::pin(async move { asking.await.ok().flatten() })
            }
            (known, SecretPlace::Keychain | SecretPlace::Session) => Box::pin(std::future::ready(known)),
        }
    }

    /// Gives a token back to a source's server.
    pub(super) fn end_session(
        &mut self,
        index: usize,
        token: impl Future<Output = Option<Token>> + Send + 'static,
    ) {
        let run = &self.sources[index];
        let (transport, settings) = (self.ports.transport.clone(), run.settings.clone());
        let way = self.way(run);
        let saying = async move {
            if let Some(token) = token.await {
                let server = Server { transport, settings, route: way.await };
                probe::log_out(&server, token).await;
            }
        };
        self.goodbyes.push(Box::pin(async move {
            if timeout(PATIENCE, saying).await.is_err() {
                tracing::debug!("a session was not ended on its server in time");
            }
        }));
    }
}

/// The token of a source, as far as it is known without the keychain's word.
fn known(run: &SourceRun) -> Option<Token> {
    run.tokens.session().or(run.tokens.in_use()).cloned()
}

fn last_look(
    asking: BoxFuture<'static, Result<Option<Token>, SecretError>>,
    found: oneshot::Sender<Token>,
) -> LastLook {
    Box::pin(async move {
        if let Ok(Some(token)) = asking.await {
            // It is in time, or it is not.
            let _ = found.send(token);
        }
    })
}
