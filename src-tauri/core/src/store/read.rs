//! The questions that [`super::Store`] and [`super::Reader`] share: counts and single messages.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde_json::Map;

use super::all_read::covered;
use super::{InboxSummary, KindCount, PageKey, SourceCount, StoreError};
use crate::model::{Message, MessageId, MessageKind, Priority, RemoteId, Sender, SourceId, Timestamp, Via};

/// What [`decode`] reads, of a `message AS m`.
pub(super) const MESSAGE: &str = concat!(
    "m.id, (SELECT uuid FROM source WHERE source.id = m.source), m.remote_id, m.kind, m.title,
    m.body, m.related_id, m.link, m.priority, m.sender, m.sent_at, m.received_at, m.via,
    CASE WHEN ",
    covered!(),
    " THEN (SELECT at FROM all_read) ELSE m.read_at END, m.extra, m.archived_at, m.snoozed_until, m.pinned_at"
);

/// Totals per kind and source: the tally, and the snoozed messages whose time has come. Since everything was marked
/// read, until all messages have followed, only those count as unread that came later or are unread again.
const COUNTS: &str = concat!(
    "SELECT source, kind, total, CASE WHEN EXISTS (SELECT 1 FROM all_read) THEN 0 ELSE unread END AS unread FROM tally
    UNION ALL
    SELECT m.source, m.kind, 1, m.unread_from IS NOT NULL AND NOT ",
    covered!(),
    " FROM message AS m INDEXED BY message_snoozed
    WHERE m.deleted_at IS NULL AND m.archived_at IS NULL
      AND m.snoozed_until IS NOT NULL AND m.snoozed_until <= :now
    UNION ALL
    SELECT m.source, m.kind, 0, 1 FROM all_read CROSS JOIN message AS m ON m.id > all_read.through
    WHERE m.unread_from IS NOT NULL AND m.snoozed_until IS NULL
    UNION ALL
    SELECT m.source, m.kind, 0, 1
    FROM all_read CROSS JOIN left_unread CROSS JOIN message AS m ON m.id = left_unread.message
    WHERE m.id <= all_read.through AND m.unread_from IS NOT NULL AND m.snoozed_until IS NULL"
);

/// How many messages are put off until later.
const SNOOZED: &str = "
    SELECT count(*) FROM message INDEXED BY message_snoozed
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NOT NULL AND snoozed_until > :now";

/// Known kinds first, then by name.
const KIND_ORDER: &str = "CASE kind WHEN 'reply' THEN 0 WHEN 'system' THEN 1 WHEN 'notification' THEN 2
    WHEN 'message' THEN 3 ELSE 4 END, kind";

/// The revision of the inbox.
pub(super) fn rev(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT rev FROM inbox")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        Some(row) => count(row, 0),
        None => Err(StoreError::Damaged("the inbox has no revision".to_owned())),
    }
}

/// What is in the inbox.
pub(super) fn summary(connection: &Connection, now: Timestamp) -> Result<InboxSummary, StoreError> {
    let sql = format!(
        "SELECT inbox.rev, kinds.kind, kinds.total, kinds.unread,
                sum(kinds.total) OVER (), sum(kinds.unread) OVER (), ({SNOOZED})
         FROM inbox LEFT JOIN (
             SELECT kind, sum(total) AS total, sum(unread) AS unread FROM ({COUNTS})
             GROUP BY kind HAVING sum(total) > 0
         ) AS kinds
         ORDER BY {KIND_ORDER}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! { ":now": now.0 })?;
    let mut summary = None;
    while let Some(row) = rows.next()? {
        let rev = count(row, 0)?;
        let Some(kind) = row.get::<_, Option<String>>(1)? else {
            return Ok(InboxSummary { rev, snoozed: count(row, 6)?, ..InboxSummary::default() });
        };
        let summary = match &mut summary {
            Some(summary) => summary,
            none => none.insert(InboxSummary {
                rev,
                total: count(row, 4)?,
                unread: count(row, 5)?,
                snoozed: count(row, 6)?,
                kinds: Vec::new(),
            }),
        };
        let kind = MessageKind::from(kind.as_str());
        summary.kinds.push(KindCount { kind, total: count(row, 2)?, unread: count(row, 3)? });
    }
    summary.ok_or_else(|| StoreError::Damaged("the inbox has no revision".to_owned()))
}

/// Whether any message counts as unread.
pub(super) fn any_unread(connection: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM ({COUNTS}) WHERE unread > 0");
    Ok(connection.prepare_cached(&sql)?.exists(named_params! { ":now": now.0 })?)
}

