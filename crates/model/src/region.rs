//! Where a number was issued: a guess about where its caller lives, with how good it is.
use serde::{Deserialize, Serialize};

use crate::Name;

/// How well a number tells the region. From nothing to certain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Nothing is known of where the number belongs.
    Unknown,
    /// The country alone.
    Country,
    /// Two subjects share the range (Moscow and its region), or the subject has several zones: the first of them is told.
    Mixed,
    /// The range of a mobile number: the subject it was issued in. Its owner keeps it when they move or change the operator.
    Mobile,
    /// The code of a geographic number (ABC).
    Code,
    /// The range of a geographic number in the registry.
    Exact,
}

impl Confidence {
    /// Every word, in the order of [`Confidence`].
    pub const WORDS: [&str; 6] = ["unknown", "country", "mixed", "mobile", "code", "exact"];

    /// The word that stands in conditions and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => Self::WORDS[0],
            Self::Country => Self::WORDS[1],
            Self::Mixed => Self::WORDS[2],
            Self::Mobile => Self::WORDS[3],
            Self::Code => Self::WORDS[4],
            Self::Exact => Self::WORDS[5],
        }
    }
}

/// The region of a number. It is part of the arrival of a call, so that a record and a replay say what was known then.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Region {
    /// `RU-IRK` as in ISO 3166-2; `RU` or `KZ` where only the country is known.
    pub code: Name,
    /// The other subject of a range that two share, such as `RU-MOS` beside `RU-MOW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Name>,
    /// Russian, for people: `Иркутская область`, `Москва и Московская область`.
    pub name: Name,
    /// IANA name of its zone, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
    /// How good the guess is.
    pub confidence: Confidence,
}
