//! `completions` and `man`: the command line as shells and readers want it.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Writes one page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
