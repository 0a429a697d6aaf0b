//! Marks: read, unread, deleted. Only a message whose state changes takes part, so that a repeated mark is no event.

use super::{Ledger, Outcome};
use crate::store::IDS_PER_EVENT;

/// What a mark says about its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkState {
    /// They are unread again.
    Unread,
    /// They are read.
    Read,
    /// They are gone.
    Deleted,
}

impl MarkState {
    /// The number that stands in the database.
    fn number(self) -> i64 {
        match self {
            Self::Unread => 0,
            Self::Read => 1,
            Self::Deleted => 2,
        }
    }

    /// Reads the number that stands in the database.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Unread),
            1 => Some(Self::Read),
            2 => Some(Self::Deleted),
            _ => None,
        }
    }
}

impl Ledger {
    pub(super) fn mark(
        &mut self,
        name: &str,
        ids: &[u64],
        state: MarkState,
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        let user = self.user(name)?;
        let sql = match state {
            MarkState::Unread => "UPDATE message SET read = 0 WHERE user = ?1 AND id = ?2 AND read = 1",
            MarkState::Read => "UPDATE message SET read = 1 WHERE user = ?1 AND id = ?2 AND read = 0",
            MarkState::Deleted => "DELETE FROM message WHERE user = ?1 AND id = ?2",
        };
        let mut changed = Vec::new();
        {
            let mut statement = self.conn.prepare_cached(sql)?;
            for id in ids {
                // SQLite's integers end at 2^63; no message has a higher id.
                let Ok(id) = i64::try_from(*id) else { continue };
                if statement.execute((user, id))? > 0 {
                    changed.push(id);
                }
            }
        }
        self.record(name, user, &changed, state, now)
    }

    pub(super) fn mark_all_read(
        &mut self,
        name: &str,
        up_to: u64,
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        let user = self.user(name)?;
        let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
        let changed: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM message WHERE user = ?1 AND read = 0 AND seq <= ?2 ORDER BY id")?
            .query_map((user, up_to), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        self.conn
            .prepare_cached("UPDATE message SET read = 1 WHERE user = ?1 AND read = 0 AND seq <= ?2")?
            .execute((user, up_to))?;
        self.record(name, user, &changed, MarkState::Read, now)
    }

    fn record(
        &mut self,
        name: &str,
        user: i64,
        ids: &[i64],
        state: MarkState,
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        for chunk in ids.chunks(IDS_PER_EVENT) {
            let texts: Vec<String> = chunk.iter().map(|id| format!("\"{id}\"")).collect();
            self.head += 1;
            self.conn
                .prepare_cached(
                    "INSERT INTO mark (seq, user, changed_at, state, ids) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((self.head, user, now, state.number(), format!("[{}]", texts.join(","))))?;
            self.touch(name);
        }
        Ok(Outcome::Done)
    }
}
