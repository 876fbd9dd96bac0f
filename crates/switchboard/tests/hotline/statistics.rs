//! I5 and I9: what somebody did in a session is the fold of what is on record, and nothing else; the states sum up to it.
use std::collections::BTreeMap;

use gudok_model::{CallEvent, FloorEvent, Name, OfferEnd, OperatorId, Shift, Tally, Wall};
use gudok_switchboard::{Config, Input, Output};
use proptest::prelude::*;

use crate::plans;
use crate::random::{close_down, person, step, take};
use crate::world::World;

/// One session as the facts have it.
#[derive(Default)]
struct Account {
    began: Wall,
    display: Option<(Name, Wall)>,
    states_us: BTreeMap<Name, u64>,
    talks: u32,
    rejects: u32,
    missed: u32,
    extensions: u32,
    /// As it was counted last.
    counted: Tally,
}

impl Account {
    fn enters(&mut self, display: Name, since: Wall) {
        // What goes on from one session to the next is of each its own part.
        let since = Wall(since.0.max(self.began.0));
        if let Some((former, from)) = self.display.replace((display, since)) {
            let spent = u64::try_from(since.0 - from.0).expect("facts are in order");
            if spent > 0 {
                *self.states_us.entry(former).or_default() += spent;
            }
        }
    }

    fn offer_ends(&mut self, end: OfferEnd) {
        match end {
            OfferEnd::BridgedEnded => self.talks += 1,
            OfferEnd::Rejected => self.rejects += 1,
            OfferEnd::NoAnswer => self.missed += 1,
            _ => {}
        }
    }

    fn agrees(mut self, shift: &Shift, now: Wall) {
        self.enters("gone".into(), now);
        self.states_us.remove("logged_out");
        let spent = shift.states_us.iter().filter(|(_, us)| **us > 0);
        let spent: BTreeMap<Name, u64> = spent.map(|(name, us)| (name.clone(), *us)).collect();
        assert_eq!(self.states_us, spent, "the states by their facts");
        assert_eq!(spent.values().sum::<u64>(), shift.length_us, "I5");
        let tally = shift.tally;
        // The last work may end with the session.
        let told = self.counted;
        assert!(told.calls <= tally.calls && tally.calls - told.calls <= 1);
        assert!(told.talk_us <= tally.talk_us, "{told:?}, {tally:?}");
        assert!(tally.dialled_us <= tally.talk_us, "{tally:?}");
        assert_eq!(
            (self.talks, self.rejects, self.missed, self.extensions),
            (tally.calls, tally.rejects, tally.misses, tally.extensions),
            "talks, refusals, misses and extensions by their facts"
        );
    }
}

/// The sessions that are open, and how many were judged.
#[derive(Default)]
struct Books<'a> {
    open: BTreeMap<&'a OperatorId, Account>,
    /// Steps by which the work after a talk was extended so far; it may outlast a session.
    extended: BTreeMap<&'a OperatorId, u32>,
    judged: usize,
}

impl<'a> Books<'a> {
    fn floor(&mut self, event: &'a FloorEvent, now: Wall) {
        match event {
            FloorEvent::SatDown { operator, .. } => {
                let account = Account {
                    began: now,
                    ..Account::default()
                };
                self.open.insert(operator, account);
            }
            FloorEvent::Counted { operator, tally } => {
                if let Some(account) = self.open.get_mut(operator) {
                    account.counted = *tally;
                }
            }
            FloorEvent::Left { operator, shift } => {
                let account = self.open.remove(operator).expect("who leaves sat down");
                account.agrees(shift, now);
                self.judged += 1;
            }
            FloorEvent::WrapUpSet {
                operator,
                extensions,
                ..
            } => {
                let before = self.extended.insert(operator, *extensions);
                if let Some(account) = self.open.get_mut(operator) {
                    account.extensions += extensions.saturating_sub(before.unwrap_or(0));
                }
            }
            FloorEvent::State {
                operator,
                display,
                since,
                ..
            } => {
                if let Some(account) = self.open.get_mut(operator) {
                    account.enters(display.clone(), *since);
                }
            }
            _ => {}
        }
    }

    fn offer_closed(&mut self, operator: &'a OperatorId, end: OfferEnd) {
        if let Some(account) = self.open.get_mut(operator) {
            account.offer_ends(end);
        }
    }
}

/// Folds the facts of a whole story; how many sessions were judged.
fn judged(world: &World) -> usize {
    let mut books = Books::default();
    for (output, now) in world.outputs.iter().zip(&world.stamps) {
        match output {
            Output::Fact {
                fact: CallEvent::OfferClosed { operator, end, .. },
                ..
            } => books.offer_closed(operator, *end),
            Output::Floor { event } => books.floor(event, *now),
            _ => {}
        }
    }
    assert!(books.open.is_empty(), "everybody has left");
    books.judged
}

