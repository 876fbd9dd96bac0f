//! Changes of an established session that the other side wants: re-INVITE and UPDATE (RFC 3261 §14, RFC 3311), refreshes
//! among them.
use std::time::Duration;

use super::Event;
use super::arrived::Arrived;
use super::call::Call;
use super::core::Core;
use super::incoming::{add_abilities, allows_update, attach_sdp, offer_of};
use super::our_change::Ours;
use super::outgoing::body_text;
use super::talk::{Talk, Unacked};
use crate::dialog::session_timer::{self, Agreed, Asked, MIN_SE};
use crate::message::Headers;

/// How long the application may leave their offer unanswered; then 500.
pub const REOFFER_LIMIT: Duration = Duration::from_secs(10);

/// A change of theirs.
#[derive(Clone, Debug)]
pub(super) struct Theirs {
    pub(super) server: u128,
    pub(super) echo: Headers,
    /// re-INVITE rather than UPDATE.
    invite: bool,
    cseq: u32,
    pub(super) offer: Option<u128>,
    agreed: Option<Agreed>,
    pub(super) limit: Duration,
}

impl Theirs {
    /// An UPDATE with an offer, before the INVITE is answered.
    pub(super) fn early(core: &Core, arrived: &Arrived) -> Self {
        Self {
            server: arrived.key,
            echo: arrived.echo(None),
            invite: false,
            cseq: arrived.cseq,
            offer: offer_of(core, &arrived.request.body),
            agreed: None,
            limit: core.now + REOFFER_LIMIT,
        }
    }

    pub(super) fn refuse(self, core: &mut Core, status: u16) {
        let response = core.response(status, self.echo);
        core.respond(self.server, &response);
    }
}

impl Call {
    /// A re-INVITE. Its transaction is open already.
    pub(super) fn on_reinvite(&mut self, core: &mut Core, arrived: &Arrived) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        // RFC 3261 §14.2; a 2xx that waits for its ACK is a change under way, too.
        if talk.theirs.is_some() {
            return core.refuse_later(arrived, 500);
        }
        if talk.ours.as_ref().is_some_and(|ours| ours.is_open()) || talk.unacked.is_some() {
            return core.refuse_request(arrived, 491, &[]);
        }
        self.on_change(core, arrived, true);
    }

    /// An UPDATE (RFC 3311 §5.2).
    pub(super) fn on_update(&mut self, core: &mut Core, arrived: &Arrived) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let offers = !arrived.request.body.is_empty();
        // Their offer waits for our answer, or their last UPDATE does.
        let theirs = talk.theirs.as_ref();
        if theirs.is_some_and(|theirs| offers || !theirs.invite) {
            return core.refuse_later(arrived, 500);
        }
        let late = talk.unacked.as_ref().is_some_and(|it| it.awaits_answer());
        let asking = talk.ours.as_ref().is_some_and(|ours| ours.is_open());
        if offers && (asking || late) {
            return core.refuse_request(arrived, 491, &[]);
        }
        self.on_change(core, arrived, false);
    }

    /// Answers a refresh, and hands a new offer to the application.
    fn on_change(&mut self, core: &mut Core, arrived: &Arrived, invite: bool) {
        let session = self.id;
        let Some(talk) = &mut self.talk else {
            return;
        };
        let (headers, body) = (&arrived.request.headers, &arrived.request.body);
        let agreed = match session_timer::asked(headers) {
            Asked::TooSmall => {
                let min = MIN_SE.to_string();
                return core.refuse_request(arrived, 422, &[("Min-SE", &min)]);
            }
            Asked::No => None,
            Asked::Every(agreed) => Some(agreed),
        };
        talk.dialog.refresh_target(headers, arrived.flow);
        core.depend_on(talk.dialog.flow);
        talk.peer_updates |= allows_update(headers);
        let offer = offer_of(core, body);
        let change = Theirs {
            server: arrived.key,
            echo: arrived.echo(None),
            invite,
            cseq: arrived.cseq,
            offer,
            agreed,
            limit: core.now + REOFFER_LIMIT,
        };
        core.open_request(arrived, talk.dialog.local_tag, session);
        if (offer.is_none() && !invite) || (offer.is_some() && offer == talk.remote_sdp) {
            let sdp = offer.map(|_| talk.local_sdp.to_string());
            talk.grant(core, change, sdp);
            return;
        }
        if invite {
            let trying = core.response(100, arrived.echo(None));
            core.respond(arrived.key, &trying);
        }
        talk.theirs = Some(Box::new(change));
        let event = match body_text(body) {
            Some(sdp) => Event::Reoffered {
                session,
                sdp,
                flow: arrived.flow,
            },
            None => Event::OfferWanted { session },
        };
        self.tell(core, event);
    }

    /// The application's word on their offer.
    pub(super) fn answer_reoffer(&mut self, core: &mut Core, sdp: Option<String>) {
        if let Some(incoming) = &mut self.incoming
            && let Some(change) = incoming.change.take()
        {
            return match sdp {
                Some(sdp) => incoming.grant(core, *change, sdp),
                None => change.refuse(core, 488),
            };
        }
        if let Some(outgoing) = &mut self.outgoing
            && outgoing.change.is_some()
        {
            return outgoing.answer_change(core, sdp);
        }
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(change) = talk.theirs.take() else {
            return;
        };
        match sdp {
            Some(sdp) => talk.grant(core, *change, Some(sdp)),
            None => change.refuse(core, 488),
        }
        self.offer_wanted(core);
    }

    /// CANCEL of their re-INVITE.
    pub(super) fn cancel_reoffer(&mut self, core: &mut Core, server: u128) {
        if let Some(talk) = &mut self.talk
            && let Some(change) = talk.theirs.take_if(|change| change.server == server)
        {
            change.refuse(core, 487);
        }
    }

    pub(super) fn on_reoffer_timeout(&mut self, core: &mut Core) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let flow = talk.dialog.flow;
        if let Some(change) = talk.theirs.take_if(|change| change.limit <= core.now) {
            core.refusal("unanswered", flow);
            change.refuse(core, 500);
        }
        let due = |ours: &Ours| ours.retry_at.is_some_and(|at| at <= core.now);
        if talk.ours.as_ref().is_some_and(|ours| due(ours)) {
            self.change(core, None);
        }
    }
}

impl Talk {
    /// 200 to a change of theirs, with our SDP where there is one to give.
    fn grant(&mut self, core: &mut Core, change: Theirs, sdp: Option<String>) {
        let mut response = core.response(200, change.echo);
        let contact = core.contact(self.dialog.flow);
        response.headers.push("Contact", contact);
        add_abilities(core, &mut response, change.agreed.as_ref());
        if let Some(sdp) = sdp {
            self.local_sdp = sdp.as_str().into();
            attach_sdp(&mut response, sdp);
        }
        let back = core.servers.get(&change.server);
        let back = back.map_or(self.dialog.flow, |server| server.flow);
        let Some(bytes) = core.respond(change.server, &response) else {
            return;
        };
        self.remote_sdp = change.offer.or(self.remote_sdp);
        let agreed = change.agreed;
        self.keep_time(
            core.now,
            agreed.map(|agreed| (agreed, !agreed.uac_refreshes)),
        );
        if let Some(ours) = &mut self.ours {
            ours.outlived = !ours.invite;
        }
        if change.invite {
            let unacked = Unacked::new(core, back, bytes, change.cseq).late(change.offer.is_none());
            self.unacked = Some(Box::new(unacked));
        }
    }
}
