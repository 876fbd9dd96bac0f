//! Rows of the transaction tables: a machine, the bytes it repeats, and whose it is.
use std::sync::Arc;
use std::time::Duration;

use super::{Flow, Session};
use crate::message::Method;
use crate::session_id::SessionId;
use crate::transaction::client::{Heard, InviteClient, NonInviteClient};
use crate::transaction::server::{InviteServer, NonInviteServer, Repeated};
use crate::transaction::{Due, Timing};

/// A client transaction: our branch, and CANCEL apart, since it shares the branch of its INVITE
/// (RFC 3261 §17.1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ClientKey {
    /// The random part of the branch.
    pub(super) branch: u128,
    /// Whether it is the CANCEL.
    pub(super) cancel: bool,
}

/// Who learns how a client transaction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asker {
    /// One fork of a dialled session, by its local tag.
    Fork(Session, u128),
    /// Our re-INVITE or UPDATE.
    Change(Session),
    /// Our BYE.
    Bye(Session),
    /// "Are you there?" of a registered contact.
    Qualify(u64),
    /// "Are you there?" of a trunk, by the application's number.
    Probe(u64),
    /// A PRACK in a fork of a dialled session, by the fork's local tag.
    Prack(Session, u128),
    /// A NOTIFY to a party that referred us.
    Notify(Session),
    /// Our REFER.
    Refer(Session),
    /// Nobody: CANCEL, BYE of a superfluous 2xx.
    Nobody,
}

/// A client transaction.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) machine: ClientMachine,
    pub(super) method: Method,
    pub(super) flow: Flow,
    /// What is repeated: the request, later the ACK of a refusal; empty when nothing is.
    pub(super) bytes: Box<[u8]>,
    pub(super) asker: Asker,
    /// INVITE only: what CANCEL and ACK are made of.
    pub(super) head: Option<Box<Head>>,
    /// INVITE only: the ACKs of its 2xx, one per remote tag.
    pub(super) acks: Vec<Ack>,
    pub(super) armed: Option<Duration>,
}

/// The parts of an INVITE that its CANCEL and ACK repeat (RFC 3261 §9.1, §17.1.1.3, §13.2.2.4).
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) uri: Arc<str>,
    pub(super) via: String,
    pub(super) from: Arc<str>,
    pub(super) to: Arc<str>,
    pub(super) call_id: Arc<str>,
    pub(super) cseq: u32,
    /// Number of the last request in a dialog of this INVITE.
    pub(super) last_cseq: u32,
    pub(super) routes: Arc<[Arc<str>]>,
    pub(super) session_id: Option<SessionId>,
    /// Name and value of the credentials sent along.
    pub(super) credentials: Option<(&'static str, String)>,
}

/// The ACK of a 2xx, kept to be sent again.
#[derive(Clone, Debug)]
pub(super) struct Ack {
    /// The To tag of the 2xx.
    pub(super) tag: Box<str>,
    pub(super) flow: Flow,
    pub(super) bytes: Box<[u8]>,
}

/// The machine of a client transaction.
#[derive(Clone, Debug)]
pub(super) enum ClientMachine {
    Invite(InviteClient),
    Other(NonInviteClient),
}

impl ClientMachine {
    pub(super) fn on_response(&mut self, now: Duration, timing: &Timing, status: u16) -> Heard {
        match self {
            Self::Invite(machine) => machine.on_response(now, timing, status),
            Self::Other(machine) => machine.on_response(now, timing, status),
        }
    }

    pub(super) fn on_timeout(&mut self, now: Duration, timing: &Timing) -> Due {
        match self {
            Self::Invite(machine) => machine.on_timeout(now),
            Self::Other(machine) => machine.on_timeout(now, timing),
        }
    }

    pub(super) fn next(&self) -> Option<Duration> {
        match self {
            Self::Invite(machine) => machine.next(),
            Self::Other(machine) => machine.next(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_open(),
            Self::Other(machine) => machine.is_open(),
        }
    }
}

/// A server transaction.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) machine: ServerMachine,
    /// Where the answers go.
    pub(super) flow: Flow,
    /// The last response, as long as it may have to be repeated.
    pub(super) bytes: Box<[u8]>,
    /// Our To tag.
    pub(super) tag: u128,
    /// INVITE only: the session a CANCEL would end.
    pub(super) session: Option<Session>,
    /// INVITE only: its row in the index of merged requests.
    pub(super) merged: Option<u128>,
    pub(super) armed: Option<Duration>,
}

/// The machine of a server transaction.
#[derive(Clone, Debug)]
pub(super) enum ServerMachine {
    Invite(InviteServer),
    Other(NonInviteServer),
}

impl ServerMachine {
    pub(super) fn respond(&mut self, now: Duration, timing: &Timing, status: u16) -> bool {
        match self {
            Self::Invite(machine) => machine.respond(now, timing, status),
            Self::Other(machine) => machine.respond(now, timing),
        }
    }

    pub(super) fn on_repeated(&self) -> Repeated {
        match self {
            Self::Invite(machine) => machine.on_repeated(),
            Self::Other(machine) => machine.on_repeated(),
        }
    }

    /// Whether it may say something by itself yet: a final answer, or its refusal again.
    pub(super) fn may_speak(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.needs_response(),
            Self::Other(machine) => machine.is_open(),
        }
    }

    pub(super) fn on_timeout(&mut self, now: Duration, timing: &Timing) -> Due {
        match self {
            Self::Invite(machine) => machine.on_timeout(now, timing),
            Self::Other(machine) => machine.on_timeout(now),
        }
    }

    pub(super) fn next(&self) -> Option<Duration> {
        match self {
            Self::Invite(machine) => machine.next(),
            Self::Other(machine) => machine.next(),
        }
    }
}
