-- What callers are owed, with the states of behaviour 5.6, and the register of missed calls. Projections of the journal, as the
-- calls are. A request is open as long as nobody and no talk has closed it: `exhausted` and `blocked_by_law` are open too, and
-- wait for people.

ALTER TABLE request RENAME COLUMN note TO closed_note;
-- The call by which the number was spoken with; until now only one in which the caller called again.
ALTER TABLE request RENAME COLUMN closed_call TO contact_call;
-- When that talk began.
ALTER TABLE request ADD COLUMN contact_at BIGINT;
-- `call`, `web` (a form), `api`. Without a call, call_id is an id of its own.
ALTER TABLE request ADD COLUMN source TEXT NOT NULL DEFAULT 'call';
-- The number of ours it belongs to, where no call says it.
ALTER TABLE request ADD COLUMN line TEXT;
-- Not to be called sooner, as the caller wishes.
ALTER TABLE request ADD COLUMN not_before BIGINT;
-- What whoever asked says of it; on which ground they are called (152-ФЗ, 38-ФЗ).
ALTER TABLE request ADD COLUMN note TEXT;
ALTER TABLE request ADD COLUMN basis TEXT;
-- The place in a queue that is kept meanwhile, and the state as it was told last: JSON, as the journal has it.
ALTER TABLE request ADD COLUMN place TEXT;
ALTER TABLE request ADD COLUMN told TEXT;
-- Whose phone rings for it, and until when at most; grows with each lease.
ALTER TABLE request ADD COLUMN lease_by TEXT;
ALTER TABLE request ADD COLUMN lease_until BIGINT;
ALTER TABLE request ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
-- How often the number was dialled for it; when it is next.
ALTER TABLE request ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN next_at BIGINT;
-- Which rule of the law or of the plan forbids it.
ALTER TABLE request ADD COLUMN rule TEXT;

DROP INDEX request_callback;
DROP INDEX request_open;

-- Two groups may have owed one number a call each. From now on a number has one open request of a kind: the earliest stays,
-- with the nearest time and the names of all; the others point to it.
UPDATE request SET asked = them.asked, due_at = them.due_at, last_at = them.last_at,
    note = 'обещали группы: ' || them.owners
FROM (
    SELECT min(request_id) AS first, sum(asked) AS asked, min(due_at) AS due_at, max(last_at) AS last_at,
        group_concat(coalesce(owner, 'для всех'), ', ') AS owners
    FROM request WHERE kind = 'callback' AND state = 'open' AND number IS NOT NULL
    GROUP BY project, number HAVING count(*) > 1
) AS them
WHERE request.request_id = them.first;

UPDATE request SET state = 'cancelled', closed_at = last_at, closed_by = 'merged',
    closed_note = 'номеру звонят один раз: заявка № ' || them.first
FROM (
    SELECT project, number, min(request_id) AS first
    FROM request WHERE kind = 'callback' AND state = 'open' AND number IS NOT NULL
    GROUP BY project, number HAVING count(*) > 1
) AS them
WHERE request.kind = 'callback' AND request.state = 'open'
  AND request.project = them.project AND request.number = them.number
  AND request.request_id <> them.first;

UPDATE request SET state = 'requested' WHERE state = 'open';
UPDATE request SET closed_at = last_at WHERE state IN ('done', 'cancelled') AND closed_at IS NULL;

CREATE UNIQUE INDEX request_key ON request (project, number, kind)
    WHERE kind <> 'voicemail' AND closed_at IS NULL;
CREATE INDEX request_open ON request (due_at) WHERE closed_at IS NULL;
CREATE INDEX request_created ON request (created_at);
CREATE INDEX request_number ON request (project, number);

-- What a report of these is checked against, as the journal tells.
CREATE INDEX call_event_requested ON call_event (at) WHERE event = 'requested';
CREATE INDEX call_event_missed ON call_event (at) WHERE event = 'missed';

-- Each call that came in and that nobody answered.
CREATE TABLE missed (
    call_id      TEXT   NOT NULL PRIMARY KEY,
    project      TEXT   NOT NULL,
    -- whom to call; NULL: withheld, or none
    number       TEXT,
    -- the group that owes a call; NULL: everybody
    owner        TEXT,
    -- the queue it was in last
    queue        TEXT,
    missed_at    BIGINT NOT NULL,
    -- left within seconds: nobody is asked to call
    short        BIGINT NOT NULL,
    -- a talk with this number since, or the word of an admin
    closed_at    BIGINT,
    closed_by    TEXT,
    closed_note  TEXT,
    contact_call TEXT,
    contact_at   BIGINT,
    -- `in`: they called again; `out`: they were called
    contact_way  TEXT
);
CREATE INDEX missed_when ON missed (missed_at);
CREATE INDEX missed_number ON missed (project, number) WHERE closed_at IS NULL AND number IS NOT NULL;

-- Keys of programs that ask in the name of callers: a form on a site. Only hashes come here.
CREATE TABLE api_token (
    api_token_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT   NOT NULL,
    project      TEXT   NOT NULL,
    -- what it is good for: `requests`
    scope        TEXT   NOT NULL,
    -- SHA-256 of the token, lowercase hex
    token_hash   TEXT   NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    created_by   TEXT   NOT NULL,
    revoked_at   BIGINT,
    revoked_by   TEXT
);
CREATE UNIQUE INDEX api_token_name ON api_token (name) WHERE revoked_at IS NULL;
