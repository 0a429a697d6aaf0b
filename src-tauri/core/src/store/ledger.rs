//! The ledger: what became of each announcement, so that none is forgotten and none repeated.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::all_read::covered;
use super::{Announcement, Durability, Grounds, Inbox, Store, StoreError, read};
use crate::model::{MessageId, MessageKind, MessageRuns, Priority, Timestamp};
use crate::settings::Subject;

/// Why something was not announced, or not at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The user wants no popups for its kind.
    Kind,
    /// A rule says so: its place among the rules at that time, counted from 1.
    Rule(u16),
    /// A rule put it straight into the archive: its place, as above.
    Archive(u16),
    /// The user was looking at the inbox.
    Looking,
    /// The user had paused popups.
    Paused,
    /// It came in quiet hours.
    QuietHours,
    /// The user had put away the summary of the flood that it came in.
    SummaryClosed,
}

impl Why {
    fn to_text(self) -> String {
        match self {
            Self::Kind => "kind".to_owned(),
            Self::Rule(number) => format!("rule:{number}"),
            Self::Archive(number) => format!("archive:{number}"),
            Self::Looking => "looking".to_owned(),
            Self::Paused => "paused".to_owned(),
            Self::QuietHours => "quiet_hours".to_owned(),
            Self::SummaryClosed => "summary_closed".to_owned(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "kind" => Some(Self::Kind),
            "looking" => Some(Self::Looking),
            "paused" => Some(Self::Paused),
            "quiet_hours" => Some(Self::QuietHours),
            "summary_closed" => Some(Self::SummaryClosed),
            _ => {
                let (what, number) = text.split_once(':')?;
                let number = number.parse().ok()?;
                match what {
                    "rule" => Some(Self::Rule(number)),
                    "archive" => Some(Self::Archive(number)),
                    _ => None,
                }
            }
        }
    }
}

/// What a message was, or is to be, announced for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It came.
    Arrival,
    /// It changed.
    Update,
    /// The user had put it off, and its time has come.
    Snooze,
}

/// What became of the announcement of a message on one occasion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Announced {
    /// The occasion.
    pub occasion: Occasion,
    /// What became of it.
    pub state: Announcement,
    /// Why it was not announced, or not at once.
    pub why: Option<Why>,
    /// Since when.
    pub at: Timestamp,
    /// When it was announced, and why; empty where it was not.
    pub shown: Option<Shown>,
}

/// That something was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Shown {
    /// When the desktop had taken the popup that speaks of it.
    pub at: Timestamp,
    /// Why it was announced.
    pub grounds: Grounds,
}

/// Which announcements are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unannounced {
    /// Those that are due and those that were under way when the program ended.
    All,
    /// Those that are due.
    Due,
}

