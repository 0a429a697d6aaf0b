//! The store: one SQLite file that holds messages, marks and the sequence that orders them.
//!
//! Every visible change takes the next number of one sequence in the transaction that stores it. A message's row holds
//! its present form at the number of its latest change; marks and deletions have rows of their own, each with at most
//! 500 ids, so that each number is one event. Deliberately not here: threads (`writer`, `readers`) and HTTP.

#[cfg(test)]
mod fixture;
mod ledger;
#[cfg(test)]
mod property;
mod schema;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use ledger::{Expire, IdempotencyKey, Ledger, MarkState, NewMessage, Op, Outcome, Placed};
pub(crate) use schema::open_reader;
pub(crate) use snapshot::{Change, Limits, Snapshot};

use crate::config::Epoch;

/// How long a repeated `Idempotency-Key` is recognised.
pub(crate) const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// At most so many ids stand in one `read` or `deleted` event.
pub(crate) const IDS_PER_EVENT: usize = 500;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a later version of the program.
    #[error("the database is of version {found}, this program knows versions up to {known}")]
    Newer {
        /// The version that was found.
        found: i64,
        /// The latest version that this program knows.
        known: i64,
    },
    /// SQLite refused, e.g. because the disk is full or the file is damaged.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
}

/// Which store this is: every cursor carries the epoch.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Random letters and digits.
    pub epoch: Arc<str>,
    /// When the epoch began, Unix milliseconds.
    pub since: i64,
}

impl Identity {
    /// The text of the cursor at `seq`.
    pub fn cursor(&self, seq: u64) -> String {
        format!("{}-{seq}", self.epoch)
    }
}

/// Opens or creates the database in `folder` for writing.
pub(crate) fn open(folder: &Path, epoch: Epoch, now: i64) -> Result<(Ledger, Identity, PathBuf), StoreError> {
    let path = folder.join("belfry-server.db");
    let (conn, identity) = schema::open_writer(&path, epoch, now)?;
    Ok((Ledger::new(conn)?, identity, path))
}

/// A time as the wire has it: RFC 3339 in UTC, milliseconds.
pub(crate) fn rfc3339(unix_ms: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(unix_ms).ok()?;
    Some(format!("{time:.3}"))
}
