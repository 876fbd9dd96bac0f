//! Responses of the peers: to the transaction they answer, and to whoever asked.
use std::net::IpAddr;
use std::sync::Arc;

use super::acknowledge::{acknowledge, dialog_of};
use super::arrived::COOKIE;
use super::asking::repeat_head;
use super::machine::Endpoint;
use super::outgoing::FORKED_MAX;
use super::tables::{Asker, Client, ClientKey, Head};
use super::{Event, Flow};
use crate::dialog::Dialog;
use crate::entropy::read_hex;
use crate::message::{Method, Response, phrase};
use crate::registration::retry_after;
use crate::shield::network;
use crate::transaction::client::Heard;

impl Endpoint {
    /// A response: it belongs to a client transaction, or to nothing (RFC 3261 §17.1.3, §18.1.2).
    pub(super) fn on_response(&mut self, flow: Flow, response: &Response) {
        let (now, timing) = (self.core.now, self.core.timing);
        let Some((key, client)) = self.client_of(response) else {
            return self.on_stray(flow, response);
        };
        let asked = client.flow;
        if !self.may_answer(asked, flow) {
            return self.core.refusal("foreign_response", flow);
        }
        let Some(client) = self.core.clients.get_mut(&key) else {
            return;
        };
        let heard = client.machine.on_response(now, &timing, response.status);
        let (asker, is_invite) = (client.asker, client.method == Method::Invite);
        let source = if client.flow.connection == 0 && flow.transport.is_reliable() {
            flow
        } else {
            client.flow
        };
        self.core.arm_client(key);
        match heard {
            Heard::Ignore => {}
            Heard::AckAgain => self.send_again(key),
            Heard::PassAndAck => {
                self.acknowledge_refusal(key, response);
                self.pass(asker, source, response);
            }
            Heard::Pass if is_invite && response.status >= 200 => {
                self.on_invite_answered(key, source, response);
            }
            Heard::Pass => self.pass(asker, source, response),
        }
    }

    /// Whether the answer to what went there may come from here: from the same host, whatever the port (RFC 3261 §18.2.2
    /// lets a server choose it, and a NAT changes it), over the same connection, from another address of the same trunk,
    /// or from where a registered phone is, since a phone that has moved answers from its new address. A request that
    /// went to an address nobody is known by, as a Contact or a Route may name one, may be answered by whoever is known.
    fn may_answer(&self, asked: Flow, from: Flow) -> bool {
        let (there, here) = (asked.remote.ip(), from.remote.ip());
        let is_same = network(there) == network(here)
            || asked.connection != 0 && asked.connection == from.connection;
        is_same || self.is_of_same(there, here)
    }

    /// Whether two hosts are one trunk's, or both where phones are.
    fn is_of_same(&self, there: IpAddr, here: IpAddr) -> bool {
        let phone = |host| self.registrar.is_neighbour(host);
        let mut trunks = self.core.trunks_with(there).peekable();
        let named = trunks.peek().is_some();
        let known = |trunk: &Arc<str>| self.core.trunks_with(here).any(|it| it == trunk);
        if named || phone(there) {
            trunks.any(known) || phone(there) && phone(here)
        } else {
            phone(here) || self.core.trunks_with(here).next().is_some()
        }
    }

    /// A response to nothing of ours: of a registration beside us, or stray.
    fn on_stray(&mut self, flow: Flow, response: &Response) {
        let cseq = response.headers.cseq();
        let registers = cseq.is_some_and(|cseq| cseq.method == Method::Register);
        if registers && self.core.trunk_of(flow).is_some() {
            let response = Arc::new(response.clone());
            return self.core.event(Event::Registrar { flow, response });
        }
        self.core.counters.stray += 1;
    }

    fn client_of(&mut self, response: &Response) -> Option<(ClientKey, &mut Client)> {
        let headers = &response.headers;
        let branch = headers.top_branch()?;
        let branch = read_hex(branch.strip_prefix(COOKIE)?)?;
        let method = headers.cseq()?.method;
        let cancel = method == Method::Cancel;
        let key = ClientKey { branch, cancel };
        let client = self.core.clients.get_mut(&key)?;
        (client.method == method && headers.list("Via").nth(1).is_none()).then_some((key, client))
    }

    fn send_again(&mut self, key: ClientKey) {
        if let Some(client) = self.core.clients.get(&key) {
            let (flow, bytes) = (client.flow, client.bytes.to_vec());
            self.core.counters.repeated += 1;
            self.core.send(flow, bytes);
        }
    }

    /// The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
    fn acknowledge_refusal(&mut self, key: ClientKey, response: &Response) {
        let Some(client) = self.core.clients.get_mut(&key) else {
            return;
        };
        let Some(head) = client.head.take() else {
            return;
        };
        let to = response.headers.get("To").unwrap_or(&head.to);
        let bytes = repeat_head(Method::Ack, &head, to).to_bytes();
        client.bytes = bytes.as_slice().into();
        let flow = client.flow;
        self.core.send(flow, bytes);
    }

