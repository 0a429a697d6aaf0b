//! `source`: which servers the profile knows, and their tokens in the keychain.
//!
//! Each change takes the profile for itself, so that no engine works with other settings meanwhile.

use std::io;
use std::path::Path;

use belfry_core::model::SourceId;
use belfry_core::ports::{SecretError, SecretKey};
use belfry_core::settings::profile::{Profile, ProfileLock};
use belfry_core::settings::{Dialect, SecretPlace, Settings, SourceSettings, file};
use belfry_core::store::Store;
use serde::Serialize;

use crate::args::{AddArgs, NameArgs, SecretsName, SourceCommand, TokenArgs, TokenOfArgs};
use crate::output::{Format, Output};
use crate::problem::Problem;
use crate::{keychain, profile, token};

/// A source as `source list` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    id: SourceId,
    name: &'a str,
    url: String,
    site: String,
    dialect: Dialect,
    secrets: SecretPlace,
}

/// Does what is asked.
///
/// # Errors
/// If it cannot be done; then nothing is changed.
pub async fn run(named: Option<&Path>, command: SourceCommand, format: Format) -> Result<(), Problem> {
    match command {
        SourceCommand::Add(args) => add(named, args).await,
        SourceCommand::List => list(named, format),
        SourceCommand::Remove(args) => remove(named, &args).await,
        SourceCommand::Token(args) => store_token(named, args).await,
        SourceCommand::SignOut(args) => sign_out(named, &args).await,
    }
}

async fn add(named: Option<&Path>, args: AddArgs) -> Result<(), Problem> {
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
    let key = SecretKey { profile: profile.id, source: source.id };
    settings.sources.push(source);

    let Some(token) = token else { return Ok(save(&profile, &settings)?) };
    let keychain = keychain::open();
    keychain.set(key, token).await.map_err(|error| keychain::not_stored(&error))?;
    if let Err(error) = save(&profile, &settings) {
        // A token of a source that there is not would stay for ever.
        if let Err(error) = keychain.erase(key).await {
            tracing::warn!(%error, "the token could not be erased");
        }
        return Err(error.into());
    }
    Ok(())
}

fn list(named: Option<&Path>, format: Format) -> Result<(), Problem> {
    let settings = profile::settings(&profile::existing(named)?)?;
    let mut out = Output::lock();
    for source in &settings.sources {
        let listed = Listed {
            id: source.id,
            name: &source.name,
            url: source.url.to_string(),
            site: source.site().to_string(),
            dialect: source.dialect,
            secrets: source.secrets,
        };
        match format {
            Format::Json => out.json(&listed)?,
            Format::Text => out.line(&format!("{}  {}", listed.name, listed.url))?,
        }
    }
    Ok(out.flush()?)
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
