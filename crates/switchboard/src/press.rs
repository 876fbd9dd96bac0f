//! More callers than can be real: how many calls one number, one prefix and all together may make, when the line counts as
//! attacked, and who is known to be no attacker. On a line whose minutes the owner pays every false call costs money.
//!
//! Knows nothing of calls: arrivals and times in, verdicts out, so that a replay decides the same.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{Mono, PhoneNumber};
use serde::{Deserialize, Serialize};

/// Most numbers, and most prefixes, whose calls are counted; beyond it the one that was silent longest is forgotten.
pub const COUNTED_MAX: usize = 4_096;
/// Most numbers remembered as known; beyond it the one that proved itself first is forgotten.
pub const KNOWN_MAX: usize = 16_384;
/// A line that was attacked counts as quiet when it had at most half the calls of an attack for so long.
pub const QUIET_AFTER: Duration = Duration::from_secs(600);

/// So many calls within a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limit {
    /// Calls.
    pub calls: u32,
    /// The time; any stretch of it, not the hour of the clock.
    pub within: Duration,
}

/// What is too much. All off unless set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PressLimits {
    /// Of one number; more are refused (603).
    pub caller: Option<Limit>,
    /// Of the numbers of one prefix together, and of withheld numbers together; more are asked whether they are people.
    pub prefix: Option<Limit>,
    /// How many leading digits, country code included, make a prefix.
    pub prefix_digits: u8,
    /// Of all together: beyond it the line counts as attacked.
    pub attack: Option<Limit>,
    /// Calls that are asked whether they are people, at one time; the next one is refused (503). 0: 1 000.
    pub checks: u16,
    /// Never asked and never refused.
    pub allow: BTreeSet<PhoneNumber>,
}

/// Whether callers are asked whether they are people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackMode {
    /// While there are more calls than [`PressLimits::attack`].
    #[default]
    Auto,
    /// Always.
    On,
    /// Never, whatever comes.
    Off,
}

/// What becomes of an arrival.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Pass,
    /// Ask whether it is a person.
    Check,
    /// This number calls too often.
    TooMany,
}

/// All that is counted.
#[derive(Debug, Default)]
pub(crate) struct Press {
    pub(crate) mode: AttackMode,
    limits: PressLimits,
    callers: BTreeMap<PhoneNumber, Window>,
    /// The empty prefix is that of withheld numbers.
    prefixes: BTreeMap<String, Window>,
    all: Window,
    /// Since when the line is attacked, and when it was pressed last.
    attacked: Option<Mono>,
    known: BTreeMap<PhoneNumber, u64>,
    known_serial: u64,
}

/// A sliding window in two numbers: what the present stretch has, and what is left of the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: Mono,
    now: u32,
    before: u32,
}

impl Window {
    /// Counts one; gives how many there were within the time, this one included.
    fn count(&mut self, now: Mono, within: Duration) -> u32 {
        let age = now.since(self.began);
        if age >= within.saturating_mul(2) || self.now == 0 && self.before == 0 {
            *self = Self {
                began: now,
                ..Self::default()
            };
        } else if age >= within {
            *self = Self {
                began: self.began + within,
                now: 0,
                before: self.now,
            };
        }
        self.now = self.now.saturating_add(1);
        let gone = now.since(self.began).as_secs_f64() / within.as_secs_f64();
        let left = f64::from(self.before) * (1.0 - gone.min(1.0));
        self.now.saturating_add(left as u32)
    }
}

impl Press {
    pub(crate) fn new(limits: PressLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Counts an arrival and judges it. `number`: None where it is withheld.
    pub(crate) fn judge(&mut self, now: Mono, number: Option<&PhoneNumber>) -> Verdict {
        self.count_all(now);
        if number.is_some_and(|number| self.is_known(number)) {
            return Verdict::Pass;
        }
        if number.is_some_and(|number| self.caller_is_over(now, number)) {
            return Verdict::TooMany;
        }
        if self.prefix_is_over(now, number) || self.is_attacked() {
            return Verdict::Check;
        }
        Verdict::Pass
    }

    /// Whether callers are asked now.
    pub(crate) fn is_attacked(&self) -> bool {
        match self.mode {
            AttackMode::On => true,
            AttackMode::Off => false,
            AttackMode::Auto => self.attacked.is_some(),
        }
    }

    /// Somebody real: found in a directory, or passed the check.
    pub(crate) fn knows(&mut self, number: &PhoneNumber) {
        self.known_serial += 1;
        self.known.insert(number.clone(), self.known_serial);
        while self.known.len() > KNOWN_MAX {
            let first = self.known.iter().min_by_key(|(_, serial)| **serial);
            let Some(first) = first.map(|(number, _)| number.clone()) else {
                return;
            };
            self.known.remove(&first);
        }
    }

    /// How many may be asked at one time.
    pub(crate) fn checks_max(&self) -> usize {
        const CHECKS: u16 = 1_000;
        let set = self.limits.checks;
        usize::from(if set == 0 { CHECKS } else { set })
    }

    pub(crate) fn is_known(&self, number: &PhoneNumber) -> bool {
        self.limits.allow.contains(number) || self.known.contains_key(number)
    }

    fn count_all(&mut self, now: Mono) {
        let Some(limit) = self.limits.attack else {
            return;
        };
        let count = self.all.count(now, limit.within);
        if count > limit.calls {
            self.attacked = Some(now);
        } else if count > limit.calls / 2 {
            // Neither pressed nor quiet: an attack goes on, none begins.
            self.attacked = self.attacked.map(|_| now);
        } else if self
            .attacked
            .is_some_and(|last| now.since(last) >= QUIET_AFTER)
        {
            self.attacked = None;
        }
    }

    fn caller_is_over(&mut self, now: Mono, number: &PhoneNumber) -> bool {
        let Some(limit) = self.limits.caller else {
            return false;
        };
        if !self.callers.contains_key(number) {
            make_room(&mut self.callers);
        }
        let window = self.callers.entry(number.clone()).or_default();
        window.count(now, limit.within) > limit.calls
    }

    fn prefix_is_over(&mut self, now: Mono, number: Option<&PhoneNumber>) -> bool {
        let Some(limit) = self.limits.prefix else {
            return false;
        };
        // `+` and the digits.
        let length = usize::from(self.limits.prefix_digits) + 1;
        let prefix = number.map_or("", |number| {
            let text = number.as_str();
            text.get(..length).unwrap_or(text)
        });
        if !self.prefixes.contains_key(prefix) {
            make_room(&mut self.prefixes);
        }
        let window = self.prefixes.entry(prefix.to_owned()).or_default();
        window.count(now, limit.within) > limit.calls
    }
}

fn make_room<K: Ord + Clone>(windows: &mut BTreeMap<K, Window>) {
    if windows.len() < COUNTED_MAX {
        return;
    }
    let oldest = windows.iter().min_by_key(|(_, window)| window.began);
    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
        windows.remove(&oldest);
    }
}

#[cfg(test)]
mod tests;
