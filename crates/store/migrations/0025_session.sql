-- Who is signed in: a start knows the tokens that were given out before it. The hash alone is here: no token can be made of it.

CREATE TABLE session (
    session_id   INTEGER NOT NULL PRIMARY KEY,
    -- SHA-256 of the token, lowercase hex
    token_hash   TEXT    NOT NULL UNIQUE,
    operator_id  TEXT    NOT NULL,
    signed_in_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL
);
CREATE INDEX session_operator ON session (operator_id);
CREATE INDEX session_expires ON session (expires_at);
