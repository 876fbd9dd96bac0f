//! Chance from a seed: xoshiro256** (Blackman and Vigna 2018, public domain), seeded by splitmix64.
use std::time::Duration;

/// A stream of chance; the same seed gives the same stream on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Prng([u64; 4]);

impl Prng {
    /// A stream for this seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| splitmix(&mut state)))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// From 0 below `limit`; 0 if the limit is 0. The bias of the remainder does not matter at our sizes.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.bits().checked_rem(limit).unwrap_or(0)
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }

    /// A duration between the two. Milliseconds.
    pub(crate) fn ms(&mut self, from: u64, to: u64) -> Duration {
        let micros = from * 1000 + self.below((to.saturating_sub(from)) * 1000 + 1);
        Duration::from_micros(micros)
    }

    /// A duration with this mean, exponentially distributed, at most ten times the mean.
    pub(crate) fn about(&mut self, mean: Duration) -> Duration {
        // The logarithm is made of integers, so that no machine rounds it otherwise: the count of halvings
        // is geometric, the place within the halving is linear.
        let bits = self.bits();
        let halvings = u64::from(bits.leading_zeros().min(14));
        let place = self.below(1000);
        let thousandths_of_ln2 = (halvings * 1000 + place) * 693 / 1000;
        let micros = u64::try_from(mean.as_micros()).unwrap_or(u64::MAX / 20_000);
        Duration::from_micros(micros / 1000 * thousandths_of_ln2)
    }
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // First outputs for the state of splitmix64 from seed 0.
        let mut prng = Prng::new(0);
        assert_eq!(prng.bits(), 11_091_344_671_253_066_420);
        assert_eq!(prng.bits(), 13_793_997_310_169_335_082);
    }

    #[test]
    fn the_mean_is_the_mean() {
        let mut prng = Prng::new(1);
        let mean = Duration::from_secs(100);
        let sum: Duration = (0..10_000).map(|_| prng.about(mean)).sum();
        let average = sum.as_secs() / 10_000;
        assert!((90..=110).contains(&average), "{average}");
    }
}
