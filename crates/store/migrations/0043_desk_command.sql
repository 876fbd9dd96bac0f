-- What came of the commands of desks, so that a repeat after a restart is answered as before and done no second time. Made of the
-- journal, as far as the floor is known; for 24 hours, and of each operator the latest. It may be thrown away: then a repeat of a
-- command of the runs before is done anew.

CREATE TABLE desk_command (
    -- In the order of the journal
    desk_command_id INTEGER NOT NULL PRIMARY KEY,
    operator_id     TEXT    NOT NULL,
    -- UUID text, as the desk gave it
    command_id      TEXT    NOT NULL,
    -- When it came. Microseconds since 1970
    at              BIGINT  NOT NULL,
    -- The answer, JSON: switchboard/src/desk.rs, CommandResult
    result          TEXT    NOT NULL,
    UNIQUE (operator_id, command_id)
);
