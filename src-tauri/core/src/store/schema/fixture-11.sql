-- A database of format 11, complete. Never changed: it stands for the files that are out there.
PRAGMA journal_mode = WAL;
CREATE TABLE inbox (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    rev     INTEGER NOT NULL,  -- grows with each transaction that changes any message
    counted INTEGER NOT NULL   -- messages up to this id are in the tally
) STRICT;
CREATE TABLE source (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE epoch (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    name   TEXT NOT NULL,
    UNIQUE (source, name)
) STRICT;
CREATE TABLE place (
    source         INTEGER NOT NULL,
    scope          TEXT NOT NULL,
    epoch          TEXT NOT NULL,
    cursor         TEXT,
    history_before TEXT,
    PRIMARY KEY (source, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE message (
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
    at            INTEGER AS (min(sent_at, received_at)) VIRTUAL,
    -- A message counts as unread from this moment on, and not at all where it is empty. This is the only
    -- definition of unread: everything else compares unread_from with the present. The number stands for
    -- "ever since".
    unread_from   INTEGER AS (
        CASE WHEN read_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL
        THEN coalesce(snoozed_until, -9223372036854775807) END
    ) VIRTUAL
) STRICT;
CREATE TABLE tally (
    source INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    total  INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (source, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (
    message    INTEGER NOT NULL,
    turn       INTEGER NOT NULL,
    occasion   TEXT NOT NULL,
    state      TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (message, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE gap (
    source     INTEGER PRIMARY KEY,
    reason     TEXT NOT NULL,
    from_at    INTEGER,
    until_at   INTEGER,
    noticed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE event_log (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    code   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_remote ON message (epoch, remote_id) WHERE remote_id IS NOT NULL;
CREATE UNIQUE INDEX message_fingerprint ON message (source, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX message_snoozed ON message (unread_from)
    WHERE unread_from IS NOT NULL AND snoozed_until IS NOT NULL;
CREATE INDEX ledger_open ON ledger (message) WHERE state IN ('due', 'showing');
CREATE INDEX message_all ON message (source, at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_kind ON message (source, kind, at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_unread ON message (source, at) WHERE unread_from IS NOT NULL;
CREATE INDEX message_archived ON message (source, at) WHERE deleted_at IS NULL AND archived_at IS NOT NULL;
CREATE INDEX message_erasable ON message (id) WHERE deleted_at IS NOT NULL AND title <> '';
CREATE TRIGGER tally_update
AFTER UPDATE OF source, kind, read_at, deleted_at, archived_at, snoozed_until ON message
WHEN old.id <= (SELECT counted FROM inbox) BEGIN
    UPDATE tally SET
        total = total - (old.deleted_at IS NULL AND old.archived_at IS NULL),
        unread = unread - (old.unread_from IS NOT NULL AND old.snoozed_until IS NULL)
    WHERE source = old.source AND kind = old.kind;
    INSERT INTO tally VALUES (
        new.source, new.kind,
        new.deleted_at IS NULL AND new.archived_at IS NULL,
        new.unread_from IS NOT NULL AND new.snoozed_until IS NULL
    )
    ON CONFLICT (source, kind) DO UPDATE
    SET total = total + excluded.total, unread = unread + excluded.unread;
END;
CREATE TRIGGER tally_delete AFTER DELETE ON message
WHEN old.id <= (SELECT counted FROM inbox) BEGIN
    UPDATE tally SET
        total = total - (old.deleted_at IS NULL AND old.archived_at IS NULL),
        unread = unread - (old.unread_from IS NOT NULL AND old.snoozed_until IS NULL)
    WHERE source = old.source AND kind = old.kind;
END;
-- The terms of each message (search/terms.rs) by its id. The texts themselves stay in message alone; what
-- the index finds is compared with them. The tokenizer only takes the terms apart at spaces.
CREATE VIRTUAL TABLE term USING fts5 (
    terms, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);

-- How far the index is. It follows the deliveries.
CREATE TABLE indexed (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    through INTEGER NOT NULL  -- messages up to this id are in the index, but for the stale ones
) STRICT;

-- Messages up to indexed.through that have other texts now, or none, or are gone.
CREATE TABLE stale (
    message INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER stale_update AFTER UPDATE OF title, sender, body ON message
WHEN old.id <= (SELECT through FROM indexed) BEGIN
    INSERT OR IGNORE INTO stale VALUES (old.id);
END;

CREATE TRIGGER stale_delete AFTER DELETE ON message
WHEN old.id <= (SELECT through FROM indexed) BEGIN
    INSERT OR IGNORE INTO stale VALUES (old.id);
END;

-- From when to when each 512 messages with neighbouring ids are, or more than that: a search that wants the
-- newest need not look at those that are older than what it has found.
CREATE TABLE span (
    block  INTEGER PRIMARY KEY,  -- id >> 9
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL
) STRICT;

CREATE TRIGGER span_update AFTER UPDATE OF sent_at, received_at ON message BEGIN
    UPDATE span SET oldest = min(oldest, new.at), newest = max(newest, new.at) WHERE block = new.id >> 9;
END;
-- What the user did with messages and their servers have still to be told: of each message the last word.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they go out
    source  INTEGER NOT NULL,
    message INTEGER NOT NULL UNIQUE,
    intent  TEXT NOT NULL  -- read, unread or deleted
) STRICT;
CREATE INDEX outbox_source ON outbox (source);
-- What it holds: two messages in the list, a tombstone, one message in the archive, one that was deleted and
-- could still be taken back, one id that was given away and is gone; what the server has to be told of two of them.
INSERT INTO source (id, uuid) VALUES (1, '00000000-0000-0000-0000-000000000001');
INSERT INTO epoch (id, source, name) VALUES (1, 1, 'e');
INSERT INTO place (source, scope, epoch, cursor, history_before) VALUES (1, '', 'e', 'e-3', NULL);
INSERT INTO message (id, source, epoch, remote_id, fingerprint, sent_at, received_at, read_at, deleted_at, priority,
    via, kind, related_id, sender, title, preview, body, extra)
VALUES
    (1, 1, 1, 'a', NULL, 1790000000000, 1790000000001, NULL, NULL, 3, 'live', 'reply', '7', NULL, 'title a', NULL,
     'body a', NULL),
    (2, 1, 1, NULL, x'000102030405060708090a0b0c0d0e0f', 1780000000000, 1790000000001, 1790000000002, NULL, 5,
     'poll', '部署', NULL, 'n', 'read', 'first', 'first
second', '{"k":[1,"二"]}'),
    (3, 1, 1, 'gone', NULL, 1790000000000, 1790000000001, NULL, 1790000000003, 3, 'replay', 'system', NULL, NULL,
     '', NULL, '', NULL),
    (4, 1, 1, 'lost', NULL, 1790000000000, 1790000000001, NULL, NULL, 3, 'backfill', 'system', NULL, NULL, 'x', NULL,
     'x', NULL);
INSERT INTO message (id, source, epoch, remote_id, sent_at, received_at, read_at, deleted_at, archived_at, priority, via,
    kind, title, body)
VALUES
    (5, 1, 1, 'kept', 1790000000000, 1790000000001, 1790000000002, NULL, 1790000000004, 3, 'live', 'system', 'kept', 'k'),
    (6, 1, 1, 'trash', 1790000000000, 1790000000001, NULL, 1790000000005, NULL, 3, 'live', 'system', 'trash', 't');
UPDATE message SET title = '标题', body = 'body a' WHERE id = 1;
DELETE FROM message WHERE id = 4;
INSERT INTO tally (source, kind, total, unread) VALUES (1, 'reply', 1, 1), (1, 'system', 0, 0), (1, '部署', 1, 0);
INSERT INTO inbox (one, rev, counted) VALUES (1, 7, 6);
INSERT INTO span (block, oldest, newest) VALUES (0, 1780000000000, 1790000000000);
INSERT INTO term (rowid, terms) VALUES
    (1, '标题 标 题 b bo bod body a '),
    (2, 'r re rea read n f fi fir firs s se sec seco second '),
    (6, 't tr tra tras t ');
INSERT INTO indexed (one, through) VALUES (1, 6);
INSERT INTO stale (message) VALUES (5);
INSERT INTO ledger (message, turn, occasion, state, changed_at) VALUES
    (1, 0, 'arrival', 'showing', 1790000000001), (2, 0, 'arrival', 'announced', 1790000000001);
INSERT INTO gap (source, reason, from_at, until_at, noticed_at) VALUES (1, 'expired', 1780000000000, NULL, 1790000000000);
INSERT INTO event_log (source, at, code, detail) VALUES (1, 1790000000000, 'gap', 'expired');
ALTER TABLE ledger ADD COLUMN why TEXT;
UPDATE ledger SET why = 'rule:2' WHERE message = 2;
INSERT INTO outbox (id, source, message, intent) VALUES (3, 1, 5, 'read'), (7, 1, 6, 'deleted');
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
UPDATE message SET pinned_at = 1790000000006 WHERE id = 2;
UPDATE message SET returned_at = 1790000000007 WHERE id = 1;
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
-- The popups that may be on the screen, for the run after one that could not take them off.
CREATE TABLE popup (
    service TEXT NOT NULL,     -- the notification service that shows it; one that was started anew is another
    number  INTEGER NOT NULL,  -- what that calls it
    PRIMARY KEY (service, number)
) STRICT, WITHOUT ROWID;
INSERT INTO popup VALUES ('0123456789abcdef0123456789abcdef :1.7', 12);
-- 1: the server has begun anew, and no cursor of the new epoch is stored yet.
ALTER TABLE place ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
-- A history that could not be read when the stream was opened: 'history' from before the first contact, or 'missed'.
ALTER TABLE place ADD COLUMN owed TEXT;

-- A place whose cursor was forgotten stays in its epoch.
UPDATE place SET epoch = coalesce((
    SELECT epoch.name FROM message JOIN epoch ON epoch.id = message.epoch
    WHERE message.source = place.source ORDER BY message.id DESC LIMIT 1
), '') WHERE epoch = '' AND cursor IS NULL;

-- The names so far were read off the cursors, and no server has said them: such a name begins with '+'.
UPDATE place SET epoch = coalesce((
    SELECT '+' || id FROM epoch WHERE epoch.source = place.source AND epoch.name = place.epoch
), '') WHERE epoch <> '';
UPDATE epoch SET name = '+' || id WHERE name <> '';

-- Where an address of a source's server has moved to for good, within its origin.
CREATE TABLE moved (
    source   INTEGER NOT NULL,
    from_url TEXT NOT NULL,
    to_url   TEXT NOT NULL,
    PRIMARY KEY (source, from_url)
) STRICT, WITHOUT ROWID;
UPDATE place SET owed = 'missed', begun = 1;
INSERT INTO moved VALUES (1, 'https://example.org/api/sse/connect', 'https://example.org/v2/stream');
ALTER TABLE message ADD COLUMN payload TEXT;
UPDATE message SET payload = '{' || char(3) || '}' WHERE id = 1;
ALTER TABLE ledger ADD COLUMN grounds TEXT;
ALTER TABLE ledger ADD COLUMN shown_at INTEGER;
UPDATE ledger SET grounds = 'rule:2', shown_at = 1790000000002 WHERE message = 2;
PRAGMA user_version = 11;
