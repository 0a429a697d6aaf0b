//! What is watched: which profile, which of its sources, with which tokens.

use std::path::Path;
use std::sync::Arc;

use belfry_core::engine::SettingsOf;
use belfry_core::model::{ServerUrl, SourceId, Token};
use belfry_core::ports::{SecretError, SecretKey, SecretStore};
use belfry_core::settings::profile::{Profile, ProfileLock};
use belfry_core::settings::{Network, SecretPlace, Settings, SignedOut, SourceSettings, TokenOrigin, file};
use belfry_core::store::Store;
use tempfile::TempDir;

use crate::args::{SecretsName, WatchArgs};
use crate::problem::Problem;
use crate::{keychain, output, plain_http, profile, token};

/// What an engine is started with.
pub(super) struct Plan {
    /// The profile.
    pub profile: Profile,
    /// The lock on it.
    pub lock: ProfileLock,
    /// Its settings, with only the sources that are watched, as the command line wants them.
    pub settings: Settings,
    /// Where the engine finds their tokens.
    pub keychain: Arc<dyn SecretStore>,
    /// A token that the engine is given once it runs, to be kept in memory only.
    pub session: Option<(SourceId, Token)>,
    /// Whose settings they are.
    pub settings_of: SettingsOf,
    /// The folder of a profile that goes when the watch ends.
    pub folder: Option<TempDir>,
}

impl Plan {
    /// Opens what is to be watched, and finds the tokens before anything starts.
    pub async fn make(named: Option<&Path>, args: &WatchArgs) -> Result<Self, Problem> {
        check(named, args)?;
        let given = token::given(&args.token)?;
        let folder = match (named, &args.url) {
            (None, Some(_)) => Some(tempfile::Builder::new().prefix("belfryctl-").tempdir()?),
            (Some(_), _) | (None, None) => None,
        };
        let profile = profile::open(folder.as_ref().map(TempDir::path).or(named))?;
        let lock = profile::lock(&profile)?;
        let mut settings = profile::settings_to_change(&profile)?;
        match &args.url {
            Some(url) => keep_only(&profile, &mut settings, url, place(args, given.is_some()))?,
            None if settings.sources.is_empty() => {
                return Err(Problem::failed(output::language(&settings).text("cli.nothing_to_watch")));
            }
            None => {}
        }
        if let Some(name) = &args.source {
            let only = profile::source(&settings, name)?.id;
            settings.sources.retain(|source| source.id == only);
        }
        let keychain = keychain::open();
        let session = match given {
            Some(token) => place_token(&profile, &mut settings, args, token, keychain.as_ref()).await?,
            None => None,
        };
        leave_out_signed_out(&profile, &mut settings, session.as_ref(), keychain.as_ref()).await?;
        if args.since.is_some() {
            say_what_is_known(&profile, &settings)?;
        }
        for source in &mut settings.sources {
            source.network.allow_plain_http |= args.plain_http.allow_plain_http;
            args.connection.apply(&mut source.limits);
            source.stream_path = args.connection.stream_path.clone().unwrap_or(source.stream_path.clone());
            source.history_path = args.connection.history_path.clone().unwrap_or(source.history_path.clone());
        }
        let saved = profile::settings(&profile)?;
        let settings_of = if settings == saved { SettingsOf::Profile } else { SettingsOf::CommandLine };
        Ok(Self { profile, lock, settings, keychain, session, settings_of, folder })
    }
}

fn check(named: Option<&Path>, args: &WatchArgs) -> Result<(), Problem> {
    let has_token = args.token.token_stdin || args.token.token_env.is_some();
    if let Some(url) = &args.url {
        plain_http::check(&url.join(""), &Network::default(), has_token, args.plain_http)?;
    }
    let usage = |words: &str| Err(Problem::Usage(words.to_owned()));
    if args.secrets.is_some() && !has_token {
        return usage(
            "--secrets says where a token is kept that --token-env or --token-stdin gives; there is none",
        );
    }
    if args.url.is_some() && named.is_none() {
        if !has_token {
            return usage("--url without --profile needs the token: --token-env VAR or --token-stdin");
        }
        if args.secrets == Some(SecretsName::Keychain) {
            return usage("--secrets keychain needs --profile DIR: without it nothing is kept");
        }
    }
    Ok(())
}

/// Where a source that is added here will look for its token when it is watched again.
fn place(args: &WatchArgs, token_given: bool) -> SecretPlace {
    match args.secrets {
        Some(name) => name.into(),
        None if token_given => SecretPlace::Session,
        None => SecretPlace::Keychain,
    }
}

