//! The floor: what the ACD says is done here, and each call that was touched is proved to go on.
use std::time::Duration;

use gudok_acd::WaitEnd;
use gudok_dialplan::StepEnd;
use gudok_model::{CallEvent, CallId, FloorEvent, Name, Now, QueueId};

use crate::call::Phase;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;
use crate::transfer::GONE_AWAY;

/// The ACD said no to an input.
pub(crate) struct Rejection {
    pub(crate) code: Name,
    pub(crate) actual: Option<Name>,
}

impl Switchboard {
    /// Performs what the ACD asks for until it is quiet, then looks after the calls that were touched: each must go
    /// on, and one that is over has its last word after everything else was told of it.
    pub(crate) fn settle(&mut self, now: Now) {
        loop {
            while let Some(output) = self.next_acd_output() {
                self.serving = subject(&output);
                self.on_acd(now, output);
            }
            self.serving = self.touched.pop();
            let Some(call) = self.serving else {
                return self.time_playbacks(now);
            };
            if !self.goes_on(call) {
                self.rescue(now, call, "nothing-to-wait-for");
            }
            self.end_idle_supervisions(now, call);
            self.say_room(call);
            self.close_record(now, call);
        }
    }

    /// Asks the ACD something that it may refuse. Everything else it says waits for [`Self::settle`].
    pub(crate) fn ask_acd(&mut self, now: Now, input: gudok_acd::Input) -> Result<(), Rejection> {
        while let Some(earlier) = self.acd.poll_output() {
            self.acd_backlog.push_back(earlier);
        }
        self.acd.handle_input(now, input);
        let mut answer = Ok(());
        while let Some(output) = self.acd.poll_output() {
            match output {
                gudok_acd::Output::Rejected { code, actual } => {
                    answer = Err(Rejection { code, actual });
                }
                other => self.acd_backlog.push_back(other),
            }
        }
        answer
    }

    /// Tells the ACD something. A refusal means that it knew already: two ends of one race.
    pub(crate) fn tell_acd(&mut self, now: Now, input: gudok_acd::Input) {
        self.acd.handle_input(now, input);
    }

    fn next_acd_output(&mut self) -> Option<gudok_acd::Output> {
        self.acd_backlog
            .pop_front()
            .or_else(|| self.acd.poll_output())
    }

    fn on_acd(&mut self, now: Now, output: gudok_acd::Output) {
        use gudok_acd::Output as Acd;
        match output {
            Acd::Offer { .. } => self.on_offer(now, output),
            Acd::Won { offer, operator } => self.on_won(now, offer, &operator),
            Acd::Joined { offer, operator } => self.on_joined(now, offer, &operator),
            Acd::OfferClosed {
                offer,
                operator,
                end,
                revoked,
            } => {
                let why = revoked.filter(|_| self.config.ladder_told);
                self.not_met(now, offer.call, &operator);
                self.on_offer_closed(offer, operator, (end, why));
                self.request_not_taken(now, offer.call);
            }
            Acd::WaitEnded { call, why } => self.on_wait_ended(now, call, why),
            Acd::Relaxed {
                call,
                queue,
                rung,
                waited,
            } => self.on_relaxed(call, queue, rung, waited),
            Acd::StateChanged { operator } => {
                self.record_state(now, &operator);
                self.tell_state(&operator);
            }
            Acd::MindChanged { operator } => self.record_mind(now, operator),
            Acd::SatDown { operator, session } => {
                self.record_arrival(operator, session);
                self.wake_requests(now);
            }
            Acd::Counted { operator, tally } => {
                self.floor_fact(FloorEvent::Counted { operator, tally });
            }
            Acd::Left { operator, shift } => {
                self.record_departure(operator.clone(), shift);
                self.leaves_ears(now, &operator);
            }
            Acd::WrapUpEnded {
                operator,
                call,
                took,
                disposed: _,
            } => self.on_wrap_up_ended(call, operator, took),
            Acd::TooLong {
                operator,
                what,
                detail,
            } => self.on_too_long(&operator, what, detail),
            Acd::PreviewEnded {
                operator,
                timed_out,
                ..
            } => self.on_look_over(operator, timed_out),
            Acd::ByHand { what, actor } => self.on_by_hand(now, what, actor),
            // The desk that was replaced is closed where the new one sits down (`on_desk`).
            Acd::SessionReplaced { .. } | Acd::Rejected { .. } => {}
            Acd::Alarm { what, detail } => self.outputs.push_back(Output::Alarm { what, detail }),
        }
    }

