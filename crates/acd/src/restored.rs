//! After a restart: whoever had a seat has it, is shown and counted as before, and stands in the line of the free where they
//! stood. Calls come to them when phone and desk are back; who was ready and is not back in time is ready no more, by the
//! policy `restart` (I6).
use std::time::Duration;

use gudok_model::actor::RESTART;
use gudok_model::{Actor, CallId, GroupId, Mono, Name, Now, OperatorId, SessionId, Shift, Wall};

use crate::acd::Acd;
use crate::breaks::Break;
use crate::guard::{Guard, guard};
use crate::ledger::Ledger;
use crate::operator::{Intent, Next, Operator, Wish, Work, WrapUp};
use crate::timer::Timer;

/// How long who was ready at the crash stays so without a phone or a desk: both come back by themselves.
pub const BACK_WITHIN: Duration = Duration::from_secs(60);

/// Why somebody is not ready whom [`BACK_WITHIN`] did not see back.
pub const DEVICE: &str = "device";

/// Somebody who had a seat when the run before was cut.
#[derive(Clone, PartialEq, Debug)]
pub struct Restored {
    /// Who.
    pub operator: OperatorId,
    /// The session, which goes on.
    pub session: SessionId,
    /// Why they take no calls; None: they do.
    pub not_ready: Option<Name>,
    /// Whose word that is.
    pub actor: Actor,
    /// What is taken up when the work after a talk ends, and whose word that is; of nobody without such work.
    pub next: Option<(Name, Actor)>,
    /// The clock of `longest_idle`.
    pub idle_since: Mono,
    /// Calls missed in a row.
    pub misses: u32,
    /// End of the pause after a refusal.
    pub cooldown_until: Option<Mono>,
    /// When the break is too long; a moment that has passed was told of.
    pub too_long_at: Option<Now>,
    /// The work after a talk that goes on.
    pub wrap_up: Option<WrapUpBefore>,
    /// The session so far.
    pub shift: Shift,
    /// For which of their groups they take calls; None: for all.
    pub chosen: Option<Vec<GroupId>>,
}

/// Work after a talk that a restart interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrapUpBefore {
    /// Of which call.
    pub call: CallId,
    /// When it began.
    pub since: Wall,
    /// When it ends. It lasts no longer than that is from `since`, whatever the clock shows now.
    pub until: Wall,
    /// Of that, added by the operator.
    pub extended: Duration,
    /// In how many steps.
    pub extensions: u32,
    /// Most that may be added in all.
    pub extend_max: Duration,
    /// The disposition is there already.
    pub disposed: bool,
}

/// What is true of somebody behind the displayed state and must outlive the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mind {
    /// Why they take no calls; None: they do.
    pub not_ready: Option<Name>,
    /// Whose word is what is taken up when the present work ends.
    pub next_by: Option<Actor>,
    /// The clock of `longest_idle`.
    pub idle_since: Mono,
    /// Calls missed in a row.
    pub misses: u32,
    /// End of the pause after a refusal.
    pub cooldown_until: Option<Mono>,
    /// When the break is too long.
    pub too_long_at: Option<Wall>,
}

impl Acd {
    /// Puts somebody back where they sat.
    pub(crate) fn restore(&mut self, now: Now, mut person: Restored) {
        let id = person.operator.clone();
        match self.operators.get(&id) {
            None => return self.refuse("unknown_operator", None),
            Some(who) if who.session.is_some() || who.is_busy() => {
                return self.refuse("invalid_state", Some(&id));
            }
            Some(_) => {}
        }
        person.cooldown_until.take_if(|at| *at <= now.mono);
        let ledger = Ledger::resumed(&person.shift, now.mono);
        self.ledgers.insert(id.clone(), ledger);
        let back_until = now.mono + BACK_WITHIN;
        self.timers.set(back_until, Timer::Back(id.clone()));
        self.resume_clocks(now, &person);
        let work = person.wrap_up.map(|it| WrapUp::restored(now, &it));
        let over = work.as_ref().is_some_and(|it| it.deadline == now.mono);
        if let Some(wrap_up) = &work {
            let timer = Timer::WrapUp(id.clone());
            self.timers.set(wrap_up.deadline, timer);
        }
        let shift = person.shift.clone();
        let chosen = person.chosen.take();
        self.edit(&id, |who| who.sit_again(person, work, back_until));
        if let Some(tally) = self.tallies.get_mut(&id) {
            tally.go_on(&shift);
        }
        if let Some(groups) = chosen {
            self.choose_again(&id, groups);
        }
        // Limits go by what there was in the session before.
        self.edit(&id, |_| {});
        if over {
            self.end_wrap_up(now, &id);
        }
    }

