//! The machine: bytes, commands and deadlines in; bytes and events out.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::arrived::Arrived;
use super::call::Call;
use super::core::{Core, Fired};
use super::guard::{Ban, Guard, place};
use super::outgoing::Hop;
use super::tables::ClientKey;
use super::timers::Owner;
use super::turned_away::TurnedAway;
use super::{
    Command, Config, Event, Flow, Input, Invite, Output, Reached, Session, Source, Target,
};
use crate::dialog::tagged;
use crate::digest::Nonces;
use crate::message::{Message, Method};
use crate::multipart::keep_sdp;
use crate::parse::{self, Malformed, ParseError};
use crate::phones::Model;
use crate::registrar::{Contact, Registrar};
use crate::session_id::SessionId;
use crate::shield::{Pressure, Valve, peek_nonce};
use crate::transaction::earlier;
use crate::uri::Uri;

/// Most transactions at one time. Beyond it new requests get 503 without state.
pub const TRANSACTIONS_MAX: usize = 262_144;

/// How many deadlines one call of `handle_timeout` serves; the rest is due at once again.
const DUE_AT_ONCE: usize = 1024;

/// The SIP machine of the daemon: all transactions, dialogs and registrations. A copy goes on by itself with the same
/// dice: for models that try every way from here, not for a second machine.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) core: Core,
    pub(super) calls: BTreeMap<Session, Call>,
    pub(super) registrar: Registrar,
    pub(super) nonces: Nonces,
    pub(super) guard: Guard,
    pub(super) valve: Valve,
    pub(super) turned_away: TurnedAway,
    last_session: u64,
}

/// Sums since the start, for the daemon's metrics.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Messages that came.
    pub received: u64,
    /// Messages sent, repetitions included.
    pub sent: u64,
    /// Messages we sent again.
    pub repeated: u64,
    /// Repeated requests that met their transaction.
    pub absorbed: u64,
    /// What [`Event::Refusal`] told.
    pub refused: u64,
    /// Responses and ACKs that belong to nothing.
    pub stray: u64,
}

