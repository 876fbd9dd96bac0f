//! Which states are the same: all that the future depends on, with moments as ranks (what comes before what, not how long
//! before), offers numbered from the oldest that lives, and, where it makes no difference who is who, the operators in the
//! order that gives the smallest number. A state that is told from another by distances of time alone is looked at once.
use std::collections::BTreeSet;

use serde::Serialize;

use crate::eye::Eye;
use crate::world::{World, call};

/// Names that three people can have.
const NAMINGS: [[u8; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// A number for the state; states of one number are the same.
pub(crate) fn portrait(world: &World) -> u64 {
    let eye = Eye {
        alike: world.play.symmetric,
    };
    let seen = world.acd.serialize(eye).expect("everything can be seen");
    let mut scale = Scale::default();
    seen.measure(&mut scale);
    let ranks = Ranks {
        moments: scale.moments.into_iter().collect(),
        offers: scale.offers.into_iter().collect(),
    };
    let callers = 0..world.play.callers.len() as u8;
    let stages = callers.map(|who| world.watch.caller(call(who)) as u64);
    let beside = stages.fold(world.plan as u64, |sum, stage| sum * 4 + stage);
    let named = |names: &[u8]| mix(seen.number(&ranks, names) ^ beside);
    if world.play.symmetric {
        let numbers = NAMINGS.iter().map(|names| named(names));
        return numbers.min().unwrap_or_default();
    }
    named(&[0, 1, 2, 3, 4])
}

/// What is seen of a value.
pub(crate) enum Node {
    Leaf(u64),
    Moment(u64),
    Offer(u16),
    Who(u8),
    List(Vec<Self>),
    /// In no order that matters, or in one that follows from what is in it.
    Bag(Vec<Self>),
}

#[derive(Default)]
struct Scale {
    moments: BTreeSet<u64>,
    offers: BTreeSet<u16>,
}

struct Ranks {
    moments: Vec<u64>,
    offers: Vec<u16>,
}

impl Node {
    fn measure(&self, scale: &mut Scale) {
        match self {
            Self::Leaf(_) | Self::Who(_) => {}
            Self::Moment(at) => {
                scale.moments.insert(*at);
            }
            Self::Offer(index) => {
                scale.offers.insert(*index);
            }
            Self::List(nodes) | Self::Bag(nodes) => nodes.iter().for_each(|it| it.measure(scale)),
        }
    }

    fn number(&self, ranks: &Ranks, names: &[u8]) -> u64 {
        let rank = |at: Result<usize, usize>| at.unwrap_or_default() as u64;
        match self {
            Self::Leaf(it) => mix(*it),
            Self::Moment(at) => mix(rank(ranks.moments.binary_search(at)) + (1 << 20)),
            Self::Offer(index) => mix(rank(ranks.offers.binary_search(index)) + (2 << 20)),
            Self::Who(who) => mix(u64::from(names[usize::from(*who)]) + (3 << 20)),
            Self::List(nodes) => in_order(nodes.iter().map(|it| it.number(ranks, names))),
            Self::Bag(nodes) => in_any_order(nodes.iter().map(|it| it.number(ranks, names))),
        }
    }

    fn leaf(&self) -> Option<u64> {
        match self {
            Self::Leaf(it) => Some(mix(*it)),
            _ => None,
        }
    }

    /// What has no moment, offer or person in it is one leaf.
    pub(crate) fn pressed(self) -> Self {
        let leaves: Option<Vec<u64>> = match &self {
            Self::List(nodes) | Self::Bag(nodes) => nodes.iter().map(Self::leaf).collect(),
            _ => None,
        };
        match (&self, leaves) {
            (Self::List(_), Some(leaves)) => Self::Leaf(in_order(leaves.into_iter())),
            (Self::Bag(_), Some(leaves)) => Self::Leaf(in_any_order(leaves.into_iter())),
            _ => self,
        }
    }
}

fn in_order(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(1, |sum, it| mix(sum ^ it.rotate_left(17)))
}

fn in_any_order(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(2, |sum: u64, it| sum.wrapping_add(mix(it)))
}

fn mix(of: u64) -> u64 {
    let mut z = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a.
pub(crate) fn text(of: &str) -> u64 {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    of.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
