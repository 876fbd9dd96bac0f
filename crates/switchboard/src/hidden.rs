//! Callers who withhold the number and are not welcome. An admin names a call of theirs; nobody learns the number by it.
//!
//! What stands for the number is the mark of [`CallArrived`](crate::Input::CallArrived). Marks are of one run, but for those
//! of who is blocked: [`Input::Blocked`](crate::Input::Blocked) brings them into the next one. To the plan such a caller is a
//! client of class `blocked`, as one of the directory is.
use std::collections::BTreeMap;

use gudok_model::{CallId, Client, ClientClass, ClientMatch, Now, Wall};
use serde::{Deserialize, Serialize};

use crate::switchboard::Switchboard;

/// Latest calls of callers who withhold the number, of whom one can be blocked. Beyond it the oldest is not known any more.
pub const HIDDEN_MAX: usize = 4_096;
/// Most callers who are blocked so; the one whose time ends first makes room.
pub const BLOCKED_MAX: usize = 256;

/// Where such a client was found.
const SOURCE: &str = "block";
/// Shown where a client's name is.
const NAME: &str = "скрытый номер";

/// Who withholds the number, and who of them is blocked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// The marks of the latest calls; ids are in the order of time.
    calls: BTreeMap<CallId, u64>,
    /// By their marks.
    blocked: BTreeMap<u64, Blocked>,
}

/// A caller who is blocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Blocked {
    /// The call by which they are known.
    pub call: CallId,
    /// What stands for the number.
    pub mark: u64,
    /// Until when.
    pub until: Wall,
}

impl Hidden {
    pub(crate) fn called(&mut self, call: CallId, mark: u64) {
        self.calls.insert(call, mark);
        if self.calls.len() > HIDDEN_MAX {
            self.calls.pop_first();
        }
    }

    /// The client that the plan takes this caller for, if they are blocked.
    pub(crate) fn client(&self, now: Wall, mark: u64) -> Option<ClientMatch> {
        let blocked = self.blocked.get(&mark).filter(|it| now < it.until)?;
        let client = Client {
            id: format!("{SOURCE}:{}", blocked.call),
            name: NAME.into(),
            class: ClientClass::Blocked,
            fields: BTreeMap::new(),
            source: SOURCE.into(),
        };
        Some(ClientMatch::One { client, took_ms: 0 })
    }

    /// Whose call it was: among the latest ones, or one that a block is known by, however long ago it was.
    fn mark(&self, call: CallId) -> Option<u64> {
        let is_known_by = |(_, blocked): &(&u64, &Blocked)| blocked.call == call;
        let latest = self.calls.get(&call).copied();
        latest.or_else(|| Some(*self.blocked.iter().find(is_known_by)?.0))
    }

    fn block(&mut self, now: Wall, call: CallId, until: Option<Wall>) {
        self.blocked.retain(|_, blocked| now < blocked.until);
        let Some(mark) = self.mark(call) else {
            return;
        };
        let Some(until) = until else {
            self.blocked.remove(&mark);
            return;
        };
        self.add(Blocked { call, mark, until });
    }

    fn add(&mut self, blocked: Blocked) {
        if !self.blocked.contains_key(&blocked.mark) && self.blocked.len() >= BLOCKED_MAX {
            let first = self.blocked.iter().min_by_key(|(_, it)| it.until);
            if let Some(first) = first.map(|(mark, _)| *mark) {
                self.blocked.remove(&first);
            }
        }
        self.blocked.insert(blocked.mark, blocked);
    }
}

impl Switchboard {
    /// Whether the caller of this call withholds the number and can be blocked by it.
    pub fn can_block(&self, call: CallId) -> bool {
        self.hidden.mark(call).is_some()
    }

    /// Who is blocked now, in the order of the calls by which they are known.
    pub fn blocked(&self, now: Wall) -> Vec<Blocked> {
        let blocked = self.hidden.blocked.values().copied();
        let mut blocked: Vec<Blocked> = blocked.filter(|it| now < it.until).collect();
        blocked.sort_unstable_by_key(|it| it.call);
        blocked
    }

    pub(crate) fn block(&mut self, now: Now, call: CallId, until: Option<Wall>) {
        self.hidden.block(now.wall, call, until);
    }

    /// Those of the run before.
    pub(crate) fn block_again(&mut self, blocked: Vec<Blocked>) {
        blocked.into_iter().for_each(|it| self.hidden.add(it));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: usize) -> CallId {
        let id = serde_json::json!(format!("01930000-0000-7000-8000-{number:012x}"));
        serde_json::from_value(id).expect("an id")
    }

    #[test]
    fn a_block_is_lifted_by_its_call_however_many_hide_since() {
        let mut hidden = Hidden::default();
        hidden.called(call(0), 7);
        hidden.block(Wall(0), call(0), Some(Wall(1_000)));
        for number in 1..=HIDDEN_MAX {
            hidden.called(call(number), 8);
        }
        assert!(!hidden.calls.contains_key(&call(0)));
        hidden.block(Wall(1), call(0), None);
        assert!(hidden.client(Wall(2), 7).is_none());
    }

    /// The latest calls are known, and the blocks that end last are kept.
    #[test]
    fn what_is_known_of_who_hides_is_bounded() {
        let mut hidden = Hidden::default();
        for number in 0..HIDDEN_MAX + 2 {
            hidden.called(call(number), number as u64);
        }
        assert_eq!(hidden.calls.len(), HIDDEN_MAX);
        assert!(!hidden.calls.contains_key(&call(1)));
        for number in 2..BLOCKED_MAX + 3 {
            hidden.block(Wall(0), call(number), Some(Wall(1_000 + number as i64)));
        }
        assert_eq!(hidden.blocked.len(), BLOCKED_MAX);
        let blocked = |number: usize| hidden.client(Wall(999), number as u64).is_some();
        assert!(!blocked(2) && blocked(3) && blocked(BLOCKED_MAX + 2));
        hidden.block(Wall(1_004), call(0), None);
        assert_eq!(hidden.blocked.len(), BLOCKED_MAX - 2, "those that are over");
    }
}
