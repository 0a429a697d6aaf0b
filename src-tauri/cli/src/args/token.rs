//! Where a token or a password comes from, and where a token is kept. None of these holds one.

use belfry_core::settings::SecretPlace;
use clap::{Args, ValueEnum};

use super::values;

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

/// Who signs in with a password, if anybody does.
#[derive(Debug, Default, Args)]
pub struct LoginArgs {
    /// Signs in as this user with a password, where the server takes one; only the token that it gives is kept
    #[arg(
        long,
        value_name = "USER",
        value_parser = values::name,
        requires = "password",
        conflicts_with_all = ["token_stdin", "token_env"]
    )]
    pub user: Option<String>,
    /// Reads the password from standard input; at a terminal, asks for it
    #[arg(long, requires = "user", group = "password")]
    pub password_stdin: bool,
    /// Reads the password from this environment variable
    #[arg(long, value_name = "VAR", requires = "user", group = "password")]
    pub password_env: Option<String>,
}

/// Who signs in with a password; somebody has to.
#[derive(Debug, Args)]
pub struct RequiredLoginArgs {
    /// The user's name
    #[arg(long, value_name = "USER", value_parser = values::name)]
    pub user: String,
    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Where a password comes from; there has to be one.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PasswordArgs {
    /// Reads the password from standard input; at a terminal, asks for it
    #[arg(long)]
    pub password_stdin: bool,
    /// Reads the password from this environment variable
    #[arg(long, value_name = "VAR")]
    pub password_env: Option<String>,
}

impl From<RequiredLoginArgs> for LoginArgs {
    fn from(required: RequiredLoginArgs) -> Self {
        let PasswordArgs { password_stdin, password_env } = required.password;
        Self { user: Some(required.user), password_stdin, password_env }
    }
}

/// Whether a token may travel in the clear.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct PlainHttpArgs {
    /// Lets the token travel in the clear to another computer: everyone on the way can read it
    #[arg(long)]
    pub allow_plain_http: bool,
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
