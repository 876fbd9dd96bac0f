-- Operators and what their phones and desks prove themselves with. No password is stored: HA1 = H(user:realm:password)
-- (RFC 7616) is what digest needs, once with MD5 for old phones and once with SHA-256. HA1 is as good as the password
-- within its realm, so it is never printed.

CREATE TABLE operator (
    operator_id TEXT   NOT NULL PRIMARY KEY,
    project     TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    auto_answer TEXT   NOT NULL,
    phone_only  BIGINT NOT NULL,
    realm       TEXT   NOT NULL,
    ha1_md5     TEXT   NOT NULL,
    ha1_sha256  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);
