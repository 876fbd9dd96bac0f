//! The rules in their literal form (behaviour 5.1–5.4), kept by somebody who hears the inputs and sees the outputs and
//! nothing else (I9). Slow and simple on purpose: what it says must be what the machine says.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{Acd, DESK_GRACE, EXTEND_MAX, Input, LEASE_SLACK, Output, PHONE_DISTRUST, WaitEnd};
use gudok_model::{
    CallId, GroupId, GroupSettings, Mono, Now, OfferEnd, OfferId, OperatorId, QueueId, Wall,
};

use crate::plays::{Plan, Play};
use crate::watch::order::Order;
use crate::world::{Caller, call};

mod order;

/// A person as the rules have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) seat: bool,
    pub(crate) phone: bool,
    pub(crate) desk: bool,
    pub(crate) engaged: bool,
    /// The last word about calls was `ready`.
    pub(crate) said_ready: bool,
    /// That word is in force, and no policy took it away.
    wants: bool,
    next: Option<Wish>,
    distrust: Option<Mono>,
    grace: Option<Mono>,
    pause: Option<Mono>,
    misses: u32,
    hand: Hand,
    /// The offer that closed last without having won.
    lost: Option<OfferId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Ready,
    Break,
    Logout,
}

/// What a person has in hand.
#[derive(Clone, PartialEq, Debug, Default)]
enum Hand {
    #[default]
    Nothing,
    Rings(Ring),
    Talks(OfferId, GroupSettings),
    Writes(Writing),
}

#[derive(Clone, PartialEq, Debug)]
struct Ring {
    offer: OfferId,
    terms: GroupSettings,
    until: Mono,
    expires: Mono,
    /// The phone rings.
    alerted: bool,
    /// It began to in time.
    heard: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Writing {
    call: CallId,
    until: Mono,
    extended: Duration,
    /// The person said that it is done.
    done: bool,
}

/// A caller as the rules have them.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) stage: Stage,
    pub(crate) refusals: BTreeMap<OperatorId, Mono>,
    pub(crate) place: Option<Place>,
    /// Came into the queue once: is not sent off as one too many.
    known: bool,
    /// Since when they talk, as aging sees it: it stands still meanwhile.
    talks_since: Mono,
    /// Steps of aging that fell into talks which came to nothing.
    pub(crate) skipped: u128,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Before,
    Waits,
    Aside,
    Talks,
    Over,
}

/// What a caller came with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Place {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    pub(crate) since: Mono,
    pub(crate) deadline: Mono,
    pub(crate) leave_empty: bool,
}

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
}

