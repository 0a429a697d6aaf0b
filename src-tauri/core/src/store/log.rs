//! The event log and the last gap of each source: what happened, for doctor and inspector.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Durability, Gap, GapReason, Inbox, LogEvent, Store, StoreError, number_source};
use crate::model::{SourceId, Timestamp};

/// How many lines the event log keeps, over all sources.
const LINES: i64 = 5_000;

/// How much of a line's text is kept, in characters.
const DETAIL: usize = 2_000;

impl Store {
    /// Writes a line into the event log; the oldest beyond 5,000 go.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn record(&mut self, source: SourceId, event: &LogEvent, now: Timestamp) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            let number = number_source(tx, source)?;
            write_line(tx, number, event, now)?;
            trim(tx)?;
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// The event log of a source, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn log(&self, source: SourceId, limit: u32) -> Result<Vec<(Timestamp, LogEvent)>, StoreError> {
        lines(&self.connection, source, limit)
    }

    /// The last gap that the source's server reported.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn last_gap(&self, source: SourceId) -> Result<Option<Gap>, StoreError> {
        let gap = self
            .connection
            .prepare_cached(
                "SELECT reason, from_at, until_at, noticed_at FROM gap
                 WHERE source = (SELECT id FROM source WHERE uuid = ?1)",
            )?
            .query_row([source.to_string()], |row| {
                Ok(Gap {
                    reason: GapReason::from(row.get::<_, String>(0)?.as_str()),
                    from: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                    until: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                    noticed_at: Timestamp(row.get(3)?),
                })
            })
            .optional()?;
        Ok(gap)
    }

    /// Forgets what may be missing of a source.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn forget_gap(&mut self, source: SourceId) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM gap WHERE source = (SELECT id FROM source WHERE uuid = ?1)")?
            .execute([source.to_string()])?;
        Ok(())
    }
}

/// The event log of a source, newest first.
pub(super) fn lines(
    connection: &Connection,
    source: SourceId,
    limit: u32,
) -> Result<Vec<(Timestamp, LogEvent)>, StoreError> {
    let lines = connection
        .prepare_cached(
            "SELECT at, code, detail FROM event_log
             WHERE source = (SELECT id FROM source WHERE uuid = ?1) ORDER BY id DESC LIMIT ?2",
        )?
        .query_map(params![source.to_string(), limit], |row| {
            let event = LogEvent { code: row.get::<_, String>(1)?.into(), detail: row.get(2)? };
            Ok((Timestamp(row.get(0)?), event))
        })?
        .collect::<Result<_, _>>()?;
    Ok(lines)
}

/// Writes a line; [`trim`] has to follow before the commit.
pub(super) fn write_line(
    tx: &Connection,
    source: i64,
    event: &LogEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let end = event.detail.char_indices().nth(DETAIL).map_or(event.detail.len(), |(end, _)| end);
    tx.prepare_cached("INSERT INTO event_log (source, at, code, detail) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![source, now.0, event.code, &event.detail[..end]])?;
    Ok(())
}

/// Drops the oldest lines beyond the bound.
pub(super) fn trim(tx: &Connection) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM event_log WHERE id <= (SELECT max(id) FROM event_log) - ?1")?
        .execute([LINES])?;
    Ok(())
}

/// Remembers the gap; with one that is known already, all from the beginning of the first to the end of the last. An end
/// that is not known (null) stays so.
pub(super) fn write_gap(tx: &Connection, source: i64, gap: Gap) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO gap (source, reason, from_at, until_at, noticed_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (source) DO UPDATE SET reason = excluded.reason, from_at = min(from_at, excluded.from_at),
             until_at = max(until_at, excluded.until_at), noticed_at = excluded.noticed_at",
        params![
            source,
            gap.reason.as_str(),
            gap.from.map(|at| at.0),
            gap.until.map(|at| at.0),
            gap.noticed_at.0
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Change;
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_log_keeps_the_last_lines() {
        let mut bench = Bench::new();
        let event = |n: i64| LogEvent { code: "n".into(), detail: n.to_string() };
        bench.deliver((0..LINES + 3).map(|n| Change::Problem(event(n))).collect());
        let source = bench.source;
        bench.store.record(source, &event(-1), NOW).unwrap();
        let log = bench.log(source, u32::MAX).unwrap();
        assert_eq!(log.len() as i64, LINES);
        assert_eq!(log[0], (NOW, event(-1)));
        assert_eq!(log.last().unwrap().1, event(4));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let mut bench = Bench::new();
        let event = LogEvent { code: "x".into(), detail: "字".repeat(DETAIL + 1) };
        let source = bench.source;
        bench.store.record(source, &event, NOW).unwrap();
        assert_eq!(bench.log(source, 1).unwrap()[0].1.detail, "字".repeat(DETAIL));
    }
}
