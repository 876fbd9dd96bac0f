//! What somebody should act on at once, and when it counts as such: an alarm comes on past one level and goes off past another, so
//! that it does not flutter between them.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::QueueId;

/// What an alarm is about. What is measured stands with each; the usual levels are in [`AlarmKind::usual`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// Of a queue: `sl3` of the last hour. Percent; on when low.
    ServiceLevel,
    /// Of a queue where callers wait or somebody is expected: operators who take calls, or will after what they do. On when low.
    NobodyReady,
    /// Of a queue: how long the caller of priority 9 has waited who has waited longest. Seconds.
    OldestEmergency,
    /// Of a queue: the same of all callers. Seconds.
    OldestWaiting,
    /// Somebody waits beside an operator who is free: a bug. 1: so it is.
    OldestWaitingBesideFree,
    /// Of a trunk: nothing of it works. 1: so it is.
    TrunkDown,
    /// The fullest of our disks: free space. Percent; on when low.
    Disk,
    /// Something that must be true is not: a bug. 1: seen in the last ten minutes.
    Invariant,
    /// Of a project: calls back and messages that are due and not done.
    CallbackOverdue,
    /// Of an operator: by how much their break is longer than its reason lets it be. Seconds.
    BreakTooLong,
    /// Of an operator: by how much longer than their queue lets it be they keep a caller on hold. Seconds.
    HoldTooLong,
    /// Of a group and a project: promised calls that came to nothing at the last try and are still owed (behaviour 5.6).
    CallbackExhausted,
}

/// When an alarm is on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AlarmRule {
    /// What it is about.
    pub what: AlarmKind,
    /// Of this queue alone. None: of every one that has no rule of its own, and of what is of no queue.
    pub queue: Option<QueueId>,
    /// The level at which it comes on: of what is bad when low so low, else so high.
    pub on: u64,
    /// The level at which it goes off.
    pub off: u64,
    /// It comes on when it has been so for so long.
    pub lasts: Duration,
}

/// How levels of a kind are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// Of a hundred.
    Percent,
    /// So many.
    Count,
    /// A length of time, in whole seconds.
    Seconds,
}

impl AlarmKind {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, Self); 12] = [
        ("service_level", Self::ServiceLevel),
        ("nobody_ready", Self::NobodyReady),
        ("oldest_emergency", Self::OldestEmergency),
        ("oldest_waiting", Self::OldestWaiting),
        ("oldest_waiting_beside_free", Self::OldestWaitingBesideFree),
        ("trunk_down", Self::TrunkDown),
        ("disk", Self::Disk),
        ("invariant", Self::Invariant),
        ("callback_overdue", Self::CallbackOverdue),
        ("break_too_long", Self::BreakTooLong),
        ("hold_too_long", Self::HoldTooLong),
        ("callback_exhausted", Self::CallbackExhausted),
    ];

    /// As the plan, the record and the metrics say it.
    pub fn word(self) -> &'static str {
        let known = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        known.map_or("", |(word, _)| word)
    }

    /// The kind of this word.
    pub fn named(word: &str) -> Option<Self> {
        let known = Self::WORDS.iter().find(|(it, _)| *it == word);
        known.map(|(_, kind)| *kind)
    }

    /// Whether less is worse.
    pub fn is_low(self) -> bool {
        matches!(self, Self::ServiceLevel | Self::NobodyReady | Self::Disk)
    }

    /// Whether each queue has its own.
    pub fn is_of_queue(self) -> bool {
        matches!(
            self,
            Self::ServiceLevel | Self::NobodyReady | Self::OldestEmergency | Self::OldestWaiting
        )
    }

    /// Whether its level is of the callers or the people of one project, so that each project has its own and hears of no other's
    /// (S07). All else is of what they share.
    pub fn is_of_project(self) -> bool {
        matches!(
            self,
            Self::ServiceLevel
                | Self::OldestEmergency
                | Self::OldestWaiting
                | Self::CallbackOverdue
                | Self::BreakTooLong
                | Self::HoldTooLong
                | Self::CallbackExhausted
        )
    }

    /// How its levels are written.
    pub fn measure(self) -> Measure {
        match self {
            Self::ServiceLevel | Self::Disk => Measure::Percent,
            Self::OldestEmergency
            | Self::OldestWaiting
            | Self::BreakTooLong
            | Self::HoldTooLong => Measure::Seconds,
            Self::NobodyReady
            | Self::OldestWaitingBesideFree
            | Self::TrunkDown
            | Self::Invariant
            | Self::CallbackOverdue
            | Self::CallbackExhausted => Measure::Count,
        }
    }

    /// The rule where the plan has none.
    pub fn usual(self) -> AlarmRule {
        let (on, off, secs) = match self {
            Self::ServiceLevel => (70, 80, 300),
            Self::NobodyReady => (0, 1, 60),
            Self::OldestEmergency => (20, 5, 0),
            Self::OldestWaiting => (300, 60, 0),
            Self::Disk => (5, 10, 60),
            Self::OldestWaitingBesideFree
            | Self::TrunkDown
            | Self::Invariant
            | Self::CallbackOverdue
            | Self::BreakTooLong
            | Self::HoldTooLong
            | Self::CallbackExhausted => (1, 0, 0),
        };
        AlarmRule {
            what: self,
            queue: None,
            on,
            off,
            lasts: Duration::from_secs(secs),
        }
    }
}

impl AlarmRule {
    /// Whether something so high calls for it.
    pub fn comes(&self, level: u64) -> bool {
        match self.what.is_low() {
            true => level <= self.on,
            false => level >= self.on,
        }
    }

    /// Whether something so high lets it go.
    pub fn goes(&self, level: u64) -> bool {
        match self.what.is_low() {
            true => level >= self.off,
            false => level <= self.off,
        }
    }

    /// Whether no level does both, so that it cannot flutter.
    pub fn is_steady(&self) -> bool {
        match self.what.is_low() {
            true => self.on < self.off,
            false => self.on > self.off,
        }
    }
}
