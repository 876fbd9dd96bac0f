-- Where operators' phones are registered over UDP: a phone does not notice that we were away, so a start asks these whether they
-- are there, and does not wait up to an hour for their next REGISTER. No projection of the journal: a contact that is lost costs
-- that wait and nothing else. No password and no hash is here.

CREATE TABLE phone_contact (
    phone_contact_id INTEGER NOT NULL PRIMARY KEY,
    operator_id TEXT   NOT NULL,
    uri         TEXT   NOT NULL,
    -- our socket, and where its packets go
    local       TEXT   NOT NULL,
    remote      TEXT   NOT NULL,
    agent       TEXT   NOT NULL,
    -- Path (RFC 3327), one a line
    routes      TEXT   NOT NULL,
    -- +sip.instance and reg-id (RFC 5626)
    instance    TEXT,
    reg_id      BIGINT,
    -- of the last REGISTER
    sip_call_id TEXT   NOT NULL,
    cseq        BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX phone_contact_operator ON phone_contact (operator_id);
