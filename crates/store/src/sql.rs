//! Every statement of the store, by intent. All of them are prepared in a test; none is made of strings at run time.
//!
//! Batches travel as one JSON array, so that a batch costs one statement per table however many rows it has. It is taken
//! apart in SQLite's binary form: as text every row would be printed and parsed again for each of its columns.
pub(crate) mod called;
pub(crate) mod commands;
pub(crate) mod dnc;
pub(crate) mod owed;
pub(crate) mod phones;
pub(crate) mod shifts;

/// Writes the rows of the calls a batch touched. When and by whom a call came never changes, so it is not set again:
/// SQLite would write both indices anew each time.
pub(crate) const CALLS_UPSERT: &str = "
INSERT INTO call (
    call_id, project, trunk, did_raw, did_e164, caller_raw, caller_e164, caller_kind,
    caller_presentation, caller_display, sip_call_id, plan, arrived_at, answered_at, queued_at,
    bridged_at, ended_at, outcome, outcome_flag, termination_result, termination_reason,
    waited_ms, talk_ms, talking_since, talking_leg, operator, queue, client_id, client_name,
    client_match, disposition, disposition_note, recording_file, recording_ms, recording_sha256,
    last_seq, session_id, caller_region, caller_zone, caller_region_confidence,
    survey, surveyed_at, rating, rating_low, solved, direction
) SELECT
    value->>'call_id', value->>'project', value->>'trunk', value->>'did_raw',
    value->>'did_e164', value->>'caller_raw', value->>'caller_e164', value->>'caller_kind',
    value->>'caller_presentation', value->>'caller_display', value->>'sip_call_id',
    value->>'plan', value->>'arrived_at', value->>'answered_at', value->>'queued_at',
    value->>'bridged_at', value->>'ended_at', value->>'outcome', value->>'outcome_flag',
    value->>'termination_result', value->>'termination_reason', value->>'waited_ms',
    value->>'talk_ms', value->>'talking_since', value->>'talking_leg', value->>'operator',
    value->>'queue', value->>'client_id', value->>'client_name', value->>'client_match',
    value->>'disposition', value->>'disposition_note', value->>'recording_file',
    value->>'recording_ms', value->>'recording_sha256', value->>'last_seq', value->>'session_id',
    value->>'caller_region', value->>'caller_zone', value->>'caller_region_confidence',
    value->>'survey', value->>'surveyed_at', value->>'rating', value->>'rating_low',
    value->>'solved', value->>'direction'
FROM jsonb_each($1) WHERE true
ON CONFLICT (call_id) DO UPDATE SET
    project = excluded.project, trunk = excluded.trunk, did_raw = excluded.did_raw,
    did_e164 = excluded.did_e164, caller_raw = excluded.caller_raw,
    caller_kind = excluded.caller_kind,
    caller_presentation = excluded.caller_presentation,
    caller_display = excluded.caller_display, sip_call_id = excluded.sip_call_id,
    plan = excluded.plan, answered_at = excluded.answered_at,
    queued_at = excluded.queued_at, bridged_at = excluded.bridged_at,
    ended_at = excluded.ended_at, outcome = excluded.outcome,
    outcome_flag = excluded.outcome_flag, termination_result = excluded.termination_result,
    termination_reason = excluded.termination_reason, waited_ms = excluded.waited_ms,
    talk_ms = excluded.talk_ms, talking_since = excluded.talking_since,
    talking_leg = excluded.talking_leg, operator = excluded.operator, queue = excluded.queue,
    client_id = excluded.client_id, client_name = excluded.client_name,
    client_match = excluded.client_match, disposition = excluded.disposition,
    disposition_note = excluded.disposition_note, recording_file = excluded.recording_file,
    recording_ms = excluded.recording_ms, recording_sha256 = excluded.recording_sha256,
    last_seq = excluded.last_seq, session_id = excluded.session_id,
    caller_region = excluded.caller_region, caller_zone = excluded.caller_zone,
    caller_region_confidence = excluded.caller_region_confidence,
    survey = excluded.survey, surveyed_at = excluded.surveyed_at, rating = excluded.rating,
    rating_low = excluded.rating_low, solved = excluded.solved, direction = excluded.direction";

/// Writes their legs.
pub(crate) const LEGS_UPSERT: &str = "
INSERT INTO leg (
    call_id, leg_index, project, operator, number, dialled_at, ringing_at, answered_at,
    ended_at, cause, held_ms, held_since, codec, packets, lost, jitter_us_max, mos, quality,
    said_sip, said_q850, said, session_id
) SELECT
    value->>'call_id', value->>'leg_index', value->>'project', value->>'operator',
    value->>'number', value->>'dialled_at', value->>'ringing_at', value->>'answered_at',
    value->>'ended_at', value->>'cause', value->>'held_ms', value->>'held_since',
    value->>'codec', value->>'packets', value->>'lost', value->>'jitter_us_max', value->>'mos',
    value->>'quality', value->>'said_sip', value->>'said_q850', value->>'said',
    value->>'session_id'
FROM jsonb_each($1) WHERE true
ON CONFLICT (call_id, leg_index) DO UPDATE SET
    project = excluded.project, operator = excluded.operator, number = excluded.number,
    dialled_at = excluded.dialled_at, ringing_at = excluded.ringing_at,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at, cause = excluded.cause,
    held_ms = excluded.held_ms, held_since = excluded.held_since, codec = excluded.codec,
    packets = excluded.packets, lost = excluded.lost, jitter_us_max = excluded.jitter_us_max,
    mos = excluded.mos, quality = excluded.quality, said_sip = excluded.said_sip,
    said_q850 = excluded.said_q850, said = excluded.said, session_id = excluded.session_id";

/// Writes their offers.
pub(crate) const OFFERS_UPSERT: &str = "
INSERT INTO offer (
    call_id, offer_index, project, operator, offered_at, popped_us, pop_acknowledged, ended_at,
    outcome, wrapped_at
) SELECT
    value->>'call_id', value->>'offer_index', value->>'project', value->>'operator',
    value->>'offered_at', value->>'popped_us', value->>'pop_acknowledged', value->>'ended_at',
    value->>'outcome', value->>'wrapped_at'
