//! One INVITE of a dialled session: its credentials, its early dialogs, and how it is taken back.
use std::sync::Arc;

use super::challenge::answer_challenge;
use super::core::{ALLOW, Core};
use super::incoming::is_own;
use super::outgoing::{CHALLENGES_MAX, Hop, LENGTHENED_MAX};
use super::prack::Early;
use super::tables::{Asker, ClientKey, ClientMachine};
use super::{Flow, Session};
use crate::dialog::session_timer::{self, LONGEST, MIN_SE};
use crate::dialog::tagged;
use crate::digest::Login;
use crate::entropy::write_hex;
use crate::message::{Headers, Method, Request, Response};
use crate::session_id::SessionId;

/// What all forks have in common.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) to: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) sdp: String,
    pub(super) credential: Option<Login>,
    /// Of whom the call is made for.
    pub(super) session_id: Option<SessionId>,
    /// The session timer to offer.
    pub(super) session_expires: Option<u32>,
}

/// The session timer an INVITE offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Offered {
    /// Seconds.
    pub(super) interval: u32,
    /// The shortest one, as far as we know.
    least: u32,
    /// How often it was made longer.
    lengthened: u8,
}

impl Offered {
    /// The shortest one, where a shorter one was refused.
    pub(super) fn refused(&self) -> Option<u32> {
        (self.lengthened > 0).then_some(self.least)
    }
}

/// What only the phones of one make are told.
#[derive(Debug)]
pub(super) struct Manner {
    /// From without the tag.
    pub(super) from: String,
    pub(super) headers: Vec<(String, String)>,
}

/// One INVITE.
#[derive(Clone, Debug)]
pub(super) struct Fork {
    pub(super) branch: u128,
    pub(super) tag: u128,
    pub(super) call_id: Arc<str>,
    pub(super) uri: Arc<str>,
    pub(super) flow: Flow,
    routes: Arc<[Arc<str>]>,
    manner: Arc<Manner>,
    pub(super) cseq: u32,
    pub(super) challenges: u8,
    pub(super) cancel: Cancel,
    pub(super) offered: Option<Offered>,
    pub(super) early: Vec<Early>,
    /// The last SDP of any of them.
    pub(super) early_sdp: Option<Arc<str>>,
}

/// How far we are with taking an INVITE back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cancel {
    No,
    /// To be sent as soon as a provisional came (RFC 3261 §9.1).
    Wanted,
    Sent,
}

impl Fork {
    pub(super) fn start(
        core: &mut Core,
        session: Session,
        plan: &Plan,
        manner: Arc<Manner>,
        hop: Hop,
    ) -> Self {
        let tag = core.entropy.draw();
        let mut fork = Self {
            branch: 0,
            tag,
            call_id: write_hex(core.entropy.draw()).into(),
            uri: hop.uri.into(),
            flow: hop.flow,
            routes: hop.routes,
            manner,
            cseq: 0,
            challenges: 0,
            cancel: Cancel::No,
            offered: plan.session_expires.map(|interval| Offered {
                interval,
                least: MIN_SE,
                lengthened: 0,
            }),
            early: Vec::new(),
            early_sdp: None,
        };
        core.dialogs.insert(tag, session);
        fork.invite(core, session, plan, None);
        fork
    }

    /// Sends the INVITE, with the credentials asked for.
    fn invite(
        &mut self,
        core: &mut Core,
        session: Session,
        plan: &Plan,
        credentials: Option<(&'static str, String)>,
    ) {
        self.cseq += 1;
        let mut headers = Headers::new();
        headers.push("Max-Forwards", "70");
        for route in self.routes.iter() {
            headers.push("Route", &**route);
        }
        headers.push("From", tagged(&self.manner.from, self.tag));
        headers.push("To", plan.to.as_str());
        headers.push("Call-ID", &*self.call_id);
        headers.push("CSeq", format!("{} INVITE", self.cseq));
        let id = plan.session_id.unwrap_or(SessionId::of_tag(self.tag));
        headers.push("Session-ID", id.to_string());
        headers.push("Contact", core.contact(self.flow));
        if let Some((name, value)) = credentials {
            headers.push(name, value);
        }
        headers.push("Allow", ALLOW);
        headers.push("Supported", core.supported());
        if let Some(offered) = self.offered {
            headers.push("Session-Expires", offered.interval.to_string());
            headers.push("Min-SE", offered.least.to_string());
        }
        for (name, value) in plan.headers.iter().chain(&self.manner.headers) {
            if !is_own(name) {
                headers.push(name.clone(), value.as_str());
            }
        }
        headers.push("Content-Type", "application/sdp");
        let request = Request {
            method: Method::Invite,
            uri: self.uri.to_string(),
            headers,
            body: plan.sdp.clone().into_bytes(),
        };
        self.branch = core.ask(request, self.flow, Asker::Fork(session, self.tag), None);
    }

    /// Answers a challenge, or a wish for a longer session timer, with a new INVITE. False: it is none that we can or may
    /// answer.
    pub(super) fn retry(
        &mut self,
        core: &mut Core,
        session: Session,
        plan: &Plan,
        refusal: &Response,
    ) -> bool {
        if refusal.status == 422 {
            return self.lengthen(core, session, plan, refusal);
        }
        self.prove(core, session, plan, refusal)
    }

    /// After 422 (RFC 4028 §7.3): the interval they want, or none where that is not to be had. No call fails for its timer.
    fn lengthen(
        &mut self,
        core: &mut Core,
        session: Session,
        plan: &Plan,
        refusal: &Response,
    ) -> bool {
        let Some(offered) = self.offered.take() else {
            return false;
        };
        let least = session_timer::least(&refusal.headers);
        let least = least.filter(|least| (offered.least + 1..=LONGEST).contains(least));
        self.offered = least
            .filter(|_| offered.lengthened < LENGTHENED_MAX)
            .map(|least| Offered {
                interval: offered.interval.max(least),
                least,
                lengthened: offered.lengthened + 1,
            });
        // A proof of before would be a repetition; who asked for one asks again.
        self.challenges = 0;
        self.early.clear();
        self.invite(core, session, plan, None);
        true
    }

    fn prove(
        &mut self,
        core: &mut Core,
        session: Session,
        plan: &Plan,
        refusal: &Response,
    ) -> bool {
        let Some(credential) = &plan.credential else {
            return false;
        };
        if self.challenges >= CHALLENGES_MAX {
            return false;
        }
        let again = self.challenges > 0;
        let found = answer_challenge(core, credential, &Method::Invite, &self.uri, refusal, again);
        let Some(credentials) = found else {
            return false;
        };
        self.challenges += 1;
        self.early.clear();
        self.invite(core, session, plan, Some(credentials));
        true
    }

    pub(super) fn take_back(&mut self, core: &mut Core, reason: Option<&str>) {
        if self.cancel == Cancel::Sent {
            return;
        }
        let key = ClientKey {
            branch: self.branch,
            cancel: false,
        };
        let proceeding = core.clients.get(&key).is_some_and(|client| {
            matches!(&client.machine, ClientMachine::Invite(machine) if machine.is_proceeding())
        });
        if proceeding {
            self.cancel = Cancel::Sent;
            core.cancel(self.branch, reason);
        } else {
            self.cancel = Cancel::Wanted;
        }
    }
}
