//! Retention: what is old goes for good, and each user's floor rises, so that a cursor below it is told of the gap.

use super::{Ledger, Outcome, kept_ms};

/// What retention drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expire {
    /// Everything whose latest change is older than this time, Unix milliseconds.
    Before(i64),
    /// Everything whose latest change stands at or before this number.
    UpTo(u64),
}

impl Ledger {
    pub(super) fn expire(&mut self, what: Expire, now: i64) -> Result<Outcome, rusqlite::Error> {
        let (condition, bound) = match what {
            Expire::Before(time) => ("changed_at < ?1", time),
            Expire::UpTo(seq) => ("seq <= ?1", i64::try_from(seq).unwrap_or(i64::MAX)),
        };
        self.conn.execute(
            &format!(
                "UPDATE user SET floor = max(floor, gone.seq), floor_at = max(floor_at, gone.at)
                 FROM (SELECT user, max(seq) AS seq, max(changed_at) AS at FROM (
                           SELECT user, seq, changed_at FROM message WHERE {condition}
                           UNION ALL SELECT user, seq, changed_at FROM mark WHERE {condition})
                       GROUP BY user) AS gone
                 WHERE user.key = gone.user"
            ),
            [bound],
        )?;
        let messages = self.conn.execute(&format!("DELETE FROM message WHERE {condition}"), [bound])?;
        let marks = self.conn.execute(&format!("DELETE FROM mark WHERE {condition}"), [bound])?;
        self.conn.execute("DELETE FROM idempotency WHERE at <= ?1", [now - kept_ms()])?;
        tracing::debug!(messages, marks, "retention swept");
        Ok(Outcome::Done)
    }
}