FROM jsonb_each($1) WHERE true
ON CONFLICT (call_id, offer_index) DO UPDATE SET
    project = excluded.project, operator = excluded.operator, offered_at = excluded.offered_at,
    popped_us = excluded.popped_us, pop_acknowledged = excluded.pop_acknowledged,
    ended_at = excluded.ended_at, outcome = excluded.outcome, wrapped_at = excluded.wrapped_at";

/// Writes their talks.
pub(crate) const SEGMENTS_UPSERT: &str = "
INSERT INTO segment (
    call_id, segment_index, project, operator, queue, leg_index, offer_index, from_at, till_at,
    talk_ms, held_ms, held_since, wrap_up_ms, wrapped_at, outcome
) SELECT
    value->>'call_id', value->>'segment_index', value->>'project', value->>'operator',
    value->>'queue', value->>'leg_index', value->>'offer_index', value->>'from_at',
    value->>'till_at', value->>'talk_ms', value->>'held_ms', value->>'held_since',
    value->>'wrap_up_ms', value->>'wrapped_at', value->>'outcome'
FROM jsonb_each($1) WHERE true
ON CONFLICT (call_id, segment_index) DO UPDATE SET
    project = excluded.project, till_at = excluded.till_at, talk_ms = excluded.talk_ms,
    held_ms = excluded.held_ms, held_since = excluded.held_since,
    wrap_up_ms = excluded.wrap_up_ms, wrapped_at = excluded.wrapped_at,
    outcome = excluded.outcome";

/// Writes the facts, whose bodies are stretches of $2; one that is there already stays as it is.
pub(crate) const EVENTS_INSERT: &str = "
INSERT INTO call_event (seq, call_id, project, at, event, body)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4,
    CAST(substr($2, value->>5, value->>6) AS TEXT)
FROM jsonb_each($1) WHERE true
ON CONFLICT (seq) DO NOTHING";

/// Moves the projection on; never back.
pub(crate) const POSITION_SET: &str =
    "UPDATE projection SET seq = max(seq, $1) WHERE name = 'call'";

/// Number of the last fact that was applied.
pub(crate) const POSITION: &str = "SELECT seq FROM projection WHERE name = 'call'";

/// One call.
pub(crate) const CALL: &str = "SELECT * FROM call WHERE call_id = $1";

/// Whether a recording of a call, its own or that of a word aside, is on record with this hash.
pub(crate) const RECORDING_KNOWN: &str = "
SELECT EXISTS (SELECT 1 FROM call WHERE call_id = $1 AND recording_sha256 = $2)
OR EXISTS (
    SELECT 1 FROM call_event
    WHERE call_id = $1 AND event = 'consultation_recorded' AND body->>'sha256' = $2
)";

/// Its legs in order of dialling.
pub(crate) const CALL_LEGS: &str = "SELECT * FROM leg WHERE call_id = $1 ORDER BY leg_index";

/// Its offers in order.
pub(crate) const CALL_OFFERS: &str = "SELECT * FROM offer WHERE call_id = $1 ORDER BY offer_index";

/// Its talks in order.
pub(crate) const CALL_SEGMENTS: &str =
    "SELECT * FROM segment WHERE call_id = $1 ORDER BY segment_index";

/// Its facts in order.
pub(crate) const CALL_EVENTS: &str =
    "SELECT * FROM call_event WHERE call_id = $1 ORDER BY seq LIMIT $2";

/// Calls by period, number and outcome, latest first; $9: those of one operator.
pub(crate) const CALLS: &str = "
SELECT * FROM call
WHERE arrived_at >= $1 AND arrived_at < $2
  AND ($3 IS NULL OR caller_e164 = $3 OR did_e164 = $3)
  AND ($4 IS NULL OR outcome = $4)
  AND ($5 IS NULL OR project = $5)
  AND ($6 IS NULL OR caller_region = $6)
  AND ($7 = 0 OR rating_low = 1)
  AND ($9 IS NULL OR call_id IN (
    SELECT call_id FROM segment WHERE operator = $9
    UNION SELECT call_id FROM call WHERE operator = $9 AND direction = 'out'
  ))
ORDER BY arrived_at DESC, call_id DESC
LIMIT $8";

/// Whether this operator ($2) talked in this call, or dialled it.
pub(crate) const CALL_IS_OF: &str = "
SELECT EXISTS (SELECT 1 FROM segment WHERE call_id = $1 AND operator = $2)
  OR EXISTS (SELECT 1 FROM call WHERE call_id = $1 AND operator = $2 AND direction = 'out')";

/// Who was asked how a talk was in calls that arrived at $1 or later, and when last; the latest first.
pub(crate) const SURVEYED: &str = "
SELECT caller_e164, max(surveyed_at) AS asked_at FROM call
WHERE arrived_at >= $1 AND surveyed_at IS NOT NULL AND caller_e164 IS NOT NULL
GROUP BY caller_e164 ORDER BY asked_at DESC LIMIT $2";

/// Callers of the latest $2 calls since $1 who were found in a directory or pressed the digit, and when last; the latest first.
pub(crate) const CALLERS_KNOWN: &str = "
SELECT caller_e164, max(arrived_at) AS known_at FROM (
    SELECT call_id, caller_e164, arrived_at, client_match FROM call
    WHERE arrived_at >= $1 AND caller_e164 IS NOT NULL ORDER BY arrived_at DESC LIMIT $2
) AS late
WHERE client_match IN ('one', 'many') OR EXISTS (
    SELECT 1 FROM call_event
    WHERE call_event.call_id = late.call_id AND event = 'decided'
      AND body->>'decision' = 'human check: passed' AND body->>'$.reasons[0].code' = 'pressed'
)
GROUP BY caller_e164 ORDER BY known_at DESC LIMIT $3";

