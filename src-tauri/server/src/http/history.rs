//! `GET /messages` and `GET /messages/unread-count`.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use belfry_protocol::{Gap, UnreadCount};
use serde::Deserialize;

use super::Shared;
use super::auth::Subscriber;
use super::json::{self, Answer};
use super::problem::Problem;
use crate::render;
use crate::store::{Change, Identity, Limits, MarkState, Snapshot};

/// Rows on a page if the request does not say.
const DEFAULT_ROWS: usize = 100;

/// Rows on a page at most.
const MAX_ROWS: usize = 500;

/// Bytes of rows on a page; with what stands around them it stays below 4 MiB.
const MAX_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// What one row takes beyond its body: id, type, isRead and punctuation.
const ROW_FRAME: usize = 160;

#[derive(Deserialize)]
pub(super) struct Params {
    after: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

/// Which part of the history is asked for.
enum Part {
    Newest,
    After(String),
    Before(u64),
}

pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Subscriber(holder): Subscriber,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Response, Problem> {
    let invalid = |text: &str| Problem::Invalid(text.to_owned());
    let Query(params) = params.map_err(|_| invalid("limit: 1 to 500"))?;
    let rows = params.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MAX_ROWS).contains(&rows) {
        return Err(invalid("limit: 1 to 500"));
    }
    let part = match (params.after.filter(|after| !after.is_empty()), params.before) {
        (None, None) => Part::Newest,
        (Some(after), None) => Part::After(after),
        (None, Some(before)) => {
            Part::Before(before.parse().map_err(|_| invalid("before: the id of a message"))?)
        }
        (Some(_), Some(_)) => return Err(invalid("after and before exclude each other")),
    };
    let identity = shared.identity.clone();
    let limits = Limits { changes: rows, bytes: MAX_BYTES - rows * ROW_FRAME };
    let body = shared
        .readers
        .read(move |conn| read(&Snapshot::open(conn, &holder.user)?, &identity, part, limits))
        .await?;
    Ok(json::text(body))
}

pub(super) async fn unread_count(
    State(shared): State<Arc<Shared>>,
    Subscriber(holder): Subscriber,
) -> Result<Answer<UnreadCount>, Problem> {
    let unread = shared.readers.read(move |conn| Snapshot::open(conn, &holder.user)?.unread()).await?;
    Ok(Answer(UnreadCount { unread }))
}

/// A page in the making: rows are rendered as they are read, marks are gathered to their last state.
#[derive(Default)]
struct Page {
    rows: Vec<String>,
    marks: Vec<(String, MarkState)>,
}

impl Page {
    fn take(&mut self, change: Change<'_>) -> usize {
        match change {
            Change::Message { .. } => {
                let mut row = String::new();
                render::message(&mut row, change);
                let size = row.len() + 1;
                self.rows.push(row);
                size
            }
            Change::Mark { state, ids, .. } => {
                let texts: Vec<String> = serde_json::from_str(ids).unwrap_or_default();
                self.marks.extend(texts.into_iter().map(|id| (id, state)));
                ids.len()
            }
        }
    }

    /// Ids whose last mark is `state`, in the order of the marks.
    fn last_marked(&self, state: MarkState) -> Vec<&str> {
        let mut seen = HashSet::new();
        let last = self.marks.iter().rev().filter(|(id, _)| seen.insert(id.as_str()));
        let mut ids: Vec<&str> = last.filter(|(_, last)| *last == state).map(|(id, _)| id.as_str()).collect();
        ids.reverse();
        ids
    }
}

fn read(
    snapshot: &Snapshot<'_>,
    identity: &Identity,
    part: Part,
    limits: Limits,
) -> Result<String, rusqlite::Error> {
    let mut page = Page::default();
    let (cursor, more, gap) = match part {
        Part::After(cursor) => {
            let beginning = snapshot.beginning(&cursor, identity);
            let walked = snapshot.changes(beginning.after, limits, |change| page.take(change))?;
            (if walked.more { walked.last } else { snapshot.head }, walked.more, beginning.gap)
        }
        Part::Newest => {
            snapshot.older(None, limits, |change| page.take(change))?;
            page.rows.reverse();
            // Nothing comes after the newest; older history is walked with `before`.
            (snapshot.head, false, None)
        }
        Part::Before(id) => {
            let more = snapshot.older(Some(id), limits, |change| page.take(change))?;
            (snapshot.head, more, None)
        }
    };
    Ok(write(&page, &identity.cursor(cursor), more, gap.as_ref(), snapshot.unread()?))
}

/// The JSON of a [`HistoryPage`](belfry_protocol::HistoryPage), without parsing the rows again.
fn write(page: &Page, cursor: &str, more: bool, gap: Option<&Gap>, unread: u64) -> String {
    let mut out = String::with_capacity(page.rows.iter().map(|row| row.len() + 1).sum::<usize>() + 512);
    out.push_str(r#"{"messages":["#);
    for (place, row) in page.rows.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(row);
    }
    let read = render::json(&page.last_marked(MarkState::Read));
    let unread_ids = render::json(&page.last_marked(MarkState::Unread));
    let deleted = render::json(&page.last_marked(MarkState::Deleted));
    let (cursor, gap) = (render::json(&cursor), render::json(&gap));
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        r#"],"read":{read},"unreadIds":{unread_ids},"deleted":{deleted},"cursor":{cursor},"more":{more},"gap":{gap},"unread":{unread}}}"#
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use belfry_protocol::{GapReason, HistoryPage};

    #[test]
    fn the_last_mark_of_an_id_wins() {
        let mut page = Page::default();
        for (state, ids) in [
            (MarkState::Read, r#"["1","2","3"]"#),
            (MarkState::Unread, r#"["2"]"#),
            (MarkState::Deleted, r#"["3"]"#),
            (MarkState::Read, r#"["4"]"#),
        ] {
            page.take(Change::Mark { seq: 1, state, ids });
        }
        assert_eq!(page.last_marked(MarkState::Read), ["1", "4"]);
        assert_eq!(page.last_marked(MarkState::Unread), ["2"]);
        assert_eq!(page.last_marked(MarkState::Deleted), ["3"]);
    }

    #[test]
    fn a_written_page_reads_as_a_history_page() {
        let mut page = Page::default();
        page.take(Change::Message {
            created: 1,
            seq: 1,
            id: 1,
            read: true,
            kind: "reply",
            body: r#"{"title":"T"}"#,
        });
        page.take(Change::Message {
            created: 2,
            seq: 2,
            id: 2,
            read: false,
            kind: "x",
            body: r#"{"title":"U"}"#,
        });
        page.take(Change::Mark { seq: 3, state: MarkState::Unread, ids: r#"["9"]"# });
        let gap = Gap { reason: GapReason::Expired, ..Gap::default() };
        let read: HistoryPage = serde_json::from_str(&write(&page, "k7-3", true, Some(&gap), 4)).unwrap();
        let titles: Vec<_> = read.messages.iter().map(|message| message.title.clone().unwrap()).collect();
        assert_eq!(titles, ["T", "U"]);
        assert_eq!(
            (read.unread_ids.items, read.cursor, read.more),
            (vec!["9".to_owned()], Some("k7-3".into()), true)
        );
        assert_eq!((read.gap, read.unread), (Some(gap), Some(4)));
    }
}
