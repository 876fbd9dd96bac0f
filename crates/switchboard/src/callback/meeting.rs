//! Who calls us while an operator is about to ring them meets that very operator (behaviour 5.6): of the two calls theirs goes on,
//! the operator is nobody else's meanwhile, and theirs is the phone that rings for it.
//!
//! Either call may come first, and a phone that is dialling us answers ours with 486: so the last attempt in vain of an operator is
//! remembered for as long as they may hear of it and write it up.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{CallId, Now, OperatorId, PhoneNumber, ProjectId, Reason};

use crate::call::{Call, Phase};
use crate::outgoing::{How, OutEnd, VAIN_TONE_MAX, VAIN_WRAP_UP};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// How long an operator is kept for a caller who hears the words before the queue. A caller who is still in a menu then has the place
/// of their request, and whoever is free.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// Who is kept for whom: one operator for one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meetings {
    kept: BTreeMap<CallId, OperatorId>,
    /// What each operator tried last, and in vain.
    vain: BTreeMap<OperatorId, Vain>,
}

#[derive(Clone, Debug)]
struct Vain {
    of: CallId,
    project: ProjectId,
    number: PhoneNumber,
    until: gudok_model::Mono,
}

impl Meetings {
    pub(crate) fn of(&self, call: CallId) -> Option<&OperatorId> {
        self.kept.get(&call)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OperatorId, CallId)> {
        self.kept.iter().map(|(call, operator)| (operator, *call))
    }

    fn keeps(&self, operator: &OperatorId) -> bool {
        self.kept.values().any(|kept| kept == operator)
    }
}

impl Switchboard {
    /// Somebody calls us. The calls by which they are rung stop; whoever made the last of them is kept for this call.
    pub(crate) fn calls_in(
        &mut self,
        now: Now,
        id: CallId,
        (project, number): (&ProjectId, Option<&PhoneNumber>),
    ) {
        let Some(number) = number else {
            return;
        };
        for out in self.outs_to(project, number) {
            self.meet(now, id, out);
            self.give_up_out(now, out, How::CalledIn);
        }
        self.meet_who_tried(now, id, (project, number));
    }

    /// Theirs crossed ours: it was busy, or was not answered, because they were calling us.
    fn meet_who_tried(
        &mut self,
        now: Now,
        id: CallId,
        (project, number): (&ProjectId, &PhoneNumber),
    ) {
        let theirs = |vain: &Vain| {
            vain.project == *project && vain.number == *number && now.mono <= vain.until
        };
        let mut tried = self.meetings.vain.iter();
        let tried = tried.find(|(_, vain)| theirs(vain));
        if let Some((operator, of)) = tried.map(|(who, vain)| (who.clone(), vain.of)) {
            self.keep_for(now, id, (operator.clone(), of));
            if self.meetings.of(id) == Some(&operator) {
                // Who hears the busy tone could not be rung for them.
                self.stop_vain_tone(now, of);
            }
        }
    }

    /// Whoever is at this call of ours is kept for that caller's.
    pub(crate) fn meet(&mut self, now: Now, id: CallId, out: CallId) {
        if let Some(operator) = self.who_is_at(out) {
            self.keep_for(now, id, (operator, out));
        }
    }

    fn keep_for(&mut self, now: Now, call: CallId, (operator, of): (OperatorId, CallId)) {
        if !self.config.meets || self.meetings.kept.contains_key(&call) {
            return;
        }
        let keep = gudok_acd::Input::Kept {
            operator: operator.clone(),
            call,
            of,
        };
        if self.ask_acd(now, keep).is_ok() {
            self.meetings.vain.remove(&operator);
            self.meetings.kept.insert(call, operator);
            self.timers.set(Timer::Kept(call), now.mono + KEPT_FOR);
        }
    }

    /// Who is about to ring, or rings, the customer of this call of ours: of several phones that ring for it the first.
    fn who_is_at(&self, out: CallId) -> Option<OperatorId> {
        let call = self.calls.get(&out)?;
        let dials = call.dialling().map(|it| it.talk.operator.clone());
        dials.or_else(|| call.offers.values().next().map(|it| it.operator.clone()))
    }

