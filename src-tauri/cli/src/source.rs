//! `source`: which servers the profile knows, and their tokens in the keychain.
//!
//! Each change takes the profile for itself, so that no engine works with other settings meanwhile.

use std::io;
use std::path::Path;

use belfry_core::model::{SourceId, Token};
use belfry_core::ports::{SecretError, SecretKey};
use belfry_core::settings::profile::{Profile, ProfileLock};
use belfry_core::settings::{Dialect, SecretPlace, Settings, SignedOut, SourceSettings, file};
use belfry_core::store::Store;
use belfry_core::view::SecretView;
use belfry_core::words::Language;
use serde::Serialize;

use crate::args::{AddArgs, NameArgs, SecretsName, SetArgs, Setting, SourceCommand, TokenArgs, TokenOfArgs};
use crate::output::{self, Format, Output};
use crate::problem::Problem;
use crate::{keychain, profile, token};

/// A source as `source list` and `source add` print it.
#[derive(Serialize)]
struct Listed<'a> {
    id: SourceId,
    name: &'a str,
    url: String,
    site: String,
    dialect: Dialect,
    secrets: SecretPlace,
    /// Whether there is a token, as far as the keychain tells.
    token: SecretView,
}

impl<'a> Listed<'a> {
    fn new(source: &'a SourceSettings, token: SecretView) -> Self {
        Self {
            id: source.id,
            name: &source.name,
            url: source.url.to_string(),
            site: source.site().to_string(),
            dialect: source.dialect,
            secrets: source.secrets,
            token,
        }
    }

