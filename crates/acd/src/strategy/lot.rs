//! By lot. No randomness is needed for it: what is drawn follows from the call and the number of the offer, which nobody can
//! foresee and a replay knows.
use gudok_model::{CallId, Strategy};

use super::{Choice, Question};
use crate::bench::Bench;
use crate::reason::reason;

/// Drawn again where it falls on somebody who is barred; then it is the first of the list who is not.
const DRAWS_MAX: u16 = 32;

pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let (bench, may) = (question.bench, |place: &u32| {
        let operator = question.bench.by_place.get(place);
        operator.is_some_and(|operator| !(question.barred)(operator))
    });
    let drawn = (0..DRAWS_MAX).filter_map(|draw| place(bench, question, draw));
    let drawn = drawn.into_iter().find(may);
    let place = drawn.or_else(|| bench.by_place.keys().copied().find(may))?;
    let (code, text) = match question.group.settings.strategy {
        Strategy::WeightedRandom => ("weighted_random", "выбран жребием по весам"),
        _ => ("random", "выбран жребием"),
    };
    Some(Choice {
        operator: bench.by_place.get(&place)?.clone(),
        why: reason(code, text),
    })
}

fn place(bench: &Bench, question: &Question<'_>, draw: u16) -> Option<u32> {
    let total = bench.lots.total();
    let height = lot(question.call, question.offers, draw).checked_rem(total)?;
    bench.lots.at(height)
}

/// A number that looks like any other: the finisher of `SplitMix64` over what names the draw.
fn lot(call: CallId, offer: u16, draw: u16) -> u64 {
    let (high, low) = call.0.as_u64_pair();
    let drawn = (u64::from(offer) << 16) | u64::from(draw);
    [high, low, drawn]
        .into_iter()
        .fold(0, |mixed, part| stir(mixed ^ part))
}

fn stir(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// χ² of 9 degrees of freedom stays below its 99.9th percentile, over calls and over the offers of one call.
    #[test]
    fn ten_places_are_drawn_alike() {
        let calls = (0..10_000u128).map(|call| (call, 0));
        let offers = (0..10_000u16).map(|offer| (7, offer));
        is_even(calls);
        is_even(offers);
    }

    fn is_even(draws: impl Iterator<Item = (u128, u16)>) {
        let mut drawn = [0u32; 10];
        for (call, offer) in draws {
            let height = lot(CallId(Uuid::from_u128(call)), offer, 0) % 10;
            drawn[usize::try_from(height).expect("small")] += 1;
        }
        let off = |count: &u32| (f64::from(*count) - 1_000.0).powi(2) / 1_000.0;
        let chi: f64 = drawn.iter().map(off).sum();
        assert!(chi < 27.88, "{chi}: {drawn:?}");
    }
}
