//! Lists: newest first, paged by key.

use rusqlite::{Connection, Row, ToSql};

use super::read::{self, MESSAGE, kind, source_id};
use super::{ListFilter, MessageRow, PageKey, StoreError, Tab};
use crate::model::{Message, MessageId, Priority, Timestamp};

/// What [`decode_row`] reads, of a `message AS m`.
const ROW: &str = "m.id, (SELECT uuid FROM source WHERE source.id = m.source), m.kind, m.title,
    coalesce(m.preview, m.body), m.sender, m.priority, m.at,
    m.unread_from IS NOT NULL AND m.unread_from <= :now";

/// How much of a title a list shows, in characters.
const TITLE: usize = 300;

/// A stretch of a list.
pub(super) fn rows(
    connection: &Connection,
    tab: &Tab,
    before: Option<PageKey>,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<MessageRow>, StoreError> {
    let filter = ListFilter { tab: tab.clone(), source: None, before, limit };
    listing(connection, ROW, &filter, now, decode_row)
}

/// Complete messages of a list.
pub(super) fn messages(
    connection: &Connection,
    filter: &ListFilter,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    listing(connection, MESSAGE, filter, now, read::decode)
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

/// Reads a list below a place.
///
/// In two stretches: SQLite would answer `(at, id) < (?, ?)` by walking through everything with the same
/// time, and a server that dates its messages by the day gives thousands the same.
fn listing<T>(
    connection: &Connection,
    columns: &str,
    filter: &ListFilter,
    now: Timestamp,
    decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let read = |stretch, limit| read_stretch(connection, columns, filter, stretch, limit, now, &decode);
    let Some(before) = filter.before else { return read(Stretch::Whole, filter.limit) };
    let mut rows = read(Stretch::Tied(before), filter.limit)?;
    let left = filter.limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    if left > 0 {
        rows.extend(read(Stretch::Older(before), left)?);
    }
    Ok(rows)
}

fn read_stretch<T>(
    connection: &Connection,
    columns: &str,
    filter: &ListFilter,
    stretch: Stretch,
    limit: u32,
    now: Timestamp,
    decode: &impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (kind, source, place) = values(filter, stretch);
    let mut statement = connection.prepare_cached(&sql(columns, filter, stretch))?;
    let all: [(&str, &dyn ToSql); 6] = [
        (":now", &now.0),
        (":at", &place.map(|place| place.at.0)),
        (":id", &place.map(|place| place.id.0)),
        (":kind", &kind),
        (":source", &source),
        (":limit", &limit),
    ];
    // A statement refuses values that it does not ask for.
    let mut asked = Vec::with_capacity(all.len());
    for value in all {
        if statement.parameter_index(value.0)?.is_some() {
            asked.push(value);
        }
    }
    statement.query_and_then(asked.as_slice(), decode)?.collect()
}

fn values(filter: &ListFilter, stretch: Stretch) -> (Option<&str>, Option<String>, Option<PageKey>) {
    let kind = match &filter.tab {
        Tab::All | Tab::Unread => None,
        Tab::Kind { kind } => Some(kind.as_str()),
    };
    let place = match stretch {
        Stretch::Whole => None,
        Stretch::Tied(place) | Stretch::Older(place) => Some(place),
    };
    (kind, filter.source.map(|source| source.to_string()), place)
}

/// The index is named, so that a change of the data never changes the plan.
fn sql(columns: &str, filter: &ListFilter, stretch: Stretch) -> String {
    let (index, condition) = match &filter.tab {
        Tab::All => ("message_all", "m.deleted_at IS NULL AND m.archived_at IS NULL"),
        Tab::Unread => ("message_unread", "m.unread_from <= :now"),
        Tab::Kind { .. } => {
            ("message_kind", "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.kind = :kind")
        }
    };
    let from_source = match filter.source {
        Some(_) => "AND m.source = (SELECT id FROM source WHERE uuid = :source)",
        None => "",
    };
    let below = match stretch {
        Stretch::Whole => "",
        Stretch::Tied(_) => "AND m.at = :at AND m.id < :id",
        Stretch::Older(_) => "AND m.at < :at",
    };
    format!(
        "SELECT {columns} FROM message AS m INDEXED BY {index} WHERE {condition} {from_source} {below}
         ORDER BY m.at DESC, m.id DESC LIMIT :limit"
    )
}

/// Reads [`ROW`].
fn decode_row(row: &Row<'_>) -> Result<MessageRow, StoreError> {
    let mut title: String = row.get(3)?;
    if let Some((end, _)) = title.char_indices().nth(TITLE) {
        title.truncate(end);
    }
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
    })
}

#[cfg(test)]
mod tests;
