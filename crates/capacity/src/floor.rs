//! The hotline's own queue lived through: callers come at random, operators of `gudok-acd` take them.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{Acd, Input, Output};
use gudok_model::{
    Actor, AutoAnswer, CallId, GroupSettings, Mono, Now, OfferId, OperatorId, OperatorProfile,
    QueueSettings, SessionId, Strategy, Wall,
};
use uuid::Uuid;

use crate::shift::{HOUR, Shift};
use crate::{Figures, OPERATORS_MAX};

/// How callers and operators are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Floor {
    /// Work after each talk, always as long.
    pub wrap_up: Duration,
    /// From the first ring to the answer; [`PICK_UP_MAX`] at most.
    pub pick_up: Duration,
    /// How long a caller is ready to wait, on average; exponentially distributed.
    pub patience: Option<Duration>,
    /// Longest a caller is kept in the queue (`wait` of the plan's step): then they go elsewhere. None: for ever.
    pub wait: Option<Duration>,
    /// How the next operator is chosen.
    pub strategy: Strategy,
}

/// Nobody lets a phone ring for longer and answers it.
pub const PICK_UP_MAX: Duration = Duration::from_secs(60);

/// Callers of one run, all days together: longer ones are cut.
pub const CALLERS_MAX: u64 = 5_000_000;

const QUEUE: &str = "queue";

/// Lives through the shift so many times, each from an empty queue, with so many operators in each hour, and tells of each
/// hour how those did who came in it. Recorded shifts are taken in turn. The same seed tells the same.
pub fn live(
    shift: &Shift,
    operators: &[u32],
    floor: &Floor,
    within: Duration,
    shifts: u32,
    seed: u64,
) -> Vec<Figures> {
    let mut counted = vec![Counted::default(); shift.hours.len()];
    let mut chance = Chance(seed);
    let (mut lived, mut callers) = (0, 0);
    while lived < shifts && callers < CALLERS_MAX && !shift.hours.is_empty() {
        let recorded = (!shift.recorded.is_empty())
            .then(|| shift.recorded[lived as usize % shift.recorded.len()].as_slice());
        let day = Day::new(shift, operators, recorded, floor, &mut chance);
        callers += day.live(within, &mut counted);
        lived += 1;
    }
    let hours = operators.iter().zip(&counted);
    hours
        .map(|(operators, counted)| counted.figures(*operators, lived))
        .collect()
}

#[derive(Clone, Default)]
struct Counted {
    came: u64,
    within: u64,
    gave_up: u64,
    timed_out: u64,
    waited: f64,
    busy: f64,
}

impl Counted {
    fn figures(&self, operators: u32, shifts: u32) -> Figures {
        let share = |count: u64| match self.came {
            0 => 0.0,
            came => count as f64 / came as f64,
        };
        let wait = self.waited / (self.came.max(1) as f64);
        let time = 3_600.0 * f64::from(operators.max(1)) * f64::from(shifts.max(1));
        Figures {
            service_level: if self.came == 0 {
                1.0
            } else {
                share(self.within)
            },
            abandoned: share(self.gave_up),
            timed_out: share(self.timed_out),
            mean_wait: Duration::try_from_secs_f64(wait).ok(),
            occupancy: (self.busy / time).min(1.0),
        }
    }
}

/// What happens by itself.
enum Event {
    Arrives,
    GivesUp(CallId),
    PicksUp(OfferId),
    HangsUp(OperatorId, CallId),
    /// Another hour begins.
    Shift(usize),
}

/// Not in talk yet.
struct Caller {
    since: Mono,
    /// Phones that ring for this one.
    phones: u32,
    /// Since then.
    ring: Mono,
}

impl Caller {
    fn rings(&mut self, now: Mono) {
        self.phones = if self.ring == now { self.phones + 1 } else { 1 };
        self.ring = now;
    }

    /// What operators spent on the ringing.
    fn rang(&self, now: Mono) -> f64 {
        f64::from(self.phones) * now.since(self.ring).as_secs_f64()
    }
}

/// One day.
struct Day<'a> {
    shift: &'a Shift,
    /// In each hour.
    operators: &'a [u32],
    /// When callers come, from the beginning, in order; None: at random.
    recorded: Option<&'a [Duration]>,
    floor: &'a Floor,
    chance: &'a mut Chance,
    acd: Acd,
    now: Mono,
    agenda: BTreeMap<(Mono, u64), Event>,
    waiting: BTreeMap<CallId, Caller>,
    callers: u64,
    events: u64,
}

