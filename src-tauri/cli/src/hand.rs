//! Whoever carries out what is asked: the Belfry that runs on the profile, or an engine of our own that is at
//! rest: it opens the store, connects to nothing, shows nothing, and ends with the command.

mod rest;

use std::sync::Arc;

use belfry_core::action::{
    Action, Answer, Credentials, Failure, FailureCode, Outcome, ProbeDepth, ProbeReport, Query,
    SecretOutcome, SecretUse,
};
use belfry_core::engine::{self, EngineConfig, EngineHandle, FirstContact, Ports, SettingsOf};
use belfry_core::model::{SourceId, Token};
use belfry_core::ports::{NoDemo, NoLoginItem, NoSurroundings};
use belfry_core::settings::NewSource;
use belfry_core::settings::profile::{LockError, Profile};
use belfry_core::view::{SecretView, SourceView, View};
use belfry_core::words::Language;
use belfry_platform::instance::{CallError, Client, InstanceError};

use self::rest::{Gate, NoDesktop, QuietKeychain};
use crate::output::{self, code};
use crate::problem::Problem;
use crate::{keychain, profile};

/// The way to an engine.
pub struct Hand {
    way: Way,
    /// The language of what people are told.
    pub language: Language,
}

enum Way {
    /// An engine of our own, at rest.
    Own(Own),
    /// The engine of the Belfry that runs.
    Running(Box<Client>),
}

/// What a secret was kept for.
pub struct Kept {
    /// The source: another one than was named if the token belongs to another user of its server.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// Where the token is.
    pub place: SecretView,
}

/// An engine of our own, with what it sees of the world.
struct Own {
    handle: EngineHandle,
    network: Gate,
    keychain: QuietKeychain,
}

impl Hand {
    /// Takes the profile, or goes to the program that has it.
    ///
    /// # Errors
    /// If it is in use by one that cannot be asked, or cannot be opened.
    pub async fn take(profile: &Profile) -> Result<Self, Problem> {
        let lock = match profile.lock() {
            Ok(lock) => lock,
            Err(LockError::Held { pid }) => return Self::running(profile, pid).await,
            Err(LockError::File(error)) => return Err(error.into()),
        };
        let settings = profile::settings_to_change(profile)?;
        let language = output::language(&settings);
        let keychain = QuietKeychain::new(keychain::open());
        let network = Gate::default();
        let handle = engine::start(EngineConfig {
            profile: profile.clone(),
            lock,
            settings,
            settings_of: SettingsOf::Profile,
            notices: Vec::new(),
            ports: Ports {
                transport: Arc::new(network.clone()),
                secrets: Arc::new(keychain.clone()),
                notifier: Arc::new(NoDesktop),
                browser: Arc::new(NoDesktop),
                login: Arc::new(NoLoginItem),
                demo: Arc::new(NoDemo),
                clock: Arc::new(belfry_platform::SystemClock),
                surroundings: Arc::new(NoSurroundings),
            },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: false,
            system_language: belfry_platform::system_language(),
            utc_offset: belfry_platform::utc_offset(),
            seed: 0,
            exports: None,
            connects: false,
            first_contact: FirstContact::default(),
            observer: None,
        })?;
        Ok(Self { way: Way::Own(Own { handle, network, keychain }), language })
    }

    async fn running(profile: &Profile, pid: Option<u32>) -> Result<Self, Problem> {
        let client = match Client::connect(profile).await {
            Ok(client) => client,
            // Whoever has the profile serves nobody: it is ending, or could make no socket.
            Err(InstanceError::Nobody) => return Err(profile::in_use(profile, pid)),
            Err(error) => return Err(Problem::failed(error)),
        };
        let mut hand = Self { way: Way::Running(Box::new(client)), language: Language::English };
        hand.language = hand.view().await?.language;
        Ok(hand)
    }

    /// Whether this is the engine of a Belfry that runs, and goes on when we have ended.
    pub fn is_running(&self) -> bool {
        matches!(self.way, Way::Running(_))
    }

