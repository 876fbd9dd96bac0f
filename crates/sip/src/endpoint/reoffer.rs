//! Changes of an established session: re-INVITE and UPDATE of both sides (RFC 3261 §14, RFC 3311),
//! refreshes among them, and the glare of two changes at once.
use std::time::Duration;

use super::Event;
use super::arrived::Arrived;
use super::call::Call;
use super::challenge::answer_challenge;
use super::core::{ALLOW, Core, SUPPORTED_INSIDE};
use super::incoming::{add_abilities, allows_update, attach_sdp, offer_of};
use super::outgoing::{CHALLENGES_MAX, body_text};
use super::tables::Asker;
use super::talk::{Talk, Unacked};
use crate::dialog::session_timer::{self, Agreed, Asked, MIN_SE};
use crate::message::{Headers, Method, Response};

/// How long the application may leave their offer unanswered; then 500.
pub const REOFFER_LIMIT: Duration = Duration::from_secs(10);
/// How often one change of ours is tried against 491.
pub const GLARE_TRIES: u8 = 4;

/// A change of ours.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    what: Change,
    /// Its transaction; None while it waits for `retry_at`.
    branch: Option<u128>,
    /// Whether that is an INVITE, with an offer; else an UPDATE without one, which hinders no change of theirs.
    invite: bool,
    /// They have changed the session meanwhile: they are there, whether they answer or not.
    outlived: bool,
    pub(super) retry_at: Option<Duration>,
    tries: u8,
    challenges: u8,
}

#[derive(Clone, Debug)]
enum Change {
    /// New media, by re-INVITE.
    Offer(Box<str>),
    /// The session timer, by UPDATE where they know it.
    Refresh,
}

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

impl Ours {
    /// Whether an offer of ours waits for its answer.
    fn is_open(&self) -> bool {
        self.branch.is_some() && self.invite
    }

    /// Leaves the transaction alone, with an end.
    pub(super) fn abandon(self, core: &mut Core) {
        if let Some(branch) = self.branch {
            core.limit_invite(branch);
        }
    }
}

// Theirs.
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

// Ours.
impl Call {
    /// A new offer of ours: now, or as soon as what is under way has ended.
    pub(super) fn reoffer(&mut self, core: &mut Core, sdp: String) {
        if let Some(talk) = &mut self.talk {
            talk.wanted = Some(sdp.into());
        } else if let Some(incoming) = &mut self.incoming
            && let Some(reliable) = &mut incoming.reliable
        {
            reliable.want(sdp);
        }
        self.offer_wanted(core);
    }

    pub(super) fn offer_wanted(&mut self, core: &mut Core) {
        let Some(talk) = self.talk.as_mut().filter(|talk| talk.is_calm()) else {
            return;
        };
        if let Some(sdp) = talk.wanted.take() {
            talk.ours = Some(Box::new(Ours::new(Change::Offer(sdp))));
            self.change(core, None);
        }
    }

    /// A refresh of ours for the session timer.
    pub(super) fn refresh(&mut self, core: &mut Core) {
        if let Some(talk) = &mut self.talk {
            talk.ours = Some(Box::new(Ours::new(Change::Refresh)));
            self.change(core, None);
        }
    }

    /// Sends the change of ours.
    fn change(&mut self, core: &mut Core, credentials: Option<(&'static str, String)>) {
        let session = self.id;
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(ours) = &mut talk.ours else {
            return;
        };
        let (method, sdp) = match &ours.what {
            Change::Offer(sdp) => (Method::Invite, Some(sdp.as_bytes().to_vec())),
            Change::Refresh if talk.peer_updates => (Method::Update, None),
            Change::Refresh => (Method::Invite, Some(talk.local_sdp.as_bytes().to_vec())),
        };
        (ours.invite, ours.outlived) = (method == Method::Invite, false);
        let mut request = talk.dialog.request(method);
        let headers = &mut request.headers;
        headers.push("Contact", core.contact(talk.dialog.flow));
        if let Some((name, value)) = credentials {
            headers.push(name, value);
        }
        headers.push("Allow", ALLOW);
        headers.push("Supported", SUPPORTED_INSIDE);
        if let Some(timer) = &talk.timer {
            headers.push("Session-Expires", timer.header());
            if let Some(least) = talk.least {
                headers.push("Min-SE", least.to_string());
            }
        }
        if let Some(sdp) = sdp {
            headers.push("Content-Type", "application/sdp");
            request.body = sdp;
        }
        ours.retry_at = None;
        ours.tries += 1;
        ours.branch = Some(core.ask(request, talk.dialog.flow, Asker::Change(session), None));
    }

    /// An answer to the change of ours, the ACK of a 2xx being sent already; or what it counts as that none came: 408 for
    /// silence, 503 for a connection that is gone (RFC 3261 §8.1.3.1). That one ends nothing: the party may be reached
    /// another way, or is back soon, and where it is not the session timer ends the call (RFC 4028 §10).
    pub(super) fn on_change_answered(&mut self, core: &mut Core, answer: Result<&Response, u16>) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(ours) = &talk.ours else {
            return;
        };
        let (Some(branch), outlived) = (ours.branch, ours.outlived) else {
            return;
        };
        let (status, response) = match answer {
            Ok(response) => (response.status, Some(response)),
            Err(status) => (status, None),
        };
        match (status, response) {
            (..=199, _) => core.limit_invite(branch),
            (200..=299, Some(response)) => self.change_granted(core, response),
            // The timer began anew with their change.
            (408, None) if outlived => self.change_forgotten(core),
            // A 2xx that nobody can acknowledge is a 502.
            (408 | 481, _) | (502, None) => self.lost(core),
            (401 | 407, Some(response)) if self.change_proved(core, response) => {}
            (491, _) if self.change_later(core) => {}
            (422, Some(response)) if self.change_longer(core, response) => {}
            _ => self.change_refused(core, status, response.is_some()),
        }
    }

