-- Lists are read per source and merged, so that the same indexes serve a list of one source and of all.
DROP INDEX message_all;
DROP INDEX message_kind;
DROP INDEX message_unread;
CREATE INDEX message_all ON message (source, at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_kind ON message (source, kind, at) WHERE deleted_at IS NULL AND archived_at IS NULL;
CREATE INDEX message_unread ON message (source, at) WHERE unread_from IS NOT NULL;
CREATE INDEX message_archived ON message (source, at) WHERE deleted_at IS NULL AND archived_at IS NOT NULL;

-- What the user has deleted keeps its texts until it is too late to undo that. A title is never empty.
CREATE INDEX message_erasable ON message (id) WHERE deleted_at IS NOT NULL AND title <> '';
