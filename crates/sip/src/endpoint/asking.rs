//! Requests of ours: Via, transaction, CANCEL and BYE.
use std::sync::Arc;
use std::time::Duration;

use super::Flow;
use super::arrived::COOKIE;
use super::core::{Core, is_reliable};
use super::tables::{Asker, Client, ClientKey, ClientMachine, Head};
use super::timers::Owner;
use crate::dialog::Dialog;
use crate::entropy::write_hex;
use crate::message::{Headers, Method, Request};
use crate::session_id::SessionId;
use crate::transaction::client::{InviteClient, NonInviteClient};

impl Core {
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
        let via = self.via(flow, branch);
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

    /// Our Via with this branch. Over connections that we open the peer may reuse them for what it asks of us (RFC 5923
    /// §4): it may not be able to open one itself, where we listen over UDP alone.
    pub(super) fn via(&self, flow: Flow, branch: u128) -> String {
        let (name, sent_by) = (flow.transport.name(), self.sent_by(flow));
        let opened = flow.connection == 0 && is_reliable(flow);
        let alias = if opened { ";alias" } else { "" };
        format!(
            "SIP/2.0/{name} {sent_by};rport;branch={COOKIE}{}{alias}",
            write_hex(branch)
        )
    }
}

/// What CANCEL and ACK will repeat of an INVITE that has its Via already.
fn head_of(request: &Request, via: String) -> Head {
    let headers = &request.headers;
    let text = |name| Arc::from(headers.get(name).unwrap_or(""));
    let credentials = ["Authorization", "Proxy-Authorization"]
        .into_iter()
        .find_map(|name| Some((name, headers.get(name)?.to_owned())));
    let cseq = headers.cseq().map_or(0, |cseq| cseq.number);
    Head {
        uri: request.uri.as_str().into(),
        via,
        from: text("From"),
        to: text("To"),
        call_id: text("Call-ID"),
        cseq,
        last_cseq: cseq,
        routes: headers.all("Route").map(Arc::from).collect(),
        session_id: SessionId::read(headers),
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
    if let Some(id) = head.session_id {
        headers.push("Session-ID", id.to_string());
    }
    Request {
        method,
        uri: head.uri.to_string(),
        headers,
        body: Vec::new(),
    }
}
