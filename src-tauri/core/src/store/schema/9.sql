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
