-- What a run leaves open when it is cut, found at the next start without reading every call there is: calls, legs and
-- offers without an end, and talks whose wrap-up has not ended.

ALTER TABLE offer ADD COLUMN wrapped_at BIGINT;
UPDATE offer SET wrapped_at = ended_at WHERE outcome = 'bridged_ended';

CREATE INDEX call_open ON call (call_id) WHERE ended_at IS NULL;
CREATE INDEX leg_open ON leg (call_id, leg_index) WHERE ended_at IS NULL;
CREATE INDEX offer_open ON offer (call_id, offer_index) WHERE ended_at IS NULL;
CREATE INDEX offer_unwrapped ON offer (call_id, offer_index)
    WHERE outcome = 'bridged_ended' AND wrapped_at IS NULL;
