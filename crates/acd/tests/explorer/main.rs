//! The ACD is a pure value, so every order of what may happen next is tried, state by state: callers come, give up and hang
//! up, phones ring, answer, refuse and die, desks are lost, timers run out, the plan is reloaded, the daemon starts anew.
//! After each move the invariants are asked and a [`watch`], which knows the rules in their literal form and sees inputs and
//! outputs alone, must agree with the machine; from each state the world falls silent, and everything must come to an end.
//!
//! [`plays`]: the floors. [`world`], [`moves`]: what may happen on them. [`portrait`], [`eye`]: which states are the same.
//! [`search`]: breadth first, and at random. [`mutants`]: a rule is dropped, and somebody must notice.
#![cfg(test)]

mod eye;
mod moves;
mod mutants;
mod outward;
mod plays;
mod portrait;
mod restart;
mod search;
mod watch;
mod world;

use plays::Play;
use search::{Found, explore, wander};
use world::World;

/// How many more moves than `tests/run` has time for: `EXPLORER_DEEPER=2`.
fn deeper() -> usize {
    let more = std::env::var("EXPLORER_DEEPER").ok();
    more.map_or(0, |more| more.parse().expect("EXPLORER_DEEPER is a number"))
}

fn tried(play: &'static Play, depth: usize, at_least: usize) {
    let depth = depth + deeper();
    match explore(&World::new(play).expect("a floor"), depth) {
        Ok(states) => {
            println!("{}: {depth} moves, {states} states", play.name);
            assert!(states >= at_least, "{}: {states} states", play.name);
        }
        Err(found) => panic!("{}: {found}", play.name),
    }
}

/// Any three people are like any other three: states that differ in who is who are one.
#[test]
fn two_callers_and_three_operators_of_one_queue() {
    tried(&plays::ONE_QUEUE, 5, 20_000);
}

/// Two queues of different weight share operators; a ladder, aging, an emergency, questions meanwhile, a drain.
#[test]
fn two_callers_and_three_operators_of_two_queues() {
    tried(&plays::TWO_QUEUES, 5, 10_000);
}

/// A supervisor's words, a quota of breaks, calls that operators make.
#[test]
fn two_callers_and_three_operators_of_a_floor() {
    tried(&plays::FLOOR, 4, 20_000);
}

/// One more phone each step, and an emergency that takes one.
#[test]
fn a_caller_and_an_emergency() {
    tried(&plays::URGENT, 5, 20_000);
}

/// A reserve is raised, people change groups, callers go up, down and to one operator.
#[test]
fn a_supervisor_with_everything_in_hand() {
    tried(&plays::BY_HAND, 4, 6_000);
}

/// One caller waits for one operator; the queue says when it is empty, the roster whom it expects; seats outlive a restart.
#[test]
fn who_is_kept_and_who_is_expected() {
    tried(&plays::KEPT, 4, 8_000);
}

/// Who has talked with as many callers as a limit lets them is offered none, and keeps no line for who goes to lunch.
#[test]
fn who_is_bound_by_a_limit() {
    tried(&plays::BOUND, 5, 20_000);
}

/// A queue closes and opens under those who come, wait, are rung for and answer questions.
#[test]
fn two_callers_of_a_queue_that_closes() {
    tried(&plays::CLOSED, 4, 2_000);
}

/// Longer lives than can be tried in every order, of more people.
#[test]
fn a_crowd_at_random() {
    for play in plays::ALL {
        let start = World::new(play).expect("a floor");
        for seed in 0..1_500 {
            if let Err(found) = wander(&start, seed, 300) {
                panic!("{}, seed {seed}: {found}", play.name);
            }
        }
    }
}

/// What is found is told as the way there, so that it can be made a script.
#[test]
fn a_way_is_told() {
    let found = Found {
        what: "I4: somebody waits".into(),
        way: vec![moves::Move::Arrives(0), moves::Move::Timer],
    };
    let told = found.to_string();
    assert_eq!(
        told,
        "I4: somebody waits\nthe way there: [Arrives(0), Timer]"
    );
}
