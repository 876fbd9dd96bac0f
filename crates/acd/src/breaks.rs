//! What may last too long: a break and a hold. It is told and shown, and never ended by us (5.2): only a person makes
//! themselves ready (I6), and only a person takes a caller off hold.
//!
//! And how many must stay: a break that would leave fewer on the line than its rule wants is refused, but to a supervisor; so is
//! the word by which somebody leaves a group for others of theirs.
use std::collections::BTreeMap;

use gudok_model::{Actor, BreakRule, CallId, GroupId, Mono, Name, Now, OperatorId, Wall};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::operator::{Intent, Next, Operator, Work};
use crate::output::Output;
use crate::timer::Timer;

/// A break that lasts, by the rule that was in force when it began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Break {
    pub(crate) reason: Name,
    /// When it is too long. None: never.
    pub(crate) until: Option<Now>,
}

/// When what somebody does is too long, or has been for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// The break that lasts; nothing while they work: who talks is not away.
    pub away: Option<Wall>,
    /// The hold that lasts, and of which call.
    pub held: Option<(CallId, Mono)>,
}

impl Acd {
    /// When what this operator does is too long; nothing where nothing limits it.
    pub fn limits(&self, id: &OperatorId) -> Limits {
        self.operators
            .get(id)
            .map_or_else(Limits::default, |who| Limits {
                away: who
                    .too_long_at()
                    .filter(|_| who.sits_out())
                    .map(|at| at.wall),
                held: who.held_call().zip(who.hold_until),
            })
    }

    /// The rules of the plan. Breaks that have begun end by those of then.
    pub(crate) fn set_breaks(&mut self, rules: Vec<BreakRule>) {
        let by_code = |rule: BreakRule| (rule.code.clone(), rule);
        self.breaks = rules.into_iter().map(by_code).collect::<BTreeMap<_, _>>();
    }

    /// Whether this break would leave too few on the line. Who takes no calls anyway leaves nobody alone by it.
    pub(crate) fn leaves_too_few(&self, id: &OperatorId, reason: &Name, by: &Actor) -> bool {
        let keep = self.breaks.get(reason).map_or(0, |rule| rule.keep_ready);
        if keep == 0 || by.commands() || !guard(Guard::BreakQuota) {
            return false;
        }
        self.is_short_without(id, keep, &[])
    }

    /// Whether too few would stay on the line of a group that is none of these. A word about groups names no reason of a break, so
    /// the strictest rule binds it: else who may not go to lunch would go to another group.
    pub(crate) fn leaves_short(&self, id: &OperatorId, groups: &[GroupId]) -> bool {
        let keeps = self.breaks.values().map(|rule| rule.keep_ready);
        let keep = keeps.max().unwrap_or(0);
        let free = keep == 0 || self.serves_freely || !guard(Guard::BreakQuota);
        !free && self.is_short_without(id, keep, groups)
    }

    /// Whether a group of this person but for these would have fewer than so many on the line without them. Who is not on the line
    /// is missed by nobody.
    fn is_short_without(&self, id: &OperatorId, keep: u32, but: &[GroupId]) -> bool {
        let on_line = self.operators.get(id).filter(|who| who.is_on_line());
        let groups = on_line.into_iter().flat_map(|who| &who.groups);
        let mut left = groups.filter(|group| !but.contains(group));
        left.any(|group| self.on_line(group) <= keep)
    }

