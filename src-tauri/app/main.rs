//! `belfry`, the desktop program: the only code that knows Tauri.
//!
//! It starts an engine and shows it: tray icon, window, popups' clicks. Everything that is decided is
//! decided in `belfry-core`; what speaks to the system without a window is `belfry-platform`'s.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod arguments;

mod log;

mod world;

mod demo;

mod claim;

mod start;

mod desktop;

mod window;

mod tray;

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod launcher;

mod calls;

mod end;

mod shell;

mod problem;

use std::io::{self, Write};
use std::process::{Command, ExitCode};

use crate::arguments::{Arguments, Instead};
use crate::claim::Claimed;
use crate::problem::Answer;
use crate::shell::First;
use crate::start::Refusal;
use crate::window::Opening;

/// The exit code for a command line that makes no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(Instead::Text(text)) => return result(&text),
        Err(Instead::Usage(sentence)) => return complain(&sentence, ExitCode::from(USAGE)),
    };
    let filter = match log::filter(std::env::var(log::VARIABLE).ok().as_deref()) {
        Ok(filter) => filter,
        Err(sentence) => return complain(&sentence, ExitCode::from(USAGE)),
    };
    let claimed = match claim::claim(&arguments) {
        // A second start: its wish is handed over, and it needs no display.
        Ok(Claimed::Handed) => return ExitCode::SUCCESS,
        Ok(Claimed::First(place)) => Ok(place),
        Err(refusal) => Err(refusal),
    };
    if let Err(sentence) = world::prepare() {
        return complain(&sentence, ExitCode::FAILURE);
    }
    let opening = if arguments.hidden { Opening::Hidden } else { Opening::Window };
    match claimed.and_then(|place| start::start(&arguments, *place, filter)) {
        Ok(started) => {
            let first = First { opening, link: arguments.link };
            shell::run(started, first).unwrap_or_else(|error| complain(&error.to_string(), ExitCode::FAILURE))
        }
        Err(refusal) => refuse(&refusal),
    }
}

/// Says why there is no program: always on standard error, and in a window where it needs the user.
fn refuse(refusal: &Refusal) -> ExitCode {
    let code = complain(&refusal.to_string(), ExitCode::FAILURE);
    match refusal {
        Refusal::Taken { .. } => code,
        Refusal::Problem(problem) => {
            match problem::show(belfry_platform::system_language(), problem.advice(), &problem.to_string()) {
                Ok(Answer::Closed) => code,
                Ok(Answer::Again) => start_again(code),
                Err(error) => complain(&format!("nor could a window say so: {error}"), code),
            }
        }
    }
}

/// Starts the program anew, as it was started: only the first start of a process can have windows.
fn start_again(code: ExitCode) -> ExitCode {
    let start = |program| Command::new(program).args(std::env::args_os().skip(1)).spawn();
    match std::env::current_exe().and_then(start) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("Belfry could not be started again: {error}"), code),
    }
}

/// What Tauri compiled in: configuration, page, capabilities and icons. Expanded once, for each
/// expansion embeds the whole page.
fn context() -> tauri::Context {
    tauri::generate_context!()
}

fn result(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// One line, whatever the sentence was put together from.
fn complain(sentence: &str, code: ExitCode) -> ExitCode {
    let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "belfry: {line}");
    code
}
