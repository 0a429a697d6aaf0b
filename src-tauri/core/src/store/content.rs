//! The content of one message: written, compared, replaced, erased.

use std::borrow::Cow;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Arrival, StoreError, payload};
use crate::model::{Message, MessageId, NewMessage, RemoteId, SentAt, SourceId, Timestamp};
use crate::plain;

/// The most that is kept of a message's unknown fields, in bytes of JSON.
const EXTRA: usize = 64 * 1024;

/// The most that a list shows of a body, in characters.
const PREVIEW: usize = 200;

/// Writes a message; does nothing if it is known, living or deleted.
pub(super) const INSERT: &str = "
    INSERT INTO message (source, epoch, remote_id, fingerprint, sent_at, received_at, read_at, priority, via,
        kind, related_id, link, sender, title, preview, body, extra, archived_at, payload)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
    ON CONFLICT DO NOTHING";

/// Makes a message a tombstone: its texts go, its identity stays.
pub(super) const BURY: &str = "
    UPDATE message SET deleted_at = ?3, related_id = NULL, link = NULL, sender = NULL, title = '',
        preview = NULL, body = '', extra = NULL, payload = NULL
    WHERE epoch = ?1 AND remote_id = ?2 AND deleted_at IS NULL RETURNING id";

/// Erases the texts of a message that the user has deleted and the server deletes, too.
pub(super) const ERASE_REMOTE: &str = "
    UPDATE message SET related_id = NULL, link = NULL, sender = NULL, title = '', preview = NULL, body = '',
        extra = NULL, payload = NULL
    WHERE epoch = ?1 AND remote_id = ?2 AND deleted_at IS NOT NULL AND title <> ''";

/// Where a message is written.
pub(super) struct Place {
    pub source: i64,
    pub epoch: i64,
    pub received_at: Timestamp,
    pub read_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
}

/// What an arrival says, in the form in which it is stored.
pub(super) struct Content<'a> {
    message: &'a NewMessage,
    preview: Option<Cow<'a, str>>,
    /// The unknown fields that are kept, and their JSON; empty for none.
    extra: Cow<'a, Map<String, Value>>,
    extra_json: Option<String>,
    /// How many bytes of unknown fields were left out.
    pub trimmed: usize,
}

impl<'a> Content<'a> {
    pub fn of(arrival: &'a Arrival) -> Self {
        let message = &arrival.message;
        let whole = json(&message.extra);
        let length = whole.as_ref().map_or(0, String::len);
        let (extra, extra_json) = if length <= EXTRA {
            (Cow::Borrowed(&message.extra), whole)
        } else {
            let kept = fitting(&message.extra);
            let text = json(&kept);
            (Cow::Owned(kept), text)
        };
        let trimmed = length - extra_json.as_ref().map_or(0, String::len);
        let preview =
            Some(plain::first_line(&message.body, PREVIEW)).filter(|preview| *preview != message.body);
        Self { message, preview, extra, extra_json, trimmed }
    }

    fn payload(&self, arrival: &Arrival) -> Option<String> {
        payload::pack(arrival, &self.extra)
    }

