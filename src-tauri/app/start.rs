//! From a profile that is taken to a running engine, in this order: log, settings, the demo's server,
//! engine. Windows and tray come later.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::sync::Arc;

use belfry_core::engine::{self, EngineConfig, EngineHandle, FirstContact, Ports, SettingsOf, StartError};
use belfry_core::settings::Settings;
use belfry_core::settings::file::{self, FileError, Loaded};
use belfry_core::settings::profile::Profile;
use belfry_core::store::StoreError;
use belfry_core::view::Notice;
use belfry_core::words::Language;
use belfry_platform::NoFolder;
use belfry_platform::instance::{NotClaimed, Server};
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;
use crate::claim::Place;
use crate::demo::{self, Demo, DemoError};
use crate::{log, world};

/// A program that runs, as yet without tray and window.
pub struct Started {
    /// The engine.
    pub engine: EngineHandle,
    /// The profile that it works on.
    pub profile: Profile,
    /// The profile's socket, not yet served.
    pub socket: io::Result<Server>,
    /// The demo's server, in the demo.
    pub demo: Option<Demo>,
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another program works on the profile and shows nothing.
    #[error(transparent)]
    Taken(NotClaimed),
    /// Something that the user has to know, and see to.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// Something is wrong on this computer.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is no home folder to keep anything in.
    #[error(transparent)]
    NoFolder(#[from] NoFolder),
    /// A file of the profile cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The log cannot be written.
    #[error("the log cannot be written: {0}")]
    Log(std::io::Error),
    /// The engine could not start; mostly its database.
    #[error(transparent)]
    Engine(#[from] StartError),
    /// The demo has no server.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

impl Problem {
    /// What a person can do about it, as a key of the catalogue.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoFolder(_) => "problem.no_folder",
            Self::File(FileError { source, .. }) | Self::Log(source) => of_file(source),
            Self::Engine(StartError::Store(error)) => match error {
                StoreError::Busy(_) => "problem.locked",
                StoreError::ReadOnly(_) => "problem.read_only",
                StoreError::Full(_) => "problem.full",
                StoreError::Newer { .. } => "problem.newer",
                StoreError::File { source, .. } => of_file(source),
                StoreError::Older { .. }
                | StoreError::Missing(_)
                | StoreError::Damaged(_)
                | StoreError::Sqlite(_) => "problem.other",
            },
            Self::Engine(StartError::Thread(_)) | Self::Demo(_) => "problem.other",
        }
    }
}

fn of_file(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "problem.read_only",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "problem.full",
        _ => "problem.other",
    }
}

/// Starts everything that has no window.
///
/// # Errors
/// [`Refusal`] if it cannot run; nothing of it runs then.
pub fn start(arguments: &Arguments, place: Place, filter: EnvFilter) -> Result<Started, Refusal> {
    let Place { profile, lock, socket } = place;
    log::start(&profile, filter).map_err(Problem::Log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), profile = %profile.folder.display(), "starting");

    let system_language = belfry_platform::system_language();
    let (mut settings, notices) = load(&profile, system_language).map_err(Problem::from)?;
    let words = settings.preferences.language.resolve(system_language);
    let ports = world::ports(arguments);
    let demo = match arguments.demo {
        true => Some(start_demo(&profile, &mut settings, &ports, words)?),
        false => None,
    };
    let observer = demo.as_ref().and_then(|_| match demo::narrate(words) {
        Ok(observer) => Some(observer),
        Err(error) => {
            tracing::warn!("the demo tells nothing on standard output: {error}");
            None
        }
    });
    let config = EngineConfig {
        profile: profile.clone(),
        lock,
        settings,
        settings_of: SettingsOf::Profile,
        notices,
        ports,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: arguments.demo,
        system_language,
        utc_offset: belfry_platform::utc_offset(),
        seed: RandomState::new().build_hasher().finish(),
        exports: Some(Arc::new(belfry_platform::downloads)),
        connects: true,
        first_contact: FirstContact::Newest,
        observer,
    };
    let engine = engine::start(config).map_err(Problem::from)?;
    Ok(Started { engine, profile, socket, demo })
}

/// The settings, and what the user has to know about them.
fn load(profile: &Profile, language: Language) -> Result<(Settings, Vec<Notice>), FileError> {
    Ok(match file::load(&profile.settings_path())? {
        Loaded::Fine(settings) => (settings, Vec::new()),
        Loaded::Mended { settings, kept_as, left_out } => {
            let notice = Notice::mended(&left_out, &kept_as);
            tracing::warn!("{}", notice.sentence(language));
            (settings, vec![notice])
        }
        Loaded::SetAside { settings, kept_as, problem } => {
            let notice = Notice::settings(&problem, &kept_as);
            tracing::warn!("{} ({problem})", notice.sentence(language));
            (settings, vec![notice])
        }
    })
}

/// Starts the demo's server and has the settings name it before the engine reads them.
fn start_demo(
    profile: &Profile,
    settings: &mut Settings,
    ports: &Ports,
    words: Language,
) -> Result<Demo, Problem> {
    let demo = Demo::start(profile, settings, ports.secrets.clone(), words)?;
    file::save(&profile.settings_path(), settings)?;
    Ok(demo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_has_advice_in_both_languages() {
        let file = |kind: io::ErrorKind| {
            Problem::File(FileError { path: "settings.toml".into(), source: kind.into() })
        };
        let store = |error| Problem::Engine(StartError::Store(error));
        for (problem, advice) in [
            (Problem::NoFolder(NoFolder), "problem.no_folder"),
            (file(io::ErrorKind::PermissionDenied), "problem.read_only"),
            (Problem::Log(io::ErrorKind::ReadOnlyFilesystem.into()), "problem.read_only"),
            (file(io::ErrorKind::StorageFull), "problem.full"),
            (file(io::ErrorKind::InvalidData), "problem.other"),
            (store(StoreError::Newer { found: 9, known: 1 }), "problem.newer"),
            (Problem::Demo(DemoError::Gone), "problem.other"),
        ] {
            assert_eq!(problem.advice(), advice, "{problem}");
            for language in [Language::English, Language::Chinese] {
                assert!(language.lookup(advice).is_some_and(|words| !words.is_empty()), "{advice}");
            }
        }
    }
}
