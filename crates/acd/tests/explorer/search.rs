//! Ways through the states: all of them to a depth, or one at random.
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::moves::Move;
use crate::portrait::portrait;
use crate::world::World;

/// Something that must never be, and how it came to it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) what: String,
    pub(crate) way: Vec<Move>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nthe way there: {:?}", self.what, self.way)
    }
}

/// From which state, by what. The worlds themselves are not kept: there are more of them than fit.
type History = Vec<(usize, Option<Move>)>;

/// Tries everything up to so many moves from the start. Gives how many different states there are; from each of them the
/// world was left to rest.
pub(crate) fn explore(start: &World, depth: usize) -> Result<usize, Found> {
    let mut seen = BTreeSet::from([portrait(start)]);
    let mut history: History = vec![(0, None)];
    let mut shore = vec![0];
    for _ in 0..depth {
        let mut next = Vec::new();
        for came in std::mem::take(&mut shore) {
            let world = reached(start, &history, came);
            for what in world.moves() {
                let told = |found| Found {
                    what: found,
                    way: way(&history, came, Some(what)),
                };
                let mut after = world.clone();
                careful(|| after.act(what)).map_err(told)?;
                if seen.insert(portrait(&after)) {
                    careful(|| after.rest()).map_err(told)?;
                    history.push((came, Some(what)));
                    next.push(history.len() - 1);
                }
            }
        }
        shore = next;
    }
    Ok(seen.len())
}

/// One life of so many moves, and the rest after it.
pub(crate) fn wander(start: &World, seed: u64, moves: usize) -> Result<(), Found> {
    let mut world = start.clone();
    let mut chance = Chance(seed);
    let mut way = Vec::new();
    for _ in 0..moves {
        let open = world.moves();
        let mut what = open[chance.below(open.len())];
        while what.is_rare() && chance.below(16) > 0 {
            what = open[chance.below(open.len())];
        }
        if open.contains(&Move::Timer) && chance.below(4) == 0 {
            what = Move::Timer;
        }
        way.push(what);
        careful(|| world.act(what)).map_err(|what| Found {
            what,
            way: way.clone(),
        })?;
    }
    careful(|| world.rest()).map_err(|what| Found { what, way })
}

fn reached(start: &World, history: &History, at: usize) -> World {
    let mut world = start.clone();
    for what in way(history, at, None) {
        world.act(what).expect("it went well the first time");
    }
    world
}

fn way(history: &History, mut at: usize, last: Option<Move>) -> Vec<Move> {
    let mut way: Vec<Move> = last.into_iter().collect();
    while let (before, Some(what)) = history[at] {
        way.push(what);
        at = before;
    }
    way.reverse();
    way
}

/// A panic of the machine is as bad as a broken rule.
fn careful(act: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().cloned();
        Err(told.unwrap_or_else(|| "a panic".into()))
    })
}

/// Chance from a seed: splitmix64 (Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z % limit.max(1) as u64) as usize
    }
}
