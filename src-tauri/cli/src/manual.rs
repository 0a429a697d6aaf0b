//! Manual pages and shell completions, made from the definitions of a command line and nothing else.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::args::{Arguments, CompletionsArgs, ManArgs};
use crate::output::Output;
use crate::problem::Problem;

/// The shells that packages carry a completion for, each with the name that the shell looks for.
const PACKAGED: [(Shell, &str); 3] = [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")];

/// `completions`: prints the script for one shell.
///
/// # Errors
/// If it cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<(), Problem> {
    let mut out = Output::lock();
    out.bytes(&completion(&mut Arguments::command(), args.shell))?;
    Ok(out.flush()?)
}

/// `man`: prints the program's own page, or writes those of all commands.
///
/// # Errors
/// If they cannot be written.
pub fn man(args: &ManArgs) -> Result<(), Problem> {
    if let Some(folder) = &args.out {
        return write_pages(Arguments::command(), folder)
            .map_err(|error| Problem::failed(format!("--out {}: {error}", folder.display())));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    let mut out = Output::lock();
    out.bytes(&page)?;
    Ok(out.flush()?)
}

/// Writes what a package carries for a program: `man/man1/*.1`, and the completions below `bash`, `zsh` and
/// `fish` under the names that the shells look for.
///
/// # Errors
/// If a file cannot be written.
pub fn write_all(command: &Command, folder: &Path) -> io::Result<()> {
    write_pages(command.clone(), &folder.join("man/man1"))?;
    let name = command.get_name();
    for (shell, place) in PACKAGED {
        let folder = folder.join(place);
        fs::create_dir_all(&folder)?;
        let file = match shell {
            Shell::Zsh => format!("_{name}"),
            Shell::Fish => format!("{name}.fish"),
            _ => name.to_owned(),
        };
        fs::write(folder.join(file), completion(&mut command.clone(), shell))?;
    }
    Ok(())
}

/// Writes a page for a program and for each of its commands: `belfryctl.1`, `belfryctl-source-add.1`, ….
fn write_pages(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}

fn completion(command: &mut Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, command, name, &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page_and_each_shell_a_completion() {
        let folder = tempfile::tempdir().unwrap();
        write_all(&Arguments::command(), folder.path()).unwrap();
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        let page = read("man/man1/belfryctl.1");
        assert!(
            page.contains(".TH belfryctl 1") && page.contains("Exit codes") && page.contains("watch"),
            "{page}"
        );
        let add = read("man/man1/belfryctl-source-add.1");
        assert!(add.contains("belfryctl\\-source\\-add") || add.contains("belfryctl-source-add"), "{add}");
        assert!(add.contains("token\\-env") || add.contains("token-env"), "{add}");
        for file in ["bash/belfryctl", "zsh/_belfryctl", "fish/belfryctl.fish"] {
            let script = read(file);
            assert!(script.contains("token-stdin") && script.contains("sign-out"), "{file}: {script}");
        }
    }
}