impl<'a> Day<'a> {
    fn new(
        shift: &'a Shift,
        operators: &'a [u32],
        recorded: Option<&'a [Duration]>,
        floor: &'a Floor,
        chance: &'a mut Chance,
    ) -> Self {
        let mut day = Self {
            shift,
            operators,
            recorded,
            floor,
            chance,
            acd: Acd::new(),
            now: Mono(0),
            agenda: BTreeMap::new(),
            waiting: BTreeMap::new(),
            callers: 0,
            events: 0,
        };
        day.staff();
        for hour in 0..operators.len() {
            day.then(Mono(hour as u64 * HOUR), Event::Shift(hour));
        }
        day.next_arrival(Mono(0));
        day
    }

    /// In the fullest hour.
    fn most(&self) -> u32 {
        let most = self.operators.iter().max().copied();
        most.unwrap_or_default().min(OPERATORS_MAX)
    }

    /// Everybody sits down; who is wanted says so when their hour begins.
    fn staff(&mut self) {
        let operators: Vec<OperatorId> = (0..self.most()).map(operator).collect();
        let profiles = operators.iter().map(|id| OperatorProfile {
            id: id.clone(),
            name: id.to_string(),
            project: "capacity".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
            role: gudok_model::Role::Operator,
        });
        self.tell(Input::Operators(profiles.collect()));
        let mut group = GroupSettings::usual(QUEUE.into(), operators.clone());
        group.strategy = self.floor.strategy;
        group.ring = Duration::from_secs(120);
        group.wrap_up = self.floor.wrap_up;
        group.reject_delay = Duration::ZERO;
        group.misses_max = 0;
        group.refuse_memory = Duration::ZERO;
        let mut queue = QueueSettings::usual(QUEUE.into(), QUEUE.into());
        queue.callers_max = u32::MAX;
        self.tell(Input::Configured {
            groups: vec![group],
            queues: vec![queue],
            skills: Vec::new(),
        });
        for (session, operator) in (1..).zip(operators) {
            self.tell(Input::Phone {
                operator: operator.clone(),
                live: true,
            });
            self.tell(Input::Login {
                operator,
                session: SessionId(session),
            });
        }
    }

    /// Until the last caller of the shift is served or gone; gives how many there were.
    fn live(mut self, within: Duration, counted: &mut [Counted]) -> u64 {
        loop {
            let timer = self.acd.poll_timeout();
            let event = self.agenda.first_key_value().map(|((at, _), _)| *at);
            match (timer, event) {
                (Some(timer), event) if event.is_none_or(|at| timer < at) => {
                    if event.is_none() && self.waiting.is_empty() {
                        break;
                    }
                    self.now = self.now.max(timer);
                    self.acd.handle_timeout(self.moment());
                }
                (_, Some(_)) => {
                    let Some(((at, _), event)) = self.agenda.pop_first() else {
                        break;
                    };
                    self.now = self.now.max(at);
                    self.happens(event, counted);
                }
                _ => break,
            }
            self.perform(within, counted);
        }
        self.callers
    }

    fn happens(&mut self, event: Event, counted: &mut [Counted]) {
        match event {
            Event::Arrives => self.arrives(counted),
            Event::GivesUp(call) => {
                if let Some(counted) = self.leaves(call, counted) {
                    counted.gave_up += 1;
                    self.tell(Input::Gone { call });
                }
            }
            Event::PicksUp(offer) => self.tell(Input::Answered { offer }),
            Event::HangsUp(operator, call) => self.tell(Input::TalkEnded { operator, call }),
            Event::Shift(hour) => self.shift(hour),
        }
    }

