//! What operators did in their shifts. The figures stand in the order of `gudok_model::shifts::Figure`.

/// How far the facts of shifts are known.
pub(crate) const POSITION: &str = "SELECT seq FROM projection WHERE name = 'shift'";

/// Moves it on from where it is thought to be; somebody else may have done so meanwhile.
pub(crate) const POSITION_SET: &str =
    "UPDATE projection SET seq = $2 WHERE name = 'shift' AND seq = $1 AND seq < $2";

/// What is booked so far of everybody who has a seat, and whose they are.
pub(crate) const SEATS: &str = "
SELECT seat.operator_id, seat.seat, coalesce(operator.project, seat.project, '')
FROM shift_seat AS seat LEFT JOIN operator USING (operator_id)
WHERE seat.seat IS NOT NULL ORDER BY seat.operator_id";

/// Of a JSON array: who, and their seat or null. Whose they are is kept when they are gone.
pub(crate) const SEATS_UPSERT: &str = "
INSERT INTO shift_seat (operator_id, project, seat)
SELECT value->>0, (SELECT project FROM operator WHERE operator_id = value->>0), value->>1
FROM json_each($1) WHERE true
ON CONFLICT (operator_id) DO UPDATE SET
    project = coalesce(excluded.project, project), seat = excluded.seat";

/// Of a JSON array: who has worked, and so for whom.
pub(crate) const PEOPLE_UPSERT: &str = "
INSERT INTO shift_person (operator_id, project, name)
SELECT
    value->>0,
    coalesce(
        (SELECT project FROM operator WHERE operator_id = value->>0),
        (SELECT project FROM shift_seat WHERE operator_id = value->>0), ''),
    (SELECT name FROM operator WHERE operator_id = value->>0)
FROM json_each($1) WHERE true
ON CONFLICT (operator_id, project) DO UPDATE SET name = coalesce(excluded.name, name)";

/// Everybody who has been at a desk, for whom, and as they are called there.
pub(crate) const PEOPLE: &str = "
SELECT person.operator_id, nullif(person.project, ''), coalesce(operator.name, person.name)
FROM shift_person AS person LEFT JOIN operator
    ON operator.operator_id = person.operator_id AND operator.project = person.project
ORDER BY person.operator_id, person.project";

/// The first quarter of anybody, person by person as they lie.
pub(crate) const SINCE: &str = "
SELECT min((SELECT min(at) FROM shift_quarter AS quarter WHERE quarter.operator_id = seat.operator_id))
FROM shift_seat AS seat";

/// Adds to quarters. Of a JSON array: who, the quarter, the first and the last moment, and the figures.
pub(crate) const QUARTERS_ADD: &str = "
INSERT INTO shift_quarter (
    operator_id, at, first_at, last_at,
    session_us, ready_us, reserved_us, ringing_us, talking_us, hold_us, consult_us, conference_us,
    dialing_us, preview_us, wrap_up_us, not_ready_us, device_down_us, other_us, down_us, logins,
    logouts, cuts, calls, dialled, talk_us, misses, rejects, lost, wrap_ups, extensions, breaks,
    break_us, too_long, too_long_us, checked, wrong, project
) SELECT
    value->>0, value->>1, value->>2, value->>3,
    value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11,
    value->>12, value->>13, value->>14, value->>15, value->>16, value->>17, value->>18, value->>19,
    value->>20, value->>21, value->>22, value->>23, value->>24, value->>25, value->>26, value->>27,
    value->>28, value->>29, value->>30, value->>31, value->>32, value->>33, value->>34, value->>35,
    coalesce(
        (SELECT project FROM operator WHERE operator_id = value->>0),
        (SELECT project FROM shift_seat WHERE operator_id = value->>0), '')
