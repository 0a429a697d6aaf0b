//! The command line of `belfry`, and the sentence for a line that makes no sense.
//!
//! What the arguments lead to is decided elsewhere; nothing here touches the disk.

use std::path::PathBuf;

use belfry_core::action::Link;
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The desktop notification inbox for message servers.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "belfry", version, after_help = AFTER)]
pub struct Arguments {
    /// Keeps everything (database, settings, log) under DIR instead of the usual folders
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Starts in the tray, without a window
    #[arg(long)]
    pub hidden: bool,
    /// Starts with a message server of its own and live sample messages, in a profile of its own
    #[arg(long)]
    pub demo: bool,
    /// Shows what a link leads to: belfry://message/ID, belfry://message?source=URL&id=ID, belfry://inbox?tab=unread
    #[arg(value_name = "LINK")]
    pub link: Option<Link>,
}

const AFTER: &str = "\
The environment variable BELFRY_LOG says how much is logged, to standard error and to the log folder of the
profile, e.g. BELFRY_LOG=debug. belfryctl is the same engine for the command line.";

/// What a command line leads to when it does not lead to a running program.
#[derive(Debug, PartialEq, Eq)]
pub enum Instead {
    /// Text for standard output was asked for (`--help`, `--version`).
    Text(String),
    /// The line makes no sense; one sentence that says what is allowed.
    Usage(String),
}

impl Arguments {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// [`Instead`] if the program is not to be started.
    pub fn read<I, T>(line: I) -> Result<Self, Instead>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        Self::try_parse_from(line).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Instead::Text(error.to_string()),
            _ => Instead::Usage(sentence(&error)),
        })
    }
}

/// Puts clap's several lines into one: what is wrong, and what is allowed instead.
fn sentence(error: &clap::Error) -> String {
    let text = error.to_string();
    let wrong = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(similar)) => format!("{wrong}; did you mean {similar}?"),
        _ => format!("{wrong}; {ALLOWED}"),
    }
}

/// The whole command line in one line.
const ALLOWED: &str = "allowed: belfry [--profile DIR] [--hidden] [--demo] [--version] [belfry://message/ID]";

#[cfg(test)]
mod tests {
    use belfry_core::model::MessageId;

    use super::*;

    fn read(line: &[&str]) -> Result<Arguments, Instead> {
        Arguments::read(std::iter::once(&"belfry").chain(line))
    }

    fn usage(line: &[&str]) -> String {
        match read(line) {
            Err(Instead::Usage(text)) => text,
            other => panic!("{line:?} gave {other:?}"),
        }
    }

    #[test]
    fn the_whole_command_line_is_understood() {
        let all = read(&["--profile", "/p", "--hidden", "--demo", "belfry://message/42"]).unwrap();
        let expected = Arguments {
            profile: Some("/p".into()),
            hidden: true,
            demo: true,
            link: Some(Link::Message(MessageId(42))),
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn a_wrong_line_gets_one_line_that_says_what_is_allowed() {
        for (line, names, allowed) in [
            (&["--hiden"][..], "--hiden", "--hidden"),
            (&["--colour"], "--colour", "[--profile DIR]"),
            (&["--profile"], "--profile", "DIR"),
            (&["http://example.org"], "http://example.org", "belfry://message/42"),
            (&["belfry://message/0"], "belfry://message/0", "belfry://message/42"),
            (&["belfry://message/1", "belfry://message/2"], "belfry://message/2", "belfry://message/ID"),
        ] {
            let text = usage(line);
            assert!(text.contains(names) && text.contains(allowed), "{line:?}: {text}");
            assert!(!text.contains('\n'), "{line:?}: {text}");
        }
    }

    #[test]
    fn help_and_version_are_results() {
        let version = Instead::Text(format!("belfry {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(read(&["--version"]), Err(version));
        assert!(
            matches!(read(&["--help"]), Err(Instead::Text(text)) if text.contains("--hidden") && text.contains("BELFRY_LOG"))
        );
    }
}
