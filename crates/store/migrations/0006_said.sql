-- What whoever ended a leg said of it (Reason, RFC 3326): a status of SIP, a cause of Q.850, words.

ALTER TABLE leg ADD COLUMN said_sip BIGINT;
ALTER TABLE leg ADD COLUMN said_q850 BIGINT;
ALTER TABLE leg ADD COLUMN said TEXT;
