//! The three service levels (behaviour Q13). There is no one "service level": each figure is named with its formula, its T and
//! what counts as short, or it says nothing. Pure: calls in, figures out.
use std::ops::AddAssign;
use std::time::Duration;

use serde::Serialize;

/// T, unless somebody asks for another.
pub const T: Duration = Duration::from_secs(20);
/// Who leaves sooner than this has hardly waited.
pub const SHORT: Duration = Duration::from_secs(5);

/// What the figures are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Answered within it is answered in time.
    pub t: Duration,
    /// Who left sooner than this is not held against us by SL3.
    pub short: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self { t: T, short: SHORT }
    }
}

/// How a call that came to a queue left it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Left {
    /// An operator talked with the caller.
    Answered,
    /// The caller hung up.
    Abandoned,
    /// Anything else: a message, a call back, somebody outside, closing words, a fault of ours.
    Otherwise,
}

/// What the formulas are made of: calls that came to a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// All of them.
    pub offered: u64,
    /// Of them answered.
    pub answered: u64,
    /// Answered within T, T included.
    pub answered_in_t: u64,
    /// Of them abandoned.
    pub abandoned: u64,
    /// Abandoned within T, T included; short ones too.
    pub abandoned_in_t: u64,
    /// Abandoned sooner than `short`.
    pub abandoned_short: u64,
}

impl Counts {
    /// One more call.
    pub fn add(&mut self, left: Left, waited: Duration, terms: &Terms) {
        let in_t = u64::from(waited <= terms.t);
        self.offered += 1;
        match left {
            Left::Answered => {
                self.answered += 1;
                self.answered_in_t += in_t;
            }
            Left::Abandoned => {
                self.abandoned += 1;
                self.abandoned_in_t += in_t;
                self.abandoned_short += u64::from(waited < terms.short);
            }
            Left::Otherwise => {}
        }
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, more: &Self) {
        self.offered += more.offered;
        self.answered += more.answered;
        self.answered_in_t += more.answered_in_t;
        self.abandoned += more.abandoned;
        self.abandoned_in_t += more.abandoned_in_t;
        self.abandoned_short += more.abandoned_short;
    }
}

/// A share as it was counted: so many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Share {
    /// In time.
    pub part: u64,
    /// Of all that the formula asks about.
    pub of: u64,
}

impl Share {
    /// From 0 to 1; None where there was no such call.
    pub fn ratio(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }
}

/// `answered≤T / answered`: how soon those were served who were served. Blind to whoever gave up.
pub fn sl1(counts: &Counts) -> Share {
    Share {
        part: counts.answered_in_t,
        of: counts.answered,
    }
}

/// `(answered≤T + abandoned≤T) / (answered + abandoned)`: who leaves within T is no failure, who leaves after it is.
pub fn sl2(counts: &Counts) -> Share {
    Share {
        part: counts.answered_in_t + counts.abandoned_in_t,
        of: counts.answered + counts.abandoned,
    }
}

/// `answered≤T / (offered − abandoned<short)`: of all who really wanted something, messages and calls back counted against us.
pub fn sl3(counts: &Counts) -> Share {
    Share {
        part: counts.answered_in_t,
        of: counts.offered.saturating_sub(counts.abandoned_short),
    }
}

/// A formula by its name.
#[derive(Clone, Copy, Debug)]
pub struct Formula {
    /// `sl1`, `sl2`, `sl3`.
    pub name: &'static str,
    /// As it is written.
    pub written: &'static str,
    /// What comes of it.
    pub of: fn(&Counts) -> Share,
}

/// All three, as every report tells them.
pub const FORMULAS: [Formula; 3] = [
    Formula {
        name: "sl1",
        written: "answered≤T / answered",
        of: sl1,
    },
    Formula {
        name: "sl2",
        written: "(answered≤T + abandoned≤T) / (answered + abandoned)",
        of: sl2,
    },
    Formula {
        name: "sl3",
        written: "answered≤T / (offered − abandoned<short)",
        of: sl3,
    },
];

#[cfg(test)]
mod tests {
    use super::Left::{Abandoned as B, Answered as A, Otherwise as O};
    use super::*;

    /// Thirty calls of an hour, how each left the queue and after how many tenths of a second, counted by hand:
    /// answered 20, of them within 20 s 15, within 10 s 9; abandoned 7, of them within 20 s 5, within 10 s 4, sooner than
    /// 5 s 3, sooner than 2 s 1; three left otherwise.
    const HOUR: [(Left, u64); 30] = [
        (A, 0),
        (A, 12),
        (A, 30),
        (B, 15),
        (A, 45),
        (A, 50),
        (A, 61),
        (A, 88),
        (B, 49),
        (A, 99),
        (A, 100),
        (O, 600),
        (A, 101),
        (A, 130),
        (B, 20),
        (A, 150),
        (A, 177),
        (A, 199),
        (A, 200),
        (B, 50),
        (A, 201),
        (A, 260),
        (B, 200),
        (A, 333),
        (A, 480),
        (B, 201),
        (A, 900),
        (O, 20),
        (B, 1_200),
        (O, 150),
    ];

    fn counted(t: u64, short: u64) -> Counts {
        let (t, short) = (Duration::from_secs(t), Duration::from_secs(short));
        let mut counts = Counts::default();
        for (left, tenths) in HOUR {
            let waited = Duration::from_millis(tenths * 100);
            counts.add(left, waited, &Terms { t, short });
        }
        counts
    }

    fn told(counts: &Counts) -> [(u64, u64); 3] {
        FORMULAS.map(|formula| {
            let share = (formula.of)(counts);
            (share.part, share.of)
        })
    }

    #[test]
    fn thirty_calls_by_three_formulas_as_counted_by_hand() {
        let counts = counted(20, 5);
        let by_hand = Counts {
            offered: 30,
            answered: 20,
            answered_in_t: 15,
            abandoned: 7,
            abandoned_in_t: 5,
            abandoned_short: 3,
        };
        assert_eq!(counts, by_hand);
        assert_eq!(told(&counts), [(15, 20), (20, 27), (15, 27)]);
        // Another T and another short are other figures of the same hour.
        assert_eq!(told(&counted(10, 2)), [(9, 20), (13, 27), (9, 29)]);
        assert_eq!(told(&counted(3_600, 3_600)), [(20, 20), (27, 27), (20, 23)]);
    }

    #[test]
    fn each_is_a_share_or_nothing() {
        let nobody = Counts::default();
        assert!(FORMULAS.iter().all(|it| (it.of)(&nobody).ratio().is_none()));
        // One who hung up at once: SL3 asks about nobody, SL2 has nothing to blame, SL1 knows of no answer.
        let mut one = Counts::default();
        one.add(B, Duration::from_secs(1), &Terms::default());
        let shares = FORMULAS.map(|it| (it.of)(&one).ratio());
        assert_eq!(shares, [None, Some(1.0), None]);
    }
}