impl Watch {
    pub(crate) fn new(play: &Play) -> Self {
        let people = play.operators.iter();
        let people = people.map(|id| (OperatorId::from(*id), Person::default()));
        let cases = (0..play.callers.len() as u8).map(|who| (call(who), Case::new()));
        Self {
            people: people.collect(),
            cases: cases.collect(),
            plan: Plan::default(),
            draining: false,
            full: None,
            early: false,
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

    /// Since when, and until when, a caller waits.
    pub(crate) fn place(&self, id: CallId) -> Option<(Mono, Mono)> {
        let place = self.cases[&id].place.as_ref()?;
        Some((place.since, place.deadline))
    }

    /// Something is said, and will be heard by the machine after this.
    pub(crate) fn hears(&mut self, now: Now, early: bool, input: &Input, plan: &fn() -> Plan) {
        self.full = None;
        self.early = early;
        match input {
            Input::Configured { .. } => self.plan = plan(),
            Input::Drain => self.draining = true,
            Input::Queued {
                call,
                queue,
                priority,
                since,
                deadline,
                leave_empty,
                ..
            } => self.comes(
                *call,
                Place {
                    queue: queue.clone(),
                    priority: *priority,
                    since: *since,
                    deadline: *deadline,
                    leave_empty: *leave_empty,
                },
            ),
            Input::Aside { call } => self.case(*call).stage = Stage::Aside,
            Input::Gone { call } => self.case(*call).stage = Stage::Over,
            Input::TalkEnded { call, .. } => self.case(*call).stage = Stage::Over,
            Input::WrapUpResumed {
                operator,
                call,
                left,
                ..
            } => self.who(operator).writes(*call, now.mono + *left),
            other => self.hears_of_person(now.mono, other),
        }
    }

    fn hears_of_person(&mut self, now: Mono, input: &Input) {
        match input {
            Input::Login { operator, .. } => {
                let who = self.who(operator);
                (who.seat, who.desk, who.said_ready) = (true, true, false);
                who.wishes(Wish::Break);
                who.grace = None;
            }
            Input::Logout { operator, .. } => {
                let who = self.who(operator);
                who.said_ready = false;
                who.wishes(Wish::Logout);
            }
            Input::Ready { operator, .. } => {
                let who = self.who(operator);
                if who.is_busy() || who.is_up() {
                    who.said_ready = true;
                    who.wishes(Wish::Ready);
                }
            }
            Input::NotReady { operator, .. } => {
                let who = self.who(operator);
                who.said_ready = false;
                who.wishes(Wish::Break);
            }
            Input::Phone { operator, live } => {
                let who = self.who(operator);
                (who.phone, who.distrust) = (*live, None);
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
                    let by = (*by).min(EXTEND_MAX.saturating_sub(writing.extended));
                    writing.extended += by;
                    writing.until = writing.until + by;
                }
            }
            _ => {}
        }
    }

    fn comes(&mut self, id: CallId, place: Place) {
        let queue = self.plan.queues.iter().find(|it| it.id == place.queue);
        let most = queue.map_or(0, |it| it.callers_max as usize);
        let there = |case: &&Case| {
            let same = case
                .place
                .as_ref()
                .is_some_and(|it| it.queue == place.queue);
            same && matches!(case.stage, Stage::Waits | Stage::Aside)
        };
        let here = self.cases.values().filter(there).count();
        let case = self.case(id);
        if case.stage != Stage::Aside {
            case.skipped = 0;
        }
        case.stage = Stage::Waits;
        case.place = Some(place);
        self.full = (!self.cases[&id].known && here >= most).then_some(id);
    }

    /// Timers of this moment fire after this.
    pub(crate) fn time_is(&mut self, now: Mono) {
        self.full = None;
        self.early = false;
        for who in self.people.values_mut() {
            for due in [&mut who.distrust, &mut who.grace, &mut who.pause] {
                *due = due.filter(|at| *at > now);
            }
        }
    }

    /// The machine says something; it is held against what it may say.
    pub(crate) fn sees(&mut self, now: Now, output: Output) -> Result<(), String> {
        let now = now.mono;
        match output {
            Output::Offer {
                offer,
                operator,
                group,
                ring_deadline,
                expires,
                ..
            } => {
                let terms = self.terms(&group);
                let ring = Ring {
                    offer,
                    terms,
                    until: ring_deadline,
                    expires,
                    alerted: false,
                    heard: false,
                };
                self.sees_offer(now, &operator, ring)
            }
            Output::Won { offer, operator } => self.sees_won(now, offer, &operator),
            Output::OfferClosed {
                offer,
                operator,
                end,
                ..
            } => self.sees_closed(now, offer, &operator, end),
            Output::WrapUpEnded { operator, call, .. } => self.sees_written(now, &operator, call),
            Output::WaitEnded { call, why } => self.sees_wait_end(now, call, why),
            _ => Ok(()),
        }
    }

    fn sees_offer(&mut self, now: Mono, id: &OperatorId, ring: Ring) -> Result<(), String> {
        let offer = ring.offer;
        let case = &self.cases[&offer.call];
        let place = case.place.as_ref();
        let deadline = place.map_or(now, |place| place.deadline);
        let who = &self.people[id];
        if case.stage != Stage::Waits {
            return Err(format!("{offer} for a caller who is {:?}", case.stage));
        }
        if self.draining {
            return Err(format!("Q15: {offer} in a drain"));
        }
        if !who.is_routable() {
            return Err(format!("5.1: {offer} to {id}, who is {who:?}"));
        }
        if ring.until > deadline || ring.expires != ring.until + LEASE_SLACK {
            return Err(format!("Q7: {offer} rings until {:?}", ring.until));
        }
        let at = (now, self.seen(now));
        Order::of(&self.plan).first(&self.cases, &self.people, (offer.call, id), at)?;
        self.who(id).hand = Hand::Rings(ring);
        Ok(())
    }

    fn sees_won(&mut self, now: Mono, offer: OfferId, id: &OperatorId) -> Result<(), String> {
        let seen = self.seen(now);
        if self.cases[&offer.call].stage != Stage::Waits {
            return Err(format!("I2: {offer} is won by {id} after all was over"));
        }
        let who = self.who(id);
        let Hand::Rings(ring) = std::mem::take(&mut who.hand) else {
            return Err(format!("I2: {id} had nothing to win"));
        };
        if ring.offer != offer {
            return Err(format!("I2: {id} had {}, and won {offer}", ring.offer));
        }
        who.misses = 0;
        who.hand = Hand::Talks(offer, ring.terms);
        let case = self.case(offer.call);
        (case.stage, case.talks_since) = (Stage::Talks, seen);
        Ok(())
    }

    fn sees_closed(
        &mut self,
        now: Mono,
        offer: OfferId,
        id: &OperatorId,
        end: OfferEnd,
    ) -> Result<(), String> {
        let who = self.who(id);
        match std::mem::take(&mut who.hand) {
            Hand::Rings(ring) if ring.offer == offer => {
                let memory = ring.terms.refuse_memory;
                who.rang(now, &ring, end)?;
                who.lost = Some(offer);
                if matches!(end, OfferEnd::Rejected | OfferEnd::NoAnswer) {
                    self.case(offer.call)
                        .refusals
                        .insert(id.clone(), now + memory);
                }
                Ok(())
            }
            Hand::Talks(held, terms) if held == offer => self.talked(now, offer, id, end, &terms),
            hand => Err(format!("I3: {id} has {hand:?}, and {offer} is closed")),
        }
    }

    fn talked(
        &mut self,
        now: Mono,
        offer: OfferId,
        id: &OperatorId,
        end: OfferEnd,
        terms: &GroupSettings,
    ) -> Result<(), String> {
        let seen = self.seen(now);
        let aging = self.aging(offer.call);
        let case = self.case(offer.call);
        match end {
            OfferEnd::BridgedEnded => {
                case.refusals.insert(id.clone(), now + terms.refuse_memory);
                self.who(id).writes(offer.call, now + terms.wrap_up);
                Ok(())
            }
            // The caller is back in their place.
            OfferEnd::DeviceError => {
                case.stage = Stage::Waits;
                case.skipped += case.steps(aging, seen) - case.steps(aging, case.talks_since);
                let who = self.who(id);
                who.is_freed();
                who.distrust = Some(now + PHONE_DISTRUST);
                Ok(())
            }
            other => Err(format!("a talk ended as {other:?}")),
        }
    }

    fn sees_written(&mut self, now: Mono, id: &OperatorId, call: CallId) -> Result<(), String> {
        let who = self.who(id);
        match std::mem::take(&mut who.hand) {
            Hand::Writes(it) if it.call == call && (it.done || now >= it.until) => {
                who.is_freed();
                Ok(())
            }
            hand => Err(format!(
                "I7: {id} wrote up {call} no more: {hand:?} at {now:?}"
            )),
        }
    }

    fn sees_wait_end(&mut self, now: Mono, id: CallId, why: WaitEnd) -> Result<(), String> {
        let case = self.cases[&id].clone();
        let place = case.place.clone().ok_or("nobody waited")?;
        let there = self.plan.queues.iter().any(|it| it.id == place.queue);
        let nobody = Order::of(&self.plan).logged_in(&self.people, &place.queue) == 0;
        let right = match why {
            WaitEnd::TimedOut => now >= place.deadline,
            WaitEnd::NoOperators => self.draining || (place.leave_empty && nobody),
            WaitEnd::Full => self.full == Some(id),
            WaitEnd::Removed => !there,
        };
        if !right || !matches!(case.stage, Stage::Waits | Stage::Aside) {
            return Err(format!("{id} leaves as {why:?}: {case:?}"));
        }
        self.full = None;
        self.case(id).stage = Stage::Over;
        Ok(())
    }

    /// After the step the two must say the same, and nobody may be passed over.
    pub(crate) fn agrees(&mut self, acd: &Acd, now: Now) -> Result<(), String> {
        if let Some(id) = self.full {
            return Err(format!("Q0: {id} came into a full queue"));
        }
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
        for case in self.cases.values_mut() {
            case.known |= case.stage == Stage::Waits;
        }
        if self.draining {
            return Ok(());
        }
        let seen = self.seen(now.mono);
        Order::of(&self.plan).nobody_waits_beside(&self.cases, &self.people, seen)
    }

    fn nobody_waits_for_nobody(&self) -> Result<(), String> {
        for (id, case) in &self.cases {
            let Some(place) = case.place.as_ref().filter(|it| it.leave_empty) else {
                continue;
            };
            let nobody = Order::of(&self.plan).logged_in(&self.people, &place.queue) == 0;
            if nobody && case.stage == Stage::Waits {
                return Err(format!("Q8: {id} waits where nobody is"));
            }
        }
        Ok(())
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
                Hand::Nothing | Hand::Rings(_) => return None,
            };
            (!left.is_zero()).then(|| (id.clone(), call, left))
        });
        let left = left.collect();
        for who in self.people.values_mut() {
            *who = Person::default();
        }
        for case in self.cases.values_mut() {
            if case.stage != Stage::Before {
                *case = Case::new();
                case.stage = Stage::Over;
            }
        }
        self.draining = false;
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

