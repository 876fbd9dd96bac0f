//! What the admin may set, and the limits that nobody may.
use std::net::IpAddr;
use std::time::Duration;

/// Time for a request's head, the first one and each after it (reliability S06).
pub const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Time for a request from its head to its answer.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// A change that is carried out all the same is answered so long before that, with what is known by then.
pub const ANSWER_MARGIN: Duration = Duration::from_secs(2);
/// A connection is closed after this, however busy: nobody holds a place by reading slowly.
pub const CONNECTION_LIFE: Duration = Duration::from_secs(120);
/// Time for the request under way when a connection is to be closed.
pub const FAREWELL: Duration = Duration::from_secs(10);
/// Largest request body. Bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Largest request head. Bytes.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Calls that may be asked for, and customers that may be written down as wanting none, in a minute with one key, or by one operator.
pub const ASKS_PER_MINUTE: u32 = 60;
/// Looks at how one of them stands in a minute with one key, or by one operator.
pub const LOOKS_PER_MINUTE: u32 = 240;
/// Keys that are none in a minute from one address; then none from there is looked at.
pub const STRANGERS_PER_MINUTE: u32 = 10;

/// Settings of the web server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Connections at once. 1–100 000.
    pub connections_max: usize,
    /// Connections at once from one address.
    pub connections_per_source_max: usize,
    /// Reverse proxies that may name the real source in `X-Forwarded-For`; from others the header is
    /// ignored.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections_max: 1_000,
            connections_per_source_max: 100,
            trusted_proxies: Vec::new(),
        }
    }
}
