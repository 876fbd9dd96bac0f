//! The switchboard is a pure value too, so what the world may do to it is tried in every order: callers come and hang up,
//! phones ring, answer, refuse, die and answer too late, desks say everything that a desk can say, are lost and come back, timers run
//! out, the plan is reloaded, the daemon drains or starts anew. After each move its invariants are asked and a [`watch`], which sees
//! what goes in and comes out and nothing else, must have nothing to say; from each state the world falls silent, and every call must
//! end, once, with every leg told to end.
//!
//! [`scenes`]: where it begins, and what may happen there. [`world`], [`happens`], [`wire`], [`moves`]: how it happens. [`portrait`]: which states
//! are the same. `search`: breadth first, and at random; it is the ACD's, whose explorer tries the rules of queues and offers.
#![cfg(test)]

mod deeds;
mod happens;
mod moves;
mod owing;
mod portrait;
mod requests;
mod scenes;
#[path = "../../../acd/tests/explorer/search.rs"]
mod search;
mod watch;
mod wire;
mod world;

use scenes::Scene;
use search::{explore, wander};
use world::World;

/// How many more moves than `tests/run` has time for: `EXPLORER_DEEPER=1`.
fn deeper() -> usize {
    let more = std::env::var("EXPLORER_DEEPER").ok();
    more.map_or(0, |more| more.parse().expect("EXPLORER_DEEPER is a number"))
}

fn tried(scene: &'static Scene, depth: usize, at_least: usize) {
    let depth = depth + deeper();
    match explore(&World::new(scene).expect("a scene"), depth) {
        Ok(states) => {
            println!("{}: {depth} moves, {states} states", scene.name);
            assert!(states >= at_least, "{}: {states} states", scene.name);
        }
        Err(found) => panic!("{}: {found}", scene.name),
    }
}

/// Two callers and three operators, from nothing.
#[test]
fn callers_come() {
    tried(&scenes::MORNING, 4, 8_000);
}

/// One talks, one waits while all phones ring: answers and ends cross on the wire.
#[test]
fn phones_cross() {
    tried(&scenes::CROSSING, 5, 25_000);
}

/// A talk in the hand of its operator: hold, keys, passing on, parking, by desk and by phone.
#[test]
fn a_talk_in_hand() {
    tried(&scenes::IN_HAND, 4, 15_000);
}

/// A word aside, a conference, and everybody may leave it first.
#[test]
fn a_word_aside() {
    tried(&scenes::ASIDE, 4, 8_000);
}

/// A supervisor listens, whispers, barges in, takes over.
#[test]
fn a_talk_overheard() {
    tried(&scenes::OVERHEARD, 4, 1_000);
}

/// Who is owed a call, in every order in which it can be kept or not.
#[test]
fn a_call_is_owed() {
    tried(&scenes::OWING, 4, 8_000);
}

/// Calls that operators make, and whoever they call.
#[test]
fn a_call_out() {
    tried(&scenes::OUTGOING, 4, 8_000);
}

/// The limit of a talk ends it, and everybody may do something before the end is told; people who have reached a limit.
#[test]
fn a_limit_ends_it() {
    tried(&scenes::LIMITED, 3, 3_000);
}

/// Words before and after: prompts, a message, a number outside.
#[test]
fn nobody_is_there() {
    tried(&scenes::NOBODY, 5, 6_000);
}

/// A watch that would not have seen what was wrong proves nothing.
#[test]
fn what_an_earlier_version_did_is_noticed() {
    let start = World::earlier(&scenes::IN_HAND).expect("a scene");
    let found = explore(&start, 3).expect_err("it is noticed");
    println!("{}: {found}", scenes::IN_HAND.name);
}

/// Longer lives than can be tried in every order.
#[test]
fn long_lives_at_random() {
    for scene in scenes::LIVED {
        let start = World::new(scene).expect("a scene");
        for seed in 0..2_000 {
            if let Err(found) = wander(&start, seed, 200) {
                panic!("{}, seed {seed}: {found}", scene.name);
            }
        }
    }
}
