//! Adding, changing, moving and removing sources: the settings on disk, then the source at work.

use super::acts::{Job, storage_failed};
use super::goodbye::LastLook;
use super::handle::Reply;
use super::run::{Engine, clock};
use super::sign_in::no_such_source;
use crate::action::{Failure, FailureCode, Outcome};
use crate::link::{Input, NoToken};
use crate::model::SourceId;
use crate::ports::{SecretError, SecretKey, SecretStore};
use crate::settings::{
    BadValue, NewSource, SecretPlace, SignedOut, SourceChange, SourceField, SourceSettings,
};

type Done = Result<Outcome, Failure>;

impl Engine {
    pub(super) fn add_source(&mut self, new: &NewSource) -> Done {
        let source = new.settings().map_err(refused)?;
        self.refuse_twins(&source)?;
        self.change_settings(|settings| settings.sources.push(source.clone()))?;
        let id = source.id;
        self.add_run(source);
        Ok(Outcome::SourceAdded { source: id })
    }

    pub(super) fn edit_source(&mut self, source: SourceId, change: &SourceChange) -> Done {
        let Some(old) = self.settings.sources.iter().find(|other| other.id == source).cloned() else {
            return Err(no_such_source(source));
        };
        let new = change.apply(&old).map_err(refused)?;
        self.refuse_same_name(&new)?;
        if new.network != old.network {
            self.ports.transport.check(&new.network).map_err(refused)?;
        }
        let moves_to_memory = (old.secrets, new.secrets) == (SecretPlace::Keychain, SecretPlace::Session);
        self.change_source(source, |settings| {
            *settings = new.clone();
            // In the same save: an end between two would forget the token that the keychain still has.
            if moves_to_memory {
                settings.signed_out = SignedOut::TokenLeft;
            }
        })?;
        if !new.connects_as(&old) {
            self.reconnect(source);
        }
        if new.retention != old.retention {
            self.sweep_soon();
        }
        match (old.secrets, new.secrets) {
            (SecretPlace::Keychain, SecretPlace::Session) => self.move_token_to_memory(source),
            (SecretPlace::Session, SecretPlace::Keychain) => self.move_token_to_keychain(source),
            (SecretPlace::Keychain, SecretPlace::Keychain) | (SecretPlace::Session, SecretPlace::Session) => {
            }
        }
        Ok(Outcome::Done)
    }

    /// Puts a source at another place in the user's order; a place behind the last is the last.
    pub(super) fn move_source(&mut self, source: SourceId, to: u32) -> Done {
        let Some(from) = self.settings.sources.iter().position(|other| other.id == source) else {
            return Err(no_such_source(source));
        };
        let last = self.settings.sources.len() - 1;
        let to = usize::try_from(to).map_or(last, |to| to.min(last));
        if from == to {
            return Ok(Outcome::Done);
        }
        self.change_settings(|settings| {
            let moved = settings.sources.remove(from);
            settings.sources.insert(to, moved);
        })?;
        let run = self.sources.remove(from);
        self.sources.insert(to, run);
        Ok(Outcome::Done)
    }

