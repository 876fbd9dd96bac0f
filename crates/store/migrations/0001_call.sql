-- The record of calls: a projection of the journal, which is the truth.
--
-- Every row can be made again from the journal, so nothing here is written by hand and there are no foreign keys: facts
-- may come after a restart, in another batch than the call they belong to, and must never be refused.
-- Times are BIGINT microseconds since 1970 UTC, the same on every database; durations carry their unit in the name.
-- Ids are UUID v7 as text: they sort by time. Every row has its project.

CREATE TABLE call (
    call_id             TEXT   NOT NULL PRIMARY KEY,
    project             TEXT   NOT NULL,
    trunk               TEXT,
    did_raw             TEXT,
    did_e164            TEXT,
    caller_raw          TEXT,
    caller_e164         TEXT,
    caller_kind         TEXT,
    caller_presentation TEXT,
    caller_display      TEXT,
    sip_call_id         TEXT,
    plan                TEXT,
    arrived_at          BIGINT NOT NULL,
    answered_at         BIGINT,
    queued_at           BIGINT,
    bridged_at          BIGINT,
    ended_at            BIGINT,
    outcome             TEXT,
    -- abandoned_queue: within 5 s; overflowed_external: somebody answered.
    outcome_flag        BIGINT,
    termination_result  TEXT,
    termination_reason  TEXT,
    waited_ms           BIGINT,
    talk_ms             BIGINT NOT NULL DEFAULT 0,
    -- State of the fold: since when, and with which leg, the caller talks now.
    talking_since       BIGINT,
    talking_leg         BIGINT,
    operator            TEXT,
    queue               TEXT,
    client_id           TEXT,
    client_name         TEXT,
    client_match        TEXT,
    disposition         TEXT,
    disposition_note    TEXT,
    recording_file      TEXT,
    recording_ms        BIGINT,
    recording_sha256    TEXT,
    -- Last fact applied: a fact applied twice changes nothing.
    last_seq            BIGINT NOT NULL
);
CREATE INDEX call_arrived ON call (arrived_at);
CREATE INDEX call_caller ON call (caller_e164, arrived_at);

CREATE TABLE leg (
    call_id         TEXT   NOT NULL,
    leg_index       BIGINT NOT NULL,
    project         TEXT   NOT NULL,
    operator        TEXT,
    number          TEXT,
    dialled_at      BIGINT,
    ringing_at      BIGINT,
    answered_at     BIGINT,
    ended_at        BIGINT,
    cause           TEXT,
    held_ms         BIGINT NOT NULL DEFAULT 0,
    held_since      BIGINT,
    codec           TEXT,
    packets         BIGINT,
    lost            BIGINT,
    jitter_us_max   BIGINT,
    mos             DOUBLE PRECISION,
    -- All that was measured, as JSON.
    quality         TEXT,
    PRIMARY KEY (call_id, leg_index)
);

CREATE TABLE offer (
    call_id          TEXT   NOT NULL,
    offer_index      BIGINT NOT NULL,
    project          TEXT   NOT NULL,
    operator         TEXT,
    offered_at       BIGINT,
    popped_us        BIGINT,
    pop_acknowledged BIGINT,
    ended_at         BIGINT,
    outcome          TEXT,
    PRIMARY KEY (call_id, offer_index)
);
CREATE INDEX offer_operator ON offer (operator, offered_at);

-- The facts themselves, for `explain` and for screens; one row per journal record.
CREATE TABLE call_event (
    seq     BIGINT NOT NULL PRIMARY KEY,
    call_id TEXT   NOT NULL,
    project TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    event   TEXT   NOT NULL,
    body    TEXT   NOT NULL
);
CREATE INDEX call_event_call ON call_event (call_id, seq);

-- How far each projection has applied the journal; moved in the same transaction as its rows.
CREATE TABLE projection (
    name TEXT   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);
INSERT INTO projection (name, seq) VALUES ('call', 0);
