//! What the SIP machine tells, in the words of the switchboard.
use std::hash::Hasher as _;
use std::sync::Arc;

use gudok_model::{CallId, EndCause, LegId, Now, OperatorId, Presentation};
use gudok_sip::Request;
use gudok_sip::endpoint::{
    Command, EndedBy, Event, Flow, Input as SipInput, Origin, Session, Transport,
};
use gudok_sip::reason::Reason;
use gudok_sip::registrar::KeptContact;
use gudok_sip::sdp::SdpError;
use gudok_sip::session_id::SessionId;
use gudok_sip::trunk;
use gudok_sip::uri::SipUri;
use gudok_switchboard::{DigitForm, Input};
use gudok_trace::mask;
use uuid::Uuid;

use super::Hotline;
use super::legs::Leg;
use super::outside::Refusal;
use crate::said;

impl Hotline {
    /// What the SIP machine tells, handed to whom it concerns.
    pub(super) fn sip_event(&mut self, event: Event) {
        match event {
            Event::Incoming {
                session,
                origin: Origin::User(user),
                request,
                flow,
                replaces: Some(other),
                ..
            } => self.takes_over(session, other, &user, &request, flow),
            Event::Incoming {
                session,
                origin,
                request,
                flow,
                brief,
                ..
            } => self.incoming(session, &origin, &request, flow, brief),
            Event::Referred { session, refer } => self.referred(session, &refer),
            // We refer nobody.
            Event::ReferAnswered { .. } | Event::ReferProgress { .. } => {}
            Event::Cancelled { session, said } => self.ended(session, EndCause::HungUp, said),
            Event::Confirmed { session, sdp } => self.confirmed(session, sdp),
            Event::Progress {
                session,
                status,
                sdp,
            } => {
                self.outside_works(session);
                self.sounds_early(session, sdp.as_deref());
                self.ringing(session, status);
            }
            Event::Accepted { session, sdp, flow } => {
                self.outside_works(session);
                self.accepted(session, &sdp, flow);
            }
            Event::Refused {
                session,
                reached,
                status,
                retry_after,
                said,
                contacts,
                ..
            } => {
                let refusal = Refusal {
                    reached,
                    status,
                    retry_after,
                    contacts: &contacts,
                };
                self.refused(session, &refusal, said);
            }
            Event::Ended { session, by, said } => self.ended(session, cause_of_end(by), said),
            Event::Reoffered { session, sdp, flow } => self.reoffered(session, &sdp, flow),
            Event::OfferWanted { session } => self.offer_wanted(session),
            Event::ReofferAnswered { session, sdp } => self.reoffer_answered(session, sdp),
            Event::Digit { session, digit } => self.pressed_by_info(session, digit),
            Event::Registered {
                user,
                live,
                contact,
            } => self.registered(user, live, &contact),
            Event::Bound { user, contacts } => {
                let now = self.clock.now().wall;
                self.phone_book.keep(now, &user, contacts);
            }
            Event::Probed {
                id,
                status,
                retry_after,
            } => self.trunk_input(trunk::Input::Probed {
                id,
                status,
                retry_after,
            }),
            Event::Registrar { flow, response } => {
                let response = &response;
                self.trunk_input(trunk::Input::Registrar { flow, response });
            }
            Event::Banned(ban) => self.ban_set(&ban),
            Event::Refusal { what, flow, asked } => self.kept_out(what, flow, asked),
        }
    }

    fn registered(&mut self, user: String, live: bool, contact: &str) {
        tracing::info!(operator = %user, live, contact, "phone");
        self.tell(Input::Phone {
            operator: OperatorId::new(user),
            live,
        });
    }

    /// Phones of the run before are asked whether they are there, from the socket they know: where it is not ours any more
    /// they have to come by themselves.
    pub(super) fn phones_before(&mut self, now: Now, mut contacts: Vec<KeptContact>) {
        let ours: Vec<_> = self.sockets.locals(Transport::Udp).collect();
        contacts.retain(|contact| ours.contains(&contact.local));
        let command = SipInput::Command(Command::BoundBefore(contacts));
        self.endpoint.handle_input(now.mono.since_start(), command);
    }

