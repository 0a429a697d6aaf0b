-- The database of a profile as the first version wrote it (format 1): five messages that it received from a
-- server, one of them read and one deleted there. Never changed.
PRAGMA journal_mode = WAL;
BEGIN TRANSACTION;
CREATE TABLE epoch (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    name   TEXT NOT NULL,
    UNIQUE (source, name)
) STRICT;
INSERT INTO "epoch" VALUES(1,1,'mynhibye');
CREATE TABLE event_log (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    code   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TABLE gap (
    source     INTEGER PRIMARY KEY,
    reason     TEXT NOT NULL,
    from_at    INTEGER,
    until_at   INTEGER,
    noticed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE inbox (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    rev     INTEGER NOT NULL,  -- grows with each transaction that changes any message
    counted INTEGER NOT NULL   -- messages up to this id are in the tally
) STRICT;
INSERT INTO "inbox" VALUES(1,6,6);
CREATE TABLE ledger (
    message    INTEGER NOT NULL,
    turn       INTEGER NOT NULL,
    occasion   TEXT NOT NULL,
    state      TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (message, turn)
) STRICT, WITHOUT ROWID;
INSERT INTO "ledger" VALUES(1,0,'arrival','announced',1795650373137);
INSERT INTO "ledger" VALUES(2,0,'arrival','announced',1795650373262);
INSERT INTO "ledger" VALUES(3,0,'arrival','announced',1795650373417);
INSERT INTO "ledger" VALUES(4,0,'arrival','announced',1795650373525);
INSERT INTO "ledger" VALUES(5,0,'arrival','announced',1795650373705);
INSERT INTO "ledger" VALUES(6,0,'arrival','announced',1795650403776);
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
INSERT INTO "message" VALUES(1,1,1,'1',NULL,1795650373116,1795650373133,NULL,NULL,NULL,NULL,NULL,3,'live','reply','7',NULL,NULL,'新回复：升级到 2.1','第一行','第一行
第二行 second line',NULL);
INSERT INTO "message" VALUES(2,1,1,'2',NULL,1795650373240,1795650373254,1795650403774,NULL,NULL,NULL,NULL,3,'live','system',NULL,NULL,NULL,'Maintenance at 18:00',NULL,'系统将于今晚维护',NULL);
INSERT INTO "message" VALUES(3,1,1,'3',NULL,1795650373396,1795650373412,NULL,NULL,NULL,NULL,NULL,3,'live','notification',NULL,NULL,NULL,'报告已生成 Report ready',NULL,'report.pdf',NULL);
INSERT INTO "message" VALUES(4,1,1,'4',NULL,1795650373492,1795650373508,NULL,NULL,NULL,NULL,NULL,3,'live','message',NULL,NULL,NULL,'hello',NULL,'',NULL);
INSERT INTO "message" VALUES(5,1,1,'5',NULL,1795650373679,1795650373692,NULL,1795650403774,NULL,NULL,NULL,3,'live','system',NULL,NULL,NULL,'',NULL,'',NULL);
INSERT INTO "message" VALUES(6,1,1,'6',NULL,1795650403638,1795650403774,NULL,NULL,NULL,NULL,NULL,3,'replay','deploy',NULL,NULL,NULL,'部署失败 deploy failed',NULL,'错误：磁盘已满',NULL);
CREATE TABLE place (
    source         INTEGER NOT NULL,
    scope          TEXT NOT NULL,
    epoch          TEXT NOT NULL,
    cursor         TEXT,
    history_before TEXT,
    PRIMARY KEY (source, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO "place" VALUES(1,'','mynhibye','mynhibye-8',NULL);
CREATE TABLE source (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "source" VALUES(1,'faad47ed-c506-4094-819d-27a9cd92f109');
CREATE TABLE tally (
    source INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    total  INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (source, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO "tally" VALUES(1,'deploy',1,1);
INSERT INTO "tally" VALUES(1,'message',1,1);
INSERT INTO "tally" VALUES(1,'notification',1,1);
INSERT INTO "tally" VALUES(1,'reply',1,1);
INSERT INTO "tally" VALUES(1,'system',1,0);
CREATE UNIQUE INDEX message_remote ON message (epoch, remote_id) WHERE remote_id IS NOT NULL;
CREATE UNIQUE INDEX message_fingerprint ON message (source, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX message_all ON message (at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_kind ON message (kind, at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_unread ON message (at) WHERE unread_from IS NOT NULL;
CREATE INDEX message_snoozed ON message (unread_from)
    WHERE unread_from IS NOT NULL AND snoozed_until IS NOT NULL;
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
CREATE INDEX ledger_open ON ledger (message) WHERE state IN ('due', 'showing');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('source',1);
INSERT INTO "sqlite_sequence" VALUES('message',6);
COMMIT;
PRAGMA user_version = 1;
