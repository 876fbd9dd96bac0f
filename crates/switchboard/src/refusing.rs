//! Who wants no calls (behaviour 5.6, `dnc`): a customer says so to an operator, or to whoever runs the business. From then on nobody
//! is called who has not asked for a call since; why it is so, `outbound/decisions/0003-who-wants-no-calls.md`.
use gudok_model::{
    Actor, CallEvent, CallId, Name, Now, OperatorId, PhoneNumber, ProjectId, REFUSAL_WHY_MAX,
    Refusal, RefusalWord, RequestOutcome, RequestSource, Role, SessionId, Wall,
};
use gudok_outbound::{DNC, Noted, Purpose};

use crate::command::has_to_do_with;
use crate::desk::{CommandResult, DeskCommand};
use crate::floor::Rejection;
use crate::outgoing::{Denial, How, Wanted};
use crate::output::Output;
use crate::switchboard::Switchboard;

/// Whose calls to whom, and what for; no purpose: any.
type Key = (ProjectId, PhoneNumber, Option<Name>);

impl Switchboard {
    /// Those of the runs before; once, at a start.
    pub(crate) fn refused_before(&mut self, refusals: Vec<Refusal>) {
        for refusal in refusals {
            if self.refusals.note(refusal) == Noted::Full {
                self.alarm("dnc_full", "more want no calls than may be kept".to_owned());
            }
        }
    }

    /// Said not at a desk. Answered exactly once.
    pub(crate) fn on_refusal(&mut self, now: Now, key: Key, word: RefusalWord) {
        let id = self.outs.call(now.wall);
        let done = match word {
            RefusalWord::Refuse { by, why } => self.note_refusal(now, id, key, (by, why)),
            RefusalWord::Lift { by, why } => self.allow(id, key, (by, why)),
        };
        let result = match done {
            Ok(()) => CommandResult::Ok,
            Err(Rejection { code, actual }) => CommandResult::Error { code, actual },
        };
        self.outputs.push_back(Output::RefusalDone { result });
    }

    /// The customer of a request of theirs, or of the call in hand, has said so to an operator. None: it is another word, or of
    /// somebody who does not sit there.
    pub(crate) fn refuses_at_desk(
        &mut self,
        now: Now,
        operator: &OperatorId,
        session: SessionId,
        command: &DeskCommand,
    ) -> Option<CommandResult> {
        let DeskCommand::DoNotCall { of, purpose, why } = command else {
            return None;
        };
        let seat = self.seats.get(operator)?;
        if seat.session != Some(session) {
            return None;
        }
        let by = match seat.profile.role {
            Role::Admin => Actor::Admin(Name::from(operator.as_str())),
            Role::Supervisor => Actor::Supervisor(operator.clone()),
            Role::Operator => Actor::Operator(operator.clone()),
        };
        let done = self
            .whom_they_mean(operator, *of)
            .and_then(|(project, number)| {
                let key = (project, number, purpose.clone());
                self.note_refusal(now, *of, key, (by, why.clone()))
            });
        Some(match done {
            Ok(()) => CommandResult::Ok,
            Err(Rejection { code, actual }) => CommandResult::Error { code, actual },
        })
    }

    /// Whom a request of theirs is to call, or with whom they talk.
    fn whom_they_mean(
        &self,
        operator: &OperatorId,
        of: CallId,
    ) -> Result<(ProjectId, PhoneNumber), Rejection> {
        if let Some(callback) = self.callbacks.get(of) {
            return match self.owns_request(operator, of) {
                true => Ok((callback.key.project.clone(), callback.key.number.clone())),
                false => Err(no("not_allowed")),
            };
        }
        let call = self.calls.get(&of).ok_or_else(|| no("unknown_call"))?;
        if !has_to_do_with(call, operator) {
            return Err(no("not_your_call"));
        }
        let number = call.caller.e164().ok_or_else(|| no("no_number"))?;
        Ok((call.number.project.clone(), number.clone()))
    }

