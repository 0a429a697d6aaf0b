//! Where the program's own words go: standard error, as much as `BELFRY_LOG` asks for.
//!
//! Libraries that print what passes through them (headers, event values, D-Bus bodies) are held at `warn`
//! whatever is asked for: a token must not reach a log. The stream's parser is not heard at all: what it
//! warns of is said by whoever asked for the stream.

use std::io;

use tracing::Metadata;
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::problem::Problem;

/// The variable that says how much is logged, e.g. `debug` or `belfry_core=trace,info`.
const VARIABLE: &str = "BELFRY_LOG";

/// The crates whose own words are free of secrets at every level.
const DISCREET: &str = "belfry";

/// The parser of event streams, which repeats each failure as a warning of its own.
const PARSER: &str = "eventsource_client";

/// Begins to log. Called once.
///
/// # Errors
/// [`Problem::Usage`] if the variable holds no filter.
pub fn start() -> Result<(), Problem> {
    let filter = filter(std::env::var(VARIABLE).ok().as_deref())?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(FilterFn::new(discreet)))
        .with(filter)
        .try_init()
        .map_err(Problem::failed)
}

fn filter(asked: Option<&str>) -> Result<EnvFilter, Problem> {
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    builder.parse(asked.unwrap_or_default()).map_err(|error| {
        Problem::Usage(format!(
            "{VARIABLE} is no log filter ({error}); allowed: error, warn, info, debug, trace, or target=level,…"
        ))
    })
}

/// Whether something may be logged as far as discretion goes.
fn discreet(about: &Metadata<'_>) -> bool {
    let target = about.target();
    target.starts_with(DISCREET) || (*about.level() <= LevelFilter::WARN && !target.starts_with(PARSER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_makes_no_sense_gets_one_sentence() {
        assert!(filter(None).is_ok() && filter(Some("belfry_core=trace,warn")).is_ok());
        let Err(Problem::Usage(sentence)) = filter(Some("belfry=loud")) else { panic!("it was taken") };
        assert!(sentence.contains(VARIABLE) && sentence.contains("allowed"), "{sentence}");
        assert!(!sentence.contains('\n'));
    }
}