    /// A call of ours has failed; it may have another way.
    fn refused(&mut self, session: Session, refusal: &Refusal<'_>, said: Option<Reason>) {
        if self.is_tried_elsewhere(session, refusal) {
            return;
        }
        self.redirected(session, refusal.contacts);
        self.outside_failed(session, refusal.status);
        let leg = self.legs.of_session(session);
        let (rang, phone) = leg.map_or((false, false), |leg| (leg.rang, leg.operator.is_some()));
        self.ended(session, cause_of_status(refusal.status, rang, phone), said);
    }

    fn pressed_by_info(&mut self, session: Session, digit: char) {
        if let Some(leg) = self.legs.of_session(session).map(|leg| leg.id) {
            let form = DigitForm::Info;
            self.tell(Input::Digit { leg, digit, form });
        }
    }

    /// Something was refused by policy: of whom, where that is known. `asked`: whom we had asked, where a stranger answered.
    fn kept_out(&mut self, what: &'static str, flow: Flow, asked: Option<Flow>) {
        self.metrics.refusal(what);
        let trunk = match asked {
            Some(asked) => self.endpoint.trunk_with(asked.remote.ip()),
            None => self.endpoint.trunk_of(flow),
        };
        if let Some(trunk) = trunk {
            self.metrics.trunk_refusal(trunk, what);
        }
        if let Some(asked) = asked {
            let now = self.clock.elapsed();
            self.reception.tell_foreign(now, trunk, asked, flow);
        }
        tracing::debug!(what, source = %flow.remote.ip(), "refused");
    }

    /// A new call: who, whom, and whether we can hear each other.
    fn incoming(
        &mut self,
        session: Session,
        origin: &Origin,
        request: &Arc<Request>,
        flow: Flow,
        brief: bool,
    ) {
        if !self.fits(session, origin) {
            return;
        }
        let now = self.clock.now();
        let call = CallId(new_call_id(now.wall.0));
        let heard = self.trunks.hear(origin, request, &self.plan);
        if let Origin::User(user) = origin
            && self.plan.enter(&heard.dialled, &heard.trunk).is_none()
        {
            return self.dials_colleague(session, user, heard.dialled.number, request, flow);
        }
        let sip_call_id = request.headers.get("Call-ID").unwrap_or_default();
        self.seeing
            .bind(&request.headers, LegId::caller(call), &mut self.paper);
        let private = heard.caller.presentation == Presentation::Restricted;
        let sip_call_id = match heard.withheld {
            // Some write the caller's number into it.
            Some(_) => bounded(&mask::keep_back(sip_call_id)),
            None => bounded(sip_call_id),
        };
        let session_id = SessionId::read(&request.headers).map(|id| id.own_number());
        let trunk = heard.trunk.clone();
        let dialled = heard.dialled.number.e164.clone();
        self.metrics.trunk_call(trunk.as_str(), "in");
        let arrived = |no_digits| Input::CallArrived {
            call,
            trunk: heard.trunk,
            caller: heard.caller,
            withheld: heard.withheld,
            dialled: heard.dialled,
            sip_call_id,
            session_id,
            brief,
            no_digits,
        };
        let leg = LegId::caller(call);
        match self.open_offered(call, &request.body, flow) {
            Ok(audio) => {
                if let Some(peer) = audio.peer_before_answer() {
                    self.sound.send(peer);
                }
                let no_digits = !audio.hears_digits();
                let leg = Leg {
                    id: leg,
                    session,
                    audio,
                    answered: false,
                    rang: false,
                    held: false,
                    trunk: Some(trunk),
                    dialled,
                    private,
                    out: None,
                    answered_at: None,
                    ending: None,
                    operator: None,
                };
                self.legs.insert(leg);
                self.tell(arrived(no_digits));
            }
            Err(why) => {
                self.tell(arrived(false));
                let status = self.cannot_hear(session, leg, &why);
                self.metrics.trunk_failed(trunk.as_str(), "in", status);
            }
        }
    }

