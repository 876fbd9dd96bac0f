//! An INVITE of theirs, from its arrival to its final answer (RFC 3261 §13.3).
use std::time::Duration;

use super::arrived::Arrived;
use super::call::Call;
use super::core::{ALLOW, Core};
use super::reliable::{Rack, Reliable, Ringing, Way};
use super::reoffer::Theirs;
use super::talk::{Talk, Unacked};
use super::{EndedBy, Event, Flow, OWN_HEADERS, Session};
use crate::dialog::Dialog;
use crate::dialog::session_timer::{Agreed, SessionTimer};
use crate::message::{Headers, Response};
use crate::reason::Reason;
use crate::transaction::earlier;

/// How long the application may leave a call without a word. Each [`Progress`](super::Command::Progress)
/// begins it anew; at its end the caller gets 408.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(180);
/// How often a ringing is said again, so that proxies do not lose patience (RFC 3261 §13.3.1.1).
pub const REMINDER: Duration = Duration::from_secs(60);

/// An INVITE that has no final answer yet.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    /// Its server transaction.
    server: u128,
    /// What responses repeat, To tag and Record-Route included.
    echo: Headers,
    /// Where they go when their connection is gone.
    anew: Option<Flow>,
    pub(super) dialog: Dialog,
    /// Its number; PRACK and INFO count on in the dialog.
    pub(super) cseq: u32,
    /// Fingerprint of the offer; None: it comes late, with our 200.
    pub(super) offer: Option<u128>,
    timer: Option<Agreed>,
    updates: bool,
    limit: Duration,
    remind: Option<Duration>,
    /// The last ringing.
    rung: u16,
    /// For callers that acknowledge provisional responses.
    pub(super) reliable: Option<Box<Reliable>>,
    /// Their change of what an acknowledged 18x has agreed on, waiting for the application.
    pub(super) change: Option<Box<Theirs>>,
    /// What such a change has led to.
    pub(super) changed: Option<Box<Changed>>,
}

/// The media of an UPDATE before our 200.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// Our SDP.
    pub(super) local: Box<str>,
    /// Fingerprint of theirs.
    pub(super) remote: Option<u128>,
}

impl Incoming {
    /// Whether their offer has its answer for good: it went out reliably and was acknowledged (RFC 3311 §5.1).
    pub(super) fn is_agreed(&self) -> bool {
        let answered = |reliable: &Reliable| reliable.is_answered();
        self.offer.is_some() && self.reliable.as_deref().is_some_and(answered)
    }

    /// The connection of this number is gone. A carrier is answered over a new one; a phone has to open it, and is
    /// followed there.
    pub(super) fn lose_connection(&mut self, core: &mut Core, connection: u64) {
        if let (Some(anew), Some(server)) = (self.anew, core.servers.get_mut(&self.server))
            && server.flow.connection == connection
        {
            server.flow = anew;
        }
        self.dialog.lose_connection(connection);
    }

    /// Its phone speaks over this flow from now on.
    pub(super) fn follow(&mut self, core: &mut Core, flow: Flow) {
        self.dialog.flow = flow;
        if let Some(server) = core.servers.get_mut(&self.server) {
            server.flow = flow;
        }
        core.depend_on(flow);
    }

    /// Whether these headers are of the PRACK that is waited for.
    pub(super) fn awaits(&self, headers: &Headers) -> bool {
        let reliable = self.reliable.as_ref().zip(Rack::of(headers));
        reliable.is_some_and(|(reliable, rack)| reliable.awaits(&rack, self.cseq))
    }

    pub(super) fn next(&self) -> Option<Duration> {
        let reliable = self.reliable.as_ref().and_then(|reliable| reliable.next());
        let change = self.change.as_ref().map(|change| change.limit);
        let own = earlier(earlier(Some(self.limit), self.remind), change);
        earlier(own, reliable)
    }

    /// Says a ringing, or keeps it until the former one is acknowledged.
    pub(super) fn ring(&mut self, core: &mut Core, mut ringing: Ringing) {
        let way = match &mut self.reliable {
            Some(reliable) => reliable.way(core, &mut ringing, self.offer.is_none()),
            None => Way::Plain,
        };
        if way == Way::Held {
            return;
        }
        let mut response = core.response(ringing.status, self.echo.clone());
        let contact = core.contact(self.dialog.flow);
        response.headers.push("Contact", contact);
        response.headers.push("Allow", ALLOW);
        if let Way::Reliable(rseq) = way {
            response.headers.push("Require", "100rel");
            response.headers.push("RSeq", rseq.to_string());
        }
        if let Some(sdp) = ringing.sdp {
            attach_sdp(&mut response, sdp);
        }
        core.respond(self.server, &response);
        self.rung = ringing.status;
        self.remind = Some(core.now + REMINDER);
    }

