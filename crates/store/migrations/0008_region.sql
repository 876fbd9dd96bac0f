-- Where the caller's number was issued, as it was known when the call came: code of the subject (`RU-IRK`), its IANA zone, and
-- how sure that is (`exact`, `code`, `mobile`, `mixed`, `country`). Calls of before have none.

ALTER TABLE call ADD COLUMN caller_region TEXT;
ALTER TABLE call ADD COLUMN caller_zone TEXT;
ALTER TABLE call ADD COLUMN caller_region_confidence TEXT;
