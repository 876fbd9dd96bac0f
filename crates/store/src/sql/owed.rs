//! Statements about what callers are owed, the register of missed calls, and those who ask in their name.

/// Whatever is shown of a request, in the order of [`RequestRow`](crate::RequestRow).
macro_rules! requests {
    ($rest:literal) => {
        concat!(
            "SELECT request.request_id, request.project, request.kind, request.source, request.state,
    request.closed_at IS NULL AS open, request.number, request.owner, request.line, request.created_at, request.due_at,
    request.not_before, request.call_id, request.asked, request.last_call_id, request.length_ms, request.waited_ms,
    request.note, request.basis, request.place, request.needs, request.wished_at, request.told, request.lease_by, request.epoch,
    request.attempts, request.tries, request.next_at, request.rule, request.contact_call, request.contact_at, request.closed_at, request.closed_by,
    request.closed_note, call.did_e164 AS did, call.client_name,
    CASE WHEN request.kind = 'voicemail' THEN call.recording_file END AS recording
FROM request LEFT JOIN call ON call.call_id = request.call_id
",
            $rest
        )
    };
}

/// Whatever is shown of a missed call, in the order of [`MissedRow`](crate::MissedRow).
macro_rules! missed {
    ($rest:literal) => {
        concat!(
            "SELECT missed.call_id, missed.project, missed.number, missed.owner, missed.queue, call.did_e164 AS did,
    call.client_name, call.outcome, call.waited_ms, missed.missed_at, missed.short,
    missed.closed_at IS NULL AND missed.number IS NOT NULL AND missed.short = 0 AS open, (
        SELECT min(request_id) FROM request
        WHERE request.project = missed.project AND request.number = missed.number
          AND request.kind <> 'voicemail' AND request.closed_at IS NULL
    ) AS request_id, (
        SELECT lease_by FROM request
        WHERE request.project = missed.project AND request.number = missed.number
          AND request.kind <> 'voicemail' AND request.closed_at IS NULL AND lease_by IS NOT NULL
        ORDER BY request_id LIMIT 1
    ) AS lease_by,
    missed.contact_call, missed.contact_at, missed.contact_way, missed.closed_at, missed.closed_by, missed.closed_note
FROM missed LEFT JOIN call ON call.call_id = missed.call_id
",
            $rest
        )
    };
}

/// Somebody is owed something. A number that is owed it already is owed it all the same, at the earlier of both times.
pub(crate) const REQUEST_INSERT: &str = "
INSERT INTO request (
    request_id, project, kind, state, source, number, owner, line, created_at, last_at, due_at, not_before, call_id,
    last_call_id, length_ms, waited_ms, note, basis, place, needs, wished_at, last_seq
) VALUES ($1, $2, $3, 'requested', $4, $5, $6, $7, $8, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, $17, $18, $1)
ON CONFLICT (request_id) DO NOTHING
ON CONFLICT (project, number, kind) WHERE kind <> 'voicemail' AND closed_at IS NULL DO UPDATE SET
    asked = asked + 1, due_at = min(due_at, excluded.due_at), place = coalesce(request.place, excluded.place),
    needs = coalesce(excluded.needs, request.needs),
    wished_at = coalesce(excluded.wished_at, request.wished_at),
    note = coalesce(excluded.note, request.note), basis = coalesce(request.basis, excluded.basis),
    last_call_id = excluded.call_id, last_at = excluded.last_at, last_seq = excluded.last_seq,
    tries = CASE WHEN request.state = 'exhausted' THEN 0 ELSE request.tries END
WHERE excluded.last_seq > request.last_seq";

/// The open request of a key goes on. $9: it is dialled once more; $10: how often by now, where that is said.
pub(crate) const REQUEST_MOVED: &str = "
UPDATE request SET state = $4, told = $5, lease_by = coalesce($6, lease_by), lease_until = $7,
    epoch = max(epoch, coalesce($8, 0)), attempts = max(attempts + $9, coalesce($10, 0)), tries = coalesce($10, tries),
    next_at = $11, rule = $12,
    last_seq = $13
WHERE project = $1 AND number = $2 AND kind = $3 AND kind <> 'voicemail' AND closed_at IS NULL AND last_seq < $13";

/// The open request of a key is over; the talk, where it was one, has its row by now.
pub(crate) const REQUEST_OVER: &str = "
UPDATE request SET state = $4, closed_at = $5, closed_by = $6, closed_note = $7, contact_call = $8,
    contact_at = (SELECT bridged_at FROM call WHERE call_id = $8)
