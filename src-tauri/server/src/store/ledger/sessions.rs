//! Sessions in the database: no part of the sequence, nobody's client sees them.

use super::{Ledger, Outcome};
use crate::access::{Key, Session, SessionId};

impl Ledger {
    pub(super) fn begin_session(
        &mut self,
        session: &Session,
        ended: &[SessionId],
        now: i64,
    ) -> Result<Outcome, rusqlite::Error> {
        self.conn.prepare_cached("DELETE FROM session WHERE expires_at <= ?1")?.execute([now])?;
        for id in ended {
            self.end_session(*id)?;
        }
        self.conn.prepare_cached("INSERT INTO session VALUES (?1, ?2, ?3, ?4)")?.execute((
            session.id.0.0,
            &session.user,
            session.account.0,
            session.expires_at,
        ))?;
        Ok(Outcome::Done)
    }

    pub(super) fn end_session(&mut self, id: SessionId) -> Result<Outcome, rusqlite::Error> {
        self.conn.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id.0.0])?;
        Ok(Outcome::Done)
    }

    /// Every session that has not ended, the oldest first.
    pub fn sessions(&self, now: i64) -> Result<Vec<Session>, rusqlite::Error> {
        let mut statement = self.conn.prepare(
            "SELECT id, user, account, expires_at FROM session WHERE expires_at > ?1 ORDER BY expires_at",
        )?;
        let rows = statement.query_map([now], |row| {
            Ok(Session {
                id: SessionId(Key(row.get(0)?)),
                user: row.get(1)?,
                account: Key(row.get(2)?),
                expires_at: row.get(3)?,
            })
        })?;
        rows.collect()
    }
}