    /// Refuses what cannot be heard; the call is on record all the same. Gives the status.
    fn cannot_hear(&mut self, session: Session, leg: LegId, why: &OpenFailed) -> u16 {
        let (status, cause) = self.why_deaf(why);
        self.turn_away(session, status);
        self.seeing.over(self.clock.now().mono, leg);
        self.tell(Input::LegEnded {
            leg,
            cause,
            said: None,
        });
        status
    }

    /// Status and cause of a call that cannot be heard.
    pub(super) fn why_deaf(&self, why: &OpenFailed) -> (u16, EndCause) {
        match why {
            OpenFailed::Ports(error) => {
                self.metrics.alarm("no_media_ports");
                tracing::error!(%error, "no media for a new call");
                (503, EndCause::Refused)
            }
            OpenFailed::Sdp(error) => {
                tracing::info!(%error, "a call offers nothing we speak");
                (488, cause_of_sdp(*error))
            }
        }
    }

    /// The ACK came; with a late offer it brings the answer.
    fn confirmed(&mut self, session: Session, sdp: Option<String>) {
        let Some(leg) = self.legs.of_session(session) else {
            return;
        };
        let id = leg.id;
        match sdp.map(|sdp| leg.audio.answered(&sdp, None)) {
            Some(Ok(peer)) => self.sound.send(peer),
            // Without the answer nobody could hear the other, and no silence would ever end the call.
            None if leg.audio.peer().is_some() => {}
            None => self.hang_up(id, None, EndCause::NoCommonCodec),
            Some(Err(error)) => self.unheard(id, error),
        }
    }

    fn ringing(&mut self, session: Session, status: u16) {
        // 181–183 say that something goes on, not that a phone rings; 183 of a trunk is early ringing to us.
        let Some(leg) = self.legs.of_session(session) else {
            return;
        };
        if leg.rang || status == 100 {
            return;
        }
        leg.rang = true;
        let leg = leg.id;
        self.tell(Input::LegRinging { leg });
    }

    fn accepted(&mut self, session: Session, sdp: &str, flow: Flow) {
        let Some(leg) = self.legs.of_session(session) else {
            return;
        };
        let id = leg.id;
        if let Some(trunk) = leg.trunk.as_ref().filter(|_| leg.out.is_some()) {
            self.metrics.trunk_answered(trunk.as_str(), "out");
        }
        match leg.audio.answered(sdp, Some(flow)) {
            Ok(peer) => {
                leg.answered = true;
                if id.is_caller() {
                    leg.answered_at = Some(self.clock.now().mono);
                }
                self.sound.send(peer);
                let session_id = self.names_the_ends(id, session);
                self.tell(Input::LegAnswered {
                    leg: id,
                    session_id,
                });
            }
            Err(error) => self.unheard(id, error),
        }
    }

    /// The party took the call with media that cannot be: it must be told, it believes that it talks.
    fn unheard(&mut self, leg: LegId, error: SdpError) {
        tracing::info!(%leg, %error, "a party's answer is of no use");
        self.hang_up(leg, None, cause_of_sdp(error));
    }

    /// A phone points elsewhere. The user part alone names somebody, as in a transfer: nobody is dialled at the host.
    fn redirected(&mut self, session: Session, contacts: &[SipUri]) {
        let leg = self.legs.of_session(session);
        let leg = leg.filter(|leg| leg.operator.is_some()).map(|leg| leg.id);
        let user = contacts.first().and_then(SipUri::user_text);
        let (Some(leg), Some(user)) = (leg, user) else {
            return;
        };
        let to = OperatorId::new(bounded(&user));
        self.tell(Input::LegRedirected { leg, to });
    }

    fn ended(&mut self, session: Session, cause: EndCause, said: Option<Reason>) {
        if let Some(leg) = self.legs.of_session(session) {
            let (id, cause) = (leg.id, leg.ending.unwrap_or(cause));
            self.leg_over_saying(id, cause, said.map(said::kept));
        }
    }

