//! The command line of `belfryctl`: a contract that scripts depend on.
//!
//! Only what may be said; what it leads to stands in the modules of the same names. No argument ever holds
//! a token: it comes from standard input, a named environment variable, or the keychain.

mod usage;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use belfry_core::engine::FirstContact;
use belfry_core::model::{MessageId, ServerUrl, SiteUrl};
use belfry_core::settings::{Dialect, Limits, SecretPlace};
use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

pub use values::{EnvHeader, PlainHeader};

const AFTER: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the server refused the token, 4 the server could not be reached.
Results go to standard output, words to standard error; BELFRY_LOG says how much is logged there, e.g.
BELFRY_LOG=info. A token is read from standard input, from a named environment variable, or from the
keychain, never from an argument.";

/// Belfry without a window: the same engine, messages and settings, for servers, scripts and bug reports
#[derive(Debug, Parser)]
#[command(name = "belfryctl", version, about, after_help = AFTER)]
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
    /// Publishes a message on a server
    Send(SendArgs),
    /// Prints all stored messages, oldest first
    Export(ExportArgs),
}

/// What to do with sources.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Adds a message server
    Add(AddArgs),
    /// Prints the message servers
    List,
    /// Forgets a message server, its messages and its token
    Remove(NameArgs),
    /// Stores a token for a message server
    Token(TokenOfArgs),
    /// Erases a message server's token; its messages stay
    SignOut(NameArgs),
}

/// `source add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What to call it
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// The base of its API, e.g. https://example.org/api
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: ServerUrl,
    /// The site that people see [default: the origin of the API]
    #[arg(long, value_name = "URL", value_parser = values::site)]
    pub site: Option<SiteUrl>,
    /// The way it speaks
    #[arg(long, value_name = "DIALECT", value_enum, default_value_t = DialectName::Native)]
    pub dialect: DialectName,
    /// Where its token comes from.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Where its token is kept
    #[arg(long, value_name = "PLACE", value_enum, default_value_t = SecretsName::Keychain)]
    pub secrets: SecretsName,
}

/// `source remove`, `source sign-out`.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// The source's name
    pub name: String,
}

/// `source token`.
#[derive(Debug, Args)]
pub struct TokenOfArgs {
    /// The source's name
    pub name: String,
    /// Where the token comes from.
    #[command(flatten)]
    pub token: RequiredTokenArgs,
}

/// Where a token comes from, if there is one.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct TokenArgs {
    /// Reads the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Reads the token from this environment variable
    #[arg(long, value_name = "VAR")]
    pub token_env: Option<String>,
}

/// Where a token comes from; there has to be one.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RequiredTokenArgs {
    /// Reads the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Reads the token from this environment variable
    #[arg(long, value_name = "VAR")]
    pub token_env: Option<String>,
}

impl From<RequiredTokenArgs> for TokenArgs {
    fn from(required: RequiredTokenArgs) -> Self {
        Self { token_stdin: required.token_stdin, token_env: required.token_env }
    }
}

/// `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The base of a server's API, instead of the profile's sources; without --profile nothing is kept
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: Option<ServerUrl>,
    /// Where the token comes from.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Where a token that is given here is kept [default: session, in memory only]
    #[arg(long, value_name = "PLACE", value_enum)]
    pub secrets: Option<SecretsName>,
    /// How much of the past of a server that is met for the first time is fetched: beginning, now, or what
    /// came after a cursor [default: the newest page of its history]
    #[arg(long, value_name = "beginning|now|CURSOR", value_parser = values::since)]
    pub since: Option<FirstContact>,
    /// Ends after N messages
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,
    /// Ends after this time
    #[arg(long = "for", value_name = "TIME", value_parser = values::span)]
    pub limit: Option<Duration>,
    /// How the connection is kept.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// `frames`.
