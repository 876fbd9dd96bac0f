//! Calls that an operator makes: looking at whom to call, ringing them, talking (5.1, 5.2). Readiness is as it was before and
//! after: an attempt that fails makes nobody ready, and nobody not ready.
use std::time::Duration;

use gudok_model::{AttemptId, CallId, Mono, Now, OperatorId};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::ledger::micros;
use crate::operator::{Display, Operator, Work, WrapUp};
use crate::output::Output;
use crate::timer::Timer;

/// An attempt in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Outbound {
    pub(crate) attempt: AttemptId,
    pub(crate) stage: Stage,
}

/// How far it got.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Whom to call is on the screen, until then.
    Preview { until: Now },
    /// They are rung.
    Dialing {
        call: CallId,
        /// Of the talk that may come of it.
        #[serde(default)]
        hold_max: Option<Duration>,
    },
    /// They answered.
    Talking(OutTalk),
    /// They are on hold.
    Hold(OutTalk),
}

/// A talk that no offer led to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct OutTalk {
    pub(crate) call: CallId,
    since: Mono,
    /// The disposition was given during the talk.
    pub(crate) disposed: bool,
    /// How long a hold may last before it is told.
    #[serde(default)]
    hold_max: Option<Duration>,
}

impl Acd {
    /// Whom to call is on the screen for so long.
    pub(crate) fn preview(
        &mut self,
        now: Now,
        id: &OperatorId,
        attempt: AttemptId,
        lasts: Duration,
    ) {
        if !self.may_begin(id, None) {
            return;
        }
        let until = now.plus(lasts);
        if guard(Guard::PreviewEnds) {
            self.timers.set(until.mono, Timer::Preview(id.clone()));
        }
        let stage = Stage::Preview { until };
        self.edit(id, |who| who.work = Work::Out(Outbound { attempt, stage }));
    }

    /// The operator does not want to, or took too long.
    pub(crate) fn preview_ended(&mut self, id: &OperatorId, attempt: Option<AttemptId>) {
        let looks = self.operators.get(id).and_then(Operator::previews);
        let Some((held, until)) = looks.filter(|(held, _)| attempt.is_none_or(|it| it == *held))
        else {
            return self.refuse("invalid_state", Some(id));
        };
        self.timers.cancel(until, Timer::Preview(id.clone()));
        self.outputs.push_back(Output::PreviewEnded {
            operator: id.clone(),
            attempt: held,
            timed_out: attempt.is_none(),
        });
        self.free(id, |_| {});
    }

    /// Somebody is rung for the operator: at their word, or after the look at whom.
    pub(crate) fn dialling(
        &mut self,
        id: &OperatorId,
        attempt: AttemptId,
        (call, hold_max): (CallId, Option<Duration>),
    ) {
        if !self.may_begin(id, Some((attempt, call))) {
            return;
        }
        if let Some((_, until)) = self.operators.get(id).and_then(Operator::previews) {
            self.timers.cancel(until, Timer::Preview(id.clone()));
        }
        let stage = Stage::Dialing { call, hold_max };
        // Who was asked aside in this very call goes on with it: free for nobody in between.
        self.edit(id, |who| {
            (who.engaged, who.kept) = (None, false);
            who.work = Work::Out(Outbound { attempt, stage });
        });
    }

    /// They answered.
    pub(crate) fn dial_answered(&mut self, now: Now, id: &OperatorId, attempt: AttemptId) {
        let out = self.operators.get(id).and_then(|who| who.out(attempt));
        let Some(Stage::Dialing { call, hold_max }) = out.map(|out| &out.stage) else {
            return self.refuse("invalid_state", Some(id));
        };
        let stage = Stage::Talking(OutTalk {
            call: *call,
            since: now.mono,
            disposed: false,
            hold_max: *hold_max,
        });
        self.edit(id, |who| who.work = Work::Out(Outbound { attempt, stage }));
    }

