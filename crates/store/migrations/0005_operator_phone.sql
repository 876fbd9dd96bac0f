-- The make of an operator's phone where the admin says it (`yealink`, `snom` …); NULL: what the phone names itself.

ALTER TABLE operator ADD COLUMN phone TEXT;
