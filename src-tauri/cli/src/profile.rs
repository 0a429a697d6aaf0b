//! Which profile a command works on, and the sentence where it cannot.

use std::path::{Path, PathBuf};
use std::sync::Once;

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
        LockError::Held { pid } => in_use(profile, pid),
        LockError::File(error) => Problem::from(error),
    })
}

/// What is said of a profile that another process has, and that cannot be changed through it.
pub fn in_use(profile: &Profile, pid: Option<u32>) -> Problem {
    let language = settings(profile)
        .map_or_else(|_| belfry_platform::system_language(), |settings| output::language(&settings));
    Problem::failed(match pid {
        Some(pid) => language.fill("cli.in_use_by", &[("pid", &pid.to_string())]),
        None => language.text("cli.in_use").to_owned(),
    })
}

/// Reads a profile's settings as far as they can be used, and says once what was left out. The file is left to whoever
/// wrote it.
///
/// # Errors
/// If the file cannot be read, or used in no part.
pub fn settings(profile: &Profile) -> Result<Settings, Problem> {
    static SAID: Once = Once::new();
    let (settings, left_out) = file::read_usable(&profile.settings_path()).map_err(Problem::failed)?;
    if !left_out.is_empty() {
        let words = output::language(&settings).fill("cli.left_out", &[("parts", &left_out.join(", "))]);
        SAID.call_once(|| output::say(&words));
    }
    Ok(settings)
}

/// The same for whoever has the profile's lock and changes things: what cannot be used is taken out of the file, of which
/// a copy is kept as it was.
///
/// # Errors
/// As [`settings`], or if the copy cannot be written.
pub fn settings_to_change(profile: &Profile) -> Result<Settings, Problem> {
    settings(profile)?;
    match file::load(&profile.settings_path())? {
        Loaded::Fine(settings) => Ok(settings),
        Loaded::Mended { settings, kept_as, .. } => {
            let file = kept_as.display().to_string();
            output::say(&output::language(&settings).fill("cli.kept_as", &[("file", &file)]));
            Ok(settings)
        }
        // Somebody has just written it.
        Loaded::SetAside { problem, .. } => Err(Problem::failed(problem)),
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

#[cfg(test)]
mod tests {
    use belfry_core::settings::Theme;

    use super::*;

    #[test]
    fn settings_that_cannot_be_used_end_the_command_and_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path()).unwrap();
        for (text, why) in [("schema = 2\n", "newer"), ("[[sources]]\nid = ", "damaged")] {
            std::fs::write(profile.settings_path(), text).unwrap();
            let problem = settings(&profile).unwrap_err().to_string();
            assert!(problem.contains("settings.toml") && problem.contains(why), "{problem}");
            assert!(!problem.contains('\n'), "{problem}");
            assert_eq!(std::fs::read_to_string(profile.settings_path()).unwrap(), text);
        }
        std::fs::remove_file(profile.settings_path()).unwrap();
        assert_eq!(settings(&profile).unwrap(), Settings::default());
    }

    #[test]
    fn of_settings_that_are_damaged_in_parts_the_rest_is_used_and_the_file_kept() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path()).unwrap();
        let text = "[preferences]\ntheme = \"dark\"\nlanguage = 7\n";
        std::fs::write(profile.settings_path(), text).unwrap();
        assert_eq!(settings(&profile).unwrap().preferences.theme, Theme::Dark);
        assert_eq!(
            std::fs::read_to_string(profile.settings_path()).unwrap(),
            text,
            "reading touches nothing"
        );
        assert_eq!(settings_to_change(&profile).unwrap().preferences.theme, Theme::Dark);
        let kept = folder.path().join("settings.toml.broken-1");
        assert_eq!(std::fs::read_to_string(kept).unwrap(), text);
        assert!(!std::fs::read_to_string(profile.settings_path()).unwrap().contains("language = 7"));
    }
}