/// Callers of the latest $2 calls since $1 who were let go because they did not press the digit, and how often.
pub(crate) const CALLERS_FAILED: &str = "
SELECT caller_e164, count(*) AS calls FROM (
    SELECT caller_e164, termination_reason FROM call
    WHERE arrived_at >= $1 AND direction IS NULL ORDER BY arrived_at DESC LIMIT $2
) WHERE termination_reason = 'human-check' AND caller_e164 IS NOT NULL
GROUP BY caller_e164 ORDER BY calls DESC LIMIT $3";

/// How often each caller called in the latest $2 calls since $1, those without a number as one; most first.
pub(crate) const CALLERS: &str = "
SELECT caller_e164, count(*) AS calls FROM (
    SELECT caller_e164 FROM call WHERE arrived_at >= $1 AND direction IS NULL ORDER BY arrived_at DESC LIMIT $2
) GROUP BY caller_e164 ORDER BY calls DESC, caller_e164 LIMIT $3";

/// The latest $2 calls since $1.
pub(crate) const CALLS_SINCE: &str = "
SELECT count(*) FROM (
    SELECT 1 FROM call WHERE arrived_at >= $1 AND direction IS NULL LIMIT $2
)";

/// The attack mode is set by hand.
pub(crate) const ATTACK_MODE_INSERT: &str = "INSERT INTO attack_mode (mode, at) VALUES ($1, $2)";

/// How it was set last.
pub(crate) const ATTACK_MODE: &str =
    "SELECT mode FROM attack_mode ORDER BY attack_mode_id DESC LIMIT 1";

/// Calls of a period by the region of their caller: how many there were, reached a queue, were answered, and how long those
/// waited in all. Busiest first.
pub(crate) const CALLS_BY_REGION: &str = "
SELECT coalesce(caller_region, '') AS region, count(*) AS calls, count(queued_at) AS queued,
    coalesce(sum(outcome = 'answered'), 0) AS answered,
    coalesce(sum(CASE WHEN outcome = 'answered' THEN waited_ms END), 0) AS waited_ms,
    coalesce(sum(talk_ms), 0) AS talk_ms
FROM call
WHERE arrived_at >= $1 AND arrived_at < $2 AND direction IS NULL
GROUP BY region ORDER BY calls DESC, region LIMIT $3";

/// Callers who came to one of the queues $3 (a JSON array) in a period: of each from the first time, until an answer, another
/// queue, a decision of the plan after the last time (a voicemail, a call outside, closing words; `go on` is none: an
/// announcement whose end got lost), or the end. The arrival is asked for the sake of its index: nobody is led through a plan for a day.
pub(crate) const QUEUED: &str = "
WITH queue(name) AS (SELECT value FROM json_each($3)),
came AS (
    SELECT call.*, first.at AS came_at, (
        SELECT min(at) FROM call_event AS later
        WHERE later.call_id = call.call_id AND later.seq > first.seq AND (
            later.event = 'queued' AND later.body->>'queue' NOT IN queue
            OR later.event = 'decided' AND later.body->>'decision' <> 'go on' AND later.seq > (
                SELECT max(seq) FROM call_event AS again
                WHERE again.call_id = call.call_id AND again.event = 'queued'
                  AND again.body->>'queue' IN queue
            )
        )
    ) AS left_at
    FROM call
    JOIN call_event AS first ON first.seq = (
        SELECT min(seq) FROM call_event
        WHERE call_event.call_id = call.call_id AND event = 'queued' AND body->>'queue' IN queue
    )
    WHERE call.arrived_at >= $1 - 86400000000 AND call.arrived_at < $2 AND call.direction IS NULL
      AND call.queued_at IS NOT NULL AND call.ended_at IS NOT NULL
      AND first.at >= $1 AND first.at < $2
)
SELECT came_at AS queued_at,
    max(min(coalesce(left_at, ended_at), coalesce(bridged_at, ended_at)) - came_at, 0) / 1000 AS waited_ms,
    coalesce(outcome = 'answered' AND queue IN queue, 0) AS answered,
    coalesce(outcome = 'abandoned_queue' AND left_at IS NULL, 0) AS abandoned,
    talk_ms,
    (SELECT min(leg.answered_at - leg.dialled_at) / 1000 FROM leg
     WHERE leg.call_id = came.call_id AND leg.operator IS NOT NULL) AS pick_up_ms,
    (SELECT max(offer.wrapped_at - offer.ended_at) / 1000 FROM offer
     WHERE offer.call_id = came.call_id AND offer.outcome = 'bridged_ended') AS wrap_up_ms
FROM came ORDER BY came_at LIMIT $4";

/// Calls that arrived in a span, as the journal tells.
pub(crate) const ARRIVALS: &str = "
SELECT count(*) FROM call_event
WHERE event = 'arrived' AND at >= $1 AND at < $2 AND ($3 IS NULL OR project = $3)";

/// Who talked how long in the calls that arrived in a span, and who refused or missed how many. What nobody was heard in is no
/// talk.
pub(crate) const TALKS_BY_OPERATOR: &str = "
SELECT operator, sum(talks) AS talks, sum(dialled) AS dialled, sum(calls) AS calls, sum(open) AS open, sum(passed_on) AS passed_on,
    sum(talk_ms) AS talk_ms, sum(held_ms) AS held_ms, sum(wrap_up_ms) AS wrap_up_ms,
    sum(rejected) AS rejected, sum(missed) AS missed