    /// Hold, resume, or new media of the party.
    fn reoffered(&mut self, session: Session, sdp: &str, flow: Flow) {
        let Some(leg) = self.legs.of_session(session) else {
            return;
        };
        let id = leg.id;
        if !leg.answered && leg.audio.offers() {
            let sdp = leg.audio.changed_early(sdp, flow);
            let sdp = sdp.inspect_err(|error| refuses(id, *error)).ok();
            return self.command_sip(Command::AnswerReoffer { session, sdp });
        }
        let (answer, peer, on_hold) = match leg.audio.reoffered(sdp) {
            Ok(agreed) => agreed,
            Err(error) => {
                refuses(id, error);
                return self.command_sip(Command::AnswerReoffer { session, sdp: None });
            }
        };
        // Of a caller before our answer nothing need be heard, as before.
        let peer = match leg.answered {
            true => Some(peer),
            false => leg.audio.peer_before_answer(),
        };
        let changed = std::mem::replace(&mut leg.held, on_hold) != on_hold;
        if let Some(peer) = peer {
            self.sound.send(peer);
        }
        self.command_sip(Command::AnswerReoffer {
            session,
            sdp: Some(answer),
        });
        self.hold_changed(id, changed, on_hold);
    }

    /// A re-INVITE without an offer.
    fn offer_wanted(&mut self, session: Session) {
        let leg = self.legs.of_session(session);
        let sdp = leg.map(|leg| leg.audio.reoffer());
        self.command_sip(Command::AnswerReoffer { session, sdp });
    }

    /// Its ACK brought the answer. We offer nothing anew by ourselves.
    fn reoffer_answered(&mut self, session: Session, sdp: Option<String>) {
        let (Some(leg), Some(sdp)) = (self.legs.of_session(session), sdp) else {
            return;
        };
        let id = leg.id;
        match leg.audio.reoffer_answered(&sdp) {
            Ok((peer, on_hold)) => {
                let changed = std::mem::replace(&mut leg.held, on_hold) != on_hold;
                self.sound.send(peer);
                self.hold_changed(id, changed, on_hold);
            }
            Err(error) => self.unheard(id, error),
        }
    }

    fn hold_changed(&mut self, leg: LegId, changed: bool, on: bool) {
        if changed {
            self.tell(Input::LegHeld { leg, on });
        }
    }
}

fn refuses(leg: LegId, error: SdpError) {
    tracing::info!(%leg, %error, "a party's new offer is refused");
}

/// The family a caller wants to talk in: the one its offer names first, else the one it speaks SIP in.
pub(super) fn offers_v6(offer: &[u8], flow: Flow) -> bool {
    let lines = offer.split(|byte| matches!(byte, b'\r' | b'\n'));
    let mut families = lines.filter_map(|line| line.strip_prefix(b"c=IN IP")?.first());
    families
        .next()
        .map_or(flow.remote.is_ipv6(), |family| *family == b'6')
}

pub(super) enum OpenFailed {
    Ports(gudok_wire::media::OpenError),
    Sdp(SdpError),
}

/// Most of what a header says that is journaled and kept; the carriers' own identifiers are far shorter. Bytes.
const KEPT_MAX: usize = 256;

/// The text, or its beginning with a mark and a hash of all of it, so that two long ones stay different.
pub(super) fn bounded(text: &str) -> String {
    if text.len() <= KEPT_MAX {
        return text.to_owned();
    }
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text.as_bytes());
    let mark = format!("…#{:016x}", hasher.finish());
    let kept = text.floor_char_boundary(KEPT_MAX - mark.len());
    text[..kept].to_owned() + &mark
}

