//! Taking back what the user did.
//!
//! An act of the user hands out a [`Former`]; who holds it, and for how long, is not decided here.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::outbox::{Intent, OutboxId, Written};
use super::{Durability, Inbox, Store, StoreError, content, ledger};
use crate::model::{MessageId, Timestamp};

/// Messages as they were before an act of the user: what it takes to take the act back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Former {
    fields: Vec<Field>,
    /// What servers are to be told of it.
    written: Written,
}

/// One time of some messages: what the act made of it, and what it was.
#[derive(Debug, Clone, PartialEq)]
struct Field {
    column: Column,
    is: Option<Timestamp>,
    was: Vec<(MessageId, Option<Timestamp>)>,
}

impl Field {
    fn ids(&self) -> impl DoubleEndedIterator<Item = MessageId> + '_ {
        self.was.iter().map(|(id, _)| *id)
    }
}

/// The times of a message that the user sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Read,
    Archived,
    Deleted,
    Snoozed,
    Returned,
    Pinned,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read_at",
            Self::Archived => "archived_at",
            Self::Deleted => "deleted_at",
            Self::Snoozed => "snoozed_until",
            Self::Returned => "returned_at",
            Self::Pinned => "pinned_at",
        }
    }
}

impl Former {
    /// The messages that the act changed, in the order in which they were named.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.fields.first().into_iter().flat_map(Field::ids)
    }

    /// Whether the act changed nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }

    /// The messages that need no attention any more since the act, or not for now.
    pub fn settled(&self) -> impl Iterator<Item = MessageId> + '_ {
        let settling = |field: &&Field| match field.column {
            Column::Read | Column::Archived | Column::Deleted | Column::Snoozed => field.is.is_some(),
            Column::Returned | Column::Pinned => false,
        };
        self.fields.first().filter(settling).into_iter().flat_map(Field::ids)
    }

    /// Whether the act deleted messages, whose texts have to go when it cannot be taken back any more.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.fields.iter().any(|field| field.column == Column::Deleted)
    }

    /// The first row of the outbox that is the act's, if it has any.
    #[must_use]
    pub fn first_row(&self) -> Option<OutboxId> {
        self.written.first()
    }

    /// A time that was empty in all of these messages and is not any more; the act has filled none but this.
    pub(super) fn filled(&mut self, column: Column, is: Timestamp, ids: &[MessageId]) {
        let was = ids.iter().map(|id| (*id, None));
        match self.fields.first_mut() {
            Some(field) => field.was.extend(was),
            None => self.fields.push(Field { column, is: Some(is), was: was.collect() }),
        }
    }

    /// Takes the last so many messages out, so that the act can be taken back in parts.
    #[must_use]
    pub fn split_end(&mut self, most: usize) -> Self {
        let mut part = Self::default();
        let mut ids: Option<HashSet<MessageId>> = None;
        for field in &mut self.fields {
            // The further times are those of some of the messages of the first, in the same order.
            let from = match &ids {
                None => field.was.len().saturating_sub(most),
                Some(ids) => field.was.len() - field.ids().rev().take_while(|id| ids.contains(id)).count(),
            };
            let was = field.was.split_off(from);
            ids.get_or_insert_with(|| was.iter().map(|(id, _)| *id).collect());
            part.fields.push(Field { column: field.column, is: field.is, was });
        }
        let mut written = self.written.of_none();
        self.written.hand_over(part.ids(), &mut written);
        part.written = written;
        part
    }

    /// Adds what another part of the same act has changed, after this one's.
    pub fn join_end(&mut self, part: Self) {
        if self.fields.is_empty() {
            *self = part;
            return;
        }
        for (field, other) in self.fields.iter_mut().zip(part.fields) {
            field.was.extend(other.was);
        }
        self.written.take_over(part.written);
    }

    /// Puts into the outbox what the act has made of these messages.
    pub(super) fn tell(
        &mut self,
        tx: &Connection,
        intent: Intent,
        ids: &[MessageId],
    ) -> Result<(), StoreError> {
        self.written.put(tx, intent, ids)
    }

    /// Puts into the outbox that the messages of `temp.marked`, of which nothing stands there, are read.
    pub(super) fn tell_marked(&mut self, tx: &Connection) -> Result<(), StoreError> {
        self.written.put_marked(tx)
    }

    /// Fills or empties one of the times, where it is not so already. Unknown and deleted messages are
    /// ignored. Returns the messages that are others now.
    pub(super) fn set(
        &mut self,
        tx: &Connection,
        column: Column,
        is: Option<Timestamp>,
        ids: &[MessageId],
    ) -> Result<Vec<MessageId>, StoreError> {
        let name = column.name();
        // What is read, archived, deleted or pinned stays so since when it was; a message can be put off anew.
        let differs = match column {
            Column::Read | Column::Archived | Column::Deleted | Column::Pinned => "IS NULL) <> (?2 IS NULL",
            Column::Snoozed | Column::Returned => "IS NOT ?2",
        };
        let mut find = tx.prepare_cached(&format!(
            "SELECT {name} FROM message WHERE id = ?1 AND deleted_at IS NULL AND ({name} {differs})"
        ))?;
        let mut update = tx.prepare_cached(&format!("UPDATE message SET {name} = ?2 WHERE id = ?1"))?;
        let mut was = Vec::new();
        for id in ids {
            let values = params![id.0, is.map(|at| at.0)];
            let found: Option<Option<i64>> = find.query_row(values, |row| row.get(0)).optional()?;
            if let Some(before) = found {
                update.execute(values)?;
                was.push((*id, before.map(Timestamp)));
            }
        }
        let changed = was.iter().map(|(id, _)| *id).collect();
        self.fields.push(Field { column, is, was });
        Ok(changed)
    }
}

