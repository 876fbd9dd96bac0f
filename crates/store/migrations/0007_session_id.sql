-- The caller's number of the Session-ID (RFC 7989), by which a call is found in the carrier's logs, and from them here.

ALTER TABLE call ADD COLUMN session_id TEXT;
CREATE INDEX call_session_id ON call (session_id) WHERE session_id IS NOT NULL;