/// UUID version 7 from the wall clock and the system's randomness.
pub(crate) fn new_call_id(wall_us: i64) -> Uuid {
    let mut random = [0_u8; 10];
    if getrandom::fill(&mut random).is_err() {
        // Without randomness ids are still unique by time: arrivals are one at a time.
        random[..8].copy_from_slice(&wall_us.to_be_bytes());
    }
    let ms = u64::try_from(wall_us / 1_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
}

/// What a final answer of a dialled party means, an operator's phone or somebody outside. A caller is never sent where a
/// phone's settings, or whoever got at them, say: its operator has declined, and where redirections are followed a colleague
/// is asked as by a transfer.
fn cause_of_status(status: u16, rang: bool, phone: bool) -> EndCause {
    match status {
        300..=399 if phone => EndCause::Declined,
        486 | 600 => EndCause::Busy,
        403 | 488 | 603 | 606 => EndCause::Declined,
        480 | 487 => EndCause::NoAnswer,
        408 if rang => EndCause::NoAnswer,
        404 | 410 | 484 | 604 => EndCause::NotFound,
        _ => EndCause::Unreachable,
    }
}

/// What is on record when a description is of no use.
fn cause_of_sdp(error: SdpError) -> EndCause {
    match error {
        SdpError::Forbidden(_) | SdpError::Family => EndCause::MediaAddress,
        SdpError::TooLong
        | SdpError::TooMany
        | SdpError::Version
        | SdpError::Line(_)
        | SdpError::NoAudio
        | SdpError::Address
        | SdpError::NoCodec
        | SdpError::Mismatch => EndCause::NoCommonCodec,
    }
}

fn cause_of_end(by: EndedBy) -> EndCause {
    match by {
        EndedBy::Peer => EndCause::HungUp,
        EndedBy::Us => EndCause::ByUs,
        EndedBy::NoAck | EndedBy::Lost => EndCause::SessionTimeout,
    }
}

#[cfg(test)]
mod tests {
    use gudok_sip::endpoint::Transport;

    use super::*;

    #[test]
    fn a_phone_that_rang_and_gave_up_is_a_miss_and_one_that_never_rang_is_a_fault() {
        assert_eq!(cause_of_status(408, true, true), EndCause::NoAnswer);
        assert_eq!(cause_of_status(408, false, true), EndCause::Unreachable);
        assert_eq!(cause_of_status(503, true, true), EndCause::Unreachable);
        assert_eq!(cause_of_status(486, true, true), EndCause::Busy);
        assert_eq!(cause_of_status(603, false, true), EndCause::Declined);
        assert_eq!(cause_of_status(302, false, true), EndCause::Declined);
        assert_eq!(cause_of_status(302, false, false), EndCause::Unreachable);
    }

    #[test]
    fn what_a_header_says_is_kept_in_bounds_and_stays_different() {
        let (short, long) = ("a84b4c76e66710@carrier", "я".repeat(30_000));
        assert_eq!(bounded(short), short);
        let kept = bounded(&long);
        assert!(kept.len() <= KEPT_MAX && kept.starts_with("яяя"), "{kept}");
        assert!(kept.contains("…#"), "{kept}");
        assert_ne!(kept, bounded(&(long + "!")));
    }

    #[test]
    fn a_caller_is_answered_in_the_family_of_its_offer() {
        let flow = |remote: &str| Flow {
            transport: Transport::Udp,
            local: "[::1]:5060".parse().expect("an address"),
            remote: remote.parse().expect("an address"),
            connection: 0,
        };
        let (v4, v6) = (flow("192.0.2.1:5060"), flow("[2001:db8::1]:5060"));
        assert!(offers_v6(
            b"v=0\r\nc=IN IP6 ::1\r\nm=audio 4000 RTP/AVP 8\r\n",
            v4
        ));
        assert!(!offers_v6(
            b"v=0\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.1\r\n",
            v6
        ));
        assert!(offers_v6(b"", v6) && !offers_v6(b"c=IN", v4));
    }

    #[test]
    fn call_ids_sort_by_time() {
        let (earlier, later) = (
            new_call_id(1_700_000_000_000_000),
            new_call_id(1_700_000_000_001_000),
        );
        assert!(earlier < later);
        assert_eq!(later.get_version_num(), 7);
    }
}
