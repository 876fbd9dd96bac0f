-- The number that the party of a dialled leg says in the Session-ID (RFC 7989), in the logs of its side too. Few do.

ALTER TABLE leg ADD COLUMN session_id TEXT;
CREATE INDEX leg_session_id ON leg (session_id) WHERE session_id IS NOT NULL;
