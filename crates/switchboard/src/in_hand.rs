//! What a desk says and sees of the talk in hand: keys for the caller, whom the operator asks aside.
use std::fmt;

use gudok_model::{CallId, Name, OperatorId, SupervisionMode, Wall};
use serde::{Deserialize, Serialize};

/// Most keys of one command.
pub const KEYS_SENT_MAX: usize = 32;

/// Keys that an operator presses for the caller: a code, perhaps a card's number. Written nowhere but to the caller's leg:
/// serialised, and so in the journal, they are a count, which reads back as so many zeros.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "usize", from = "usize")]
pub struct Keys(String);

impl Keys {
    /// From 1 to [`KEYS_SENT_MAX`] of `0`–`9`, `*`, `#`, `A`–`D`; None: it is something else.
    pub fn new(keys: String) -> Option<Self> {
        let is_key = |key: char| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D');
        let fits = (1..=KEYS_SENT_MAX).contains(&keys.len()) && keys.chars().all(is_key);
        fits.then_some(Self(keys))
    }

    /// For the caller's leg alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl From<Keys> for usize {
    fn from(keys: Keys) -> Self {
        keys.count()
    }
}

impl From<usize> for Keys {
    fn from(count: usize) -> Self {
        Self("0".repeat(count.min(KEYS_SENT_MAX)))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.count())
    }
}

/// The talk in hand, beyond what the operator's state shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InHand {
    /// The caller hears music.
    pub held: bool,
    /// The operator's voice is taken off.
    pub muted: bool,
    /// Whom the operator asks aside.
    pub consult: Option<Asking>,
    /// Supervisors in it, as far as the operator is to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supervised: Vec<SupervisedBy>,
}

/// A supervisor in the talk in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SupervisedBy {
    /// Who.
    pub by: OperatorId,
    /// How.
    pub mode: SupervisionMode,
}

/// A supervisor's own part in the talk of somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Supervising {
    /// The call.
    pub call_id: CallId,
    /// Whose talk it is; None: nobody's any more.
    pub operator: Option<OperatorId>,
    /// How they are in it.
    pub mode: SupervisionMode,
    /// `ringing` (their own phone), `on`; over: `busy`, `declined`, `not_found`, `no_answer`, `left`, `talk_over`, `taken_over` (the
    /// talk is theirs), `refused` (it could not be theirs: they have left their seat), `not_allowed` (they are no supervisor any more).
    pub state: Name,
}

/// Who is sent out of a conference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The caller: the call ends for them.
    Caller,
    /// Whoever the operator asked.
    Asked,
}

/// Whom an operator asks aside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Asking {
    /// An operator's id, or a number outside.
    pub with: String,
    /// They have answered.
    pub answered: bool,
    /// The caller is in it.
    pub conference: bool,
    /// The caller is gone: these two talk on alone.
    pub caller_gone: bool,
}

/// A caller in a numbered place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ParkedCall {
    /// Which call.
    pub call_id: CallId,
    /// Which place, from 1.
    pub slot: u16,
    /// Who parked them.
    pub by: OperatorId,
    /// Then they go back to whoever parked them.
    pub until: Wall,
}

/// What a caller has come through who has talked with somebody already.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
pub struct Before {
    /// Who passed the caller on or parked them last; None: it is whoever reads this, or nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_from: Option<OperatorId>,
    /// The last place in a queue that the caller was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_was: Option<u32>,
    /// Through which queues and people, in order: `queue support`, `operator 101`, `external +7495•••4567`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Name>,
    /// What operators wrote down of this call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<CardNote>,
}

/// What an operator wrote down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct CardNote {
    /// Who.
    pub operator: OperatorId,
    /// The disposition.
    pub code: Name,
    /// Free text.
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_a_count_wherever_they_are_written() {
        let keys = Keys::new("4276*#D".into()).expect("keys");
        assert_eq!(serde_json::to_string(&keys).expect("plain"), "7");
        assert_eq!(format!("{keys:?}"), "Keys(7)");
        let read: Keys = serde_json::from_str("7").expect("a count");
        assert_eq!(read.count(), 7);
        assert_eq!(serde_json::to_string(&read).expect("plain"), "7");
        for wrong in ["", "12 3", "E", "+7", &"1".repeat(KEYS_SENT_MAX + 1)] {
            assert_eq!(Keys::new(wrong.into()), None, "{wrong}");
        }
    }
}
