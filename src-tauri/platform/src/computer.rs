//! What this computer says about itself: the time of day, its language, where programs keep their files.
//!
//! Asked once at the start, or whenever the time is needed; nothing here watches for changes.

use std::path::PathBuf;

use belfry_core::model::Timestamp;
use belfry_core::ports::WallClock;
use belfry_core::words::Language;
use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};

/// The computer's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }

    /// The system's; a change of it is noticed within minutes.
    fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::system()
    }
}

/// The computer's present offset from UTC, in seconds east.
#[must_use]
pub fn utc_offset() -> i32 {
    jiff::Zoned::now().offset().seconds()
}

/// The folder of the profile that is used where the user names none: `~/.local/share/belfry` on Linux,
/// `~/Library/Application Support/dev.belfry.Belfry` on macOS, `%APPDATA%\belfry\Belfry\data` on Windows.
/// It may not exist yet.
///
/// # Errors
/// [`NoFolder`] if the system does not say where the user's home is.
pub fn profile_folder() -> Result<PathBuf, NoFolder> {
    let app = AppStrategyArgs {
        top_level_domain: "dev".to_owned(),
        author: "belfry".to_owned(),
        app_name: "Belfry".to_owned(),
    };
    choose_native_strategy(app).map(|strategy| strategy.data_dir()).map_err(|_| NoFolder)
}

/// The user's folder for downloads, which may not exist yet: `Downloads` in their home where the system names none;
/// nothing without a home.
#[must_use]
pub fn downloads() -> Option<PathBuf> {
    dirs::download_dir().or_else(|| Some(dirs::home_dir()?.join("Downloads")))
}

/// The system does not say where the user's home is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this system does not say where your home folder is; name a profile folder with --profile")]
pub struct NoFolder;

/// The language that the system speaks.
#[must_use]
pub fn system_language() -> Language {
    Language::from_locale(&locale())
}

#[cfg(target_os = "linux")]
fn locale() -> String {
    messages_locale(|name| std::env::var(name).ok())
}

#[cfg(not(target_os = "linux"))]
fn locale() -> String {
    sys_locale::get_locale().unwrap_or_default()
}

/// The locale of messages as POSIX picks it (XBD 8.2): the first of these variables that is set and not
/// empty decides.
#[cfg(target_os = "linux")]
fn messages_locale(variable: impl Fn(&str) -> Option<String>) -> String {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: &str) {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(messages_locale(variable), expected, "{variables:?}");
    }

    #[test]
    fn the_most_particular_locale_variable_decides() {
        check(&[], "");
        check(&[("LANG", "zh_CN.UTF-8")], "zh_CN.UTF-8");
        check(&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")], "en_GB.UTF-8");
        check(&[("LC_ALL", "C"), ("LC_MESSAGES", "zh_CN"), ("LANG", "zh_CN")], "C");
        check(&[("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "zh_TW")], "zh_TW");
    }

    #[test]
    fn the_clock_shows_this_century() {
        let year_2026 = "2026-01-01T00:00:00Z".parse().unwrap();
        let year_2100 = "2100-01-01T00:00:00Z".parse().unwrap();
        assert!((year_2026..year_2100).contains(&SystemClock.now()));
    }

    #[test]
    fn the_usual_folder_is_named_after_the_program() {
        assert!(profile_folder().unwrap().ends_with("belfry"));
    }
}
