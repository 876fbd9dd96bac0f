//! The only door out: every leg to a number outside is asked of the rules of the plan in force (`[outbound]`), and counted.
//!
//! Four ways lead there: a step of the plan (`external`, `duty`), an operator who passes a caller on, an operator who
//! consults, and a call that begins with us (`outgoing`), which without rules is not made. Phones that redirect lead nowhere outside (`pointed`), and a phone alone calls nobody (`intercom`). A plan
//! without `[outbound]` has no rules to ask: then everything goes out that went out before there were any, and nothing is
//! counted. At a start the machine is told what was called before, so the counters live over a restart.
use gudok_model::{CallEvent, CallId, EndCause, LegId, Name, Now, OperatorId, PhoneNumber, Reason};
use gudok_outbound::{
    Attempt, Decision, Door, Facts, Input as Counted, Output as Due, Purpose, decide,
};

use crate::ending::By;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::transfer::GONE_AWAY;

/// A number outside may be rung in this very step.
#[derive(Debug)]
pub(crate) struct Pass(Option<Attempt>);

impl Pass {
    /// Of a call that counts so.
    pub(crate) fn counted(attempt: Attempt) -> Self {
        Self(Some(attempt))
    }
}

impl Switchboard {
    /// Whether the plan (or an operator) may ring this number now. None: it may not, which is on the record with its rule.
    pub(crate) fn lets_out(
        &mut self,
        now: Now,
        id: CallId,
        number: &PhoneNumber,
        operator: Option<&OperatorId>,
    ) -> Option<Pass> {
        let Some(rules) = self.plan.as_ref().and_then(|plan| plan.outbound()) else {
            return Some(Pass(None));
        };
        let facts = Facts {
            door: match operator {
                Some(_) => Door::Operator,
                None => Door::Plan,
            },
            number,
            region: None,
            home: None,
            operator,
            // Of no weight here: no client is called through these doors.
            purpose: Purpose::Service,
            basis: None,
            cli: None,
            usage: self.counters.usage(now, operator, number),
            refusal: None,
            asked_at: None,
        };
        match decide(rules, &facts, now.wall) {
            Decision::Allowed { per_minute, .. } => Some(Pass(Some(Attempt {
                operator: operator.cloned(),
                number: number.clone(),
                contact: None,
                per_minute,
                talk_max: rules.talk_max,
            }))),
            Decision::Blocked { rule, place, text } => {
                let whom = number.masked();
                self.alarm("outbound_denied", format!("{id}: {whom}: {rule} ({place})"));
                self.tell_record(
                    id,
                    "outbound_denied",
                    Some(place),
                    format!("{rule}: {text}"),
                );
                None
            }
        }
    }

    /// The leg rings: it counts from now on.
    pub(crate) fn goes_out(&mut self, now: Now, leg: LegId, Pass(attempt): Pass) {
        if let Some(attempt) = attempt {
            self.counters
                .handle_input(now, Counted::Began { leg, attempt });
        }
    }

    /// Ends the talks outside that have lasted as long as they may.
    pub(crate) fn cut_long_talks(&mut self, now: Now) {
        self.counters.handle_timeout(now);
        while let Some(Due::Cut { leg }) = self.counters.poll_output() {
            self.serving = Some(leg.call);
            self.touch(leg.call);
            let call = self.calls.get(&leg.call);
            let consults = call.and_then(|it| it.consult.as_ref());
            let consults = consults.is_some_and(|it| it.other == leg);
            let text = "разговор с номером снаружи длился столько, сколько можно (talk_max)";
            self.tell_record(leg.call, "talk_max", None, text.to_owned());
            if self.is_apart_by(leg) {
                self.end_apart(now, leg.call, By::System);
            } else if consults {
                self.consult_over(now, leg.call, GONE_AWAY, "cancelled");
            } else {
                self.let_go(now, leg);
            }
            if leg.is_caller() && self.config.limits_whole {
                self.client_is_cut(now, leg.call);
            }
            self.settle(now);
        }
    }

    /// The client's leg was told to end, which the carrier says later: from now on they are gone, and nothing that happens to
    /// the operator's phone meanwhile leads them to a queue or to words of trouble. Whom the operator asked may talk on.
    fn client_is_cut(&mut self, now: Now, id: CallId) {
        let cause = EndCause::ByUs;
        let Some(end) = self.end_of_caller(now, id, cause) else {
            return;
        };
        if !self.talks_on(now, id, (cause, &end)) {
            self.finish_by(now, id, end, By::System);
        }
    }

    /// The leg is told to end, and counts no more: whoever is rung next in this step is not the second at once.
    pub(crate) fn let_go(&mut self, now: Now, leg: LegId) {
        self.is_back(now, leg);
        self.dismiss(leg, false);
    }

    /// The leg is over.
    pub(crate) fn is_back(&mut self, now: Now, leg: LegId) {
        self.counters.handle_input(now, Counted::Ended { leg });
    }

    /// The same of every leg of a call that is given up.
    pub(crate) fn are_back(&mut self, now: Now, id: CallId) {
        let legs = self.counters.legs().filter(|leg| leg.call == id);
        for leg in legs.collect::<Vec<LegId>>() {
            self.is_back(now, leg);
        }
    }

    fn tell_record(&mut self, id: CallId, code: &str, place: Option<Name>, text: String) {
        let reason = Reason {
            code: code.into(),
            place,
            text,
        };
        let fact = CallEvent::Decided {
            decision: code.to_owned(),
            reasons: vec![reason],
        };
        self.outputs.push_back(Output::Fact { call: id, fact });
    }
}
