-- How many calls arrived in a span, as the journal tells: what the outcomes of a report must add up to.

CREATE INDEX call_event_arrived ON call_event (at) WHERE event = 'arrived';

-- The parts of operators in calls: one row of each talk. Made of the facts, as the calls are.
CREATE TABLE segment (
    call_id       TEXT   NOT NULL,
    -- 0, 1, 2 … in the order they began
    segment_index BIGINT NOT NULL,
    project       TEXT   NOT NULL,
    operator      TEXT   NOT NULL,
    -- the queue the call was in last when it began
    queue         TEXT,
    leg_index     BIGINT NOT NULL,
    -- the offer by which they were asked; NULL: a colleague rang them
    offer_index   BIGINT,
    from_at       BIGINT NOT NULL,
    till_at       BIGINT,
    -- without what was held
    talk_ms       BIGINT,
    held_ms       BIGINT NOT NULL DEFAULT 0,
    -- state of the fold: the operator holds since
    held_since    BIGINT,
    wrap_up_ms    BIGINT,
    wrapped_at    BIGINT,
    -- how it ended: the cause of the leg's end (`caller_` before it where the caller's ended), `transferred`,
    -- `transferred_attended`, `passed_on`, `taken_back` (nobody was heard, others were asked), `ended`
    outcome       TEXT,
    PRIMARY KEY (call_id, segment_index)
);
