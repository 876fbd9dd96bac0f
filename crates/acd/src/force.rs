//! A supervisor's word about an operator (5.2 `force`): what the operator's own word would do, by another actor.
use gudok_model::{Actor, Forced, Now, OperatorId};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::operator::Work;

impl Acd {
    /// As told, by whoever may tell it. A talk is nobody's to end here: what is busy is taken up afterwards.
    pub(crate) fn force(&mut self, now: Now, id: &OperatorId, to: Forced, by: Actor) {
        if !by.commands() && guard(Guard::ForceByWhoMay) {
            return self.refuse("not_allowed", Some(id));
        }
        match to {
            Forced::Ready => self.ready(now, id, by),
            Forced::NotReady { reason } => self.not_ready(now, id, reason, by),
            Forced::LoggedOut => self.logout(now, id, by),
            Forced::WrapUpOver => self.cut_wrap_up(now, id),
        }
    }

    /// The second exception from I7: a wrap-up is shorter than it was set because a supervisor says so.
    fn cut_wrap_up(&mut self, now: Now, id: &OperatorId) {
        match self.operators.get(id).map(|who| &who.work) {
            None => self.refuse("unknown_operator", None),
            Some(Work::WrapUp(_)) => self.end_wrap_up(now, id),
            Some(_) => self.refuse("no_wrap_up", Some(id)),
        }
    }
}