impl Endpoint {
    /// A machine without registrations and sessions. `seed`: 32 bytes of the system's randomness; the
    /// same seed and inputs give the same outputs.
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut core = Core::new(config, seed);
        let nonces = Nonces::new(core.entropy.draw_seed(), core.config.nonce_life);
        Self {
            nonces,
            guard: Guard::default(),
            valve: Valve::default(),
            turned_away: TurnedAway::default(),
            core,
            calls: BTreeMap::new(),
            registrar: Registrar::default(),
            last_session: 0,
        }
    }

    /// A session for [`Command::Invite`]. Never zero, never given twice.
    pub fn allocate(&mut self) -> Session {
        self.last_session += 1;
        Session(self.last_session)
    }

    /// How many new calls are taken whole. Without it, as many as come.
    pub fn set_valve(&mut self, valve: Valve) {
        self.valve = valve;
    }

    /// How pressed the driver is; holds until it is told again.
    pub fn press(&mut self, pressure: Pressure) {
        self.valve.press(pressure);
    }

    /// Who is not listened to for guessing passwords.
    pub fn bans(&self) -> impl Iterator<Item = Ban> {
        self.guard.list(self.core.now)
    }

    /// Listens to an address again; gives how many bans were lifted.
    pub fn lift_bans(&mut self, address: IpAddr) -> usize {
        self.guard.lift(self.core.now, address)
    }

    /// Forgets the bans that are over, and gives them; and how many more have gone since it was asked last, without their
    /// time or their place being known. To be asked now and then: of the bans that [`Event::Banned`] told of, all that were
    /// neither given here nor lifted are in force.
    pub fn end_bans(&mut self) -> (Vec<Ban>, usize) {
        self.guard.end(self.core.now)
    }

    /// Takes one input. Times that go backwards count as standing still.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        self.core.now = self.core.now.max(now);
        match input {
            Input::Received { flow, bytes } => self.on_received(flow, bytes),
            Input::Unread { flow, bytes } => self.on_unread(flow, bytes),
            Input::FlowClosed { flow, by_remote } => self.on_flow_closed(flow, by_remote),
            Input::Command(command) => self.on_command(command),
        }
        self.fire_due();
    }

    /// Serves the deadlines that have come.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.core.now = self.core.now.max(now);
        self.fire_due();
    }

    /// The next output, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        earlier(self.core.timers.next(), self.core.past_due())
    }

    /// Whether the message brings back a nonce that we issued to this address, however long ago: so whoever sends it is
    /// where it says. A glance and two hashes; the message is hostile all the same.
    pub fn brings_our_nonce(&self, from: IpAddr, bytes: &[u8]) -> bool {
        peek_nonce(bytes).is_some_and(|nonce| self.nonces.was_issued_to(nonce, place(from)))
    }

    /// Who an address is.
    pub fn source(&self, address: IpAddr) -> Source {
        match self.core.trunk_at(address) {
            Some(_) => Source::Trunk,
            None => self.phone_or_stranger(address),
        }
    }

    /// Who speaks over a flow. No browser is a trunk, whatever the address.
    pub fn source_of(&self, flow: Flow) -> Source {
        match self.core.trunk_of(flow) {
            Some(_) => Source::Trunk,
            None => self.phone_or_stranger(flow.remote.ip()),
        }
    }

    fn phone_or_stranger(&self, address: IpAddr) -> Source {
        if self.registrar.is_neighbour(address) {
            Source::Phone
        } else {
            Source::Stranger
        }
    }

    /// The trunk that speaks over a flow.
    pub fn trunk_of(&self, flow: Flow) -> Option<&str> {
        self.core.trunk_of(flow).map(|trunk| &**trunk)
    }

    /// The trunk that is called at an address, or calls from it.
    pub fn trunk_with(&self, address: IpAddr) -> Option<&str> {
        self.core.trunks_with(address).next().map(|trunk| &**trunk)
    }

    /// The trunk whose request this would be: of the flow, or of the line that its Request-URI names.
    pub fn trunk_called(&self, flow: Flow, uri: &str) -> Option<Arc<str>> {
        self.core.trunk_of_request(flow, uri)
    }

    /// Whether all live phones of a user speak IPv6, so that they are to be offered it.
    pub fn is_on_v6(&self, user: &str) -> bool {
        let mut live = self.registrar.live(user).peekable();
        let v6 = |remote: SocketAddr| remote.ip().to_canonical().is_ipv6();
        live.peek().is_some() && live.all(|contact| v6(contact.flow.remote))
    }

    /// Where users can be rung, by user; dead contacts included.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.registrar.all()
    }

    /// The Session-ID of a session with a dialog, as we say it; None before there is one, or for a party that says none.
    pub fn session_id(&mut self, session: Session) -> Option<SessionId> {
        self.calls.get_mut(&session)?.session_id().copied()
    }

    /// How many sessions there are, those included that only wait for their last answer.
    pub fn sessions(&self) -> usize {
        self.calls.len()
    }

    /// How many client and server transactions there are.
    pub fn transactions(&self) -> usize {
        self.core.clients.len() + self.core.servers.len() + self.core.pasts.len()
    }

    /// Sums since the start.
    pub fn counters(&self) -> Counters {
        self.core.counters
    }

    /// Messages that could not be read since the start, by the words of [`Malformed::word`].
    pub fn malformed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.core
            .malformed
            .iter()
            .map(|(what, count)| (*what, *count))
    }

    /// Whose a tag of ours is, as in the From of what we ask and the To of what we answer. None: nobody's, or of a
    /// session that is over.
    pub fn session_of_tag(&self, tag: &str) -> Option<Session> {
        let tag = crate::entropy::read_hex(tag)?;
        self.core.dialogs.get(&tag).copied()
    }

    /// Whether nothing is left of any call: no session, dialog, transaction, nor deadline of one.
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
            && self.core.clients.is_empty()
            && self.core.servers.is_empty()
            && self.core.pasts.len() == 0
            && self.core.merged.is_empty()
            && self.core.dialogs.is_empty()
            && self.core.timers.only_contacts()
    }

    fn on_received(&mut self, flow: Flow, bytes: &[u8]) {
        self.core.counters.received += 1;
        match parse::parse(bytes) {
            Ok(Message::Request(mut request)) => {
                keep_sdp(&mut request.headers, &mut request.body);
                self.on_request(flow, request);
            }
            Ok(Message::Response(mut response)) => {
                keep_sdp(&mut response.headers, &mut response.body);
                self.on_response(flow, &response);
            }
            Err(error) => self.on_malformed(flow, &error),
        }
    }

    /// What came beyond what its trunk may send. A call that is taken must not hear that it is refused.
    fn on_unread(&mut self, flow: Flow, bytes: &[u8]) {
        self.core.counters.received += 1;
        let Ok(Message::Request(request)) = parse::parse(bytes) else {
            return;
        };
        let trunk = self.core.trunk_of_request(flow, &request.uri);
        let is_new = request.method == Method::Invite && request.headers.to_tag().is_none();
        let arrived = Arrived::new(&self.core.entropy, request, flow, trunk);
        let Some(arrived) = arrived.filter(|it| is_new && it.trunk.is_some()) else {
            return;
        };
        if !self.core.absorb(&arrived) {
            self.turn_away(&arrived, self.lateness());
        }
    }

    /// 400 to a trunk that can be answered, silence to everybody else. The answer repeats what it has to repeat as it
    /// came, faults included: who wrote it will know it again (RFC 3261 §8.2.6.2).
    fn on_malformed(&mut self, flow: Flow, error: &ParseError) {
        if error.what == Malformed::KeepAlive {
            return;
        }
        *self.core.malformed.entry(error.what.word()).or_default() += 1;
        self.core.refusal("malformed", flow);
        let known = self.core.trunk_of(flow).is_some();
        let Some(headers) = error.answerable().filter(|_| known) else {
            return;
        };
        let mut response = self.core.response(error.status(), headers.clone());
        if let Some(to) = headers.get("To").filter(|_| headers.to_tag().is_none()) {
            let tag = self
                .core
                .entropy
                .fingerprint(&[b"malformed", to.as_bytes()]);
            response.headers.set("To", tagged(to, tag));
        }
        self.core.send(flow, response.to_bytes());
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Progress {
                session,
                status,
                sdp,
            } => self.with_call(session, |call, core| call.progress(core, status, sdp)),
            Command::Accept { session, sdp } => {
                self.with_call(session, |call, core| call.accept(core, sdp));
            }
            Command::Refuse {
                session,
                status,
                headers,
            } => self.with_call(session, |call, core| call.decline(core, status, &headers)),
            Command::Invite(invite) => self.dial(*invite),
            Command::End { session, reason } => {
                self.with_call(session, |call, core| call.end(core, reason.as_deref()));
            }
            Command::AnswerReoffer { session, sdp } => {
                self.with_call(session, |call, core| call.answer_reoffer(core, sdp));
            }
            Command::Reoffer { session, sdp } => {
                self.with_call(session, |call, core| call.reoffer(core, sdp));
            }
            Command::Show { session, headers } => {
                self.with_call(session, |call, core| call.show(core, headers));
            }
            Command::AnswerRefer {
                session,
                refer,
                status,
            } => self.with_call(session, |call, core| {
                call.answer_refer(core, refer, status);
            }),
            Command::ReferProgress {
                session,
                refer,
                status,
            } => self.with_call(session, |call, core| {
                call.refer_progress(core, refer, status);
            }),
            Command::Refer {
                session,
                to,
                replaces,
            } => {
                let named = replaces.and_then(|other| self.calls.get(&other)?.as_replaced());
                self.with_call(session, |call, core| {
                    call.refer(core, &to, named.as_deref());
                });
            }
            Command::TalksWith { session, number } => {
                if let Some(ids) = self.calls.get_mut(&session).and_then(Call::session_id) {
                    ids.own = number;
                }
            }
            Command::Credentials(list) => self.on_credentials(list),
            Command::BoundBefore(list) => self.on_bound_before(list),
            Command::Sources(list) => self.core.config.policy.trunks = list,
            Command::CalledAt(list) => self.core.called_at = list,
            Command::Probe(probe) => self.probe(probe),
        }
    }

    /// Lets a session act, and settles what it has become.
    pub(super) fn with_call(&mut self, session: Session, act: impl FnOnce(&mut Call, &mut Core)) {
        let Some(call) = self.calls.get_mut(&session) else {
            return;
        };
        act(call, &mut self.core);
        call.arm(&mut self.core);
        if call.is_over() {
            self.calls.remove(&session);
        }
    }

    /// Takes a new session in.
    pub(super) fn add_call(&mut self, mut call: Call) {
        call.arm(&mut self.core);
        self.calls.insert(call.id, call);
    }

    fn dial(&mut self, invite: Invite) {
        let session = invite.session;
        if self.calls.contains_key(&session) {
            return;
        }
        let user = match &invite.target {
            Target::User(user) => Some(user.as_str().into()),
            Target::Address { .. } => None,
        };
        let called = if self.calls.len() >= self.core.config.sessions_max {
            Err((503, "Too Many Sessions"))
        } else {
            self.hops(&invite.target)
                .and_then(|(to, hops)| Call::dial(&mut self.core, invite, to, hops))
        };
        match called {
            Ok(mut call) => {
                call.user = user;
                self.add_call(call);
            }
            Err((status, reason)) => self.core.event(Event::Refused {
                session,
                reached: Reached::Nothing,
                retry_after: None,
                status,
                reason: reason.to_owned(),
                said: None,
                contacts: Vec::new(),
            }),
        }
    }

    /// To and the places to ring.
    fn hops(&self, target: &Target) -> Result<(String, Vec<Hop>), (u16, &'static str)> {
        match target {
            Target::User(user) => {
                let hops: Vec<Hop> = self
                    .registrar
                    .live(user)
                    .map(|contact| Hop {
                        uri: contact.uri.to_request_uri(),
                        flow: contact.flow,
                        routes: contact.routes.clone(),
                        model: contact.model,
                    })
                    .collect();
                if hops.is_empty() {
                    return Err((480, "Unregistered"));
                }
                let user = crate::uri::escape_user(user);
                Ok((format!("<sip:{user}@{}>", self.core.config.realm), hops))
            }
            Target::Address { uri, flow } => {
                Uri::check(uri).map_err(|_| (400, "Bad Target URI"))?;
                let hop = Hop {
                    uri: uri.clone(),
                    flow: *flow,
                    routes: Arc::default(),
                    model: Model::Generic,
                };
                Ok((format!("<{uri}>"), vec![hop]))
            }
        }
    }

    fn fire_due(&mut self) {
        for _ in 0..DUE_AT_ONCE {
            if !self.core.forget_past() {
                break;
            }
        }
        for _ in 0..DUE_AT_ONCE {
            let Some(owner) = self.core.timers.pop(self.core.now) else {
                return;
            };
            match owner {
                Owner::Server(key) => self.core.fire_server(key),
                Owner::Client(key) => {
                    if let Fired::TimedOut(asker) = self.core.fire_client(key) {
                        self.pass_failure(asker, 408);
                    }
                }
                Owner::Session(session) => self.with_call(session, |call, core| {
                    call.on_timeout(core);
                }),
                Owner::Contact(contact) => self.on_contact_due(contact),
            }
        }
    }

    /// A connection is gone: what was asked over it has failed (RFC 3261 §8.1.3.1, §17.1.4), its contacts
    /// are dead, and its dialogs have to find a new one. Requests that named only the peer are among those
    /// where `by_remote` says so.
    fn on_flow_closed(&mut self, flow: Flow, by_remote: bool) {
        let numbered = flow.connection != 0 && self.core.connections.remove(&flow.connection);
        // Most connections that close never carried anything of ours.
        if !numbered && !by_remote {
            return;
        }
        let lost = |other: &Flow| {
            let same = numbered && other.connection == flow.connection;
            let peer = by_remote && other.connection == 0 && other.remote == flow.remote;
            other.transport == flow.transport && (same || peer)
        };
        let clients = self.core.clients.iter();
        let keys: Vec<ClientKey> = clients
            .filter(|(_, client)| lost(&client.flow) && client.machine.is_open())
            .map(|(key, _)| *key)
            .collect();
        // First, so that what is asked anew goes another way.
        if numbered {
            for call in self.calls.values_mut() {
                call.lose_connection(&mut self.core, flow.connection);
            }
        }
        for key in keys {
            if let Some(client) = self.core.drop_client(key) {
                self.pass_failure(client.asker, 503);
            }
        }
        if numbered {
            self.on_contact_flow_closed(flow);
        }
    }
}