    /// The latest view.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn view(&mut self) -> Result<View, Problem> {
        match &mut self.way {
            Way::Own(own) => Ok(View::clone(&own.handle.view())),
            Way::Running(client) => client.view().await.map_err(|error| refused(error, self.language)),
        }
    }

    /// Does something.
    ///
    /// # Errors
    /// If it could not be done.
    pub async fn act(&mut self, action: Action) -> Result<Outcome, Problem> {
        let done = match &mut self.way {
            Way::Own(own) => own.handle.act(action).await.map_err(CallError::from),
            Way::Running(client) => client.act(action).await,
        };
        done.map_err(|error| refused(error, self.language))
    }

    /// Does something of which a source's server is told, where it is to be told: it is until the engine has ended.
    ///
    /// # Errors
    /// If it could not be done.
    pub async fn act_and_tell(&mut self, action: Action) -> Result<Outcome, Problem> {
        if let Way::Own(own) = &self.way {
            own.network.stay_open();
        }
        self.act(action).await
    }

    /// Looks at a source's server with the token that it has.
    ///
    /// # Errors
    /// If there is no such source.
    pub async fn probe(&mut self, source: SourceId, depth: ProbeDepth) -> Result<ProbeReport, Problem> {
        let query = Query::Probe { source, depth };
        let answer = match &mut self.way {
            Way::Own(own) => {
                let _open = own.network.open();
                own.handle.query(query).await.map_err(CallError::from)
            }
            Way::Running(client) => client.query(query).await,
        };
        match answer.map_err(|error| refused(error, self.language))? {
            Answer::Probe(report) => Ok(report),
            _ => Err(Problem::failed("the engine answered another question")),
        }
    }

    /// Has a token in the memory of an engine of our own for the looks that follow.
    ///
    /// # Errors
    /// If there is no such source, or a Belfry runs.
    pub async fn remember(&mut self, source: SourceId, token: Token) -> Result<(), Problem> {
        if self.is_running() {
            return Err(Problem::failed("a Belfry that runs is not asked to keep what is only tried"));
        }
        self.secret(SecretUse::Keep { source }, Credentials::Token(token)).await.map(drop)
    }

    /// Keeps a source's token. What only the memory of an engine of our own would keep is not kept.
    ///
    /// # Errors
    /// If it was not kept.
    pub async fn keep(&mut self, source: SourceId, token: Credentials) -> Result<Kept, Problem> {
        self.kept(SecretUse::Keep { source }, token).await
    }

    /// Adds a source with its token, or nothing. What only the memory of an engine of our own would keep is not kept.
    ///
    /// # Errors
    /// If it was not added.
    pub async fn add(&mut self, source: NewSource, token: Credentials) -> Result<Kept, Problem> {
        let before = self.view().await?;
        let kept = self.kept(SecretUse::Add { source }, token).await;
        if kept.is_err() && !self.is_running() {
            // It is for a token that the keychain did not take.
            self.take_back(&before).await?;
        }
        kept
    }

    /// Removes the sources that an engine of our own, which nobody else uses, did not have before.
    ///
    /// # Errors
    /// If one could not be removed.
    pub async fn take_back(&mut self, before: &View) -> Result<(), Problem> {
        let now = self.view().await?.sources.into_iter().map(|source| source.id);
        for added in now.filter(|id| !before.sources.iter().any(|known| known.id == *id)) {
            self.act(Action::RemoveSource { source: added }).await?;
        }
        Ok(())
    }

    async fn kept(&mut self, what: SecretUse, token: Credentials) -> Result<Kept, Problem> {
        if let Way::Own(own) = &self.way {
            // The server is told of a session whose place this one takes.
            own.network.stay_open();
        }
        let source = match self.secret(what, token).await? {
            SecretOutcome::Kept { source } => source,
            SecretOutcome::Probed { .. } => {
                return Err(Problem::failed("the engine tried what was to be kept"));
            }
        };
        let view = self.view().await?;
        let known = view.sources.into_iter().find(|known| known.id == source);
        match (&self.way, known) {
            (_, None) => Err(Problem::failed("the source has been removed meanwhile")),
            (Way::Own(own), Some(SourceView { secret: SecretView::Session, .. })) => {
                Err(keychain::not_stored(&own.keychain.last_refusal(), self.language))
            }
            (Way::Own(_) | Way::Running(_), Some(known)) => {
                Ok(Kept { source, name: known.name, place: known.secret })
            }
        }
    }

    /// Keeps user and password for a source's proxy.
    ///
    /// # Errors
    /// If they were not kept.
    pub async fn keep_proxy_login(
        &mut self,
        source: SourceId,
        credentials: Credentials,
    ) -> Result<(), Problem> {
        self.secret(SecretUse::KeepProxyLogin { source }, credentials).await.map(drop)
    }

    async fn secret(&mut self, what: SecretUse, credentials: Credentials) -> Result<SecretOutcome, Problem> {
        let done = match &mut self.way {
            Way::Own(own) => {
                // A token that is kept is asked whose it is, too.
                let _open = own.network.open();
                own.handle.secret(what, credentials).await.map_err(CallError::from)
            }
            Way::Running(client) => client.secret(what, credentials).await,
        };
        done.map_err(|error| refused(error, self.language))
    }

    /// Whether there is a keychain for the tokens, locked or not; a Belfry that runs does without.
    pub async fn has_a_keychain(&self, profile: &Profile) -> bool {
        match &self.way {
            Way::Own(own) => own.keychain.is_there(profile).await,
            Way::Running(_) => true,
        }
    }

    /// Makes sure that an engine of our own could keep a token: a keychain that is locked is asked to unlock.
    ///
    /// # Errors
    /// If there is none, or it stays locked.
    pub async fn needs_a_keychain(&self, profile: &Profile) -> Result<(), Problem> {
        match &self.way {
            Way::Own(own) => {
                let unlocked = own.keychain.unlocked(profile).await;
                unlocked.map_err(|error| keychain::not_stored(&error, self.language))
            }
            Way::Running(_) => Ok(()),
        }
    }

    /// Ends what was begun here, and gives the profile back.
    pub async fn end(self) {
        match self.way {
            Way::Own(own) => own.handle.stop().await,
            Way::Running(_) => {}
        }
    }
}