FROM jsonb_each($1) WHERE true
ON CONFLICT (operator_id, at, project) DO UPDATE SET
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
    session_us = session_us + excluded.session_us, ready_us = ready_us + excluded.ready_us, reserved_us
    = reserved_us + excluded.reserved_us, ringing_us = ringing_us + excluded.ringing_us, talking_us =
    talking_us + excluded.talking_us, hold_us = hold_us + excluded.hold_us, consult_us = consult_us +
    excluded.consult_us, conference_us = conference_us + excluded.conference_us, dialing_us = dialing_us
    + excluded.dialing_us, preview_us = preview_us + excluded.preview_us, wrap_up_us = wrap_up_us +
    excluded.wrap_up_us, not_ready_us = not_ready_us + excluded.not_ready_us, device_down_us =
    device_down_us + excluded.device_down_us, other_us = other_us + excluded.other_us, down_us = down_us
    + excluded.down_us, logins = logins + excluded.logins, logouts = logouts + excluded.logouts, cuts =
    cuts + excluded.cuts, calls = calls + excluded.calls, dialled = dialled + excluded.dialled, talk_us
    = talk_us + excluded.talk_us, misses = misses + excluded.misses, rejects = rejects +
    excluded.rejects, lost = lost + excluded.lost, wrap_ups = wrap_ups + excluded.wrap_ups, extensions =
    extensions + excluded.extensions, breaks = breaks + excluded.breaks, break_us = break_us +
    excluded.break_us, too_long = too_long + excluded.too_long, too_long_us = too_long_us +
    excluded.too_long_us, checked = checked + excluded.checked, wrong = wrong + excluded.wrong";

/// Adds to reasons. Of a JSON array: who, the quarter, why and how long.
pub(crate) const REASONS_ADD: &str = "
INSERT INTO shift_reason (operator_id, at, reason, us, project)
SELECT
    value->>0, value->>1, value->>2, value->>3,
    coalesce(
        (SELECT project FROM operator WHERE operator_id = value->>0),
        (SELECT project FROM shift_seat WHERE operator_id = value->>0), '')
FROM json_each($1) WHERE true
ON CONFLICT (operator_id, at, project, reason) DO UPDATE SET us = us + excluded.us";

/// What came in each span. Of a JSON array of spans: who, from when, until when, for whom; the number in it comes back.
pub(crate) const WORKED: &str = "
SELECT span.key, min(first_at), max(last_at),
    sum(session_us), sum(ready_us), sum(reserved_us), sum(ringing_us), sum(talking_us), sum(hold_us),
    sum(consult_us), sum(conference_us), sum(dialing_us), sum(preview_us), sum(wrap_up_us),
    sum(not_ready_us), sum(device_down_us), sum(other_us), sum(down_us), sum(logins), sum(logouts),
    sum(cuts), sum(calls), sum(dialled), sum(talk_us), sum(misses), sum(rejects), sum(lost),
    sum(wrap_ups), sum(extensions), sum(breaks), sum(break_us), sum(too_long), sum(too_long_us),
    sum(checked), sum(wrong)
FROM json_each($1) AS span CROSS JOIN shift_quarter AS quarter
    ON quarter.operator_id = span.value->>0
    AND quarter.at >= span.value->>1 AND quarter.at < span.value->>2
    AND quarter.project = span.value->>3
GROUP BY span.key";

/// Not ready in each span, by reason.
pub(crate) const REASONS: &str = "
SELECT span.key, reason, sum(us)
FROM json_each($1) AS span CROSS JOIN shift_reason AS why
    ON why.operator_id = span.value->>0
    AND why.at >= span.value->>1 AND why.at < span.value->>2
    AND why.project = span.value->>3
GROUP BY span.key, reason";

/// Forgets quarters before a moment, person by person as they lie.
pub(crate) const QUARTERS_FORGET: &str = "
DELETE FROM shift_quarter
WHERE operator_id IN (SELECT operator_id FROM shift_seat) AND at < $1";

/// And reasons.
pub(crate) const REASONS_FORGET: &str = "
DELETE FROM shift_reason
WHERE operator_id IN (SELECT operator_id FROM shift_seat) AND at < $1";

/// And whoever has no quarter with them.
pub(crate) const PEOPLE_FORGET: &str = "
DELETE FROM shift_person
WHERE NOT EXISTS (
    SELECT 1 FROM shift_quarter AS quarter
    WHERE quarter.operator_id = shift_person.operator_id AND quarter.project = shift_person.project
)";

/// And whoever has neither a seat nor a quarter.
pub(crate) const SEATS_FORGET: &str = "
DELETE FROM shift_seat
WHERE seat IS NULL AND NOT EXISTS (
    SELECT 1 FROM shift_quarter AS quarter WHERE quarter.operator_id = shift_seat.operator_id
)";

/// For the test that prepares them.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    POSITION,
    POSITION_SET,
    SEATS,
    SEATS_UPSERT,
    PEOPLE_UPSERT,
    PEOPLE,
    SINCE,
    QUARTERS_ADD,
    REASONS_ADD,
    WORKED,
    REASONS,
    QUARTERS_FORGET,
    REASONS_FORGET,
    PEOPLE_FORGET,
    SEATS_FORGET,
];