FROM (
    SELECT segment.operator, count(*) AS talks, sum(call.direction IS NOT NULL) AS dialled,
        count(DISTINCT segment.call_id) AS calls,
        sum(segment.till_at IS NULL) AS open,
        sum(coalesce(segment.outcome, '') IN ('transferred', 'transferred_attended')) AS passed_on,
        sum(coalesce(segment.talk_ms, 0)) AS talk_ms, sum(segment.held_ms) AS held_ms,
        sum(coalesce(segment.wrap_up_ms, 0)) AS wrap_up_ms, 0 AS rejected, 0 AS missed
    FROM call JOIN segment ON segment.call_id = call.call_id
    WHERE call.arrived_at >= $1 AND call.arrived_at < $2 AND ($3 IS NULL OR call.project = $3)
      AND coalesce(segment.outcome, '') <> 'taken_back'
    GROUP BY segment.operator
    UNION ALL
    SELECT offer.operator, 0, 0, 0, 0, 0, 0, 0, 0, sum(offer.outcome = 'rejected'), sum(offer.outcome = 'no_answer')
    FROM call JOIN offer ON offer.call_id = call.call_id
    WHERE call.arrived_at >= $1 AND call.arrived_at < $2 AND call.direction IS NULL AND ($3 IS NULL OR call.project = $3)
      AND offer.operator IS NOT NULL AND offer.outcome IN ('rejected', 'no_answer')
    GROUP BY offer.operator
) AS parts
GROUP BY operator ORDER BY operator LIMIT $4";

/// How many of the calls that arrived in a span were answered, and how many of those have a talk.
pub(crate) const ANSWERED_AND_TALKED: &str = "
SELECT count(*), coalesce(sum(EXISTS (
    SELECT 1 FROM segment
    WHERE segment.call_id = call.call_id AND coalesce(segment.outcome, '') <> 'taken_back'
)), 0)
FROM call
WHERE arrived_at >= $1 AND arrived_at < $2 AND ($3 IS NULL OR project = $3)
  AND outcome = 'answered'";

/// The next calls of a report after the one that arrived at $1 and has the id $2, in the order they arrived. When a call came
/// to its first queue is no column of it: `queued_at` is of the last.
pub(crate) const REPORT_CALLS: &str = "
SELECT call_id, arrived_at, did_e164 AS number, queue, ended_at, outcome, waited_ms,
    CASE WHEN queued_at IS NOT NULL THEN (
        SELECT min(at) FROM call_event
        WHERE call_event.call_id = call.call_id AND event = 'queued'
    ) END AS queued_at
FROM call
WHERE arrived_at >= $1 AND (arrived_at > $1 OR call_id > $2) AND arrived_at < $3
  AND direction IS NULL
  AND ($4 IS NULL OR project = $4)
ORDER BY arrived_at, call_id LIMIT $5";

/// Calls with one of two numbers of a Session-ID, the caller's or that of somebody who was rung, or with one of two ids;
/// latest first: there are few.
pub(crate) const CALLS_BY_SESSION_ID: &str = "
SELECT * FROM call
WHERE session_id IN ($1, $2) OR call_id IN ($3, $4)
  OR call_id IN (SELECT call_id FROM leg WHERE session_id IN ($1, $2))
ORDER BY arrived_at DESC, call_id DESC LIMIT $5";

/// What the answered calls of a number have cost: started units of $4 seconds, $3 kopecks a minute; a call that has no
/// end was cut at $5. The arrival is asked for the sake of its index: nobody rings for a day.
pub(crate) const CALLS_COST: &str = "
SELECT coalesce(sum(secs), 0) AS secs, coalesce(sum((secs * $3 + 30) / 60), 0) AS kopecks
FROM (
    SELECT (max(coalesce(ended_at, $5) - answered_at, 0) + $4 * 1000000 - 1) / ($4 * 1000000) * $4 AS secs
    FROM call
    WHERE arrived_at >= $2 - 86400000000 AND did_e164 = $1 AND answered_at >= $2
      AND direction IS NULL
)";

/// Calls whose id begins so; for people who copy eight characters.
pub(crate) const CALLS_BY_PREFIX: &str = "
SELECT call_id FROM call WHERE call_id >= $1 AND call_id < $1 || 'g' ORDER BY call_id LIMIT 2";

/// Calls that have no end: alive now, or cut by a crash.
pub(crate) const CALLS_OPEN: &str = "
SELECT call_id, bridged_at IS NOT NULL AS talked, (
    SELECT said.body->>'kind' FROM call_event AS said
    WHERE said.call_id = call.call_id AND said.event = 'requested' ORDER BY said.seq LIMIT 1
) AS promised, CASE WHEN direction = 'out' THEN answered_at IS NOT NULL END AS reached
FROM call WHERE ended_at IS NULL ORDER BY call_id LIMIT $1";

/// Their legs, and those of calls that ended a moment before the crash.
pub(crate) const LEGS_OPEN: &str = "
SELECT call_id, leg_index FROM leg WHERE ended_at IS NULL ORDER BY call_id, leg_index LIMIT $1";

/// Offers without an end, with whether their operator was in talk. Disposed is what this operator wrote down, in whichever
/// talk of the call; what ran out without a word ($2) counts for its own talk alone, where only the end got lost.
pub(crate) const OFFERS_OPEN: &str = "
SELECT offer.call_id, offer.offer_index, offer.operator, call.queue,
    (
        SELECT said.body->>'group' FROM call_event AS said
        WHERE said.call_id = offer.call_id AND said.event = 'offered'
          AND said.body->>'$.offer.index' = offer.offer_index
    ) AS asked_group,
    EXISTS (
        SELECT 1 FROM call_event AS said
        WHERE said.call_id = offer.call_id AND said.event = 'disposed'
          AND said.body->>'operator' = offer.operator
          AND (said.body->>'code' <> $2 OR said.at > offer.offered_at)
    ) AS disposed,
    offer.operator IS leg.operator AND leg.operator IS NOT NULL AS talks, NULL AS ended_at
FROM offer
JOIN call ON call.call_id = offer.call_id
LEFT JOIN leg ON leg.call_id = call.call_id AND leg.leg_index = call.talking_leg
WHERE offer.ended_at IS NULL ORDER BY offer.call_id, offer.offer_index LIMIT $1";

/// Messages that were being spoken: begun in a call without an end, and not owed to anybody since.
pub(crate) const MESSAGES_OPEN: &str = "
SELECT call.call_id, began.at AS since, call.caller_e164 AS number, began.body->>'group' AS owner,
    began.body->>'within_ms' AS within_ms