    fn print(&self, out: &mut Output, format: Format, language: Language) -> io::Result<()> {
        match format {
            Format::Json => out.json(self),
            Format::Text => {
                let token = language.lookup(&format!("cli.token.{}", output::code(&self.token)));
                out.line(&format!("{}  {}  {}", self.name, self.url, token.unwrap_or_default()))
            }
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// If it cannot be done; then nothing is changed.
pub async fn run(named: Option<&Path>, command: SourceCommand, format: Format) -> Result<(), Problem> {
    match command {
        SourceCommand::Add(args) => add(named, args, format).await,
        SourceCommand::List => list(named, format).await,
        SourceCommand::Set(args) => set(named, args),
        SourceCommand::Remove(args) => remove(named, &args).await,
        SourceCommand::Token(args) => store_token(named, args).await,
        SourceCommand::SignOut(args) => sign_out(named, &args).await,
    }
}

async fn add(named: Option<&Path>, args: AddArgs, format: Format) -> Result<(), Problem> {
    if args.secrets == SecretsName::Session {
        return Err(Problem::Usage(
            "--secrets session needs a running Belfry that keeps the token in memory; allowed here: keychain"
                .to_owned(),
        ));
    }
    let token = token::given(&args.token)?;
    let (profile, mut settings, _lock) = take(profile::open(named)?)?;
    let twin = settings.sources.iter().find(|other| other.name == args.name || other.url == args.url);
    if let Some(twin) = twin {
        return Err(Problem::failed(format!("the source {:?} has this name or address already", twin.name)));
    }
    let mut source = SourceSettings::new(&args.name, args.url);
    source.site = args.site;
    source.dialect = args.dialect.into();
    source.secrets = args.secrets.into();
    settings.sources.push(source.clone());
    let kept = match token {
        Some(token) => {
            store_and_save(&profile, &settings, source.id, token).await?;
            SecretView::Keychain
        }
        None => {
            save(&profile, &settings)?;
            SecretView::Missing
        }
    };

    let language = output::language(&settings);
    let mut out = Output::lock();
    Listed::new(&source, kept).print(&mut out, format, language)?;
    out.flush()?;
    if kept == SecretView::Missing {
        let name = shell_word(&source.name);
        output::say(&language.fill("cli.not_signed_in", &[("source", &name)]));
    }
    Ok(())
}

/// Keeps a source's token, then the settings that name the source; neither without the other.
async fn store_and_save(
    profile: &Profile,
    settings: &Settings,
    source: SourceId,
    token: Token,
) -> Result<(), Problem> {
    let key = SecretKey { profile: profile.id, source };
    let keychain = keychain::open();
    keychain.set(key, token).await.map_err(|error| keychain::not_stored(&error))?;
    if let Err(error) = save(profile, settings) {
        // A token of a source that there is not would stay for ever.
        if let Err(error) = keychain.erase(key).await {
            tracing::warn!(%error, "the token could not be erased");
        }
        return Err(error.into());
    }
    Ok(())
}

async fn list(named: Option<&Path>, format: Format) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let settings = profile::settings(&profile)?;
    let (language, keychain) = (output::language(&settings), keychain::open());
    let mut out = Output::lock();
    for source in &settings.sources {
        let token = keychain::view(keychain.as_ref(), &profile, source).await;
        Listed::new(source, token).print(&mut out, format, language)?;
    }
    Ok(out.flush()?)
}

fn set(named: Option<&Path>, args: SetArgs) -> Result<(), Problem> {
    let (profile, mut settings, _lock) = take(profile::existing(named)?)?;
    let id = profile::source(&settings, &args.name)?.id;
    let taken = |name: &str| settings.sources.iter().any(|other| other.id != id && other.name == name);
    for setting in &args.settings {
        if let Setting::Name(name) = setting
            && taken(name)
        {
            return Err(Problem::failed(format!("the source {name:?} has this name already")));
        }
    }
    for source in settings.sources.iter_mut().filter(|source| source.id == id) {
        for setting in &args.settings {
            setting.apply(source);
        }
    }
    Ok(save(&profile, &settings)?)
}

/// A word as a shell takes it for one.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:/@+".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

async fn remove(named: Option<&Path>, args: &NameArgs) -> Result<(), Problem> {
    let (profile, mut settings, _lock) = take(profile::existing(named)?)?;
    let source = profile::source(&settings, &args.name)?.id;
    erase(&profile, source).await?;
    let database = profile.database_path();
    if database.is_file() {
        Store::open(&database)?.forget_source(source)?;
    }
    settings.sources.retain(|other| other.id != source);
    Ok(save(&profile, &settings)?)
}

async fn store_token(named: Option<&Path>, args: TokenOfArgs) -> Result<(), Problem> {
    let (profile, mut settings, _lock) = take(profile::existing(named)?)?;
    let source = profile::source(&settings, &args.name)?.id;
    let Some(token) = token::given(&TokenArgs::from(args.token))? else {
        return Err(Problem::Usage("a token is missing; allowed: --token-stdin, --token-env VAR".to_owned()));
    };
    let key = SecretKey { profile: profile.id, source };
    keychain::open().set(key, token).await.map_err(|error| keychain::not_stored(&error))?;
    let mut changed = false;
    for source in settings.sources.iter_mut().filter(|other| other.id == source) {
        changed |= std::mem::replace(&mut source.secrets, SecretPlace::Keychain) != SecretPlace::Keychain;
        changed |= std::mem::take(&mut source.signed_out) != SignedOut::Erased;
    }
    if changed { Ok(save(&profile, &settings)?) } else { Ok(()) }
}

async fn sign_out(named: Option<&Path>, args: &NameArgs) -> Result<(), Problem> {
    let (profile, settings, _lock) = take(profile::existing(named)?)?;
    erase(&profile, profile::source(&settings, &args.name)?.id).await
}

/// Erases a source's token. Where there is no keychain, there is none.
async fn erase(profile: &Profile, source: SourceId) -> Result<(), Problem> {
    match keychain::open().erase(SecretKey { profile: profile.id, source }).await {
        Ok(()) | Err(SecretError::Absent) => Ok(()),
        Err(error @ (SecretError::Locked | SecretError::TooLong | SecretError::Failed(_))) => {
            Err(Problem::failed(format!("{error}; the token was not erased, and nothing was changed")))
        }
    }
}

/// Takes a profile for this process and reads its settings.
fn take(profile: Profile) -> Result<(Profile, Settings, ProfileLock), Problem> {
    let lock = profile::lock(&profile)?;
    let settings = profile::settings(&profile)?;
    Ok((profile, settings, lock))
}

fn save(profile: &Profile, settings: &Settings) -> Result<(), io::Error> {
    file::save(&profile.settings_path(), settings).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("社区"), "社区");
        assert_eq!(shell_word("My team's"), r"'My team'\''s'");
        assert_eq!(shell_word("a; rm -r b"), "'a; rm -r b'");
    }
}
