-- Everything was marked read that was unread at a moment; the messages themselves follow a few at a time, and
-- count as read at once. No row: all have followed.
CREATE TABLE all_read (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    through INTEGER NOT NULL,  -- messages up to this id
    at      INTEGER NOT NULL   -- that counted as unread at this time
) STRICT;

-- But for those that have become unread again since then.
CREATE TABLE left_unread (
    message INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER left_unread_update AFTER UPDATE OF read_at, deleted_at, archived_at, snoozed_until ON message
WHEN new.unread_from IS NOT NULL AND new.snoozed_until IS NULL
    AND (old.unread_from IS NULL OR old.snoozed_until IS NOT NULL)
    AND new.id <= (SELECT through FROM all_read)
BEGIN
    INSERT OR IGNORE INTO left_unread VALUES (new.id);
END;