FROM call JOIN call_event AS began ON began.call_id = call.call_id AND began.event = 'message_began'
WHERE call.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM call_event AS later
    WHERE later.call_id = call.call_id AND later.seq > began.seq AND (
        later.event = 'message_began' OR later.event = 'requested' AND later.body->>'kind' = 'voicemail'
    )
)
ORDER BY call.call_id LIMIT $1";

/// Calls that a crash cut at $1 or later, and when, whose caller has talked with nobody since. The arrival is asked for the sake of
/// its index: nobody rings for a day.
pub(crate) const CALLS_CUT: &str = "
SELECT call_id, ended_at FROM call
WHERE arrived_at >= $1 - 86400000000 AND ended_at >= $1
  AND termination_reason = 'daemon-restarted'
  AND NOT EXISTS (
    SELECT 1 FROM call AS again
    WHERE again.caller_e164 = call.caller_e164 AND again.arrived_at >= call.ended_at
      AND again.bridged_at IS NOT NULL
)
ORDER BY call_id LIMIT $2";

/// Callers of these calls ($1, a JSON array of ids) who waited: came to a queue, and since then no talk began and the plan led
/// nowhere else (`go on` is nowhere else: an announcement whose end got lost). Since when is that of the place they had again,
/// where they had one. Who hides the number has no place that others could tell.
pub(crate) const WAITED: &str = "
SELECT call.call_id, call.project, call.caller_e164 AS caller, call.did_e164 AS did, call.queue,
    last.body->>'priority' AS priority, (
        SELECT min(at - iif(first.event = 'resumed', (first.body->>'waited_ms') * 1000, 0))
        FROM call_event AS first
        WHERE first.call_id = call.call_id AND first.event IN ('queued', 'resumed')
    ) AS since
FROM call JOIN call_event AS last ON last.seq = (
    SELECT max(seq) FROM call_event AS queued
    WHERE queued.call_id = call.call_id AND queued.event = 'queued'
)
WHERE call.call_id IN (SELECT value FROM json_each($1)) AND call.queue IS NOT NULL
  AND call.caller_presentation = 'allowed'
  AND call.caller_e164 IS NOT NULL AND call.did_e164 IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM call_event AS later
    WHERE later.call_id = call.call_id AND later.seq > last.seq AND (
        later.event = 'bridged'
        OR later.event = 'decided' AND later.body->>'decision' <> 'go on'
    )
)
ORDER BY call.call_id";

/// Whom each group asked last, of the newest $1 facts.
pub(crate) const CURSORS: &str = "
SELECT body->>'group' AS asked_group, body->>'operator' AS operator, max(seq)
FROM (SELECT * FROM call_event ORDER BY seq DESC LIMIT $1)
WHERE event = 'offered' AND body->>'group' IS NOT NULL
GROUP BY asked_group ORDER BY asked_group";

/// Who talked with the callers of the newest $2 calls since $1 whose number was shown, the latest at the end.
pub(crate) const LAST_TALKS: &str = "
SELECT late.caller_e164, segment.operator FROM (
    SELECT call_id, caller_e164 FROM call
    WHERE arrived_at >= $1 AND caller_presentation = 'allowed' AND caller_e164 IS NOT NULL
      AND bridged_at IS NOT NULL
    ORDER BY arrived_at DESC LIMIT $2
) AS late JOIN segment ON segment.call_id = late.call_id
ORDER BY segment.from_at, segment.call_id, segment.segment_index";

/// Who began to talk with callers since $2, in calls that arrived since $1: the newest $3, the latest at the end. Whom somebody
/// dialled by hand is no caller.
pub(crate) const TALKS_SINCE: &str = "
SELECT operator, from_at FROM (
    SELECT segment.operator, segment.from_at FROM call JOIN segment ON segment.call_id = call.call_id
    WHERE call.arrived_at >= $1 AND segment.from_at >= $2
      AND (call.direction IS NULL OR segment.offer_index IS NOT NULL)
    ORDER BY segment.from_at DESC LIMIT $3
) ORDER BY from_at";

/// Everybody who has a seat.
pub(crate) const FLOOR: &str = "SELECT seated FROM floor ORDER BY operator_id";

/// Groups that are asked at once by hand.
pub(crate) const FLOOR_RAISED: &str = "SELECT group_id, actor FROM floor_raised ORDER BY group_id";

/// Written anew as the seats are.
pub(crate) const FLOOR_RAISED_DELETE: &str = "DELETE FROM floor_raised";

/// Of a JSON object.
pub(crate) const FLOOR_RAISED_INSERT: &str = "
INSERT INTO floor_raised (group_id, actor) SELECT key, value FROM json_each($1)";

/// To whom groups are given by hand.
pub(crate) const FLOOR_GIVEN: &str =
    "SELECT operator_id, given FROM floor_given ORDER BY operator_id";

/// Written anew as the seats are.
pub(crate) const FLOOR_GIVEN_DELETE: &str = "DELETE FROM floor_given";

/// Of a JSON object.
pub(crate) const FLOOR_GIVEN_INSERT: &str = "
INSERT INTO floor_given (operator_id, given) SELECT key, value FROM json_each($1)";

/// Alarms that are on or quiet.
pub(crate) const FLOOR_ALARMS: &str = "
SELECT what, subject, project, since, level, quiet_until FROM floor_alarm
ORDER BY what, subject, project";

/// Written anew as the seats are.
pub(crate) const FLOOR_ALARMS_DELETE: &str = "DELETE FROM floor_alarm";

/// Of a JSON array.
pub(crate) const FLOOR_ALARMS_INSERT: &str = "
INSERT INTO floor_alarm (what, subject, project, since, level, quiet_until)
SELECT value->>'what', value->>'subject', value->>'project', value->>'since', value->>'level', value->>'quiet_until'
FROM json_each($1)";

/// Number of the last record of the journal that the floor is made of.
pub(crate) const FLOOR_POSITION: &str = "SELECT seq FROM projection WHERE name = 'floor'";

