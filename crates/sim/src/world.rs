//! The world around the switchboard: one clock, one agenda, and the loop that brings the two together.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::Plan;
use gudok_model::{Booked, CallId, Floor, LegId, Mono, Now, OperatorId, Shifts};
use gudok_switchboard::desk::{DeskCommand, DeskEvent};
use gudok_switchboard::{Input, LiveCall, Output, Switchboard};

use crate::agenda::Agenda;
use crate::crm::Crm;
use crate::hotline;
use crate::leg::Leg;
use crate::looks::{Care, Looks};
use crate::operator::Person;
use crate::prng::Prng;
use crate::report::{Report, quantiles};
use crate::size::Size;
use crate::trace::Trace;
use crate::watch::Watch;
use crate::words;

/// The longest the world goes on after the last arrival; a call that still lives then is stuck.
const AFTER_LAST: Duration = Duration::from_secs(6 * 3600);

/// How long before the first call the operators come.
const BEFORE_FIRST: Duration = Duration::from_secs(600);

/// Something the world does.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The driver tells the switchboard.
    Tell(Box<Input>),
    /// A caller dials.
    Calls(u32),
    /// A caller's patience is over.
    Leaves(CallId),
    /// Two seconds after something about this call that must not last.
    Look(CallId),
    /// A talk has lasted as long as it should.
    TalkOver(LegId),
    /// A party presses hold, or comes back.
    Hold(LegId, bool),
    /// An operator looks around: is it time to work, to eat, to go home?
    Tick(OperatorId),
    /// Something of an operator's that was broken works again.
    Mends(OperatorId, Part),
    /// The operator writes up a call.
    Disposes(OperatorId, CallId),
    /// Somebody thinks of a request to call somebody.
    CallsBack(CallId),
    /// Somebody has a further word at their desk.
    Says(OperatorId, Box<DeskCommand>),
    /// The operator refuses at the desk.
    Refuses(OperatorId, gudok_model::OfferId),
    /// The admin changes the plan.
    Reload(usize),
    /// The admin takes an operator off the list, or puts them back.
    Roster(bool),
    /// The daemon is to be taken out of service.
    Drain,
    /// The daemon is killed, and starts.
    Restart,
}

/// What may break of an operator's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Phone,
    Desk,
}

/// Everything there is.
pub(crate) struct World {
    pub(crate) rng: Prng,
    pub(crate) board: Switchboard,
    pub(crate) now: Now,
    pub(crate) agenda: Agenda<Event>,
    pub(crate) plans: [Arc<Plan>; 2],
    /// Which of them is in force.
    pub(crate) plan: usize,
    pub(crate) arrivals: Vec<Mono>,
    /// Of the hotline.
    pub(crate) size: Size,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    pub(crate) operators: BTreeMap<OperatorId, Person>,
    pub(crate) crm: Crm,
    pub(crate) watch: Watch,
    /// What the facts of the floor came to: what a restart knows of people.
    pub(crate) floor: Floor,
    /// And what a report of shifts is made of.
    pub(crate) shifts: Shifts,
    pub(crate) trace: Trace,
    pub(crate) looks: Looks,
    pub(crate) commands: u64,
    /// Told line by line, if anybody listens.
    pub(crate) listener: Option<Listener>,
}