    /// Members of a group who take calls, or will after the present work. Walks the group: for breaks, not for each step.
    fn on_line(&self, group: &GroupId) -> u32 {
        let places = self.groups.get(group).map(|group| &group.places);
        let members = places.into_iter().flat_map(BTreeMap::keys);
        let known = members.filter_map(|id| self.operators.get(id));
        let count = known.filter(|who| who.is_on_line()).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Starts the clocks of a break and of a hold that begin, and stops those of what is over.
    pub(crate) fn keep_clocks(&mut self, now: Now, id: &OperatorId) {
        self.keep_break(now, id);
        self.keep_hold(now, id);
    }

    fn keep_break(&mut self, now: Now, id: &OperatorId) {
        let Some(who) = self.operators.get_mut(id) else {
            return;
        };
        let reason = who.break_reason().cloned();
        if who.pause.as_ref().map(|pause| &pause.reason) == reason.as_ref() {
            return;
        }
        if let Some(until) = who.break_until() {
            self.timers.cancel(until, Timer::Break(id.clone()));
        }
        who.pause = reason.map(|reason| {
            let max = self.breaks.get(&reason).and_then(|rule| rule.max);
            let until = max.map(|max| now.plus(max));
            Break { reason, until }
        });
        if let Some(until) = who.break_until() {
            self.timers.set(until, Timer::Break(id.clone()));
        }
    }

    fn keep_hold(&mut self, now: Now, id: &OperatorId) {
        let Some(who) = self.operators.get_mut(id) else {
            return;
        };
        let max = match &who.work {
            Work::Hold(talk) => talk.terms.hold_max,
            Work::Out(out) => out.hold_max(),
            _ => None,
        };
        match (max, who.hold_until) {
            (Some(max), None) => {
                let until = now.mono + max;
                who.hold_until = Some(until);
                self.timers.set(until, Timer::Hold(id.clone()));
            }
            (None, Some(until)) => {
                who.hold_until = None;
                self.timers.cancel(until, Timer::Hold(id.clone()));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// The break is longer than its rule lets it be. The operator stays as they are.
    pub(crate) fn break_too_long(&mut self, id: &OperatorId) {
        let pause = self.operators.get(id).and_then(|who| who.pause.as_ref());
        if let Some(pause) = pause {
            let detail = format!("{id} is longer away than {} may last", pause.reason);
            self.too_long(id, "break_too_long", detail);
        }
    }

    /// The caller has been on hold for longer than their queue lets it be.
    pub(crate) fn hold_too_long(&mut self, id: &OperatorId) {
        let call = self.operators.get(id).and_then(Operator::held_call);
        if let Some(call) = call {
            let detail = format!("{id} keeps {call} on hold for too long");
            self.too_long(id, "hold_too_long", detail);
        }
    }

    fn too_long(&mut self, id: &OperatorId, what: &str, detail: String) {
        self.outputs.push_back(Output::TooLong {
            operator: id.clone(),
            what: what.into(),
            detail,
        });
    }
}

impl Operator {
    /// When the break that lasts is too long.
    pub(crate) fn break_until(&self) -> Option<Mono> {
        self.too_long_at().map(|until| until.mono)
    }

    /// The same on both clocks.
    pub(crate) fn too_long_at(&self) -> Option<Now> {
        self.pause.as_ref().and_then(|pause| pause.until)
    }

    /// Whether they do nothing else meanwhile, neither a call nor a talk with a colleague.
    fn sits_out(&self) -> bool {
        !self.is_busy() && self.engaged.is_none()
    }

    /// Whom they keep on hold: a caller, or somebody they called themselves.
    fn held_call(&self) -> Option<CallId> {
        match &self.work {
            Work::Hold(talk) => Some(talk.offer.call),
            Work::Out(out) => out.hold_max().and(out.call()),
            _ => None,
        }
    }

    /// Whether they take calls, or will after the present work. Whom a limit binds takes none.
    fn is_on_line(&self) -> bool {
        let willing = match &self.next {
            Some(wish) => wish.next == Next::Ready,
            None => self.intent == Intent::Ready,
        };
        let may = self.capped.is_none() && !self.removed;
        willing && may && self.session.is_some() && self.endpoint_up()
    }

    /// Why they take no calls, where they have a seat.
    pub(crate) fn break_reason(&self) -> Option<&Name> {
        match &self.intent {
            Intent::NotReady(reason) if self.session.is_some() => Some(reason),
            Intent::NotReady(_) | Intent::Ready => None,
        }
    }
}
