//! The ledger as a list: what became of the newest messages' announcements.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Announced, StoreError, ledger, read};
use crate::model::{MessageId, MessageKind, SourceId};

/// What became of the announcement of one message, for a list of the recent ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Decision {
    /// The message.
    pub id: MessageId,
    /// Where it comes from.
    pub source: SourceId,
    /// What sort of message it is.
    pub kind: MessageKind,
    /// Its title.
    pub title: String,
    /// What became of its announcement.
    pub announced: Announced,
}

/// What became of the announcements of the newest messages, newest first.
pub(super) fn decisions(connection: &Connection, limit: u32) -> Result<Vec<Decision>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT ledger.occasion, ledger.state, ledger.why, ledger.changed_at, ledger.grounds, ledger.shown_at,
                message.id, source.uuid, message.kind, message.title
         FROM ledger JOIN message ON message.id = ledger.message JOIN source ON source.id = message.source
         WHERE message.deleted_at IS NULL ORDER BY ledger.message DESC, ledger.turn DESC LIMIT ?1",
    )?;
    let mut rows = statement.query([limit])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(announced) = ledger::entry(row)? else { continue };
        decisions.push(Decision {
            id: MessageId(row.get(6)?),
            source: read::source_id(row, 7)?,
            kind: read::kind(row, 8)?,
            title: row.get(9)?,
            announced,
        });
    }
    Ok(decisions)
}
