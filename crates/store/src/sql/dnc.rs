//! Statements about customers who want no calls.

/// One says so. Who has said it already says it again: the later words and their time hold.
pub(crate) const DNC_INSERT: &str = "
INSERT INTO dnc (dnc_id, project, number, purpose, said_at, said_by, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (dnc_id) DO NOTHING
ON CONFLICT (project, number, purpose) WHERE lifted_at IS NULL DO UPDATE SET
    said_at = excluded.said_at, said_by = excluded.said_by, why = excluded.why
WHERE excluded.said_at > dnc.said_at";

/// They may be called again.
pub(crate) const DNC_LIFT: &str = "
UPDATE dnc SET lifted_at = $4, lifted_by = $5, lifted_why = $6
WHERE project = $1 AND number = $2 AND purpose = $3 AND lifted_at IS NULL AND dnc_id < $7";

/// Those that hold, the oldest first.
pub(crate) const DNC_HOLDS: &str =
    "SELECT * FROM dnc WHERE lifted_at IS NULL ORDER BY dnc_id LIMIT $1";

/// The latest first, of a project ($1) and of a number ($2) where they are named; $3: those that were lifted too.
pub(crate) const DNC_OF_LATE: &str = "
SELECT * FROM dnc
WHERE ($1 IS NULL OR project = $1) AND ($2 IS NULL OR number = $2) AND ($3 OR lifted_at IS NULL)
ORDER BY said_at DESC, dnc_id DESC LIMIT $4";

/// How many these are.
pub(crate) const DNC_COUNT: &str = "
SELECT count(*) FROM dnc
WHERE ($1 IS NULL OR project = $1) AND ($2 IS NULL OR number = $2) AND ($3 OR lifted_at IS NULL)";

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[DNC_INSERT, DNC_LIFT, DNC_HOLDS, DNC_OF_LATE, DNC_COUNT];