WHERE project = $1 AND number = $2 AND kind = $3 AND kind <> 'voicemail' AND closed_at IS NULL";

/// The request ($4) that the customer's own call ($5) closed is open again, where no other of its key is.
pub(crate) const REQUEST_BACK: &str = "
UPDATE request SET state = $6, told = $7, next_at = $8, lease_until = NULL, last_seq = $9,
    closed_at = NULL, closed_by = NULL, closed_note = NULL, contact_call = NULL, contact_at = NULL
WHERE request_id = (
    SELECT max(request_id) FROM request
    WHERE project = $1 AND number = $2 AND kind = $3 AND kind <> 'voicemail' AND call_id = $4 AND contact_call = $5
      AND closed_by = 'caller' AND last_seq < $9
) AND NOT EXISTS (
    SELECT 1 FROM request AS other
    WHERE other.project = $1 AND other.number = $2 AND other.kind = $3 AND other.closed_at IS NULL
)";

/// Promises that these calls ($1, a JSON array of ids) closed by coming to a queue, where nobody was promised anything else or
/// talked with since.
pub(crate) const REQUESTS_CLOSED_BY: &str = requests!(
    "WHERE (request.project, request.number) IN (
    SELECT project, caller_e164 FROM call WHERE call_id IN (SELECT value FROM json_each($1))
) AND request.contact_call IN (SELECT value FROM json_each($1))
  AND request.kind = 'callback' AND request.closed_by = 'caller' AND request.contact_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM request AS other
    WHERE other.project = request.project AND other.number = request.number AND other.kind = 'callback'
      AND other.request_id > request.request_id
) AND NOT EXISTS (
    SELECT 1 FROM call AS talk
    WHERE talk.project = request.project AND talk.caller_e164 = request.number AND talk.bridged_at >= request.closed_at
)
ORDER BY request.request_id"
);

/// Somebody says that it is done, or not needed.
pub(crate) const REQUEST_CLOSE: &str = "
UPDATE request SET state = $2, closed_at = $3, closed_by = $4, closed_note = $5
WHERE request_id = $1 AND closed_at IS NULL";

/// Callers who are owed a call were talked with, whoever called whom. A number with a call in is not needed to be called; what
/// was missed is made good by either.
pub(crate) const REQUESTS_CONTACTED: &str = "
UPDATE request SET state = CASE WHEN kind = 'callback' AND talk.way = 'in' THEN 'cancelled' ELSE 'done' END,
    closed_at = talk.at, closed_by = talk.by, contact_call = talk.call, contact_at = talk.since
FROM (
    SELECT value->>'seq' AS seq, value->>'at' AS at, value->>'since' AS since, value->>'project' AS project,
        value->>'call' AS call, value->>'number' AS number, value->>'by' AS by, value->>'way' AS way
    FROM jsonb_each($1)
) AS talk
WHERE request.project = talk.project AND request.number = talk.number
  AND request.kind <> 'voicemail' AND request.closed_at IS NULL
  AND request.last_at <= talk.since AND request.last_seq < talk.seq";

/// Missed calls of theirs are made good.
pub(crate) const MISSED_CONTACTED: &str = "
UPDATE missed SET closed_at = talk.at, closed_by = talk.by, contact_call = talk.call, contact_at = talk.since,
    contact_way = talk.way
FROM (
    SELECT value->>'at' AS at, value->>'since' AS since, value->>'project' AS project,
        value->>'call' AS call, value->>'number' AS number, value->>'by' AS by, value->>'way' AS way
    FROM jsonb_each($1)
) AS talk
WHERE missed.project = talk.project AND missed.number = talk.number AND missed.number IS NOT NULL
  AND missed.closed_at IS NULL AND missed.missed_at <= talk.since";

/// Nobody answered this call.
pub(crate) const MISSED_INSERT: &str = "
INSERT INTO missed (call_id, project, number, owner, queue, missed_at, short)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (call_id) DO NOTHING";

/// An admin closes what was missed of a number without a talk; $1: the request.
pub(crate) const MISSED_CLOSE: &str = "
UPDATE missed SET closed_at = $2, closed_by = $3, closed_note = $4
FROM request
WHERE request.request_id = $1 AND request.kind = 'missed'
  AND missed.project = request.project AND missed.number = request.number AND missed.number IS NOT NULL
  AND missed.closed_at IS NULL AND missed.missed_at <= $2";