    /// Nobody talks to this one; the hour it counts in. None: it was not there any more.
    fn leaves<'c>(&mut self, call: CallId, counted: &'c mut [Counted]) -> Option<&'c mut Counted> {
        let caller = self.waiting.remove(&call)?;
        let counted = &mut counted[self.hour(caller.since)];
        counted.waited += self.now.since(caller.since).as_secs_f64();
        counted.busy += caller.rang(self.now);
        Some(counted)
    }

    fn shift(&mut self, hour: usize) {
        for index in 0..self.most() {
            let operator = operator(index);
            let actor = Actor::Operator(operator.clone());
            self.tell(match index < self.operators[hour] {
                true => Input::Ready { operator, actor },
                false => Input::NotReady {
                    operator,
                    reason: "shift".into(),
                    actor,
                },
            });
        }
    }

    fn arrives(&mut self, counted: &mut [Counted]) {
        let hour = self.hour(self.now);
        self.callers += 1;
        counted[hour].came += 1;
        let call = CallId(Uuid::from_u128(u128::from(self.callers)));
        let caller = Caller {
            since: self.now,
            phones: 0,
            ring: self.now,
        };
        self.waiting.insert(call, caller);
        if let Some(patience) = self.floor.patience {
            let patience = self.chance.about(patience);
            self.then(self.now + patience, Event::GivesUp(call));
        }
        self.tell(Input::Queued {
            call,
            queue: QUEUE.into(),
            priority: 5,
            since: self.now,
            deadline: self
                .floor
                .wait
                .map_or(Mono(u64::MAX), |wait| self.now + wait),
            leave_empty: false,
            first: Vec::new(),
            sticky: None,
            resumed: false,
            stays: false,
            promised: false,
            needs: gudok_model::Needs::new(),
        });
        self.next_arrival(self.now);
    }

    /// Those on record come as they came. At random: in hours of different load the rest of the wait is drawn anew where the next one begins, which forgets nothing.
    fn next_arrival(&mut self, from: Mono) {
        if let Some(recorded) = &mut self.recorded {
            if let Some((first, rest)) = recorded.split_first() {
                *recorded = rest;
                self.then(Mono::default() + *first, Event::Arrives);
            }
            return;
        }
        let mut at = from;
        while let Some(hour) = self.shift.hours.get((at.0 / HOUR) as usize) {
            let end = Mono((at.0 / HOUR + 1) * HOUR);
            if hour.calls > 0.0 {
                let mean = Duration::from_secs_f64(3_600.0 / hour.calls);
                let next = at + self.chance.about(mean);
                if next < end {
                    return self.then(next, Event::Arrives);
                }
            }
            at = end;
        }
    }

    fn perform(&mut self, within: Duration, counted: &mut [Counted]) {
        while let Some(output) = self.acd.poll_output() {
            match output {
                Output::Offer { offer, .. } => {
                    let pick_up = self.floor.pick_up.min(PICK_UP_MAX);
                    if let Some(caller) = self.waiting.get_mut(&offer.call) {
                        caller.rings(self.now);
                    }
                    self.then(self.now + pick_up, Event::PicksUp(offer));
                }
                Output::Won { offer, operator } => self.talks(offer, operator, within, counted),
                // The queue leaves nobody for another reason: it is never full, empty or taken out of the plan here.
                Output::WaitEnded { call, .. } => {
                    if let Some(counted) = self.leaves(call, counted) {
                        counted.timed_out += 1;
                    }
                }
                _ => {}
            }
        }
    }

    fn talks(
        &mut self,
        offer: OfferId,
        operator: OperatorId,
        within: Duration,
        counted: &mut [Counted],
    ) {
        let Some(caller) = self.waiting.remove(&offer.call) else {
            return;
        };
        let hour = self.hour(caller.since);
        let waited = self.now.since(caller.since);
        let talk = self.chance.about(self.shift.hours[hour].talk);
        counted[hour].within += u64::from(waited <= within);
        counted[hour].waited += waited.as_secs_f64();
        counted[hour].busy += caller.rang(self.now) + (talk + self.floor.wrap_up).as_secs_f64();
        self.then(self.now + talk, Event::HangsUp(operator, offer.call));
    }

    fn hour(&self, at: Mono) -> usize {
        ((at.0 / HOUR) as usize).min(self.shift.hours.len() - 1)
    }

    fn tell(&mut self, input: Input) {
        self.acd.handle_input(self.moment(), input);
    }

    fn then(&mut self, at: Mono, event: Event) {
        self.events += 1;
        self.agenda.insert((at, self.events), event);
    }

    fn moment(&self) -> Now {
        Now {
            mono: self.now,
            wall: Wall(self.now.0.try_into().unwrap_or(i64::MAX)),
        }
    }
}

