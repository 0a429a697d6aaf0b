//! Writes the manual pages and shell completions of `belfry`, `belfryctl` and `belfry-server`, each made from
//! the definitions of its command line. Packages carry what it writes; nobody installs it.

// The desktop program has no library, and linking it would take a webview along.
#[path = "../../app/arguments.rs"]
#[cfg_attr(not(test), expect(dead_code, reason = "only the definitions are of use here"))]
mod belfry;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use belfry_cli::manual;
use clap::{CommandFactory, Parser};

/// Writes the manual pages and shell completions of Belfry's programs
#[derive(Debug, Parser)]
#[command(name = "belfry-manuals", version)]
struct Arguments {
    /// The folder: man/man1, bash, zsh and fish are made in it
    folder: PathBuf,
}

fn main() -> Result<()> {
    write(&Arguments::parse().folder)
}

fn write(folder: &Path) -> Result<()> {
    for program in [
        belfry::Arguments::command(),
        belfry_cli::args::Arguments::command(),
        belfry_server::args::Args::command(),
    ] {
        manual::write_all(&program, folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn each_program_has_a_page_and_a_completion_for_each_shell() {
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path()).unwrap();
        for (program, flag) in [("belfry", "hidden"), ("belfryctl", "json"), ("belfry-server", "listen")] {
            for file in [
                format!("man/man1/{program}.1"),
                format!("bash/{program}"),
                format!("zsh/_{program}"),
                format!("fish/{program}.fish"),
            ] {
                let text = fs::read_to_string(folder.path().join(&file)).unwrap();
                assert!(text.contains(flag), "{file}: {text}");
                assert!(!text.contains("Writes the manual pages"), "{file} speaks of another program");
            }
        }
    }
}
