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
    /// The addresses that calls go to.
    pub targets: Vec<(Flow, State)>,
    /// The address that has our contact, where it is asked for that alone: it may be among the others, or not.
    pub watched: Option<(Flow, State)>,
}

impl Standing {
    /// All addresses, each once. Of one that calls go to unasked the watch knows more.
    pub fn addresses(&self) -> impl Iterator<Item = (Flow, State)> + '_ {
        let better = |(flow, state)| match self.watched {
            Some((it, seen)) if it == flow && state != State::Held && seen != State::Unknown => {
                (flow, seen)
            }
            _ => (flow, state),
        };
        let is_else = |flow: Flow| self.targets.iter().all(|(it, _)| *it != flow);
        let alone = self.watched.filter(|(flow, _)| is_else(*flow));
        self.targets.iter().copied().map(better).chain(alone)
    }

    /// Whether nothing works that the trunk has for this: no way out, or the address that has our contact.
    pub fn fails(&self, role: Role) -> bool {
        let fails = |(_, state): &(Flow, State)| matches!(state, State::Down | State::Held);
        match role {
            Role::Calls => !self.targets.is_empty() && self.targets.iter().all(fails),
            Role::Registrar => self.watched.as_ref().is_some_and(fails),
        }
    }

    /// Whether what failed does so no more. A way out has to show it: that the time is over for which it was passed over
    /// says nothing.
    pub fn recovers(&self, role: Role) -> bool {
        match role {
            Role::Calls => self.targets.iter().any(|(_, it)| *it == State::Up),
            Role::Registrar => !self.fails(role),
        }
    }
}
