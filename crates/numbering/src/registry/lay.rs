//! Which of ranges that overlap has which numbers: the first one that was found.
//!
//! The ends of all ranges are gone through once, in the order of numbers, with the ranges that hold the number at hand: however a
//! table overlaps itself, it costs `n log n`.
use std::collections::BTreeSet;

/// Numbers from the first to the last, both included.
pub(super) type Span = (u64, u64);

/// Numbers of one range that lie together and are its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Which range has them, as a place in the list.
    pub(super) whose: usize,
}

/// What becomes of ranges.
pub(super) struct Laid {
    /// In order, without overlaps; at most two for each range, and one.
    pub(super) pieces: Vec<Piece>,
    /// Ends that were looked at.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests count the work"))]
    pub(super) work: usize,
}

/// Lays ranges one behind the other.
pub(super) fn lay(spans: &[Span]) -> Laid {
    let mut ends: Vec<(u64, bool, usize)> = Vec::with_capacity(spans.len() * 2);
    for (at, (first, last)) in spans.iter().enumerate() {
        ends.push((*first, true, at));
        ends.push((last + 1, false, at));
    }
    ends.sort_unstable();
    let (mut there, mut pieces) = (BTreeSet::new(), Vec::<Piece>::new());
    let (mut from, mut work) = (0, 0);
    for (number, begins, at) in &ends {
        work += 1;
        if let (true, Some(whose)) = (*number > from, there.first()) {
            add(&mut pieces, (from, number - 1), *whose);
        }
        from = *number;
        match begins {
            true => there.insert(*at),
            false => there.remove(at),
        };
    }
    Laid { pieces, work }
}

/// What lies together is one piece.
fn add(pieces: &mut Vec<Piece>, (first, last): Span, whose: usize) {
    match pieces.last_mut() {
        Some(before) if before.whose == whose && before.last + 1 == first => before.last = last,
        _ => pieces.push(Piece { first, last, whose }),
    }
}

impl Laid {
    /// Of each range, where its own pieces are in the list, in order.
    pub(super) fn own(&self, count: usize) -> Vec<Vec<usize>> {
        let mut own = vec![Vec::new(); count];
        for (place, piece) in self.pieces.iter().enumerate() {
            own[piece.whose].push(place);
        }
        own
    }

    /// The range that has the lowest number which this one does not get; None: it gets all of its own.
    pub(super) fn other(&self, at: usize, (first, last): Span) -> Option<usize> {
        let place = self.pieces.partition_point(|piece| piece.last < first);
        // Behind a piece of its own the next number of it is another's.
        let mut two = self.pieces.iter().skip(place).take(2);
        let found = two.find(|piece| piece.whose != at);
        found.filter(|it| it.first <= last).map(|it| it.whose)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Number by number: whoever comes first has it.
    fn one_by_one(spans: &[Span]) -> BTreeMap<u64, usize> {
        let mut has = BTreeMap::new();
        for (at, (first, last)) in spans.iter().enumerate() {
            for number in *first..=*last {
                has.entry(number).or_insert(at);
            }
        }
        has
    }

    proptest! {
        #[test]
        fn the_first_that_was_found_has_each_number(ranges in prop::collection::vec((0u64..60, 0u64..30), 0..12)) {
            let spans: Vec<Span> = ranges.iter().map(|(first, more)| (*first, first + more)).collect();
            let (laid, has) = (lay(&spans), one_by_one(&spans));
            let numbers = laid.pieces.iter().flat_map(|it| (it.first..=it.last).map(|number| (number, it.whose)));
            prop_assert_eq!(numbers.collect::<Vec<_>>(), has.clone().into_iter().collect::<Vec<_>>());
            for pair in laid.pieces.windows(2) {
                let lie_together = pair[0].last + 1 == pair[1].first;
                prop_assert!(!(lie_together && pair[0].whose == pair[1].whose), "{:?}", laid.pieces);
            }
            for (at, span) in spans.iter().enumerate() {
                let lost = has.range(span.0..=span.1).find(|(_, whose)| **whose != at);
                prop_assert_eq!(laid.other(at, *span), lost.map(|(_, whose)| *whose));
            }
        }
    }

    /// Half of the rows are a number each, with one between; each of the other half lies over all of them.
    #[test]
    fn a_table_that_overlaps_itself_costs_no_more_than_another() {
        for half in [500u64, 5_000] {
            let narrow = (0..half).map(|at| (at * 2, at * 2));
            let wide = (0..half).map(|at| (0, half * 2 + at));
            let spans: Vec<Span> = narrow.chain(wide).collect();
            let laid = lay(&spans);
            assert!(laid.work <= 2 * spans.len(), "{} of {half}", laid.work);
            let own = laid.own(spans.len());
            let pieces: usize = own.iter().map(Vec::len).sum();
            assert!(pieces <= 2 * spans.len(), "{pieces}");
        }
    }
}