    /// The clocks of the pause after a refusal and of a break run on.
    fn resume_clocks(&mut self, now: Now, person: &Restored) {
        let id = &person.operator;
        if let Some(at) = person.cooldown_until {
            self.timers.set(at, Timer::Cooldown(id.clone()));
        }
        let too_long = person.too_long_at.map(|at| at.mono);
        if let Some(at) = too_long.filter(|at| *at >= now.mono) {
            self.timers.set(at, Timer::Break(id.clone()));
        }
    }

    /// Phone and desk may be back: then nothing is taken away any more.
    pub(crate) fn is_back(&mut self, id: &OperatorId) {
        let up = self.operators.get(id).filter(|who| who.endpoint_up());
        if up.is_some() {
            self.end_awaiting(id);
        }
    }

    /// Nobody waits for their phone and desk any more.
    pub(crate) fn end_awaiting(&mut self, id: &OperatorId) {
        let awaited = self.operators.get(id);
        if let Some(at) = awaited.and_then(|who| who.endpoint.back_until) {
            self.timers.cancel(at, Timer::Back(id.clone()));
            self.edit(id, |who| who.endpoint.back_until = None);
        }
    }

    /// They were not back in time.
    pub(crate) fn not_back(&mut self, id: &OperatorId) {
        self.edit(id, |who| {
            who.endpoint.back_until = None;
            if who.session.is_some() && !who.endpoint_up() && guard(Guard::BackWithin) {
                who.lose_readiness();
            }
        });
    }

    /// Whom `round_robin` asked last in the run before. Of a group or a member that is gone it means nothing.
    pub(crate) fn set_cursor(&mut self, group: &GroupId, operator: OperatorId) {
        let group = self.groups.get_mut(group);
        if let Some(group) = group.filter(|it| it.places.contains_key(&operator)) {
            group.cursor = Some(operator);
        }
    }

    /// What must outlive the run and is not displayed. None: the config has no such person.
    pub fn mind(&self, id: &OperatorId) -> Option<Mind> {
        let who = self.operators.get(id)?;
        Some(Mind {
            not_ready: match &who.intent {
                Intent::NotReady(reason) => Some(reason.clone()),
                Intent::Ready => None,
            },
            next_by: who.next.as_ref().map(|wish| wish.by.clone()),
            idle_since: who.idle_since,
            misses: who.misses,
            cooldown_until: who.cooldown_until,
            too_long_at: who.too_long_at().map(|until| until.wall),
        })
    }
}

impl Operator {
    fn sit_again(&mut self, person: Restored, work: Option<WrapUp>, back_until: Mono) {
        let Restored {
            session,
            not_ready,
            actor,
            next,
            idle_since,
            misses,
            cooldown_until,
            too_long_at,
            ..
        } = person;
        self.session = Some(session);
        self.by = actor;
        self.intent = not_ready.map_or(Intent::Ready, Intent::NotReady);
        if self.intent == Intent::Ready && !self.by.may_make_ready(&self.profile.id) {
            self.lose_readiness();
        }
        self.next = next.map(|(next, by)| Wish {
            next: Next::named(next),
            by,
        });
        let reason = self.break_reason().cloned();
        self.pause = reason.zip(too_long_at).map(|(reason, until)| Break {
            reason,
            until: Some(until),
        });
        self.idle_since = idle_since;
        self.misses = if guard(Guard::MissesOutlive) {
            misses
        } else {
            0
        };
        self.cooldown_until = cooldown_until;
        self.endpoint.back_until = Some(back_until);
        self.work = work.map_or(Work::Idle, Work::WrapUp);
    }

    fn lose_readiness(&mut self) {
        if self.intent == Intent::Ready {
            self.intent = Intent::NotReady(DEVICE.into());
            self.by = Actor::Policy(RESTART.into());
        }
        self.next.take_if(|wish| wish.next == Next::Ready);
    }
}

impl Next {
    /// As it is displayed and on record.
    fn named(name: Name) -> Self {
        match &*name {
            "ready" => Self::Ready,
            "logged_out" => Self::Logout,
            _ => Self::NotReady(name),
        }
    }
}

impl WrapUp {
    fn restored(now: Now, before: &WrapUpBefore) -> Self {
        let length = before.until.since(before.since);
        let left = before.until.since(now.wall).min(length);
        let deadline = now.mono + left;
        let started = deadline - length;
        let length = deadline.since(started);
        let extended = before.extended.min(length);
        Self {
            call: before.call,
            started,
            since: before.since,
            set: length - extended,
            extend_max: before.extend_max,
            extended,
            extensions: before.extensions,
            deadline,
            deadline_wall: now.wall + left,
            disposed: before.disposed,
            unseated: false,
        }
    }
}
