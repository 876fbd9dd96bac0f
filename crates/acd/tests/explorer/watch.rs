//! The rules in their literal form (behaviour 5.1–5.4), kept by somebody who hears the inputs and sees the outputs and
//! nothing else (I9). Slow and simple on purpose: what it says must be what the machine says.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{Acd, EXTEND_MAX, Input};
use gudok_model::{CallId, GroupId, GroupSettings, Mono, Now, OfferId, OperatorId};

use crate::outward::dialled_by;
use crate::plays::{Plan, Play};
use crate::watch::case::{Case, Place, Stage};
use crate::watch::order::Order;
use crate::watch::person::{Dialling, Hand, Person, Ring, Wish};
use crate::world::{Caller, call};

mod case;
mod door;
pub(crate) mod hand;
mod order;
mod outputs;
mod person;

/// The span of a limit of calls.
const HOUR: Duration = Duration::from_secs(3_600);

#[derive(Clone, Debug)]
pub(crate) struct Watch {
    people: BTreeMap<OperatorId, Person>,
    cases: BTreeMap<CallId, Case>,
    plan: Plan,
    draining: bool,
    /// The queue was full when the caller of this step came.
    full: Option<CallId>,
    /// Timers of this very moment have not fired yet.
    early: bool,
    keep_ready: u32,
    hands: hand::Hands,
    /// Who came in this step.
    came: Option<CallId>,
    /// They came to an empty queue.
    shut: Option<CallId>,
    /// One more phone is to ring for them in this step: one of these.
    more: Vec<(CallId, OperatorId)>,
}

impl Watch {
    pub(crate) fn new(play: &Play) -> Self {
        let people = play.operators.iter();
        let cap = play.cap.map(|most| most as usize);
        let person = || Person {
            cap,
            ..Person::default()
        };
        let people = people.map(|id| (OperatorId::from(*id), person()));
        let cases = (0..play.callers.len() as u8).map(|who| (call(who), Case::new()));
        Self {
            people: people.collect(),
            cases: cases.collect(),
            plan: Plan::default(),
            draining: false,
            full: None,
            early: false,
            keep_ready: play.keep_ready,
            hands: hand::Hands::default(),
            came: None,
            shut: None,
            more: Vec::new(),
        }
    }

    pub(crate) fn person(&self, id: &OperatorId) -> &Person {
        &self.people[id]
    }

    pub(crate) fn last_lost(&self, id: &OperatorId) -> Option<OfferId> {
        self.people[id].lost
    }

    pub(crate) fn caller(&self, id: CallId) -> Caller {
        match self.cases[&id].stage {
            Stage::Before => Caller::Before,
            Stage::Waits | Stage::Aside | Stage::Talks => Caller::Here,
            Stage::Over => Caller::Over,
        }
    }

    /// What a caller came with, or was given.
    pub(crate) fn place(&self, id: CallId) -> Option<&Place> {
        self.cases[&id].place.as_ref()
    }

    /// Something is said, and will be heard by the machine after this.
    pub(crate) fn hears(&mut self, now: Now, early: bool, input: &Input, plan: &fn() -> Plan) {
        (self.full, self.came, self.shut) = (None, None, None);
        self.early = early;
        self.more.clear();
        match input {
            Input::Configured { .. } => {
                self.plan = plan();
                self.hands.plan_is(&self.plan);
            }
            Input::Drain => self.draining = true,
            Input::Queued {
                call,
                queue,
                priority,
                since,
                deadline,
                leave_empty,
                sticky,
                ..
            } => self.comes(
                now.mono,
                (*call, sticky.as_ref()),
                Place {
                    queue: queue.clone(),
                    priority: *priority,
                    since: *since,
                    deadline: *deadline,
                    leave_empty: *leave_empty,
                },
            ),
            Input::Aside { call } => {
                let case = self.case(*call);
                (case.stage, case.kept_for, case.named) = (Stage::Aside, None, None);
            }
            Input::Gone { call } => self.case(*call).stage = Stage::Over,
            Input::TalkEnded { call, .. } => self.case(*call).stage = Stage::Over,
            Input::WrapUpResumed {
                operator,
                call,
                left,
                ..
            } => self
                .who(operator)
                .writes(*call, now.mono + *left, Duration::ZERO),
            other => {
                self.hears_of_person(now.mono, other);
                self.hears_by_hand(now.mono, other);
            }
        }
    }

