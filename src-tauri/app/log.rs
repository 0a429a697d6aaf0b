//! Where the program's own words go: standard error, and one file a day in the profile's log folder.
//!
//! What a message says never stands in the log above `debug`. Libraries that print what passes through
//! them (headers, event values, D-Bus bodies) are held at `warn` whatever is asked for: a token must
//! not reach a file.

use std::io;

use belfry_core::settings::profile::Profile;
use tracing::Metadata;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that says how much is logged, e.g. `debug` or `belfry_core=trace,info`.
pub const VARIABLE: &str = "BELFRY_LOG";

/// How many days are kept.
const DAYS: usize = 7;

/// Libraries whose lower levels print what passes through them.
const TALKATIVE: &[&str] = &[
    "eventsource_client",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tauri",
    "wry",
    "zbus_secret_service_keyring_store",
];

/// The D-Bus library, which prints whole bodies, and warns about each connection that is closed.
const BUS: &str = "zbus";

/// Reads how much to log; `info` where nothing is asked for.
///
/// # Errors
/// One sentence if the text is no filter.
pub fn filter(asked: Option<&str>) -> Result<EnvFilter, String> {
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    builder.parse(asked.unwrap_or_default()).map_err(|error| {
        format!("{VARIABLE} is no log filter ({error}); allowed: error, warn, info, debug, trace, or target=level,…")
    })
}

/// Begins to log. Called once.
///
/// # Errors
/// If the log folder cannot be made or written.
pub fn start(profile: &Profile, filter: EnvFilter) -> io::Result<()> {
    // Made here: the appender complains on standard error about a folder that is not there yet.
    profile.make_log_folder()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("belfry")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(profile.log_folder())
        .map_err(io::Error::other)?;
    let words = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    let lines = tracing_subscriber::fmt::layer().with_writer(file).with_ansi(false);
    tracing_subscriber::registry()
        .with(words.and_then(lines).with_filter(FilterFn::new(discreet)))
        .with(filter)
        .try_init()
        .map_err(io::Error::other)
}

/// Whether something may be logged as far as discretion goes.
fn discreet(about: &Metadata<'_>) -> bool {
    *about.level() <= loudest(about.target())
}

/// The lowest level at which a library may speak.
fn loudest(target: &str) -> LevelFilter {
    match target.split("::").next().unwrap_or_default() {
        BUS => LevelFilter::ERROR,
        library if TALKATIVE.contains(&library) => LevelFilter::WARN,
        _ => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_print_what_passes_through_them_are_held_back() {
        for target in ["eventsource_client", "eventsource_client::client", "hyper::proto::h1"] {
            assert_eq!(loudest(target), LevelFilter::WARN, "{target}");
        }
        assert_eq!(loudest("zbus::connection"), LevelFilter::ERROR);
        for target in ["belfry", "belfry_core::engine", "belfry_platform::zbus", "hyperion"] {
            assert_eq!(loudest(target), LevelFilter::TRACE, "{target}");
        }
    }

    #[test]
    fn a_filter_that_makes_no_sense_gets_one_sentence() {
        assert!(filter(None).is_ok() && filter(Some("belfry_core=trace,warn")).is_ok());
        let sentence = filter(Some("belfry=loud")).unwrap_err();
        assert!(sentence.contains(VARIABLE) && sentence.contains("allowed"), "{sentence}");
        assert!(!sentence.contains('\n'));
    }
}
