//! Lists: newest first, what is put off by when it comes back; paged by key, of one source or of all.

use std::cmp::Reverse;

use rusqlite::{Connection, Row, Statement, ToSql, named_params};

use super::all_read::{self, Following, covered};
use super::filter::{Plan, checks, condition, span};
use super::read::{self, MESSAGE, kind, source_id};
use super::{ListFilter, MessageRow, PageKey, StoreError, Tab};
use crate::model::{Message, MessageId, MessageKind, Priority, Timestamp};
use crate::plain;

/// What [`decode_row`] reads, of a `message AS m`.
const ROW: &str = concat!(
    "m.id, (SELECT uuid FROM source WHERE source.id = m.source), m.kind, m.title,
    coalesce(m.preview, m.body), m.sender, m.priority, m.at,
    m.unread_from IS NOT NULL AND m.unread_from <= :now AND NOT ",
    covered!(),
    ", m.archived_at IS NOT NULL, m.pinned_at IS NOT NULL, m.snoozed_until, m.returned_at"
);

/// How much of a title a list shows, in characters.
const TITLE: usize = 300;

/// A stretch of a list, and the place before which it was cut short.
pub(super) fn rows(
    connection: &Connection,
    list: &ListFilter,
    now: Timestamp,
) -> Result<(Vec<MessageRow>, Option<PageKey>), StoreError> {
    let Keys { keys, cut } = keys(connection, list, now)?;
    Ok((listing(connection, ROW, keys, now, decode_row)?, cut))
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
    list: &ListFilter,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    let mut list = list.clone();
    let mut all = Vec::new();
    loop {
        let Keys { keys, cut } = keys(connection, &list, now)?;
        list.limit = list.limit.saturating_sub(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        all.extend(keys);
        if cut.is_none() || list.limit == 0 {
            return listing(connection, MESSAGE, all, now, read::decode);
        }
        list.before = cut;
    }
}

/// Reads a list below a place: the places of the rows from the index of each source, merged, and then the
/// rows themselves.
fn listing<T>(
    connection: &Connection,
    columns: &str,
    keys: Vec<PageKey>,
    now: Timestamp,
    decode: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
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

/// The places of a list's rows, in their order.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// They; fewer than asked for only at the end of the list, or before the cut.
    pub keys: Vec<PageKey>,
    /// The last place that was looked at, where what is wanted is so rare that the search for it was given up.
    pub cut: Option<PageKey>,
}

/// In which order a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    NewestFirst,
    /// By when they come back.
    SoonestFirst,
}

impl Order {
    fn of(tab: &Tab) -> Self {
        match tab {
            Tab::Snoozed => Self::SoonestFirst,
            Tab::All | Tab::Unread | Tab::Kind { .. } | Tab::Archived => Self::NewestFirst,
        }
    }

    /// The direction of an index, and how what follows a place compares with it.
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::NewestFirst => ("DESC", "<"),
            Self::SoonestFirst => ("ASC", ">"),
        }
    }
}

/// The places of a list's rows, in the list's own order.
pub(super) fn keys(connection: &Connection, list: &ListFilter, now: Timestamp) -> Result<Keys, StoreError> {
    ordered_keys(connection, list, Order::of(&list.tab), now)
}

/// The places of a list's rows.
pub(super) fn ordered_keys(
    connection: &Connection,
    list: &ListFilter,
    order: Order,
    now: Timestamp,
) -> Result<Keys, StoreError> {
    if let (Tab::Kind { kind }, Some(other)) = (&list.tab, &list.filter.kind)
        && kind != other
    {
        return Ok(Keys::default());
    }
    let sources = read::source_numbers(connection, list.source)?;
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let following = all_read::following(connection)?;
    let plan = Plan::of(list, following);
    if following == Following::UnderWay && plan.is_of_unread() && !read::any_unread(connection, now)? {
        return Ok(Keys::default());
    }
    let mut merged = Keys::default();
    let mut cuts = Vec::new();
    for source in &sources {
        let budget = (BUDGET / sources.len()).max(BUDGET / 16);
        let mut stretch = Scan { connection, plan: &plan, list, order, now, source: *source, left: budget };
        let found = stretch.keys()?;
        merged.keys.extend(found.keys);
        cuts.extend(found.cut);
    }
    if plan.lacks_returned {
        for source in &sources {
            merged.keys.extend(returned(connection, *source, list, now)?);
        }
    }
    match order {
        Order::NewestFirst => {
            merged.keys.sort_unstable_by_key(|key| Reverse(*key));
            merged.cut = cuts.into_iter().max();
        }
        Order::SoonestFirst => {
            merged.keys.sort_unstable();
            merged.cut = cuts.into_iter().min();
        }
    }
    merged.keys.truncate(limit);
    if let Some(cut) = merged.cut {
        merged.keys.retain(|key| match order {
            Order::NewestFirst => *key >= cut,
            Order::SoonestFirst => *key <= cut,
        });
    }
    Ok(merged)
}

/// How many rows one question compares with what is wanted, at most about: some milliseconds' worth.
const BUDGET: usize = 8_000;

/// A part of a list that is one unbroken stretch of its index.
#[derive(Debug, Clone, Copy)]
enum Stretch {
    /// All of it.
    Whole,
    /// What has the time of a place and follows it by its id.
    Tied(PageKey),
    /// What follows a place by its time.
    Beyond(PageKey),
}