    fn hears_of_person(&mut self, now: Mono, input: &Input) {
        match input {
            Input::Login { operator, .. } => {
                let who = self.who(operator);
                (who.seat, who.desk, who.said_ready) = (true, true, false);
                who.wishes(Wish::Break);
                (who.grace, who.back) = (None, None);
            }
            Input::Logout { operator, .. } => self.who(operator).says(Wish::Logout),
            Input::Ready { operator, .. } => self.who(operator).says(Wish::Ready),
            Input::NotReady { operator, .. } if self.leaves_too_few(operator) => {}
            Input::NotReady { operator, .. } => self.who(operator).says(Wish::Break),
            Input::Force {
                operator,
                to,
                actor,
            } if actor.commands() => self.who(operator).is_told(to),
            Input::Preview {
                operator, lasts, ..
            } => {
                let who = self.who(operator);
                if who.may_dial(false) {
                    who.hand = Hand::Dials(Dialling::Looks(now + *lasts));
                }
            }
            Input::Dialling { operator, .. } => {
                let who = self.who(operator);
                if who.may_dial(true) {
                    who.hand = Hand::Dials(Dialling::Rings);
                }
            }
            Input::DialAnswered { operator, .. } => {
                self.who(operator).hand = Hand::Dials(Dialling::Talks);
            }
            Input::DialEnded {
                operator, wrap_up, ..
            } => {
                let call = dialled_by(operator);
                self.who(operator).writes(call, now + *wrap_up, EXTEND_MAX);
            }
            Input::Phone { operator, live } => {
                let who = self.who(operator);
                (who.phone, who.distrust) = (*live, None);
                let up = who.is_up();
                who.back.take_if(|_| up);
            }
            Input::Desk {
                operator,
                session,
                live,
            } if session.0 == 1 => self.who(operator).desk(now, *live),
            Input::Engaged { operator, on, .. } => self.who(operator).engaged = *on,
            Input::Alerting { offer } => {
                if let Some(ring) = self.ring(*offer) {
                    (ring.alerted, ring.heard) = (true, now <= ring.until);
                }
            }
            Input::Disposed { operator, done, .. } => {
                if let Hand::Writes(writing) = &mut self.who(operator).hand {
                    writing.done = *done;
                }
            }
            Input::Extend { operator, by } => {
                if let Hand::Writes(writing) = &mut self.who(operator).hand {
                    let by = (*by).min(writing.more);
                    writing.more -= by;
                    writing.until = writing.until + by;
                }
            }
            _ => {}
        }
    }

    /// A break is refused where too few of one of their groups would stay on the line.
    fn leaves_too_few(&self, id: &OperatorId) -> bool {
        let keep = self.keep_ready as usize;
        let on_line = |id: &OperatorId| self.people.get(id).is_some_and(Person::is_on_line);
        let mut theirs = self.plan.groups.iter();
        keep > 0
            && on_line(id)
            && theirs.any(|group| {
                let members = self.people.keys().filter(|it| self.hands.has(group, it));
                self.hands.has(group, id) && members.filter(|it| on_line(it)).count() <= keep
            })
    }

    /// Whether somebody's limit ends at this moment.
    pub(crate) fn frees_somebody(&self, at: Mono) -> bool {
        let mut taken = self.people.values().flat_map(|who| &who.taken);
        taken.any(|began| *began + HOUR == at)
    }

    /// Timers of this moment fire after this.
    pub(crate) fn time_is(&mut self, now: Mono) {
        (self.full, self.came, self.shut) = (None, None, None);
        for case in self.cases.values_mut() {
            case.kept_for.take_if(|(_, until)| *until <= now);
        }
        self.early = false;
        self.step_by_step(now);
        for who in self.people.values_mut() {
            for due in [&mut who.distrust, &mut who.grace, &mut who.pause] {
                *due = due.filter(|at| *at > now);
            }
            who.taken.retain(|at| *at + HOUR > now);
            who.is_not_back(now);
        }
    }

