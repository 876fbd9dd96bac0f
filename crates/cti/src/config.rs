//! What the admin may set, and the limits that nobody may.
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The server pings this often; told to the client in `hello` (reliability F12). Seconds.
pub const HEARTBEAT_SECS: u64 = 10;
/// Without a single frame for this long a connection is dead (reliability F12).
pub const DEAD_AFTER: Duration = Duration::from_secs(20);
/// Time for the HTTP upgrade, and again for the first frame (reliability S06).
pub const OPENING_DEADLINE: Duration = Duration::from_secs(10);
/// One frame must be taken by the client's TCP within this time.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(20);
/// Largest client frame. Bytes (reliability S06).
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Longest token a client may show. Bytes.
pub const TOKEN_BYTES_MAX: usize = 512;
/// Longest free text of a disposition. Characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Answers waiting for one connection besides the stream; a client that leaves more unread is closed.
pub const DIRECT_MAX: usize = 256;
/// Frames taken out of the hub at once, so that its lock is held for microseconds.
pub const BATCH_MAX: usize = 64;
/// Commands of one operator that the core has not answered yet; more are refused with `busy`.
pub const IN_FLIGHT_MAX: usize = 64;
/// Answered commands remembered per operator; a repeat of an older id is executed again. A client repeats within seconds.
pub const RESULTS_MAX: usize = 128;
/// Commands and requests waiting for the core; above it a command is refused with `busy`.
pub const CORE_QUEUE_MAX: usize = 1_024;

/// Settings of the bridge (table `[cti]`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Web pages that may connect, such as `https://desk.example.ru`. A client without an Origin header
    /// (a native softphone) is always let in; the token decides. Empty: no web page may connect.
    pub origins: Vec<String>,
    /// Connections at once, all operators together. 1–100 000.
    pub connections_max: usize,
    /// Connections at once from one address. Raise it behind a reverse proxy. 1–100 000.
    pub connections_per_source_max: usize,
    /// Connections at once of one operator: desk, tabs, wallboard. 1–64.
    pub connections_per_operator_max: usize,
    /// Events kept per operator for resume. 1–1 000 000.
    pub ring_events_max: usize,
    /// Bytes kept per operator for resume; the smaller of the two limits rules. 64 KiB–1 GiB. The default holds a dozen
    /// calls: whoever was away for longer starts from a snapshot, which costs less than keeping a day for everybody.
    pub ring_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            connections_max: 2_000,
            connections_per_source_max: 100,
            connections_per_operator_max: 8,
            ring_events_max: 1_000,
            ring_bytes_max: 64 * 1024,
        }
    }
}