impl Store {
    /// Notes what became of the latest announcement of each message, and why; what was noted as the reason before
    /// stays where there is no other. Unknown ids are ignored.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn set_announcement(
        &mut self,
        ids: &[MessageId],
        state: Announcement,
        why: Option<Why>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let why = why.map(Why::to_text);
        self.write(Durability::Process, |tx| {
            let mut update = tx.prepare_cached(
                "UPDATE ledger SET state = ?2, changed_at = ?3, why = coalesce(?4, why),
                     shown_at = coalesce(shown_at, ?5)
                 WHERE message = ?1 AND turn = (SELECT max(turn) FROM ledger WHERE message = ?1)",
            )?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO ledger (message, turn, occasion, state, changed_at, why, shown_at)
                 SELECT id, 0, 'arrival', ?2, ?3, ?4, ?5 FROM message WHERE id = ?1",
            )?;
            let shown = state.was_shown().then_some(now.0);
            for id in ids {
                let values = params![id.0, state.as_str(), now.0, why, shown];
                if update.execute(values)? == 0 {
                    insert.execute(values)?;
                }
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// Notes what became of announcements that are still due or under way, and why, as [`Store::set_announcement`]
    /// does. What has been read, deleted or clicked on meanwhile stays as it is noted.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn settle_announcements(
        &mut self,
        runs: &MessageRuns,
        state: Announcement,
        why: Option<Why>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if runs.is_empty() {
            return Ok(());
        }
        let why = why.map(Why::to_text);
        self.write(Durability::Process, |tx| {
            let mut update = tx.prepare_cached(
                "UPDATE ledger INDEXED BY ledger_open SET state = ?3, changed_at = ?4, why = coalesce(?5, why),
                     shown_at = coalesce(shown_at, ?6)
                 WHERE message BETWEEN ?1 AND ?2 AND state IN ('due', 'showing')",
            )?;
            let shown = state.was_shown().then_some(now.0);
            for run in runs.runs() {
                update.execute(params![run.start(), run.end(), state.as_str(), now.0, why, shown])?;
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// Notes how far announcements are that are still due or under way, and why they are made.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn announce_on(
        &mut self,
        grounds: Grounds,
        ids: &[MessageId],
        state: Announcement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let grounds = grounds.to_text();
        self.write(Durability::Process, |tx| {
            let mut update = tx.prepare_cached(
                "UPDATE ledger INDEXED BY ledger_open SET state = ?2, changed_at = ?3, grounds = ?4
                 WHERE message = ?1 AND state IN ('due', 'showing')",
            )?;
            for id in ids {
                update.execute(params![id.0, state.as_str(), now.0, grounds])?;
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// How many of these messages there are of each kind, but for deleted ones.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn kinds_among(&self, runs: &MessageRuns) -> Result<Vec<(MessageKind, u64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT kind, count(*) FROM message WHERE id BETWEEN ?1 AND ?2 AND deleted_at IS NULL GROUP BY kind",
        )?;
        let mut kinds = Vec::new();
        for run in runs.runs() {
            let mut rows = statement.query([run.start(), run.end()])?;
            while let Some(row) = rows.next()? {
                kinds.push((read::kind(row, 0)?, read::count(row, 1)?));
            }
        }
        Ok(kinds)
    }

    /// Notes that what was held back for this reason, and is still due, is not announced.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn suppress_held(&mut self, why: Why, now: Timestamp) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            tx.prepare_cached(
                "UPDATE ledger INDEXED BY ledger_open SET state = 'suppressed', changed_at = ?2
                 WHERE state IN ('due', 'showing') AND state = 'due' AND why = ?1",
            )?
            .execute(params![why.to_text(), now.0])?;
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// Hands on each message whose announcement is due (or was interrupted), in the order of arrival. What has
    /// been read, archived or deleted meanwhile is not among them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn each_unannounced(
        &self,
        which: Unannounced,
        mut each: impl FnMut(MessageId, Subject<'_>),
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(concat!(
            "SELECT DISTINCT ledger.message, source.uuid, m.kind, m.priority, m.title, m.body
             FROM ledger INDEXED BY ledger_open
             JOIN message AS m ON m.id = ledger.message JOIN source ON source.id = m.source
             WHERE ledger.state IN ('due', 'showing') AND (ledger.state = 'due' OR ?1)
               AND m.unread_from IS NOT NULL AND NOT ",
            covered!(),
            " ORDER BY ledger.message"
        ))?;
        let mut rows = statement.query([which == Unannounced::All])?;
        while let Some(row) = rows.next()? {
            let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            let subject = Subject {
                source: read::source_id(row, 1)?,
                kind: &read::kind(row, 2)?,
                priority: Priority::clamped(row.get(3)?),
                title: text(4)?,
                body: text(5)?,
            };
            each(MessageId(row.get(0)?), subject);
        }
        Ok(())
    }
}

/// What became of a message's announcements, oldest first; nothing of what this version does not know.
pub(super) fn announced(connection: &Connection, id: MessageId) -> Result<Vec<Announced>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT occasion, state, why, changed_at, grounds, shown_at FROM ledger WHERE message = ?1 ORDER BY turn",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut announced = Vec::new();
    while let Some(row) = rows.next()? {
        announced.extend(entry(row)?);
    }
    Ok(announced)
}

/// An entry, from its first six columns; nothing where this version does not know it.
pub(super) fn entry(row: &Row<'_>) -> Result<Option<Announced>, StoreError> {
    let occasion = match row.get_ref(0)?.as_str() {
        Ok("arrival") => Occasion::Arrival,
        Ok("update") => Occasion::Update,
        Ok("snooze") => Occasion::Snooze,
        Ok(_) | Err(_) => return Ok(None),
    };
    let Some(state) = Announcement::named(&row.get::<_, String>(1)?) else { return Ok(None) };
    let why = row.get::<_, Option<String>>(2)?.and_then(|text| Why::from_text(&text));
    let grounds = row.get::<_, Option<String>>(4)?.and_then(|text| Grounds::from_text(&text));
    let at = row.get::<_, Option<i64>>(5)?.map(Timestamp);
    let shown = at.zip(grounds).map(|(at, grounds)| Shown { at, grounds });
    Ok(Some(Announced { occasion, state, why, at: Timestamp(row.get(3)?), shown }))
}

/// Opens the occasion of a message's arrival.
pub(super) const ARRIVAL_DUE: &str =
    "INSERT INTO ledger (message, turn, occasion, state, changed_at) VALUES (?1, 0, 'arrival', 'due', ?2)";

/// Notes that a message was put away when it came.
pub(super) fn archived(tx: &Connection, id: MessageId, rule: u16, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO ledger (message, turn, occasion, state, changed_at, why)
         VALUES (?1, 0, 'arrival', 'suppressed', ?2, ?3)",
    )?
    .execute(params![id.0, now.0, Why::Archive(rule).to_text()])?;
    Ok(())
}

/// Whether an occasion was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is due from now on.
    Now,
    /// There is no need: an earlier one is still open, or the message is read, archived or deleted.
    No,
}

/// Opens the occasion of an update. Where an announcement of the message is still under way it will speak
/// for the update too, and no other is made.
pub(super) fn update_due(tx: &Connection, id: MessageId, now: Timestamp) -> Result<Opened, StoreError> {
    due_again(tx, id, "update", now)
}

/// Opens the occasion of a snooze that is over.
pub(super) fn snooze_due(tx: &Connection, id: MessageId, now: Timestamp) -> Result<Opened, StoreError> {
    due_again(tx, id, "snooze", now)
}

fn due_again(tx: &Connection, id: MessageId, occasion: &str, now: Timestamp) -> Result<Opened, StoreError> {
    let rows = tx
        .prepare_cached(concat!(
            "INSERT INTO ledger (message, turn, occasion, state, changed_at)
             SELECT ?1, coalesce((SELECT max(turn) FROM ledger WHERE message = ?1), 0) + 1, ?3, 'due', ?2
             WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.id = ?1 AND m.unread_from IS NOT NULL AND NOT ",
            covered!(),
            ") AND NOT EXISTS (SELECT 1 FROM ledger WHERE message = ?1 AND state IN ('due', 'showing'))"
        ))?
        .execute(params![id.0, now.0, occasion])?;
    Ok(if rows == 1 { Opened::Now } else { Opened::No })
}

/// Withdraws what has not been announced of a message that needs no announcement any more.
pub(super) fn withdraw(tx: &Connection, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE ledger SET state = 'withdrawn', changed_at = ?2
         WHERE message = ?1 AND state IN ('due', 'showing')",
    )?
    .execute(params![id.0, now.0])?;
    Ok(())
}

/// Withdraws what has not been announced of all messages that are read, archived or deleted.
pub(super) fn withdraw_settled(tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        concat!(
            "UPDATE ledger INDEXED BY ledger_open SET state = 'withdrawn', changed_at = ?1
             WHERE state IN ('due', 'showing') AND NOT EXISTS (
                 SELECT 1 FROM message AS m WHERE m.id = ledger.message AND m.unread_from IS NOT NULL AND NOT ",
            covered!(),
            ")"
        ),
        [now.0],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
