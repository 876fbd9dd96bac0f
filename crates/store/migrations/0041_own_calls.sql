-- An operator reads the calls they talked in or dialled, and no others: those are found by who it was, however many calls there are.

CREATE INDEX segment_operator ON segment (operator);
CREATE INDEX call_dialled_by ON call (operator) WHERE direction = 'out';
