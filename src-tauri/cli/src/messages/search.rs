//! `search`: what has all the words of a text, newest first, read beside whatever engine runs.

use std::path::Path;

use belfry_core::model::MessageKind;
use belfry_core::store::{Filter, Reader, Search, Tab};
use belfry_core::view::{Names, Record};

use super::{now, open, text};
use crate::args::SearchArgs;
use crate::output::{Format, Output};
use crate::problem::Problem;
use crate::profile;

/// Prints what is found.
///
/// # Errors
/// If it cannot be read, or the source is unknown.
pub fn search(named: Option<&Path>, args: &SearchArgs, format: Format) -> Result<(), Problem> {
    let (settings, reader) = open(named)?;
    let source = args.source.as_deref().map(|name| profile::source(&settings, name)).transpose()?;
    let Some(reader) = reader else { return Ok(()) };
    let names = Names::of(&settings);
    let mut search = Search {
        text: args.words.join(" "),
        tab: args.kind.as_deref().map(|kind| Tab::Kind { kind: MessageKind::from(kind) }),
        source: source.map(|source| source.id),
        filter: Filter::default(),
        before: None,
        limit: 0,
    };
    let mut out = Output::lock();
    let mut left = args.limit;
    while left > 0 {
        search.limit = left.min(Reader::MAX_ROWS.into());
        let page = reader.search(&search, now())?;
        for found in &page.rows {
            // It may have been deleted since.
            let Some((_, message)) = reader.message(found.row.id)? else { continue };
            left = left.saturating_sub(1);
            match format {
                Format::Json => out.json(&Record::new(&message, &names))?,
                Format::Text => {
                    out.line(&text::row(&message, &names))?;
                    if !found.preview.is_empty() {
                        out.line(&format!("        {}", found.row.preview))?;
                    }
                }
            }
        }
        // A long search says what it has.
        out.flush()?;
        match page.next {
            Some(next) => search.before = Some(next),
            None => break,
        }
    }
    Ok(out.flush()?)
}
