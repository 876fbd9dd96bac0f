//! The established dialog: ACK and BYE, the repeated 2xx, the session timer (RFC 3261 §13.3.1.4, §15).
use std::time::Duration;

use super::arrived::Arrived;
use super::call::Call;
use super::challenge::answer_challenge;
use super::core::Core;
use super::incoming::offer_of;
use super::our_change::{Knock, Ours};
use super::outgoing::{CHALLENGES_MAX, body_text};
use super::reliable::Rack;
use super::reoffer::Theirs;
use super::tables::Asker;
use super::{EndedBy, Event, Flow};
use crate::dialog::Dialog;
use crate::dialog::session_timer::{self, Agreed, Beat, SessionTimer};
use crate::digest::Login;
use crate::message::{Headers, Method, Response};
use crate::reason::Reason;
use crate::transaction::{Resend, Timing, earlier};

/// How long our BYE waits for the answer to the last NOTIFY of a reference: some phones call a transfer failed whose end
/// they hear of before its outcome.
const PARTING: Duration = Duration::from_secs(2);

/// An established session.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) dialog: Dialog,
    /// For challenges to requests in the dialog.
    pub(super) credential: Option<Box<Login>>,
    /// Our 2xx that waits for its ACK.
    pub(super) unacked: Option<Box<Unacked>>,
    pub(super) leaving: Leaving,
    /// Challenges answered for our BYE.
    challenges: u8,
    /// Our change of the session, under way or waiting.
    pub(super) ours: Option<Box<Ours>>,
    /// The next offer of ours, behind the one under way. The latest wins.
    pub(super) wanted: Option<Box<str>>,
    /// Their change, waiting for the application.
    pub(super) theirs: Option<Box<Theirs>>,
    pub(super) timer: Option<SessionTimer>,
    /// The interval our INVITE offered; a callee that wants no timer is asked by us all the same.
    pub(super) offered: Option<u32>,
    /// They have refused a shorter one (422); said in our requests from then on (RFC 4028 §7.4).
    pub(super) least: Option<u32>,
    /// The last SDP of ours, for refreshes.
    pub(super) local_sdp: Box<str>,
    /// Fingerprint of the last SDP of theirs.
    pub(super) remote_sdp: Option<u128>,
    /// Whether they know UPDATE.
    pub(super) peer_updates: bool,
    /// What is known of how they take a question in the dialog.
    pub(super) knock: Knock,
    /// With whom they talk from now on.
    pub(super) shows: Option<Box<Shows>>,
    /// The PRACK that may still come for the last ringing before our 2xx.
    pub(super) unpracked: Option<Box<Rack>>,
}

/// Who the other end is, where that has changed: in every further change of ours, and at once.
#[derive(Clone, Debug)]
pub(super) struct Shows {
    pub(super) headers: Vec<(String, String)>,
    pub(super) told: bool,
}

/// How far the end has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Leaving {
    /// The session lives.
    No,
    /// BYE goes out when the ACK has come, or will not come any more (RFC 3261 §15): with this Reason.
    AfterAck(Option<Box<str>>),
    /// BYE goes out when the party has heard the last word of what it asked for by REFER, or then at the latest.
    AfterRefer(Option<Box<str>>, Duration),
    /// BYE is out.
    Bye(Option<Box<str>>),
}

/// A 2xx to an INVITE, repeated until its ACK.
#[derive(Clone, Debug)]
pub(super) struct Unacked {
    flow: Flow,
    bytes: Box<[u8]>,
    resend: Resend,
    ends: Duration,
    cseq: u32,
    /// The offer was in our 2xx: the ACK brings the answer.
    late: bool,
    /// The answer came before, in a PRACK.
    pub(super) answer: Option<Box<str>>,
    /// It is that of the first INVITE.
    first: bool,
    /// Where it goes when its connection is gone.
    anew: Option<Flow>,
}

impl Unacked {
    /// A 2xx that has just been sent to the INVITE with number `cseq`.
    pub(super) fn new(core: &Core, flow: Flow, bytes: Vec<u8>, cseq: u32) -> Self {
        Self {
            flow,
            bytes: bytes.into(),
            resend: Resend::start(core.now, &core.timing),
            ends: core.now + core.timing.give_up(),
            cseq,
            late: false,
            answer: None,
            first: false,
            anew: None,
        }
    }

    /// It answers the first INVITE, and goes there when its connection is gone.
    pub(super) fn first(self, anew: Option<Flow>) -> Self {
        Self {
            first: true,
            anew,
            ..self
        }
    }

    /// Whether the ACK brings the answer.
    pub(super) fn late(self, late: bool) -> Self {
        Self { late, ..self }
    }

    /// Whether our offer went out in it, and has no answer yet.
    pub(super) fn awaits_answer(&self) -> bool {
        self.late && self.answer.is_none()
    }

    fn is_due(&mut self, now: Duration, timing: &Timing) -> bool {
        self.resend.fire(now, timing.t2)
    }

    fn next(&self) -> Duration {
        self.resend.at().min(self.ends)
    }
}

