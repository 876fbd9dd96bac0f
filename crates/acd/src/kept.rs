//! An operator is kept for one caller: for the one whom they were about to ring, and who calls us just then (behaviour 5.6).
use gudok_model::{CallId, Now, OperatorId};

use crate::acd::Acd;
use crate::named::is_there;
use crate::operator::{Intent, Operator, Work};
use crate::view::Asked;

impl Acd {
    /// Nobody else's caller comes between the two. The work after the attempt ends here: the caller goes before the paperwork
    /// about them (the third exception from I7).
    pub(crate) fn keep_for(&mut self, now: Now, id: &OperatorId, call: CallId, of: CallId) {
        let Some(who) = self.operators.get(id) else {
            return self.refuse("unknown_operator", None);
        };
        if who.engaged.is_some() {
            return self.refuse("engaged", Some(id));
        }
        if !is_there(who) || !is_at(who, of) {
            return self.refuse("invalid_state", Some(id));
        }
        self.edit(id, |who| (who.engaged, who.kept) = (Some(call), true));
        self.end_wrap_up(now, id);
    }

    /// Whether this operator waits for that caller and can be rung for them.
    pub(crate) fn is_kept_for(&self, id: &OperatorId, call: CallId) -> bool {
        let who = self.operators.get(id);
        let waits = who.is_some_and(|who| who.kept && who.engaged == Some(call));
        waits && self.may_be_asked(call, id) == Asked::Yes
    }
}

/// Whether the operator has this attempt in hand, or had it last and means to go on taking calls.
fn is_at(who: &Operator, of: CallId) -> bool {
    let goes_on = who.intent == Intent::Ready && who.next.is_none();
    match &who.work {
        Work::Reserved(ring) | Work::Ringing(ring) => ring.offer.call == of,
        Work::Talking(talk) | Work::Hold(talk) => talk.offer.call == of,
        Work::Out(out) => out.call() == Some(of),
        Work::WrapUp(wrap_up) => wrap_up.call == of && goes_on,
        Work::Idle => goes_on,
    }
}