/// What is in the inbox of each source, of those that have something there.
pub(super) fn source_counts(connection: &Connection, now: Timestamp) -> Result<Vec<SourceCount>, StoreError> {
    let sql = format!(
        "SELECT source.uuid, counts.kind, sum(counts.total), sum(counts.unread) FROM ({COUNTS}) AS counts
         JOIN source ON source.id = counts.source
         GROUP BY source.id, counts.kind HAVING sum(counts.total) > 0
         ORDER BY source.id, {KIND_ORDER}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! { ":now": now.0 })?;
    let mut sources: Vec<SourceCount> = Vec::new();
    while let Some(row) = rows.next()? {
        let source = source_id(row, 0)?;
        let of_kind = KindCount { kind: kind(row, 1)?, total: count(row, 2)?, unread: count(row, 3)? };
        match sources.last_mut() {
            Some(last) if last.source == source => last.kinds.push(of_kind),
            Some(_) | None => sources.push(SourceCount { source, kinds: vec![of_kind] }),
        }
    }
    Ok(sources)
}

/// The kinds that a source's messages have or once had.
pub(super) fn kinds(connection: &Connection, source: SourceId) -> Result<Vec<MessageKind>, StoreError> {
    connection
        .prepare_cached("SELECT kind FROM tally WHERE source = (SELECT id FROM source WHERE uuid = ?1)")?
        .query_and_then([source.to_string()], |row| kind(row, 0))?
        .collect()
}

/// One message, unless it is deleted.
pub(super) fn message(connection: &Connection, id: MessageId) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {MESSAGE} FROM message AS m WHERE m.id = ?1 AND m.deleted_at IS NULL");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(decode).transpose()
}

/// The newest message of a source that has this id on its server, unless it is deleted.
pub(super) fn find(
    connection: &Connection,
    source: SourceId,
    id: &RemoteId,
) -> Result<Option<MessageId>, StoreError> {
    let sql = "SELECT m.id FROM source JOIN epoch ON epoch.source = source.id JOIN message AS m ON m.epoch = epoch.id
               WHERE source.uuid = ?1 AND m.remote_id = ?2 AND m.deleted_at IS NULL ORDER BY m.id DESC LIMIT 1";
    let found = connection
        .prepare_cached(sql)?
        .query_row((source.to_string(), &id.0), |row| row.get(0).map(MessageId))
        .optional()?;
    Ok(found)
}

/// The place of a message in the lists, unless it is deleted.
pub(super) fn place(connection: &Connection, id: MessageId) -> Result<Option<PageKey>, StoreError> {
    let at = connection
        .prepare_cached("SELECT at FROM message WHERE id = ?1 AND deleted_at IS NULL")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(at.map(|at| PageKey { at: Timestamp(at), id }))
}

/// The numbers that stand for the sources within the database: for one, or for all.
pub(super) fn source_numbers(
    connection: &Connection,
    only: Option<SourceId>,
) -> Result<Vec<i64>, StoreError> {
    let only = only.map(|source| source.to_string());
    let numbers = connection
        .prepare_cached("SELECT id FROM source WHERE ?1 IS NULL OR uuid = ?1")?
        .query_map([only], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(numbers)
}

/// The ids of everything that is not deleted, oldest first.
pub(super) fn all_ids(connection: &Connection) -> Result<Vec<MessageId>, StoreError> {
    let ids = connection
        .prepare("SELECT id FROM message WHERE deleted_at IS NULL ORDER BY at, id")?
        .query_map([], |row| row.get(0).map(MessageId))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

/// Reads [`MESSAGE`].
pub(super) fn decode(row: &Row<'_>) -> Result<Message, StoreError> {
    let via = match row.get_ref(12)?.as_str().unwrap_or_default() {
        "live" => Via::Live,
        "replay" => Via::Replay,
        "backfill" => Via::Backfill,
        "poll" => Via::Poll,
        other => return Err(StoreError::Damaged(format!("no such way: {other:?}"))),
    };
    let extra = match row.get_ref(14)?.as_str_or_null().unwrap_or_default() {
        Some(text) => serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?,
        None => Map::new(),
    };
    Ok(Message {
        id: MessageId(row.get(0)?),
        source: source_id(row, 1)?,
        remote_id: row.get::<_, Option<String>>(2)?.map(RemoteId),
        kind: kind(row, 3)?,
        title: row.get(4)?,
        body: row.get(5)?,
        related_id: row.get(6)?,
        link: row.get(7)?,
        priority: Priority::clamped(row.get(8)?),
        sender: row.get::<_, Option<String>>(9)?.map(|name| Sender { name }),
        sent_at: Timestamp(row.get(10)?),
        received_at: Timestamp(row.get(11)?),
        via,
        read_at: time(row, 13)?,
        archived_at: time(row, 15)?,
        snoozed_until: time(row, 16)?,
        pinned_at: time(row, 17)?,
        extra,
    })
}

fn time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

pub(super) fn kind(row: &Row<'_>, column: usize) -> Result<MessageKind, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(MessageKind::from(text))
}

/// A number that is never below zero.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| StoreError::Damaged(format!("{number} is no count")))
}

pub(super) fn source_id(row: &Row<'_>, column: usize) -> Result<SourceId, StoreError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StoreError::Damaged(format!("{text:?} is no source")))
}
