-- What admins have set by hand over schedules: each row stays, so that who set what, when and why is on record.

CREATE TABLE schedule_override (
    override_id INTEGER NOT NULL PRIMARY KEY,
    schedule    TEXT    NOT NULL,
    -- `open`, `closed` or `announce`
    what        TEXT    NOT NULL,
    prompt      TEXT,
    since       BIGINT  NOT NULL,
    until       BIGINT  NOT NULL,
    who         TEXT    NOT NULL,
    why         TEXT    NOT NULL,
    -- taken back, or replaced by another, before its time; NULL: it ends by itself
    ended_at    BIGINT,
    ended_by    TEXT
);

CREATE INDEX schedule_override_until ON schedule_override (until);
