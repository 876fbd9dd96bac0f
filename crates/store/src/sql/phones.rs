//! Where phones are registered.

/// Nothing is known of an operator's phones any more.
pub(crate) const FORGET: &str = "DELETE FROM phone_contact WHERE operator_id = $1";

/// One of their contacts.
pub(crate) const INSERT: &str = "
INSERT INTO phone_contact
    (operator_id, uri, local, remote, agent, routes, instance, reg_id, sip_call_id, cseq, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Whose time has passed.
pub(crate) const EXPIRED: &str = "DELETE FROM phone_contact WHERE expires_at <= $1";

/// All that are left, in the order they were written, $1 at most.
pub(crate) const ALL_BOUND: &str = "
SELECT operator_id, uri, local, remote, agent, routes, instance, reg_id, sip_call_id, cseq, expires_at
FROM phone_contact ORDER BY phone_contact_id LIMIT $1";

/// All of them.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[FORGET, INSERT, EXPIRED, ALL_BOUND];
