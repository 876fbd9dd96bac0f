-- Who has accepted which shift of a roster: each row stays, so that who was in charge when is on record.

CREATE TABLE acceptance (
    acceptance_id INTEGER NOT NULL PRIMARY KEY,
    roster        TEXT    NOT NULL,
    -- who is on duty with it: a name of the plan's `people`
    person        TEXT    NOT NULL,
    -- the first moment of the shift
    shift         BIGINT  NOT NULL,
    -- when it was said
    at            BIGINT  NOT NULL,
    -- who said it
    who           TEXT    NOT NULL
);
