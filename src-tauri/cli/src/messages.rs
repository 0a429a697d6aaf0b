//! `list`, `unread`, `show`, `export`: what the profile has stored, read beside whatever engine runs; and what
//! changes it.

mod text;

mod csv;

mod search;

pub mod change;

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use belfry_core::model::{MessageId, MessageKind, Timestamp};
use belfry_core::settings::Settings;
use belfry_core::store::{Announced, Filter, ListFilter, Reader, StoreError, Tab};
use belfry_core::view::{Names, Record};
use belfry_core::words::Language;
use serde::Serialize;

pub use self::search::search;
use crate::args::{ExportArgs, ExportFormat, ListArgs, ShowArgs};
use crate::output::{self, Format, Output};
use crate::problem::Problem;
use crate::profile;

#[derive(Serialize)]
struct Unread {
    unread: u64,
}

/// Prints stored messages, newest first.
///
/// # Errors
/// If they cannot be read, or the source or the place is unknown.
pub fn list(named: Option<&Path>, args: &ListArgs, format: Format) -> Result<(), Problem> {
    let (settings, reader) = open(named)?;
    let language = output::language(&settings);
    let source = args.source.as_deref().map(|name| profile::source(&settings, name)).transpose()?;
    let Some(reader) = reader else { return Ok(()) };
    let before = match args.before {
        Some(id) => Some(reader.place(id)?.ok_or_else(|| no_message(id, language))?),
        None => None,
    };
    let kind = args.kind.as_deref().map(MessageKind::from);
    let tab = if args.unread {
        Tab::Unread
    } else if args.archived {
        Tab::Archived
    } else if args.snoozed {
        Tab::Snoozed
    } else {
        Tab::All
    };
    let narrowed = Filter { kind, pinned: args.pinned, ..Filter::default() };
    let source = source.map(|source| source.id);
    let filter = ListFilter { tab, source, filter: narrowed, before, limit: args.limit };
    let names = Names::of(&settings);
    let mut out = Output::lock();
    for message in reader.list(&filter, now())? {
        match format {
            Format::Json => out.json(&Record::new(&message, &names))?,
            Format::Text => out.line(&text::row(&message, &names))?,
        }
    }
    out.flush()?;
    if let Some(kind) = &filter.filter.kind {
        say_if_unknown(kind, &reader, language)?;
    }
    Ok(())
}

/// A kind may have any name, so that one without messages is no mistake; a typing error would look the same.
fn say_if_unknown(kind: &MessageKind, reader: &Reader, language: Language) -> Result<(), Problem> {
    let kinds = reader.summary(now())?.kinds;
    if !matches!(kind, MessageKind::Other(_)) || kinds.iter().any(|known| known.kind == *kind) {
        return Ok(());
    }
    let names: Vec<&str> = kinds.iter().map(|known| known.kind.as_str()).collect();
    let there_are =
        if names.is_empty() { language.text("cli.no_kinds").to_owned() } else { names.join(", ") };
    output::say(&language.fill("cli.no_such_kind", &[("kind", kind.as_str()), ("kinds", &there_are)]));
    Ok(())
}

/// Prints how many messages are unread.
///
/// # Errors
/// If they cannot be read.
pub fn unread(named: Option<&Path>, format: Format) -> Result<(), Problem> {
    let (_, reader) = open(named)?;
    let unread = match reader {
        Some(reader) => reader.summary(now())?.unread,
        None => 0,
    };
    let mut out = Output::lock();
    match format {
        Format::Json => out.json(&Unread { unread })?,
        Format::Text => out.line(&unread.to_string())?,
    }
    Ok(out.flush()?)
}

/// One message, with what its server sent and what became of its announcements.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    payload: Option<String>,
    announced: Vec<Announced>,
}

/// Prints one message.
///
/// # Errors
/// If there is none of this id, or it cannot be read.
pub fn show(named: Option<&Path>, args: &ShowArgs, format: Format) -> Result<(), Problem> {
    let (settings, reader) = open(named)?;
    let reader = reader.ok_or_else(|| no_message(args.id, output::language(&settings)))?;
    let found = reader.message(args.id)?;
    let (_, message) = found.ok_or_else(|| no_message(args.id, output::language(&settings)))?;
    let (payload, announced) = (reader.payload(args.id)?, reader.announced(args.id)?);
    let names = Names::of(&settings);
    let mut out = Output::lock();
    match format {
        Format::Json => out.json(&Shown { record: Record::new(&message, &names), payload, announced })?,
        Format::Text => {
            let language = output::language(&settings);
            let announced: Vec<String> = announced.iter().map(|one| text::announced(one, language)).collect();
            for line in text::page(&message, &names.name(message.source), &announced) {
                out.line(&line)?;
            }
        }
    }
    Ok(out.flush()?)
}

/// Prints what became of a message's announcements, oldest first, and why.
///
/// # Errors
/// If there is none of this id, or it cannot be read.
pub fn why(named: Option<&Path>, args: &ShowArgs, format: Format) -> Result<(), Problem> {
    let (settings, reader) = open(named)?;
    let language = output::language(&settings);
    let reader = reader.ok_or_else(|| no_message(args.id, language))?;
    reader.message(args.id)?.ok_or_else(|| no_message(args.id, language))?;
    let announced = reader.announced(args.id)?;
    let mut out = Output::lock();
    for one in &announced {
        match format {
            Format::Json => out.json(one)?,
            Format::Text => out.line(&text::announced(one, language))?,
        }
    }
    if announced.is_empty() && format == Format::Text {
        out.line(language.text("why.never"))?;
    }
    Ok(out.flush()?)
}

/// Prints all messages, oldest first.
///
/// # Errors
/// If they cannot be read or written.
pub fn export(named: Option<&Path>, args: &ExportArgs) -> Result<(), Problem> {
    let (settings, reader) = open(named)?;
    let names = Names::of(&settings);
    let mut out = Output::lock();
    if args.format == ExportFormat::Csv {
        out.raw(csv::HEADER)?;
    }
    let mut failure: Option<io::Error> = None;
    if let Some(reader) = reader {
        reader.export(|message| {
            let written = match args.format {
                ExportFormat::Jsonl => out.json(&Record::new(&message, &names)),
                ExportFormat::Csv => out.raw(&csv::record(&message, &names)),
            };
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
    }
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(out.flush()?),
    }
}

/// The profile's settings, and its messages if it has received any yet.
fn open(named: Option<&Path>) -> Result<(Settings, Option<Reader>), Problem> {
    let profile = profile::existing(named)?;
    let settings = profile::settings(&profile)?;
    match Reader::open(&profile.database_path()) {
        Ok(reader) => Ok((settings, Some(reader))),
        Err(StoreError::Missing(_)) => Ok((settings, None)),
        Err(error) => Err(error.into()),
    }
}

fn no_message(id: MessageId, language: Language) -> Problem {
    Problem::failed(language.fill("cli.no_message", &[("id", &id.to_string())]))
}

fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}
