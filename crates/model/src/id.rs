//! Ids of what lives and dies: calls, legs, offers, desk sessions.
use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Wall;

/// The whole story of one caller. UUID version 7, so that ids sort by time of arrival.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub Uuid);

/// As its bytes lie, the first one first, compared as one number: most of what a machine looks up, it looks up by a call, and
/// to compare byte by byte is a call of a library's function each time.
impl Ord for CallId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_u128().cmp(&other.0.as_u128())
    }
}

impl PartialOrd for CallId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl CallId {
    /// Of the `number`th call that a machine begins by itself: by the time and that count, so that a replay makes the same.
    pub fn of_ours(now: Wall, number: u64) -> Self {
        let mut tail = [0_u8; 10];
        let sub_ms = u16::try_from(now.0.rem_euclid(1_000)).unwrap_or_default();
        tail[..2].copy_from_slice(&sub_ms.to_be_bytes());
        tail[2..].copy_from_slice(&number.to_be_bytes());
        let ms = u64::try_from(now.0 / 1_000).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(ms, &tail).into_uuid())
    }
}

/// One party's connection to us. Leg 0 is the caller's; the others are numbered as they are dialled,
/// so that a replayed journal gives the same ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LegId {
    /// The call the leg belongs to, for its whole life.
    pub call: CallId,
    /// 0 for the caller, then 1, 2, … in order of dialling.
    pub index: u16,
}

impl LegId {
    /// The caller's leg of a call.
    pub fn caller(call: CallId) -> Self {
        Self { call, index: 0 }
    }

    /// Whether this is the caller's own leg.
    pub fn is_caller(self) -> bool {
        self.index == 0
    }
}

/// One call ringing at one operator. Numbered within the call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OfferId {
    /// The call that is offered.
    pub call: CallId,
    /// 1, 2, … in order of offering.
    pub index: u16,
}

/// One login of an operator at a desk; a new one after each connection that could not be resumed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// One try to reach somebody whom an operator calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct AttemptId(pub Uuid);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.call, self.index)
    }
}

impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.call, self.index)
    }
}

impl fmt::Debug for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Journals, tables and replays rely on it: the order of ids is the order of their bytes, and of their text.
    #[test]
    fn calls_are_in_the_order_of_their_bytes() {
        let mut ids: Vec<CallId> = (0..16)
            .flat_map(|byte| [1_u8, 0x7f, 0x80, 0xff].map(|value| (byte, value)))
            .map(|(byte, value)| {
                let mut bytes = [0x55_u8; 16];
                bytes[byte] = value;
                CallId(Uuid::from_bytes(bytes))
            })
            .collect();
        ids.sort();
        let by_bytes = ids.is_sorted_by_key(|id| *id.0.as_bytes());
        let by_text = ids.is_sorted_by_key(ToString::to_string);
        assert!(by_bytes && by_text, "{ids:?}");
    }
}