/// An admin says of a number that nobody is to be called for what was missed; or the customer wants no calls.
pub(crate) const MISSED_CANCELLED: &str = "
UPDATE missed SET closed_at = $3, closed_by = $4, closed_note = $5
WHERE project = $1 AND number = $2 AND closed_at IS NULL AND missed_at <= $3";

/// Open requests, the most urgent first; $3: of these groups (a JSON array) or everybody, or of whoever has it in hand ($4).
pub(crate) const REQUESTS_OPEN: &str = requests!(
    "WHERE request.closed_at IS NULL AND ($1 IS NULL OR request.project = $1)
  AND ($3 IS NULL OR request.owner IS NULL OR request.owner IN (SELECT value FROM json_each($3)) OR request.lease_by = $4)
ORDER BY request.due_at, request.request_id LIMIT $2"
);

/// Open requests to call somebody, what was promised before what was missed, the most urgent first.
pub(crate) const REQUESTS_TO_CALL: &str = requests!(
    "WHERE request.closed_at IS NULL AND request.number IS NOT NULL AND request.kind <> 'voicemail'
  AND ($1 IS NULL OR request.project = $1)
ORDER BY request.kind <> 'callback', request.due_at, request.request_id LIMIT $2"
);

/// All of them, the latest first; $3 and $4 as above.
pub(crate) const REQUESTS_OF_LATE: &str = requests!(
    "WHERE ($1 IS NULL OR request.project = $1)
  AND ($3 IS NULL OR request.owner IS NULL OR request.owner IN (SELECT value FROM json_each($3)) OR request.lease_by = $4)
ORDER BY request.request_id DESC LIMIT $2"
);

/// One of them.
pub(crate) const REQUEST: &str = requests!("WHERE request.request_id = $1");

/// The open one of a key.
pub(crate) const REQUEST_OF_KEY: &str = requests!(
    "WHERE request.project = $1 AND request.number = $2 AND request.kind = $3
  AND request.kind <> 'voicemail' AND request.closed_at IS NULL"
);

/// How many are open, and overdue; since when the oldest waits.
pub(crate) const REQUESTS_COUNT: &str = "
SELECT kind, count(*) AS open, coalesce(sum(due_at < $1), 0) AS overdue, min(created_at) AS oldest_at
FROM request WHERE closed_at IS NULL GROUP BY kind ORDER BY kind";

/// The same of each project and group; what is only missed apart: nobody was promised anything by that.
pub(crate) const REQUESTS_OWED: &str = "
SELECT project, owner, count(*) FILTER (WHERE kind <> 'missed') AS open,
    count(*) FILTER (WHERE kind <> 'missed' AND due_at < $1) AS overdue,
    min(created_at) FILTER (WHERE kind <> 'missed') AS oldest_at,
    count(*) FILTER (WHERE kind = 'missed') AS missed,
    count(*) FILTER (WHERE kind = 'missed' AND due_at < $1) AS missed_overdue,
    count(*) FILTER (WHERE state = 'exhausted') AS exhausted
FROM request WHERE closed_at IS NULL GROUP BY project, owner ORDER BY project, owner";

/// Missed calls that nobody has made good, by owner, the oldest first.
pub(crate) const MISSED_OPEN: &str = missed!(
    "WHERE missed.closed_at IS NULL AND missed.number IS NOT NULL AND missed.short = 0
  AND ($1 IS NULL OR missed.project = $1)
  AND ($3 IS NULL OR missed.owner IS NULL OR missed.owner IN (SELECT value FROM json_each($3)) OR lease_by = $4)
ORDER BY missed.owner, missed.missed_at, missed.call_id LIMIT $2"
);

/// All of them, the latest first.
pub(crate) const MISSED_OF_LATE: &str = missed!(
    "WHERE ($1 IS NULL OR missed.project = $1)
  AND ($3 IS NULL OR missed.owner IS NULL OR missed.owner IN (SELECT value FROM json_each($3))
    OR lease_by = $4 OR missed.closed_by = $4)
ORDER BY missed.missed_at DESC, missed.call_id DESC LIMIT $2"
);