    /// The attempt is over, however it went: the work after it begins, as long as whoever dialled says.
    pub(crate) fn dial_ended(
        &mut self,
        now: Now,
        id: &OperatorId,
        attempt: AttemptId,
        wrap_up: Duration,
    ) {
        let out = self.operators.get(id).and_then(|who| who.out(attempt));
        let (call, disposed) = match out.map(|out| out.stage.clone()) {
            Some(Stage::Dialing { call, .. }) => (call, false),
            Some(Stage::Talking(talk) | Stage::Hold(talk)) => {
                let apart = !self.counts_twice;
                self.book(id, |tally| {
                    tally.dialled = tally.dialled.saturating_add(1);
                    let length = micros(now.mono.since(talk.since));
                    tally.talk_us = tally.talk_us.saturating_add(length);
                    let dialled = if apart { length } else { 0 };
                    tally.dialled_us = tally.dialled_us.saturating_add(dialled);
                });
                (talk.call, talk.disposed)
            }
            Some(Stage::Preview { .. }) | None => return self.refuse("invalid_state", Some(id)),
        };
        self.write_up(now, id, WrapUp::lasting(now, call, wrap_up, disposed));
    }

    /// Whether an attempt may begin; otherwise the input is refused here. `of`: the one that may have been looked at before,
    /// and its call: to be asked aside in that one hinders nobody.
    fn may_begin(&mut self, id: &OperatorId, of: Option<(AttemptId, CallId)>) -> bool {
        let Some(who) = self.operators.get(id) else {
            self.refuse("unknown_operator", None);
            return false;
        };
        let (attempt, call) = of.unzip();
        let looked_at = attempt.is_some() && who.previews().map(|(held, _)| held) == attempt;
        let elsewhere = who.engaged.is_some_and(|held| Some(held) != call);
        let idle = who.work == Work::Idle || !guard(Guard::DialWhenFree);
        let code = if who.session.is_none() {
            "not_logged_in"
        } else if who.removed || elsewhere || !(looked_at || idle) {
            "invalid_state"
        } else if who.endpoint_up() || !guard(Guard::DialNeedsEndpoint) {
            return true;
        } else {
            "endpoint_down"
        };
        self.refuse(code, Some(id));
        false
    }
}

impl Operator {
    /// The attempt in hand, where it is this one.
    fn out(&self, attempt: AttemptId) -> Option<&Outbound> {
        match &self.work {
            Work::Out(out) if out.attempt == attempt => Some(out),
            _ => None,
        }
    }

    /// The attempt that is looked at, and until when.
    pub(crate) fn previews(&self) -> Option<(AttemptId, Mono)> {
        match &self.work {
            Work::Out(Outbound {
                attempt,
                stage: Stage::Preview { until },
            }) => Some((*attempt, until.mono)),
            _ => None,
        }
    }
}

impl Outbound {
    pub(crate) fn display(&self) -> Display {
        match &self.stage {
            Stage::Preview { .. } => Display::Preview,
            Stage::Dialing { .. } => Display::Dialing,
            Stage::Talking(_) => Display::Talking,
            Stage::Hold(_) => Display::Hold,
        }
    }

    /// The call it is made by, once there is one.
    pub(crate) fn call(&self) -> Option<CallId> {
        match &self.stage {
            Stage::Preview { .. } => None,
            Stage::Dialing { call, .. } => Some(*call),
            Stage::Talking(talk) | Stage::Hold(talk) => Some(talk.call),
        }
    }

    /// How long the hold that lasts may last. None: there is none, or no limit of it.
    pub(crate) fn hold_max(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Hold(talk) => talk.hold_max,
            Stage::Preview { .. } | Stage::Dialing { .. } | Stage::Talking(_) => None,
        }
    }

    /// The talk on hold or off it. None: there is no talk.
    pub(crate) fn held(&self, on: bool) -> Option<Self> {
        let (Stage::Talking(talk) | Stage::Hold(talk)) = &self.stage else {
            return None;
        };
        let talk = talk.clone();
        let attempt = self.attempt;
        let stage = if on {
            Stage::Hold(talk)
        } else {
            Stage::Talking(talk)
        };
        Some(Self { attempt, stage })
    }

    /// The talk with this call, to be disposed of.
    pub(crate) fn talk_mut(&mut self, call: CallId) -> Option<&mut OutTalk> {
        match &mut self.stage {
            Stage::Talking(talk) | Stage::Hold(talk) if talk.call == call => Some(talk),
            _ => None,
        }
    }
}
