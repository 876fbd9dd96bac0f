//! How big the hotline of a week is: most are small, and what breaks with nobody else there breaks in those alone.
use crate::prng::Prng;

/// Whom the hotline has, and how many call it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Size {
    /// Five operators, one of them by phone at night; sixty calls a day of a hundred people.
    Small,
    /// Twelve operators, a thousand calls a day of seven hundred people.
    Middle,
    /// Everybody: twenty-four operators, [`DAY_CALLS`](crate::DAY_CALLS) a day of three thousand people.
    #[default]
    Whole,
}

/// Of so many weeks by lot…
const LOTS: u64 = 20;
/// … so many are whole,
const WHOLE: u64 = 2;
/// and so many of a middle size.
const MIDDLE: u64 = 5;

/// Who works in a small one: of every group somebody, one who directs, one by night.
const FEW: [u32; 5] = [0, 1, 9, 12, 23];
/// Who works in one of a middle size.
const SOME: [u32; 12] = [0, 1, 2, 5, 9, 10, 12, 13, 17, 18, 22, 23];

impl Size {
    /// All of them, by their words.
    const WORDS: [(&str, Self); 3] = [
        ("small", Self::Small),
        ("middle", Self::Middle),
        ("whole", Self::Whole),
    ];

    /// Where weeks are lived by the thousand, the seed draws a size: of twenty two are whole and five of a middle size.
    pub fn by_lot(seed: u64) -> Self {
        // A stream of its own: a week of a size is the same whether the size was drawn or asked for.
        let lot = Prng::new(seed.rotate_left(32)).below(LOTS);
        match lot {
            0..WHOLE => Self::Whole,
            _ if lot < WHOLE + MIDDLE => Self::Middle,
            _ => Self::Small,
        }
    }

    /// Of this name. None: there is none.
    pub fn named(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(it, _)| *it == word);
        found.map(|(_, size)| *size)
    }

    /// As a command says it.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, it)| *it == self);
        found.map_or("whole", |(word, _)| word)
    }

    /// Calls of a whole day.
    pub fn calls(self) -> u32 {
        match self {
            Self::Small => 60,
            Self::Middle => 1_000,
            Self::Whole => crate::DAY_CALLS,
        }
    }

    /// How many people there are who call and are called.
    pub(crate) fn people(self) -> u64 {
        match self {
            Self::Small => 100,
            Self::Middle => 700,
            Self::Whole => 3_000,
        }
    }

    /// Whether this one of all operators works here.
    pub(crate) fn has(self, index: u32) -> bool {
        match self {
            Self::Small => FEW.contains(&index),
            Self::Middle => SOME.contains(&index),
            Self::Whole => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_share_and_its_word() {
        let drawn = |size| {
            (0..2_000)
                .filter(|seed| Size::by_lot(*seed) == size)
                .count()
        };
        let [small, middle, whole] = [Size::Small, Size::Middle, Size::Whole].map(drawn);
        assert_eq!(small + middle + whole, 2_000);
        assert!((160..=240).contains(&whole), "a tenth: {whole}");
        assert!((430..=570).contains(&middle), "a quarter: {middle}");
        for (word, size) in Size::WORDS {
            assert_eq!((Size::named(word), size.word()), (Some(size), word));
        }
        assert_eq!(Size::named("huge"), None);
    }
}
