//! After a restart: the work after a talk goes on (behaviour 5.2, Q10). Its call is over and lives in the record alone;
//! the operator is neither ready by it nor free of it, is told so, and may still say what the call was about.
use std::time::Duration;

use gudok_model::{CallEvent, CallId, NO_DISPOSITION, Now, OperatorId};

use crate::input::ResumedWrapUp;
use crate::legs::millis;
use crate::switchboard::Switchboard;

/// What is known of such a wrap-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Resumed {
    /// How long it had lasted at the restart.
    pub(crate) before: Duration,
    pub(crate) disposed: bool,
}

impl Switchboard {
    /// Takes up each; one whose time has passed, or whose operator is gone or at work, is over at once. What is over already is
    /// told, and no person is asked: whatever they do now goes on.
    pub(crate) fn resume(
        &mut self,
        now: Now,
        wrap_ups: Vec<ResumedWrapUp>,
        over: Vec<ResumedWrapUp>,
    ) {
        for it in over {
            self.serving = Some(it.call);
            let took = millis(it.until.since(it.since));
            self.wrapped_up(it.call, &it.operator, it.disposed, took);
        }
        for wrap_up in wrap_ups {
            let ResumedWrapUp {
                call,
                operator,
                since,
                until,
                disposed,
            } = wrap_up;
            self.serving = Some(call);
            let before = now.wall.min(until).since(since);
            let key = (call, operator.clone());
            self.resumed.insert(key, Resumed { before, disposed });
            let input = gudok_acd::Input::WrapUpResumed {
                operator: operator.clone(),
                call,
                left: until.since(now.wall),
                disposed,
            };
            if self.ask_acd(now, input).is_err() {
                self.on_resumed_ended(call, &operator, Duration::ZERO);
            }
        }
    }

    /// The end of such a wrap-up; false when it is none.
    pub(crate) fn on_resumed_ended(
        &mut self,
        call: CallId,
        operator: &OperatorId,
        took: Duration,
    ) -> bool {
        let Some(resumed) = self.resumed.remove(&(call, operator.clone())) else {
            return false;
        };
        let took_ms = millis(resumed.before + took);
        self.wrapped_up(call, operator, resumed.disposed, took_ms);
        true
    }

    /// Whether the operator's wrap-up is one of these.
    pub(crate) fn has_resumed(&self, operator: &OperatorId) -> bool {
        self.resumed.keys().any(|(_, whose)| whose == operator)
    }

    /// The two last facts of a wrap-up.
    pub(crate) fn wrapped_up(
        &mut self,
        call: CallId,
        operator: &OperatorId,
        disposed: bool,
        took_ms: u64,
    ) {
        let operator = operator.clone();
        if !disposed {
            let auto = CallEvent::Disposed {
                operator: operator.clone(),
                code: NO_DISPOSITION.into(),
                note: None,
            };
            self.fact(call, auto);
        }
        self.fact(call, CallEvent::WrapUpEnded { operator, took_ms });
    }
}
