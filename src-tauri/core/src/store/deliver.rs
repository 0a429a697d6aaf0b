//! What servers say goes in: one transaction for the messages and the place reached by them.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::content::{self, Content};
use super::epoch::{self, Entered};
use super::ledger::{self, Opened};
use super::{
    Announce, Arrival, Batch, Change, CursorUpdate, Delivered, Durability, Gap, Inbox, LogEvent, OwedUpdate,
    Past, PlaceUpdate, ReadState, Store, StoreError, StreamPlace, WalkUpdate, log, number_source, outbox,
    read,
};
use crate::model::{Cursor, Epoch, GapReason, Message, MessageId, RemoteId, SourceId, Timestamp};

/// The scope of a cursor that covers the whole source.
const WHOLE: &str = "";

impl Store {
    /// Stores what a server said and the place that is reached by it: all of it or nothing.
    ///
    /// A message is known by its remote id within the epoch; one without id by its content and time, if it
    /// has a time. A known message whose content differs is replaced in place. A deleted one stays deleted.
    /// What the user has marked, and the server has not been told yet, stays as the user has it.
    ///
    /// # Errors
    /// If it cannot be stored. The batch can be delivered again.
    pub fn deliver(
        &mut self,
        source: SourceId,
        batch: &Batch,
        now: Timestamp,
    ) -> Result<Delivered, StoreError> {
        let (mut delivered, rev) = self.write(Durability::Process, |tx| {
            let number = number_source(tx, source)?;
            let epoch = epoch::enter(tx, number, &batch.epoch, &batch.place)?;
            let unsaid = if epoch.is_other { outbox::leave_epochs(tx, number, epoch.number)? } else { 0 };
            let mut delivery = Delivery::new(tx, source, number, epoch.number, now)?;
            delivery.delivered.begun_anew = epoch.is_other;
            if unsaid > 0 {
                let detail = format!("{unsaid} marks of messages that the server has no more are not sent");
                delivery.log("outbox_dropped", detail)?;
            }
            for change in &batch.changes {
                delivery.apply(change)?;
            }
            let (delivered, inbox) = delivery.finish()?;
            move_place(tx, number, &epoch, &batch.place)?;
            Ok((delivered, inbox))
        })?;
        delivered.rev = rev;
        Ok(delivered)
    }
}

/// Up to where the source's history is stored.
pub(super) fn place(connection: &Connection, source: SourceId) -> Result<StreamPlace, StoreError> {
    let place = connection
        .prepare_cached(
            "SELECT cursor, epoch, history_before, owed, source FROM place
             WHERE source = (SELECT id FROM source WHERE uuid = ?1) AND scope = ?2",
        )?
        .query_row(params![source.to_string(), WHOLE], |row| {
            let place = StreamPlace {
                met: true,
                cursor: row.get::<_, Option<String>>(0)?.map(Cursor),
                epoch: Epoch(row.get(1)?),
                names_epochs: false,
                history_before: row.get::<_, Option<String>>(2)?.map(RemoteId),
                owed: row.get::<_, Option<String>>(3)?.and_then(|name| Past::named(&name)),
            };
            Ok((place, row.get(4)?))
        })
        .optional()?;
    let Some((place, number)) = place else { return Ok(StreamPlace::default()) };
    Ok(StreamPlace { names_epochs: epoch::are_named(connection, number)?, ..place })
}

/// One batch on its way into the database.
struct Delivery<'tx> {
    tx: &'tx Connection,
    source: SourceId,
    number: i64,
    epoch: i64,
    now: Timestamp,
    insert: CachedStatement<'tx>,
    due: CachedStatement<'tx>,
    delivered: Delivered,
    logged: bool,
}

