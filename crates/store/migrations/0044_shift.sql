-- What operators did in their shifts, by quarters of an hour (UTC), so that the day of any time zone is a sum of whole ones. Made of
-- the facts of the floor alone, up to the number in `projection`; it may be thrown away and made again as far back as the journal
-- goes. At most 96 rows an operator and day. How each figure is told: model/src/shifts/figures.rs, whose order this is.

CREATE TABLE shift_quarter (
    -- Who
    operator_id TEXT   NOT NULL,
    -- The first moment of the quarter
    at          BIGINT NOT NULL,
    -- Whose operator they were when it was told; '': nobody knew
    project     TEXT   NOT NULL,
    -- The first and the last moment of it with a seat
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    session_us      BIGINT NOT NULL,
    ready_us        BIGINT NOT NULL,
    reserved_us     BIGINT NOT NULL,
    ringing_us      BIGINT NOT NULL,
    talking_us      BIGINT NOT NULL,
    hold_us         BIGINT NOT NULL,
    consult_us      BIGINT NOT NULL,
    conference_us   BIGINT NOT NULL,
    dialing_us      BIGINT NOT NULL,
    preview_us      BIGINT NOT NULL,
    wrap_up_us      BIGINT NOT NULL,
    not_ready_us    BIGINT NOT NULL,
    device_down_us  BIGINT NOT NULL,
    other_us        BIGINT NOT NULL,
    down_us         BIGINT NOT NULL,
    logins          BIGINT NOT NULL,
    logouts         BIGINT NOT NULL,
    cuts            BIGINT NOT NULL,
    calls           BIGINT NOT NULL,
    dialled         BIGINT NOT NULL,
    talk_us         BIGINT NOT NULL,
    misses          BIGINT NOT NULL,
    rejects         BIGINT NOT NULL,
    lost            BIGINT NOT NULL,
    wrap_ups        BIGINT NOT NULL,
    extensions      BIGINT NOT NULL,
    breaks          BIGINT NOT NULL,
    break_us        BIGINT NOT NULL,
    too_long        BIGINT NOT NULL,
    too_long_us     BIGINT NOT NULL,
    checked         BIGINT NOT NULL,
    wrong           BIGINT NOT NULL,
    PRIMARY KEY (operator_id, at, project)
) WITHOUT ROWID;

-- Not ready, by reason; at most 33 rows a quarter.
CREATE TABLE shift_reason (
    operator_id TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    project     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    us          BIGINT NOT NULL,
    PRIMARY KEY (operator_id, at, project, reason)
) WITHOUT ROWID;

-- Everybody who has been at a desk, and for whom. Who is removed may leave their id to somebody of another project.
CREATE TABLE shift_person (
    operator_id TEXT NOT NULL,
    project     TEXT NOT NULL,
    -- As people of that project called them last; NULL: nobody knows
    name        TEXT,
    PRIMARY KEY (operator_id, project)
) WITHOUT ROWID;

-- Who has a seat or has had one.
CREATE TABLE shift_seat (
    operator_id TEXT NOT NULL PRIMARY KEY,
    -- Whose operator it is, or was when somebody last looked; NULL: nobody knows
    project     TEXT,
    -- What is booked so far, JSON: model/src/shifts.rs; NULL: no seat now
    seat        TEXT
);

-- Everything that the journal still has is told once more, in the background of the first run.
INSERT INTO projection (name, seq) VALUES ('shift', 0);
