//! Reading: one user's changes as of one moment.
//!
//! A snapshot is a read transaction, so that the head, the floor and the rows belong together: "no more rows up to the
//! head" stays true while it lives. Deliberately not here: how a change looks on the wire (`render`).

use belfry_protocol::{CursorText, Gap, GapReason};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::{Identity, MarkState, rfc3339};

/// One change of a user's messages, borrowed from the row that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'row> {
    /// A message in its present form.
    Message {
        /// The number under which it was first published.
        created: u64,
        /// The number of its present form.
        seq: u64,
        /// Its id.
        id: u64,
        /// Whether it is read.
        read: bool,
        /// `type` on the wire.
        kind: &'row str,
        /// The JSON object without id, type and isRead.
        body: &'row str,
    },
    /// Messages that were marked or deleted.
    Mark {
        /// The number of the change.
        seq: u64,
        /// What was said about them.
        state: MarkState,
        /// A JSON list of ids.
        ids: &'row str,
    },
}

/// How much one walk may yield.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At most so many changes.
    pub changes: usize,
    /// Not beyond so many bytes, but always one change.
    pub bytes: usize,
}

/// How far a walk came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    /// The number of the last change that was yielded; where the walk began if there was none.
    pub last: u64,
    /// Whether a limit ended the walk.
    pub more: bool,
}

/// Where a reader with a given cursor begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// The changes after this number are new to it.
    pub after: u64,
    /// Set if something before them may be missing.
    pub gap: Option<Gap>,
}

/// One user's part of the store as of one moment.
pub(crate) struct Snapshot<'conn> {
    tx: Transaction<'conn>,
    user: Option<UserRow>,
    /// The latest number of the sequence.
    pub head: u64,
}

#[derive(Clone, Copy)]
struct UserRow {
    key: i64,
    floor: u64,
    floor_at: i64,
}

impl<'conn> Snapshot<'conn> {
    /// Begins a read transaction.
    pub fn open(conn: &'conn mut Connection, name: &str) -> Result<Self, rusqlite::Error> {
        let tx = conn.transaction()?;
        let head = tx.prepare_cached("SELECT head FROM store")?.query_row([], |row| row.get(0))?;
        let user = tx
            .prepare_cached("SELECT key, floor, floor_at FROM user WHERE name = ?1")?
            .query_row([name], |row| {
                Ok(UserRow { key: row.get(0)?, floor: row.get(1)?, floor_at: row.get(2)? })
            })
            .optional()?;
        Ok(Self { tx, user, head })
    }

    /// Judges a client's cursor. After a reset, and where it means nothing, everything that is kept is new.
    pub fn beginning(&self, cursor: &str, identity: &Identity) -> Beginning {
        let gap = |after, reason, until: Option<i64>| Beginning {
            after,
            gap: Some(Gap { reason, after: printable(cursor), from: None, until: until.and_then(rfc3339) }),
        };
        let Ok(asked) = cursor.parse::<CursorText>() else { return gap(0, GapReason::Unknown, None) };
        if asked.epoch != *identity.epoch {
            return gap(0, GapReason::Reset, Some(identity.since));
        }
        if asked.seq > self.head {
            return gap(0, GapReason::Unknown, None);
        }
        match self.user {
            Some(user) if asked.seq < user.floor => gap(asked.seq, GapReason::Expired, Some(user.floor_at)),
            Some(_) | None => Beginning { after: asked.seq, gap: None },
        }
    }

    /// How many messages are unread.
    pub fn unread(&self) -> Result<u64, rusqlite::Error> {
        let Some(user) = self.user else { return Ok(0) };
        self.tx
            .prepare_cached("SELECT count(*) FROM message WHERE user = ?1 AND read = 0")?
            .query_row([user.key], |row| row.get(0))
    }

