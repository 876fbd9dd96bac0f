//! Media that change before an INVITE is answered, by UPDATE: of a caller, and of a callee (RFC 3311 §5.2).
use super::arrived::Arrived;
use super::call::Call;
use super::core::Core;
use super::incoming::{Changed, Incoming, add_abilities, attach_sdp};
use super::outgoing::Outgoing;
use super::prack::Early;
use super::reoffer::Theirs;
use super::{Event, Flow};
use crate::dialog::Order;

/// A change of a callee that waits for the application.
#[derive(Clone, Debug)]
pub(super) struct CalleeChange {
    /// Whose: our tag, and the callee's.
    fork: u128,
    tag: Box<str>,
    pub(super) change: Theirs,
}

impl CalleeChange {
    /// Whether it is of this dialog.
    pub(super) fn is_of(&self, fork: u128, tag: Option<&str>) -> bool {
        self.fork == fork && tag == Some(&*self.tag)
    }
}

// A caller.
impl Call {
    /// An UPDATE that offers new media before our 200. It has to wait until the first offer is answered for good, and
    /// for the one before it (RFC 3311 §5.2).
    pub(super) fn on_early_update(&mut self, core: &mut Core, arrived: &Arrived) {
        let session = self.id;
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        if incoming.change.is_some() || !incoming.is_agreed() {
            return core.refuse_later(arrived, 500);
        }
        let (headers, body) = (&arrived.request.headers, &arrived.request.body);
        incoming.dialog.refresh_target(headers, arrived.flow);
        core.depend_on(incoming.dialog.flow);
        let change = Theirs::early(core, arrived);
        core.open_request(arrived, incoming.dialog.local_tag, session);
        let (local, remote) = incoming.agreed_media();
        if change.offer == remote {
            return incoming.grant(core, change, local);
        }
        incoming.change = Some(Box::new(change));
        let sdp = String::from_utf8_lossy(body).into_owned();
        let flow = arrived.flow;
        self.tell(core, Event::Reoffered { session, sdp, flow });
    }
}

impl Incoming {
    /// Our SDP as it is now, and the fingerprint of theirs.
    fn agreed_media(&self) -> (String, Option<u128>) {
        let first = || {
            let described = self.reliable.as_ref().and_then(|it| it.described());
            (described.unwrap_or_default().to_owned(), self.offer)
        };
        let changed = self.changed.as_ref();
        changed.map_or_else(first, |changed| (changed.local.to_string(), changed.remote))
    }

    pub(super) fn grant(&mut self, core: &mut Core, change: Theirs, sdp: String) {
        self.changed = Some(Box::new(change.grant(core, self.dialog.flow, sdp)));
    }
}

// A callee.
impl Call {
    /// An UPDATE of somebody we have called and who has not answered. New media have to wait until our offer is answered
    /// for good, by a reliable 1xx that we have acknowledged; and they change for one that rings alone, since what is agreed
    /// with one of several would not hold for another.
    pub(super) fn on_callee_update(&mut self, core: &mut Core, arrived: &Arrived, fork: u128) {
        let session = self.id;
        let Some(outgoing) = &mut self.outgoing else {
            return;
        };
        if outgoing.change.is_some() {
            return core.refuse_later(arrived, 500);
        }
        let headers = &arrived.request.headers;
        let (local, alone) = (outgoing.offer(), outgoing.rings_alone());
        let tag = headers.from_tag().unwrap_or("");
        let Some(early) = outgoing.early(fork, tag) else {
            return core.refuse_request(arrived, 481, &[]);
        };
        if early.take_cseq(arrived.cseq) == Order::Old {
            return core.refuse_request(arrived, 500, &[]);
        }
        let offers = !arrived.request.body.is_empty();
        if offers && !early.is_answered() {
            return core.refuse_request(arrived, 491, &[]);
        }
        if offers && !alone {
            return core.refuse_request(arrived, 488, &[]);
        }
        early.refresh_target(arrived);
        core.depend_on(arrived.flow);
        if !offers {
            return core.answer_refresh(arrived);
        }
        let change = Theirs::early(core, arrived);
        core.open_request(arrived, fork, session);
        if change.offer == early.remote(core) {
            let local = early.local().unwrap_or(local);
            change.grant(core, arrived.flow, local);
            return;
        }
        let sdp = String::from_utf8_lossy(&arrived.request.body).into_owned();
        early.propose(&sdp);
        outgoing.change = Some(Box::new(CalleeChange {
            fork,
            tag: tag.into(),
            change,
        }));
        let flow = arrived.flow;
        self.tell(core, Event::Reoffered { session, sdp, flow });
    }
}

impl Outgoing {
    /// The application's word on a callee's offer.
    pub(super) fn answer_change(&mut self, core: &mut Core, sdp: Option<String>) {
        let Some(pending) = self.change.take() else {
            return;
        };
        let CalleeChange { fork, tag, change } = *pending;
        let flow = core.servers.get(&change.server).map(|server| server.flow);
        match (sdp, self.early(fork, &tag), flow) {
            (Some(sdp), Some(early), Some(flow)) => early.grant(core, change, flow, sdp),
            _ => change.refuse(core, 488),
        }
    }

    /// The application has forgotten it.
    pub(super) fn on_change_timeout(&mut self, core: &mut Core) {
        let now = core.now;
        let Some(pending) = self.change.take_if(|it| it.change.limit <= now) else {
            return;
        };
        if let Some(flow) = core.servers.get(&pending.change.server).map(|it| it.flow) {
            core.refusal("unanswered", flow);
        }
        pending.change.refuse(core, 500);
    }

    /// The early dialogs of this fork are over: nobody waits for the application's word any more.
    pub(super) fn drop_change(&mut self, core: &mut Core, fork: u128) {
        if let Some(pending) = self.change.take_if(|pending| pending.fork == fork) {
            pending.change.refuse(core, 487);
        }
    }
}

impl Early {
    fn grant(&mut self, core: &mut Core, change: Theirs, flow: Flow, sdp: String) {
        let changed = change.grant(core, flow, sdp);
        self.change(changed);
    }
}

impl Theirs {
    /// 200 before the answer to the INVITE.
    fn grant(self, core: &mut Core, flow: Flow, sdp: String) -> Changed {
        let mut response = core.response(200, self.echo);
        response.headers.push("Contact", core.contact(flow));
        add_abilities(core, &mut response, None);
        attach_sdp(&mut response, sdp.clone());
        core.respond(self.server, &response);
        Changed {
            local: sdp.into(),
            remote: self.offer,
        }
    }
}