    /// Says the last ringing again; with a new number where they are numbered, since a repetition is
    /// nothing to a caller that has acknowledged it.
    fn ring_again(&mut self, core: &mut Core) {
        self.remind = Some(core.now + REMINDER);
        match &self.reliable {
            None => core.resend_response(self.server),
            Some(reliable) if reliable.is_under_way() => {}
            Some(_) => {
                let (status, sdp) = (self.rung, None);
                self.ring(core, Ringing { status, sdp });
            }
        }
    }

    /// Whether the application has accepted, and its 200 waits for a PRACK.
    fn is_accepted(&self) -> bool {
        self.reliable
            .as_ref()
            .is_some_and(|reliable| reliable.is_accepted())
    }
}

impl Call {
    /// A new INVITE: its transaction opens, and 100 goes out.
    pub(super) fn of_invite(
        core: &mut Core,
        id: Session,
        arrived: &Arrived,
        dialog: Dialog,
        timer: Option<Agreed>,
    ) -> Self {
        let tag = dialog.local_tag;
        let merged = arrived.merged_key(&core.entropy);
        core.open_invite(arrived, tag, id, Some(merged));
        let trying = core.response(100, arrived.echo(None));
        core.respond(arrived.key, &trying);
        core.dialogs.insert(tag, id);
        core.depend_on(dialog.flow);
        let headers = &arrived.request.headers;
        let mut echo = arrived.echo(Some(tag));
        for route in headers.all("Record-Route") {
            echo.push("Record-Route", route);
        }
        let mut call = Self::new(id);
        call.incoming = Some(Box::new(Incoming {
            server: arrived.key,
            echo,
            anew: arrived.anew,
            dialog,
            cseq: arrived.cseq,
            offer: offer_of(core, &arrived.request.body),
            timer,
            updates: allows_update(headers),
            limit: core.now + ANSWER_LIMIT,
            remind: None,
            rung: 180,
            reliable: Reliable::of_invite(headers).filter(|_| core.config.prack),
            change: None,
            changed: None,
        }));
        call
    }

