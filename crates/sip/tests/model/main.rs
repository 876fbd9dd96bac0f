//! A model check: the machine is a pure value, so every order of what may happen next is tried, state by state.
//! Messages come doubled, late, out of order, or not at all; from every state that can be reached the rest of the
//! world falls silent, and the session must come to exactly one end and leave nothing behind.
//!
//! [`callee`]: our side is called. [`caller`]: our side calls. [`facing`]: two machines and a bad network between.
#![cfg(test)]

mod callee;
mod caller;
mod facing;
mod script;
mod watch;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Something that can be copied, pushed on, and told from another of its kind.
trait World: Clone {
    /// One thing that may happen.
    type Move: Copy + std::fmt::Debug;

    /// What may happen next.
    fn moves(&self) -> Vec<Self::Move>;
    fn act(&mut self, what: Self::Move);
    /// All that the future depends on.
    fn portrait(&self) -> String;
    /// Nothing happens any more but what clocks bring. Fails if that leaves anything behind.
    fn rest(self);
}

/// A state that was reached: from which one, by what.
struct Reached<W: World> {
    world: W,
    came: usize,
}

/// Tries everything up to so many moves from the start. Gives how many different states there are; from each of
/// them the world was left to rest.
fn explore<W: World>(start: W, depth: usize) -> usize {
    let mut seen = BTreeSet::from([fingerprint(&start)]);
    let mut history: Vec<(usize, Option<W::Move>)> = vec![(0, None)];
    let mut shore = vec![Reached {
        world: start,
        came: 0,
    }];
    for left in (0..=depth).rev() {
        let mut next = Vec::new();
        for Reached { world, came } in shore {
            guarded(&history, came, None, || world.clone().rest());
            for what in world.moves().into_iter().filter(|_| left > 0) {
                let mut after = world.clone();
                guarded(&history, came, Some(what), || after.act(what));
                if seen.insert(fingerprint(&after)) {
                    history.push((came, Some(what)));
                    next.push(Reached {
                        world: after,
                        came: history.len() - 1,
                    });
                }
            }
        }
        shore = next;
    }
    seen.len()
}

fn fingerprint(world: &impl World) -> u64 {
    let mut hash = DefaultHasher::new();
    world.portrait().hash(&mut hash);
    hash.finish()
}

/// Runs something that may fail; when it does, the way there is told.
fn guarded<M: Copy + std::fmt::Debug>(
    history: &[(usize, Option<M>)],
    mut at: usize,
    last: Option<M>,
    act: impl FnOnce(),
) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(act)) else {
        return;
    };
    let mut way: Vec<M> = last.into_iter().collect();
    while let (before, Some(what)) = history[at] {
        way.insert(0, what);
        at = before;
    }
    eprintln!("the way there: {way:?}");
    resume_unwind(panic);
}
