-- Acceptances of shifts that were said by mistake and taken back. Rows of their own: what was said stays on record as it was, and
-- whichever of the two is written first, it is taken back.

CREATE TABLE acceptance_undone (
    undone_id INTEGER NOT NULL PRIMARY KEY,
    -- which acceptance: the same three as there
    roster    TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    -- when it was taken back
    undone_at BIGINT  NOT NULL,
    -- who took it back, and why
    who       TEXT    NOT NULL,
    why       TEXT    NOT NULL
);
CREATE INDEX acceptance_undone_of ON acceptance_undone (roster, person, at);
