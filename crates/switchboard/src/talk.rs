//! The talk with an operator: hold, its end, the way back to the queue when the phone dies, and the work after.
use std::time::Duration;

use gudok_model::{
    CallEvent, CallId, EndCause, LegId, Now, OfferId, OperatorId, Outcome, Reason, Termination,
};

use crate::call::{Ending, Intro, Phase, Recording, Talk, Wait};
use crate::desk::DeskEvent;
use crate::ending::{By, termination};
use crate::flow::WAIT_GRACE;
use crate::hand::Hold;
use crate::legs::millis;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::transfer::GONE_AWAY;

impl Switchboard {
    /// Tells the desk that the talk began.
    pub(crate) fn show_talk(&mut self, operator: &OperatorId, offer: OfferId) {
        let call_id = offer.call;
        self.tell_desk(Some(operator), DeskEvent::Answered { call_id });
        let call = self.calls.get(&call_id);
        if call.is_some_and(|call| call.recording == Recording::On) {
            self.tell_desk(Some(operator), DeskEvent::RecordingStarted { call_id });
        }
    }

    /// Ends the operator's part: their leg, then their wrap-up. Their time ends here, whatever the caller does.
    pub(crate) fn end_talk(&mut self, now: Now, id: CallId, talk: &Talk, by: By) {
        let operator = talk.operator.clone();
        self.leave_room(id);
        self.end_consult(now, id, GONE_AWAY);
        self.dismiss(talk.leg, false);
        if let Some(call) = self.calls.get_mut(&id) {
            call.wrap_ups.insert(operator.clone());
        }
        self.tell_call_ended(&operator, id, by);
        if talk.is_by_hand() {
            return self.end_own_talk(now, id, talk);
        }
        let ended = match self.work_in_vain(id, &operator) {
            Some(at_most) => gudok_acd::Input::InVain {
                operator,
                call: id,
                at_most,
            },
            None => gudok_acd::Input::TalkEnded { operator, call: id },
        };
        self.tell_acd(now, ended);
    }

    /// The operator's leg is over while they talk.
    pub(crate) fn on_talk_leg_ended(&mut self, now: Now, id: CallId, talk: &Talk, cause: EndCause) {
        match cause {
            // Behaviour 5.3: who was never heard and is gone at once did not take the call.
            _ if !talk.heard && now.mono.since(talk.since) < self.config.media_confirm => {
                return self.take_back(now, id, talk);
            }
            EndCause::MediaTimeout
            | EndCause::SessionTimeout
            | EndCause::Unreachable
            | EndCause::Panic
            | EndCause::Cut
                if self.leaves_conference(now, talk) =>
            {
                return self.warn_lost_phone(&talk.operator, "разговор продолжается без вас");
            }
            EndCause::MediaTimeout
            | EndCause::SessionTimeout
            | EndCause::Unreachable
            | EndCause::Panic
            | EndCause::Cut => return self.requeue(now, id, talk),
            EndCause::HungUp
            | EndCause::ByUs
            | EndCause::Busy
            | EndCause::Declined
            | EndCause::NoAnswer
            | EndCause::NotFound
            | EndCause::NoCommonCodec
            | EndCause::MediaAddress
            | EndCause::Refused => {}
        }
        if self.leaves_conference(now, talk) {
            return;
        }
        if self.is_conference(talk) {
            return self.requeue_alone(now, id, talk);
        }
        let end = Ending::new(Outcome::Answered, termination(cause, By::Operator));
        match cause {
            EndCause::HungUp => self.ask_or_finish(now, id, end),
            _ => self.finish_by(now, id, end, By::Operator),
        }
    }

    /// Who leaves a conference, or is lost to it, leaves the two others with each other. False: it is none, or whoever was asked
    /// may not take the talk over.
    fn leaves_conference(&mut self, now: Now, talk: &Talk) -> bool {
        self.is_conference(talk) && self.join(now, talk, None).is_ok()
    }

