-- Calls that begin with us. They are rows of `call` like any other, so that legs, talks, recordings and the ladder are found as ever;
-- in every figure of those who call us they are left out.

-- 'out': we called them. NULL: they called us.
ALTER TABLE call ADD COLUMN direction TEXT;

-- How often a number was tried, and when: the limits of the law count by it. On the facts themselves, since the fact is the truth.
CREATE INDEX call_event_dialled ON call_event (body->>'number', at) WHERE event = 'dialled';
CREATE INDEX call_event_dialled_at ON call_event (at) WHERE event = 'dialled';

-- Each attempt to reach somebody, with what came of it. A projection of a projection: nothing to write, nothing to go out of step.
CREATE VIEW outbound_attempt AS
SELECT dialled.call_id, dialled.body->>'attempt' AS attempt, dialled.body->>'by' AS operator,
    dialled.body->>'number' AS number, dialled.at AS began_at,
    -- when the customer was rung; NULL: it did not come to that
    leg.dialled_at AS rung_at, leg.answered_at, leg.ended_at AS leg_ended_at, call.ended_at,
    dialled.body->>'purpose' AS purpose, dialled.body->>'$.basis.ground' AS ground,
    dialled.body->>'$.basis.reference' AS reference, dialled.body->>'cli' AS cli,
    dialled.body->>'counted' AS counted, dialled.body->>'minute_kopecks' AS minute_kopecks,
    -- 'answered', or why not: 'busy', 'no-answer', 'operator-hung-up', 'outbound-denied' ...; NULL: it goes on
    CASE WHEN leg.answered_at IS NOT NULL THEN 'answered' ELSE call.termination_reason END AS result,
    (SELECT body->>'rule' FROM call_event AS denied
     WHERE denied.call_id = dialled.call_id AND denied.event = 'outbound_denied' LIMIT 1) AS rule
FROM call_event AS dialled
LEFT JOIN call ON call.call_id = dialled.call_id
LEFT JOIN leg ON leg.call_id = dialled.call_id AND leg.leg_index = 0
WHERE dialled.event = 'dialled';
