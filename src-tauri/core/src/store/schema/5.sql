-- What the user did with messages and their servers have still to be told: of each message the last word.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they go out
    source  INTEGER NOT NULL,
    message INTEGER NOT NULL UNIQUE,
    intent  TEXT NOT NULL  -- read, unread or deleted
) STRICT;
CREATE INDEX outbox_source ON outbox (source);
