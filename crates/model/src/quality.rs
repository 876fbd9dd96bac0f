//! How a leg sounded.
use serde::{Deserialize, Serialize};

/// Statistics of one leg over its life, both ways (RFC 3550), and the E-model's verdict.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LegQuality {
    /// RTP packets received from the party.
    pub received: u64,
    /// RTP packets sent to the party.
    pub sent: u64,
    /// Packets missing by sequence number.
    pub lost: u64,
    /// Packets received twice.
    pub duplicate: u64,
    /// Packets received out of order.
    pub reordered: u64,
    /// Interarrival jitter at its highest. Microseconds.
    pub jitter_us_max: u32,
    /// Mean interarrival jitter. Microseconds.
    pub jitter_us_mean: u32,
    /// Longest gap between packets. Milliseconds.
    pub gap_ms_max: u32,
    /// Loss the party reports for what we sent (RTCP RR). Parts per thousand.
    pub remote_loss_permille: Option<u16>,
    /// Round trip from RTCP. Microseconds.
    pub rtt_us: Option<u32>,
    /// Packets from a source other than the locked peer; dropped.
    pub foreign: u64,
    /// Mean opinion score of what we received, 1.0–4.5 (ITU-T G.107 E-model).
    pub mos: f32,
    /// Payload encoding, such as `PCMA`.
    pub codec: String,
}