/// The list of one source on its way through its index.
struct Scan<'a> {
    connection: &'a Connection,
    plan: &'a Plan,
    list: &'a ListFilter,
    order: Order,
    now: Timestamp,
    source: i64,
    /// How many rows may still be looked at, where rows have to be.
    left: usize,
}

impl Scan<'_> {
    /// In two stretches: SQLite would answer `(at, id) < (?, ?)` by walking through everything with the same
    /// time, and a server that dates its messages by the day gives thousands the same.
    fn keys(&mut self) -> Result<Keys, StoreError> {
        let limit = usize::try_from(self.list.limit).unwrap_or(usize::MAX);
        let mut found = Keys::default();
        let Some(before) = self.list.before else {
            self.read(Stretch::Whole, limit, &mut found)?;
            return Ok(found);
        };
        for stretch in [Stretch::Tied(before), Stretch::Beyond(before)] {
            if found.keys.len() < limit && found.cut.is_none() {
                self.read(stretch, limit, &mut found)?;
            }
        }
        Ok(found)
    }

    fn read(&mut self, stretch: Stretch, limit: usize, into: &mut Keys) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached(&sql(self.plan, self.list, self.order, stretch, self.now))?;
        let place = match stretch {
            Stretch::Whole => None,
            Stretch::Tied(place) | Stretch::Beyond(place) => Some(place),
        };
        let values = Values::new(self.list, place, self.now);
        let all = values.with(&self.source);
        let asked = asked(&statement, &all)?;
        let mut rows = statement.query(asked.as_slice())?;
        while into.keys.len() < limit
            && let Some(row) = rows.next()?
        {
            let key = PageKey { at: Timestamp(row.get(0)?), id: MessageId(row.get(1)?) };
            if row.get(2)? {
                into.keys.push(key);
            }
            if !self.plan.checks.is_empty() {
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    into.cut = Some(key);
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What was put off until now and was not brought back yet: it stands in the list already.
fn returned(
    connection: &Connection,
    source: i64,
    list: &ListFilter,
    now: Timestamp,
) -> Result<Vec<PageKey>, StoreError> {
    let below = if list.before.is_some() { "AND (m.at < :at OR m.at = :at AND m.id < :id)" } else { "" };
    let wanted: Vec<&str> = [condition(&list.tab)].into_iter().chain(checks(&list.filter)).collect();
    let sql = format!(
        "SELECT m.at, m.id FROM message AS m INDEXED BY message_snoozed
         WHERE m.snoozed_until IS NOT NULL AND m.snoozed_until <= :now AND m.source = :source AND {} {} {below}
         ORDER BY m.at DESC, m.id DESC LIMIT :limit",
        wanted.join(" AND "),
        span(&list.filter, now),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let values = Values::new(list, list.before, now);
    let all = values.with(&source);
    let asked = asked(&statement, &all)?;
    let key = |row: &Row<'_>| Ok(PageKey { at: Timestamp(row.get(0)?), id: MessageId(row.get(1)?) });
    statement.query_and_then(asked.as_slice(), key)?.collect()
}

/// What the statements of a list ask for.
pub(super) struct Values<'a> {
    now: i64,
    at: Option<i64>,
    id: Option<i64>,
    tab_kind: Option<&'a str>,
    kind: Option<&'a str>,
    priority: Option<u8>,
    since: Option<i64>,
    until: Option<i64>,
    limit: u32,
}

impl<'a> Values<'a> {
    pub fn new(list: &'a ListFilter, place: Option<PageKey>, now: Timestamp) -> Self {
        let ListFilter { tab, filter, .. } = list;
        Self {
            now: now.0,
            at: place.map(|place| place.at.0),
            id: place.map(|place| place.id.0),
            tab_kind: match tab {
                Tab::Kind { kind } => Some(kind.as_str()),
                Tab::All | Tab::Unread | Tab::Archived | Tab::Snoozed => None,
            },
            kind: filter.kind.as_ref().map(MessageKind::as_str),
            priority: filter.priority.map(Priority::get),
            since: filter.since(now).map(|since| since.0),
            until: filter.until.map(|until| until.0),
            limit: list.limit,
        }
    }

    pub fn with<'v>(&'v self, source: &'v i64) -> [(&'static str, &'v dyn ToSql); 10] {
        [
            (":now", &self.now),
            (":at", &self.at),
            (":id", &self.id),
            (":tab_kind", &self.tab_kind),
            (":kind", &self.kind),
            (":priority", &self.priority),
            (":since", &self.since),
            (":until", &self.until),
            (":limit", &self.limit),
            (":source", source),
        ]
    }
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

fn sql(plan: &Plan, list: &ListFilter, order: Order, stretch: Stretch, now: Timestamp) -> String {
    let Plan { index, bounds, checks, .. } = plan;
    let (direction, follows) = order.sql();
    let below = match stretch {
        Stretch::Whole => String::new(),
        Stretch::Tied(_) => format!("AND m.at = :at AND m.id {follows} :id"),
        Stretch::Beyond(_) => format!("AND m.at {follows} :at"),
    };
    let wanted =
        if checks.is_empty() { "1".to_owned() } else { format!("ifnull({}, 0)", checks.join(" AND ")) };
    format!(
        "SELECT m.at, m.id, {wanted} FROM message AS m INDEXED BY {index}
         WHERE m.source = :source AND {bounds} {} {below}
         ORDER BY m.at {direction}, m.id {direction}",
        span(&list.filter, now),
    )
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
        returned_at: row.get::<_, Option<i64>>(12)?.map(Timestamp),
    })
}

#[cfg(test)]
mod tests;