impl Store {
    /// Takes an act of the user back: each time of each message that is still as the act left it becomes
    /// what it was before, and so does what servers are to be told of it. Survives a power failure. Returns the
    /// messages that are settled by it, i.e. read.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn take_back(&mut self, former: &Former, now: Timestamp) -> Result<Vec<MessageId>, StoreError> {
        let (settled, _) = self.write(Durability::Power, |tx| {
            let mut changed = BTreeSet::new();
            for Field { column, is, was } in &former.fields {
                let name = column.name();
                // A message without its texts stays deleted.
                let mut update = tx.prepare_cached(&format!(
                    "UPDATE message SET {name} = ?3 WHERE id = ?1 AND {name} IS ?2 AND title <> ''"
                ))?;
                for (id, was) in was {
                    if update.execute(params![id.0, is.map(|at| at.0), was.map(|at| at.0)])? == 0 {
                        continue;
                    }
                    changed.insert(*id);
                    match column {
                        Column::Read | Column::Deleted => former.written.take_back(tx, *id)?,
                        Column::Archived | Column::Snoozed | Column::Returned | Column::Pinned => {}
                    }
                }
            }
            let mut settled = Vec::new();
            let mut is_settled =
                tx.prepare_cached("SELECT unread_from IS NULL FROM message WHERE id = ?1")?;
            for id in &changed {
                if is_settled.query_row([id.0], |row| row.get(0))? {
                    ledger::withdraw(tx, *id, now)?;
                    settled.push(*id);
                }
            }
            let inbox = if changed.is_empty() { Inbox::Same } else { Inbox::Changed };
            Ok((settled, inbox))
        })?;
        Ok(settled)
    }

    /// Erases the texts of everything that is deleted. What stays is a tombstone by which the server's
    /// repetitions are recognised, for good: nobody says how far back a server can repeat. Of a message that
    /// could not be recognised nothing stays.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn erase_deleted(&mut self) -> Result<(), StoreError> {
        let deleted = self
            .connection
            .prepare_cached(
                "SELECT id FROM message INDEXED BY message_erasable
                 WHERE deleted_at IS NOT NULL AND title <> ''",
            )?
            .query_map([], |row| row.get(0).map(MessageId))?
            .collect::<Result<Vec<_>, _>>()?;
        self.erase_ids(&deleted)
    }

    /// Erases the texts of the messages that an act has deleted, as [`Store::erase_deleted`] does: it cannot
    /// be taken back any more.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn erase(&mut self, former: &Former) -> Result<(), StoreError> {
        let deletions = former.fields.iter().filter(|field| field.column == Column::Deleted);
        let ids: Vec<_> = deletions.flat_map(Field::ids).collect();
        self.erase_ids(&ids)
    }

    fn erase_ids(&mut self, ids: &[MessageId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write(Durability::Process, |tx| {
            for id in ids {
                content::erase(tx, *id)?;
            }
            // Nobody could see these messages any more.
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Announcement, Change, ReadState, Tab};
    use super::*;
    use crate::model::SentAt;

    const LATER: Timestamp = Timestamp(NOW.0 + 1_000);

    fn texts(bench: &Bench, id: i64) -> Option<(String, String)> {
        let sql = "SELECT title, body FROM message WHERE id = ?1";
        let row = bench.store.connection.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional().unwrap()
    }

    fn erased(bench: &Bench, id: i64) -> bool {
        texts(bench, id) == Some((String::new(), String::new()))
    }

    #[test]
    fn every_act_can_be_taken_back() {
        type Act = fn(&mut Store) -> Result<Former, StoreError>;
        let acts: [(&str, Act); 5] = [
            ("read", |store| store.mark_read(&ids(&[1, 2]), ReadState::Read, LATER)),
            ("unread", |store| store.mark_read(&ids(&[1, 2]), ReadState::Unread, LATER)),
            ("all read", |store| store.mark_all_read(LATER)),
            ("archive", |store| store.archive(&ids(&[1, 2]), LATER)),
            ("delete", |store| store.delete(&ids(&[1, 2]), LATER)),
        ];
        for (name, act) in acts {
            let mut bench = Bench::new();
            bench.deliver(vec![message("a"), message("b"), message("c")]);
            bench.store.mark_read(&ids(&[2]), ReadState::Read, NOW).unwrap();
            let present = |bench: &Bench| {
                let summary = bench.summary(NOW).unwrap();
                let all = bench.reader().page(&filter(Tab::All, None, 10), NOW).unwrap().rows;
                let whole = [1, 2, 3].map(|id| bench.message(MessageId(id)).unwrap());
                (summary.total, summary.unread, summary.kinds, all, whole)
            };
            let before = present(&bench);
            let former = act(&mut bench.store).unwrap();
            assert_ne!(present(&bench), before, "{name}");
            bench.store.take_back(&former, LATER).unwrap();
            assert_eq!(present(&bench), before, "{name}");
            bench.check().unwrap();
        }
    }

    #[test]
    fn taking_back_leaves_alone_what_has_changed_since() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a"), message("b")]);
        let archived = bench.store.archive(&ids(&[1, 2]), NOW).unwrap();
        bench.store.mark_read(&ids(&[1]), ReadState::Unread, LATER).unwrap();
        bench.store.mark_read(&ids(&[1]), ReadState::Read, LATER).unwrap();
        assert_eq!(bench.store.take_back(&archived, LATER).unwrap(), ids(&[1]));
        assert_eq!(bench.message(MessageId(1)).unwrap().unwrap().read_at, Some(LATER));
        assert_eq!(bench.message(MessageId(2)).unwrap().unwrap().read_at, None);
        assert_eq!(bench.unread(), 1);
    }

    #[test]
    fn archiving_marks_read_ends_the_snooze_and_withdraws_what_is_due() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a")]);
        bench.store.connection.execute("UPDATE message SET snoozed_until = 5", []).unwrap();
        let former = bench.store.archive(&ids(&[1, 9]), LATER).unwrap();
        assert_eq!(former.settled().collect::<Vec<_>>(), ids(&[1]));
        let archived = bench.message(MessageId(1)).unwrap().unwrap();
        let times = (archived.read_at, archived.archived_at, archived.snoozed_until);
        assert_eq!(times, (Some(LATER), Some(LATER), None));
        assert!(bench.unannounced().unwrap().is_empty());
        assert!(bench.store.archive(&ids(&[1]), LATER).unwrap().is_empty(), "it is there already");
        bench.store.take_back(&former, LATER).unwrap();
        let back = bench.message(MessageId(1)).unwrap().unwrap();
        assert_eq!((back.read_at, back.snoozed_until), (None, Some(Timestamp(5))));
        let state = "SELECT state FROM ledger";
        let state: String = bench.store.connection.query_row(state, [], |row| row.get(0)).unwrap();
        assert_eq!(state, Announcement::Withdrawn.as_str(), "nothing pops up again");
    }

    #[test]
    fn what_is_deleted_is_shown_nowhere_and_erased_when_it_is_too_late_to_undo() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a"), message("b")]);
        let former = bench.store.delete(&ids(&[1]), NOW).unwrap();
        assert!(former.deletes());
        assert_eq!(bench.message(MessageId(1)).unwrap(), None);
        assert_eq!((bench.summary(NOW).unwrap().total, bench.unread()), (1, 1));
        assert!(!erased(&bench, 1));
        bench.store.erase(&former).unwrap();
        assert!(erased(&bench, 1) && !erased(&bench, 2));
        bench.check().unwrap();
        // The tombstone stays: neither the server nor an undo brings it back.
        assert!(bench.deliver(vec![message("a")]).new.is_empty());
        bench.store.take_back(&former, LATER).unwrap();
        assert_eq!(bench.message(MessageId(1)).unwrap(), None);
    }

    #[test]
    fn a_start_erases_what_was_deleted_before() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a"), message("b")]);
        bench.store.delete(&ids(&[2]), NOW).unwrap();
        bench.store.erase_deleted().unwrap();
        assert!(erased(&bench, 2) && !erased(&bench, 1));
    }

    #[test]
    fn what_the_server_deletes_too_cannot_be_taken_back() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a")]);
        let former = bench.store.delete(&ids(&[1]), NOW).unwrap();
        let delivered = bench.deliver(vec![Change::Deleted { ids: vec![remote("a")] }]);
        assert!(delivered.deleted.is_empty(), "for people it was gone before");
        assert!(erased(&bench, 1));
        bench.store.take_back(&former, NOW).unwrap();
        assert_eq!(bench.message(MessageId(1)).unwrap(), None);
    }

    #[test]
    fn nothing_stays_of_a_message_that_could_not_be_recognised() {
        let mut bench = Bench::new();
        let anonymous = arrival_with("", |message| {
            message.remote_id = None;
            message.sent_at = SentAt::Unknown;
        });
        bench.deliver(vec![Change::Message(anonymous)]);
        let former = bench.store.delete(&ids(&[1]), NOW).unwrap();
        bench.store.erase(&former).unwrap();
        bench.check().unwrap();
        assert_eq!(texts(&bench, 1), None);
    }
}
