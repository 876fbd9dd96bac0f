//! Who stands behind a token: asked of the daemon, since tokens are issued elsewhere.
use std::fmt;

use gudok_model::OperatorId;
use serde::Deserialize;

/// What a client showed in its first frame. Its `Debug` says nothing, so that it cannot reach a log.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Takes a token as it was issued.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for comparing only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// One login: what a token stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// Who.
    pub operator: OperatorId,
    /// Number of the login, unique while the daemon runs. Not a secret: connections that showed the same
    /// token have the same number and share one session.
    pub number: u64,
    /// It was made in an earlier run of the daemon: the session of then is theirs ([`Bridge::expect`](crate::Bridge::expect)).
    pub is_of_before: bool,
}

/// The daemon's list of issued tokens. Both questions are answered from memory, without waiting.
pub trait Authenticate: Send + Sync + 'static {
    /// Whose token this is, or `None` if it is unknown, expired or revoked.
    fn login(&self, token: &Token) -> Option<Login>;

    /// Whether the login is still good. Asked at each heartbeat, so a revoked token ends its
    /// connections within [`HEARTBEAT_SECS`](crate::config::HEARTBEAT_SECS).
    fn is_live(&self, login: u64) -> bool;
}
