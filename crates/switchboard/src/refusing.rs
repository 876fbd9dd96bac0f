//! Who wants no calls (behaviour 5.6, `dnc`): a customer says so to an operator, or to whoever runs the business. From then on nobody
//! is called who has not asked for a call since; why it is so, `outbound/decisions/0003-who-wants-no-calls.md`.
use gudok_model::{
    Actor, CallEvent, CallId, Name, Now, OperatorId, PhoneNumber, ProjectId, REFUSAL_WHY_MAX,
    Refusal, RefusalWord, RequestOutcome, Role, SessionId, Wall,
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
        let noted = self.refusals.note(refusal.clone());
        match noted {
            Noted::Full => self.alarm("dnc_full", "more want no calls than may be kept".to_owned()),
            Noted::New | Noted::Again => {
                let refusal = refusal.clone();
                self.fact(id, CallEvent::CallsRefused { refusal });
            }
        }
        // What is open stops for it, kept or not.
        self.call_no_more(now, &refusal);
        match noted {
            Noted::Full => Err(no("dnc_full")),
            Noted::New | Noted::Again => Ok(()),
        }
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

    /// What keeps this call from being made: in a plan of several projects a refusal of the one that calls. A plan of one calls in
    /// its name whoever it is, and there what was written down under the names of the request and of whoever calls holds besides.
    pub(crate) fn refusal_of(
        &self,
        wanted: &Wanted,
        operator: Option<&OperatorId>,
    ) -> Option<&Refusal> {
        let of = |project| self.refusals.of(project, &wanted.number, wanted.purpose);
        let one = self
            .plan
            .as_ref()
            .and_then(|plan| self.project_out(plan, wanted, operator));
        if let Some(project) = one {
            return of(project);
        }
        let request = wanted.request.and_then(|id| self.callbacks.get(id));
        let owing = request.map(|it| &it.key.project);
        let calling = operator.and_then(|it| Some(&self.profile(it)?.project));
        let all = [self.first_project(), owing, calling];
        all.into_iter()
            .flatten()
            .filter_map(of)
            .max_by_key(|it| it.at)
    }

    fn first_project(&self) -> Option<&ProjectId> {
        Some(&self.plan.as_ref()?.numbers().first()?.project)
    }

    /// When the customer asked for this call: by a key on a call of their own, or by a form. What somebody else has asked for, what
    /// the plan promised by itself, and a call of theirs that nobody answered, is no wish to be called.
    pub(crate) fn asked_at(&self, wanted: &Wanted) -> Option<Wall> {
        self.callbacks.get(wanted.request?)?.wished
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
