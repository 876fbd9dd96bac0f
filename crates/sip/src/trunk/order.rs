//! In which order targets are tried (RFC 2782, "The format of the SRV RR"; RFC 3263 §4.2).
use std::collections::VecDeque;

use crate::entropy::Entropy;

/// Priority and weight of a target, as in a SRV record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Rank {
    /// The lowest is tried first.
    pub priority: u16,
    /// Within a priority: the share of the calls.
    pub weight: u16,
}

/// The order to try them in: by priority; within one, each place is drawn by weight from what is left.
pub fn ordered<T>(entropy: &mut Entropy, targets: Vec<T>, rank: impl Fn(&T) -> Rank) -> Vec<T> {
    ordered_by(targets, rank, |sum| entropy.below(sum + 1))
}

/// Within a priority the two kinds take turns, beginning with that of the first and each in its order: a kind that leads
/// nowhere as a whole does not use up all tries (RFC 8305 §4, of IPv6 and IPv4).
pub fn taking_turns<T>(
    ordered: Vec<T>,
    rank: impl Fn(&T) -> Rank,
    kind: impl Fn(&T) -> bool,
) -> Vec<T> {
    let mut left = VecDeque::from(ordered);
    let mut turns = Vec::with_capacity(left.len());
    let mut last: Option<(u16, bool)> = None;
    while let Some(priority) = left.front().map(|it| rank(it).priority) {
        let turn = last.filter(|last| last.0 == priority);
        let mut same = left.iter().take_while(|it| rank(it).priority == priority);
        let place = turn.and_then(|(_, before)| same.position(|it| kind(it) != before));
        if let Some(next) = left.remove(place.unwrap_or(0)) {
            last = Some((priority, kind(&next)));
            turns.push(next);
        }
    }
    turns
}

/// [`ordered`]; `draw(sum)` gives a number from 0 to `sum`, both included, as RFC 2782 wants it.
fn ordered_by<T>(
    targets: Vec<T>,
    rank: impl Fn(&T) -> Rank,
    mut draw: impl FnMut(u64) -> u64,
) -> Vec<T> {
    let mut left = targets;
    // Those of weight 0 stand first, so that they have a very small chance and not none.
    left.sort_by_key(|it| (rank(it).priority, rank(it).weight > 0));
    let mut order = Vec::with_capacity(left.len());
    while let Some(priority) = left.first().map(|it| rank(it).priority) {
        let same = || left.iter().take_while(|it| rank(it).priority == priority);
        let sum = same().map(|it| u64::from(rank(it).weight)).sum();
        let drawn = draw(sum);
        let mut running = 0;
        let chosen = same().position(|it| {
            running += u64::from(rank(it).weight);
            running >= drawn
        });
        order.push(left.remove(chosen.unwrap_or(0)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranks() -> impl Strategy<Value = Vec<Rank>> {
        let rank = (0_u16..3, 0_u16..6).prop_map(|(priority, weight)| Rank { priority, weight });
        proptest::collection::vec(rank, 0..8)
    }

    proptest! {
        #[test]
        fn each_is_tried_once_and_priorities_never_turn_back(ranks in ranks(), seed in any::<[u8; 32]>()) {
            let mut order = ordered(&mut Entropy::new(seed), ranks.clone(), |it| *it);
            prop_assert!(order.is_sorted_by_key(|it| it.priority));
            let mut all = ranks;
            all.sort();
            order.sort();
            prop_assert_eq!(order, all);
        }

        /// Over all numbers that may be drawn each target comes first as often as its weight says (the first of all
        /// once more, for the number 0).
        #[test]
        fn the_first_is_drawn_by_weight(ranks in ranks()) {
            let Some(first) = ranks.iter().map(|it| it.priority).min() else { return Ok(()) };
            let sum: u64 = ranks.iter().filter(|it| it.priority == first).map(|it| u64::from(it.weight)).sum();
            let named: Vec<(usize, Rank)> = ranks.iter().copied().enumerate().collect();
            let mut firsts = vec![0; ranks.len()];
            for number in 0..=sum {
                let mut numbers = std::iter::once(number).chain(std::iter::repeat(0));
                let order = ordered_by(named.clone(), |it| it.1, |_| numbers.next().unwrap_or(0));
                firsts[order[0].0] += 1;
            }
            let extra: u64 = named
                .iter()
                .map(|(at, rank)| firsts[*at] - if rank.priority == first { u64::from(rank.weight) } else { 0 })
                .sum();
            prop_assert_eq!(extra, 1);
            prop_assert_eq!(firsts.iter().sum::<u64>(), sum + 1);
        }
    }

    #[test]
    fn of_one_priority_the_kinds_take_turns() {
        let rank = |it: &&str| Rank {
            priority: it[1..2].parse().expect("a digit"),
            weight: 0,
        };
        let turns = |all: &[&'static str]| {
            taking_turns(all.to_vec(), rank, |it| it.starts_with('s')).join(" ")
        };
        assert_eq!(
            turns(&["s1a", "s1b", "s1c", "f1d", "f1e", "s2f", "s2g", "f2h"]),
            "s1a f1d s1b f1e s1c s2f f2h s2g"
        );
        assert_eq!(turns(&["f1a", "f1b", "s2c"]), "f1a f1b s2c");
        assert_eq!(turns(&[]), "");
    }
}