    /// After the step the two must say the same, and nobody may be passed over.
    pub(crate) fn agrees(&mut self, acd: &Acd, now: Now) -> Result<(), String> {
        if let Some(id) = self.full {
            return Err(format!("Q0: {id} came into a full queue"));
        }
        if let Some(id) = self.shut {
            return Err(format!("Q8: {id} came to an empty queue"));
        }
        self.nobody_is_kept_for_nobody();
        for (id, who) in &self.people {
            let view = acd.operator(id).ok_or("somebody is missing")?;
            let (ours, theirs) = (who.is_routable(), view.routable);
            if ours != theirs || view.misses != who.misses || view.logged_in != who.seat {
                return Err(format!("5.1: {id} is {view:?}, and should be {who:?}"));
            }
            if view.endpoint_up != who.is_up() || view.deadline != who.deadline() {
                return Err(format!("5.2: {id} is {view:?}, and should be {who:?}"));
            }
            if matches!(who.hand, Hand::Rings(_)) && !who.is_up() {
                return Err(format!("5.2: {id} rings without phone or desk"));
            }
            if *view.display != *who.display() {
                return Err(format!("I5: {id} shows {}, and is {who:?}", view.display));
            }
        }
        for (id, case) in &self.cases {
            let waits = matches!(case.stage, Stage::Waits | Stage::Aside);
            if acd.waits(*id) != waits {
                return Err(format!(
                    "I2: {id} is {:?} and waits: {}",
                    case.stage, !waits
                ));
            }
            let late = case.place.as_ref().is_some_and(|it| it.deadline < now.mono);
            if waits && late {
                return Err(format!("Q10: {id} waits after its time"));
            }
        }
        self.nobody_waits_for_nobody()?;
        self.nobody_waits_behind_the_door()?;
        self.who_is_named_rings()?;
        for case in self.cases.values_mut() {
            case.known |= case.stage == Stage::Waits;
        }
        if self.draining {
            return Ok(());
        }
        let seen = self.seen(now.mono);
        let order = Order::of(&self.plan, &self.hands);
        order.nobody_waits_beside(&self.cases, &self.people, seen)?;
        order.no_emergency_waits(&self.cases, &self.people, (now.mono, seen))?;
        let routable = |id: &OperatorId| self.people[id].is_routable();
        match self.more.iter().find(|(_, id)| routable(id)) {
            Some((call, id)) => Err(format!("Q6: no phone more for {call}, and {id} is free")),
            None => Ok(()),
        }
    }

    /// Whose step has come while they are rung: who is free and could ring too.
    fn step_by_step(&mut self, now: Mono) {
        self.more.clear();
        let order = Order::of(&self.plan, &self.hands);
        for (call, case) in &mut self.cases {
            if case.step_at.is_none_or(|at| at > now) {
                continue;
            }
            case.step_at = None;
            if self.draining || !self.people.values().any(|it| it.rings_for(*call)) {
                continue;
            }
            case.step_at = order.step(case).map(|step| now + step);
            if case.step_at.is_some() {
                let more = order.free_for(case, &self.people, now).into_iter();
                self.more.extend(more.map(|id| (*call, id)));
            }
        }
    }

    /// What is due at this very moment may not have happened yet.
    fn seen(&self, now: Mono) -> Mono {
        if self.early { Mono(now.0 - 1) } else { now }
    }

    fn aging(&self, id: CallId) -> Option<Duration> {
        let place = self.cases[&id].place.as_ref()?;
        let queues = &self.plan.queues;
        queues.iter().find(|it| it.id == place.queue)?.aging
    }

    /// All calls are over, and everybody is free.
    pub(crate) fn is_over(&self) -> Result<(), String> {
        for (id, case) in &self.cases {
            if !matches!(case.stage, Stage::Before | Stage::Over) {
                return Err(format!("I8: {id} never ends: {case:?}"));
            }
        }
        for (id, who) in &self.people {
            if who.is_busy() {
                return Err(format!("I3: {id} is never free: {who:?}"));
            }
        }
        Ok(())
    }

    /// The run is cut. Gives which phones were there, and who has what to write up for how long.
    pub(crate) fn cut(&mut self, now: Mono) -> (Vec<bool>, Vec<(OperatorId, CallId, Duration)>) {
        let phones = self.people.values().map(|who| who.phone).collect();
        let left = self.people.iter().filter_map(|(id, who)| {
            let (call, left) = match &who.hand {
                Hand::Talks(offer, terms) => (offer.call, terms.wrap_up),
                Hand::Writes(it) => (it.call, it.until.since(now)),
                Hand::Nothing | Hand::Rings(_) | Hand::Dials(_) => return None,
            };
            (!left.is_zero()).then(|| (id.clone(), call, left))
        });
        let left = left.collect();
        for who in self.people.values_mut() {
            *who = Person {
                cap: who.cap,
                ..Person::default()
            };
        }
        for case in self.cases.values_mut() {
            if case.stage != Stage::Before {
                *case = Case::new();
                case.stage = Stage::Over;
            }
        }
        (self.draining, self.hands) = (false, hand::Hands::default());
        (phones, left)
    }

    fn terms(&self, group: &GroupId) -> GroupSettings {
        let mut named = self.plan.groups.iter().filter(|it| it.id == *group);
        named.next().expect("a group of the plan").clone()
    }

    fn ring(&mut self, offer: OfferId) -> Option<&mut Ring> {
        self.people
            .values_mut()
            .find_map(|who| match &mut who.hand {
                Hand::Rings(ring) if ring.offer == offer && !ring.alerted => Some(ring),
                _ => None,
            })
    }

    fn who(&mut self, id: &OperatorId) -> &mut Person {
        self.people.get_mut(id).expect("a known operator")
    }

    fn case(&mut self, id: CallId) -> &mut Case {
        self.cases.get_mut(&id).expect("a known caller")
    }
}