impl Case {
    fn new() -> Self {
        Self {
            stage: Stage::Before,
            refusals: BTreeMap::new(),
            place: None,
            known: false,
            talks_since: Mono(0),
            skipped: 0,
        }
    }
}

impl Case {
    pub(crate) fn queue(&self) -> Option<&QueueId> {
        self.place.as_ref().map(|place| &place.queue)
    }

    /// Steps of aging since the caller came.
    pub(crate) fn steps(&self, aging: Option<Duration>, seen: Mono) -> u128 {
        let since = self.place.as_ref().map_or(seen, |place| place.since);
        aging.map_or(0, |step| seen.since(since).as_micros() / step.as_micros())
    }
}

impl Person {
    pub(crate) fn rings_for(&self, call: CallId) -> bool {
        matches!(&self.hand, Hand::Rings(ring) if ring.offer.call == call)
    }

    pub(crate) fn is_free(&self) -> bool {
        self.hand == Hand::Nothing
    }

    fn is_busy(&self) -> bool {
        !self.is_free()
    }

    /// Phone and desk are there.
    fn is_up(&self) -> bool {
        let desk = self.desk || self.grace.is_some();
        self.phone && self.distrust.is_none() && desk
    }

    /// Behaviour 5.1, word by word.
    pub(crate) fn is_routable(&self) -> bool {
        let asked = self.seat && self.wants && self.is_up() && self.is_free();
        asked && self.pause.is_none() && !self.engaged
    }

