//! What speaks to a server without an engine.

use belfry_core::model::ServerUrl;
use clap::Args;

use super::network::{HeaderArgs, NetworkArgs};
use super::token::{PlainHttpArgs, RequiredTokenArgs, TokenArgs};
use super::values;

/// `send`.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The base of the server's API
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: ServerUrl,
    /// Where the publisher's token comes from.
    #[command(flatten)]
    pub token: RequiredTokenArgs,
    /// Whether the token may travel in the clear.
    #[command(flatten)]
    pub plain_http: PlainHttpArgs,
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
    /// Where a click on it leads: an address, or a path on the site
    #[arg(long, value_name = "LINK", value_parser = values::link)]
    pub link: Option<String>,
    /// How urgent it is, from 1 (lowest) to 5 (highest) [default: 3]
    #[arg(long, value_name = "1-5", value_parser = values::priority)]
    pub priority: Option<u8>,
    /// Sent again with the same key within a day, the message is published once
    #[arg(long, value_name = "K", value_parser = values::idempotency_key)]
    pub idempotency_key: Option<String>,
    /// How the server is reached.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What goes with the request.
    #[command(flatten)]
    pub headers: HeaderArgs,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The base of a server's API, instead of the profile's sources
    #[arg(long, value_name = "API", value_parser = values::api)]
    pub url: Option<ServerUrl>,
    /// Where the token for it comes from.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Whether the token may travel in the clear.
    #[command(flatten)]
    pub plain_http: PlainHttpArgs,
    /// How the server is reached.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What goes with each request.
    #[command(flatten)]
    pub headers: HeaderArgs,
}

impl DoctorArgs {
    /// The first flag that says something of a server that is no source.
    pub fn of_another_server(&self) -> Option<&'static str> {
        let secret = self.token.token_env.is_some() || self.token.token_stdin;
        let network = self.network.settings().next().is_some() || self.network.proxy_user.is_some();
        [
            ("--token-env and --token-stdin", secret),
            ("--allow-plain-http", self.plain_http.allow_plain_http),
            ("--proxy, --ca-file and their like", network),
            ("--header", !self.headers.headers.is_empty()),
        ]
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag))
    }
}
