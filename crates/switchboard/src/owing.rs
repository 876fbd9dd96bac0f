//! What a caller is promised becomes a request (behaviour 5.6): told before the caller hears of it, so that the journal has it
//! first.
use std::time::Duration;

use gudok_dialplan::{CALLBACK_PROMISED, StepEnd};
use gudok_model::{
    CallEvent, CallId, Caller, Kind, Name, Now, Outcome, Owed, PhoneNumber, RequestDetail,
    RequestKind, RequestPlace, Termination, Wall,
};

use crate::call::{Call, Ending};
use crate::legs::millis;
use crate::switchboard::Switchboard;

/// What is owed, and to whom.
struct Owes {
    kind: RequestKind,
    number: Option<PhoneNumber>,
    /// Of a message.
    length: Option<Duration>,
    /// In a queue that was left for it.
    waited: Option<Duration>,
    /// The place in it that is kept.
    place: Option<RequestPlace>,
    /// The caller has pressed for it, and for their own number.
    wished: bool,
}

impl Switchboard {
    /// A message was left; None: so long, but nothing of it was recorded.
    pub(crate) fn owe_an_ear(
        &mut self,
        now: Now,
        id: CallId,
        owed: &Owed,
        length: Option<Duration>,
    ) {
        let owes = Owes {
            kind: RequestKind::Voicemail,
            number: self.callers_number(id),
            length,
            waited: None,
            place: None,
            wished: true,
        };
        self.owe(now, id, owes, owed);
    }

    /// Who came when there were too many is called back.
    pub(crate) fn owe_a_call(&mut self, now: Now, id: CallId) {
        let owes = Owes {
            kind: RequestKind::Callback,
            number: self.callers_number(id),
            length: None,
            waited: None,
            place: None,
            wished: false,
        };
        self.owe(now, id, owes, &Owed::usual(RequestKind::Callback));
    }

    /// The plan promises to call back: to the number that was typed, else to the caller's own.
    pub(crate) fn promise(
        &mut self,
        now: Now,
        id: CallId,
        prompts: Vec<Name>,
        (to, owed): (Option<PhoneNumber>, Owed),
        keep_place: bool,
    ) -> Option<StepEnd> {
        let own = self.callers_number(id);
        let number = to.or_else(|| own.clone());
        let place = self.kept_place(now, id).filter(|_| keep_place);
        let waited = self.leave_place(now, id);
        let owes = Owes {
            kind: RequestKind::Callback,
            wished: number == own,
            number,
            length: None,
            waited,
            place,
        };
        self.owe(now, id, owes, &owed);
        let settled = self.calls.get(&id)?.settled;
        let outcome = settled.unwrap_or(Outcome::CallbackRequested);
        let end = Ending::new(outcome, Termination::success(CALLBACK_PROMISED));
        self.say_and_end(now, id, prompts, end);
        None
    }

    /// Whether a call back can be promised at this caller's number: Russian, mobile or geographic, as `callback` has it.
    /// Others cost whoever calls them, or are no person's (S03).
    pub(crate) fn may_be_called(&self, caller: &Caller) -> bool {
        // A journal of an earlier version knows no such difference.
        let fits = matches!(caller.number.kind, Kind::Mobile | Kind::Geo);
        caller.e164().is_some() && (fits || !self.config.requests)
    }

    fn callers_number(&self, id: CallId) -> Option<PhoneNumber> {
        self.calls.get(&id)?.caller.e164().cloned()
    }

    fn owe(&mut self, now: Now, id: CallId, owes: Owes, owed: &Owed) {
        if self.config.requests {
            let due = self.due(now, id, owed);
            let requested = CallEvent::Requested {
                kind: owes.kind,
                number: owes.number.clone(),
                due,
                group: owed.group.clone(),
                length_ms: owes.length.map(millis),
                waited_ms: owes.waited.map(millis),
                detail: Box::new(RequestDetail {
                    place: owes.place.clone(),
                    needs: self.promised_needs(id, owes.kind),
                    unasked: !owes.wished,
                    ..RequestDetail::default()
                }),
            };
            self.fact(id, requested);
            self.settle_promise(id, owes.kind);
            if let (RequestKind::Callback, Some(number)) = (owes.kind, owes.number) {
                let wished = owes.wished.then_some(now.wall);
                let owed = (owed.group.clone(), due);
                self.keep_promise(now, id, number, owed, (owes.place, wished));
            }
        }
    }

    /// The place that a caller who answers questions has in their queue.
    fn kept_place(&self, now: Now, id: CallId) -> Option<RequestPlace> {
        let call = self.calls.get(&id)?;
        let (queue, priority) = call.aside.as_ref()?.place();
        let waited = now.mono.since(call.stands_from()?);
        Some(RequestPlace {
            queue: queue.clone(),
            priority,
            since: Wall(now.wall.0 - i64::try_from(waited.as_micros()).unwrap_or(0)),
        })
    }

    /// By the plan of the call: at night the time of a promise may stand still.
    pub(crate) fn due(&self, now: Now, id: CallId, owed: &Owed) -> Wall {
        let due = |call: &Call| call.plan.due(owed, now.wall, &self.overrides);
        self.calls.get(&id).map_or(now.wall + owed.within, due)
    }

    /// However the words end, the promise is kept. Who talked before has that as the outcome.
    fn settle_promise(&mut self, id: CallId, kind: RequestKind) {
        if kind == RequestKind::Callback
            && let Some(call) = self.calls.get_mut(&id)
        {
            call.settled.get_or_insert(Outcome::CallbackRequested);
        }
    }
}
