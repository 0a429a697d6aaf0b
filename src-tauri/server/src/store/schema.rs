//! The tables, how they came to be, and how a connection is set up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use rand::distr::Uniform;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{Identity, StoreError};
use crate::config::Epoch;

/// One entry a version; each runs once, in the transaction that raises `user_version`.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE store (
        one      INTEGER PRIMARY KEY CHECK (one = 1),
        epoch    TEXT    NOT NULL,
        since    INTEGER NOT NULL,             -- Unix milliseconds
        head     INTEGER NOT NULL,             -- the latest number of the sequence
        last_id  INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE user (
        key      INTEGER PRIMARY KEY,
        name     TEXT    NOT NULL UNIQUE,
        floor    INTEGER NOT NULL DEFAULT 0,   -- the highest number that retention has dropped
        floor_at INTEGER NOT NULL DEFAULT 0    -- the time of the latest change among those, Unix milliseconds
    ) STRICT;
    CREATE TABLE message (
        created    INTEGER PRIMARY KEY,        -- the number under which it was first published
        seq        INTEGER NOT NULL,           -- the number of its present form
        user       INTEGER NOT NULL REFERENCES user (key),
        id         INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,           -- Unix milliseconds
        read       INTEGER NOT NULL,
        kind       TEXT    NOT NULL,
        body       TEXT    NOT NULL            -- the JSON object without id, type and isRead; never empty
    ) STRICT;
    CREATE UNIQUE INDEX message_by_seq ON message (user, seq);
    CREATE UNIQUE INDEX message_by_id ON message (user, id);
    CREATE INDEX message_unread ON message (user) WHERE read = 0;
    CREATE INDEX message_by_age ON message (changed_at);
    CREATE TABLE mark (
        seq        INTEGER PRIMARY KEY,
        user       INTEGER NOT NULL REFERENCES user (key),
        changed_at INTEGER NOT NULL,           -- Unix milliseconds
        state      INTEGER NOT NULL,           -- 0 unread, 1 read, 2 deleted
        ids        TEXT    NOT NULL            -- JSON list of texts, at most 500
    ) STRICT;
    CREATE INDEX mark_by_seq ON mark (user, seq);
    CREATE TABLE idempotency (
        publisher TEXT    NOT NULL,
        key       TEXT    NOT NULL,
        id        INTEGER NOT NULL,
        seq       INTEGER NOT NULL,
        at        INTEGER NOT NULL,            -- Unix milliseconds
        PRIMARY KEY (publisher, key)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE session (
        id         BLOB    PRIMARY KEY,        -- the SHA-256 of the token
        user       TEXT    NOT NULL,
        account    BLOB    NOT NULL,           -- what the user's line in the users file was then
        expires_at INTEGER NOT NULL            -- Unix milliseconds
    ) STRICT, WITHOUT ROWID;
",
];

const EPOCH_LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

pub(super) fn open_writer(path: &Path, epoch: Epoch, now: i64) -> Result<(Connection, Identity), StoreError> {
    create_private(path);
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.set_prepared_statement_cache_capacity(32);
    migrate(&mut conn)?;
    let identity = identify(&conn, epoch, now)?;
    Ok((conn, identity))
}

/// Opens a connection that only reads; the writer has made the file.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// Makes the file for its owner only; SQLite gives the files beside it the same rights. Where this cannot be done,
/// opening says why.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::Newer { found, known });
    }
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let change = conn.transaction()?;
        change.execute_batch(sql)?;
        change.pragma_update(None, "user_version", step + 1)?;
        change.commit()?;
    }
    Ok(())
}

fn identify(conn: &Connection, epoch: Epoch, now: i64) -> Result<Identity, StoreError> {
    let known = conn
        .query_row("SELECT epoch, since FROM store", [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    let (text, since) = match (known, epoch) {
        (Some(known), Epoch::Keep) => known,
        (Some(_), Epoch::Renew) => {
            let fresh = fresh_epoch();
            conn.execute("UPDATE store SET epoch = ?1, since = ?2", (&fresh, now))?;
            (fresh, now)
        }
        (None, Epoch::Keep | Epoch::Renew) => {
            let fresh = fresh_epoch();
            conn.execute("INSERT INTO store VALUES (1, ?1, ?2, 0, 0)", (&fresh, now))?;
            (fresh, now)
        }
    };
    Ok(Identity { epoch: Arc::from(text), since })
}

fn fresh_epoch() -> String {
    let Ok(places) = Uniform::new(0, EPOCH_LETTERS.len()) else { return String::new() };
    rand::rng().sample_iter(places).take(8).map(|place| char::from(EPOCH_LETTERS[place])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_kept_until_it_is_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let first = open_writer(&path, Epoch::Keep, 1).unwrap().1;
        let again = open_writer(&path, Epoch::Keep, 2).unwrap().1;
        let renewed = open_writer(&path, Epoch::Renew, 3).unwrap().1;
        assert_eq!((&first.epoch, first.since), (&again.epoch, again.since));
        assert_eq!(first.epoch.len(), 8);
        assert_ne!(first.epoch, renewed.epoch);
        assert_eq!(renewed.since, 3);
    }

    #[cfg(unix)]
    #[test]
    fn messages_are_for_the_owner_of_the_server_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let _open = open_writer(&folder.path().join("x.db"), Epoch::Keep, 1).unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 3, "the database, its log and its index");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    #[test]
    fn a_newer_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let (conn, _) = open_writer(&path, Epoch::Keep, 1).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        drop(conn);
        let refused = open_writer(&path, Epoch::Keep, 2).unwrap_err();
        assert!(matches!(refused, StoreError::Newer { found: 99, known: 2 }), "{refused}");
    }

    #[test]
    fn a_reader_cannot_write_and_commits_reach_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let (writer, _) = open_writer(&path, Epoch::Keep, 1).unwrap();
        let reader = open_reader(&path).unwrap();
        assert!(reader.execute("UPDATE store SET head = 5", []).is_err());
        let synchronous: i64 = writer.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "2 is FULL");
    }
}
