//! Adding a source together with its token: both come about or nothing does, whenever the program ends, or whoever asked.
//!
//! Nothing is written before the token is there. Then the source is, marked as one that awaits its token, so that an end
//! before the keychain has it is noticed at the next start (`sources`); from then on nobody needs to wait for it.

use std::sync::Arc;

use super::acts::Job;
use super::probe::Server;
use super::run::Engine;
use super::secrets::{Prepared, SecretReply, Whose, gone, no_token, prepare};
use super::sources::refused;
use crate::action::{Credentials, Failure};
use crate::model::{ServerUser, SourceId};
use crate::ports::Route;
use crate::settings::{NewSource, SourceSettings};

impl Engine {
    /// Adds a source with the token that came in, or that its server gives for a password.
    pub(super) fn add_with(&mut self, new: &NewSource, credentials: Credentials, mut reply: SecretReply) {
        let source = match self.addable(new, &credentials) {
            Ok(source) => source,
            Err(failure) => return self.secret_replies.push((reply, Err(failure))),
        };
        let whose = match self.has_users_of(&source.url) {
            true => Whose::Needed,
            false if self.connects => Whose::Unasked,
            false => Whose::Asked,
        };
        let route = Route { network: Arc::new(source.network.clone()), ..Route::default() };
        let server = Server { transport: self.ports.transport.clone(), settings: source, route };
        self.jobs.push(Box::pin(async move {
            let result = tokio::select! {
                result = prepare(&server, credentials, whose) => result,
                () = reply.closed() => Err(gone()),
            };
            Job::ReadyToAdd { source: Box::new(server.settings), result, reply }
        }));
    }

    fn addable(&self, new: &NewSource, credentials: &Credentials) -> Result<SourceSettings, Failure> {
        match credentials {
            Credentials::Kept => return Err(no_token()),
            Credentials::Token(token) | Credentials::Granted(token) if token.is_empty() => {
                return Err(no_token());
            }
            Credentials::Token(_) | Credentials::Granted(_) | Credentials::Password { .. } => {}
        }
        let source = new.settings().map_err(refused)?;
        self.refuse_twins(&source)?;
        Ok(source)
    }

    /// The token is there, or there is none. Whoever asked and has gone meanwhile wants nothing added any more.
    pub(super) fn ready_to_add(
        &mut self,
        source: SourceSettings,
        result: Result<Prepared, Failure>,
        reply: SecretReply,
    ) {
        let prepared = match result {
            Ok(prepared) if reply.is_closed() => return self.give_back(prepared),
            Ok(prepared) => prepared,
            Err(failure) => return self.secret_replies.push((reply, Err(failure))),
        };
        let target = match self.added_for(source, prepared.user.clone()) {
            Ok(target) => target,
            Err(failure) => {
                self.give_back(prepared);
                return self.secret_replies.push((reply, Err(failure)));
            }
        };
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == target) else { return };
        let turn = run.tokens.begin_turn();
        if prepared.user.is_some() {
            run.tokens.will_be_named(&prepared.token);
        }
        let (token, origin) = prepared.into_token();
        self.keep_token(target, turn, token, origin, Some(reply));
    }

    /// Adds a source for this user; where they have one already, it is theirs.
    fn added_for(&mut self, source: SourceSettings, user: Option<ServerUser>) -> Result<SourceId, Failure> {
        let is_theirs =
            |other: &&SourceSettings| user.as_ref().is_some_and(|user| other.belongs_to(&source.url, user));
        if let Some(theirs) = self.settings.sources.iter().find(is_theirs) {
            return Ok(theirs.id);
        }
        // Somebody else may have added one meanwhile.
        self.refuse_twins(&source)?;
        let source = SourceSettings { user, awaits_token: true, ..source };
        let id = source.id;
        self.change_settings(|settings| settings.sources.push(source.clone()))?;
        self.add_run(source);
        Ok(id)
    }
}
