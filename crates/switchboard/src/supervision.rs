//! A supervisor in the talk of an operator: listening, a word that the operator alone hears, a word that all hear, and the talk taken
//! over.
//!
//! Named policies:
//! - The supervisor's own phone is rung, and shows why; its answer is their consent. It is no other phone: where it points to a
//!   colleague, nobody follows.
//! - Who is in a talk is offered nothing meanwhile, and is rung by nobody.
//! - A supervision lasts as long as somebody of ours talks with the caller. It goes on where one talk becomes another at once (after a
//!   word aside, taken over), and is over where the caller waits, is parked, is outside or gone.
//! - On hold the listener hears nothing, as the caller's music is nobody's word; a supervisor who may speak and the operator hear
//!   each other, and that is not recorded, like all else that is said while the caller is on hold.
//! - A phone that holds is silent: its own music would be heard in the talk.
//! - Taking over ends the former operator's part, with their wrap-up and whatever they asked aside.
//! - Listening is told to the operator where the plan does not say otherwise; whoever is heard is told of always.
use gudok_model::{
    AutoAnswer, CallEvent, CallId, EndCause, LegId, Now, OperatorId, SupervisionMode,
};

use crate::call::{Call, Role};
use crate::desk::DeskCommand;
use crate::ending::By;
use crate::floor::Rejection;
use crate::hand::{in_words, left};
use crate::live::state;
use crate::output::{DialTarget, Output};
use crate::supervised::phone_words;
use crate::switchboard::Switchboard;
use crate::timers::Timer;
use crate::transfer::{GONE_AWAY, Whom};

/// Most supervisors in one talk, so that a conference of three and they fit into a room.
pub const SUPERVISORS_MAX: usize = 3;

/// One supervisor in one talk.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Supervision {
    pub(crate) by: OperatorId,
    /// Of their own phone.
    pub(crate) leg: LegId,
    pub(crate) mode: SupervisionMode,
    /// Else it rings.
    pub(crate) answered: bool,
    /// Their phone holds.
    pub(crate) holds: bool,
}

type Answer = Result<(), Rejection>;

impl Switchboard {
    /// A command of a supervisor about a talk of somebody else.
    pub(crate) fn supervise(&mut self, now: Now, by: &OperatorId, command: &DeskCommand) -> Answer {
        self.supervisor(by)?;
        let id = command.call().ok_or_else(|| refused("unknown_call"))?;
        let theirs = self.project(id).is_some_and(|it| self.is_theirs(by, it));
        if !theirs {
            return Err(refused("unknown_call"));
        }
        self.touch(id);
        let present = self.supervision(id, by).cloned();
        match (command, present) {
            (DeskCommand::Supervise { mode, .. }, Some(present)) => {
                self.change_mode(now, &present, *mode)
            }
            (DeskCommand::Supervise { mode, .. }, None) => self.ring_supervisor(now, id, by, *mode),
            (_, Some(present)) => {
                self.end_supervision(now, &present, "left");
                Ok(())
            }
            (_, None) => Err(refused("invalid_state")),
        }
    }

    fn ring_supervisor(
        &mut self,
        now: Now,
        id: CallId,
        by: &OperatorId,
        mode: SupervisionMode,
    ) -> Answer {
        let call = self.calls.get(&id).ok_or_else(|| refused("unknown_call"))?;
        let talk = call.talk().ok_or_else(|| not_in(call))?;
        let operator = talk.operator.clone();
        if self.is_free(id, by).is_err() || !self.acd.may_dial(by) {
            return Err(refused("invalid_state"));
        }
        if call.supervisions.len() >= SUPERVISORS_MAX {
            return Err(refused("supervisors_max"));
        }
        let leg = self.new_leg(id, Role::Supervisor);
        let leg = leg.ok_or_else(|| refused("too_many_legs"))?;
        self.engage(now, id, &Whom::Operator(by.clone()), true);
        let supervision = Supervision {
            by: by.clone(),
            leg,
            mode,
            answered: false,
            holds: false,
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.supervisions.push(supervision.clone());
        }
        let ring = now.mono + self.config.transfer_ring;
        self.timers.set(Timer::Supervise(leg), ring);
        self.dial_supervisor(&supervision, &operator);
        self.tell_supervisor(&supervision, "ringing");
        Ok(())
    }