#[derive(Debug, Args)]
pub struct FramesArgs {
    /// The stream's address, e.g. https://example.org/api/sse/connect
    #[arg(long, value_name = "URL", value_parser = values::stream)]
    pub url: Url,
    /// Where the token comes from.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Sends this header; refuses what may be a secret, see --header-env; may be repeated
    #[arg(long = "header", value_name = "K: V", value_parser = values::plain_header)]
    pub headers: Vec<PlainHeader>,
    /// Sends a header whose value stands in an environment variable; may be repeated
    #[arg(long = "header-env", value_name = "K: VAR", value_parser = values::env_header)]
    pub env_headers: Vec<EnvHeader>,
    /// Asks for what came after this event
    #[arg(long, value_name = "ID", value_parser = values::last_event_id)]
    pub last_event_id: Option<belfry_core::model::Cursor>,
    /// Ends after N frames
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,
    /// Ends after this time
    #[arg(long = "for", value_name = "TIME", value_parser = values::span)]
    pub limit: Option<Duration>,
    /// Connects again when the stream ends
    #[arg(long)]
    pub reconnect: bool,
    /// How the connection is kept.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// How a connection is kept; what is not said is as the source has it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Takes a stream for dead after this time without a byte
    #[arg(long, value_name = "TIME", value_parser = values::span)]
    pub idle_timeout: Option<Duration>,
    /// The shortest wait that a server's `retry:` can ask for [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = values::span)]
    pub retry_min: Option<Duration>,
    /// The first wait, before doubling and jitter [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = values::span)]
    pub retry_base: Option<Duration>,
    /// The longest wait [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = values::span)]
    pub retry_max: Option<Duration>,
    /// Attempts in a row before the history is asked instead [default: 10]
    #[arg(long, value_name = "N", value_parser = values::attempts)]
    pub attempts: Option<u32>,
    /// How often the history is asked where there is no stream [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = values::span)]
    pub poll_every: Option<Duration>,
    /// The stream's path below the API [default: /sse/connect]
    #[arg(long, value_name = "PATH", value_parser = values::path)]
    pub stream_path: Option<String>,
    /// The history's path below the API; an empty one where there is none [default: /messages]
    #[arg(long, value_name = "PATH", value_parser = values::path_or_none)]
    pub history_path: Option<String>,
}

impl ConnectionArgs {
    /// Puts what was said in the place of what the source has.
    pub fn apply(&self, limits: &mut Limits) {
        limits.idle_timeout = self.idle_timeout.or(limits.idle_timeout);
        limits.retry_min = self.retry_min.unwrap_or(limits.retry_min);
        limits.retry_base = self.retry_base.unwrap_or(limits.retry_base);
        limits.retry_max = self.retry_max.unwrap_or(limits.retry_max);
        limits.attempts = self.attempts.unwrap_or(limits.attempts);
        limits.poll_every = self.poll_every.unwrap_or(limits.poll_every);
    }
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only unread messages
    #[arg(long, conflicts_with = "kind")]
    pub unread: bool,
    /// Only messages of this kind
    #[arg(long, value_name = "K", visible_alias = "type")]
    pub kind: Option<String>,
    /// Only messages of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = values::limit, default_value = "50")]
    pub limit: u32,
    /// Only what stands below this message
    #[arg(long, value_name = "ID", value_parser = values::message_id)]
    pub before: Option<MessageId>,
}

/// `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The message's id, as `list` prints it
    #[arg(value_parser = values::message_id)]
    pub id: MessageId,
}

/// `send`.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The base of the server's API
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: ServerUrl,
    /// Where the publisher's token comes from.
    #[command(flatten)]
    pub token: RequiredTokenArgs,
    /// The user who is to get it, or * for every subscriber
    #[arg(long, value_name = "USER")]
    pub to: String,
    /// The message's kind: reply, system, notification, message or any other
    #[arg(long, value_name = "K", visible_alias = "type")]
    pub kind: String,
    /// One line
    #[arg(long, value_name = "T", value_parser = values::title)]
    pub title: String,
    /// The text
    #[arg(long, value_name = "C")]
    pub content: Option<String>,
    /// What it is about, in the server's terms
    #[arg(long, value_name = "R")]
    pub related_id: Option<String>,
    /// Sent again with the same key within a day, the message is published once
    #[arg(long, value_name = "K", value_parser = values::idempotency_key)]
    pub idempotency_key: Option<String>,
}

/// `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// How to write them
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
}

/// Where a token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SecretsName {
    /// In the system's keychain.
    Keychain,
    /// In memory only.
    Session,
}

impl From<SecretsName> for SecretPlace {
    fn from(name: SecretsName) -> Self {
        match name {
            SecretsName::Keychain => Self::Keychain,
            SecretsName::Session => Self::Session,
        }
    }
}

/// The way a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// Belfry's own protocol, or any part of it.
    Native,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Native => Self::Native,
        }
    }
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
