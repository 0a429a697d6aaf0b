//! Lists: newest first, paged by key, of one source or of all.

use std::cmp::Reverse;

use rusqlite::{Connection, Row, Statement, ToSql, named_params};

use super::read::{self, MESSAGE, kind, source_id};
use super::{ListFilter, MessageRow, PageKey, StoreError, Tab};
use crate::model::{Message, MessageId, MessageKind, Priority, Timestamp};
use crate::plain;

/// What [`decode_row`] reads, of a `message AS m`.
const ROW: &str = "m.id, (SELECT uuid FROM source WHERE source.id = m.source), m.kind, m.title,
    coalesce(m.preview, m.body), m.sender, m.priority, m.at,
    m.unread_from IS NOT NULL AND m.unread_from <= :now,
    m.archived_at IS NOT NULL, m.pinned_at IS NOT NULL, m.snoozed_until";

/// How much of a title a list shows, in characters.
const TITLE: usize = 300;

/// A stretch of a list.
pub(super) fn rows(
    connection: &Connection,
    filter: &ListFilter,
    now: Timestamp,
) -> Result<Vec<MessageRow>, StoreError> {
    listing(connection, ROW, filter, now, decode_row)
}

/// One message as a row, wherever it is listed; nothing if there is none.
pub(super) fn row(
    connection: &Connection,
    id: MessageId,
    now: Timestamp,
) -> Result<Option<MessageRow>, StoreError> {
    let mut statement = connection.prepare_cached(&by_id(ROW))?;
    let mut rows = statement.query(named_params! { ":id": id.0, ":now": now.0 })?;
    rows.next()?.map(decode_row).transpose()
}

/// Complete messages of a list.
pub(super) fn messages(
    connection: &Connection,
    filter: &ListFilter,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    listing(connection, MESSAGE, filter, now, read::decode)
}

/// Reads a list below a place: the places of the rows from the index of each source, merged, and then the
/// rows themselves.
fn listing<T>(
    connection: &Connection,
    columns: &str,
    filter: &ListFilter,
    now: Timestamp,
    decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let keys = keys(connection, filter, now)?;
    let mut statement = connection.prepare_cached(&by_id(columns))?;
    let row = |key: PageKey| {
        let mut rows = statement.query(named_params! { ":id": key.id.0, ":now": now.0 })?;
        rows.next()?.map(&decode).transpose()
    };
    keys.into_iter().map(row).filter_map(Result::transpose).collect()
}

fn by_id(columns: &str) -> String {
    format!("SELECT {columns} FROM message AS m WHERE m.id = :id AND :now IS NOT NULL")
}

/// The places of a list's rows, newest first.
pub(super) fn keys(
    connection: &Connection,
    filter: &ListFilter,
    now: Timestamp,
) -> Result<Vec<PageKey>, StoreError> {
    let sources = read::source_numbers(connection, filter.source)?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut keys = Vec::new();
    for source in &sources {
        keys.extend(keys_of(connection, *source, filter, now)?);
    }
    if sources.len() > 1 {
        keys.sort_unstable_by_key(|key| Reverse(*key));
        keys.truncate(limit);
    }
    Ok(keys)
}

/// In two stretches: SQLite would answer `(at, id) < (?, ?)` by walking through everything with the same
/// time, and a server that dates its messages by the day gives thousands the same.
fn keys_of(
    connection: &Connection,
    source: i64,
    filter: &ListFilter,
    now: Timestamp,
) -> Result<Vec<PageKey>, StoreError> {
    let read = |stretch, limit| read_stretch(connection, source, filter, stretch, limit, now);
    let Some(before) = filter.before else { return read(Stretch::Whole, filter.limit) };
    let mut keys = read(Stretch::Tied(before), filter.limit)?;
    let left = filter.limit.saturating_sub(u32::try_from(keys.len()).unwrap_or(u32::MAX));
    if left > 0 {
        keys.extend(read(Stretch::Older(before), left)?);
    }
    Ok(keys)
}

