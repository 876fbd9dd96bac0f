//! What a trunk's own life is told and tells.
use std::sync::Arc;
use std::time::Duration;

use super::{Limits, Register, State, Target};
use crate::endpoint::{Flow, Probe};
use crate::message::Response;

/// One trunk.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub name: Arc<str>,
    /// Where we register; None: the carrier knows us by our address.
    pub register: Option<Register>,
    /// Whether the addresses that calls go to are asked if they live.
    pub probing: Option<Probing>,
    /// How much it carries.
    pub limits: Limits,
}

/// OPTIONS to addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probing {
    /// How often.
    pub every: Duration,
    /// The statuses that mean "I live". Empty: all but 408 and 5xx other than 501 and 505, since carriers that do not
    /// know OPTIONS say so and live.
    pub accepted: Vec<u16>,
}

impl Probing {
    pub(super) fn accepts(&self, status: u16) -> bool {
        match status {
            status if !self.accepted.is_empty() => self.accepted.contains(&status),
            status => !is_fault(status),
        }
    }
}

/// Whether a status is a fault of the server. 501 and 505 are not: who does not know OPTIONS says so and lives.
pub(super) fn is_fault(status: u16) -> bool {
    matches!(status, 408 | 500 | 502..=504 | 506..=599)
}

/// What the addresses of a trunk are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Calls go there.
    Calls,
    /// We register there.
    Registrar,
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// The addresses behind a name, or behind none. What is known of an address stays known.
    Targets {
        /// Whose.
        trunk: &'a str,
        /// What for.
        role: Role,
        /// All of them; beyond [`TARGETS_MAX`](super::TARGETS_MAX) they are not used.
        targets: Vec<Target>,
    },
    /// The answer to a [`Output::Probe`].
    Probed {
        /// Its number.
        id: u64,
        /// The status; None: no answer.
        status: Option<u16>,
        /// For how long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// A response to a REGISTER.
    Registrar {
        /// Where it came from.
        flow: Flow,
        /// The response.
        response: &'a Response,
    },
    /// A connection is gone, or could not be opened (then its `connection` is 0).
    FlowClosed(Flow),
    /// A call came from this trunk: it lives.
    Called(&'a str),
    /// How a call fared at an address that [`Trunks::route`](super::Trunks::route) gave.
    Tried {
        /// Whose.
        trunk: &'a str,
        /// Which.
        flow: Flow,
        /// How.
        outcome: Outcome,
    },
    /// The daemon stops: take all contacts back.
    Withdraw,
}

/// How a call fared at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was answered, by whatever the callee said.
    Works,
    /// Silence, no way there, or a failure of the server itself; for as long as it wants to be left alone.
    Failed(Option<Duration>),
}

/// What comes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A REGISTER to send.
    Send {
        /// Where to.
        flow: Flow,
        /// What.
        bytes: Vec<u8>,
    },
    /// An OPTIONS for the endpoint.
    Probe(Probe),
    /// Something has changed, for logs and alarms.
    Changed {
        /// Whose.
        trunk: Arc<str>,
        /// What.
        change: Change,
    },
}

/// What has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The registrar has our contact.
    Registered {
        /// For how long.
        granted: Duration,
    },
    /// It has not any more, or not yet; told once an episode. 0: no answer.
    Unregistered {
        /// Why.
        status: u16,
    },
    /// An address stands otherwise.
    Target {
        /// Which.
        flow: Flow,
        /// How.
        state: State,
    },
}

/// An address to try for a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// By which trunk.
    pub trunk: Arc<str>,
    /// To where.
    pub target: Target,
}

/// How a trunk stands, for the health page and the metrics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Its name.
    pub trunk: Arc<str>,
    /// Whether the registrar has our contact; None where we do not register.
    pub registered: Option<bool>,
    /// The addresses that calls go to, and the one that has our contact, where it is another and is watched.
    pub targets: Vec<(Flow, State)>,
}