    fn dial_supervisor(&mut self, supervision: &Supervision, operator: &OperatorId) {
        let Supervision { by, leg, mode, .. } = supervision;
        let dialled = CallEvent::LegDialled {
            leg: *leg,
            operator: Some(by.clone()),
            number: None,
        };
        self.fact(leg.call, dialled);
        let name = self.seats.get(operator).map(|seat| &seat.profile.name);
        let why = phone_words(*mode);
        self.outputs.push_back(Output::Dial {
            leg: *leg,
            target: DialTarget::Operator {
                operator: by.clone(),
            },
            shown_number: None,
            shown_name: name.map(|name| format!("{why}: {name} ({operator})")),
            auto_answer: AutoAnswer::Off,
            colleague: Some(true),
            headers: Vec::new(),
        });
    }

    /// Nobody's phone rings again for it.
    fn change_mode(&mut self, now: Now, present: &Supervision, mode: SupervisionMode) -> Answer {
        if present.mode == mode {
            return Ok(());
        }
        if present.answered && mode == SupervisionMode::TakeOver {
            return self.take_over(now, present);
        }
        self.set_supervision(present.leg, |it| it.mode = mode);
        let changed = Supervision {
            mode,
            ..present.clone()
        };
        if !present.answered {
            self.tell_supervisor(&changed, "ringing");
            return Ok(());
        }
        self.begin_supervision(&changed, Some(present.mode));
        Ok(())
    }

    /// On the record, and at both desks.
    fn begin_supervision(&mut self, supervision: &Supervision, before: Option<SupervisionMode>) {
        let Supervision { by, leg, mode, .. } = supervision;
        let (by, mode) = (by.clone(), *mode);
        let on = true;
        self.fact(leg.call, CallEvent::Supervised { by, mode, on });
        self.tell_supervisor(supervision, "on");
        self.show_supervision(supervision, before, Some(mode));
    }

    /// Their phone has answered.
    pub(crate) fn on_supervisor_answered(&mut self, now: Now, leg: LegId) {
        self.timers.cancel(Timer::Supervise(leg));
        self.set_supervision(leg, |it| it.answered = true);
        let Some(supervision) = self.supervision_by(leg).cloned() else {
            return;
        };
        let away = !self.is_seated(&supervision.by);
        if !away && supervision.mode != SupervisionMode::TakeOver {
            return self.begin_supervision(&supervision, None);
        }
        if away || self.take_over(now, &supervision).is_err() {
            // They have left their seat meanwhile, or hold: they were in no talk.
            let unheard = Supervision {
                answered: false,
                ..supervision
            };
            self.end_supervision(now, &unheard, "refused");
        }
    }

    /// The supervisor is the operator of the talk from now on.
    fn take_over(&mut self, now: Now, present: &Supervision) -> Answer {
        let (id, by) = (present.leg.call, present.by.clone());
        let call = self.calls.get(&id);
        let talk = call.and_then(Call::talk).cloned();
        let talk = talk.ok_or_else(|| refused("invalid_state"))?;
        if present.holds {
            return Err(refused("phone_holds"));
        }
        self.hand_over(now, id, &talk, by.clone(), By::Supervisor)
            .map_err(in_words)?;
        self.set_supervision(present.leg, |it| it.mode = SupervisionMode::TakeOver);
        if let Some(call) = self.calls.get_mut(&id) {
            call.course.passed_by = Some(talk.operator.clone());
        }
        let taken = CallEvent::Supervised {
            by: by.clone(),
            mode: SupervisionMode::TakeOver,
            on: true,
        };
        self.fact(id, taken);
        self.tell_taken_over(&talk.operator, &by);
        Ok(())
    }

    /// Forgets the supervision of whoever takes the talk over, and whatever the former operator asked aside; gives the leg that goes on.
    pub(crate) fn joins_from_ears(
        &mut self,
        now: Now,
        id: CallId,
        operator: &OperatorId,
    ) -> Option<LegId> {
        let taking = self.supervision(id, operator)?.clone();
        self.forget_supervision(&taking);
        self.end_consult(now, id, GONE_AWAY);
        self.tell_supervisor(&taking, "taken_over");
        Some(taking.leg)
    }

    /// Their leg is over: they hung up, or did not answer.
    pub(crate) fn on_supervisor_ended(&mut self, now: Now, leg: LegId, cause: EndCause) {
        if let Some(supervision) = self.supervision_by(leg).cloned() {
            let how = match left(cause, supervision.answered) {
                "hung_up" => "left",
                how => how,
            };
            self.end_supervision(now, &supervision, how);
        }
    }

