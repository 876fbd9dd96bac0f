-- The versions of the plan that came into force: who put them there, when and why, and every file of them, so that one can
-- be gone back to. The journal has them too, for the calls that went by them; there they end with its oldest segment.

CREATE TABLE plan_version (
    number     BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    -- `start`, `signal`, `command`, `api` or `rollback`
    origin     TEXT   NOT NULL,
    author     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    -- of a rollback: which version it went back to
    back_to    BIGINT,
    -- the name by which calls know it
    generation TEXT   NOT NULL,
    -- what it does otherwise than the one before; lines
    summary    TEXT   NOT NULL,
    -- the name of the files that lay on disk then, tests included
    disk       TEXT   NOT NULL,
    -- JSON: [{"name","text"}]
    files      TEXT   NOT NULL
);