/// Somebody who wants to read along.
pub(crate) type Listener = Box<dyn FnMut(Mono, String)>;

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) fn new(
        seed: u64,
        calls: u32,
        care: Care,
        listener: Option<Listener>,
    ) -> Result<Self, String> {
        let mut rng = Prng::new(seed);
        let size = Size::Whole;
        let whole_day = hotline::arrivals(&mut rng, size.calls());
        let arrivals = slice(&mut rng, whole_day, calls);
        let looks = Looks::new(seed, care);
        let mut world = Self::with(rng, arrivals, (1, size, looks), listener)?;
        world.open()?;
        world.plan_day(seed);
        Ok(world)
    }

    /// Days in a row.
    pub(crate) fn week(
        seed: u64,
        (days, size): (u32, Size),
        care: Care,
        listener: Option<Listener>,
    ) -> Result<Self, String> {
        let mut rng = Prng::new(seed);
        let day = |index: u32| {
            let midnight = Duration::from_secs(86_400 * u64::from(index));
            let times = hotline::arrivals(&mut rng, size.calls()).into_iter();
            times.map(|at| at + midnight).collect::<Vec<Mono>>()
        };
        let arrivals = (0..days).flat_map(day).collect();
        let looks = Looks::new(seed, care);
        let mut world = Self::with(rng, arrivals, (days, size, looks), listener)?;
        world.open()?;
        world.plan_week(days);
        Ok(world)
    }

    fn with(
        mut rng: Prng,
        arrivals: Vec<Mono>,
        (days, size, looks): (u32, Size, Looks),
        listener: Option<Listener>,
    ) -> Result<Self, String> {
        let first = arrivals.first().copied().unwrap_or_default();
        let start = first - BEFORE_FIRST;
        Ok(Self {
            board: Switchboard::new(hotline::config()),
            now: hotline::clock(start),
            agenda: Agenda::new(),
            plans: hotline::plans()?,
            plan: 0,
            arrivals,
            size,
            legs: BTreeMap::new(),
            operators: BTreeMap::new(),
            crm: Crm::new(&mut rng, days),
            watch: Watch::default(),
            floor: Floor::default(),
            shifts: Shifts::default(),
            trace: Trace::new(),
            looks,
            commands: 0,
            rng,
            listener,
        })
    }

    /// Lives until the last call is over.
    pub(crate) fn live(&mut self) -> Result<(), String> {
        let last = self.arrivals.last().copied().unwrap_or_default();
        while !self.is_over(last) {
            if self.now.mono > last + AFTER_LAST {
                return Err(format!("{} calls never end", self.calls_going_on()));
            }
            if !self.step()? {
                break;
            }
        }
        self.close()
    }

    /// The plan, the people and the calls to come.
    fn open(&mut self) -> Result<(), String> {
        self.plan = usize::from(self.now.mono > noon());
        let plan = self.plans[self.plan].clone();
        self.board.set_plan(self.now, plan);
        self.drain_outputs()?;
        self.tell(Input::Operators {
            operators: hotline::operators(self.size),
        })?;
        self.hire();
        for (index, &at) in (0u32..).zip(&self.arrivals) {
            self.agenda.plan(at, self.rng.bits(), Event::Calls(index));
        }
        self.agenda.foresee();
        Ok(())
    }

    /// Another plan at noon every day, and a restart at a moment of each that nobody has chosen.
    fn plan_week(&mut self, days: u32) {
        for day in 0..days {
            let midnight = Mono(0) + Duration::from_secs(86_400 * u64::from(day));
            let noon = midnight + noon().since(Mono::default());
            self.agenda.plan(midnight, 0, Event::Reload(0));
            self.agenda.plan(noon, 0, Event::Reload(1));
            let at = midnight + self.rng.ms(0, 86_400_000);
            if self.rng.below(3) == 0 {
                self.agenda.plan(at, 0, Event::Drain);
            }
            let last = at + self.rng.ms(0, 300_000);
            self.agenda.plan(last, self.rng.bits(), Event::Restart);
        }
    }

    /// What the seed has in store for the day.
    fn plan_day(&mut self, seed: u64) {
        let start = self.now.mono;
        self.agenda.plan(noon(), 0, Event::Reload(1));
        let last = self.arrivals.last().copied().unwrap_or_default();
        let span = last.since(start);
        if seed.is_multiple_of(3) {
            self.agenda.plan(start + span / 2, 0, Event::Reload(1));
            self.agenda.plan(start + span / 3 * 2, 0, Event::Reload(0));
        }
        if seed.is_multiple_of(5) {
            self.agenda.plan(start + span / 3, 0, Event::Roster(false));
            self.agenda.plan(start + span / 2, 0, Event::Roster(true));
        }
        if seed.is_multiple_of(8) {
            self.agenda.plan(start + span / 20 * 19, 0, Event::Drain);
        }
    }

    /// What it all came to.
    pub(crate) fn report(self, seed: u64, start: Mono) -> Report {
        let watch = self.watch;
        Report {
            seed,
            arrivals: watch.arrivals(),
            outcomes: watch.outcomes,
            offers: watch.offer_ends,
            alarms: watch.alarms,
            waits: quantiles(watch.waits),
            announcements: watch.announcements,
            restarts: watch.restarts,
            wrap_ups_resumed: watch.resumed,
            requests: watch.promises.counts,
            calls_out: watch.outs,
            supervised: watch.ears.supervised,
            inputs: watch.inputs,
            span: self.now.mono.since(start),
            hash: self.trace.hash(),
        }
    }

    fn is_over(&self, last: Mono) -> bool {
        self.now.mono > last && self.watch.all_ended() && self.calls_going_on() == 0
    }

    /// Promises stand in their queues by night, too.
    fn calls_going_on(&self) -> usize {
        if self.board.calls_alive() == 0 {
            return 0;
        }
        let stands = |call: &LiveCall| self.board.is_promise(call.call) && call.legs.is_empty();
        let live = self.board.live(self.now.mono);
        live.iter().filter(|call| !stands(call)).count()
    }

    /// Goes to the next thing that happens. False: nothing ever will.
    fn step(&mut self) -> Result<bool, String> {
        let (world, board) = (self.agenda.next(), self.board.poll_timeout());
        let Some(at) = world.into_iter().chain(board).min() else {
            return Ok(false);
        };
        let at = at.max(self.now.mono);
        self.now = hotline::clock(at);
        let both = world.is_some_and(|due| due <= at) && board.is_some_and(|due| due <= at);
        // At the same instant either may be first: an answer and a deadline, a hang-up and an offer.
        let board_first = if both {
            self.rng.permille(500)
        } else {
            world.is_none_or(|it| it > at)
        };
        if board_first {
            self.board.handle_timeout(self.now);
            self.drain_outputs()?;
        } else if let Some(event) = self.agenda.take() {
            self.happens(event)?;
        }
        Ok(true)
    }

    /// Gives the switchboard an input and does everything it asks for.
    pub(crate) fn tell(&mut self, input: Input) -> Result<(), String> {
        self.trace.mark(self.now.mono, input.call());
        self.say(|| format!("→ {input:?}"));
        self.watch.told(&input)?;
        self.board.handle_input(self.now, input);
        self.drain_outputs()
    }

    pub(crate) fn drain_outputs(&mut self) -> Result<(), String> {
        let looked = self.looks.at(self.now.mono);
        while let Some(output) = self.board.poll_output() {
            match looked {
                true => self.note(&output),
                false => self.trace.mark(self.now.mono, words::about(&output)),
            }
            self.say(|| format!("    {output:?}"));
            self.watch.sees(self.now, &output)?;
            if let Output::Floor { event } = &output {
                self.floor.apply(self.now.wall, event);
                let mut booked = Booked::default();
                self.shifts.apply(self.now, event, &mut booked);
                booked.check()?;
            }
            self.perform(output)?;
        }
        self.watch.settled()?;
        match looked {
            true => self.board.check_invariants(),
            false => Ok(()),
        }
    }

    /// Cards are noted by their offer: what is on them follows from what was noted before, and their text
    /// would be a third of the whole cost.
    fn note(&mut self, output: &Output) {
        let at = self.now.mono;
        match output {
            Output::Desk {
                operator,
                event: DeskEvent::OfferCreated(card) | DeskEvent::OfferUpdated(card),
            } => {
                self.trace.note(at, &(operator, card.offer_id));
            }
            Output::Dial { leg, target, .. } => self.trace.note(at, &(leg, target)),
            other => self.trace.note(at, other),
        }
    }

    /// Plans an event; a lot is drawn for its place among others of the same instant.
    pub(crate) fn after(&mut self, delay: Duration, event: Event) {
        let lot = self.rng.bits();
        self.agenda.plan(self.now.mono + delay, lot, event);
    }

    /// Plans an input.
    pub(crate) fn tell_after(&mut self, delay: Duration, input: Input) {
        self.after(delay, Event::Tell(Box::new(input)));
    }

    /// Tells whoever reads along.
    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(listener) = &mut self.listener {
            listener(self.now.mono, line());
        }
    }

    /// The books are closed: what must be true when all is over.
    fn close(&mut self) -> Result<(), String> {
        let going_on = self.calls_going_on();
        if going_on > 0 {
            return Err(format!("{going_on} calls never end"));
        }
        self.board.check_invariants()?;
        let open = self.legs.iter().find(|(_, leg)| !leg.over && !leg.told);
        if let Some((leg, _)) = open {
            return Err(format!("I8: leg {leg} lives on after the day"));
        }
        self.watch.close(self.now.wall)
    }
}

fn noon() -> Mono {
    Mono(12 * 3_600_000_000)
}

/// So many calls in a row, from anywhere in the day.
fn slice(rng: &mut Prng, whole: Vec<Mono>, calls: u32) -> Vec<Mono> {
    let calls = usize::try_from(calls)
        .unwrap_or(usize::MAX)
        .min(whole.len());
    let room = u64::try_from(whole.len() - calls).unwrap_or(0);
    let from = usize::try_from(rng.below(room + 1)).unwrap_or(0);
    whole.into_iter().skip(from).take(calls).collect()
}