/// Moves it on; never back.
pub(crate) const FLOOR_POSITION_SET: &str =
    "UPDATE projection SET seq = max(seq, $1) WHERE name = 'floor'";

/// The floor is written anew, whole: it is as large as there are operators.
pub(crate) const FLOOR_DELETE: &str = "DELETE FROM floor";

/// Of a JSON array.
pub(crate) const FLOOR_INSERT: &str = "
INSERT INTO floor (operator_id, seated)
SELECT value->>'operator', value FROM json_each($1)";

/// Talks whose wrap-up has not ended; disposed as above.
pub(crate) const OFFERS_UNWRAPPED: &str = "
SELECT offer.call_id, offer.offer_index, offer.operator, call.queue,
    (
        SELECT said.body->>'group' FROM call_event AS said
        WHERE said.call_id = offer.call_id AND said.event = 'offered'
          AND said.body->>'$.offer.index' = offer.offer_index
    ) AS asked_group,
    EXISTS (
        SELECT 1 FROM call_event AS said
        WHERE said.call_id = offer.call_id AND said.event = 'disposed'
          AND said.body->>'operator' = offer.operator
          AND (said.body->>'code' <> $2 OR said.at > offer.offered_at)
    ) AS disposed,
    1 AS talks, offer.ended_at
FROM offer
JOIN call ON call.call_id = offer.call_id
WHERE offer.outcome = 'bridged_ended' AND offer.wrapped_at IS NULL
ORDER BY offer.call_id, offer.offer_index LIMIT $1";

/// Talks of these ($1, a JSON array of pairs of a call and an operator) that no offer led to, as if offer 0 had; disposed as above.
pub(crate) const TALKS_CUT: &str = "
SELECT call.call_id, 0 AS offer_index, cut.value->>1 AS operator, call.queue, NULL AS asked_group,
    EXISTS (
        SELECT 1 FROM call_event AS said
        WHERE said.call_id = call.call_id AND said.event = 'disposed'
          AND said.body->>'operator' = cut.value->>1 AND said.body->>'code' <> $2
    ) AS disposed,
    1 AS talks, NULL AS ended_at
FROM json_each($1) AS cut JOIN call ON call.call_id = cut.value->>0
ORDER BY call.call_id, operator";

/// Attempts to reach somebody that began at $1 or later and rang the customer, the latest $2 of them; one without an end was cut.
pub(crate) const ATTEMPTS_SINCE: &str = "
SELECT call_id, operator, number, rung_at AS began_at, answered_at, leg_ended_at AS ended_at, purpose, counted,
    minute_kopecks
FROM outbound_attempt WHERE began_at >= $1 AND rung_at IS NOT NULL
ORDER BY began_at DESC, call_id DESC LIMIT $2";

/// The oldest fact at this moment or later; facts lie in the order of the journal.
pub(crate) const FACT_SINCE: &str = "
SELECT seq FROM call_event WHERE at >= $1 ORDER BY seq LIMIT 1";

/// Clients with this number, in the order of their ids: at most [`CANDIDATES_MAX`](crate::clients::CANDIDATES_MAX). A bound
/// limit would have SQLite plan the question anew for each call.
pub(crate) const CLIENTS_BY_NUMBER: &str = "
SELECT client.client_id, client.name, client.class, client.fields, client.source
FROM client_number
JOIN client ON client.project = client_number.project AND client.client_id = client_number.client_id
WHERE client_number.project = $1 AND client_number.e164 = $2
ORDER BY client.client_id
LIMIT 8";

/// Clients with this value in this field, spaces and hyphens apart; else as [`CLIENTS_BY_NUMBER`].
pub(crate) const CLIENTS_BY_FIELD: &str = "
SELECT client.client_id, client.name, client.class, client.fields, client.source
FROM client_field
JOIN client ON client.project = client_field.project AND client.client_id = client_field.client_id
WHERE client_field.project = $1 AND client_field.field = $2
  AND client_field.value = replace(replace($3, ' ', ''), '-', '')
ORDER BY client.client_id
LIMIT 8";

/// Which of these ids are there already.
pub(crate) const CLIENTS_KNOWN: &str = "
SELECT count(*) FROM client
WHERE project = $1 AND client_id IN (SELECT value->>'id' FROM json_each($2))";

/// Writes clients.
pub(crate) const CLIENTS_UPSERT: &str = "
INSERT INTO client (project, client_id, name, class, fields, source, updated_at)
SELECT $1, value->>'id', value->>'name', value->>'class', value->'fields', 'local', $3
FROM json_each($2) WHERE true
ON CONFLICT (project, client_id) DO UPDATE SET
    name = excluded.name, class = excluded.class, fields = excluded.fields,
    source = excluded.source, updated_at = excluded.updated_at";

/// Forgets the numbers of clients that are imported anew.
pub(crate) const CLIENT_NUMBERS_DELETE: &str = "
DELETE FROM client_number
WHERE project = $1 AND client_id IN (SELECT value->>'id' FROM json_each($2))";

/// Writes their numbers.
pub(crate) const CLIENT_NUMBERS_INSERT: &str = "
INSERT INTO client_number (project, e164, client_id)
SELECT $1, number.value, client.value->>'id'
FROM json_each($2) AS client, json_each(client.value->'numbers') AS number WHERE true
ON CONFLICT (project, e164, client_id) DO NOTHING";

/// Forgets the fields of clients that are imported anew.
pub(crate) const CLIENT_FIELDS_DELETE: &str = "
DELETE FROM client_field
WHERE project = $1 AND client_id IN (SELECT value->>'id' FROM json_each($2))";

/// Writes by what they are found, as `0023_client_field.sql` says.
pub(crate) const CLIENT_FIELDS_INSERT: &str = "
INSERT INTO client_field (project, field, value, client_id)
SELECT $1, field, value, client_id FROM (
    SELECT client.value->>'id' AS client_id, kept.key AS field,
           replace(replace(kept.value, ' ', ''), '-', '') AS value
    FROM json_each($2) AS client, json_each(client.value->'fields') AS kept
    UNION ALL
    SELECT client.value->>'id', 'id', replace(replace(client.value->>'id', ' ', ''), '-', '')
    FROM json_each($2) AS client
)
WHERE length(value) BETWEEN 1 AND 64
ON CONFLICT (project, field, value, client_id) DO NOTHING";

