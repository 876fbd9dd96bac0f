//! Dialling: what a phone or a carrier is sent, and nothing of the customer's number to a carrier.
use gudok_model::{AutoAnswer, EndCause, LegId};
use gudok_sip::endpoint::{Command, Invite, Target};
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
                let target = Target::User(operator.as_str().to_owned());
                self.invite(leg, target, from, shown_name, all, None);
            }
            DialTarget::External { number, trunk } => {
                let came_by = self
                    .legs
                    .get(LegId::caller(leg.call))
                    .and_then(|caller| caller.trunk.clone());
                let Some(out) = self.trunks.outbound(trunk.as_ref(), came_by.as_ref()) else {
                    tracing::error!(%leg, "the dialplan dials out but no trunk may");
                    self.metrics.alarm("no_outbound_trunk");
                    return self.tell(Input::LegEnded {
                        leg,
                        cause: EndCause::Refused,
                    });
                };
                // Never the client's number as From (russia.md, antifraud): our own, which the contract lists.
                let own = out.number.written(out.format);
                let from = format!("sip:{own}@{}", self.trunks.domain());
                let headers = vec![("P-Asserted-Identity".to_owned(), format!("<{from}>"))];
                let uri = format!("sip:{}@{}", number.written(out.format), out.flow.remote);
                self.reception.expects(out.flow.remote.ip());
                let target = Target::Address {
                    uri,
                    flow: out.flow,
                };
                self.invite(leg, target, from, None, headers, out.credential);
            }
        }
    }

    fn invite(
        &mut self,
        id: LegId,
        target: Target,
        from_uri: String,
        from_display: Option<String>,
        headers: Vec<(String, String)>,
        credential: Option<gudok_sip::endpoint::Credential>,
    ) {
        let callee = match target {
            Target::User(_) => Callee::Operator,
            Target::Address { .. } => Callee::Outside,
        };
        let v6 = match &target {
            Target::User(user) => self.endpoint.is_on_v6(user),
            Target::Address { flow, .. } => flow.remote.is_ipv6(),
        };
        let port = match self.sound.open(id.call, v6) {
            Ok(port) => port,
            Err(error) => {
                self.metrics.alarm("no_media_ports");
                tracing::error!(%error, "no media for a new leg");
                return self.tell(Input::LegEnded {
                    leg: id,
                    cause: EndCause::Refused,
                });
            }
        };
        let (audio, sdp) = Audio::offering(port, callee, self.sound.sdp());
        let session = self.endpoint.allocate();
        let leg = Leg {
            id,
            session,
            audio,
            answered: false,
            rang: false,
            held: false,
            trunk: None,
            answered_at: None,
            ending: None,
        };
        self.legs.insert(leg);
        let invite = Invite {
            session,
            target,
            from_uri,
            from_display,
            headers,
            sdp,
            credential,
        };
        self.command_sip(Command::Invite(Box::new(invite)));
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