    /// The user knows that messages may be missing.
    pub(super) fn dismiss_gap(&mut self, source: SourceId) -> Done {
        self.store.forget_gap(source).map_err(|error| {
            self.storage_troubled(&error);
            storage_failed(error)
        })?;
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) {
            run.gap = None;
        }
        Ok(Outcome::Done)
    }

    /// Removes a source and everything about it: messages, place, announcements, token, popups.
    pub(super) fn remove_source(&mut self, source: SourceId, reply: Reply) {
        match self.forget_source(source) {
            Ok((asked, before)) => self.erase_leftover(source, asked, Some(reply), before),
            Err(failure) => self.replies.push((reply, Err(failure))),
        }
    }

    /// Forgets a source; tells whether its token is worth asking the user to unlock the keychain, and what comes before
    /// it is erased.
    fn forget_source(&mut self, source: SourceId) -> Result<(Asked, Option<LastLook>), Failure> {
        let Some(at) = self.sources.iter().position(|run| run.id() == source) else {
            return Err(no_such_source(source));
        };
        let before = self.say_goodbye(at);
        // Whatever fails from here on, nothing more comes in for it.
        self.sources[at].without_token(NoToken::SignedOut);
        self.carry_out(at);
        let gone = self.store.forget_source(source).map_err(storage_failed)?;
        self.inbox_changed = true;
        self.withdraw(&gone);
        self.reveal.take_if(|reveal| reveal.message.is_some_and(|id| gone.contains(&id)));
        let asked = match self.sources[at].minds_keychain() {
            true => Asked::ByUser,
            // Nothing is known to be there; it is looked all the same.
            false => Asked::ByNobody,
        };
        self.change_settings(|settings| {
            settings.sources.retain(|other| other.id != source);
            // First on the disk: an end before the erasure must not forget it.
            settings.leftover_tokens.push(source);
        })?;
        self.sources.remove(at);
        self.withdraw_words();
        tracing::info!(%source, messages = gone.len(), "a source was removed");
        Ok((asked, before))
    }

    /// Takes back the sources that were added for a token which never came; one that came all the same is erased with
    /// the other leftovers. Nothing of them is in the store.
    pub(super) fn take_back_unfinished(&mut self) {
        let unfinished = |source: &&SourceSettings| source.awaits_token;
        let gone: Vec<SourceId> =
            self.settings.sources.iter().filter(unfinished).map(|source| source.id).collect();
        if gone.is_empty() {
            return;
        }
        tracing::info!(sources = gone.len(), "what was added for a token that never came is taken back");
        let taken_back = self.change_settings(|settings| {
            settings.sources.retain(|source| !gone.contains(&source.id));
            settings.leftover_tokens.extend(&gone);
        });
        if let Err(failure) = taken_back {
            tracing::error!(%failure, "a source that was not finished could not be taken back");
        }
    }

    /// Erases what the keychain still has of sources that were removed.
    pub(super) fn erase_leftovers(&mut self) {
        for source in self.settings.leftover_tokens.clone() {
            self.erase_leftover(source, Asked::ByNobody, None, None);
        }
    }

    fn erase_leftover(
        &mut self,
        source: SourceId,
        asked: Asked,
        reply: Option<Reply>,
        before: Option<LastLook>,
    ) {
        let (secrets, profile) = (self.ports.secrets.clone(), self.profile.id);
        let (key, proxy) = (SecretKey::token(profile, source), SecretKey::proxy_login(profile, source));
        self.jobs.push(Box::pin(async move {
            if let Some(before) = before {
                before.await;
            }
            let token = match asked {
                Asked::ByUser => secrets.erase(key).await,
                Asked::ByNobody => erase_quietly(secrets.as_ref(), key).await,
            };
            let result = match token {
                Ok(()) => erase_quietly(secrets.as_ref(), proxy).await,
                Err(error) => Err(error),
            };
            Job::LeftoverErased { source, result, reply }
        }));
    }

    /// The keychain has answered about the token of a source that was removed. What it would not erase is
    /// remembered, and erased as soon as that can be done; the source is gone all the same.
    pub(super) fn leftover_erased(
        &mut self,
        source: SourceId,
        result: Result<(), SecretError>,
        reply: Option<Reply>,
    ) {
        let forgotten = match result {
            Ok(()) => self.change_settings(|settings| settings.leftover_tokens.retain(|id| *id != source)),
            Err(SecretError::Absent) => {
                tracing::info!(%source, "there is no keychain now that could have the token of a removed source");
                Ok(())
            }
            Err(error @ (SecretError::Locked | SecretError::TooLong | SecretError::Failed(_))) => {
                tracing::warn!(%source, %error, "the keychain may still have the token of a removed source");
                Ok(())
            }
        };
        if let Err(failure) = forgotten {
            tracing::error!(%failure, "an erasure could not be recorded");
        }
        self.replies.extend(reply.map(|reply| (reply, Ok(Outcome::Done))));
    }

    /// Connects anew, with what has changed, at the place that the store remembers. If that cannot be read,
    /// the place where the source has been is as good.
    fn reconnect(&mut self, source: SourceId) {
        let Some(at) = self.sources.iter().position(|run| run.id() == source) else { return };
        let place = self.stored_place(source).unwrap_or_else(|| self.sources[at].link.cursor().clone());
        let link = self.new_link(&self.sources[at].settings.clone(), place);
        let run = &mut self.sources[at];
        let goes_on = run.tokens.has_token();
        run.replace_link(link);
        if goes_on {
            run.link.handle(clock(), Input::SignedIn);
        }
    }

    fn refuse_same_name(&self, source: &SourceSettings) -> Result<(), Failure> {
        let twin =
            self.settings.sources.iter().find(|other| other.id != source.id && other.name == source.name);
        match twin {
            Some(twin) => Err(taken(SourceField::Name, &twin.name)),
            None => Ok(()),
        }
    }

    pub(super) fn refuse_twins(&self, source: &SourceSettings) -> Result<(), Failure> {
        self.refuse_same_name(source)?;
        // Where the server says whose messages it sends, another user is another source.
        let twin = self.settings.sources.iter().find(|other| other.url == source.url && other.user.is_none());
        match twin {
            Some(twin) => Err(taken(SourceField::Url, &twin.name)),
            None => Ok(()),
        }
    }
}

fn taken(field: SourceField, by: &str) -> Failure {
    Failure::new(FailureCode::Taken, format!("the source {by:?} has it already")).about(field)
}

/// Who wants a token to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByUser,
    /// It is owed: nobody is to be asked to unlock anything.
    ByNobody,
}

async fn erase_quietly(secrets: &dyn SecretStore, key: SecretKey) -> Result<(), SecretError> {
    match secrets.peek(key).await? {
        Some(_) => secrets.erase(key).await,
        None => Ok(()),
    }
}

pub(super) fn refused(BadValue { field, why }: BadValue) -> Failure {
    Failure::new(FailureCode::Invalid, why).about(field)
}
