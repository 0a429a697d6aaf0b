//! Why the store could not do what it was asked, sorted by what the caller does about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// The store could not do it. Nothing of the act was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer version of Belfry wrote the database.
    #[error("the message database was written by a newer version (format {found}, this one knows {known})")]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format that this version knows.
        known: u32,
    },
    /// An older version of Belfry wrote the database and no engine has brought it up to date yet.
    /// Only a [`super::Reader`] says so.
    #[error("the message database still has an older format ({found}, wanted {known})")]
    Older {
        /// The format found.
        found: u32,
        /// The format that this version reads.
        known: u32,
    },
    /// There is no database. Only a [`super::Reader`] says so.
    #[error("there is no message database at {}", .0.display())]
    Missing(PathBuf),
    /// The file is not a message database, or its content contradicts itself.
    #[error("the message database is damaged: {0}")]
    Damaged(String),
    /// The disk is full.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    /// Another process is writing, and went on for longer than the store waits.
    #[error("the message database is locked by another process")]
    Busy(#[source] rusqlite::Error),
    /// The file or its folder may not be written.
    #[error("the message database is read-only")]
    ReadOnly(#[source] rusqlite::Error),
    /// The file, or one beside it, could not be found or renamed.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Reading or writing failed in another way.
    #[error("the message database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match &error {
            E::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy(error),
                ErrorCode::DiskFull => Self::Full(error),
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
                ErrorCode::ReadOnly => Self::ReadOnly(error),
                _ => Self::Sqlite(error),
            },
            // A value of a type or form that this program never writes.
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}