impl<'tx> Delivery<'tx> {
    fn new(
        tx: &'tx Connection,
        source: SourceId,
        number: i64,
        epoch: i64,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let insert = tx.prepare_cached(content::INSERT)?;
        let due = tx.prepare_cached(ledger::ARRIVAL_DUE)?;
        let delivered = Delivered::default();
        Ok(Self { tx, source, number, epoch, now, insert, due, delivered, logged: false })
    }

    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Message(arrival) => self.arrive(arrival, Expected::Once),
            Change::Updated(arrival) => self.arrive(arrival, Expected::Changed),
            Change::Read { ids, read } => ids.iter().try_for_each(|id| self.mark(id, *read)),
            Change::Deleted { ids } => ids.iter().try_for_each(|id| self.delete(id)),
            Change::Gap { reason, from, until } => self.gap(*reason, *from, *until),
            Change::Problem(event) => self.write_line(event),
        }
    }

    fn gap(
        &mut self,
        reason: GapReason,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let from = match from {
            Some(from) => Some(from),
            None => self.last_received()?.filter(|at| until.is_none_or(|until| *at < until)),
        };
        let gap = Gap { reason, from, until, noticed_at: self.now };
        log::write_gap(self.tx, self.number, gap)?;
        self.delivered.gaps.push(gap);
        let [from, until] = [from, until].map(|at| at.map_or_else(|| "?".to_owned(), |at| at.to_string()));
        self.log("gap", format!("{}: {from} to {until}", reason.as_str()))
    }

    /// When the last message before this batch came.
    fn last_received(&self) -> Result<Option<Timestamp>, StoreError> {
        let last = self
            .tx
            .prepare_cached(
                "SELECT received_at FROM message WHERE source = ?1 AND received_at < ?2 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![self.number, self.now.0], |row| row.get(0).map(Timestamp))
            .optional()?;
        Ok(last)
    }

    fn arrive(&mut self, arrival: &Arrival, expected: Expected) -> Result<(), StoreError> {
        let content = Content::of(arrival);
        if content.trimmed > 0 {
            let name = arrival.message.remote_id.as_ref().map_or("without id", |id| id.0.as_str());
            self.log(
                "trimmed",
                format!("message {name}: {} bytes of unknown fields left out", content.trimmed),
            )?;
        }
        let fingerprint = content::fingerprint(&arrival.message);
        let rule = match arrival.announce {
            Announce::Archive(rule) => Some(rule),
            Announce::Due | Announce::Never => None,
        };
        let place = content::Place {
            source: self.number,
            epoch: self.epoch,
            received_at: self.now,
            read_at: (arrival.message.is_read || rule.is_some()).then_some(self.now),
            archived_at: rule.map(|_| self.now),
        };
        let inserted = content.insert(&mut self.insert, &place, arrival, fingerprint.as_ref())?;
        if !inserted {
            return self.meet(arrival, &content, expected);
        }
        let id = MessageId(self.tx.last_insert_rowid());
        if let Some(rule) = rule {
            ledger::archived(self.tx, id, rule, self.now)?;
        } else if arrival.announce == Announce::Due && place.read_at.is_none() {
            self.due.execute(params![id.0, self.now.0])?;
            self.delivered.due.push(id);
        }
        self.delivered.new.push(content.into_message(id, self.source, arrival, &place));
        Ok(())
    }

    /// A message that is known already has arrived again.
    fn meet(
        &mut self,
        arrival: &Arrival,
        content: &Content<'_>,
        expected: Expected,
    ) -> Result<(), StoreError> {
        // What is known by its fingerprint has the same content.
        let Some(remote_id) = &arrival.message.remote_id else { return Ok(()) };
        let Some((id, same)) = content.find(self.tx, self.epoch, remote_id)? else { return Ok(()) };
        // Only a read mark makes a message unread again: what the user has read here may not be known there.
        if arrival.message.is_read {
            self.mark(remote_id, ReadState::Read)?;
        }
        if same {
            return Ok(());
        }
        content.replace(self.tx, id, arrival)?;
        self.delivered.updated.push(id);
        match (expected, arrival.announce) {
            (Expected::Once, _) => {
                self.log("replaced", format!("message {remote_id} came again with other content"))
            }
            (Expected::Changed, Announce::Due | Announce::Archive(_)) => {
                if ledger::update_due(self.tx, id, self.now)? == Opened::Now {
                    self.delivered.due.push(id);
                }
                Ok(())
            }
            (Expected::Changed, Announce::Never) => Ok(()),
        }
    }

    fn mark(&mut self, remote_id: &RemoteId, read: ReadState) -> Result<(), StoreError> {
        let (sql, changed) = match read {
            ReadState::Read => (
                "UPDATE message SET read_at = ?3 WHERE epoch = ?1 AND remote_id = ?2
                 AND read_at IS NULL AND deleted_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.message = message.id) RETURNING id",
                &mut self.delivered.read_elsewhere,
            ),
            ReadState::Unread => (
                "UPDATE message SET read_at = NULL WHERE epoch = ?1 AND remote_id = ?2
                 AND read_at IS NOT NULL AND deleted_at IS NULL AND ?3 IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.message = message.id) RETURNING id",
                &mut self.delivered.unread_elsewhere,
            ),
        };
        let id = self
            .tx
            .prepare_cached(sql)?
            .query_row(params![self.epoch, remote_id.0, self.now.0], |row| row.get(0).map(MessageId))
            .optional()?;
        let Some(id) = id else { return Ok(()) };
        changed.push(id);
        match read {
            ReadState::Read => self.withdraw(id),
            ReadState::Unread => Ok(()),
        }
    }

    fn delete(&mut self, remote_id: &RemoteId) -> Result<(), StoreError> {
        outbox::forget(self.tx, self.epoch, remote_id)?;
        let id = self
            .tx
            .prepare_cached(content::BURY)?
            .query_row(params![self.epoch, remote_id.0, self.now.0], |row| row.get(0).map(MessageId))
            .optional()?;
        let Some(id) = id else {
            // What the user has deleted is beyond undoing now.
            self.tx.prepare_cached(content::ERASE_REMOTE)?.execute(params![self.epoch, remote_id.0])?;
            return Ok(());
        };
        self.delivered.deleted.push(id);
        self.withdraw(id)
    }

    fn withdraw(&mut self, id: MessageId) -> Result<(), StoreError> {
        self.delivered.due.retain(|due| *due != id);
        ledger::withdraw(self.tx, id, self.now)
    }

    fn log(&mut self, code: &'static str, detail: String) -> Result<(), StoreError> {
        self.write_line(&LogEvent { code: code.into(), detail })
    }

    fn write_line(&mut self, event: &LogEvent) -> Result<(), StoreError> {
        self.logged = true;
        log::write_line(self.tx, self.number, event, self.now)
    }

    /// Brings what is new into the form in which it is committed.
    fn finish(self) -> Result<(Delivered, Inbox), StoreError> {
        if self.logged {
            log::trim(self.tx)?;
        }
        let mut delivered = self.delivered;
        let changes = [
            &mut delivered.updated,
            &mut delivered.read_elsewhere,
            &mut delivered.unread_elsewhere,
            &mut delivered.deleted,
        ];
        if changes.iter().all(|ids| ids.is_empty()) {
            let inbox = if delivered.new.is_empty() { Inbox::Same } else { Inbox::Changed };
            return Ok((delivered, inbox));
        }
        let fresh: HashSet<MessageId> = delivered.new.iter().map(|message| message.id).collect();
        let mut touched = HashSet::new();
        for ids in changes {
            let mut seen = HashSet::new();
            ids.retain(|id| {
                if fresh.contains(id) {
                    touched.insert(*id);
                }
                !fresh.contains(id) && seen.insert(*id)
            });
        }
        let present = |message: Message| match touched.contains(&message.id) {
            true => read::message(self.tx, message.id).transpose(),
            false => Some(Ok(message)),
        };
        delivered.new = delivered.new.into_iter().filter_map(present).collect::<Result<_, _>>()?;
        Ok((delivered, Inbox::Changed))
    }
}

