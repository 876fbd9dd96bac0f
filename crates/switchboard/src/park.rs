//! A caller is parked: whoever talks with them leaves them in a numbered place, with music, for anybody to take from there.
//!
//! Named policies: the operator's part ends with the parking. Whoever takes the caller out is rung as by a transfer, and after
//! them whoever parked. Where nobody takes the caller within `park_max`, they go back to whoever parked them, and after that to
//! the queue they came from, with the first waiting time. Every desk of the caller's project, every admin's and that of whoever parked them is told of the place;
//! places are numbered for all projects together.
use gudok_model::{CallEvent, CallId, LegId, Now, OperatorId, Role};

use crate::call::{Phase, Talk, Wait};
use crate::desk::DeskEvent;
use crate::ending::By;
use crate::floor::Rejection;
use crate::in_hand::ParkedCall;
use crate::switchboard::Switchboard;

/// Most callers who are parked at one time; places are numbered from 1.
pub const PARKED_MAX: u16 = 100;

/// A caller in a place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Parked {
    pub(crate) slot: u16,
    /// Who left them there.
    by: OperatorId,
    until: gudok_model::Wall,
    /// The place in a queue to come back to.
    from: Wait,
}

impl Switchboard {
    /// Into the place that was asked for, else into the first that is free.
    pub(crate) fn park(
        &mut self,
        now: Now,
        talk: &Talk,
        slot: Option<u16>,
    ) -> Result<(), Rejection> {
        let taken: Vec<u16> = self.parked().map(|(_, parked)| parked.slot).collect();
        let is_free = |slot: &u16| !taken.contains(slot);
        let slot = match slot {
            Some(slot) if (1..=PARKED_MAX).contains(&slot) => Some(slot)
                .filter(is_free)
                .ok_or_else(|| refused("slot_taken")),
            Some(_) => Err(refused("unknown_slot")),
            None => (1..=PARKED_MAX)
                .find(is_free)
                .ok_or_else(|| refused("park_full")),
        }?;
        let (id, by) = (talk.leg.call, talk.operator.clone());
        let parked = Parked {
            slot,
            by: by.clone(),
            until: now.wall + self.config.park_max,
            from: talk.from.clone(),
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.course.passed_by = Some(by.clone());
        }
        self.fact(id, CallEvent::Parked { by, slot });
        self.tell_desks((id, &parked.by), &DeskEvent::Parked(parked.shown(id)));
        self.end_talk(now, id, talk, By::Operator);
        let music = vec![parked.from.music.clone()];
        self.play(LegId::caller(id), music, true);
        self.mark(id, "park");
        self.enter(
            now,
            id,
            Phase::Parked(Box::new(parked)),
            self.config.park_max,
        );
        Ok(())
    }

    /// This operator's phone rings for whoever is in that place.
    pub(crate) fn unpark(
        &mut self,
        now: Now,
        operator: &OperatorId,
        slot: u16,
    ) -> Result<(), Rejection> {
        let found = self.parked_in(slot, operator);
        let (id, parked) = found.ok_or_else(|| refused("slot_empty"))?;
        self.is_free(id, operator)
            .map_err(|_| refused("invalid_state"))?;
        // Its queue has left the plan: the way on is the plan's (`on_removed`), when the time in the place is over.
        if self.acd.queue(&parked.from.queue, now.mono).is_none() {
            return Err(refused("unknown_target"));
        }
        self.serving = Some(id);
        self.touch(id);
        let mut first = vec![operator.clone()];
        if parked.by != *operator {
            first.push(parked.by.clone());
        }
        self.leave_slot(id, &parked, Some(operator.clone()));
        self.seek_again(now, id, parked.from, first);
        Ok(())
    }

    /// Who is in that place, where they are this operator's to see.
    fn parked_in(&self, slot: u16, operator: &OperatorId) -> Option<(CallId, Parked)> {
        let mut parked = self.parked().filter(|(_, it)| it.slot == slot);
        let found = parked.find(|(id, it)| self.shows((*id, &it.by), operator));
        found.map(|(id, parked)| (id, parked.clone()))
    }

    /// Nobody took the caller.
    pub(crate) fn on_park_over(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let Some(Phase::Parked(parked)) = call.map(|call| &call.phase) else {
            return;
        };
        let parked = parked.clone();
        self.leave_slot(id, &parked, None);
        self.seek_again(now, id, parked.from, vec![parked.by]);
    }

    /// The place is free: taken by somebody, too long, or the caller is gone.
    pub(crate) fn leave_slot(&mut self, id: CallId, parked: &Parked, by: Option<OperatorId>) {
        let slot = parked.slot;
        let told = CallEvent::Unparked {
            by: by.clone(),
            slot,
        };
        self.fact(id, told);
        let event = DeskEvent::Unparked {
            call_id: id,
            slot,
            by,
        };
        self.tell_desks((id, &parked.by), &event);
    }

    fn seek_again(&mut self, now: Now, id: CallId, from: Wait, first: Vec<OperatorId>) {
        let at_least = now.mono + self.config.requeue_wait_min;
        let deadline = from.deadline.max(at_least);
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = Phase::Deciding;
        }
        self.seek(now, id, Wait { deadline, ..from }, first);
    }

    fn tell_desks(&mut self, parked: (CallId, &OperatorId), event: &DeskEvent) {
        let operators = self.seats.keys().filter(|it| self.shows(parked, it));
        let operators: Vec<OperatorId> = operators.cloned().collect();
        for operator in operators {
            self.tell_desk(Some(&operator), event.clone());
        }
    }

    fn parked(&self) -> impl Iterator<Item = (CallId, &Parked)> {
        self.calls.values().filter_map(|call| match &call.phase {
            Phase::Parked(parked) => Some((call.id, &**parked)),
            _ => None,
        })
    }

    /// Whether a caller is this operator's to see: parked by them or of their project, to an admin everybody (S07).
    fn shows(&self, (id, by): (CallId, &OperatorId), operator: &OperatorId) -> bool {
        let call = self.calls.get(&id).map(|call| &call.number.project);
        let profile = self.profile(operator);
        let own = profile.is_some_and(|it| it.role == Role::Admin || Some(&it.project) == call);
        own || by == operator || !self.config.hand_told
    }

    /// Who is parked and theirs to see, by place.
    pub(crate) fn parked_calls(&self, operator: &OperatorId) -> Vec<ParkedCall> {
        let parked = self
            .parked()
            .filter(|(id, it)| self.shows((*id, &it.by), operator));
        let mut parked: Vec<ParkedCall> = parked.map(|(id, it)| it.shown(id)).collect();
        parked.sort_by_key(|it| it.slot);
        parked
    }
}

impl Parked {
    fn shown(&self, call_id: CallId) -> ParkedCall {
        ParkedCall {
            call_id,
            slot: self.slot,
            by: self.by.clone(),
            until: self.until,
        }
    }
}

fn refused(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}
