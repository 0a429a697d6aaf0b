//! Search: which messages have all the words of a query, newest first.
//!
//! A word matches the beginning of a word, a run of Chinese, Japanese or Korean (and of other scripts
//! without spaces) any part of such a run. Case, width and accents do not count. Title, sender and body are
//! searched, 16 KiB of them together.
//!
//! [`terms`] says what that means for one text; [`index`] keeps the terms of all messages; [`find`] asks the
//! index for candidates and compares each with the message itself, so that an index that lags behind or
//! knows too much is never seen; [`excerpt`] marks what was found.

mod excerpt;
mod find;
mod index;
mod terms;

#[cfg(test)]
mod properties;

pub use find::Search;
pub use index::Indexing;
pub(super) use index::{SPAN_GONE, SPAN_NEW};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MessageRow, PageKey};

/// What a search has found, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SearchPage {
    /// The [`super::InboxSummary::rev`] that this page saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// What was found. It can be less than asked for, even nothing, although the search goes on: a page does
    /// not look for longer than a moment.
    pub rows: Vec<Found>,
    /// Where the search goes on; empty when everything has been searched.
    pub next: Option<PageKey>,
}

/// A message that a search has found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The message. Its preview is the part of the body that was found, where the beginning does not show it.
    pub row: MessageRow,
    /// What to mark in the row's title.
    pub title: Vec<Highlight>,
    /// What to mark in the row's preview.
    pub preview: Vec<Highlight>,
}

/// A part of a text, in UTF-16 code units, as JavaScript counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Highlight {
    /// Its first unit.
    pub start: u32,
    /// The first unit after it.
    pub end: u32,
}