    /// Yields the changes after `after`, ascending. `visit` returns how many bytes it made of one.
    pub fn changes(
        &self,
        after: u64,
        limits: Limits,
        mut visit: impl FnMut(Change<'_>) -> usize,
    ) -> Result<Walked, rusqlite::Error> {
        let mut walked = Walked { last: after, more: false };
        let Some(user) = self.user else { return Ok(walked) };
        let mut messages = self.tx.prepare_cached(
            "SELECT created, seq, id, read, kind, body FROM message WHERE user = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let mut marks = self
            .tx
            .prepare_cached("SELECT seq, state, ids FROM mark WHERE user = ?1 AND seq > ?2 ORDER BY seq")?;
        let (mut messages, mut marks) = (messages.query((user.key, after))?, marks.query((user.key, after))?);
        let (mut message, mut mark) = (messages.next()?, marks.next()?);
        let mut left = Budget::new(limits);
        loop {
            let message_seq = message.map(|row| row.get::<_, u64>(1)).transpose()?;
            let mark_seq = mark.map(|row| row.get::<_, u64>(0)).transpose()?;
            let (row, is_message) = match (message_seq, mark_seq) {
                (Some(first), Some(second)) if first < second => (message, true),
                (Some(_), None) => (message, true),
                (Some(_) | None, Some(_)) => (mark, false),
                (None, None) => break,
            };
            let Some(row) = row else { break };
            let change = if is_message { message_of(row)? } else { mark_of(row)? };
            if !left.takes(change.size()) {
                walked.more = true;
                break;
            }
            left.spend(visit(change));
            walked.last = change.seq();
            if is_message {
                message = messages.next()?;
            } else {
                mark = marks.next()?;
            }
        }
        Ok(walked)
    }

    /// Yields messages with an id below `before` (all, if there is none), newest first; whether older ones are left.
    pub fn older(
        &self,
        before: Option<u64>,
        limits: Limits,
        mut visit: impl FnMut(Change<'_>) -> usize,
    ) -> Result<bool, rusqlite::Error> {
        let Some(user) = self.user else { return Ok(false) };
        let before = before.and_then(|id| i64::try_from(id).ok()).unwrap_or(i64::MAX);
        let mut messages = self.tx.prepare_cached(
            "SELECT created, seq, id, read, kind, body FROM message WHERE user = ?1 AND id < ?2 ORDER BY id DESC",
        )?;
        let mut rows = messages.query((user.key, before))?;
        let mut left = Budget::new(limits);
        while let Some(row) = rows.next()? {
            let change = message_of(row)?;
            if !left.takes(change.size()) {
                return Ok(true);
            }
            left.spend(visit(change));
        }
        Ok(false)
    }

    /// How many changes, and how many bytes of them, stand after `after`; counts no further than `limit` changes.
    pub fn behind(&self, after: u64, limit: usize) -> Result<(usize, usize), rusqlite::Error> {
        let Some(user) = self.user else { return Ok((0, 0)) };
        self.tx
            .prepare_cached(
                "SELECT count(*), coalesce(sum(size), 0) FROM (
                     SELECT octet_length(body) AS size FROM message WHERE user = ?1 AND seq > ?2
                     UNION ALL SELECT octet_length(ids) FROM mark WHERE user = ?1 AND seq > ?2
                     LIMIT ?3)",
            )?
            .query_row((user.key, after, limit), |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Change<'_> {
    /// The number of the change.
    pub fn seq(&self) -> u64 {
        match self {
            Self::Message { seq, .. } | Self::Mark { seq, .. } => *seq,
        }
    }

    /// Bytes that it takes at least on the wire.
    fn size(&self) -> usize {
        match self {
            Self::Message { body, .. } => body.len(),
            Self::Mark { ids, .. } => ids.len(),
        }
    }
}

/// What a walk has yielded so far. The first change always fits.
struct Budget {
    limits: Limits,
    changes: usize,
    bytes: usize,
}

impl Budget {
    fn new(limits: Limits) -> Self {
        Self { limits, changes: 0, bytes: 0 }
    }

    fn takes(&self, size: usize) -> bool {
        self.changes == 0 || (self.changes < self.limits.changes && self.bytes + size <= self.limits.bytes)
    }

    fn spend(&mut self, bytes: usize) {
        self.changes += 1;
        self.bytes += bytes;
    }
}

fn message_of<'row>(row: &'row Row<'_>) -> Result<Change<'row>, rusqlite::Error> {
    Ok(Change::Message {
        created: row.get(0)?,
        seq: row.get(1)?,
        id: row.get(2)?,
        read: row.get(3)?,
        kind: row.get_ref(4)?.as_str()?,
        body: row.get_ref(5)?.as_str()?,
    })
}

fn mark_of<'row>(row: &'row Row<'_>) -> Result<Change<'row>, rusqlite::Error> {
    let number: i64 = row.get(1)?;
    let state = MarkState::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, number))?;
    Ok(Change::Mark { seq: row.get(0)?, state, ids: row.get_ref(2)?.as_str()? })
}

/// The cursor as it may be sent back: nothing that could not stand in a header.
fn printable(cursor: &str) -> Option<String> {
    let whole = cursor.len() <= CursorText::MAX_LEN && cursor.bytes().all(|byte| byte.is_ascii_graphic());
    whole.then(|| cursor.to_owned())
}

#[cfg(test)]
mod tests;