    /// The call comes to a queue: who is asked for it before anybody else. The phone that rings for its customer's request stops, and
    /// rings for the call.
    pub(crate) fn first_for(
        &mut self,
        now: Now,
        id: CallId,
        request: Option<CallId>,
    ) -> Vec<OperatorId> {
        let turn = request.and_then(|request| self.callbacks.get(request)?.turn);
        if let Some(turn) = turn {
            self.meet(now, id, turn);
            if self.meetings.of(id).is_some() {
                self.give_up_out(now, turn, How::CalledIn);
            }
        }
        self.meetings.of(id).cloned().into_iter().collect()
    }

    /// Whoever answered for this call of ours cannot ring a customer who is in a call with us by now: they are kept for it, where it
    /// is on its way to somebody.
    pub(crate) fn meet_on_the_line(&mut self, now: Now, out: CallId) {
        let comes = |call: &&Call| {
            let on_its_way = matches!(
                call.phase,
                Phase::Deciding
                    | Phase::Answering(_)
                    | Phase::Playing { .. }
                    | Phase::Listening(_)
                    | Phase::LookingUp
            );
            on_its_way && !call.is_out() && call.ending.is_none() && call.settled.is_none()
        };
        let theirs = self.calls_on_the_line(out).filter(comes).map(|it| it.id);
        if let Some(theirs) = theirs.min() {
            self.meet(now, theirs, out);
        }
    }

    /// The two have met, or will not: the operator is anybody's again.
    pub(crate) fn end_meeting(&mut self, now: Now, call: CallId) {
        let Some(operator) = self.meetings.kept.remove(&call) else {
            return;
        };
        self.timers.cancel(Timer::Kept(call));
        let over = gudok_acd::Input::Engaged {
            operator,
            call,
            on: false,
        };
        self.tell_acd(now, over);
    }

    /// The same, where the queue rings nobody who was kept for the call.
    pub(crate) fn end_vain_meeting(&mut self, now: Now, call: CallId) {
        let Some(operator) = self.meetings.of(call) else {
            return;
        };
        let view = self.acd.operator(operator);
        let rings = view.and_then(|view| view.offer);
        if rings.is_none_or(|offer| offer.call != call) {
            self.end_meeting(now, call);
        }
    }

    /// The operator was not asked, or did not take it.
    pub(crate) fn not_met(&mut self, now: Now, call: CallId, operator: &OperatorId) {
        if self.meetings.of(call) == Some(operator) {
            self.end_meeting(now, call);
        }
    }

    /// Why this operator is asked for this call. None: for the reasons of any.
    pub(crate) fn why_met(&self, call: CallId, operator: &OperatorId) -> Option<Reason> {
        self.meetings
            .of(call)
            .filter(|kept| *kept == operator)
            .map(|_| Reason {
                code: "called_in".into(),
                place: None,
                text: "клиент позвонил сам, пока ему звонил этот оператор".into(),
            })
    }

    /// Most of the work after a call of ours that reached nobody; none for whoever is kept for its customer. None: it is of another
    /// kind, and the queue says.
    pub(crate) fn work_in_vain(&self, call: CallId, operator: &OperatorId) -> Option<Duration> {
        let call = self.calls.get(&call).filter(|_| self.config.meets);
        call.filter(|call| call.seeks_customer())?;
        let is_kept = self.meetings.keeps(operator);
        Some(if is_kept {
            Duration::ZERO
        } else {
            VAIN_WRAP_UP
        })
    }

    /// Remembers what an operator tried in vain.
    pub(crate) fn note_vain(&mut self, now: Now, end: &OutEnd) {
        let call = self.calls.get(&end.call).filter(|_| self.config.meets);
        let (Some(call), Some(operator), How::Missed(_)) = (call, &end.operator, &end.how) else {
            return;
        };
        let vain = Vain {
            of: end.call,
            project: call.number.project.clone(),
            number: end.number.clone(),
            // The tone first, then the work after it.
            until: now.mono + VAIN_TONE_MAX + VAIN_WRAP_UP,
        };
        self.meetings.vain.insert(operator.clone(), vain);
    }
}