    /// A 2xx to an INVITE: the same ACK again, or a new dialog (RFC 3261 §13.2.2.4).
    fn on_invite_answered(&mut self, key: ClientKey, source: Flow, response: &Response) {
        let tag = response.headers.to_tag().unwrap_or("");
        let Some(client) = self.core.clients.get_mut(&key) else {
            return;
        };
        client.bytes = Box::default();
        if let Some(ack) = client.acks.iter().find(|ack| *ack.tag == *tag) {
            let (flow, bytes) = (ack.flow, ack.bytes.to_vec());
            self.core.counters.repeated += 1;
            return self.core.send(flow, bytes);
        }
        if client.acks.len() >= FORKED_MAX {
            return;
        }
        let (asker, head) = (client.asker, client.head.clone());
        let dialog =
            head.and_then(|head| self.acknowledge_answer(key, source, asker, &head, response));
        match (asker, dialog) {
            (_, None) => self.pass_failure(asker, 502),
            (Asker::Fork(session, tag), Some(dialog)) if self.calls.contains_key(&session) => {
                self.with_call(session, |call, core| {
                    call.on_fork_answered(core, tag, dialog, source, response);
                });
            }
            (Asker::Fork(..), Some(mut dialog)) => self.core.bye(&mut dialog, Asker::Nobody, None),
            _ => self.pass(asker, source, response),
        }
    }

    /// Sends the ACK of a 2xx and keeps it. None: the response makes no dialog.
    fn acknowledge_answer(
        &mut self,
        key: ClientKey,
        source: Flow,
        asker: Asker,
        head: &Head,
        response: &Response,
    ) -> Option<Dialog> {
        let own_tag = match asker {
            Asker::Fork(_, tag) => tag,
            _ => 0,
        };
        let follow = self.core.trunk_of(source).is_some();
        let mut dialog = dialog_of(head, response, own_tag, source, follow)?;
        if let Asker::Change(_) = asker {
            dialog.routes = head.routes.clone();
            dialog.aim(source);
        }
        let ack = acknowledge(&mut self.core, head, &dialog);
        if let Some(client) = self.core.clients.get_mut(&key) {
            client.acks.push(ack);
        }
        Some(dialog)
    }

    /// Hands a response to whoever asked.
    fn pass(&mut self, asker: Asker, source: Flow, response: &Response) {
        match asker {
            Asker::Fork(session, tag) => self.with_call(session, |call, core| {
                call.on_fork_response(core, tag, source, response);
            }),
            Asker::Change(session) => self.with_call(session, |call, core| {
                call.on_change_answered(core, Ok(response));
            }),
            Asker::Bye(session) => self.with_call(session, |call, core| {
                call.on_bye_answered(core, Some(response));
            }),
            Asker::Prack(session, tag) => self.with_call(session, |call, core| {
                call.on_prack_answered(core, tag, response);
            }),
            Asker::Notify(session) => self.with_call(session, |call, core| {
                call.on_notify_answered(core, Some(response));
            }),
            Asker::Refer(session) => self.with_call(session, |call, core| {
                call.on_refer_answered(core, Some(response));
            }),
            Asker::Qualify(contact) => self.on_qualified(contact, true),
            Asker::Probe(_) if response.status < 200 => {}
            Asker::Probe(id) => self.core.event(Event::Probed {
                id,
                status: Some(response.status),
                retry_after: retry_after(response),
            }),
            Asker::Nobody => {}
        }
    }

    /// Tells whoever asked that nobody will answer.
    pub(super) fn pass_failure(&mut self, asker: Asker, status: u16) {
        match asker {
            Asker::Fork(session, tag) => self.with_call(session, |call, core| {
                call.fork_failed(core, tag, status, &phrase(status), None);
            }),
            Asker::Change(session) => {
                self.with_call(session, |call, core| {
                    call.on_change_answered(core, Err(status));
                });
            }
            Asker::Bye(session) => {
                self.with_call(session, |call, core| call.on_bye_answered(core, None));
            }
            Asker::Notify(session) => {
                self.with_call(session, |call, core| call.on_notify_answered(core, None));
            }
            Asker::Refer(session) => {
                self.with_call(session, |call, core| call.on_refer_answered(core, None));
            }
            Asker::Qualify(contact) => self.on_qualified(contact, false),
            Asker::Probe(id) => self.core.event(Event::Probed {
                id,
                status: None,
                retry_after: None,
            }),
            // The INVITE has its own end.
            Asker::Prack(..) | Asker::Nobody => {}
        }
    }
}
