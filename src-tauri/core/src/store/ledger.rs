//! The ledger: what became of each announcement, so that none is forgotten and none repeated.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Announcement, Durability, Inbox, Store, StoreError, read};
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
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "kind" => Some(Self::Kind),
            "looking" => Some(Self::Looking),
            "paused" => Some(Self::Paused),
            "quiet_hours" => Some(Self::QuietHours),
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
                "UPDATE ledger SET state = ?2, changed_at = ?3, why = coalesce(?4, why)
                 WHERE message = ?1 AND turn = (SELECT max(turn) FROM ledger WHERE message = ?1)",
            )?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO ledger (message, turn, occasion, state, changed_at, why)
                 SELECT id, 0, 'arrival', ?2, ?3, ?4 FROM message WHERE id = ?1",
            )?;
            for id in ids {
                let values = params![id.0, state.as_str(), now.0, why];
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
                "UPDATE ledger INDEXED BY ledger_open SET state = ?3, changed_at = ?4, why = coalesce(?5, why)
                 WHERE message BETWEEN ?1 AND ?2 AND state IN ('due', 'showing')",
            )?;
            for run in runs.runs() {
                update.execute(params![run.start(), run.end(), state.as_str(), now.0, why])?;
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
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT ledger.message, source.uuid, message.kind, message.priority, message.title, message.body
             FROM ledger INDEXED BY ledger_open
             JOIN message ON message.id = ledger.message JOIN source ON source.id = message.source
             WHERE ledger.state IN ('due', 'showing') AND (ledger.state = 'due' OR ?1)
               AND message.unread_from IS NOT NULL
             ORDER BY ledger.message",
        )?;
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
        "SELECT occasion, state, why, changed_at FROM ledger WHERE message = ?1 ORDER BY turn",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut announced = Vec::new();
    while let Some(row) = rows.next()? {
        announced.extend(entry(row)?);
    }
    Ok(announced)
}