/// A part of a list that is one unbroken stretch of its index.
#[derive(Debug, Clone, Copy)]
enum Stretch {
    /// All of it.
    Whole,
    /// What has the time of a place and a smaller id.
    Tied(PageKey),
    /// What is older than a place.
    Older(PageKey),
}

fn read_stretch(
    connection: &Connection,
    source: i64,
    filter: &ListFilter,
    stretch: Stretch,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<PageKey>, StoreError> {
    let kind = match &filter.tab {
        Tab::All | Tab::Unread | Tab::Archived => filter.kind.as_ref(),
        Tab::Kind { kind } => Some(kind),
    };
    let kind = kind.map(MessageKind::as_str);
    let place = match stretch {
        Stretch::Whole => None,
        Stretch::Tied(place) | Stretch::Older(place) => Some(place),
    };
    let mut statement = connection.prepare_cached(&sql(filter, stretch))?;
    let all: [(&str, &dyn ToSql); 6] = [
        (":now", &now.0),
        (":at", &place.map(|place| place.at.0)),
        (":id", &place.map(|place| place.id.0)),
        (":kind", &kind),
        (":source", &source),
        (":limit", &limit),
    ];
    let asked = asked(&statement, &all)?;
    let key = |row: &Row<'_>| Ok(PageKey { at: Timestamp(row.get(0)?), id: MessageId(row.get(1)?) });
    statement.query_and_then(asked.as_slice(), key)?.collect()
}

/// Those of the values that a statement asks for: it refuses others.
pub(super) fn asked<'v>(
    statement: &Statement<'_>,
    all: &[(&'static str, &'v dyn ToSql)],
) -> Result<Vec<(&'static str, &'v dyn ToSql)>, StoreError> {
    let mut asked = Vec::with_capacity(all.len());
    for value in all {
        if statement.parameter_index(value.0)?.is_some() {
            asked.push(*value);
        }
    }
    Ok(asked)
}

/// The index is named, so that a change of the data never changes the plan.
fn sql(filter: &ListFilter, stretch: Stretch) -> String {
    let index = match filter.tab {
        Tab::All => "message_all",
        Tab::Unread => "message_unread",
        Tab::Kind { .. } => "message_kind",
        Tab::Archived => "message_archived",
    };
    let condition = condition(&filter.tab);
    let of_kind = if filter.kind.is_some() { "AND m.kind = :kind" } else { "" };
    let below = match stretch {
        Stretch::Whole => "",
        Stretch::Tied(_) => "AND m.at = :at AND m.id < :id",
        Stretch::Older(_) => "AND m.at < :at",
    };
    format!(
        "SELECT m.at, m.id FROM message AS m INDEXED BY {index}
         WHERE m.source = :source AND {condition} {of_kind} {below}
         ORDER BY m.at DESC, m.id DESC LIMIT :limit"
    )
}

/// What a `message AS m` has to fulfil to be in a list.
pub(super) fn condition(tab: &Tab) -> &'static str {
    match tab {
        Tab::All => "m.deleted_at IS NULL AND m.archived_at IS NULL",
        Tab::Unread => "m.unread_from <= :now",
        Tab::Kind { .. } => "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.kind = :kind",
        Tab::Archived => "m.deleted_at IS NULL AND m.archived_at IS NOT NULL",
    }
}

/// Reads [`ROW`].
fn decode_row(row: &Row<'_>) -> Result<MessageRow, StoreError> {
    let title =
        plain::shortened(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?, TITLE).into_owned();
    Ok(MessageRow {
        id: MessageId(row.get(0)?),
        source: source_id(row, 1)?,
        kind: kind(row, 2)?,
        title,
        preview: row.get(4)?,
        sender: row.get(5)?,
        priority: Priority::clamped(row.get(6)?),
        at: Timestamp(row.get(7)?),
        unread: row.get(8)?,
        archived: row.get(9)?,
        pinned: row.get(10)?,
        snoozed_until: row.get::<_, Option<i64>>(11)?.map(Timestamp),
    })
}

#[cfg(test)]
mod tests;
