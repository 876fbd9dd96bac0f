-- What supervisors have set on the floor, and which alarms are on or quiet, as the facts of the journal leave it: so that a start
-- goes on with it. Made of these facts alone, as the floor is, up to the same number in `projection`.

-- Groups given by hand in the place of the plan's.
CREATE TABLE floor_given (
    -- To whom
    operator_id TEXT NOT NULL PRIMARY KEY,
    -- Which, under which plan, whose word it was: JSON, model/src/words.rs
    given       TEXT NOT NULL
);

-- Alarms that are on or quiet; all others have no row.
CREATE TABLE floor_alarm (
    what        TEXT   NOT NULL,
    -- The queue or the trunk; empty: of the whole hotline
    subject     TEXT   NOT NULL,
    -- On since then; NULL: it is off
    since       BIGINT,
    -- What it came on by
    level       BIGINT NOT NULL,
    -- Nobody wants to hear of it until then
    quiet_until BIGINT,
    PRIMARY KEY (what, subject)
);