/// What a person is told where something could not be done, and the exit code that goes with it.
pub fn refused(error: CallError, language: Language) -> Problem {
    match error {
        CallError::Failed(failure) => {
            let words = sentence(&failure, language);
            if failure.code == FailureCode::LoginRefused {
                Problem::Refused(words)
            } else if failure.code == FailureCode::Unreachable {
                Problem::Unreachable(words)
            } else {
                Problem::failed(words)
            }
        }
        CallError::Instance(InstanceError::OwnSettings { pid }) => {
            Problem::failed(language.fill("cli.own_settings", &[("pid", &pid.to_string())]))
        }
        CallError::Instance(error) => Problem::failed(error),
    }
}

/// What people are told about a failure, and the developer's words where they say more: a sentence about a field
/// says it all.
fn sentence(failure: &Failure, language: Language) -> String {
    let code = code(&failure.code);
    let of_field = failure.field.map(|field| format!("field.{}.{code}", output::code(&field)));
    if let Some(sentence) = of_field.and_then(|key| language.lookup(&key)) {
        return sentence.to_owned();
    }
    if let Some(seconds) = failure.retry_after_s {
        return language.fill("failure.too_many_tries_for", &[("seconds", &seconds.to_string())]);
    }
    match language.lookup(&format!("failure.{code}")) {
        Some(sentence) => {
            language.fill("cli.detailed", &[("sentence", sentence), ("detail", &failure.message)])
        }
        None => failure.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use belfry_core::settings::SourceField;

    use super::*;

    #[test]
    fn a_failure_is_said_in_the_catalogues_words() {
        let failure = Failure::new(FailureCode::Taken, "of \"a\"").about(SourceField::Name);
        assert_eq!(sentence(&failure, Language::English), "Another source has this name already.");
        let failure = Failure::new(FailureCode::Storage, "the disk is full");
        assert!(sentence(&failure, Language::Chinese).starts_with("消息无法保存或读取。"));
    }

    #[test]
    fn the_exit_code_says_what_became_of_a_sign_in() {
        let ends = |code| refused(Failure::new(code, "x").into(), Language::English);
        assert!(matches!(ends(FailureCode::LoginRefused), Problem::Refused(_)));
        assert!(matches!(ends(FailureCode::Unreachable), Problem::Unreachable(_)));
        assert!(matches!(ends(FailureCode::NoLogin), Problem::Failed(_)));
    }
}
