//! How much there is: on the disk, and of each source.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Reader, StoreError, read};
use crate::model::SourceId;

/// How much the database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StorageReport {
    /// The [`super::InboxSummary::rev`] that this answer saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// Where the database is.
    pub file: String,
    /// What it takes on the disk with its journal, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// All messages, the archive included.
    #[ts(type = "number")]
    pub messages: u64,
    /// Those of them that are in the archive.
    #[ts(type = "number")]
    pub archived: u64,
    /// The same for each source, in the order in which they were first heard of.
    pub sources: Vec<SourceStorage>,
}

/// How much there is of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SourceStorage {
    /// The source.
    pub source: SourceId,
    /// Its messages, the archive included.
    #[ts(type = "number")]
    pub messages: u64,
    /// Those of them that are in the archive.
    #[ts(type = "number")]
    pub archived: u64,
}

impl Reader {
    /// How much there is. A file that cannot be measured counts nothing.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn storage(&self) -> Result<StorageReport, StoreError> {
        let tx = self.snapshot()?;
        let sources = sources(&tx)?;
        let file = PathBuf::from(tx.path().unwrap_or_default());
        Ok(StorageReport {
            rev: read::rev(&tx)?,
            bytes: ["", "-wal"].into_iter().map(|suffix| size(&file, suffix)).sum(),
            file: file.display().to_string(),
            messages: sources.iter().map(|source| source.messages).sum(),
            archived: sources.iter().map(|source| source.archived).sum(),
            sources,
        })
    }
}

/// The tally knows the list, an index the archive; nothing is counted message by message.
fn sources(connection: &Connection) -> Result<Vec<SourceStorage>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT uuid, (SELECT coalesce(sum(total), 0) FROM tally WHERE tally.source = source.id),
                (SELECT count(*) FROM message INDEXED BY message_archived
                 WHERE message.source = source.id AND deleted_at IS NULL AND archived_at IS NOT NULL)
         FROM source ORDER BY id",
    )?;
    let source = |row: &rusqlite::Row<'_>| {
        let archived = read::count(row, 2)?;
        Ok(SourceStorage {
            source: read::source_id(row, 0)?,
            messages: read::count(row, 1)? + archived,
            archived,
        })
    };
    statement.query_and_then([], source)?.collect()
}

fn size(file: &Path, suffix: &str) -> u64 {
    let mut name = OsString::from(file);
    name.push(suffix);
    fs::metadata(name).map_or(0, |file| file.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn the_archive_counts_and_what_is_deleted_does_not() {
        let mut bench = Bench::new();
        let first = bench.source;
        bench.deliver(vec![message("a"), message("b"), message("c")]);
        bench.source = crate::model::SourceId(uuid::Uuid::from_u128(2));
        bench.deliver(vec![message("a")]);
        bench.store.archive(&ids(&[1]), NOW).unwrap();
        bench.store.delete(&ids(&[2]), NOW).unwrap();
        let report = bench.reader().storage().unwrap();
        assert_eq!((report.messages, report.archived), (3, 1));
        let each: Vec<_> =
            report.sources.iter().map(|source| (source.source, source.messages, source.archived)).collect();
        assert_eq!(each, [(first, 2, 1), (bench.source, 1, 0)]);
        let on_disk: u64 = ["messages.db", "messages.db-wal"]
            .map(|name| std::fs::metadata(bench.folder.path().join(name)).unwrap().len())
            .iter()
            .sum();
        assert_eq!(report.bytes, on_disk);
        assert!(report.file.ends_with("messages.db"));
    }
}
