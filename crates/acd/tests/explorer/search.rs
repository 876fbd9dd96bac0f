//! Ways through the states of a floor: all of them to a depth, or one at random. The explorer of the switchboard goes by it too.
use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Something in which one thing happens after the other.
pub(crate) trait Floor: Clone {
    type Move: Deed;

    /// All that may happen next.
    fn moves(&self) -> Vec<Self::Move>;

    /// It happens. Says what is wrong after it, if anything is.
    fn act(&mut self, what: Self::Move) -> Result<(), String>;

    /// Nobody says anything any more: everything must come to an end by itself.
    fn rest(self) -> Result<(), String>;

    /// A number for the state; states of one number are the same.
    fn portrait(&self) -> u64;
}

/// One thing that may happen.
pub(crate) trait Deed: Copy + PartialEq + Debug {
    /// The next thing is due.
    const TIMER: Self;

    /// What would leave nothing of a life at random.
    fn is_rare(self) -> bool;
}

/// Something that must never be, and how it came to it.
#[derive(Clone, Debug)]
pub(crate) struct Found<M> {
    pub(crate) what: String,
    pub(crate) way: Vec<M>,
}

impl<M: Debug> fmt::Display for Found<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nthe way there: {:?}", self.what, self.way)
    }
}

/// From which state, by what. The floors themselves are not kept: there are more of them than fit.
type History<M> = Vec<(usize, Option<M>)>;

/// Tries everything up to so many moves from the start. Gives how many different states there are; from each of them the
/// floor was left to rest.
pub(crate) fn explore<F: Floor>(start: &F, depth: usize) -> Result<usize, Found<F::Move>> {
    let mut seen = BTreeSet::from([start.portrait()]);
    let mut history: History<F::Move> = vec![(0, None)];
    let mut shore = vec![0];
    for _ in 0..depth {
        let mut next = Vec::new();
        for came in std::mem::take(&mut shore) {
            let floor = reached(start, &history, came);
            for what in floor.moves() {
                let told = |found| Found {
                    what: found,
                    way: way(&history, came, Some(what)),
                };
                let mut after = floor.clone();
                careful(|| after.act(what)).map_err(told)?;
                if seen.insert(after.portrait()) {
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
pub(crate) fn wander<F: Floor>(start: &F, seed: u64, moves: usize) -> Result<(), Found<F::Move>> {
    let mut floor = start.clone();
    let mut chance = Chance(seed);
    let mut way = Vec::new();
    for _ in 0..moves {
        let open = floor.moves();
        let mut what = open[chance.below(open.len())];
        while what.is_rare() && chance.below(16) > 0 {
            what = open[chance.below(open.len())];
        }
        if open.contains(&F::Move::TIMER) && chance.below(4) == 0 {
            what = F::Move::TIMER;
        }
        way.push(what);
        let way = || way.clone();
        careful(|| floor.act(what)).map_err(|what| shortened(start, Found { what, way: way() }))?;
    }
    careful(|| floor.rest()).map_err(|what| shortened(start, Found { what, way }))
}

/// The same rule is broken by fewer moves: pieces are left out, long ones first, as long as what follows may still happen.
fn shortened<F: Floor>(start: &F, mut found: Found<F::Move>) -> Found<F::Move> {
    let mut piece = found.way.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < found.way.len() {
            let mut way = found.way.clone();
            way.drain(at..(at + piece).min(way.len()));
            match broken(start, &way).filter(|it| rule(&it.what) == rule(&found.what)) {
                Some(less) => found = less,
                None => at += piece,
            }
        }
        piece /= 2;
    }
    found
}

/// What this way breaks, and where. None: nothing, or something of it cannot happen.
fn broken<F: Floor>(start: &F, way: &[F::Move]) -> Option<Found<F::Move>> {
    let mut floor = start.clone();
    for (at, what) in way.iter().enumerate() {
        if !floor.moves().contains(what) {
            return None;
        }
        if let Err(what) = careful(|| floor.act(*what)) {
            let way = way[..=at].to_vec();
            return Some(Found { what, way });
        }
    }
    let what = careful(|| floor.rest()).err()?;
    let way = way.to_vec();
    Some(Found { what, way })
}

/// The name of what is broken: what is said before the first colon.
fn rule(told: &str) -> &str {
    told.split(':').next().unwrap_or_default()
}

fn reached<F: Floor>(start: &F, history: &History<F::Move>, at: usize) -> F {
    let mut floor = start.clone();
    for what in way(history, at, None) {
        floor.act(what).expect("it went well the first time");
    }
    floor
}

fn way<M: Copy>(history: &History<M>, mut at: usize, last: Option<M>) -> Vec<M> {
    let mut way: Vec<M> = last.into_iter().collect();
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