/// All operators.
pub(crate) const OPERATORS: &str = "
SELECT operator_id, project, name, auto_answer, phone_only, phone, admin, supervisor, realm, ha1_md5,
    ha1_sha256
FROM operator ORDER BY operator_id";

/// One operator.
pub(crate) const OPERATOR: &str = "
SELECT operator_id, project, name, auto_answer, phone_only, phone, admin, supervisor, realm, ha1_md5,
    ha1_sha256
FROM operator WHERE operator_id = $1";

/// A new operator.
pub(crate) const OPERATOR_INSERT: &str = "
INSERT INTO operator (
    operator_id, project, name, auto_answer, phone_only, phone, realm, ha1_md5, ha1_sha256,
    admin, supervisor, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// An operator that is there gets new settings and a new password.
pub(crate) const OPERATOR_UPDATE: &str = "
UPDATE operator SET project = $2, name = $3, auto_answer = $4, phone_only = $5,
    phone = $6, realm = $7, ha1_md5 = $8, ha1_sha256 = $9, admin = $10, supervisor = $11
WHERE operator_id = $1";

/// An operator leaves.
pub(crate) const OPERATOR_DELETE: &str = "DELETE FROM operator WHERE operator_id = $1";

/// Somebody signs in; a token is given out once.
pub(crate) const SESSION_INSERT: &str = "
INSERT INTO session (token_hash, operator_id, signed_in_at, expires_at) VALUES ($1, $2, $3, $4)";

/// Somebody signs out.
pub(crate) const SESSION_DELETE: &str = "DELETE FROM session WHERE token_hash = $1";

/// Sign-ins whose time has passed.
pub(crate) const SESSIONS_EXPIRED: &str = "DELETE FROM session WHERE expires_at <= $1";

/// Those of an operator beyond the newest $2.
pub(crate) const SESSIONS_SURPLUS: &str = "
DELETE FROM session WHERE operator_id = $1 AND session_id NOT IN (
    SELECT session_id FROM session WHERE operator_id = $1 ORDER BY session_id DESC LIMIT $2
)";

/// The sign-ins of an operator end with the password they were made with; $2 is the hash of the one that comes.
pub(crate) const SESSIONS_OF_PASSWORD: &str = "
DELETE FROM session WHERE operator_id = $1
  AND EXISTS (SELECT 1 FROM operator WHERE operator_id = $1 AND ha1_sha256 <> $2)";

/// All sign-ins of an operator.
pub(crate) const SESSIONS_OF_OPERATOR: &str = "DELETE FROM session WHERE operator_id = $1";

/// The newest $2 that are good at $1, in the order they were made.
pub(crate) const SESSIONS: &str = "
SELECT token_hash, operator_id, project, expires_at FROM (
    SELECT session.*, operator.project FROM session JOIN operator USING (operator_id)
    WHERE session.expires_at > $1 ORDER BY session_id DESC LIMIT $2
) ORDER BY session_id";

/// What is set by hand over a schedule ends what was set of its kind.
pub(crate) const OVERRIDE_REPLACE: &str = "
UPDATE schedule_override SET ended_at = $2, ended_by = $3
WHERE schedule = $1 AND ended_at IS NULL AND until > $2 AND (what = 'announce') = $4";

/// Something is set by hand.
pub(crate) const OVERRIDE_INSERT: &str = "
INSERT INTO schedule_override (schedule, what, prompt, since, until, who, why)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Whatever is in force over a schedule is taken back.
pub(crate) const OVERRIDES_CLEAR: &str = "
UPDATE schedule_override SET ended_at = $2, ended_by = $3
WHERE schedule = $1 AND ended_at IS NULL AND until > $2";

/// What is in force.
pub(crate) const OVERRIDES_IN_FORCE: &str = "
SELECT schedule, what, prompt, since, until, who, why, ended_at, ended_by
FROM schedule_override WHERE until > $1 AND ended_at IS NULL ORDER BY override_id LIMIT $2";

/// What was set of late.
pub(crate) const OVERRIDES_OF_LATE: &str = "
SELECT schedule, what, prompt, since, until, who, why, ended_at, ended_by
FROM schedule_override ORDER BY override_id DESC LIMIT $1";

/// Somebody accepts a shift.
pub(crate) const ACCEPTANCE_INSERT: &str = "
INSERT INTO acceptance (roster, person, shift, at, who) VALUES ($1, $2, $3, $4, $5)";

/// An acceptance is taken back.
pub(crate) const ACCEPTANCE_UNDO: &str = "
INSERT INTO acceptance_undone (roster, person, at, undone_at, who, why) VALUES ($1, $2, $3, $4, $5, $6)";

/// Who took back what of late in a roster, newest first.
pub(crate) const ACCEPTANCES_UNDONE: &str = "
SELECT roster, person, at, undone_at, who, why
FROM acceptance_undone WHERE undone_at <= $1 ORDER BY undone_id DESC LIMIT $2";

/// Who accepted shifts of late: the newest of each person of a roster that were not taken back by then.
pub(crate) const ACCEPTANCES: &str = "
SELECT roster, person, shift, at, who
FROM (
    SELECT acceptance_id, roster, person, shift, at, who,
        ROW_NUMBER() OVER (PARTITION BY roster, person ORDER BY acceptance_id DESC) AS place
    FROM acceptance WHERE at <= $1 AND NOT EXISTS (
        SELECT 1 FROM acceptance_undone AS undone
        WHERE undone.roster = acceptance.roster AND undone.person = acceptance.person
          AND undone.at = acceptance.at AND undone.undone_at <= $1
    )
) AS late
WHERE place <= $2 ORDER BY acceptance_id DESC LIMIT $3";

/// Whether an operator is an admin.
pub(crate) const OPERATOR_ADMIN: &str = "SELECT admin FROM operator WHERE operator_id = $1";

/// Whether an operator supervises others; an admin does.
pub(crate) const OPERATOR_SUPERVISES: &str =
    "SELECT admin OR supervisor FROM operator WHERE operator_id = $1";

/// Whose operator it is.
pub(crate) const OPERATOR_PROJECT: &str = "SELECT project FROM operator WHERE operator_id = $1";

/// What an operator may do from now on.
pub(crate) const OPERATOR_ROLE: &str =
    "UPDATE operator SET admin = $2, supervisor = $3 WHERE operator_id = $1";

/// A version of the plan; what is on record stays.
pub(crate) const VERSION_INSERT: &str = "
INSERT INTO plan_version
    (number, at, origin, author, reason, back_to, generation, summary, disk, files)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (number) DO UPDATE SET files = excluded.files, disk = excluded.disk
WHERE generation = excluded.generation";

/// Up to which record of the journal every version is in the history.
pub(crate) const VERSIONS_KNOWN: &str = "SELECT seq FROM projection WHERE name = 'plan_version'";

/// Moves it on; never back.
pub(crate) const VERSIONS_KNOWN_SET: &str = "
INSERT INTO projection (name, seq) VALUES ('plan_version', $1)
ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)";