    fn on_relaxed(&mut self, call: CallId, queue: QueueId, rung: usize, waited: Duration) {
        if self.config.ladder_told {
            let relaxed = CallEvent::Relaxed {
                queue,
                step: u8::try_from(rung).unwrap_or(u8::MAX),
                waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            };
            self.fact(call, relaxed);
        }
    }

    fn on_wait_ended(&mut self, now: Now, call: CallId, why: WaitEnd) {
        let waits = |phase: &Phase| matches!(phase, Phase::Waiting(_));
        if !self.calls.get(&call).is_some_and(|c| waits(&c.phase)) {
            return;
        }
        let end = match why {
            WaitEnd::TimedOut => StepEnd::TimedOut,
            WaitEnd::Full => StepEnd::Full,
            WaitEnd::Closed => StepEnd::Closed,
            WaitEnd::Removed if self.goes_on_when_removed(call) => StepEnd::Removed,
            // A queue that is not in the plan any more has nobody, where nothing else is said (Q16).
            WaitEnd::NoOperators | WaitEnd::Removed => StepEnd::NoOperators,
        };
        if !self.comes_back(now, call) {
            self.end_transfer(call, GONE_AWAY);
            self.advance(now, call, Some(end));
        }
    }

    /// Whether the plan of the call says where it goes when its queue has left the plan in force.
    fn goes_on_when_removed(&self, id: CallId) -> bool {
        let call = self.calls.get(&id);
        call.is_some_and(|call| call.plan.has_removed_exit(&call.cursor))
    }

    /// Whether a call has something to wait for: a timer, a talk, or only the end of its legs.
    pub(crate) fn goes_on(&self, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else {
            return true;
        };
        match &call.phase {
            Phase::Deciding => false,
            Phase::Talking(talk) => call.legs.contains_key(&talk.leg.index),
            Phase::Apart(talk) => call.consult.as_ref().is_some_and(|consult| {
                let legs = consult.legs(talk);
                legs.iter().all(|leg| call.legs.contains_key(&leg.index))
            }),
            Phase::TalkingOut { leg } => call.legs.contains_key(&leg.index),
            Phase::Ending => self.timers.is_set(Timer::Sweep(id)),
            Phase::Answering(_)
            | Phase::Playing { .. }
            | Phase::Listening(_)
            | Phase::LookingUp
            | Phase::Waiting(_)
            | Phase::Dialling(_)
            | Phase::CallingOut { .. }
            | Phase::Acknowledging(_)
            | Phase::Parked(_)
            | Phase::Message { .. }
            | Phase::Closing { .. } => self.timers.is_set(Timer::Phase(id)),
        }
    }
}

/// The call that the ACD speaks of.
fn subject(output: &gudok_acd::Output) -> Option<CallId> {
    use gudok_acd::Output as Acd;
    match output {
        Acd::Offer { offer, .. }
        | Acd::Won { offer, .. }
        | Acd::Joined { offer, .. }
        | Acd::OfferClosed { offer, .. } => Some(offer.call),
        Acd::WaitEnded { call, .. } | Acd::WrapUpEnded { call, .. } | Acd::Relaxed { call, .. } => {
            Some(*call)
        }
        Acd::StateChanged { .. }
        | Acd::MindChanged { .. }
        | Acd::TooLong { .. }
        | Acd::PreviewEnded { .. }
        | Acd::SatDown { .. }
        | Acd::Counted { .. }
        | Acd::Left { .. }
        | Acd::SessionReplaced { .. }
        | Acd::Rejected { .. }
        | Acd::ByHand { .. }
        | Acd::Alarm { .. } => None,
    }
}
