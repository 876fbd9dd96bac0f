//! Who is drawn by lot: a weight for each place of a list, and the place at a height of the pile. Setting a weight and finding a
//! place take as many steps as the number of places has binary digits.
use serde::{Deserialize, Serialize};

/// Weights by place, none at first. A Fenwick tree: entry `n`, counted from 1, holds the weights of as many places up to `n` as
/// the lowest bit of `n` says. Its length is a power of two, or nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lots(Vec<u64>);

impl Lots {
    /// Adds weight to a place.
    pub(crate) fn put(&mut self, place: u32, weight: u8) {
        self.grow(place);
        self.climb(place, |entry| *entry += u64::from(weight));
    }

    /// Takes it back.
    pub(crate) fn take(&mut self, place: u32, weight: u8) {
        self.climb(place, |entry| {
            *entry = entry.saturating_sub(u64::from(weight));
        });
    }

    /// All weights together.
    pub(crate) fn total(&self) -> u64 {
        self.0.last().copied().unwrap_or(0)
    }

    /// The place in whose weight this height falls, counted from 0; beyond the total it is nobody's.
    pub(crate) fn at(&self, mut height: u64) -> Option<u32> {
        if height >= self.total() {
            return None;
        }
        let (mut below, mut step) = (0, self.0.len());
        while step > 0 {
            let entry = self.0.get(below + step - 1).copied();
            if let Some(entry) = entry.filter(|entry| *entry <= height) {
                height -= entry;
                below += step;
            }
            step /= 2;
        }
        u32::try_from(below).ok()
    }

    /// Room for a place: the last entry of the doubled tree is that of the tree before.
    fn grow(&mut self, place: u32) {
        let wanted = usize::try_from(place).unwrap_or(0).saturating_add(1);
        while self.0.len() < wanted {
            let total = self.total();
            let doubled = (self.0.len() * 2).max(1);
            self.0.resize(doubled, 0);
            if let Some(last) = self.0.last_mut() {
                *last = total;
            }
        }
    }

    fn climb(&mut self, place: u32, change: impl Fn(&mut u64)) {
        let mut entry = usize::try_from(place).unwrap_or(0) + 1;
        while let Some(held) = self.0.get_mut(entry - 1) {
            change(held);
            entry += entry & entry.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the pile laid out one by one, while places come, go and the list grows.
    #[test]
    fn every_height_falls_where_it_does_in_the_pile() {
        let mut lots = Lots::default();
        let mut weights = vec![0u8; 70];
        let steps = [(3, 2), (0, 1), (69, 100), (8, 7), (7, 1), (64, 3), (31, 5)];
        for (place, weight) in steps {
            lots.put(place, weight);
            weights[usize::try_from(place).expect("small")] += weight;
            is_the_pile(&lots, &weights);
        }
        for (place, weight) in [(69, 100), (0, 1), (8, 7)] {
            lots.take(place, weight);
            weights[usize::try_from(place).expect("small")] -= weight;
            is_the_pile(&lots, &weights);
        }
    }

    fn is_the_pile(lots: &Lots, weights: &[u8]) {
        let pile: Vec<u32> = (0u32..)
            .zip(weights)
            .flat_map(|(place, weight)| std::iter::repeat_n(place, usize::from(*weight)))
            .collect();
        assert_eq!(lots.total(), pile.len() as u64);
        let found: Vec<u32> = (0..lots.total())
            .filter_map(|height| lots.at(height))
            .collect();
        assert_eq!(found, pile);
        assert_eq!(lots.at(lots.total()), None);
    }
}