/// Versions beyond so many, or so many bytes; the last two stay.
pub(crate) const VERSIONS_FORGET: &str = "
DELETE FROM plan_version WHERE number IN (
    SELECT number FROM (
        SELECT number,
            row_number() OVER (ORDER BY number DESC) AS nth,
            sum(length(CAST(files AS BLOB))) OVER (ORDER BY number DESC) AS bytes
        FROM plan_version)
    WHERE nth > 2 AND (nth > $1 OR bytes > $2))";

/// The last versions, without files.
pub(crate) const VERSIONS: &str = "
SELECT number, at, origin, author, reason, back_to, generation, summary, disk, '' AS files
FROM plan_version ORDER BY number DESC LIMIT $1";

/// One version.
pub(crate) const VERSION: &str = "
SELECT number, at, origin, author, reason, back_to, generation, summary, disk, files
FROM plan_version WHERE number = $1";

/// The last version.
pub(crate) const VERSION_LAST: &str = "
SELECT number, at, origin, author, reason, back_to, generation, summary, disk, files
FROM plan_version ORDER BY number DESC LIMIT 1";

/// All statements, those of the parts too.
#[cfg(test)]
pub(crate) fn every() -> impl Iterator<Item = &'static str> {
    let parts = [
        ALL,
        commands::ALL,
        dnc::ALL,
        owed::ALL,
        phones::ALL,
        shifts::ALL,
    ];
    parts.into_iter().flatten().copied()
}

/// All of the above.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    CALLS_UPSERT,
    LEGS_UPSERT,
    OFFERS_UPSERT,
    EVENTS_INSERT,
    POSITION_SET,
    POSITION,
    CALL,
    RECORDING_KNOWN,
    CALL_LEGS,
    CALL_OFFERS,
    CALL_EVENTS,
    CALLS,
    CALLS_BY_REGION,
    QUEUED,
    CALLS_BY_SESSION_ID,
    CALLS_COST,
    CALL_IS_OF,
    CALLS_BY_PREFIX,
    FACT_SINCE,
    CALLS_OPEN,
    LEGS_OPEN,
    OFFERS_OPEN,
    OFFERS_UNWRAPPED,
    TALKS_CUT,
    MESSAGES_OPEN,
    CALLS_CUT,
    WAITED,
    CURSORS,
    LAST_TALKS,
    FLOOR,
    FLOOR_RAISED,
    FLOOR_RAISED_DELETE,
    FLOOR_RAISED_INSERT,
    FLOOR_GIVEN,
    FLOOR_GIVEN_DELETE,
    FLOOR_GIVEN_INSERT,
    FLOOR_ALARMS,
    FLOOR_ALARMS_DELETE,
    FLOOR_ALARMS_INSERT,
    FLOOR_POSITION,
    FLOOR_POSITION_SET,
    FLOOR_DELETE,
    FLOOR_INSERT,
    CLIENTS_BY_NUMBER,
    CLIENTS_KNOWN,
    CLIENTS_UPSERT,
    CLIENT_NUMBERS_DELETE,
    CLIENT_NUMBERS_INSERT,
    OPERATORS,
    OPERATOR,
    OPERATOR_INSERT,
    OPERATOR_UPDATE,
    OPERATOR_DELETE,
    SEGMENTS_UPSERT,
    CALL_SEGMENTS,
    TALKS_BY_OPERATOR,
    ANSWERED_AND_TALKED,
    ARRIVALS,
    REPORT_CALLS,
    SESSION_INSERT,
    SESSION_DELETE,
    SESSIONS_EXPIRED,
    SESSIONS_SURPLUS,
    SESSIONS_OF_PASSWORD,
    SESSIONS_OF_OPERATOR,
    SESSIONS,
    CALLERS_KNOWN,
    CALLERS_FAILED,
    CALLERS,
    CALLS_SINCE,
    ATTACK_MODE_INSERT,
    ATTACK_MODE,
    OVERRIDE_REPLACE,
    OVERRIDE_INSERT,
    OVERRIDES_CLEAR,
    OVERRIDES_IN_FORCE,
    OVERRIDES_OF_LATE,
    ACCEPTANCE_INSERT,
    ACCEPTANCE_UNDO,
    ACCEPTANCES_UNDONE,
    ACCEPTANCES,
    OPERATOR_ADMIN,
    OPERATOR_PROJECT,
    OPERATOR_SUPERVISES,
    OPERATOR_ROLE,
    VERSION_INSERT,
    VERSIONS_KNOWN,
    VERSIONS_KNOWN_SET,
    VERSIONS_FORGET,
    VERSIONS,
    VERSION,
    VERSION_LAST,
];