    /// 18x.
    pub(super) fn progress(&mut self, core: &mut Core, status: u16, sdp: Option<String>) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        if incoming.is_accepted() {
            return;
        }
        incoming.limit = core.now + ANSWER_LIMIT;
        let status = status.clamp(180, 189);
        incoming.ring(core, Ringing { status, sdp });
    }

    /// 200, now or after the PRACK it has to wait for.
    pub(super) fn accept(&mut self, core: &mut Core, sdp: String) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        let reliable = incoming.reliable.as_mut();
        if !reliable.is_some_and(|reliable| reliable.hold(&sdp)) {
            self.establish(core, sdp);
        }
    }

    /// 200: the dialog is established, and repeats it until the ACK.
    pub(super) fn establish(&mut self, core: &mut Core, sdp: String) {
        let Some(incoming) = self.incoming.take() else {
            return;
        };
        let Incoming {
            server,
            echo,
            anew,
            dialog,
            cseq,
            offer,
            timer,
            updates,
            reliable,
            change,
            changed,
            ..
        } = *incoming;
        let remains = reliable.map(|reliable| reliable.into_remains());
        let remains = remains.unwrap_or_default();
        // What a reliable response has said is not said otherwise.
        let sdp = remains.described.as_deref().map_or(sdp, str::to_owned);
        let offered = offer.is_none() && remains.described.is_some();
        // After an UPDATE the first answer is not the present one any more.
        let silent = offered || change.is_some() || changed.is_some();
        let mut response = core.response(200, echo);
        let contact = core.contact(dialog.flow);
        response.headers.push("Contact", contact);
        add_abilities(core, &mut response, timer.as_ref());
        if !silent {
            attach_sdp(&mut response, sdp.clone());
        }
        let back = core.servers.get(&server).map_or(dialog.flow, |s| s.flow);
        let Some(bytes) = core.respond(server, &response) else {
            return self.forget_dialog(core, dialog.local_tag);
        };
        let unacked = Unacked::new(core, back, bytes, cseq).first(anew);
        let unacked = unacked.late(offer.is_none() && !offered);
        let mut talk = Talk::new(dialog, sdp, offer);
        talk.unacked = Some(Box::new(unacked));
        talk.peer_updates = updates;
        talk.timer =
            timer.map(|agreed| SessionTimer::start(core.now, &agreed, !agreed.uac_refreshes));
        talk.inherit(core, remains, cseq);
        talk.theirs = change;
        if let Some(changed) = changed {
            (talk.local_sdp, talk.remote_sdp) = (changed.local, changed.remote);
        }
        self.talk = Some(Box::new(talk));
    }

    /// The application's refusal. None, once it has accepted.
    pub(super) fn decline(&mut self, core: &mut Core, status: u16, headers: &[(String, String)]) {
        if !self.is_accepted() {
            self.refuse(core, status, headers);
        }
    }

    /// Whether the application has accepted, and the 200 waits for a PRACK.
    pub(super) fn is_accepted(&self) -> bool {
        self.incoming
            .as_ref()
            .is_some_and(|incoming| incoming.is_accepted())
    }

    /// The caller is lost before our 200. For an application that has accepted, a session has ended.
    fn lose_caller(&mut self, core: &mut Core, status: u16, by: EndedBy, said: Option<Reason>) {
        let session = self.id;
        let event = match self.is_accepted() {
            true => Event::Ended { session, by, said },
            false => Event::Cancelled { session, said },
        };
        self.tell(core, event);
        self.refuse(core, status, &[]);
    }

    /// A final refusal. The application hears nothing more of this session: it has decided itself.
    pub(super) fn refuse(&mut self, core: &mut Core, status: u16, headers: &[(String, String)]) {
        let Some(incoming) = self.incoming.take() else {
            return;
        };
        if let Some(change) = incoming.change {
            change.refuse(core, 487);
        }
        let mut response = core.response(status.clamp(300, 699), incoming.echo);
        for (name, value) in headers {
            if !is_own(name) {
                response.headers.push(name.clone(), value.as_str());
            }
        }
        core.respond(incoming.server, &response);
        self.forget_dialog(core, incoming.dialog.local_tag);
        self.told = true;
    }

    /// Whether the INVITE of this server transaction waits for its final answer.
    pub(super) fn is_unanswered(&self, server: u128) -> bool {
        self.incoming
            .as_ref()
            .is_some_and(|incoming| incoming.server == server)
    }

    /// The caller gave up: by CANCEL (RFC 3261 §9.2), or by BYE in the early dialog (§15.1.2).
    pub(super) fn caller_gave_up(&mut self, core: &mut Core, headers: &Headers) {
        if self.incoming.is_some() {
            self.lose_caller(core, 487, EndedBy::Peer, Reason::read(headers));
        }
    }

    pub(super) fn on_incoming_timeout(&mut self, core: &mut Core) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        if incoming.limit <= core.now {
            let flow = incoming.dialog.flow;
            core.refusal("unanswered", flow);
            return self.lose_caller(core, 408, EndedBy::NoAck, None);
        }
        if let Some(change) = incoming.change.take_if(|it| it.limit <= core.now) {
            core.refusal("unanswered", incoming.dialog.flow);
            change.refuse(core, 500);
        }
        if let Some(reliable) = &mut incoming.reliable {
            if reliable.has_failed(core.now) {
                let flow = incoming.dialog.flow;
                core.refusal("unacknowledged", flow);
                return self.lose_caller(core, 504, EndedBy::NoAck, None);
            }
            if reliable.is_due(core) {
                core.resend_response(incoming.server);
            }
        }
        if incoming.remind.is_some_and(|at| at <= core.now) {
            incoming.ring_again(core);
        }
    }

    pub(super) fn forget_dialog(&mut self, core: &mut Core, tag: u128) {
        core.dialogs.remove(&tag);
    }
}

/// Allow, Supported and the session timer of a 2xx.
pub(super) fn add_abilities(core: &Core, response: &mut Response, timer: Option<&Agreed>) {
    response.headers.push("Allow", ALLOW);
    response.headers.push("Supported", core.supported());
    if let Some(agreed) = timer {
        response.headers.push("Session-Expires", agreed.header());
        if agreed.supported && agreed.uac_refreshes {
            response.headers.push("Require", "timer");
        }
    }
}

/// Puts SDP into the body.
pub(super) fn attach_sdp(response: &mut Response, sdp: String) {
    response.headers.push("Content-Type", "application/sdp");
    response.body = sdp.into_bytes();
}

/// The fingerprint of an offer or answer, to tell a refresh from a change.
pub(super) fn offer_of(core: &Core, body: &[u8]) -> Option<u128> {
    (!body.is_empty()).then(|| core.entropy.fingerprint(&[b"sdp", body]))
}

pub(super) fn allows_update(headers: &Headers) -> bool {
    headers.list("Allow").any(|method| method == "UPDATE")
}

/// Whether the machine writes this header itself.
pub(super) fn is_own(name: &str) -> bool {
    OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name))
}
