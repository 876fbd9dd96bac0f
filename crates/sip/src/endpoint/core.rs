//! The ground everything stands on: the transaction tables, the timers, and the way out.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::own_address::OwnAddresses;
use super::past::{Past, Pasts};
use super::tables::{Asker, Client, ClientKey, Server};
use super::timers::{Owner, Timers};
use super::{Config, Counters, Event, Flow, Line, Output, Policy, Session, TrunkSource};
use crate::digest::same;
use crate::entropy::Entropy;
use crate::transaction::{Due, Timing};

/// What we answer; for Allow.
pub(super) const ALLOW: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, NOTIFY, REGISTER";
/// What we understand in a re-INVITE, for Supported: it is not rung, so nothing is to be acknowledged before its answer.
pub(super) const SUPPORTED_INSIDE: &str = "timer";

/// Tables, timers, outputs: all that sessions and registrations share.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) timing: Timing,
    pub(super) entropy: Entropy,
    /// The time of the input being handled.
    pub(super) now: Duration,
    pub(super) timers: Timers,
    pub(super) clients: BTreeMap<ClientKey, Client>,
    /// Those that may have something to say yet.
    pub(super) servers: BTreeMap<u128, Server>,
    /// Those that have said it.
    pub(super) pasts: Pasts,
    /// Merged requests: fingerprint of Call-ID, From tag, CSeq → server transaction.
    pub(super) merged: BTreeMap<u128, u128>,
    /// Our tag → its session.
    pub(super) dialogs: BTreeMap<u128, Session>,
    /// TCP connections that something hangs on: requests of ours, dialogs, contacts.
    pub(super) connections: BTreeSet<u64>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) counters: Counters,
    /// Messages that could not be read, by the words of [`Malformed::word`](crate::parse::Malformed::word).
    pub(super) malformed: BTreeMap<&'static str, u64>,
    own: OwnAddresses,
    /// Where trunks are called.
    pub(super) called_at: Vec<TrunkSource>,
}

/// What a due client transaction means to its asker.
#[derive(Debug)]
pub(super) enum Fired {
    /// Nothing: it was repeated, or is gone.
    Nothing,
    /// No final response came.
    TimedOut(Asker),
}

impl Core {
    pub(super) fn new(config: Config, seed: [u8; 32]) -> Self {
        Self {
            own: OwnAddresses::of(&config),
            timing: Timing::new(config.t1),
            entropy: Entropy::new(seed),
            now: Duration::ZERO,
            timers: Timers::default(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            pasts: Pasts::default(),
            merged: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            connections: BTreeSet::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            malformed: BTreeMap::new(),
            called_at: Vec::new(),
            config,
        }
    }

    /// What we understand; for Supported.
    pub(super) fn supported(&self) -> &'static str {
        if self.config.prack {
            "timer, 100rel, replaces, norefersub"
        } else {
            "timer, replaces, norefersub"
        }
    }

    /// Our Contact for who speaks over this flow.
    pub(super) fn contact(&self, flow: Flow) -> &str {
        &self.own.towards(flow).contact
    }

    /// `host:port` we put into Via on this flow.
    pub(super) fn sent_by(&self, flow: Flow) -> &str {
        &self.own.towards(flow).sent_by
    }

    /// Whether a Via is one of ours.
    pub(super) fn wrote(&self, via: &str) -> bool {
        self.own.wrote(via)
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.counters.sent += 1;
        self.outputs.push_back(Output::Send { flow, bytes });
    }

    /// Something hangs on this flow from now on; its end will matter.
    pub(super) fn depend_on(&mut self, flow: Flow) {
        if flow.connection != 0 {
            self.connections.insert(flow.connection);
        }
    }

    /// Says and counts that something was refused.
    pub(super) fn refusal(&mut self, what: &'static str, flow: Flow) {
        self.counters.refused += 1;
        let asked = None;
        self.event(Event::Refusal { what, flow, asked });
    }

    /// The same for the answer of somebody who was not asked.
    pub(super) fn foreign_response(&mut self, asked: Flow, flow: Flow) {
        self.counters.refused += 1;
        self.event(Event::Refusal {
            what: "foreign_response",
            flow,
            asked: Some(asked),
        });
    }

    /// The trunk of a flow, by its address. Over WebSocket nobody is a trunk: behind a proxy that speaks TLS for us all
    /// browsers have the proxy's address.
    pub(super) fn trunk_of(&self, flow: Flow) -> Option<&Arc<str>> {
        if flow.transport.is_of_browsers() {
            return None;
        }
        self.trunk_at(flow.remote.ip())
    }