/// Everybody who has a seat leaves it.
fn leave(world: &mut World) {
    close_down(world);
    let operators = Vec::new();
    world.input(Input::Operators { operators });
}

#[test]
fn a_shift_is_what_is_on_record_of_it() {
    let mut world = World::with(Config::default(), plans::DAY, 0);
    let operators = ["ivan", "anna", "petr"].map(person).to_vec();
    world.input(Input::Operators { operators });
    for name in ["ivan", "anna", "petr"] {
        world.sits(name);
    }
    leave(&mut world);
    assert_eq!(judged(&world), 3);
    world = World::new(plans::DAY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         6 ivan declines
         30 A hangs up
         31 B calls
         40 ivan rings
         60 B hangs up
         70 C calls
         80 ivan answers
         90 C hangs up
         95 ivan says extend 60
         300 ivan says logout
         301 end",
    );
    assert_eq!(judged(&world), 1);
}

/// Who takes B's call: Ivan, who has talked for half a minute with somebody he dialled, or Anna, who had A's call for ten seconds.
fn whose_turn_it_is(between: &str) -> Option<OperatorId> {
    let plan = plans::CALLS.replace("\"linear\"", "\"least_talk\"");
    assert_ne!(plan, plans::CALLS, "the group of the plan");
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         10 ivan says dial +74951234567
         13 ivan answers
         20 customer answers
         50 customer hangs-up
         60 A calls
         70 anna answers
         80 A hangs up",
    );
    world.play(between);
    world.play("200 B calls\n210 end");
    let offered = world.outputs.iter().rev().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Offered { operator, .. },
            ..
        } => Some(operator.clone()),
        _ => None,
    });
    let talks = |name: &str| {
        let seat = &world.floor.seats[&OperatorId::from(name)];
        (
            seat.tally.calls,
            seat.tally.dialled,
            seat.tally.queue_talk_us() / 1_000_000,
        )
    };
    assert_eq!((talks("ivan"), talks("anna")), ((0, 1, 0), (1, 0, 10)));
    offered
}

/// Pain 14: strategies go by what is on record, so a restart changes nobody's turn.
#[test]
fn a_talk_that_was_dialled_is_no_call_of_a_queue_after_a_restart_either() {
    let ivan = Some(OperatorId::from("ivan"));
    assert_eq!(whose_turn_it_is("130 end"), ivan);
    let restarted = "130 restart 5
         140 ivan phone up
         140 ivan desk 1
         140 anna phone up
         140 anna desk 1";
    assert_eq!(whose_turn_it_is(restarted), ivan);
}

/// The reason of a look that led to no call is on record, and that nobody gave one; so is a look that nobody decided on.
#[test]
fn why_whom_one_looked_at_is_not_called_is_on_record() {
    let mut world = World::new(plans::CALLS);
    world.play(
        "0 operators ivan
         0 ivan sits
         10 ivan says preview +74951234567
         11 ivan says skip called_today
         20 ivan says preview +74951234567
         21 ivan says skip
         30 ivan says preview +74951234567
         100 ivan says preview +74951234567
         101 ivan says dial +74951234567
         102 end",
    );
    let looks = world.outputs.iter().filter_map(|output| match output {
        Output::Floor {
            event:
                FloorEvent::Skipped {
                    operator,
                    number,
                    purpose,
                    basis,
                    reason,
                    timed_out,
                },
        } => {
            let ground = basis.as_ref().map_or("no ground", |basis| &*basis.ground);
            let reason = reason.as_deref().unwrap_or("no reason");
            let late = if *timed_out { "too late" } else { "said" };
            Some(format!(
                "{operator}: {number}, {purpose}, {ground}: {reason}, {late}"
            ))
        }
        _ => None,
    });
    let looks: Vec<String> = looks.collect();
    insta::assert_snapshot!(looks.join("\n"), @r"
    ivan: +74951234567, service, request: called_today, said
    ivan: +74951234567, service, request: no reason, said
    ivan: +74951234567, service, request: no reason, too late
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever happens, the account of each session is that of its facts.
    #[test]
    fn every_shift_of_a_random_life_is_what_is_on_record_of_it(
        plan in 0..plans::ALL.len(),
        desks in prop::bool::weighted(0.8),
        steps in prop::collection::vec(step(), 1..100),
    ) {
        let mut world = World::with(Config::default(), plans::ALL[plan], 0);
        let star = if desks { "" } else { "*" };
        let operators = ["ivan", "anna", "petr"].map(|name| person(&format!("{name}{star}")));
        world.input(Input::Operators { operators: operators.to_vec() });
        for name in ["ivan", "anna", "petr"] {
            if desks {
                world.sits(name);
            } else {
                world.input(Input::Phone { operator: name.into(), live: true });
            }
        }
        for step in steps {
            take(&mut world, step);
        }
        leave(&mut world);
        prop_assert!(judged(&world) > 0);
    }
}
