//! The database's form: which versions there are, and how an older file is brought up to date.
//!
//! A migration is never changed once a version with it has been given to anyone; a new one is added.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{StoreError, aside, read};
use crate::model::Timestamp;
use crate::settings::private;

/// Migration n (from 1) leads from format n − 1 to format n.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
];

/// The format that this version reads and writes.
pub(super) const KNOWN: u32 = version_of(MIGRATIONS);

/// How many prepared statements are kept.
const STATEMENTS: usize = 64;

/// How much of the journal stays on the disk when a large transaction is over, in bytes.
const JOURNAL: i64 = 16 * 1024 * 1024;

/// At how many pages in the journal a commit brings them into the database, if [`Store::settle`] could not do that
/// before: 16 MiB. SQLite's own 1,000 would let every fiftieth delivery wait for the disk.
///
/// [`Store::settle`]: super::Store::settle
const UNSETTLED: i64 = 4_096;

/// Opens for writing; makes the file where it is missing and brings it up to date.
pub(super) fn open_writer(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    keep_private(path);
    let mut connection = open(path, flags, patience)?;
    keep_journal(&connection, true)?;
    // Before anything is changed, even the journal's mode.
    refuse_newer(version(&connection)?, KNOWN)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", JOURNAL)?;
    connection.pragma_update(None, "wal_autocheckpoint", UNSETTLED)?;
    migrate(&mut connection, MIGRATIONS)?;
    // Damage in the parts that everything begins with shows now rather than at the first message.
    read::summary(&connection, Timestamp(0))?;
    keep_journal(&connection, false)?;
    Ok(connection)
}

/// Lets nobody but the user read the database, whatever the folder's rights: SQLite gives the files beside it the
/// rights that the database has. Where the file cannot be made, opening says why.
fn keep_private(path: &Path) {
    drop(private::options().write(true).create_new(true).open(path));
    for suffix in aside::FILES {
        private::narrow(&aside::with_suffix(path, suffix));
    }
}

/// Whether the journal stays when the connection is closed. SQLite would clear that of a damaged database
/// away, and with it what could still be saved by hand.
fn keep_journal(connection: &Connection, keep: bool) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)?;
    Ok(())
}

/// Opens for reading only.
pub(super) fn open_reader(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, patience)?;
    let found = version(&connection)?;
    refuse_newer(found, KNOWN)?;
    if found < KNOWN {
        return Err(StoreError::Older { found, known: KNOWN });
    }
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags, patience: Duration) -> Result<Connection, StoreError> {
    // A relative name could begin with `file:`, which this SQLite would take for an address.
    let path =
        std::path::absolute(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Applies what is missing, all of it or nothing.
fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let known = version_of(migrations);
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Once more under the lock: another process may have been faster.
    let found = version(&transaction)?;
    refuse_newer(found, known)?;
    if found == 0 {
        refuse_strangers(&transaction)?;
    }
    for sql in migrations.iter().skip(found as usize) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn refuse_newer(found: u32, known: u32) -> Result<(), StoreError> {
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

/// A file without version that has tables was written by some other program.
fn refuse_strangers(connection: &Connection) -> Result<(), StoreError> {
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        return Err(StoreError::Damaged("it is the database of another program".to_owned()));
    }
    Ok(())
}

const fn version_of(migrations: &[&str]) -> u32 {
    migrations.len() as u32
}

#[cfg(test)]
mod tests;