    /// F13: the phone died, not the call. The caller is told and goes back to where they came from, with the
    /// waiting time they had: that is the head of the queue.
    fn requeue(&mut self, now: Now, id: CallId, talk: &Talk) {
        self.end_talk(now, id, talk, By::System);
        self.warn_lost_phone(&talk.operator, "звонок вернулся в очередь");
        self.back_to_queue(now, id, talk, lost_phone(&talk.operator));
    }

    /// The operator leaves a conference, and whoever was asked is about to leave too: the caller keeps the place.
    fn requeue_alone(&mut self, now: Now, id: CallId, talk: &Talk) {
        self.end_talk(now, id, talk, By::Operator);
        self.back_to_queue(now, id, talk, left_alone());
    }

    fn back_to_queue(&mut self, now: Now, id: CallId, talk: &Talk, why: Reason) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.phase = Phase::Deciding;
        call.requeues += 1;
        if call.requeues > self.config.requeues_max {
            return self.rescue(now, id, "operators-phones-died");
        }
        let leg = call.caller_leg();
        let decided = CallEvent::Decided {
            decision: format!("requeue {}", talk.from.queue),
            reasons: vec![why],
        };
        self.fact(id, decided);
        let prompt = self.config.lost_operator_prompt.clone();
        let intro = Intro {
            play: self.play(leg, vec![prompt], false),
            until: now.mono + self.config.play_limit(1),
            gives_way: false,
        };
        let at_least = now.mono + self.config.requeue_wait_min;
        let wait = Wait {
            deadline: talk.from.deadline.max(at_least),
            intro: Some(intro),
            ..talk.from.clone()
        };
        if let Some(end) = self.wait_in(now, id, wait) {
            self.advance(now, id, Some(end));
        }
    }

    /// The winner was gone before a word: the ACD offers the call to others at once, in its old place, and the
    /// operator has no work from it.
    fn take_back(&mut self, now: Now, id: CallId, talk: &Talk) {
        self.leave_room(id);
        self.end_consult(now, id, GONE_AWAY);
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_open()) else {
            return;
        };
        call.settled = talk.settled_before;
        let leg = call.caller_leg();
        let wait = Wait {
            intro: None,
            ..talk.from.clone()
        };
        self.tell_call_ended(&talk.operator, id, By::System);
        self.play(leg, vec![wait.music.clone()], true);
        let grace = wait.deadline.since(now.mono) + WAIT_GRACE;
        self.begin_wait(now, id, &wait);
        self.enter(now, id, Phase::Waiting(wait), grace);
        let offer = talk.offer;
        self.tell_acd(now, gudok_acd::Input::DeviceFailed { offer });
    }

    pub(crate) fn tell_call_ended(&mut self, operator: &OperatorId, call_id: CallId, by: By) {
        let by = by.slug().into();
        self.tell_desk(Some(operator), DeskEvent::Ended { call_id, by });
    }

    /// `then`: what has become of the caller. Russian.
    fn warn_lost_phone(&mut self, operator: &OperatorId, then: &str) {
        self.tell_desk(
            Some(operator),
            DeskEvent::Alert {
                what: "phone_lost".into(),
                text: format!("Связь с вашим телефоном прервалась, {then}."),
            },
        );
    }

    /// A party put the other on hold or came back.
    pub(crate) fn on_held(&mut self, now: Now, leg: LegId, on: bool) {
        self.touch(leg.call);
        self.on_supervisor_holds(leg, on);
        let Some(call) = self.calls.get(&leg.call) else {
            return;
        };
        match &call.phase {
            Phase::Talking(talk) if talk.leg == leg => {
                self.set_hold(now, leg.call, |hold| hold.phone = on);
            }
            Phase::TalkingOut { leg: own } if *own == leg => {
                let music = self.config.hold_prompt.clone();
                self.hold_caller(leg, music, on);
            }
            // A caller's own hold brings its own music; the bridge stays.
            Phase::Talking(_) | Phase::TalkingOut { .. } if leg.is_caller() => {
                self.fact(leg.call, CallEvent::Held { leg, on });
            }
            _ => {}
        }
    }

    /// The phone or the desk holds the caller, or holds no more: music as long as either does.
    pub(crate) fn set_hold(&mut self, now: Now, id: CallId, change: impl FnOnce(&mut Hold)) {
        let call = self.calls.get_mut(&id);
        let Some(Phase::Talking(talk)) = call.map(|call| &mut call.phase) else {
            return;
        };
        let was = talk.hold.is_on();
        change(&mut talk.hold);
        let (on, talk) = (talk.hold.is_on(), talk.clone());
        // A phone that holds in a conference is silent there, no more.
        if on != was && !self.is_conference(&talk) {
            self.hold(now, talk.leg, &talk, on);
        }
    }

    pub(crate) fn hold(&mut self, now: Now, leg: LegId, talk: &Talk, on: bool) {
        self.hold_caller(leg, talk.from.music.clone(), on);
        self.mark(leg.call, if on { "hold" } else { "resume" });
        let call_id = leg.call;
        let event = if on {
            DeskEvent::Held { call_id }
        } else {
            DeskEvent::Resumed { call_id }
        };
        self.tell_desk(Some(&talk.operator), event);
        let operator = talk.operator.clone();
        self.tell_acd(now, gudok_acd::Input::Held { operator, on });
    }

    /// Music for the caller, or the other party again.
    fn hold_caller(&mut self, leg: LegId, music: gudok_model::Name, on: bool) {
        let a = LegId::caller(leg.call);
        if on {
            self.leave_room(leg.call);
            self.outputs.push_back(Output::Unbridge { leg: a });
            self.play(a, vec![music], true);
        } else {
            self.outputs.push_back(Output::Bridge { a, b: leg });
        }
        self.fact(leg.call, CallEvent::Held { leg, on });
    }

    /// The operator's phone is heard: they really took the call.
    pub(crate) fn on_heard(&mut self, leg: LegId) {
        if leg.is_caller() {
            self.on_customer_heard(leg);
        }
        let Some(call) = self.calls.get_mut(&leg.call) else {
            return;
        };
        if let Phase::Talking(talk) = &mut call.phase
            && talk.leg == leg
        {
            talk.heard = true;
        }
    }

    /// The operator hangs up at the desk.
    pub(crate) fn hang_up_at_desk(&mut self, now: Now, id: CallId) {
        let talk = self.calls.get(&id).and_then(|call| call.talk().cloned());
        if let Some(talk) = talk.filter(|talk| self.is_conference(talk)) {
            if !self.leaves_conference(now, &talk) {
                self.requeue_alone(now, id, &talk);
            }
            return;
        }
        let end = Ending::new(Outcome::Answered, Termination::success("operator-hung-up"));
        self.ask_or_finish(now, id, end);
    }

    /// The work after the talk is over.
    pub(crate) fn on_wrap_up_ended(&mut self, id: CallId, operator: OperatorId, took: Duration) {
        let seat = self.seats.get_mut(&operator);
        if let Some(seat) = seat
            && seat.card.as_ref().is_some_and(|card| card.call_id == id)
        {
            seat.card = None;
        }
        if self.on_resumed_ended(id, &operator, took) {
            return;
        }
        self.touch(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.wrap_ups.remove(&operator) {
            // Of an attempt that reached nobody there is nothing to say.
            let disposed = call.disposed.contains(&operator) || call.seeks_customer();
            self.wrapped_up(id, &operator, disposed, millis(took));
        }
    }
}

fn left_alone() -> Reason {
    Reason {
        code: "left_alone".into(),
        place: None,
        text: "оператор вышел из конференции, а коллега тоже уходит: разговор некому продолжить"
            .into(),
    }
}

fn lost_phone(operator: &OperatorId) -> Reason {
    Reason {
        code: "operator_phone_lost".into(),
        place: None,
        text: format!(
            "связь с телефоном оператора {operator} прервалась, вызов вернулся в очередь"
        ),
    }
}
