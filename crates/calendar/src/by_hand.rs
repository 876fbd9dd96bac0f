//! What is said by hand over what is written: schedules set for a while (open, closed, an announcement that is said first),
//! and shifts that somebody has taken.
use std::collections::BTreeMap;

use gudok_model::{Name, Wall};
use serde::{Deserialize, Serialize};

use crate::handover::{Acceptance, Handovers};
use crate::why::spoken;
use crate::zone::Zone;

/// Longest that something may be set for: who wants more changes the plan. Microseconds, 62 days.
pub const LENGTH_MAX: i64 = 62 * 24 * 3_600 * 1_000_000;

/// Most that may be in force at a time; what comes then is refused.
pub const OVERRIDES_MAX: usize = 400;

/// Longest reason and longest name of who set it. Characters.
pub const WORDS_MAX: usize = 200;

/// What is set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "set", rename_all = "snake_case")]
pub enum Set {
    /// Somebody is there, whatever the schedule says.
    Open,
    /// Nobody is there, whatever the schedule says.
    Closed,
    /// The hours stay as they are; callers of the schedule's numbers hear this first.
    Announce {
        /// The prompt.
        prompt: Name,
    },
}

/// Set by hand: it ends by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Override {
    /// What.
    #[serde(flatten)]
    pub set: Set,
    /// When it was set.
    pub since: Wall,
    /// When it is over; from this moment on the schedule rules again.
    pub until: Wall,
    /// Who set it.
    pub who: String,
    /// Why.
    pub why: String,
}

/// Everything that is said by hand now. Of each schedule at most one word about its hours and one announcement; of rosters,
/// who has accepted their shifts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    list: BTreeMap<(Name, Slot), Override>,
    handovers: Handovers,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Slot {
    Hours,
    Announcement,
}

impl Set {
    fn slot(&self) -> Slot {
        match self {
            Self::Open | Self::Closed => Slot::Hours,
            Self::Announce { .. } => Slot::Announcement,
        }
    }

    /// Stable and short: `open`, `closed`, `announce`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Announce { .. } => "announce",
        }
    }
}

impl Override {
    /// Until when, why and who, in Russian: «вручную до 22 ноября 18:00 — авария на узле (ivanov)».
    pub fn told(&self, zone: &Zone) -> String {
        let local = zone.local(self.until);
        let (day, hour, minute) = (spoken(local.date), local.hour, local.minute);
        let (why, who) = (&self.why, &self.who);
        format!("вручную до {day} {hour:02}:{minute:02} — {why} ({who})")
    }

    /// Whether it is still in force.
    pub fn holds(&self, now: Wall) -> bool {
        now < self.until
    }
}

impl Overrides {
    /// Nothing is set.
    pub const NONE: Self = Self {
        list: BTreeMap::new(),
        handovers: Handovers::NONE,
    };

    /// Who has accepted which shifts.
    pub fn handovers(&self) -> &Handovers {
        &self.handovers
    }

    /// Somebody accepts a shift. As [`Handovers::accept`].
    pub fn accept(&mut self, roster: &Name, acceptance: Acceptance) -> bool {
        self.handovers.accept(roster, acceptance)
    }

    /// An acceptance is taken back. As [`Handovers::take_back`].
    pub fn take_back(&mut self, roster: &str, person: &str, at: Wall) -> bool {
        self.handovers.take_back(roster, person, at)
    }

    /// Sets it in the place of what was set of the same kind. False, and nothing changes, when [`OVERRIDES_MAX`] are in force.
    pub fn set(&mut self, now: Wall, schedule: &Name, what: Override) -> bool {
        self.list.retain(|_, set| set.holds(now));
        let key = (schedule.clone(), what.set.slot());
        if self.list.len() >= OVERRIDES_MAX && !self.list.contains_key(&key) {
            return false;
        }
        self.list.insert(key, what);
        true
    }

    /// Takes back whatever is set for a schedule.
    pub fn clear(&mut self, schedule: &str) {
        self.list.retain(|(name, _), _| **name != *schedule);
    }

    /// What is set of the hours of a schedule.
    pub fn hours(&self, now: Wall, schedule: &Name) -> Option<&Override> {
        self.find(now, schedule, Slot::Hours)
    }

    /// What callers of a schedule's numbers hear first.
    pub fn announcement(&self, now: Wall, schedule: &Name) -> Option<(&Name, &Override)> {
        let found = self.find(now, schedule, Slot::Announcement)?;
        match &found.set {
            Set::Announce { prompt } => Some((prompt, found)),
            Set::Open | Set::Closed => None,
        }
    }

    fn find(&self, now: Wall, schedule: &Name, slot: Slot) -> Option<&Override> {
        // Mostly nothing is set, and a decision asks often.
        if self.list.is_empty() {
            return None;
        }
        let found = self.list.get(&(schedule.clone(), slot));
        found.filter(|set| set.holds(now))
    }

    /// What is in force, by schedule.
    pub fn list(&self, now: Wall) -> impl Iterator<Item = (&Name, &Override)> {
        let list = self.list.iter().filter(move |(_, set)| set.holds(now));
        list.map(|((schedule, _), set)| (schedule, set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(set: Set, until: i64) -> Override {
        Override {
            set,
            since: Wall(0),
            until: Wall(until),
            who: "ivanov".into(),
            why: "авария".into(),
        }
    }

    #[test]
    fn it_ends_by_itself_and_one_of_a_kind_is_in_force() {
        let (mut all, office) = (Overrides::NONE, Name::from("office"));
        let prompt = "emergency".into();
        assert!(all.set(Wall(1), &office, set(Set::Closed, 10)));
        assert!(all.set(Wall(1), &office, set(Set::Announce { prompt }, 20)));
        assert!(all.set(Wall(2), &office, set(Set::Open, 15)));
        let hours = |all: &Overrides, at| all.hours(Wall(at), &office).map(|it| it.set.code());
        assert_eq!([hours(&all, 14), hours(&all, 15)], [Some("open"), None]);
        assert!(all.announcement(Wall(19), &office).is_some());
        assert!(all.announcement(Wall(20), &office).is_none());
        assert_eq!(all.list(Wall(16)).count(), 1);
        assert!(all.hours(Wall(3), &"shop".into()).is_none());
        all.clear("office");
        assert_eq!(all.list(Wall(3)).count(), 0);
    }

    #[test]
    fn there_is_an_end_to_what_may_be_set() {
        let mut all = Overrides::NONE;
        for number in 0..OVERRIDES_MAX {
            let name = format!("s{number}").into();
            assert!(all.set(Wall(1), &name, set(Set::Closed, 10)));
        }
        assert!(!all.set(Wall(1), &"one".into(), set(Set::Closed, 10)));
        assert!(all.set(Wall(1), &"s7".into(), set(Set::Open, 10)));
        // What is over makes room.
        assert!(all.set(Wall(10), &"one".into(), set(Set::Closed, 20)));
    }
}