    /// The trunk of a source address.
    pub(super) fn trunk_at(&self, source: IpAddr) -> Option<&Arc<str>> {
        let trunks = &self.config.policy.trunks;
        let found = trunks.iter().find(|trunk| trunk.holds(source));
        found.map(|trunk| &trunk.trunk)
    }

    /// The trunks that have an address: that call from it, or are called at it.
    pub(super) fn trunks_with(&self, address: IpAddr) -> impl Iterator<Item = &Arc<str>> {
        let all = self.config.policy.trunks.iter().chain(&self.called_at);
        let with = all.filter(move |it| it.holds(address));
        with.map(|it| &it.trunk)
    }

    /// The trunk of a request: of its source address; of several with that source the one whose line its Request-URI
    /// names, else whose Contact. A line that is believed from anywhere needs no source.
    pub(super) fn trunk_of_request(&self, flow: Flow, uri: &str) -> Option<Arc<str>> {
        let Policy { trunks, lines, .. } = &self.config.policy;
        let (by_source, source) = (self.trunk_of(flow), flow.remote.ip());
        if lines.is_empty() || flow.transport.is_of_browsers() {
            return by_source.cloned();
        }
        let token = line_of(uri).unwrap_or_default();
        let here = |line: &Line| {
            let mut own = trunks.iter().filter(|it| it.trunk == line.trunk);
            own.any(|it| it.holds(source))
        };
        let by_token = lines.iter().find(|line| {
            same(line.token.as_bytes(), token.as_bytes()) && (line.from_anywhere || here(line))
        });
        let by_user = || {
            let (_, rest) = uri.split_once(':')?;
            let (user, _) = rest.split_once('@')?;
            lines.iter().find(|line| line.user == user && here(line))
        };
        let line = by_token.or_else(by_user).map(|line| &line.trunk);
        line.or(by_source).cloned()
    }

    /// A server transaction is due.
    pub(super) fn fire_server(&mut self, key: u128) {
        let Some(server) = self.servers.get_mut(&key) else {
            return;
        };
        server.armed = None;
        match server.machine.on_timeout(self.now, &self.timing) {
            Due::TimedOut | Due::Gone => {
                if let Some(server) = self.servers.remove(&key)
                    && let Some(merged) = server.merged
                {
                    self.merged.remove(&merged);
                }
                return;
            }
            Due::Resend => self.resend_response(key),
            Due::Nothing => {}
        }
        if let Some(server) = self.servers.get_mut(&key) {
            let next = server.machine.next();
            self.timers.arm(Owner::Server(key), &mut server.armed, next);
        }
    }

    /// Forgets one server transaction that was over for long enough. False: none was.
    pub(super) fn forget_past(&mut self) -> bool {
        let Some(past) = self.pasts.pop(self.now) else {
            return false;
        };
        if let Past::Accepted {
            merged: Some(merged),
            ..
        } = past
        {
            self.merged.remove(&merged.get());
        }
        true
    }

    /// When to wake for those that are over: late enough that many go at once. They are known for a little longer.
    pub(super) fn past_due(&self) -> Option<Duration> {
        self.pasts.next().map(|at| at + 2 * self.timing.t1)
    }

    /// A client transaction is due.
    pub(super) fn fire_client(&mut self, key: ClientKey) -> Fired {
        let Some(client) = self.clients.get_mut(&key) else {
            return Fired::Nothing;
        };
        client.armed = None;
        match client.machine.on_timeout(self.now, &self.timing) {
            Due::TimedOut => {
                let asker = client.asker;
                self.clients.remove(&key);
                return Fired::TimedOut(asker);
            }
            Due::Gone => {
                self.clients.remove(&key);
                return Fired::Nothing;
            }
            Due::Resend => {
                let (flow, bytes) = (client.flow, client.bytes.to_vec());
                self.counters.repeated += 1;
                self.send(flow, bytes);
            }
            Due::Nothing => {}
        }
        self.arm_client(key);
        Fired::Nothing
    }

    /// Plans the next deadline of a client transaction.
    pub(super) fn arm_client(&mut self, key: ClientKey) {
        if let Some(client) = self.clients.get_mut(&key) {
            let next = client.machine.next();
            self.timers.arm(Owner::Client(key), &mut client.armed, next);
        }
    }

    /// Takes a client transaction away before its time (its flow is gone).
    pub(super) fn drop_client(&mut self, key: ClientKey) -> Option<Client> {
        let mut client = self.clients.remove(&key)?;
        self.timers.arm(Owner::Client(key), &mut client.armed, None);
        Some(client)
    }
}

/// The `line` parameter of a Request-URI.
fn line_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(";line=")?;
    rest.split([';', '?', '>']).next()
}

/// Whether the flow delivers by itself.
pub(super) fn is_reliable(flow: Flow) -> bool {
    flow.transport.is_reliable()
}
