//! `belfryctl`: Belfry's engine without a window.
//!
//! Arguments in, results on standard output, words on standard error, an exit code for scripts. What the
//! product does is core's business, how the world is reached the platform's; no webkit is linked. It is a
//! library for the sake of its command line, which man pages and completions are made from.

pub mod args;

pub mod manual;

mod problem;

mod log;

mod signals;

mod output;

mod network;
mod plain_http;

mod token;

mod keychain;

mod profile;

mod hand;

mod source;

mod watch;

mod frames;

mod messages;

mod holding;

mod doctor;

mod send;

use std::process::ExitCode;

use args::{Arguments, Command, Instead};
use output::{Format, Output};
use problem::Problem;

/// The program: reads the command line, does what it asks for, and says how that went.
#[must_use]
pub fn belfryctl() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Problem::Failed(error)) if error.downcast_ref().is_some_and(output::is_closed) => {
            ExitCode::SUCCESS
        }
        Err(problem) => {
            output::say(&problem);
            problem.code()
        }
    }
}

fn run() -> Result<(), Problem> {
    let Arguments { profile, json, command } = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(Instead::Text(text)) => {
            let mut out = Output::lock();
            out.raw(&text)?;
            return Ok(out.flush()?);
        }
        Err(Instead::Usage(words)) => return Err(Problem::Usage(words)),
    };
    log::start()?;
    belfry_platform::install_crypto_provider();
    let named = profile.as_deref();
    let format = if json { Format::Json } else { Format::Text };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = match command {
        Command::Source(command) => runtime.block_on(source::run(named, command, format)),
        Command::Watch(args) => runtime.block_on(watch::run(named, args, format)),
        Command::Frames(args) => runtime.block_on(frames::run(args)),
        Command::Send(args) => runtime.block_on(send::run(args, format)),
        Command::List(args) => messages::list(named, &args, format),
        Command::Unread => messages::unread(named, format),
        Command::Show(args) => messages::show(named, &args, format),
        Command::Search(args) => messages::search(named, &args, format),
        Command::Doctor(args) => runtime.block_on(doctor::run(named, args, format)),
        Command::Read(args) => runtime.block_on(messages::change::read(named, args, format)),
        Command::Archive(args) => runtime.block_on(messages::change::archive(named, args, format)),
        Command::Snooze(args) => runtime.block_on(messages::change::snooze(named, args, format)),
        Command::Wake(args) => runtime.block_on(messages::change::wake(named, args, format)),
        Command::Pin(args) => runtime.block_on(messages::change::pin(named, args, format)),
        Command::Unpin(args) => runtime.block_on(messages::change::unpin(named, args, format)),
        Command::Delete(args) => runtime.block_on(messages::change::delete(named, args, format)),
        Command::Why(args) => messages::why(named, &args, format),
        Command::Pause(args) => runtime.block_on(holding::pause(named, &args, format)),
        Command::Resume => runtime.block_on(holding::resume(named, format)),
        Command::Export(args) => messages::export(named, &args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    };
    // A keychain that never answers must not keep the program.
    runtime.shutdown_background();
    done
}