impl Talk {
    pub(super) fn new(dialog: Dialog, local_sdp: String, remote_sdp: Option<u128>) -> Self {
        Self {
            dialog,
            credential: None,
            unacked: None,
            leaving: Leaving::No,
            challenges: 0,
            ours: None,
            wanted: None,
            theirs: None,
            timer: None,
            offered: None,
            least: None,
            local_sdp: local_sdp.into(),
            remote_sdp,
            peer_updates: false,
            knock: Knock::Unknown,
            shows: None,
            unpracked: None,
        }
    }

    /// The connection of this number is gone.
    pub(super) fn lose_connection(&mut self, connection: u64) {
        if let Some(unacked) = &mut self.unacked
            && unacked.flow.connection == connection
        {
            unacked.flow = unacked.anew.unwrap_or(unacked.flow);
        }
        self.dialog.lose_connection(connection);
    }

    /// Its phone speaks over this flow from now on.
    pub(super) fn follow(&mut self, core: &mut Core, flow: Flow) {
        self.dialog.flow = flow;
        if let Some(unacked) = &mut self.unacked {
            unacked.flow = flow;
        }
        core.depend_on(flow);
    }

    /// The session timer after a 2xx of theirs.
    pub(super) fn timer_of_answer(&mut self, now: Duration, headers: &Headers) {
        let agreed = session_timer::answered(headers);
        self.keep_time(now, agreed.map(|agreed| (agreed, agreed.uac_refreshes)));
    }

    /// What was agreed on, and whether we refresh; without it, what we do by ourselves. That is an UPDATE, which changes
    /// nothing, or an OPTIONS where they know none: a re-INVITE would trouble who knows no timers.
    pub(super) fn keep_time(&mut self, now: Duration, agreed: Option<(Agreed, bool)>) {
        let may_be_asked = self.peer_updates || self.knock != Knock::Silent;
        let alone = self.offered.filter(|_| may_be_asked);
        let alone = alone.map(|interval| self.least.unwrap_or(0).max(interval));
        self.timer = match agreed {
            Some((agreed, we_refresh)) => Some(SessionTimer::start(now, &agreed, we_refresh)),
            None => alone.map(|interval| SessionTimer::alone(now, interval)),
        };
    }

    pub(super) fn next(&self) -> Option<Duration> {
        let unacked = self.unacked.as_ref().map(|unacked| unacked.next());
        let timer = self.timer.as_ref().and_then(SessionTimer::next);
        let ours = self.ours.as_ref().and_then(|ours| ours.retry_at);
        let theirs = self.theirs.as_ref().map(|theirs| theirs.limit);
        let parting = match &self.leaving {
            Leaving::AfterRefer(_, until) => Some(*until),
            Leaving::No | Leaving::AfterAck(_) | Leaving::Bye(_) => None,
        };
        let changes = earlier(ours, theirs);
        earlier(earlier(unacked, timer), earlier(changes, parting))
    }

    /// Whether nothing hinders a new offer or a refresh of ours.
    pub(super) fn is_calm(&self) -> bool {
        self.leaving == Leaving::No
            && self.unacked.is_none()
            && self.ours.is_none()
            && self.theirs.is_none()
    }
}

impl Call {
    /// Our BYE. The application knows at once.
    pub(super) fn hang_up(&mut self, core: &mut Core, reason: Option<&str>) {
        self.ended(core, EndedBy::Us, None);
        self.leave(core, reason);
    }

    fn ended(&mut self, core: &mut Core, by: EndedBy, said: Option<Reason>) {
        let session = self.id;
        self.tell_last(core, Event::Ended { session, by, said });
    }

    /// The session is lost: 408 or 481 in the dialog, or the session timer (RFC 3261 §12.2.1.2).
    pub(super) fn lost(&mut self, core: &mut Core) {
        self.ended(core, EndedBy::Lost, None);
        self.leave(core, None);
    }

    /// Goes, but not before the ACK: BYE now, or when the 2xx is settled.
    fn leave(&mut self, core: &mut Core, reason: Option<&str>) {
        let session = self.id;
        let Some(talk) = &mut self.talk else {
            return;
        };
        if talk.leaving != Leaving::No {
            return;
        }
        talk.quieten(core);
        let kept = reason.map(Box::from);
        if talk.unacked.is_some() {
            talk.leaving = Leaving::AfterAck(kept);
            return;
        }
        if self.referral.as_ref().is_some_and(|it| it.has_last_word()) {
            talk.leaving = Leaving::AfterRefer(kept, core.now + PARTING);
            return;
        }
        talk.leaving = Leaving::Bye(kept);
        core.bye(&mut talk.dialog, Asker::Bye(session), reason);
    }

    /// The last word on a REFER was heard, or waited for long enough.
    pub(super) fn leave_after_refer(&mut self, core: &mut Core) {
        let (session, heard) = (self.id, self.referral.is_none());
        if let Some(talk) = &mut self.talk
            && let Leaving::AfterRefer(reason, until) = &mut talk.leaving
            && (heard || *until <= core.now)
        {
            let reason = reason.take();
            talk.leaving = Leaving::Bye(reason.clone());
            core.bye(&mut talk.dialog, Asker::Bye(session), reason.as_deref());
        }
    }

