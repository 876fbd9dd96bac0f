//! Rules are dropped one at a time. Whoever does not notice proves nothing.
use gudok_acd::{Guard, without};

use crate::plays::{self, Play};
use crate::search::{explore, wander};
use crate::world::World;

/// In every order; deep enough for most.
const TRIED: [(&Play, usize); 8] = [
    (&plays::ONE_QUEUE, 4),
    (&plays::TWO_QUEUES, 3),
    (&plays::FLOOR, 2),
    (&plays::URGENT, 3),
    (&plays::BY_HAND, 3),
    (&plays::KEPT, 3),
    (&plays::BOUND, 4),
    (&plays::CLOSED, 3),
];

/// Lives at random, for what needs a longer story.
const SEEDS: u64 = 300;
const MOVES: usize = 300;

#[test]
fn every_rule_that_is_dropped_is_missed() {
    let mut unnoticed = Vec::new();
    for guard in Guard::ALL {
        match without(guard, noticed) {
            Some(by) => println!("{guard:?}: {by}"),
            None => unnoticed.push(guard),
        }
    }
    assert!(unnoticed.is_empty(), "nobody misses {unnoticed:?}");
}

/// By whom, and what they say. None: nobody notices.
fn noticed() -> Option<String> {
    for (play, depth) in TRIED {
        match World::new(play).map(|world| explore(&world, depth)) {
            Err(what) => return Some(format!("{}, at the start: {what}", play.name)),
            Ok(Err(found)) => return Some(told(play.name, found.way.len(), &found.what)),
            Ok(Ok(_)) => {}
        }
    }
    let lives = [
        (&plays::CROWD, SEEDS),
        (&plays::TWO_QUEUES, SEEDS),
        (&plays::BY_HAND, SEEDS),
        (&plays::KEPT, 2 * SEEDS),
    ];
    lives.into_iter().find_map(noticed_by_chance)
}

fn noticed_by_chance((play, seeds): (&'static Play, u64)) -> Option<String> {
    (0..seeds).find_map(|seed| {
        let world = World::new(play).ok()?;
        let found = wander(&world, seed, MOVES).err()?;
        let who = format!("{}, seed {seed}", play.name);
        Some(told(&who, found.way.len(), &found.what))
    })
}

/// In one line.
fn told(who: &str, after: usize, found: &str) -> String {
    let found: String = found.chars().take(100).collect();
    format!("{who}, move {after}: {found}")
}
