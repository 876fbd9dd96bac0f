//! Phones that pass callers on, dial colleagues, and take their own calls over: SIP in the words of the switchboard.
use gudok_model::{CallId, LegId, OperatorId, Parsed};
use gudok_sip::Request;
use gudok_sip::endpoint::{Command, Flow, Refer, Session};
use gudok_switchboard::Input;
use gudok_switchboard::input::ReferTo;

use super::Hotline;
use super::audio::Audio;
use super::legs::Leg;
use super::signalling::{OpenFailed, new_call_id, offers_v6};

impl Hotline {
    /// A party asks for somebody else in its place.
    pub(super) fn referred(&mut self, session: Session, refer: &Refer) {
        let Some(leg) = self.legs.of_session(session).map(|leg| leg.id) else {
            return self.answer_refer(session, refer.number, 603);
        };
        // The user part alone names somebody: whatever host is written, nobody is dialled there.
        let to = match refer.replaces {
            None => {
                let user = refer.to.user_text().unwrap_or_default();
                let number = self.trunks.dialled_by_phone(&user);
                ReferTo::Person { number }
            }
            Some(other) => match self.legs.of_session(other) {
                Some(other) => ReferTo::Party { leg: other.id },
                None => return self.answer_refer(session, refer.number, 603),
            },
        };
        let refer = refer.number;
        self.tell(Input::Referred { leg, refer, to });
    }

    fn answer_refer(&mut self, session: Session, refer: u32, status: u16) {
        self.command_sip(Command::AnswerRefer {
            session,
            refer,
            status,
        });
    }

    /// The switchboard's word on a wish.
    pub(super) fn refer_answered(&mut self, leg: LegId, refer: u32, status: u16) {
        let Some(session) = self.legs.get(leg).map(|leg| leg.session) else {
            return;
        };
        if (200..300).contains(&status) {
            self.legs.refers((leg, refer), session);
        }
        self.answer_refer(session, refer, status);
    }

    /// What becomes of it, also after the leg.
    pub(super) fn refer_progress(&mut self, leg: LegId, refer: u32, status: u16) {
        if let Some(session) = self.legs.referrer((leg, refer), status >= 200) {
            self.command_sip(Command::ReferProgress {
                session,
                refer,
                status,
            });
        }
    }

    /// A phone dials somebody who is no number of the plan.
    pub(super) fn dials_colleague(
        &mut self,
        session: Session,
        user: &str,
        to: Parsed,
        request: &Request,
        flow: Flow,
    ) {
        let operator = OperatorId::new(user);
        let now = self.clock.now();
        let leg = self.switchboard.consult_leg(&operator);
        let leg = leg.unwrap_or_else(|| LegId::caller(CallId(new_call_id(now.wall.0))));
        // Two INVITEs in one breath: the first has the leg.
        if self.legs.get(leg).is_some() {
            return self.turn_away(session, 486);
        }
        let audio = match self.open_offered(leg.call, &request.body, flow) {
            Ok(audio) => audio,
            Err(why) => {
                let (status, _) = self.why_deaf(&why);
                return self.turn_away(session, status);
            }
        };
        if let Some(peer) = audio.peer_before_answer() {
            self.sound.send(peer);
        }
        self.seeing.bind(&request.headers, leg, &mut self.paper);
        self.legs.insert(Leg {
            id: leg,
            session,
            audio,
            answered: false,
            rang: false,
            held: false,
            trunk: None,
            dialled: None,
            private: false,
            out: None,
            answered_at: None,
            ending: None,
            operator: Some(operator.clone()),
        });
        self.tell(Input::OperatorDials { leg, operator, to });
    }

    /// Another phone of the same operator takes an answered call over (RFC 3891). The leg stays what it is to everybody
    /// else: it speaks from elsewhere.
    pub(super) fn takes_over(
        &mut self,
        session: Session,
        replaced: Session,
        user: &str,
        request: &Request,
        flow: Flow,
    ) {
        let Some(leg) = self.legs.of_session(replaced) else {
            return self.turn_away(session, 481);
        };
        let own = leg.operator.as_ref().is_some_and(|it| it.as_str() == user);
        if !own || !leg.answered {
            return self.turn_away(session, 603);
        }
        let id = leg.id;
        let Ok((sdp, peer)) = leg.audio.moved(&request.body, flow) else {
            return self.turn_away(session, 488);
        };
        let was_held = std::mem::take(&mut leg.held);
        self.legs.rename(id, session);
        self.sound.send(peer);
        self.command_sip(Command::Accept { session, sdp });
        self.command_sip(Command::End {
            session: replaced,
            reason: None,
        });
        if was_held {
            self.tell(Input::LegHeld { leg: id, on: false });
        }
    }

    pub(super) fn turn_away(&mut self, session: Session, status: u16) {
        self.command_sip(Command::Refuse {
            session,
            status,
            headers: Vec::new(),
        });
    }

    /// Ports and an answer for whoever calls us.
    pub(super) fn open_offered(
        &mut self,
        call: CallId,
        body: &[u8],
        flow: Flow,
    ) -> Result<Audio, OpenFailed> {
        let v6 = offers_v6(body, flow);
        let port = self.sound.open(call, v6).map_err(OpenFailed::Ports)?;
        let media = port.leg;
        let offered = Audio::offered(port, body, flow, self.sound.sdp());
        offered.map_err(|error| {
            self.sound.close(media);
            OpenFailed::Sdp(error)
        })
    }
}