    fn note_refusal(
        &mut self,
        now: Now,
        id: CallId,
        (project, number, purpose): Key,
        (by, why): (Actor, String),
    ) -> Result<(), Rejection> {
        fits(purpose.as_ref(), &why)?;
        let refusal = Refusal {
            project,
            number,
            purpose,
            by,
            at: now.wall,
            why,
        };
        match self.refusals.note(refusal.clone()) {
            Noted::Full => {
                self.alarm("dnc_full", "more want no calls than may be kept".to_owned());
                return Err(no("dnc_full"));
            }
            Noted::New => {
                let refusal = refusal.clone();
                self.fact(id, CallEvent::CallsRefused { refusal });
            }
            Noted::Known => {}
        }
        self.call_no_more(now, &refusal);
        Ok(())
    }

    fn allow(
        &mut self,
        id: CallId,
        (project, number, purpose): Key,
        (by, why): (Actor, String),
    ) -> Result<(), Rejection> {
        fits(purpose.as_ref(), &why)?;
        let lifted = self.refusals.lift(&project, &number, purpose.as_ref());
        lifted.ok_or_else(|| no("unknown_refusal"))?;
        self.fact(
            id,
            CallEvent::CallsAllowed {
                project,
                number,
                purpose,
                by,
                why,
            },
        );
        Ok(())
    }

    /// What was to be called is over; what rings an operator for it, or stands in a queue, too. A customer who is rung already is
    /// told by the operator who has asked for it.
    fn call_no_more(&mut self, now: Now, refusal: &Refusal) {
        let service = Purpose::Service.word();
        if refusal.purpose.as_deref().is_some_and(|it| it != service) {
            return;
        }
        let (project, number) = (&refusal.project, &refusal.number);
        self.callbacks.forget_closed_of(project, number);
        for id in self.callbacks.of_number(project, number) {
            let turn = self.callbacks.get(id).and_then(|it| it.turn);
            let note = Some(refusal.why.clone());
            self.close_request(id, RequestOutcome::Dnc, (None, note));
            let seeks = |turn: &CallId| {
                let call = self.calls.get(turn);
                call.is_some_and(|it| it.seeks_customer() && !it.legs.contains_key(&0))
            };
            if let Some(turn) = turn.filter(seeks) {
                let denial = Denial::by_rule(DNC.into(), refusal.who().into(), refusal.why.clone());
                self.tell_denied(turn, &denial);
                self.give_up_out(now, turn, How::Denied(denial));
            }
        }
    }

    /// What keeps this call from being made. In a plan of one project it is that project's, whoever calls.
    pub(crate) fn refusal_of(
        &self,
        wanted: &Wanted,
        operator: Option<&OperatorId>,
    ) -> Option<&Refusal> {
        let request = wanted.request.and_then(|id| self.callbacks.get(id));
        let owing = request.map(|it| &it.key.project);
        let of_caller = || Some(&self.profile(operator?)?.project);
        let of_plan = || Some(&self.plan.as_ref()?.numbers().first()?.project);
        let project = owing.or_else(of_caller).or_else(of_plan)?;
        self.refusals.of(project, &wanted.number, wanted.purpose)
    }

    /// When the customer asked for this call: on a call of their own, or by a form. What somebody of ours has written down for them,
    /// and a call of theirs that nobody answered, is no wish to be called.
    pub(crate) fn asked_at(&self, wanted: &Wanted) -> Option<Wall> {
        let callback = self.callbacks.get(wanted.request?)?;
        let is_wish = callback.key.kind == gudok_model::RequestKind::Callback
            && callback.about.source != RequestSource::Api;
        is_wish.then_some(callback.created)
    }

    /// Whether somebody of ours may not even promise to call this number.
    pub(crate) fn is_refused_to(&self, project: &ProjectId, number: &PhoneNumber) -> bool {
        let service = self.refusals.of(project, number, Purpose::Service);
        service.is_some()
    }
}

fn fits(purpose: Option<&Name>, why: &str) -> Result<(), Rejection> {
    let is_known = |word: &Name| Purpose::WORDS.iter().any(|(it, _)| *it == &**word);
    if !purpose.is_none_or(is_known) {
        return Err(no("unknown_purpose"));
    }
    if why.trim().is_empty() {
        return Err(no("reason_missing"));
    }
    match why.chars().count() > REFUSAL_WHY_MAX {
        true => Err(no("note_too_long")),
        false => Ok(()),
    }
}

fn no(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}
