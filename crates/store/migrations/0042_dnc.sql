-- Customers who want no calls (behaviour 5.6: dnc), as people have written it down. A projection of the journal, as the calls are;
-- what holds no more stays, with who said so and why.

CREATE TABLE dnc (
    -- the number of the journal's record that tells of it
    dnc_id     BIGINT NOT NULL PRIMARY KEY,
    project    TEXT   NOT NULL,
    number     TEXT   NOT NULL,
    -- what for; '': nothing at all
    purpose    TEXT   NOT NULL,
    said_at    BIGINT NOT NULL,
    -- who has written it down: JSON, as the journal has it
    said_by    TEXT   NOT NULL,
    why        TEXT   NOT NULL,
    lifted_at  BIGINT,
    lifted_by  TEXT,
    lifted_why TEXT
);
CREATE UNIQUE INDEX dnc_key ON dnc (project, number, purpose) WHERE lifted_at IS NULL;

-- when whoever is to be called has asked for it themself last; NULL: they have not
ALTER TABLE request ADD COLUMN wished_at BIGINT;
