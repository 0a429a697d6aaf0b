//! A mistake on the command line in one line: what is wrong, and what is allowed instead.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::{Arguments, Instead};

/// What a line leads to that clap refuses.
pub(super) fn instead(error: &clap::Error, line: &[OsString]) -> Instead {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Instead::Text(error.to_string()),
        ErrorKind::UnknownArgument => Instead::Usage(unknown(error, line)),
        ErrorKind::InvalidSubcommand => Instead::Usage(with_allowed(error, line, commands)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let command = command(line);
            Instead::Usage(format!(
                "a command is missing after {}; allowed: {}",
                command.get_name(),
                commands(&command)
            ))
        }
        ErrorKind::ValueValidation => Instead::Usage(bad_value(error)),
        _ => Instead::Usage(first_paragraph(error)),
    }
}

/// Names a flag that there is not; what is none may be a token that stands where none is read.
fn unknown(error: &clap::Error, line: &[OsString]) -> String {
    match text(error, ContextKind::InvalidArg) {
        Some(flag) if flag.starts_with('-') => with_allowed(error, line, flags),
        _ => format!("there is one argument too many; allowed: {}", flags(&command(line))),
    }
}

/// Names flag, value and what is allowed, but repeats no secret.
fn bad_value(error: &clap::Error) -> String {
    let (Some(flag), Some(value), Some(reason)) =
        (text(error, ContextKind::InvalidArg), text(error, ContextKind::InvalidValue), error.source())
    else {
        return first_paragraph(error);
    };
    format!("invalid value '{}' for '{flag}': {reason}", shown(flag, value))
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// Keys of `KEY=VALUE` whose values are numbers, times, or one of a few words.
const HARMLESS: [&str; 17] = [
    "after_attempts",
    "allow_plain_http",
    "answer_within",
    "attempts",
    "colour",
    "http",
    "icon",
    "idle_timeout",
    "look_every",
    "max_event_bytes",
    "poll_every",
    "retention",
    "retry_base",
    "retry_max",
    "retry_min",
    "secrets",
    "zone",
];

/// As much of a value as holds no secret: of a header its name, of a setting its key, of an address what stands
/// before its query and after its password.
fn shown(flag: &str, value: &str) -> String {
    let one_line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flag.starts_with("<KEY=VALUE>") {
        return match one_line.split_once('=') {
            Some((key, _)) if HARMLESS.contains(&key) => one_line,
            Some((key, _)) => format!("{key}=…"),
            None => "…".to_owned(),
        };
    }
    if flag.starts_with("--header") {
        return match one_line.split_once(':') {
            Some((name, _)) => format!("{name}: …"),
            None => "…".to_owned(),
        };
    }
    if ["--url", "--site", "--proxy"].iter().any(|url| flag.starts_with(url)) {
        let before_query = one_line.split(['?', '#']).next().unwrap_or_default();
        let cut = if before_query.len() < one_line.len() { "…" } else { "" };
        return match before_query.rsplit_once('@') {
            Some((_, host)) => format!("…@{host}{cut}"),
            // A password may have a question mark in it.
            None if one_line.contains('@') => "…".to_owned(),
            None => format!("{before_query}{cut}"),
        };
    }
    one_line
}

/// clap's first paragraph without its label, its lines joined.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

fn with_allowed(error: &clap::Error, line: &[OsString], list: impl Fn(&Command) -> String) -> String {
    format!("{}; allowed: {}", first_paragraph(error), list(&command(line)))
}

/// The command that a line speaks of, as far as it names one.
fn command(line: &[OsString]) -> Command {
    let root = Arguments::command();
    let named = line.iter().skip(1).fold(&root, |command, word| {
        word.to_str().and_then(|word| command.find_subcommand(word)).unwrap_or(command)
    });
    named.clone()
}

fn flags(command: &Command) -> String {
    let root = Arguments::command();
    let own = command.get_arguments();
    let global = root.get_arguments().filter(|arg| arg.is_global_set());
    let mut names: Vec<String> = Vec::new();
    for arg in own.chain(global) {
        let name = match arg.get_long() {
            Some(long) => format!("--{long}"),
            None => arg.get_id().as_str().to_uppercase(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.push("--help".to_owned());
    names.join(", ")
}

fn commands(command: &Command) -> String {
    command.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join(", ")
}
