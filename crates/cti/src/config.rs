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
/// Answered commands remembered per operator, some two days' work; a repeat of an older id is executed again.
pub const RESULTS_MAX: usize = 1_024;
/// Answered commands remembered of all operators together, in equal shares: some 20 MB.
pub const RESULTS_ALL_MAX: usize = 262_144;
/// Least of them remembered for an operator, however many share: as many as may be under way at once.
pub const RESULTS_MIN: usize = IN_FLIGHT_MAX;
/// Least bytes of events kept for an operator, however many operators share [`Config::ring_bytes_total`]: a dozen calls.
pub const RING_BYTES_MIN: usize = 64 * 1024;
/// Commands and requests waiting for the core; above it a command is refused with `busy`.
pub const CORE_QUEUE_MAX: usize = 1_024;

/// Streams for supervisors that one connection may have.
pub const WATCHES_MAX: usize = 64;
/// Such streams that are kept, of all views and queues; beyond it none is begun until the daemon starts anew.
pub const WATCHED_MAX: usize = 4_096;
/// How long such a stream is kept for those who come back.
pub const WATCH_KEPT: Duration = Duration::from_secs(600);

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
    /// Bytes kept per operator for resume; the smaller of the two limits rules. 64 KiB–1 GiB.
    pub ring_bytes_max: usize,
    /// Bytes kept for all operators together, in equal shares, of which none is below 64 KiB. 64 KiB–64 GiB.
    pub ring_bytes_total: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            connections_max: 2_000,
            connections_per_source_max: 100,
            connections_per_operator_max: 8,
            ring_events_max: 10_000,
            ring_bytes_max: 4 * 1024 * 1024,
            ring_bytes_total: 16 * 1024 * 1024,
        }
    }
}

impl Config {
    /// Bytes of events each of so many operators may keep.
    pub(crate) fn ring_bytes(&self, operators: usize) -> usize {
        let share = self.ring_bytes_total / operators.max(1);
        share.max(RING_BYTES_MIN).min(self.ring_bytes_max)
    }
}

/// Answered commands that each of so many operators has remembered.
pub(crate) fn results_each(operators: usize) -> usize {
    (RESULTS_ALL_MAX / operators.max(1)).clamp(RESULTS_MIN, RESULTS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_operators_keep_a_day_and_many_keep_their_last_calls() {
        let config = Config::default();
        let kept = [1, 24, 300, 10_000].map(|operators| config.ring_bytes(operators) / 1024);
        assert_eq!(kept, [4096, 682, 64, 64]);
    }

    #[test]
    fn the_answers_of_a_thousand_operators_fit_together() {
        assert_eq!(
            [1, 256, 1_000, 10_000].map(results_each),
            [1_024, 1_024, 262, 64]
        );
    }
}