/// What the server says about a message that it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// That it is as it always was.
    Once,
    /// That it is another than before.
    Changed,
}

fn move_place(tx: &Connection, source: i64, epoch: &Entered, update: &PlaceUpdate) -> Result<(), StoreError> {
    let (keep_cursor, cursor) = match &update.cursor {
        CursorUpdate::Keep => (true, None),
        CursorUpdate::Set(cursor) => (false, Some(&cursor.0)),
        CursorUpdate::Forget => (false, None),
    };
    let (keep_walk, history_before) = match &update.walk {
        // The ids on the way back mean nothing in another epoch.
        WalkUpdate::Keep => (!epoch.is_other, None),
        WalkUpdate::Before(id) => (false, Some(&id.0)),
        WalkUpdate::Done => (false, None),
    };
    let (keep_owed, owed) = match update.owed {
        OwedUpdate::Keep => (true, None),
        OwedUpdate::Owed(past) => (false, Some(past.as_str())),
        OwedUpdate::Paid => (false, None),
    };
    tx.prepare_cached(
        "INSERT INTO place (source, scope, epoch, begun, cursor, history_before, owed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (source, scope) DO UPDATE SET
             epoch = excluded.epoch,
             begun = excluded.begun,
             cursor = iif(?8, cursor, excluded.cursor),
             history_before = iif(?9, history_before, excluded.history_before),
             owed = iif(?10, owed, excluded.owed)",
    )?
    .execute(params![
        source,
        WHOLE,
        epoch.name.0,
        epoch.begun,
        cursor,
        history_before,
        owed,
        keep_cursor,
        keep_walk,
        keep_owed
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests;