/// What became of the requests of a span: those that were made in it. A talk that one already had is none of theirs. Who called us
/// first closed theirs in the queue, before the talk: when it began has the call. Those who left the queue had none, and none is lost.
pub(crate) const REQUESTS_OF_SPAN: &str = "
SELECT request_id, kind, max(created_at, coalesce(not_before, created_at)) AS since_at, attempts,
    coalesce(contact_at, (SELECT call.bridged_at FROM call WHERE call.call_id = request.contact_call)) AS contact_at,
    closed_at, state = 'done' AS is_done, contact_call IS NULL OR state <> 'done' OR EXISTS (
        SELECT 1 FROM call WHERE call.call_id = request.contact_call AND call.bridged_at IS NOT NULL
    ) AS is_talk
FROM request
WHERE created_at >= $1 AND created_at < $2 AND ($3 IS NULL OR project = $3) AND kind <> 'voicemail'
  AND request_id > $4
ORDER BY request_id LIMIT $5";

/// What became of the missed calls of a span.
pub(crate) const MISSED_OF_SPAN: &str = "
SELECT count(*) AS calls, coalesce(sum(short), 0) AS short, coalesce(sum(number IS NULL AND short = 0), 0) AS hidden,
    coalesce(sum(short = 0 AND number IS NOT NULL AND contact_way = 'out'), 0) AS called_back,
    coalesce(sum(short = 0 AND number IS NOT NULL AND contact_way = 'in'), 0) AS called_again,
    coalesce(sum(short = 0 AND number IS NOT NULL AND contact_way IS NULL AND closed_at IS NOT NULL), 0) AS by_hand,
    coalesce(sum(short = 0 AND number IS NOT NULL AND closed_at IS NULL), 0) AS open,
    (SELECT count(*) FROM call_event
     WHERE event = 'missed' AND at >= $1 AND at < $2 AND ($3 IS NULL OR project = $3)) AS told
FROM missed
WHERE missed_at >= $1 AND missed_at < $2 AND ($3 IS NULL OR project = $3)";

/// Facts of the journal that promise a call in a span; of them those by which a row began, and those that joined one that was
/// open then.
pub(crate) const PROMISES_OF_SPAN: &str = "
SELECT count(*) AS promised, coalesce(sum(EXISTS (
        SELECT 1 FROM request WHERE request.request_id = fact.seq
    )), 0) AS opened, coalesce(sum(NOT EXISTS (
        SELECT 1 FROM request WHERE request.request_id = fact.seq
    ) AND EXISTS (
        SELECT 1 FROM request
        WHERE request.project = fact.project AND request.number = fact.body->>'number'
          AND request.kind = fact.body->>'kind' AND request.created_at <= fact.at
          AND coalesce(request.closed_at, fact.at) >= fact.at
    )), 0) AS joined
FROM call_event AS fact
WHERE fact.event = 'requested' AND fact.at >= $1 AND fact.at < $2 AND ($3 IS NULL OR fact.project = $3)
  AND fact.body->>'kind' <> 'voicemail'";

/// A key for a program.
pub(crate) const API_TOKEN_INSERT: &str = "
INSERT INTO api_token (name, project, scope, token_hash, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6)";

/// It is good no more.
pub(crate) const API_TOKEN_REVOKE: &str = "
UPDATE api_token SET revoked_at = $2, revoked_by = $3 WHERE name = $1 AND revoked_at IS NULL";

/// Whose it is.
pub(crate) const API_TOKEN: &str = "
SELECT name, project, scope, created_at, created_by, revoked_at, revoked_by FROM api_token
WHERE token_hash = $1 AND revoked_at IS NULL";

/// All of them, the latest first.
pub(crate) const API_TOKENS: &str = "
SELECT name, project, scope, created_at, created_by, revoked_at, revoked_by FROM api_token
ORDER BY api_token_id DESC LIMIT $1";

/// All of the above.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    REQUEST_INSERT,
    REQUEST_MOVED,
    REQUEST_OVER,
    REQUEST_BACK,
    REQUESTS_CLOSED_BY,
    REQUEST_CLOSE,
    REQUESTS_CONTACTED,
    MISSED_CONTACTED,
    MISSED_INSERT,
    MISSED_CLOSE,
    MISSED_CANCELLED,
    REQUESTS_OPEN,
    REQUESTS_TO_CALL,
    REQUESTS_OF_LATE,
    REQUEST,
    REQUEST_OF_KEY,
    REQUESTS_COUNT,
    REQUESTS_OWED,
    MISSED_OPEN,
    MISSED_OF_LATE,
    REQUESTS_OF_SPAN,
    MISSED_OF_SPAN,
    PROMISES_OF_SPAN,
    API_TOKEN_INSERT,
    API_TOKEN_REVOKE,
    API_TOKEN,
    API_TOKENS,
];
