//! Responses of ours: once and forgotten, or kept by a server transaction for the repetitions.
use std::num::NonZeroU128;

use super::Session;
use super::arrived::Arrived;
use super::core::{Core, is_reliable};
use super::past::Past;
use super::tables::{Server, ServerMachine};
use super::timers::Owner;
use super::{Flow, Transport};
use crate::message::{Headers, Method, Response};
use crate::transaction::server::{InviteServer, NonInviteServer, Repeated};

impl Core {
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
        self.reply_saying(arrived, status, None, extra);
    }

    /// The same with a phrase of its own, where the usual one does not do.
    pub(super) fn reply_saying(
        &mut self,
        arrived: &Arrived,
        status: u16,
        phrase: Option<String>,
        extra: &[(&'static str, &str)],
    ) {
        let tag = arrived.stateless_tag(&self.entropy);
        let mut response = self.response(status, arrived.echo(Some(tag)));
        response.reason = phrase.unwrap_or(response.reason);
        for (name, value) in extra {
            response.headers.push(*name, *value);
        }
        self.send(arrived.back, response.to_bytes());
    }

    /// Answers a non-INVITE request and remembers the answer for its repetitions.
    pub(super) fn answer(&mut self, arrived: &Arrived, response: &Response) {
        let bytes = response.to_bytes();
        if !is_reliable(arrived.back) {
            let past = Past::Said(bytes.as_slice().into(), arrived.back.remote);
            self.keep_past(arrived.key, past);
        }
        self.send(arrived.back, bytes);
    }

    /// Opens the server transaction of a non-INVITE request that will be answered later.
    pub(super) fn open_other(&mut self, arrived: &Arrived, tag: u128) {
        let machine = ServerMachine::Other(NonInviteServer::start(is_reliable(arrived.back)));
        self.open(arrived, machine, tag, None, None);
    }

    /// Answers a non-INVITE request in a dialog with a bare status.
    pub(super) fn answer_status(&mut self, arrived: &Arrived, status: u16) {
        if !is_reliable(arrived.back) {
            self.keep_past(arrived.key, Past::Plain(status, arrived.back.remote));
        }
        self.send_plain(arrived, arrived.back, status);
    }

    fn send_plain(&mut self, arrived: &Arrived, back: Flow, status: u16) {
        let response = self.response(status, arrived.echo(None));
        self.send(back, response.to_bytes());
    }

    /// Timers J and L.
    fn keep_past(&mut self, key: u128, past: Past) {
        let ends = self.now + self.timing.give_up();
        self.pasts.keep(key, past, ends);
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
        let flow = server.flow;
        if response.status >= 300
            && let Some(merged) = server.merged.take()
        {
            self.merged.remove(&merged);
        }
        if server.machine.may_speak() {
            server.bytes = bytes.as_slice().into();
            let next = server.machine.next();
            self.timers.arm(Owner::Server(key), &mut server.armed, next);
        } else {
            self.finish(key, &bytes);
        }
        self.send(flow, bytes.clone());
        Some(bytes)
    }

    /// The transaction has said its last word, or leaves that to its dialog: of it remains what repetitions need.
    fn finish(&mut self, key: u128, bytes: &[u8]) {
        let Some(mut server) = self.servers.remove(&key) else {
            return;
        };
        let owner = Owner::Server(key);
        self.timers.arm(owner, &mut server.armed, None);
        match server.machine {
            ServerMachine::Invite(_) => {
                let (tag, merged) = (server.tag, server.merged.and_then(NonZeroU128::new));
                self.keep_past(key, Past::Accepted { tag, merged });
            }
            ServerMachine::Other(_) if is_reliable(server.flow) => {}
            ServerMachine::Other(_) => {
                self.keep_past(key, Past::Said(bytes.into(), server.flow.remote));
            }
        }
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

    /// Whether there is such a server transaction, or was of late.
    pub(super) fn knows(&self, key: u128) -> bool {
        self.servers.contains_key(&key) || self.pasts.get(key).is_some()
    }

    /// A request of a known transaction again. False: there is none.
    pub(super) fn absorb(&mut self, arrived: &Arrived) -> bool {
        let Some(server) = self.servers.get(&arrived.key) else {
            return self.absorb_late(arrived);
        };
        self.counters.absorbed += 1;
        if server.machine.on_repeated() == Repeated::Resend {
            self.resend_response(arrived.key);
        }
        true
    }

    /// The same for one that is over. Only over UDP there is anything to say: other ways lose nothing.
    fn absorb_late(&mut self, arrived: &Arrived) -> bool {
        let to = |remote| Flow {
            transport: Transport::Udp,
            local: arrived.back.local,
            remote,
            connection: 0,
        };
        match self.pasts.get(arrived.key) {
            None => return false,
            Some(Past::Accepted { .. }) => {}
            Some(Past::Plain(status, remote)) => {
                let (status, flow) = (*status, to(*remote));
                self.counters.repeated += 1;
                self.send_plain(arrived, flow, status);
            }
            Some(Past::Said(bytes, remote)) => {
                let (bytes, flow) = (bytes.to_vec(), to(*remote));
                self.counters.repeated += 1;
                self.send(flow, bytes);
            }
        }
        self.counters.absorbed += 1;
        true
    }

    /// Whose INVITE a CANCEL means, as long as it may be called off, and our tag in its answers. None: nobody's.
    pub(super) fn to_cancel(&self, key: u128) -> Option<(Option<Session>, u128)> {
        if let Some(server) = self.servers.get(&key) {
            return Some((server.session, server.tag));
        }
        match self.pasts.get(key)? {
            Past::Accepted { tag, .. } => Some((None, *tag)),
            Past::Plain(..) | Past::Said(..) => None,
        }
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

    /// Opens the transaction of a request in a dialog, INVITE or not, without an answer yet.
    pub(super) fn open_request(&mut self, arrived: &Arrived, tag: u128, session: Session) {
        if arrived.request.method == Method::Invite {
            self.open_invite(arrived, tag, session, None);
        } else {
            self.open_other(arrived, tag);
        }
    }

    /// Refuses a request in a dialog.
    pub(super) fn refuse_request(
        &mut self,
        arrived: &Arrived,
        status: u16,
        extra: &[(&'static str, &str)],
    ) {
        let tag = arrived.dialog_tag().unwrap_or(0);
        let mut response = self.response(status, arrived.echo(None));
        for (name, value) in extra {
            response.headers.push(*name, *value);
        }
        self.open_request(arrived, tag, Session(0));
        self.respond(arrived.key, &response);
    }

    /// Refuses a request in a dialog and says when to come again: 0–10 s (RFC 3261 §14.2).
    pub(super) fn refuse_later(&mut self, arrived: &Arrived, status: u16) {
        let after = self.entropy.below(11).to_string();
        self.refuse_request(arrived, status, &[("Retry-After", &after)]);
    }
}
