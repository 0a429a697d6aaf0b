-- What the server sent, without what the message has anyway (payload.rs); empty where that is not known.
ALTER TABLE message ADD COLUMN payload TEXT;