    /// Their phone holds, or holds no more.
    pub(crate) fn on_supervisor_holds(&mut self, leg: LegId, on: bool) {
        self.set_supervision(leg, |it| it.holds = on);
    }

    /// Nobody answers.
    pub(crate) fn on_supervise_due(&mut self, now: Now, leg: LegId) {
        self.touch(leg.call);
        if let Some(supervision) = self.supervision_by(leg).cloned() {
            self.end_supervision(now, &supervision, "no_answer");
        }
    }

    /// Where nobody of ours talks with the caller any more there is nothing to listen to.
    pub(crate) fn end_idle_supervisions(&mut self, now: Now, id: CallId) {
        let idle = |call: &&Call| call.talk().is_none();
        let idle = self.calls.get(&id).filter(idle);
        let over = idle.map_or(Vec::new(), |call| call.supervisions.clone());
        for supervision in over {
            self.end_supervision(now, &supervision, "talk_over");
        }
    }

    /// Who is no supervisor any more, or of another project, hears nothing more.
    pub(crate) fn revoke_supervisions(&mut self, now: Now) {
        let calls = self.calls.values();
        let all = calls.flat_map(|call| call.supervisions.iter().map(move |it| (call, it)));
        let foreign = all.filter(|(call, it)| !self.is_theirs(&it.by, &call.number.project));
        let over: Vec<Supervision> = foreign.map(|(_, it)| it.clone()).collect();
        for supervision in over {
            self.touch(supervision.leg.call);
            self.end_supervision(now, &supervision, "not_allowed");
        }
    }

    /// Whoever leaves their seat leaves the talk they are in; one whose phone still rings is refused when it answers.
    pub(crate) fn leaves_ears(&mut self, now: Now, by: &OperatorId) {
        let present = self.supervises(by).filter(|it| it.answered).cloned();
        // Another seat may be theirs already.
        if let Some(present) = present.filter(|_| !self.is_seated(by)) {
            self.touch(present.leg.call);
            self.end_supervision(now, &present, "left");
        }
    }

    fn is_seated(&self, by: &OperatorId) -> bool {
        self.acd.operator(by).is_some_and(|it| it.logged_in)
    }

    fn end_supervision(&mut self, now: Now, supervision: &Supervision, how: &str) {
        let Supervision { by, leg, mode, .. } = supervision.clone();
        self.forget_supervision(supervision);
        self.dismiss(leg, false);
        self.engage(now, leg.call, &Whom::Operator(by.clone()), false);
        if supervision.answered {
            let on = false;
            self.fact(leg.call, CallEvent::Supervised { by, mode, on });
            self.show_supervision(supervision, Some(mode), None);
        }
        self.tell_supervisor(supervision, how);
    }

    fn forget_supervision(&mut self, supervision: &Supervision) {
        let leg = supervision.leg;
        self.timers.cancel(Timer::Supervise(leg));
        if let Some(call) = self.calls.get_mut(&leg.call) {
            call.supervisions.retain(|it| it.leg != leg);
        }
    }

    fn set_supervision(&mut self, leg: LegId, change: impl FnOnce(&mut Supervision)) {
        let call = self.calls.get_mut(&leg.call);
        let mut all = call.into_iter().flat_map(|call| &mut call.supervisions);
        if let Some(found) = all.find(|it| it.leg == leg) {
            change(found);
        }
    }

    fn supervision_by(&self, leg: LegId) -> Option<&Supervision> {
        let all = &self.calls.get(&leg.call)?.supervisions;
        all.iter().find(|it| it.leg == leg)
    }

    fn supervision(&self, id: CallId, by: &OperatorId) -> Option<&Supervision> {
        let all = &self.calls.get(&id)?.supervisions;
        all.iter().find(|it| &it.by == by)
    }

    /// Whether this person is in a talk of somebody else, or rung for it.
    pub(crate) fn supervises(&self, by: &OperatorId) -> Option<&Supervision> {
        let engaged = self.acd.operator(by)?.engaged?;
        self.supervision(engaged, by)
    }
}

/// There is no talk; what there is instead is told.
fn not_in(call: &Call) -> Rejection {
    Rejection {
        code: "invalid_state".into(),
        actual: Some(state(call).into()),
    }
}

fn refused(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}
