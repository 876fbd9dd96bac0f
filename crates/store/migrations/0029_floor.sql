-- The floor as the facts of the journal leave it, so that a start restores everybody who has a seat without reading the journal
-- from its beginning. Made of these facts alone, up to the number in `projection`; it may be thrown away and made again.

CREATE TABLE floor (
    -- Who
    operator_id TEXT NOT NULL PRIMARY KEY,
    -- What the facts come to for them, JSON: model/src/seated.rs
    seated      TEXT NOT NULL
);

-- Groups that are asked at once by hand.
CREATE TABLE floor_raised (
    group_id TEXT NOT NULL PRIMARY KEY,
    -- Whose word it is, JSON
    actor    TEXT NOT NULL
);

-- What an earlier gudok told of the floor restores nobody: it is not read.
INSERT INTO projection (name, seq) SELECT 'floor', seq FROM projection WHERE name = 'call';