fn operator(index: u32) -> OperatorId {
    OperatorId::new(format!("{index}"))
}

/// Chance from a seed: splitmix64 (Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    /// Exponentially distributed with this mean.
    fn about(&mut self, mean: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // Above zero and at most one.
        let unit = ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        mean.mul_f64(-unit.ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hour, Load, Target, figures, operators_for};

    const TWENTY: Duration = Duration::from_secs(20);

    /// Callers at random, talks and patience of exponential length, nothing else: what the formula is of.
    fn plain(patience: Option<u64>) -> Floor {
        Floor {
            wrap_up: Duration::ZERO,
            pick_up: Duration::ZERO,
            patience: patience.map(Duration::from_secs),
            wait: None,
            strategy: Strategy::LongestIdle,
        }
    }

    fn hours(calls: f64, talk: u64, count: usize) -> Shift {
        let talk = Duration::from_secs(talk);
        Shift {
            hours: vec![Hour { calls, talk }; count],
            recorded: Vec::new(),
        }
    }

    /// Of each of so many days the middle: the queue has forgotten that it began empty.
    fn days(calls: f64, talk: u64, operators: u32, floor: &Floor, count: u64) -> Vec<[f64; 4]> {
        let shift = hours(calls, talk, 12);
        let days = (1..=count).map(|seed| {
            let day = live(&shift, &[operators; 12], floor, TWENTY, 1, seed);
            mean(&day[2..].iter().map(numbers).collect::<Vec<_>>())
        });
        days.collect()
    }

    const WHAT: [&str; 4] = ["service level", "abandoned", "mean wait", "occupancy"];

    fn numbers(it: &Figures) -> [f64; 4] {
        let wait = it.mean_wait.map_or(f64::NAN, |wait| wait.as_secs_f64());
        [it.service_level, it.abandoned, wait, it.occupancy]
    }

    fn mean(of: &[[f64; 4]]) -> [f64; 4] {
        [0, 1, 2, 3].map(|what| of.iter().map(|it| it[what]).sum::<f64>() / of.len() as f64)
    }

    /// The standard error of the mean of days.
    fn error(days: &[[f64; 4]], what: usize) -> f64 {
        let mean = mean(days)[what];
        let squares: f64 = days.iter().map(|day| (day[what] - mean).powi(2)).sum();
        (squares / (days.len() * (days.len() - 1)) as f64).sqrt()
    }

    /// D16: where the formula holds, our own queue does what it says: of each figure, 2 % of it and what chance makes of so
    /// few days (three standard errors, as the days themselves differ).
    #[test]
    fn the_queue_does_what_the_formula_says() {
        for (calls, handle, patience, operators) in [
            (120.0, 180, 120, 7),
            // Overload: two callers for each that can be served.
            (120.0, 180, 120, 3),
            (60.0, 300, 60, 5),
        ] {
            let load = Load {
                calls_per_hour: calls,
                handle: Duration::from_secs(handle),
                patience: Some(Duration::from_secs(patience)),
            };
            let said = numbers(&figures(&load, operators, TWENTY));
            let days = days(calls, handle, operators, &plain(Some(patience)), 8);
            let lived = mean(&days);
            for (what, name) in WHAT.into_iter().enumerate() {
                let (said, lived, chance) = (said[what], lived[what], error(&days, what));
                assert!(
                    (said - lived).abs() <= 0.02 * said + 3.0 * chance,
                    "{name} of {load:?} with {operators}: {said}, lived {lived} ± {chance}"
                );
            }
        }
    }

    #[test]
    fn where_the_phone_rings_first_the_queue_does_what_the_formula_says() {
        let ringing = Floor {
            pick_up: Duration::from_secs(5),
            ..plain(Some(60))
        };
        let load = Load {
            calls_per_hour: 60.0,
            handle: Duration::from_secs(125),
            patience: ringing.patience,
        };
        // Six for two erlang: hardly anything but the ringing makes callers give up.
        let target = Target {
            share: 0.91,
            within: TWENTY,
        };
        let (operators, said) =
            crate::by_formula(&load, ringing.pick_up, target).expect("it is reached");
        let days = days(60.0, 120, operators, &ringing, 8);
        let (said, lived) = (numbers(&said), mean(&days));
        for (what, name) in WHAT.into_iter().enumerate() {
            let (said, lived, chance) = (said[what], lived[what], error(&days, what));
            assert!(
                (said - lived).abs() <= 0.03 * said + 3.0 * chance,
                "{name} with {operators}: {said}, lived {lived} ± {chance}"
            );
        }
    }

    /// A queue that keeps nobody is Erlang's loss system: 6 erlang at 6 operators lose `B(6, 6)` = 26.5 % of callers.
    #[test]
    fn whoever_has_waited_as_long_as_the_plan_lets_them_goes_elsewhere() {
        let keeps = |wait: Duration| Floor {
            wait: Some(wait),
            ..plain(None)
        };
        let shift = hours(120.0, 180, 12);
        let lived = |floor: &Floor| {
            let told = live(&shift, &[6; 12], floor, TWENTY, 8, 1);
            let hours = &told[2..];
            let of = |what: fn(&Figures) -> f64| hours.iter().map(what).sum::<f64>() / 10.0;
            let wait = |it: &Figures| it.mean_wait.map_or(f64::NAN, |wait| wait.as_secs_f64());
            (of(|it| it.timed_out), of(|it| it.abandoned), of(wait))
        };
        let (timed_out, abandoned, _) = lived(&keeps(Duration::from_millis(1)));
        assert!((timed_out - 0.265).abs() < 0.015, "{timed_out}");
        assert_eq!(abandoned, 0.0);
        // As many callers as can be served: without a limit the queue grows all day.
        let (timed_out, _, wait) = lived(&keeps(Duration::from_secs(60)));
        assert!((0.02..0.2).contains(&timed_out), "{timed_out}");
        assert!(wait < 60.0, "{wait}");
        let (timed_out, _, wait) = lived(&plain(None));
        assert_eq!(timed_out, 0.0);
        assert!(wait > 120.0, "{wait}");
    }

    #[test]
    fn the_same_seed_lives_the_same_day() {
        let shift = hours(60.0, 180, 4);
        let day = |seed| live(&shift, &[4; 4], &plain(Some(120)), TWENTY, 1, seed);
        assert_eq!(day(7), day(7));
        assert_ne!(day(7), day(8));
    }

    #[test]
    fn a_busy_hour_is_felt_in_the_next_one() {
        let floor = plain(Some(300));
        let mut shift = hours(30.0, 240, 2);
        let alone = live(&shift, &[6, 6], &floor, TWENTY, 30, 1)[1];
        shift.hours[0].calls = 200.0;
        let after = live(&shift, &[6, 6], &floor, TWENTY, 30, 1)[1];
        assert!(
            after.service_level < alone.service_level,
            "{after:?} {alone:?}"
        );
    }

    #[test]
    fn ringing_and_wrap_up_cost_operators() {
        let patience = Some(Duration::from_secs(120));
        let load = Load {
            calls_per_hour: 120.0,
            handle: Duration::from_secs(180),
            patience,
        };
        let target = Target {
            share: 0.8,
            within: TWENTY,
        };
        let enough = operators_for(&load, target).expect("it is reached");
        let slow = Floor {
            wrap_up: Duration::from_secs(60),
            pick_up: Duration::from_secs(5),
            ..plain(Some(120))
        };
        let [level, ..] = mean(&days(120.0, 180, enough, &slow, 3));
        assert!(level < 0.8, "{level}");
        let [level, abandoned, ..] = mean(&days(120.0, 180, 0, &slow, 1));
        assert_eq!((level, abandoned), (0.0, 1.0));
    }

    #[test]
    fn whoever_is_on_record_comes_when_they_came() {
        let mut shift = hours(2.0, 60, 2);
        let minute = |count: u64| Duration::from_secs(60 * count);
        shift.recorded = vec![vec![minute(5), minute(10)], vec![minute(70)]];
        // One caller after the other, hours apart: somebody is always free. Three shifts: the first list twice.
        let told = live(&shift, &[2, 2], &plain(None), TWENTY, 3, 1);
        assert!(told.iter().all(|it| it.service_level == 1.0), "{told:?}");
        // In the second hour nobody is there.
        let told = live(&shift, &[2, 0], &plain(Some(60)), TWENTY, 3, 1);
        assert_eq!((told[0].service_level, told[1].abandoned), (1.0, 1.0));
    }
}
