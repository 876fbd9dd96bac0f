-- What callers were promised and are owed: calls back, messages to be heard. A projection of the journal as the calls are; a
-- request is named by the number of the record that tells of it.

CREATE TABLE request (
    request_id   BIGINT NOT NULL PRIMARY KEY,
    project      TEXT   NOT NULL,
    -- `callback` or `voicemail`
    kind         TEXT   NOT NULL,
    -- `open`, `done` or `cancelled`
    state        TEXT   NOT NULL,
    -- whom to call; NULL: nobody knows
    number       TEXT,
    -- the group that owes it; NULL: everybody
    owner        TEXT,
    created_at   BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    -- the call by which it came
    call_id      TEXT   NOT NULL,
    -- how often it was promised while it was open, when and by which call last
    asked        BIGINT NOT NULL DEFAULT 1,
    last_at      BIGINT NOT NULL,
    last_call_id TEXT   NOT NULL,
    -- of a message, within the recording of its call
    length_ms    BIGINT,
    closed_at    BIGINT,
    -- who says so; `caller`: was answered when calling again, by closed_call
    closed_by    TEXT,
    closed_call  TEXT,
    note         TEXT,
    -- the last record applied: one that comes twice changes nothing
    last_seq     BIGINT NOT NULL
);

-- One open promise of a group for a number.
CREATE UNIQUE INDEX request_callback ON request (project, number, coalesce(owner, ''))
    WHERE kind = 'callback' AND state = 'open';
CREATE INDEX request_open ON request (due_at) WHERE state = 'open';