/// Leaves only the source of this address, which is added to the profile if it is missing.
fn keep_only(
    profile: &Profile,
    settings: &mut Settings,
    url: &ServerUrl,
    place: SecretPlace,
) -> Result<(), Problem> {
    if !settings.sources.iter().any(|source| source.url == *url) {
        let mut source = SourceSettings::new(&free_name(settings, url), url.clone());
        source.secrets = place;
        settings.sources.push(source);
        file::save(&profile.settings_path(), settings)?;
    }
    settings.sources.retain(|source| source.url == *url);
    Ok(())
}

/// The address's host and port, or the whole address where another source has that name.
fn free_name(settings: &Settings, url: &ServerUrl) -> String {
    let address = url.join("");
    let host = address.host_str().unwrap_or_default();
    let short = address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let taken = settings.sources.iter().any(|source| source.name == short);
    if taken { url.to_string() } else { short }
}

/// Puts a token that was given where it is wanted: in the keychain if that was asked for by name, else in
/// the engine's memory, whatever the source's settings say.
async fn place_token(
    profile: &Profile,
    settings: &mut Settings,
    args: &WatchArgs,
    token: Token,
    keychain: &dyn SecretStore,
) -> Result<Option<(SourceId, Token)>, Problem> {
    let language = output::language(settings);
    let [source] = settings.sources.as_mut_slice() else {
        let names: Vec<&str> = settings.sources.iter().map(|source| source.name.as_str()).collect();
        return Err(Problem::Usage(format!(
            "a token needs --source NAME to say whose it is; allowed: {}",
            names.join(", ")
        )));
    };
    match args.secrets {
        Some(SecretsName::Keychain) => {
            // First on the disk: whoever signs out or removes the source finds the token again.
            let before = source.clone();
            source.secrets = SecretPlace::Keychain;
            source.token_from = TokenOrigin::Given;
            save_place(profile, source)?;
            let key = SecretKey::token(profile.id, source.id);
            if let Err(error) = keychain.set(key, token).await {
                save_place(profile, &before)?;
                return Err(keychain::not_stored(&error, language));
            }
            // It has taken the place of one that was still to be erased.
            source.signed_out = SignedOut::Erased;
            save_place(profile, source)?;
            Ok(None)
        }
        Some(SecretsName::Session) | None => {
            source.secrets = SecretPlace::Session;
            source.token_from = TokenOrigin::Given;
            Ok(Some((source.id, token)))
        }
    }
}

/// Saves where the token of a source is kept, and whether the keychain is to erase it.
fn save_place(profile: &Profile, source: &SourceSettings) -> Result<(), Problem> {
    Ok(file::change(&profile.settings_path(), |settings| {
        for own in settings.sources.iter_mut().filter(|other| other.id == source.id) {
            own.secrets = source.secrets;
            own.signed_out = source.signed_out;
            own.token_from = source.token_from;
        }
    })?)
}

/// Leaves out the sources that have no token; an engine would wait for their sign-in for ever.
async fn leave_out_signed_out(
    profile: &Profile,
    settings: &mut Settings,
    session: Option<&(SourceId, Token)>,
    keychain: &dyn SecretStore,
) -> Result<(), Problem> {
    let language = output::language(settings);
    let mut signed_in = Vec::new();
    let mut left_out = Vec::new();
    for source in std::mem::take(&mut settings.sources) {
        let has = match source.secrets {
            SecretPlace::Session => Ok(session.is_some_and(|(id, _)| *id == source.id)),
            SecretPlace::Keychain => {
                let found = keychain.get(SecretKey::token(profile.id, source.id)).await;
                found.map(|token| token.is_some())
            }
        };
        match has {
            Ok(true) => signed_in.push(source),
            Ok(false) | Err(SecretError::Absent) => {
                let words = match crate::keychain::is_there(keychain, profile).await {
                    Ok(()) => "cli.no_token",
                    Err(_) => "cli.no_token_no_keychain",
                };
                left_out.push(language.fill(words, &[("source", &source.name)]));
            }
            Err(error) => {
                let why = error.to_string();
                let values = [("source", source.name.as_str()), ("why", why.as_str())];
                left_out.push(language.fill("cli.token_unreadable", &values));
            }
        }
    }
    settings.sources = signed_in;
    if settings.sources.is_empty() {
        return Err(Problem::failed(left_out.join("; ")));
    }
    for why in &left_out {
        output::say(why);
    }
    Ok(())
}

/// `--since` is about a first meeting: a server that is known goes on where it left off, which must not
/// surprise whoever asked for something else.
fn say_what_is_known(profile: &Profile, settings: &Settings) -> Result<(), Problem> {
    let database = profile.database_path();
    if !database.is_file() {
        return Ok(());
    }
    let (store, language) = (Store::open(&database)?, output::language(settings));
    for source in &settings.sources {
        if store.cursor(source.id)?.cursor.is_some() {
            output::say(&language.fill("cli.known", &[("source", &source.name)]));
        }
    }
    Ok(())
}
