//! What came of the commands of desks.

/// Of a JSON array, in its order; what was answered stays.
pub(crate) const INSERT: &str = "
INSERT INTO desk_command (operator_id, command_id, at, result)
SELECT value->>'operator', value->>'id', value->>'at', value->>'result'
FROM jsonb_each($1) WHERE true ORDER BY key
ON CONFLICT (operator_id, command_id) DO NOTHING";

/// Whose time has passed.
pub(crate) const EXPIRED: &str = "DELETE FROM desk_command WHERE at < $1";

/// All but the latest $1 of each operator.
pub(crate) const SURPLUS: &str = "
DELETE FROM desk_command WHERE desk_command_id IN (
    SELECT desk_command_id FROM (
        SELECT desk_command_id, row_number() OVER (
            PARTITION BY operator_id ORDER BY desk_command_id DESC) AS place
        FROM desk_command)
    WHERE place > $1)";

/// Those that came at $1 or later, the latest first, $2 at most.
pub(crate) const LATEST: &str = "
SELECT operator_id AS operator, command_id AS id, at, result
FROM desk_command WHERE at >= $1 ORDER BY desk_command_id DESC LIMIT $2";

/// All of them.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT, EXPIRED, SURPLUS, LATEST];
