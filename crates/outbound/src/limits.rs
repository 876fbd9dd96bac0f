//! How much may be called and spent: what a thief with an operator's phone can cost at most (toll fraud).
use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// Money, in hundredths of a rouble.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Kopecks(pub u64);

/// The limits of one operator, or of all together. Zero allows nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Calls that ring or talk at one time.
    pub at_once: u32,
    /// Calls begun within any hour, answered or not.
    pub per_hour: u32,
    /// What calls may cost within any 24 hours. A call that goes on counts with what it may cost at most.
    pub per_day: Kopecks,
}

impl Limits {
    /// Of all together where the file does not say.
    pub const ALL: Self = Self {
        at_once: 5,
        per_hour: 60,
        per_day: Kopecks::roubles(10_000),
    };
    /// Of one operator where the file does not say.
    pub const OPERATOR: Self = Self {
        at_once: 1,
        per_hour: 30,
        per_day: Kopecks::roubles(3_000),
    };
}

/// The longest call out where the file does not say.
pub const TALK_MAX: Duration = Duration::from_secs(3_600);

impl Kopecks {
    /// Whole roubles.
    pub const fn roubles(roubles: u64) -> Self {
        Self(roubles.saturating_mul(100))
    }

    /// What a talk costs whose minute costs so much: each begun minute is paid.
    pub fn for_talk(self, talk: Duration) -> Self {
        let seconds = talk.as_secs() + u64::from(talk.subsec_nanos() > 0);
        Self(self.0.saturating_mul(seconds.div_ceil(60)))
    }

    /// Reads `2`, `2.5`, `2.50`, `2,50`: roubles. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
        let digits = |text: &str, most| {
            let fits = (1..=most).contains(&text.len());
            fits && text.bytes().all(|it| it.is_ascii_digit())
        };
        if !digits(whole, 9) || !digits(part, 2) {
            return None;
        }
        let part: u64 = format!("{part:0<2}").parse().ok()?;
        Some(Self(whole.parse::<u64>().ok()? * 100 + part))
    }

    /// As [`Kopecks::parse`] reads it, with both digits: `2.50`.
    pub fn written(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Add for Kopecks {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Kopecks {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), Add::add)
    }
}

/// `2,50 ₽`.
impl fmt::Display for Kopecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{:02} ₽", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roubles_are_read_as_people_write_them() {
        for (text, kopecks) in [("2", 200), ("2.5", 250), ("2,50", 250), ("0.05", 5)] {
            assert_eq!(Kopecks::parse(text), Some(Kopecks(kopecks)), "{text}");
        }
        for text in ["", "-1", "2.505", "2.", ".5", "1e3", "1234567890"] {
            assert_eq!(Kopecks::parse(text), None, "{text}");
        }
        assert_eq!(Kopecks(205).written(), "2.05");
        assert_eq!(Kopecks(205).to_string(), "2,05 ₽");
    }

    #[test]
    fn a_begun_minute_is_paid() {
        let price = Kopecks(150);
        let cost = |millis| price.for_talk(Duration::from_millis(millis)).0;
        assert_eq!([0, 1, 60_000, 60_001].map(cost), [0, 150, 150, 300]);
    }
}
