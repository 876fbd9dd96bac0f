//! Dialling: what a phone is sent. What a carrier is sent stands in `outside`.
use gudok_model::{AutoAnswer, EndCause, LegId, OperatorId, PhoneNumber};
use gudok_sip::endpoint::{Command, Invite, Session, Target};
use gudok_sip::params::quote;
use gudok_sip::phones::{Answer, ForPhone, Model, Ring};
use gudok_sip::session_id::SessionId;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output};

use super::Hotline;
use super::audio::{Audio, Callee};
use super::legs::Leg;
use crate::session;

impl Hotline {
    pub(super) fn dial(&mut self, output: Output) {
        let Output::Dial {
            leg,
            target,
            shown_number,
            shown_name,
            auto_answer,
            colleague,
            headers,
        } = output
        else {
            return;
        };
        let shown = shown_number.map(|number| number.to_string());
        match target {
            DialTarget::Operator { operator } => {
                let user = shown.unwrap_or_else(|| "anonymous".to_owned());
                let from = format!("sip:{user}@{}", self.trunks.domain());
                let kind = match colleague {
                    Some(true) => Ring::Colleague,
                    Some(false) | None => Ring::Caller,
                };
                let phone = self.for_phone(&operator, auto_answer, kind);
                self.dial_operator(leg, &operator, (from, shown_name), headers, phone);
            }
            DialTarget::External { number, trunk } => {
                self.dial_outside(leg, (number, None), trunk);
            }
            DialTarget::Customer { number, trunk, cli } => {
                self.dial_outside(leg, (number, Some(cli)), trunk);
            }
        }
    }

    fn dial_operator(
        &mut self,
        id: LegId,
        operator: &OperatorId,
        (from_uri, from_display): (String, Option<String>),
        headers: Vec<(String, String)>,
        phone: ForPhone,
    ) {
        let v6 = self.endpoint.is_on_v6(operator.as_str());
        let Some(sdp) = self.open_leg(id, Some(operator.clone()), v6) else {
            return;
        };
        let Some(session) = self.legs.get(id).map(|leg| leg.session) else {
            return;
        };
        let invite = Invite {
            session,
            target: Target::User(operator.as_str().to_owned()),
            from_uri,
            from_display,
            headers,
            sdp,
            credential: None,
            patience: None,
            session_id: Some(self.session_id_for(id)),
            session_expires: self.trunks.session_expires(),
            phone: Some(phone),
        };
        self.command_sip(Command::Invite(Box::new(invite)));
    }

    /// An operator's phone talks with somebody else from now on, and is told who; of others the carrier is not asked to show it.
    pub(super) fn identify(
        &mut self,
        leg: LegId,
        number: Option<&PhoneNumber>,
        name: Option<&str>,
    ) {
        let party = self.legs.get(leg).filter(|leg| leg.operator.is_some());
        let Some(session) = party.map(|leg| leg.session) else {
            return;
        };
        let user = number.map_or("anonymous", PhoneNumber::as_str);
        let uri = format!("<sip:{user}@{}>", self.trunks.domain());
        let value = match name.map(quote) {
            Some(name) => format!("{name} {uri}"),
            None => uri,
        };
        let headers = vec![("P-Asserted-Identity".to_owned(), value)];
        self.command_sip(Command::Show { session, headers });
    }

    /// What this operator's phones are told in their own words.
    fn for_phone(&self, operator: &OperatorId, auto_answer: AutoAnswer, kind: Ring) -> ForPhone {
        let profile = self.switchboard.profile(operator);
        let named = profile.and_then(|profile| profile.phone.as_deref());
        ForPhone {
            model: named.and_then(Model::named),
            answer: answer(auto_answer),
            ring: self.phones.distinctive_ring.then_some(kind),
            host: self.trunks.domain().to_owned(),
        }
    }

    /// One name for the call on all its legs (RFC 7989 §7): the caller's, where its side says one, else the call's own.
    pub(super) fn session_id_for(&mut self, leg: LegId) -> SessionId {
        let caller = self.legs.get(LegId::caller(leg.call));
        let caller = caller.map(|caller| caller.session);
        let said = caller.and_then(|caller| self.endpoint.session_id(caller)?.other);
        said.map_or_else(|| session::of(leg.call), SessionId::for_another)
    }

    /// The party that answered is who the caller talks with, to whom carriers may tell it. Gives its number, for the record.
    pub(super) fn names_the_ends(&mut self, leg: LegId, session: Session) -> Option<String> {
        let theirs = self.endpoint.session_id(session).and_then(|id| id.other);
        let caller = self
            .legs
            .get(LegId::caller(leg.call))
            .map(|leg| leg.session);
        if let (Some(number), Some(session)) = (theirs, caller.filter(|_| !leg.is_caller())) {
            self.command_sip(Command::TalksWith { session, number });
        }
        theirs.map(|number| SessionId::for_another(number).own_number())
    }

    /// Ports and an offer for a leg that is to be dialled, of an operator or outside; None when there are none, which is told. `v6`: towards IPv6.
    pub(super) fn open_leg(
        &mut self,
        id: LegId,
        operator: Option<OperatorId>,
        v6: bool,
    ) -> Option<String> {
        let callee = match operator {
            Some(_) => Callee::Operator,
            None => Callee::Outside,
        };
        let Some((audio, sdp)) = self.offering(id, callee, v6) else {
            self.tell(Input::LegEnded {
                leg: id,
                cause: EndCause::Refused,
                said: None,
            });
            return None;
        };
        let session = self.endpoint.allocate();
        self.legs.insert(Leg {
            id,
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
            operator,
        });
        Some(sdp)
    }

    /// Ports and an offer; None when there are none.
    pub(super) fn offering(
        &mut self,
        id: LegId,
        callee: Callee,
        v6: bool,
    ) -> Option<(Audio, String)> {
        match self.sound.open(id.call, v6) {
            Ok(port) => Some(Audio::offering(port, callee, self.sound.sdp())),
            Err(error) => {
                self.metrics.alarm("no_media_ports");
                tracing::error!(%error, "no media for a new leg");
                None
            }
        }
    }
}

fn answer(auto_answer: AutoAnswer) -> Answer {
    match auto_answer {
        AutoAnswer::Off => Answer::Never,
        AutoAnswer::CallInfo => Answer::CallInfo,
        AutoAnswer::AlertInfo => Answer::AlertInfo,
        AutoAnswer::AnswerMode => Answer::AnswerMode,
        AutoAnswer::All => Answer::All,
        AutoAnswer::ByPhone => Answer::AsModel,
    }
}
