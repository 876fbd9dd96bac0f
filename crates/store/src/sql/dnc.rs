//! Statements about customers who want no calls.

/// One says so; who has said it already has.
pub(crate) const DNC_INSERT: &str = "
INSERT INTO dnc (dnc_id, project, number, purpose, said_at, said_by, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING";

/// They may be called again.
pub(crate) const DNC_LIFT: &str = "
UPDATE dnc SET lifted_at = $4, lifted_by = $5, lifted_why = $6
WHERE project = $1 AND number = $2 AND purpose = $3 AND lifted_at IS NULL AND dnc_id < $7";

/// Those that hold, the oldest first.
pub(crate) const DNC_HOLDS: &str = "
SELECT * FROM dnc WHERE lifted_at IS NULL AND ($1 IS NULL OR project = $1) ORDER BY dnc_id LIMIT $2";

/// With those that were lifted, the latest first.
pub(crate) const DNC_OF_LATE: &str = "
SELECT * FROM dnc WHERE $1 IS NULL OR project = $1 ORDER BY dnc_id DESC LIMIT $2";

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[DNC_INSERT, DNC_LIFT, DNC_HOLDS, DNC_OF_LATE];
