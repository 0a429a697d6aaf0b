-- A message that was put off stands in no list but its own until it comes back, and stands at the place of
-- that moment, before and after.
--
-- Times are Unix milliseconds. What lists and counts need stands before the texts, so that reading it
-- does not walk through the pages of a long body.
CREATE TABLE message_new (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    source        INTEGER NOT NULL,
    epoch         INTEGER NOT NULL,
    remote_id     TEXT,
    fingerprint   BLOB,    -- SHA-256 of what identifies a message without remote_id, cut to 16 bytes
    sent_at       INTEGER NOT NULL,
    received_at   INTEGER NOT NULL,
    read_at       INTEGER,
    deleted_at    INTEGER,  -- a tombstone: the texts are gone, the identity stays
    archived_at   INTEGER,
    snoozed_until INTEGER,
    returned_at   INTEGER,  -- when it last came back after it had been put off
    pinned_at     INTEGER,
    priority      INTEGER NOT NULL,
    via           TEXT NOT NULL,
    kind          TEXT NOT NULL,
    related_id    TEXT,
    link          TEXT,
    sender        TEXT,
    title         TEXT NOT NULL,
    preview       TEXT,     -- empty where the body is its own preview
    body          TEXT NOT NULL,
    extra         TEXT,     -- JSON object; empty for {}
    -- The order of lists is (at, id).
    at            INTEGER AS (coalesce(snoozed_until, returned_at, min(sent_at, received_at))) VIRTUAL,
    -- A message counts as unread from this moment on, and not at all where it is empty. This is the only
    -- definition of unread: everything else compares unread_from with the present. The number stands for
    -- "ever since".
    unread_from   INTEGER AS (
        CASE WHEN read_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL
        THEN coalesce(snoozed_until, -9223372036854775807) END
    ) VIRTUAL
) STRICT;

-- No id is used twice, also none of a message that is gone.
INSERT INTO sqlite_sequence (name, seq) SELECT 'message_new', seq FROM sqlite_sequence WHERE name = 'message';
INSERT INTO message_new (
    id, source, epoch, remote_id, fingerprint, sent_at, received_at, read_at, deleted_at, archived_at, snoozed_until,
    pinned_at, priority, via, kind, related_id, link, sender, title, preview, body, extra
) SELECT
    id, source, epoch, remote_id, fingerprint, sent_at, received_at, read_at, deleted_at, archived_at, snoozed_until,
    pinned_at, priority, via, kind, related_id, link, sender, title, preview, body, extra
FROM message;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;

CREATE UNIQUE INDEX message_remote ON message (epoch, remote_id) WHERE remote_id IS NOT NULL;
CREATE UNIQUE INDEX message_fingerprint ON message (source, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX message_erasable ON message (id) WHERE deleted_at IS NOT NULL AND title <> '';
-- Each index ends with the id by itself, so lists are read from them in order.
CREATE INDEX message_all ON message (source, at)
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL;
CREATE INDEX message_kind ON message (source, kind, at)
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL;
CREATE INDEX message_unread ON message (source, at) WHERE unread_from IS NOT NULL;
CREATE INDEX message_archived ON message (source, at) WHERE deleted_at IS NULL AND archived_at IS NOT NULL;
CREATE INDEX message_put_off ON message (source, at)
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NOT NULL;
CREATE INDEX message_snoozed ON message (snoozed_until)
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NOT NULL;
-- What few messages are, in every list.
CREATE INDEX message_pinned ON message (source, at) WHERE deleted_at IS NULL AND pinned_at IS NOT NULL;
CREATE INDEX message_urgent ON message (source, at) WHERE deleted_at IS NULL AND priority > 3;
CREATE INDEX message_link ON message (source, at) WHERE deleted_at IS NULL AND link IS NOT NULL;

-- What is put off is in no count; the summary adds what has come due and was not brought back yet.
DELETE FROM tally;
INSERT INTO tally SELECT source, kind, count(*), sum(unread_from IS NOT NULL) FROM message
    WHERE deleted_at IS NULL AND archived_at IS NULL AND snoozed_until IS NULL AND id <= (SELECT counted FROM inbox)
    GROUP BY source, kind;

CREATE TRIGGER tally_update
AFTER UPDATE OF source, kind, read_at, deleted_at, archived_at, snoozed_until ON message
WHEN old.id <= (SELECT counted FROM inbox) BEGIN
    UPDATE tally SET
        total = total - (old.deleted_at IS NULL AND old.archived_at IS NULL AND old.snoozed_until IS NULL),
        unread = unread - (old.unread_from IS NOT NULL AND old.snoozed_until IS NULL)
    WHERE source = old.source AND kind = old.kind;
    INSERT INTO tally VALUES (
        new.source, new.kind,
        new.deleted_at IS NULL AND new.archived_at IS NULL AND new.snoozed_until IS NULL,
        new.unread_from IS NOT NULL AND new.snoozed_until IS NULL
    )
    ON CONFLICT (source, kind) DO UPDATE
    SET total = total + excluded.total, unread = unread + excluded.unread;
END;

CREATE TRIGGER tally_delete AFTER DELETE ON message
WHEN old.id <= (SELECT counted FROM inbox) BEGIN
    UPDATE tally SET
        total = total - (old.deleted_at IS NULL AND old.archived_at IS NULL AND old.snoozed_until IS NULL),
        unread = unread - (old.unread_from IS NOT NULL AND old.snoozed_until IS NULL)
    WHERE source = old.source AND kind = old.kind;
END;

CREATE TRIGGER span_update AFTER UPDATE OF sent_at, received_at, snoozed_until, returned_at ON message BEGIN
    UPDATE span SET oldest = min(oldest, new.at), newest = max(newest, new.at) WHERE block = new.id >> 9;
END;

CREATE TRIGGER stale_update AFTER UPDATE OF title, sender, body ON message
WHEN old.id <= (SELECT through FROM indexed) BEGIN
    INSERT OR IGNORE INTO stale VALUES (old.id);
END;

CREATE TRIGGER stale_delete AFTER DELETE ON message
WHEN old.id <= (SELECT through FROM indexed) BEGIN
    INSERT OR IGNORE INTO stale VALUES (old.id);
END;

-- The index is merged in steps of its own, after what was written: by itself it would do much of that at once.
INSERT INTO term (term, rank) VALUES ('automerge', 0);
INSERT INTO term (term, rank) VALUES ('crisismerge', 1000);
