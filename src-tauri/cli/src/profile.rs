//! Which profile a command works on, and the sentence where it cannot.

use std::path::{Path, PathBuf};

use belfry_core::settings::file::{self, Loaded};
use belfry_core::settings::profile::{LockError, Profile, ProfileLock};
use belfry_core::settings::{Settings, SourceSettings};

use crate::output;
use crate::problem::Problem;

/// The profile's folder: the one that was named, or the platform's usual one.
///
/// # Errors
/// If the platform names no folder.
pub fn folder(named: Option<&Path>) -> Result<PathBuf, Problem> {
    match named {
        Some(folder) => Ok(folder.to_owned()),
        None => belfry_platform::profile_folder().map_err(Problem::failed),
    }
}

/// Opens a profile; makes it where it is missing.
///
/// # Errors
/// If its folder cannot be made or read.
pub fn open(named: Option<&Path>) -> Result<Profile, Problem> {
    Ok(Profile::open(&folder(named)?)?)
}

/// Opens a profile that exists already, to read from it.
///
/// # Errors
/// If there is none.
pub fn existing(named: Option<&Path>) -> Result<Profile, Problem> {
    let folder = folder(named)?;
    if folder.join("profile.toml").is_file() {
        Ok(Profile::open(&folder)?)
    } else {
        let language = belfry_platform::system_language();
        let folder = folder.display().to_string();
        Err(Problem::failed(language.fill("cli.no_profile", &[("folder", &folder)])))
    }
}

/// Takes the profile for this process.
///
/// # Errors
/// One sentence that names the process which holds it.
pub fn lock(profile: &Profile) -> Result<ProfileLock, Problem> {
    profile.lock().map_err(|error| match error {
        LockError::Held { pid } => in_use(pid),
        LockError::File(error) => Problem::from(error),
    })
}

/// What is said of a profile that another process has, and that cannot be changed through it.
pub fn in_use(pid: Option<u32>) -> Problem {
    Problem::failed(format!("{}; end it first", LockError::Held { pid }))
}

/// Reads a profile's settings; a file that cannot be used is set aside, and said so.
///
/// # Errors
/// If the file cannot be read.
pub fn settings(profile: &Profile) -> Result<Settings, Problem> {
    match file::load(&profile.settings_path())? {
        Loaded::Fine(settings) => Ok(settings),
        Loaded::SetAside { settings, kept_as, problem } => {
            tracing::warn!("{problem}; it was kept as {}, and the defaults are in force", kept_as.display());
            Ok(settings)
        }
    }
}

/// The source of a name.
///
/// # Errors
/// One sentence with the names that there are.
pub fn source<'a>(settings: &'a Settings, name: &str) -> Result<&'a SourceSettings, Problem> {
    settings.sources.iter().find(|source| source.name == name).ok_or_else(|| {
        let names: Vec<&str> = settings.sources.iter().map(|source| source.name.as_str()).collect();
        let language = output::language(settings);
        let there_are =
            if names.is_empty() { language.text("cli.no_sources").to_owned() } else { names.join(", ") };
        let values = [("source", name), ("names", there_are.as_str())];
        Problem::failed(language.fill("cli.no_such_source", &values))
    })
}
