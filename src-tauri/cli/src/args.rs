//! The command line of `belfryctl`: a contract that scripts depend on.
//!
//! Only what may be said; what it leads to stands in the modules of the same names. No argument ever holds
//! a token or a password: they come from standard input or a named environment variable, a token from the keychain, too.

mod values;

mod token;

mod sources;

mod setting;

mod network;

mod watching;

mod messages;

mod holding;

mod server;

mod manual;

mod usage;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use holding::PauseArgs;
pub use manual::{CompletionsArgs, ManArgs};
pub use messages::{ExportArgs, ExportFormat, IdsArgs, ListArgs, ReadArgs, SearchArgs, ShowArgs, SnoozeArgs};
pub use network::{HeaderArgs, NetworkArgs};
pub use server::{DoctorArgs, SendArgs};
pub use setting::Setting;
pub use sources::{AddArgs, NameArgs, SetArgs, SignInArgs, SourceCommand, TokenOfArgs};
pub use token::{LoginArgs, PlainHttpArgs, SecretsName, TokenArgs};
pub use watching::{FramesArgs, WatchArgs};

const AFTER: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the server refused the token, 4 the server could not be reached.
Results go to standard output, words to standard error; BELFRY_LOG says how much is logged there, e.g.
BELFRY_LOG=info. A token is read from standard input, from a named environment variable, or from the
keychain, a password from one of the first two, and neither ever from an argument.";

/// Belfry without a window: the same engine, messages and settings, for servers, scripts and bug reports
#[derive(Debug, Parser)]
#[command(name = "belfryctl", version, after_help = AFTER)]
pub struct Arguments {
    /// Folder that holds database and settings, instead of the usual ones
    #[arg(long, value_name = "DIR", global = true)]
    pub profile: Option<PathBuf>,
    /// Prints one JSON object per line
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds, lists and removes message servers, and keeps their tokens
    #[command(subcommand)]
    Source(SourceCommand),
    /// Connects, and prints messages, states and popups as they come, until told to stop
    Watch(WatchArgs),
    /// Opens one event stream and prints what it dispatches, uninterpreted, as JSON
    Frames(FramesArgs),
    /// Prints stored messages, newest first
    List(ListArgs),
    /// Prints how many messages are unread
    Unread,
    /// Prints one stored message
    Show(ShowArgs),
    /// Prints stored messages that have all the words of a text, newest first
    Search(SearchArgs),
    /// Marks messages read
    Read(ReadArgs),
    /// Puts messages into the archive, read
    Archive(IdsArgs),
    /// Puts messages off: they are unread and announced again when they come back
    Snooze(SnoozeArgs),
    /// Brings messages back that were put off
    Wake(IdsArgs),
    /// Pins messages: they are kept, however old they get
    Pin(IdsArgs),
    /// Takes pins off
    Unpin(IdsArgs),
    /// Deletes messages on this computer, for good
    Delete(IdsArgs),
    /// Tells why a message popped up, or did not
    Why(ShowArgs),
    /// Holds popups back; what is urgent comes all the same
    Pause(PauseArgs),
    /// Ends a pause, and tells what came in it
    Resume,
    /// Publishes a message on a server
    Send(SendArgs),
    /// Looks at servers step by step, and says what is wrong and what helps
    Doctor(DoctorArgs),
    /// Prints all stored messages, oldest first
    Export(ExportArgs),
    /// Prints a script that completes belfryctl's command line in a shell
    Completions(CompletionsArgs),
    /// Prints the manual page, or writes the pages of all commands into a folder
    Man(ManArgs),
}

/// What a command line leads to when there is nothing to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Instead {
    /// Text for standard output was asked for (`--help`, `--version`).
    Text(String),
    /// The line makes no sense: one line that names what is wrong and what is allowed.
    Usage(String),
}

impl Arguments {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// [`Instead`] if there is nothing to do.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, Instead> {
        let line: Vec<OsString> = line.into_iter().collect();
        Self::try_parse_from(&line).map_err(|error| usage::instead(&error, &line))
    }
}

#[cfg(test)]
mod tests;