    /// Their BYE: over at once, ACK or not.
    pub(super) fn on_bye(&mut self, core: &mut Core, arrived: &Arrived) {
        core.answer_status(arrived, 200);
        self.close_talk(core);
        self.ended(core, EndedBy::Peer, Reason::read(&arrived.request.headers));
    }

    /// Takes the dialog away with all that hangs on it.
    pub(super) fn close_talk(&mut self, core: &mut Core) {
        self.part_from_refer(core);
        if let Some(mut talk) = self.talk.take() {
            talk.quieten(core);
            core.dialogs.remove(&talk.dialog.local_tag);
        }
    }

    /// The answer to our BYE, or the news that none came.
    pub(super) fn on_bye_answered(&mut self, core: &mut Core, response: Option<&Response>) {
        let session = self.id;
        if let (Some(talk), Some(response)) = (&mut self.talk, response)
            && (response.status < 200 || talk.bye_again(core, Asker::Bye(session), response))
        {
            return;
        }
        if matches!(&self.talk, Some(talk) if matches!(talk.leaving, Leaving::Bye(_))) {
            self.close_talk(core);
        }
    }

    /// The ACK of a 2xx of ours.
    pub(super) fn on_ack(&mut self, core: &mut Core, arrived: &Arrived) {
        let session = self.id;
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(unacked) = talk.unacked.take_if(|unacked| unacked.cseq == arrived.cseq) else {
            return;
        };
        let body = &arrived.request.body;
        let sdp = body_text(body).filter(|_| unacked.late);
        if sdp.is_some() {
            talk.remote_sdp = offer_of(core, body);
        }
        let sdp = sdp.or(unacked.answer.map(String::from));
        if let Leaving::AfterAck(reason) = &mut talk.leaving {
            let reason = reason.take();
            talk.leaving = Leaving::Bye(reason.clone());
            return core.bye(&mut talk.dialog, Asker::Bye(session), reason.as_deref());
        }
        if unacked.first {
            self.tell(core, Event::Confirmed { session, sdp });
        } else if sdp.is_some() {
            self.tell(core, Event::ReofferAnswered { session, sdp });
        }
        self.offer_wanted(core);
    }

    pub(super) fn on_talk_timeout(&mut self, core: &mut Core) {
        self.on_unacked_timeout(core);
        self.on_session_timer(core);
        self.on_reoffer_timeout(core);
        self.leave_after_refer(core);
    }

    fn on_unacked_timeout(&mut self, core: &mut Core) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let Some(unacked) = &mut talk.unacked else {
            return;
        };
        if unacked.ends <= core.now {
            talk.unacked = None;
            if let Leaving::AfterAck(reason) = &mut talk.leaving {
                let reason = reason.take();
                talk.leaving = Leaving::No;
                self.leave(core, reason.as_deref());
            } else {
                self.ended(core, EndedBy::NoAck, None);
                self.leave(core, None);
            }
        } else if unacked.is_due(core.now, &core.timing) {
            let (flow, bytes) = (unacked.flow, unacked.bytes.to_vec());
            core.counters.repeated += 1;
            core.send(flow, bytes);
        }
    }

    fn on_session_timer(&mut self, core: &mut Core) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let calm = talk.is_calm();
        let Some(timer) = &mut talk.timer else {
            return;
        };
        match timer.on_timeout(core.now) {
            Beat::Quiet => {}
            Beat::Expired => {
                talk.timer = None;
                self.lost(core);
            }
            Beat::Refresh if calm => self.keep_alive(core),
            Beat::Refresh => timer.refresh_later(core.now, core.timing.t2),
        }
    }
}

impl Talk {
    /// Ends what is under way: their change gets 487, ours is left to its transaction.
    fn quieten(&mut self, core: &mut Core) {
        self.timer = None;
        self.wanted = None;
        if let Some(ours) = self.ours.take() {
            ours.abandon(core);
        }
        if let Some(theirs) = self.theirs.take() {
            theirs.refuse(core, 487);
        }
    }

    /// Sends the BYE again with credentials. False: it is no challenge, or not to be answered.
    fn bye_again(&mut self, core: &mut Core, asker: Asker, refusal: &Response) -> bool {
        let Some(credential) = &self.credential else {
            return false;
        };
        if self.challenges >= CHALLENGES_MAX {
            return false;
        }
        let again = self.challenges > 0;
        let uri = self.dialog.target.clone();
        let found = answer_challenge(core, credential, &Method::Bye, &uri, refusal, again);
        let Some((name, value)) = found else {
            return false;
        };
        self.challenges += 1;
        let mut request = self.dialog.request(Method::Bye);
        request.headers.push(name, value);
        if let Leaving::Bye(Some(reason)) = &self.leaving {
            request.headers.push("Reason", &**reason);
        }
        core.ask(request, self.dialog.flow, asker, None);
        true
    }
}