    /// Whether it was written: not if it is known.
    pub fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        place: &Place,
        arrival: &Arrival,
        fingerprint: Option<&[u8; 16]>,
    ) -> Result<bool, StoreError> {
        let message = self.message;
        let rows = statement.execute(params![
            place.source,
            place.epoch,
            message.remote_id.as_ref().map(|id| &id.0),
            fingerprint,
            arrival.sent_at.0,
            place.received_at.0,
            place.read_at.map(|at| at.0),
            message.priority.get(),
            arrival.via.as_str(),
            message.kind.as_str(),
            message.related_id,
            message.link,
            message.sender.as_ref().map(|sender| &sender.name),
            message.title,
            self.preview,
            message.body,
            self.extra_json,
            place.archived_at.map(|at| at.0),
            self.payload(arrival),
        ])?;
        Ok(rows == 1)
    }

    /// Finds the living message with this id, and tells whether it has this content.
    pub fn find(
        &self,
        tx: &Connection,
        epoch: i64,
        remote_id: &RemoteId,
    ) -> Result<Option<(MessageId, bool)>, StoreError> {
        let message = self.message;
        // Without a zone the resolved time can change as the zone is learned; that is no other content.
        let sent_at = match message.sent_at {
            SentAt::Exact(at) => Some(at.0),
            SentAt::Zoneless(_) | SentAt::Unknown => None,
        };
        let found = tx
            .prepare_cached(
                "SELECT id, kind IS ?3 AND title IS ?4 AND body IS ?5 AND related_id IS ?6 AND link IS ?7
                        AND priority IS ?8 AND sender IS ?9 AND sent_at IS coalesce(?10, sent_at) AND extra IS ?11
                 FROM message WHERE epoch = ?1 AND remote_id = ?2 AND deleted_at IS NULL",
            )?
            .query_row(
                params![
                    epoch,
                    remote_id.0,
                    message.kind.as_str(),
                    message.title,
                    message.body,
                    message.related_id,
                    message.link,
                    message.priority.get(),
                    message.sender.as_ref().map(|sender| &sender.name),
                    sent_at,
                    self.extra_json,
                ],
                |row| Ok((MessageId(row.get(0)?), row.get(1)?)),
            )
            .optional()?;
        Ok(found)
    }

    /// Puts this content in the place of what the message had. Its state and its time of receipt stay.
    pub fn replace(&self, tx: &Connection, id: MessageId, arrival: &Arrival) -> Result<(), StoreError> {
        let message = self.message;
        let sent_at = match message.sent_at {
            SentAt::Exact(_) | SentAt::Zoneless(_) => Some(arrival.sent_at.0),
            SentAt::Unknown => None,
        };
        tx.prepare_cached(
            "UPDATE message SET kind = ?2, title = ?3, body = ?4, related_id = ?5, link = ?6, priority = ?7,
                 sender = ?8, sent_at = coalesce(?9, sent_at), extra = ?10, preview = ?11, payload = ?12
             WHERE id = ?1",
        )?
        .execute(params![
            id.0,
            message.kind.as_str(),
            message.title,
            message.body,
            message.related_id,
            message.link,
            message.priority.get(),
            message.sender.as_ref().map(|sender| &sender.name),
            sent_at,
            self.extra_json,
            self.preview,
            self.payload(arrival),
        ])?;
        Ok(())
    }

    /// The message as it has just been written.
    pub fn into_message(self, id: MessageId, source: SourceId, arrival: &Arrival, place: &Place) -> Message {
        let message = self.message.clone();
        Message {
            id,
            source,
            remote_id: message.remote_id,
            kind: message.kind,
            title: message.title,
            body: message.body,
            related_id: message.related_id,
            link: message.link,
            priority: message.priority,
            sender: message.sender,
            sent_at: arrival.sent_at,
            received_at: place.received_at,
            via: arrival.via,
            read_at: place.read_at,
            archived_at: place.archived_at,
            snoozed_until: None,
            pinned_at: None,
            extra: self.extra.into_owned(),
        }
    }
}

/// Erases the texts of a deleted message; all of it where nothing identifies it.
pub(super) fn erase(tx: &Connection, id: MessageId) -> Result<(), StoreError> {
    let gone = tx
        .prepare_cached(
            "DELETE FROM message
             WHERE id = ?1 AND deleted_at IS NOT NULL AND remote_id IS NULL AND fingerprint IS NULL",
        )?
        .execute([id.0])?;
    if gone > 0 {
        tx.prepare_cached("DELETE FROM ledger WHERE message = ?1")?.execute([id.0])?;
        return Ok(());
    }
    tx.prepare_cached(
        "UPDATE message SET related_id = NULL, link = NULL, sender = NULL, title = '', preview = NULL,
             body = '', extra = NULL, payload = NULL
         WHERE id = ?1 AND deleted_at IS NOT NULL",
    )?
    .execute([id.0])?;
    Ok(())
}

/// What identifies a message that has no id but a time: SHA-256, cut to 16 bytes, of its type, title,
/// content, related id and time as the server wrote them, each with its length.
pub(super) fn fingerprint(message: &NewMessage) -> Option<[u8; 16]> {
    if message.remote_id.is_some() {
        return None;
    }
    let (zone, at) = match message.sent_at {
        SentAt::Unknown => return None,
        SentAt::Exact(at) => (b"Z", at.0),
        SentAt::Zoneless(at) => (b"-", at.0),
    };
    let mut hash = Sha256::new();
    let related_id = message.related_id.as_deref();
    for field in [Some(message.kind.as_str()), Some(&message.title), Some(&message.body), related_id] {
        match field {
            Some(text) => {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
            None => hash.update(u64::MAX.to_le_bytes()),
        }
    }
    hash.update(zone);
    hash.update(at.to_le_bytes());
    hash.finalize().first_chunk().copied()
}

fn json(extra: &Map<String, Value>) -> Option<String> {
    // A map of JSON values with text keys always has a JSON text.
    (!extra.is_empty()).then(|| serde_json::to_string(extra).unwrap_or_else(|_| "{}".to_owned()))
}

/// Those fields that fit together, in their order.
fn fitting(extra: &Map<String, Value>) -> Map<String, Value> {
    let mut room = EXTRA - "{}".len();
    let mut kept = Map::new();
    for (name, value) in extra {
        let entry = Map::from_iter([(name.clone(), value.clone())]);
        // The braces of the entry alone pay for a comma.
        let size = json(&entry).map_or(0, |text| text.len() - 1);
        if size <= room {
            room -= size;
            kept.extend(entry);
        }
    }
    kept
}
