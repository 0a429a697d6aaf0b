//! What must hold in a sound database.

use rusqlite::Connection;

use super::StoreError;

/// Checks the file's structure, and what must hold between the tables.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Damaged(verdict));
    }
    let rules = [
        (
            "the tally differs from the messages",
            "SELECT source, kind, total, unread FROM tally WHERE total <> 0 OR unread <> 0
             EXCEPT SELECT source, kind, count(*), sum(unread_from IS NOT NULL AND snoozed_until IS NULL)
             FROM message WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL
             GROUP BY source, kind",
        ),
        (
            "the messages differ from the tally",
            "SELECT source, kind, count(*), sum(unread_from IS NOT NULL AND snoozed_until IS NULL)
             FROM message WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL
             GROUP BY source, kind
             EXCEPT SELECT source, kind, total, unread FROM tally",
        ),
        ("a message is not counted", "SELECT 1 FROM message WHERE id > (SELECT counted FROM inbox)"),
        ("a message has no source", "SELECT 1 FROM message WHERE source NOT IN (SELECT id FROM source)"),
        ("a message has no epoch", "SELECT 1 FROM message WHERE epoch NOT IN (SELECT id FROM epoch)"),
        (
            "the ledger knows more messages",
            "SELECT 1 FROM ledger WHERE message NOT IN (SELECT id FROM message)",
        ),
        (
            "the outbox knows more messages",
            "SELECT 1 FROM outbox WHERE message NOT IN (SELECT id FROM message WHERE remote_id IS NOT NULL)",
        ),
        (
            "a message is missing in the index",
            "SELECT 1 FROM message WHERE id <= (SELECT through FROM indexed) AND title <> ''
             AND id NOT IN (SELECT id FROM term_docsize) AND id NOT IN (SELECT message FROM stale)",
        ),
        (
            "the index knows more messages",
            "SELECT 1 FROM term_docsize WHERE id NOT IN (SELECT id FROM message WHERE title <> '')
             AND id NOT IN (SELECT message FROM stale)",
        ),
        (
            "a span is too short",
            "SELECT 1 FROM message LEFT JOIN span ON span.block = message.id >> 9
             WHERE NOT ifnull(message.at BETWEEN span.oldest AND span.newest, 0)",
        ),
    ];
    for (rule, sql) in rules {
        if connection.prepare(sql)?.exists([])? {
            return Err(StoreError::Damaged(rule.to_owned()));
        }
    }
    Ok(())
}