/// An entry, from its first four columns; nothing where this version does not know it.
pub(super) fn entry(row: &Row<'_>) -> Result<Option<Announced>, StoreError> {
    let occasion = match row.get_ref(0)?.as_str() {
        Ok("arrival") => Occasion::Arrival,
        Ok("update") => Occasion::Update,
        Ok("snooze") => Occasion::Snooze,
        Ok(_) | Err(_) => return Ok(None),
    };
    let Some(state) = Announcement::named(&row.get::<_, String>(1)?) else { return Ok(None) };
    let why = row.get::<_, Option<String>>(2)?.and_then(|text| Why::from_text(&text));
    Ok(Some(Announced { occasion, state, why, at: Timestamp(row.get(3)?) }))
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
        .prepare_cached(
            "INSERT INTO ledger (message, turn, occasion, state, changed_at)
             SELECT ?1, coalesce((SELECT max(turn) FROM ledger WHERE message = ?1), 0) + 1, ?3, 'due', ?2
             WHERE EXISTS (SELECT 1 FROM message WHERE id = ?1 AND unread_from IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM ledger WHERE message = ?1 AND state IN ('due', 'showing'))",
        )?
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
        "UPDATE ledger INDEXED BY ledger_open SET state = 'withdrawn', changed_at = ?1
         WHERE state IN ('due', 'showing')
           AND (SELECT unread_from FROM message WHERE message.id = ledger.message) IS NULL",
        [now.0],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Change, ReadState};
    use super::*;

    fn due(store: &Store) -> Vec<i64> {
        store.unannounced().unwrap().iter().map(|message| message.id.0).collect()
    }

    /// All rows of the ledger: message, turn, occasion, state.
    fn rows(bench: &Bench) -> Vec<(i64, i64, String, String)> {
        let sql = "SELECT message, turn, occasion, state FROM ledger ORDER BY message, turn";
        let mut statement = bench.store.connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        rows.unwrap().map(|row| row.unwrap()).collect()
    }

    #[test]
    fn what_is_due_or_was_interrupted_is_found_at_the_next_start() {
        let mut bench = Bench::new();
        bench.deliver((0..9).map(|n| message(&n.to_string())).collect());
        let settled = [
            Announcement::Announced,
            Announcement::Summarised,
            Announcement::Suppressed,
            Announcement::Snoozed,
            Announcement::Clicked,
            Announcement::Dismissed,
            Announcement::Withdrawn,
        ];
        bench.store.set_announcement(&ids(&[9]), Announcement::Showing, None, NOW).unwrap();
        for (id, state) in (2..).zip(settled) {
            bench.store.set_announcement(&ids(&[id]), state, None, NOW).unwrap();
        }
        let store = Store::open(&bench.path()).unwrap();
        assert_eq!(due(&store), [1, 9]);
    }

    #[test]
    fn what_was_read_or_deleted_meanwhile_needs_no_announcement() {
        let mut bench = Bench::new();
        bench.deliver((0..5).map(|n| message(&n.to_string())).collect());
        bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
        bench.deliver(vec![
            Change::Read { ids: vec![remote("1")], read: ReadState::Read },
            Change::Deleted { ids: vec![remote("2")] },
        ]);
        assert_eq!(due(&bench), [4, 5]);
        // Read and unread again: its time has passed all the same.
        bench.store.mark_read(&ids(&[1]), ReadState::Unread, NOW).unwrap();
        assert_eq!(due(&bench), [4, 5]);
        bench.store.mark_all_read(NOW).unwrap();
        bench.store.mark_read(&ids(&[4, 5]), ReadState::Unread, NOW).unwrap();
        assert_eq!(due(&bench), Vec::<i64>::new());
        assert!(rows(&bench).iter().all(|(_, _, _, state)| state == "withdrawn"));
    }

    #[test]
    fn each_update_that_is_announced_is_an_occasion_of_its_own() {
        let mut bench = Bench::new();
        let update = |title: &str| {
            let title = title.to_owned();
            vec![Change::Updated(arrival_with("a", |message| message.title = title))]
        };
        bench.deliver(vec![message("a")]);
        // Still to be announced: one announcement speaks for both.
        assert_eq!(bench.deliver(update("1")).due, []);
        bench.store.set_announcement(&ids(&[1]), Announcement::Showing, None, NOW).unwrap();
        assert_eq!(bench.deliver(update("2")).due, []);
        bench.store.set_announcement(&ids(&[1]), Announcement::Clicked, None, NOW).unwrap();
        assert_eq!(bench.deliver(update("3")).due, ids(&[1]));
        bench.store.set_announcement(&ids(&[1]), Announcement::Announced, None, NOW).unwrap();
        assert_eq!(bench.deliver(update("4")).due, ids(&[1]));
        let row = |turn, occasion: &str, state: &str| (1, turn, occasion.to_owned(), state.to_owned());
        let expected = [row(0, "arrival", "clicked"), row(1, "update", "announced"), row(2, "update", "due")];
        assert_eq!(rows(&bench), expected);
    }

    #[test]
    fn an_answer_settles_only_what_is_still_open() {
        let mut bench = Bench::new();
        bench.deliver((0..6).map(|n| message(&n.to_string())).collect());
        let all = ids(&[1, 2, 3, 4, 5]);
        bench.store.set_announcement(&all, Announcement::Showing, None, NOW).unwrap();
        bench.store.set_announcement(&ids(&[2]), Announcement::Clicked, None, NOW).unwrap();
        bench.store.mark_read(&ids(&[4]), ReadState::Read, NOW).unwrap();
        let runs = all.into_iter().collect();
        bench.store.settle_announcements(&runs, Announcement::Due, None, NOW).unwrap();
        bench.store.settle_announcements(&runs, Announcement::Summarised, None, NOW).unwrap();
        let states: Vec<String> = rows(&bench).into_iter().map(|row| row.3).collect();
        assert_eq!(states, ["summarised", "clicked", "summarised", "withdrawn", "summarised", "due"]);
    }

    #[test]
    fn an_announcement_of_an_unknown_message_is_ignored() {
        let mut bench = Bench::new();
        bench.store.set_announcement(&ids(&[7]), Announcement::Showing, None, NOW).unwrap();
        assert_eq!(rows(&bench), []);
    }
}
