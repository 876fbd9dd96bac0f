//! Statements about calls that begin with us.

/// The next attempts of a report after the one that began at $4 by the call $5, in the order they began. Who called is on record
/// with the attempt; a call that a queue made is whose it became.
pub(crate) const CALLED_OF_SPAN: &str = "
SELECT attempt.call_id, coalesce(attempt.operator, call.operator) AS operator, attempt.number,
    attempt.began_at, attempt.rung_at, attempt.answered_at,
    coalesce(attempt.leg_ended_at, attempt.ended_at) AS ended_at, attempt.minute_kopecks,
    attempt.result, attempt.rule
FROM outbound_attempt AS attempt JOIN call ON call.call_id = attempt.call_id
WHERE attempt.began_at >= $1 AND attempt.began_at < $2 AND ($3 IS NULL OR call.project = $3)
  AND (attempt.began_at, attempt.call_id) > ($4, $5)
ORDER BY attempt.began_at, attempt.call_id LIMIT $6";

/// The same calls as their rows have them.
pub(crate) const OUT_CALLS_OF_SPAN: &str = "
SELECT count(*) AS calls, coalesce(sum(outcome_flag = 1), 0) AS reached,
    coalesce(sum(ended_at IS NULL), 0) AS open
FROM call
WHERE direction = 'out' AND arrived_at >= $1 AND arrived_at < $2 AND ($3 IS NULL OR project = $3)";
