//! Where a token comes from, and where it is kept. None of these holds one.

use belfry_core::settings::SecretPlace;
use clap::{Args, ValueEnum};

/// Where a token comes from, if there is one.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct TokenArgs {
    /// Reads the token from standard input; at a terminal, asks for it
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
    /// Reads the token from standard input; at a terminal, asks for it
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
