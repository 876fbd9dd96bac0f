//! Dialling: what a phone is sent. What a carrier is sent stands in `outside`.
use gudok_model::{AutoAnswer, EndCause, LegId, OperatorId};
use gudok_sip::endpoint::{Command, Invite, Session, Target};
use gudok_sip::session_id::SessionId;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output};

use super::Hotline;
use super::audio::{Audio, Callee};
use super::legs::Leg;

impl Hotline {
    pub(super) fn dial(&mut self, output: Output) {
        let Output::Dial {
            leg,
            target,
            shown_number,
            shown_name,
            auto_answer,
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
                let mut all = headers;
                all.push(("P-Asserted-Identity".to_owned(), format!("<{from}>")));
                all.extend(answer_headers(auto_answer, self.trunks.domain()));
                self.dial_operator(leg, &operator, from, shown_name, all);
            }
            DialTarget::External { number, trunk } => self.dial_outside(leg, number, trunk),
        }
    }

    fn dial_operator(
        &mut self,
        id: LegId,
        operator: &OperatorId,
        from_uri: String,
        from_display: Option<String>,
        headers: Vec<(String, String)>,
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
            session_id: self.caller_session_id(id),
        };
        self.command_sip(Command::Invite(Box::new(invite)));
    }

    /// Whom a leg is dialled for, where the caller's side says so: one name for the call on all its legs (RFC 7989 §7).
    pub(super) fn caller_session_id(&mut self, leg: LegId) -> Option<SessionId> {
        let caller = self.legs.get(LegId::caller(leg.call))?.session;
        let theirs = self.endpoint.session_id(caller)?.other?;
        Some(SessionId::for_another(theirs))
    }

    /// The party that answered is who the caller talks with, to whom carriers may tell it.
    pub(super) fn names_the_ends(&mut self, leg: LegId, session: Session) {
        let theirs = self.endpoint.session_id(session).and_then(|id| id.other);
        let caller = self
            .legs
            .get(LegId::caller(leg.call))
            .map(|leg| leg.session);
        if let (Some(number), Some(session)) = (theirs, caller.filter(|_| !leg.is_caller())) {
            self.command_sip(Command::TalksWith { session, number });
        }
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
        let port = match self.sound.open(id.call, v6) {
            Ok(port) => port,
            Err(error) => {
                self.metrics.alarm("no_media_ports");
                tracing::error!(%error, "no media for a new leg");
                self.tell(Input::LegEnded {
                    leg: id,
                    cause: EndCause::Refused,
                });
                return None;
            }
        };
        let (audio, sdp) = Audio::offering(port, callee, self.sound.sdp());
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
}

/// Headers by which phones answer by themselves (parts.md §3); they ignore what they do not know.
fn answer_headers(auto_answer: AutoAnswer, domain: &str) -> Vec<(String, String)> {
    let call_info = || {
        (
            "Call-Info".to_owned(),
            format!("<sip:{domain}>;answer-after=0"),
        )
    };
    let alert_info = || {
        (
            "Alert-Info".to_owned(),
            format!("<http://{domain}>;info=alert-autoanswer;delay=0"),
        )
    };
    let answer_mode = || ("Answer-Mode".to_owned(), "Auto".to_owned());
    match auto_answer {
        AutoAnswer::Off => Vec::new(),
        AutoAnswer::CallInfo => vec![call_info()],
        AutoAnswer::AlertInfo => vec![alert_info()],
        AutoAnswer::AnswerMode => vec![answer_mode()],
        AutoAnswer::All => vec![call_info(), alert_info(), answer_mode()],
    }
}
