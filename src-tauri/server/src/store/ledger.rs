//! Writing: each operation takes its numbers of the sequence inside the caller's transaction.
//! Deliberately not here: when a transaction begins and ends, and who is told about it (`writer`).

mod expire;
mod marks;
mod sessions;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::IDEMPOTENCY_KEPT;
use crate::access::{Session, SessionId};

pub(crate) use expire::Expire;
pub(crate) use marks::MarkState;

/// A message that has been checked and is ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    /// Names of users, each once.
    pub to: Vec<String>,
    /// `type` on the wire.
    pub kind: String,
    /// Whether it arrives read.
    pub read: bool,
    /// The JSON object without id, type and isRead; never an empty object.
    pub body: String,
}

/// Recognises a repeated publish.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey {
    /// The publisher's user name: keys of different publishers do not meet.
    pub publisher: String,
    /// The text of the header.
    pub key: String,
}

/// Something that changes the store.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Stores messages; with a key it is exactly one.
    Publish { messages: Vec<NewMessage>, key: Option<IdempotencyKey> },
    /// Replaces a message by a whole new one; `read: None` keeps the mark.
    Update { user: String, id: u64, kind: String, read: Option<bool>, body: String },
    /// Sets the state of the listed messages that exist and do not have it yet.
    Mark { user: String, ids: Vec<u64>, state: MarkState },
    /// Marks everything read whose present form stands at or before `up_to`.
    MarkAllRead { user: String, up_to: u64 },
    /// Begins a session and ends others.
    SignIn { session: Session, ended: Vec<SessionId> },
    /// Ends a session.
    SignOut(SessionId),
    /// Drops what is old, for good.
    Expire(Expire),
}

/// Where a message was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The message's id, the same for all its receivers.
    pub id: u64,
    /// The number of its last row.
    pub seq: u64,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The messages are stored, in the order in which they were given.
    Published(Vec<Placed>),
    /// The key was known: this is what the first publish came to.
    Repeated(Placed),
    /// The change is stored, or there was nothing to change.
    Done,
    /// There is no such message.
    Missing,
}

/// The writing connection and the counters that go with it.
pub(crate) struct Ledger {
    conn: Connection,
    head: u64,
    last_id: u64,
    users: HashMap<String, i64>,
    touched: Vec<String>,
}

impl Ledger {
    /// Takes over a connection whose schema is up to date.
    pub fn new(conn: Connection) -> Result<Self, rusqlite::Error> {
        let mut ledger = Self { conn, head: 0, last_id: 0, users: HashMap::new(), touched: Vec::new() };
        ledger.recall()?;
        Ok(ledger)
    }

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<(), rusqlite::Error> {
        self.touched.clear();
        self.conn.execute_batch("BEGIN IMMEDIATE")
    }

    /// Commits and yields the users that have something new. When it returns, the changes are on disk.
    pub fn commit(&mut self) -> Result<Vec<String>, rusqlite::Error> {
        self.conn
            .prepare_cached("UPDATE store SET head = ?1, last_id = ?2")?
            .execute((self.head, self.last_id))?;
        self.conn.execute_batch("COMMIT")?;
        Ok(std::mem::take(&mut self.touched))
    }

    /// Undoes everything since [`begin`](Self::begin).
    pub fn roll_back(&mut self) -> Result<(), rusqlite::Error> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.touched.clear();
        self.recall()
    }

    /// Carries out one operation inside the open transaction. `now` is in Unix milliseconds.
    pub fn apply(&mut self, op: &Op, now: i64) -> Result<Outcome, rusqlite::Error> {
        match op {
            Op::Publish { messages, key } => self.publish(messages, key.as_ref(), now),
            Op::Update { user, id, kind, read, body } => self.update(user, *id, kind, *read, body, now),
            Op::Mark { user, ids, state } => self.mark(user, ids, *state, now),
            Op::MarkAllRead { user, up_to } => self.mark_all_read(user, *up_to, now),
            Op::SignIn { session, ended } => self.begin_session(session, ended, now),
            Op::SignOut(id) => self.end_session(*id),
            Op::Expire(what) => self.expire(*what, now),
        }
    }

    fn recall(&mut self) -> Result<(), rusqlite::Error> {
        let (head, last_id) = self
            .conn
            .query_row("SELECT head, last_id FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        (self.head, self.last_id) = (head, last_id);
        self.users.clear();
        Ok(())
    }

    fn publish(
        &mut self,
        messages: &[NewMessage],
        key: Option<&IdempotencyKey>,
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        if let Some(placed) = key.map(|key| self.remembered(key, now)).transpose()?.flatten() {
            return Ok(Outcome::Repeated(placed));
        }
        let mut placed = Vec::with_capacity(messages.len());
        for message in messages {
            self.last_id += 1;
            for name in &message.to {
                let user = self.user(name)?;
                self.head += 1;
                self.conn
                    .prepare_cached(
                        "INSERT INTO message (created, seq, user, id, changed_at, read, kind, body)
                         VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute((
                        self.head,
                        user,
                        self.last_id,
                        now,
                        message.read,
                        &message.kind,
                        &message.body,
                    ))?;
                self.touch(name);
            }
            placed.push(Placed { id: self.last_id, seq: self.head });
        }
        if let (Some(key), Some(first)) = (key, placed.first()) {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((&key.publisher, &key.key, first.id, first.seq, now))?;
        }
        Ok(Outcome::Published(placed))
    }

    fn remembered(&self, key: &IdempotencyKey, now: i64) -> Result<Option<Placed>, rusqlite::Error> {
        self.conn
            .prepare_cached("SELECT id, seq FROM idempotency WHERE publisher = ?1 AND key = ?2 AND at > ?3")?
            .query_row((&key.publisher, &key.key, now - kept_ms()), |row| {
                Ok(Placed { id: row.get(0)?, seq: row.get(1)? })
            })
            .optional()
    }

    fn update(
        &mut self,
        name: &str,
        id: u64,
        kind: &str,
        read: Option<bool>,
        body: &str,
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        let user = self.user(name)?;
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE message SET seq = ?1, changed_at = ?2, kind = ?3, read = coalesce(?4, read), body = ?5
                 WHERE user = ?6 AND id = ?7",
            )?
            .execute((self.head + 1, now, kind, read, body, user, id))?;
        if changed == 0 {
            return Ok(Outcome::Missing);
        }
        self.head += 1;
        self.touch(name);
        Ok(Outcome::Done)
    }

    fn user(&mut self, name: &str) -> Result<i64, rusqlite::Error> {
        if let Some(key) = self.users.get(name) {
            return Ok(*key);
        }
        self.conn.prepare_cached("INSERT OR IGNORE INTO user (name) VALUES (?1)")?.execute([name])?;
        let key: i64 = self
            .conn
            .prepare_cached("SELECT key FROM user WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        self.users.insert(name.to_owned(), key);
        Ok(key)
    }

    fn touch(&mut self, name: &str) {
        if !self.touched.iter().any(|known| known == name) {
            self.touched.push(name.to_owned());
        }
    }
}

/// How long a key is recognised, milliseconds.
fn kept_ms() -> i64 {
    i64::try_from(IDEMPOTENCY_KEPT.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
