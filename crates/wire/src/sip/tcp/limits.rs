//! What a flow may take, and for how long.
use std::time::Duration;

use gudok_sip::endpoint::Source;
use tokio::time::Instant;

use super::super::rate::Rate;

/// Limits of TCP flows; what goes beyond is closed at once. Who gets a place when there are few: the module `places`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows at one time.
    pub flows: usize,
    /// Of these, for trunks alone.
    pub trunk_reserve: usize,
    /// Flows at one time of addresses that are neither a trunk's nor a registered phone's.
    pub strangers: usize,
    /// Flows of one stranger at one time; one is an IPv4 address or a /64.
    pub flows_per_stranger: usize,
    /// Flows at one time of one trunk's or phones' address: an office behind one NAT.
    pub flows_per_known: usize,
    /// A flow that brings nothing for this long is closed; a stranger's first message has `message` to come.
    pub idle: Duration,
    /// The same for a trunk's flow over TLS, and for one that we opened: between the answer and the goodbye of a long talk
    /// nothing need come, and not every trunk can open another one to us, nor we to it.
    pub idle_trunk: Duration,
    /// A message that has begun must be whole after this.
    pub message: Duration,
    /// Opening a flow to a peer.
    pub connect: Duration,
    /// Handshakes of strangers (TLS, WebSocket), all together: each costs CPU before anything is known of who asks.
    pub handshakes: Rate,
    /// Handshakes of one address or /64, whoever it is: an office behind one NAT comes back at once after a restart.
    pub handshakes_of_one: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 1_024,
            trunk_reserve: 64,
            strangers: 512,
            flows_per_stranger: 100,
            flows_per_known: 512,
            idle: Duration::from_secs(120),
            idle_trunk: Duration::from_secs(4 * 3_600),
            message: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            handshakes: Rate {
                per_second: 200,
                at_once: 400,
            },
            handshakes_of_one: Rate {
                per_second: 20,
                at_once: 100,
            },
        }
    }
}

impl Limits {
    /// Places for everybody.
    pub(in crate::sip) fn below_reserve(&self) -> usize {
        self.flows.saturating_sub(self.trunk_reserve)
    }

    pub(super) fn welcome(&self, source: Source) -> Welcome {
        match source {
            Source::Stranger => Welcome {
                patience: self.message,
                trusted: false,
            },
            Source::Trunk | Source::Phone => Welcome {
                patience: self.idle,
                trusted: true,
            },
        }
    }
}

/// What a flow is given to begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Welcome {
    /// For what has to come first.
    pub(super) patience: Duration,
    /// Whether anything will do, even a keep-alive; of a stranger it has to be a message.
    pub(super) trusted: bool,
}

impl Welcome {
    /// What is left of it.
    pub(super) fn since(self, begun: Instant) -> Self {
        let patience = self.patience.saturating_sub(begun.elapsed());
        Self { patience, ..self }
    }
}
