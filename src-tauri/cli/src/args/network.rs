//! How a server that is no source is reached: what `source set` says of one that is.

use clap::Args;

use super::setting::{NetworkSetting, network_value};
use super::values::{self, PlainHeader};

/// How a server is reached.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// The proxy on the way: system, none, or http://HOST:PORT, https://…, socks5://…, socks5h://… [default: system]
    #[arg(long, value_name = "PROXY", value_parser = network_value("proxy"))]
    pub proxy: Option<NetworkSetting>,
    /// The user whom this proxy lets through
    #[arg(long, value_name = "USER", value_parser = values::name, requires = "proxy_password_env")]
    pub proxy_user: Option<String>,
    /// Reads the password for the proxy from this environment variable
    #[arg(long, value_name = "VAR", requires = "proxy_user")]
    pub proxy_password_env: Option<String>,
    /// A PEM file of certificates that are trusted beside the system's
    #[arg(long, value_name = "FILE", value_parser = network_value("ca_file"))]
    pub ca_file: Option<NetworkSetting>,
    /// A PEM file with a certificate for a server that asks for one, and its key
    #[arg(long, value_name = "FILE", value_parser = network_value("client_certificate"))]
    pub client_certificate: Option<NetworkSetting>,
    /// The SHA-256 of the server's public key, in base64
    #[arg(long, value_name = "PIN", value_parser = network_value("pin"))]
    pub pin: Option<NetworkSetting>,
    /// The version of HTTP: auto, 1.1 or 2 [default: auto]
    #[arg(long, value_name = "VERSION", value_parser = network_value("http"))]
    pub http: Option<NetworkSetting>,
}

impl NetworkArgs {
    /// What was said.
    pub fn settings(&self) -> impl Iterator<Item = &NetworkSetting> {
        [&self.proxy, &self.ca_file, &self.client_certificate, &self.pin, &self.http].into_iter().flatten()
    }
}

/// Headers that go with each request, as `source set header.NAME=VALUE` has them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct HeaderArgs {
    /// Sends this header; refuses what may be a secret; may be repeated
    #[arg(long = "header", value_name = "K: V", value_parser = values::plain_header)]
    pub headers: Vec<PlainHeader>,
}
