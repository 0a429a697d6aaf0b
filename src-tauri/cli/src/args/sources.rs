//! `source`: which servers there are, and their tokens.

use belfry_core::model::{ServerUrl, SiteUrl};
use belfry_core::settings::Dialect;
use clap::{Args, Subcommand, ValueEnum};

use super::setting::Setting;
use super::token::{LoginArgs, PlainHttpArgs, RequiredLoginArgs, RequiredTokenArgs, SecretsName, TokenArgs};
use super::values;

/// What to do with sources.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Adds a message server
    Add(Box<AddArgs>),
    /// Prints the message servers
    List,
    /// Forgets a message server, its messages and its token
    Remove(NameArgs),
    /// Looks at a message server step by step, with the token that is kept
    Test(NameArgs),
    /// Stores a token for a message server
    Token(TokenOfArgs),
    /// Signs in to a message server with user name and password, and stores the token that it gives
    SignIn(SignInArgs),
    /// Stores user name and password for the proxy of a message server (`source set NAME proxy=…`)
    ProxyLogin(SignInArgs),
    /// Erases a message server's token; its messages stay
    SignOut(NameArgs),
    /// Changes what is kept about a message server
    #[command(after_help = super::setting::HELP)]
    Set(SetArgs),
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
    /// Or who signs in with a password.
    #[command(flatten)]
    pub login: LoginArgs,
    /// Where its token is kept
    #[arg(long, value_name = "PLACE", value_enum, default_value_t = SecretsName::Keychain)]
    pub secrets: SecretsName,
    /// Whether the token may travel in the clear.
    #[command(flatten)]
    pub plain_http: PlainHttpArgs,
}

/// `source remove`, `source test`, `source sign-out`.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// The source's name
    pub name: String,
}

/// `source set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The source's name
    pub name: String,
    /// What to change; an empty value restores the default
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = super::setting::setting)]
    pub settings: Vec<Setting>,
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

/// `source sign-in`.
#[derive(Debug, Args)]
pub struct SignInArgs {
    /// The source's name
    pub name: String,
    /// Who it is.
    #[command(flatten)]
    pub login: RequiredLoginArgs,
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
