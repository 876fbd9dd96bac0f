//! Phone numbers, normalised once at the edge to E.164 by the Russian rules; the raw form is kept.
use std::fmt;

use serde::{Deserialize, Serialize};

/// A valid number in E.164: `+` and 7–15 digits. After [`parse`] nobody checks again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// What sort of number it is, as far as the numbering plan tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// +7 9xx.
    Mobile,
    /// A Russian geographic code (3xx, 4xx, 8xx).
    Geo,
    /// +7 800 and +7 804.
    TollFree,
    /// +7 809.
    Premium,
    /// Not Russia: other country codes and Kazakhstan (+7 6xx, +7 7xx).
    Intl,
    /// 1–3 digits or an emergency number; never normalised.
    Short,
    /// Anonymous, garbage or empty.
    Unknown,
}

/// How a trunk writes its numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NumberRules {
    /// Area code put before local numbers of 5–7 digits, such as `3952`. None: they stay unknown.
    pub home_code: Option<String>,
    /// A prefix the trunk adds, cut before everything else, such as `9` or `0`.
    pub strip: Option<String>,
}

/// The outcome of normalising: never an error, since a garbage number is still a caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parsed {
    /// As it came.
    pub raw: String,
    /// The number, where it is one.
    pub e164: Option<PhoneNumber>,
    /// What sort it is.
    pub kind: Kind,
}

impl PhoneNumber {
    /// Digits with the leading `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs: `+7912•••4567`. The full form belongs into audit tables only.
    pub fn masked(&self) -> String {
        let (head, tail) = (
            self.0.get(..5),
            self.0.get(self.0.len().saturating_sub(4)..),
        );
        format!("{}•••{}", head.unwrap_or("+"), tail.unwrap_or(""))
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masked, since `Debug` ends up in logs.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The text is not an E.164 number.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an E.164 number: expected + and 7 to 15 digits")]
pub struct NotE164;

impl TryFrom<String> for PhoneNumber {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(text)) } else { Err(NotE164) }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}
