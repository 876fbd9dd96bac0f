-- Who asks again for a call that was tried often enough has all attempts anew; how often the number was dialled in all is another
-- figure, and stays in `attempts`.
ALTER TABLE request ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
-- A dial that is under way has not been in vain yet.
UPDATE request SET tries = max(attempts - (state IN ('dialing', 'connected')), 0) WHERE closed_at IS NULL;
