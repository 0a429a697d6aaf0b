//! `watch` and `frames`: what is connected to, how the connection is kept, and what ends it.

use std::time::Duration;

use belfry_core::engine::FirstContact;
use belfry_core::model::{Cursor, ServerUrl};
use belfry_core::settings::Limits;
use clap::Args;
use url::Url;

use super::network::NetworkArgs;
use super::token::{PlainHttpArgs, SecretsName, TokenArgs};
use super::values::{self, EnvHeader, PlainHeader};

/// `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The base of a server's API, instead of the profile's sources; without --profile nothing is kept
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: Option<ServerUrl>,
    /// Only the profile's source of this name
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
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
    /// Whether the token may travel in the clear.
    #[command(flatten)]
    pub plain_http: PlainHttpArgs,
    /// How the connection is kept.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

impl WatchArgs {
    /// The first flag that a Belfry which runs already, and is only watched, cannot be asked.
    pub fn beyond_looking_on(&self) -> Option<&'static str> {
        [
            ("--url", self.url.is_some()),
            ("--source", self.source.is_some()),
            ("--token-stdin", self.token.token_stdin),
            ("--token-env", self.token.token_env.is_some()),
            ("--secrets", self.secrets.is_some()),
            ("--since", self.since.is_some()),
            ("--allow-plain-http", self.plain_http.allow_plain_http),
        ]
        .into_iter()
        .chain(self.connection.given())
        .find_map(|(flag, given)| given.then_some(flag))
    }
}

/// `frames`. It takes the flags of a source's connection as `watch` does, and its help names those that
/// mean something for a single stream.
#[derive(Debug, Args)]
#[command(
    mut_arg("retry_min", |flag| flag.help("The shortest wait that `retry:` can ask for, with --reconnect [default: 1s]")),
    mut_arg("retry_base", |flag| flag.help("The first wait before it connects again, with --reconnect [default: 1s]")),
    mut_arg("retry_max", |flag| flag.help("The longest wait, with --reconnect [default: 60s]")),
    mut_arg("attempts", |flag| flag.help("Attempts in a row before it gives up, with --reconnect [default: 10]")),
    mut_arg("stream_path", |flag| flag.help("A path below the address [default: none]")),
    mut_arg("poll_every", |flag| flag.hide(true)),
    mut_arg("history_path", |flag| flag.hide(true)),
)]
pub struct FramesArgs {
    /// The stream's address, e.g. https://example.org/api/sse/connect
    #[arg(long, value_name = "URL", value_parser = values::stream)]
    pub url: Url,
    /// Where the token comes from.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Sends this header; refuses what may be a secret, see --header-env; may be repeated
    #[arg(long = "header", value_name = "K: V", value_parser = values::frames_header)]
    pub headers: Vec<PlainHeader>,
    /// Sends a header whose value stands in an environment variable; may be repeated
    #[arg(long = "header-env", value_name = "K: VAR", value_parser = values::env_header)]
    pub env_headers: Vec<EnvHeader>,
    /// Asks for what came after this event
    #[arg(long, value_name = "ID", value_parser = values::last_event_id)]
    pub last_event_id: Option<Cursor>,
    /// Ends after N frames
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,
    /// Ends after this time
    #[arg(long = "for", value_name = "TIME", value_parser = values::span)]
    pub limit: Option<Duration>,
    /// Connects again when the stream ends
    #[arg(long)]
    pub reconnect: bool,
    /// Whether the token may travel in the clear.
    #[command(flatten)]
    pub plain_http: PlainHttpArgs,
    /// How the server is reached.
    #[command(flatten)]
    pub network: NetworkArgs,
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
    /// Each flag, and whether it was given.
    fn given(&self) -> [(&'static str, bool); 8] {
        [
            ("--idle-timeout", self.idle_timeout.is_some()),
            ("--retry-min", self.retry_min.is_some()),
            ("--retry-base", self.retry_base.is_some()),
            ("--retry-max", self.retry_max.is_some()),
            ("--attempts", self.attempts.is_some()),
            ("--poll-every", self.poll_every.is_some()),
            ("--stream-path", self.stream_path.is_some()),
            ("--history-path", self.history_path.is_some()),
        ]
    }

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
