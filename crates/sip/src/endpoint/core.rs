//! The ground everything stands on: the transaction tables, the timers, and the way out.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::arrived::{Arrived, COOKIE};
use super::tables::{Asker, Client, ClientKey, ClientMachine, Head, Server, ServerMachine};
use super::timers::{Owner, Timers};
use super::{Config, Counters, Event, Flow, Output, Session, Transport};
use crate::dialog::Dialog;
use crate::entropy::{Entropy, write_hex};
use crate::message::{Headers, Method, Request, Response};
use crate::transaction::client::{InviteClient, NonInviteClient};
use crate::transaction::server::{InviteServer, NonInviteServer, Repeated};
use crate::transaction::{Due, Timing};

/// What we answer; for Allow.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REGISTER";
/// What we understand; for Supported.
pub(super) const SUPPORTED: &str = "timer";

/// Tables, timers, outputs: all that sessions and registrations share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) timing: Timing,
    pub(super) entropy: Entropy,
    /// The time of the input being handled.
    pub(super) now: Duration,
    pub(super) timers: Timers,
    pub(super) clients: BTreeMap<ClientKey, Client>,
    pub(super) servers: BTreeMap<u128, Server>,
    /// Merged requests: fingerprint of Call-ID, From tag, CSeq → server transaction.
    pub(super) merged: BTreeMap<u128, u128>,
    /// Our tag → its session.
    pub(super) dialogs: BTreeMap<u128, Session>,
    /// TCP connections that something hangs on: requests of ours, dialogs, contacts.
    pub(super) connections: BTreeSet<u64>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) counters: Counters,
    contact_udp: Arc<str>,
    contact_tcp: Arc<str>,
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
        let tcp = config.contact_tcp.as_ref().unwrap_or(&config.contact_udp);
        Self {
            contact_udp: format!("<sip:gudok@{}>", config.contact_udp).into(),
            contact_tcp: format!("<sip:gudok@{tcp};transport=tcp>").into(),
            timing: Timing::new(config.t1),
            entropy: Entropy::new(seed),
            now: Duration::ZERO,
            timers: Timers::default(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            merged: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            connections: BTreeSet::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            config,
        }
    }

    /// Our Contact on this transport.
    pub(super) fn contact(&self, transport: Transport) -> &str {
        match transport {
            Transport::Udp => &self.contact_udp,
            Transport::Tcp => &self.contact_tcp,
        }
    }

    /// `host:port` we put into Via on this transport.
    pub(super) fn sent_by(&self, transport: Transport) -> &str {
        match (transport, &self.config.contact_tcp) {
            (Transport::Tcp, Some(tcp)) => tcp,
            _ => &self.config.contact_udp,
        }
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
        self.event(Event::Refusal { what, flow });
    }

    /// The trunk of a source address.
    pub(super) fn trunk_of(&self, source: IpAddr) -> Option<&Arc<str>> {
        let trunks = &self.config.policy.trunks;
        let found = trunks.iter().find(|trunk| trunk.holds(source));
        found.map(|trunk| &trunk.trunk)
    }

    // Responses.

    /// A response with the headers it repeats.
    pub(super) fn response(&self, status: u16, echo: Headers) -> Response {
        let mut response = Response::new(status);
        response.headers = echo;
        response.headers.push("Server", self.config.agent.as_str());
        response
    }

    /// Answers once and forgets: a repeated request is judged again (RFC 3261 §8.2.7). For everything
    /// a stranger can provoke, since it leaves no state behind.
    pub(super) fn reply(&mut self, arrived: &Arrived, status: u16, extra: &[(&'static str, &str)]) {
        let tag = arrived.stateless_tag(&self.entropy);
        let mut response = self.response(status, arrived.echo(Some(tag)));
        for (name, value) in extra {
            response.headers.push(*name, *value);
        }
        self.send(arrived.back, response.to_bytes());
    }

    /// Answers a non-INVITE request and remembers the answer for its repetitions.
    pub(super) fn answer(&mut self, arrived: &Arrived, response: &Response) {
        self.open_other(arrived, 0);
        self.respond(arrived.key, response);
    }

    /// Opens the server transaction of a non-INVITE request that will be answered later.
    pub(super) fn open_other(&mut self, arrived: &Arrived, tag: u128) {
        let machine = ServerMachine::Other(NonInviteServer::start(is_reliable(arrived.back)));
        self.open(arrived, machine, tag, None, None);
    }

    /// Answers a non-INVITE request in a dialog with a bare status.
    pub(super) fn answer_status(&mut self, arrived: &Arrived, status: u16) {
        let response = self.response(status, arrived.echo(None));
        self.answer(arrived, &response);
    }

    /// Opens the server transaction of an INVITE and says 100 (RFC 3261 §17.2.1).
    pub(super) fn open_invite(
        &mut self,
        arrived: &Arrived,
        tag: u128,
        session: Session,
        merged: Option<u128>,
    ) {
        let machine = ServerMachine::Invite(InviteServer::start(is_reliable(arrived.back)));
        self.open(arrived, machine, tag, Some(session), merged);
        if let Some(merged) = merged {
            self.merged.insert(merged, arrived.key);
        }
    }

    fn open(
        &mut self,
        arrived: &Arrived,
        machine: ServerMachine,
        tag: u128,
        session: Option<Session>,
        merged: Option<u128>,
    ) {
        let server = Server {
            machine,
            flow: arrived.back,
            bytes: Box::default(),
            tag,
            session,
            merged,
            armed: None,
        };
        self.servers.insert(arrived.key, server);
    }

    /// Sends a response of a server transaction for the first time. None: it had its final one, or is
    /// gone; nothing is sent. Some: the bytes of a 2xx to an INVITE, which its dialog has to repeat.
    pub(super) fn respond(&mut self, key: u128, response: &Response) -> Option<Vec<u8>> {
        let server = self.servers.get_mut(&key)?;
        if !server
            .machine
            .respond(self.now, &self.timing, response.status)
        {
            return None;
        }
        let bytes = response.to_bytes();
        server.bytes = if server.machine.needs_response() {
            bytes.as_slice().into()
        } else {
            Box::default()
        };
        let flow = server.flow;
        if response.status >= 300
            && let Some(merged) = server.merged.take()
        {
            self.merged.remove(&merged);
        }
        let next = server.machine.next();
        self.timers.arm(Owner::Server(key), &mut server.armed, next);
        self.send(flow, bytes.clone());
        Some(bytes)
    }

    /// The last response of a server transaction again.
    pub(super) fn resend_response(&mut self, key: u128) {
        if let Some(server) = self.servers.get(&key)
            && !server.bytes.is_empty()
        {
            let (flow, bytes) = (server.flow, server.bytes.to_vec());
            self.counters.repeated += 1;
            self.send(flow, bytes);
        }
    }

    /// A request of a known transaction again. False: there is none.
    pub(super) fn absorb(&mut self, key: u128) -> bool {
        let Some(server) = self.servers.get(&key) else {
            return false;
        };
        self.counters.absorbed += 1;
        if server.machine.on_repeated() == Repeated::Resend {
            self.resend_response(key);
        }
        true
    }

    /// An ACK: true if it was that of a refusal (RFC 3261 §17.1.1.3).
    pub(super) fn absorb_ack(&mut self, key: u128) -> bool {
        let Some(server) = self.servers.get_mut(&key) else {
            return false;
        };
        let ServerMachine::Invite(machine) = &mut server.machine else {
            return false;
        };
        if !machine.is_open() && !machine.needs_response() {
            // Accepted: the ACK is the dialog's. Confirmed: nothing to do, and no dialog either.
            return false;
        }
        machine.on_ack(self.now, &self.timing);
        if !machine.needs_response() {
            server.bytes = Box::default();
        }
        let next = server.machine.next();
        self.timers.arm(Owner::Server(key), &mut server.armed, next);
        true
    }

    // Requests.

    /// Sends a request of ours and starts its transaction; gives the branch.
    ///
    /// `wait` shortens the time for an answer (non-INVITE only).
    pub(super) fn ask(
        &mut self,
        mut request: Request,
        flow: Flow,
        asker: Asker,
        wait: Option<Duration>,
    ) -> u128 {
        let branch = self.entropy.draw();
        let via = self.via(flow.transport, branch);
        request.headers.push_front("Via", via.clone());
        request
            .headers
            .push("User-Agent", self.config.agent.as_str());
        let reliable = is_reliable(flow);
        let machine = if request.method == Method::Invite {
            ClientMachine::Invite(InviteClient::start(self.now, &self.timing, reliable))
        } else {
            let machine = NonInviteClient::start(self.now, &self.timing, reliable);
            ClientMachine::Other(match wait {
                Some(wait) => machine.until(self.now + wait),
                None => machine,
            })
        };
        let head = (request.method == Method::Invite).then(|| Box::new(head_of(&request, via)));
        let key = ClientKey {
            branch,
            cancel: false,
        };
        self.enter(key, machine, &request, flow, asker, head);
        branch
    }

    fn enter(
        &mut self,
        key: ClientKey,
        machine: ClientMachine,
        request: &Request,
        flow: Flow,
        asker: Asker,
        head: Option<Box<Head>>,
    ) {
        self.depend_on(flow);
        let bytes = request.to_bytes();
        let mut client = Client {
            method: request.method.clone(),
            flow,
            // A reliable flow repeats nothing, so nothing is kept.
            bytes: if is_reliable(flow) {
                Box::default()
            } else {
                bytes.as_slice().into()
            },
            asker,
            head,
            acks: Vec::new(),
            armed: None,
            machine,
        };
        let next = client.machine.next();
        self.timers.arm(Owner::Client(key), &mut client.armed, next);
        self.clients.insert(key, client);
        self.send(flow, bytes);
    }

    /// Sends the CANCEL of a proceeding INVITE (RFC 3261 §9.1).
    pub(super) fn cancel(&mut self, branch: u128, reason: Option<&str>) {
        let invite = ClientKey {
            branch,
            cancel: false,
        };
        let Some(client) = self.clients.get_mut(&invite) else {
            return;
        };
        let (ClientMachine::Invite(machine), Some(head)) = (&mut client.machine, &client.head)
        else {
            return;
        };
        machine.limit(self.now, &self.timing);
        let mut request = repeat_head(Method::Cancel, head, &head.to);
        if let Some(reason) = reason {
            request.headers.push("Reason", reason);
        }
        let flow = client.flow;
        let next = client.machine.next();
        self.timers
            .arm(Owner::Client(invite), &mut client.armed, next);
        let machine = NonInviteClient::start(self.now, &self.timing, is_reliable(flow));
        let key = ClientKey {
            branch,
            cancel: true,
        };
        self.enter(
            key,
            ClientMachine::Other(machine),
            &request,
            flow,
            Asker::Nobody,
            None,
        );
    }

    /// Gives an INVITE that was never cancelled an end, 64·T1 from now: a re-INVITE is not rung.
    pub(super) fn limit_invite(&mut self, branch: u128) {
        let key = ClientKey {
            branch,
            cancel: false,
        };
        if let Some(client) = self.clients.get_mut(&key)
            && let ClientMachine::Invite(machine) = &mut client.machine
        {
            machine.limit(self.now, &self.timing);
        }
        self.arm_client(key);
    }

    /// The BYE of a dialog, with the Reason where there is one.
    pub(super) fn bye(&mut self, dialog: &mut Dialog, asker: Asker, reason: Option<&str>) {
        let mut request = dialog.request(Method::Bye);
        if let Some(reason) = reason {
            request.headers.push("Reason", reason);
        }
        self.ask(request, dialog.flow, asker, None);
    }

    /// Our Via with this branch.
    pub(super) fn via(&self, transport: Transport, branch: u128) -> String {
        let name = match transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let sent_by = self.sent_by(transport);
        format!(
            "SIP/2.0/{name} {sent_by};rport;branch={COOKIE}{}",
            write_hex(branch)
        )
    }

    // Deadlines.

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

/// Whether the flow delivers by itself.
pub(super) fn is_reliable(flow: Flow) -> bool {
    flow.transport == Transport::Tcp
}

/// What CANCEL and ACK will repeat of an INVITE that has its Via already.
fn head_of(request: &Request, via: String) -> Head {
    let headers = &request.headers;
    let text = |name| Arc::from(headers.get(name).unwrap_or(""));
    let credentials = ["Authorization", "Proxy-Authorization"]
        .into_iter()
        .find_map(|name| Some((name, headers.get(name)?.to_owned())));
    Head {
        uri: request.uri.as_str().into(),
        via,
        from: text("From"),
        to: text("To"),
        call_id: text("Call-ID"),
        cseq: headers.cseq().map_or(0, |cseq| cseq.number),
        routes: headers.all("Route").map(Arc::from).collect(),
        credentials,
    }
}

/// A CANCEL, or the ACK of a refusal: same Request-URI, Via, From, Call-ID, number and Route as the
/// INVITE (RFC 3261 §9.1, §17.1.1.3).
pub(super) fn repeat_head(method: Method, head: &Head, to: &str) -> Request {
    let mut headers = Headers::new();
    headers.push("Via", head.via.as_str());
    headers.push("Max-Forwards", "70");
    for route in head.routes.iter() {
        headers.push("Route", &**route);
    }
    headers.push("From", &*head.from);
    headers.push("To", to);
    headers.push("Call-ID", &*head.call_id);
    headers.push("CSeq", format!("{} {method}", head.cseq));
    Request {
        method,
        uri: head.uri.to_string(),
        headers,
        body: Vec::new(),
    }
}
