-- What the caller said of the talk after it: which survey the plan asked with, when it began, the mark (1 to 5), whether the plan
-- calls it low (0, 1), and whether the matter is settled (0, 1). Null: not asked, or not answered.

ALTER TABLE call ADD COLUMN survey TEXT;
ALTER TABLE call ADD COLUMN surveyed_at BIGINT;
ALTER TABLE call ADD COLUMN rating BIGINT;
ALTER TABLE call ADD COLUMN rating_low BIGINT;
ALTER TABLE call ADD COLUMN solved BIGINT;
