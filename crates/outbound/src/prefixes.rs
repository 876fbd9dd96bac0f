//! Where calls may go: the longest beginning of a number that is written decides; what is not written is refused.
use std::collections::BTreeMap;

use gudok_calendar::Zone;
use gudok_model::{Name, PhoneNumber};

use crate::limits::Kopecks;

/// Beginnings of numbers with their terms. Empty: nothing may be called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prefixes(BTreeMap<Name, Prefix>);

/// One beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prefix {
    /// What counts for numbers that begin so.
    pub terms: Terms,
    /// Where it is written: `outbound.toml:9:1`.
    pub place: Name,
}

/// Whether numbers that begin so may be called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Terms {
    /// Never.
    Denied,
    /// At this price.
    Allowed {
        /// A begun minute.
        per_minute: Kopecks,
        /// The zone of whoever is called, where the region of the number does not tell: abroad.
        zone: Option<Zone>,
    },
}

/// Most prefixes of one file.
pub const PREFIXES_MAX: usize = 10_000;

impl Prefixes {
    /// Takes one; the one that stood there before, where there was one. `+` and digits.
    pub fn add(&mut self, beginning: Name, prefix: Prefix) -> Option<Prefix> {
        self.0.insert(beginning, prefix)
    }

    /// The longest one that the number begins with. None: nobody wrote of such numbers, and they are refused.
    pub fn find(&self, number: &PhoneNumber) -> Option<(&Name, &Prefix)> {
        let digits = number.as_str();
        (2..=digits.len())
            .rev()
            .find_map(|length| self.0.get_key_value(digits.get(..length)?))
    }

    /// Whether calls go there at all.
    pub fn lets(&self, number: &PhoneNumber) -> bool {
        let found = self.find(number).map(|(_, prefix)| &prefix.terms);
        matches!(found, Some(Terms::Allowed { .. }))
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Prefix)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none: nothing may be called.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For comparing what is said, wherever it stands.
    pub fn forget_places(&mut self) {
        for prefix in self.0.values_mut() {
            prefix.place = "".into();
        }
    }
}

/// Whether this is a beginning of numbers: `+` and 1–15 digits.
pub fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or("");
    (1..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
}
