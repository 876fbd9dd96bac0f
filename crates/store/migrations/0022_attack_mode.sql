-- How the attack mode was set by hand: each row stays, so that what was set when is on record; the last one is in force.

CREATE TABLE attack_mode (
    attack_mode_id INTEGER NOT NULL PRIMARY KEY,
    -- `auto`, `on` or `off`
    mode           TEXT    NOT NULL,
    at             BIGINT  NOT NULL
);
