//! What happens to a leg, told to whoever the leg is for.
use gudok_dialplan::{RecordPolicy, StepEnd};
use gudok_model::{
    CallEvent, CallId, EndCause, EndReason, LegId, Now, OfferId, OperatorId, Outcome,
};

use crate::call::{Access, Call, Ending, Leg, MessageStage, Phase, Recording, Role};
use crate::desk::DeskEvent;
use crate::ending::{By, termination};
use crate::input::DigitForm;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// A new leg of a call. None: the call has dialled too many; it is ended with an alarm by the caller's
    /// next deadline at the latest.
    pub(crate) fn new_leg(&mut self, id: CallId, role: Role) -> Option<LegId> {
        let legs_max = self.config.legs_max;
        let call = self.calls.get_mut(&id)?;
        if call.next_leg >= legs_max {
            self.alarm("legs_max", format!("{id} has dialled {legs_max} legs"));
            return None;
        }
        call.next_leg += 1;
        let index = call.next_leg;
        call.legs.insert(
            index,
            Leg {
                role,
                answered: false,
                dismissed: false,
                playing: None,
            },
        );
        Some(LegId { call: id, index })
    }

    pub(crate) fn on_ringing(&mut self, now: Now, leg: LegId) {
        let Some(role) = self.live_role(leg) else {
            return;
        };
        self.fact(leg.call, CallEvent::LegRinging { leg });
        if matches!(role, Role::Operator { .. } | Role::Outside) {
            self.transfer_rings(leg.call);
        }
        let call_id = leg.call;
        match role {
            Role::Operator { operator, offer } => {
                self.tell_acd(now, gudok_acd::Input::Alerting { offer });
                self.tell_desk(Some(&operator), DeskEvent::Ringing { call_id });
            }
            Role::Own { operator } => {
                self.tell_desk(Some(&operator), DeskEvent::Ringing { call_id });
            }
            Role::Caller => self.on_customer_rings(call_id),
            Role::Outside | Role::Aside | Role::Consulted | Role::Supervisor => {}
        }
    }

    pub(crate) fn on_answered(&mut self, now: Now, leg: LegId, session_id: Option<String>) {
        self.touch(leg.call);
        let Some(role) = self.live_role(leg) else {
            return;
        };
        let call = self.calls.get_mut(&leg.call);
        let found = call.and_then(|call| call.legs.get_mut(&leg.index));
        if found.is_some_and(|found| std::mem::replace(&mut found.answered, true)) {
            return;
        }
        self.counters
            .handle_input(now, gudok_outbound::Input::Answered { leg });
        if role != Role::Caller {
            self.fact(leg.call, CallEvent::LegAnswered { leg, session_id });
        }
        match role {
            Role::Caller if self.calls.get(&leg.call).is_some_and(Call::is_out) => {
                self.fact(
                    leg.call,
                    CallEvent::LegAnswered {
                        leg,
                        session_id: None,
                    },
                );
                self.on_customer_answered(now, leg.call);
            }
            Role::Caller => self.on_caller_answered(now, leg.call),
            Role::Own { .. } => self.on_own_answered(now, leg),
            Role::Operator { offer, .. } => {
                self.tell_acd(now, gudok_acd::Input::Answered { offer });
            }
            Role::Outside => self.on_outside_answered(now, leg.call, leg),
            Role::Aside => {}
            Role::Consulted => self.on_consulted_answered(leg),
            Role::Supervisor => self.on_supervisor_answered(now, leg),
        }
    }

    /// Our 200 went out.
    fn on_caller_answered(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.access = Access::Answered;
        let then = match &mut call.phase {
            Phase::Answering(then) => Some(then.take()),
            Phase::Deciding
            | Phase::Playing { .. }
            | Phase::Listening(_)
            | Phase::LookingUp
            | Phase::Waiting(_)
            | Phase::Dialling(_)
            | Phase::Talking(_)
            | Phase::Apart(_)
            | Phase::Parked(_)
            | Phase::CallingOut { .. }
            | Phase::Acknowledging(_)
            | Phase::TalkingOut { .. }
            | Phase::Message { .. }
            | Phase::Closing { .. }
            | Phase::Ending => None,
        };
        self.meter_begins(now, id);
        self.fact(id, CallEvent::Answered);
        self.arm_recording(id);
        match then {
            None => {}
            Some(None) => self.advance(now, id, None),
            Some(Some(decision)) => {
                if let Some(end) = self.perform(now, id, *decision) {
                    self.advance(now, id, Some(end));
                }
            }
        }
    }

    /// Records from now on, if the leg is answered and the number's policy allows it by now.
    pub(crate) fn arm_recording(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let allowed = match call.number.record {
            RecordPolicy::AfterNotice => call.notice_played,
            RecordPolicy::FromAnswer => true,
            RecordPolicy::Off => false,
        };
        if !allowed || call.access != Access::Answered {
            return;
        }
        let begun = match call.recording {
            Recording::Off => Output::StartRecording { call: id },
            Recording::Paused => Output::PauseRecording {
                call: id,
                on: false,
            },
            // It is tried again where it matters, for a message.
            Recording::On | Recording::Refused => return,
        };
        call.recording = Recording::On;
        let talking = call.talk().map(|talk| talk.operator.clone());
        self.outputs.push_back(begun);
        self.tell_desk(
            talking.as_ref(),
            DeskEvent::RecordingStarted { call_id: id },
        );
    }

    pub(crate) fn on_leg_ended(
        &mut self,
        now: Now,
        leg: LegId,
        cause: EndCause,
        said: Option<EndReason>,
    ) {
        self.touch(leg.call);
        let call = self.calls.get_mut(&leg.call);
        let Some(ended) = call.and_then(|call| call.legs.remove(&leg.index)) else {
            return;
        };
        if ended.playing.is_some() {
            self.timers.cancel(Timer::Playback(leg));
        }
        self.is_back(now, leg);
        self.fact(leg.call, CallEvent::LegEnded { leg, cause, said });
        match ended.role {
            Role::Caller if self.customer_missed(now, leg.call, cause) => {}
            Role::Caller => self.on_caller_ended(now, leg.call, cause),
            Role::Own { operator } => {
                let offer = OfferId {
                    call: leg.call,
                    index: 0,
                };
                self.on_operator_leg_ended(now, leg, &operator, offer, cause);
            }
            Role::Operator { operator, offer } => {
                self.on_operator_leg_ended(now, leg, &operator, offer, cause);
            }
            Role::Outside => self.on_outside_ended(now, leg.call, leg, cause),
            Role::Aside | Role::Consulted => self.on_consult_leg_ended(now, leg, cause),
            Role::Supervisor => self.on_supervisor_ended(now, leg, cause),
        }
    }

    /// The caller is gone: from any phase, the pop that waits for its acknowledgement included.
    fn on_caller_ended(&mut self, now: Now, id: CallId, cause: EndCause) {
        let Some(end) = self.end_of_caller(now, id, cause) else {
            return;
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.access = Access::Over;
        }
        self.meter_ends(now, id);
        if !self.talks_on(now, id, (cause, &end)) {
            self.finish_by(now, id, end, By::Caller);
        }
    }

    /// What the record says of a call whose caller's leg ends so now.
    pub(crate) fn end_of_caller(&self, now: Now, id: CallId, cause: EndCause) -> Option<Ending> {
        let call = self.calls.get(&id)?;
        // However it ends while they are asked, the talk was over before (decisions/0008); a fault of ours is told of.
        let faulty = matches!(cause, EndCause::Panic | EndCause::Cut);
        if let Some(talk) = call.after_talk.as_ref().filter(|_| !faulty) {
            return Some(talk.end.clone());
        }
        let outcome = match cause {
            EndCause::Panic
            | EndCause::Cut
            | EndCause::NoCommonCodec
            | EndCause::MediaAddress
            | EndCause::Refused => call.reached(now.mono).unwrap_or(Outcome::Failed),
            EndCause::HungUp
            | EndCause::ByUs
            | EndCause::Busy
            | EndCause::Declined
            | EndCause::NoAnswer
            | EndCause::NotFound
            | EndCause::Unreachable
            | EndCause::MediaTimeout
            | EndCause::SessionTimeout => call.outcome_if_left(now.mono, self.config.short_abandon),
        };
        Some(Ending::new(outcome, termination(cause, By::Caller)))
    }

    pub(crate) fn on_play_ended(&mut self, now: Now, leg: LegId, play: u32) {
        self.touch(leg.call);
        self.play_ended(leg, play);
        let id = leg.call;
        if !leg.is_caller() {
            if self.vain_heard(now, leg, play) {
                return;
            }
            return self.on_ack_said(now, leg, play);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        // A late end of a playback that was replaced changes nothing.
        match &mut call.phase {
            Phase::Playing { play: own, notice } if *own == play => {
                let notice = notice.take();
                if call.check.is_some() {
                    return self.ask_human(now, id);
                }
                self.on_notice_played(id, notice);
                self.advance(now, id, Some(StepEnd::Played));
            }
            Phase::Closing { play: own, end } if *own == play => {
                let end = end.clone();
                self.finish(now, id, end);
            }
            Phase::Dialling(_) => self.on_out_told(now, id, play),
            Phase::Listening(listening) if listening.play == Some(play) => {
                self.question_ended(now, id);
            }
            Phase::Message { stage, wanted } if stage.plays(play) => {
                let (stage, wanted) = (*stage, wanted.clone());
                self.message_goes_on(now, id, stage, wanted);
            }
            Phase::Waiting(wait) if wait.intro.is_some_and(|it| it.play == play) => {
                self.intro_ended(now, id);
            }
            _ => {}
        }
    }

    pub(crate) fn on_notice_played(&mut self, id: CallId, notice: Option<gudok_model::Name>) {
        let (Some(call), Some(notice)) = (self.calls.get_mut(&id), notice) else {
            return;
        };
        call.notice_played = true;
        self.fact(id, CallEvent::NoticePlayed { notice });
        self.arm_recording(id);
    }

    pub(crate) fn on_digit(&mut self, now: Now, leg: LegId, digit: char, form: DigitForm) {
        self.touch(leg.call);
        let call = self.calls.get_mut(&leg.call);
        if call.is_some_and(|call| call.presses.is_twin(now.mono, leg.index, digit, form)) {
            return;
        }
        if leg.is_caller() && self.on_human_digit(now, leg.call, digit, form) {
            return;
        }
        if !leg.is_caller() {
            return self.on_ack_key(now, leg, digit);
        }
        let call = self.calls.get(&leg.call);
        match call.map(|call| &call.phase) {
            Some(Phase::Listening(_)) => self.on_key(now, leg.call, digit),
            Some(Phase::Waiting(_)) => self.on_queue_key(now, leg.call, digit),
            Some(Phase::Playing { .. } | Phase::LookingUp) => {
                self.on_key_ahead(now, leg.call, digit);
            }
            Some(Phase::Message {
                stage: MessageStage::Speaking { .. },
                ..
            }) if digit == '#' => self.on_message_over(now, leg.call),
            _ => {}
        }
    }

    /// The caller and the other party hear each other; the caller is answered now if not yet.
    pub(crate) fn bridge(
        &mut self,
        id: CallId,
        b: LegId,
        operator: Option<OperatorId>,
        waited: std::time::Duration,
    ) {
        let a = LegId::caller(id);
        self.answer(id);
        for leg in [a, b] {
            self.hears_no_end(leg);
        }
        self.outputs.push_back(Output::Bridge { a, b });
        self.fact(
            id,
            CallEvent::Bridged {
                a,
                b,
                operator,
                waited_ms: millis(waited),
            },
        );
    }

    /// What a leg that nobody told to end is for.
    pub(crate) fn live_role(&self, leg: LegId) -> Option<Role> {
        let found = self.calls.get(&leg.call)?.legs.get(&leg.index)?;
        (!found.dismissed).then(|| found.role.clone())
    }
}

/// Milliseconds, saturating after 584 million years.
pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