    /// The last word counts; while busy, afterwards.
    fn wishes(&mut self, wish: Wish) {
        if self.is_busy() {
            // A break is another one by its reason: `login` and `lunch` are not told apart here, nor by what may be offered.
            self.next = (wish != Wish::Ready || !self.wants).then_some(wish);
            return;
        }
        if wish == Wish::Ready && !self.wants {
            self.misses = 0;
        }
        self.takes_up(wish);
    }

    fn takes_up(&mut self, wish: Wish) {
        self.wants = wish == Wish::Ready;
        if wish == Wish::Logout {
            (self.seat, self.desk, self.said_ready) = (false, false, false);
        }
    }

    fn is_freed(&mut self) {
        self.hand = Hand::Nothing;
        if let Some(wish) = self.next.take() {
            if wish == Wish::Ready {
                self.misses = 0;
            }
            self.takes_up(wish);
        }
        self.grace = None;
    }

    fn writes(&mut self, call: CallId, until: Mono) {
        self.hand = Hand::Writes(Writing {
            call,
            until,
            extended: Duration::ZERO,
            done: false,
        });
    }

    fn desk(&mut self, now: Mono, live: bool) {
        if live {
            self.grace = None;
        } else if self.desk && matches!(self.hand, Hand::Talks(..) | Hand::Writes(_)) {
            self.grace = Some(now + DESK_GRACE);
        }
        self.desk = live;
    }

    /// The phone rings no more, and nobody has taken it.
    fn rang(&mut self, now: Mono, ring: &Ring, end: OfferEnd) -> Result<(), String> {
        let up = self.is_up();
        self.is_freed();
        match end {
            OfferEnd::Rejected => self.pause = Some(now + ring.terms.reject_delay),
            OfferEnd::NoAnswer if !ring.heard => {
                return Err(format!("Q12: {} never rang, and was missed", ring.offer));
            }
            OfferEnd::NoAnswer if now < ring.until => {
                return Err(format!("Q7: {} rang too short", ring.offer));
            }
            OfferEnd::NoAnswer => {
                self.misses += 1;
                let max = ring.terms.misses_max;
                if max > 0 && self.misses >= max {
                    self.wants = false;
                    self.said_ready = false;
                }
            }
            // Who lost phone or desk is not distrusted once they are back.
            OfferEnd::DeviceError if !up => {}
            OfferEnd::DeviceError => self.distrust = Some(now + PHONE_DISTRUST),
            OfferEnd::Expired if now < ring.expires || ring.heard => {
                return Err(format!("5.3: {} ran out too early", ring.offer));
            }
            OfferEnd::Expired => self.distrust = Some(now + PHONE_DISTRUST),
            OfferEnd::Lost | OfferEnd::CallerGone | OfferEnd::Revoked => {}
            OfferEnd::BridgedEnded => return Err(format!("{} was no talk", ring.offer)),
        }
        Ok(())
    }

    /// The clocks of the floor say the same.
    fn deadline(&self) -> Option<Wall> {
        let until = match &self.hand {
            Hand::Rings(ring) => ring.until,
            Hand::Writes(writing) => writing.until,
            Hand::Nothing | Hand::Talks(..) => return None,
        };
        i64::try_from(until.0).ok().map(Wall)
    }

    fn display(&self) -> &'static str {
        match &self.hand {
            _ if !self.seat => "logged_out",
            Hand::Rings(ring) if ring.alerted => "ringing",
            Hand::Rings(_) => "reserved",
            Hand::Talks(..) => "talking",
            Hand::Writes(_) => "wrap_up",
            Hand::Nothing if self.engaged => "talking",
            Hand::Nothing if !self.is_up() => "device_down",
            Hand::Nothing if self.wants => "ready",
            Hand::Nothing => "not_ready",
        }
    }
}
