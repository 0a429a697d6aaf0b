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
INSERT INTO indexed VALUES (1, 0);

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
INSERT INTO span SELECT id >> 9, min(at), max(at) FROM message GROUP BY 1;

CREATE TRIGGER span_update AFTER UPDATE OF sent_at, received_at ON message BEGIN
    UPDATE span SET oldest = min(oldest, new.at), newest = max(newest, new.at) WHERE block = new.id >> 9;
END;
