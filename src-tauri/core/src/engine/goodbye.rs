//! Ending a session on its server, when the user signs out or removes the source and the server had given the token for
//! a password. Nobody waits for it but the end of the engine, and that not for long.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::probe::{self, Server};
use super::run::Engine;
use crate::model::Token;
use crate::ports::{BoxFuture, SecretError, SecretKey};
use crate::settings::TokenOrigin;

/// How long it may take, the keychain's word and the server's together.
const PATIENCE: Duration = Duration::from_secs(3);

/// The last look at a token in the keychain, before it is erased there.
pub(super) type LastLook = BoxFuture<'static, ()>;

impl Engine {
    /// Gives a source's token back to its server, if it is to be; what has to be done before the keychain erases it, where
    /// nothing but the keychain knows it.
    pub(super) fn say_goodbye(&mut self, index: usize) -> Option<LastLook> {
        let run = &self.sources[index];
        if run.settings.token_from != TokenOrigin::Password {
            return None;
        }
        let (found, token) = oneshot::channel();
        let look = match run.tokens.session().or(run.tokens.in_use()).cloned() {
            Some(token) => {
                // It is waited for below.
                let _ = found.send(token);
                None
            }
            None => {
                let key = SecretKey::token(self.profile.id, run.id());
                Some(last_look(self.ports.secrets.peek(key), found))
            }
        };
        let (transport, settings) = (self.ports.transport.clone(), run.settings.clone());
        let way = self.way(run);
        let saying = async move {
            if let Ok(token) = token.await {
                let server = Server { transport, settings, route: way.await };
                probe::log_out(&server, token).await;
            }
        };
        self.goodbyes.push(Box::pin(async move {
            if timeout(PATIENCE, saying).await.is_err() {
                tracing::debug!("a session was not ended on its server in time");
            }
        }));
        look
    }
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