    fn change_granted(&mut self, core: &mut Core, response: &Response) {
        let session = self.id;
        let Some((talk, ours)) = self.take_ours() else {
            return;
        };
        talk.dialog
            .refresh_target(&response.headers, talk.dialog.flow);
        talk.timer_of_answer(core.now, &response.headers);
        let sdp = body_text(&response.body);
        if sdp.is_some() {
            talk.remote_sdp = offer_of(core, &response.body);
        }
        if let Change::Offer(local) = ours.what {
            talk.local_sdp = local;
            self.tell(core, Event::ReofferAnswered { session, sdp });
        }
        self.offer_wanted(core);
    }

    /// `heard`: they have said so.
    fn change_refused(&mut self, core: &mut Core, status: u16, heard: bool) {
        let session = self.id;
        let (now, wait) = (core.now, core.timing.t2);
        let Some((talk, ours)) = self.take_ours() else {
            return;
        };
        match ours.what {
            Change::Offer(_) => self.tell(core, Event::ReofferAnswered { session, sdp: None }),
            Change::Refresh => {
                // UPDATE was not meant after all: the next refresh is a re-INVITE.
                talk.peer_updates &= !matches!(status, 405 | 501);
                match &mut talk.timer {
                    // It is there, whatever it says.
                    Some(timer) if timer.is_alone() && heard => talk.keep_time(now, None),
                    Some(timer) => timer.refresh_later(now, wait),
                    None => {}
                }
            }
        }
        self.offer_wanted(core);
    }

    fn change_forgotten(&mut self, core: &mut Core) {
        self.take_ours();
        self.offer_wanted(core);
    }

    /// After 491: again, in the RFC's time (RFC 3261 §14.1). False: it was tried often enough.
    fn change_later(&mut self, core: &mut Core) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let Some(ours) = talk.ours.as_mut().filter(|ours| ours.tries < GLARE_TRIES) else {
            return false;
        };
        let tens = if talk.dialog.caller {
            210 + core.entropy.below(191)
        } else {
            core.entropy.below(201)
        };
        ours.branch = None;
        ours.retry_at = Some(core.now + Duration::from_millis(tens * 10));
        // A newer offer takes the place of the one that failed.
        if let (Some(sdp), Change::Offer(old)) = (talk.wanted.take(), &mut ours.what) {
            *old = sdp;
        }
        true
    }

    /// After 422: again, with the interval they want (RFC 4028 §7.4). False: they do not say, or it was tried often enough.
    fn change_longer(&mut self, core: &mut Core, refusal: &Response) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let least = session_timer::least(&refusal.headers);
        let (Some(timer), Some(least)) = (&mut talk.timer, least) else {
            return false;
        };
        let tries = talk.ours.as_ref().map_or(GLARE_TRIES, |ours| ours.tries);
        if tries >= GLARE_TRIES || !timer.lengthen(core.now, least) {
            return false;
        }
        talk.least = Some(least);
        self.change(core, None);
        true
    }

    fn change_proved(&mut self, core: &mut Core, refusal: &Response) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        let (Some(credential), Some(ours)) = (&talk.credential, &mut talk.ours) else {
            return false;
        };
        if ours.challenges >= CHALLENGES_MAX {
            return false;
        }
        let method = match &ours.what {
            Change::Refresh if talk.peer_updates => Method::Update,
            _ => Method::Invite,
        };
        let (uri, again) = (talk.dialog.target.clone(), ours.challenges > 0);
        let found = answer_challenge(core, credential, &method, &uri, refusal, again);
        if found.is_none() {
            return false;
        }
        ours.challenges += 1;
        self.change(core, found);
        true
    }

    fn take_ours(&mut self) -> Option<(&mut Talk, Ours)> {
        let talk = self.talk.as_mut()?;
        let ours = talk.ours.take()?;
        Some((talk, *ours))
    }
}

impl Ours {
    fn new(what: Change) -> Self {
        Self {
            what,
            branch: None,
            invite: false,
            outlived: false,
            retry_at: None,
            tries: 0,
            challenges: 0,
        }
    }
}
