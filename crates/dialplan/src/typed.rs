//! The keys a caller has pressed.
use std::fmt;

use serde::{Deserialize, Serialize};

/// Most keys of one answer: a bank account has so many.
pub const KEYS_MAX: u8 = 20;

/// Keys that can be asked for. The fourth column (A–D) is on no telephone.
pub(crate) const KEYS: &str = "0123456789*#";

/// Some of the twelve keys.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeySet(u16);

impl KeySet {
    /// Whether this key is one of them.
    pub fn has(self, key: char) -> bool {
        KEYS.find(key).is_some_and(|at| self.0 & (1 << at) != 0)
    }

    /// Each of them, digits first.
    pub fn keys(self) -> impl Iterator<Item = char> {
        KEYS.chars().filter(move |key| self.has(*key))
    }
}

impl FromIterator<char> for KeySet {
    fn from_iter<I: IntoIterator<Item = char>>(keys: I) -> Self {
        let bits = keys.into_iter().filter_map(|key| KEYS.find(key));
        Self(bits.fold(0, |set, at| set | 1 << at))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: String = self.keys().collect();
        write!(f, "{keys:?}")
    }
}

/// A few keys, in the order they were pressed. May be an account number, so `Debug` says only how many.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Typed {
    keys: [u8; KEYS_MAX as usize],
    len: u8,
}

impl Typed {
    /// Adds a key; false when it is none, or when there are [`KEYS_MAX`] already.
    pub fn push(&mut self, key: char) -> bool {
        let room = self.keys.get_mut(usize::from(self.len));
        let (Some(room), true, Ok(key)) = (room, KEYS.contains(key), u8::try_from(key)) else {
            return false;
        };
        *room = key;
        self.len += 1;
        true
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        let keys = self.keys.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(keys).unwrap_or_default()
    }

    /// How many.
    pub fn len(&self) -> u8 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// For eyes that need not know it: `••••••02`; of four or fewer nothing.
    pub fn masked(&self) -> String {
        masked(self.as_str())
    }
}

/// The text with all but its last two characters hidden.
pub(crate) fn masked(text: &str) -> String {
    let count = text.chars().count();
    let shown = if count > 4 { 2 } else { 0 };
    let hide = |(at, c)| if at < count - shown { '•' } else { c };
    text.chars().enumerate().map(hide).collect()
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({} keys)", self.len)
    }
}

impl From<Typed> for String {
    fn from(typed: Typed) -> Self {
        typed.as_str().to_owned()
    }
}

/// Not keys, or too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoKeys;

impl fmt::Display for NoKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not keys of a telephone, or more than {KEYS_MAX}")
    }
}

impl std::error::Error for NoKeys {}

impl TryFrom<String> for Typed {
    type Error = NoKeys;

    fn try_from(text: String) -> Result<Self, NoKeys> {
        let mut typed = Self::default();
        match text.chars().all(|key| typed.push(key)) {
            true => Ok(typed),
            false => Err(NoKeys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_kept_whole_and_shown_masked() {
        let typed = Typed::try_from("45021702".to_owned()).expect("keys");
        assert_eq!((typed.as_str(), typed.len()), ("45021702", 8));
        assert_eq!(typed.masked(), "••••••02");
        assert_eq!(format!("{typed:?}"), "Typed(8 keys)");
        assert_eq!(
            Typed::try_from("1234".to_owned()).map(|it| it.masked()),
            Ok("••••".into())
        );
    }

    #[test]
    fn what_is_no_key_and_what_is_too_much_is_refused() {
        assert_eq!(Typed::try_from("1A".to_owned()), Err(NoKeys));
        assert_eq!(Typed::try_from("1".repeat(21)), Err(NoKeys));
        let mut typed = Typed::try_from("1".repeat(20)).expect("keys");
        assert!(!typed.push('2'));
        typed.clear();
        assert!(typed.is_empty() && typed.push('#'));
    }
}
