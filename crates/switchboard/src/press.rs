//! More callers than can be real: how many calls one number, one prefix and all together may make, when the line counts as
//! attacked, and who is known to be no attacker. On a line whose minutes the owner pays every false call costs money.
//!
//! Knows nothing of calls: arrivals and times in, verdicts out, so that a replay decides the same.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{Caller, Mono, PhoneNumber};
use serde::{Deserialize, Serialize};

/// Most numbers, and most prefixes, whose calls are counted; beyond it the one that was silent longest is forgotten.
pub const COUNTED_MAX: usize = 4_096;
/// Most numbers remembered as known; beyond it the one that proved itself longest ago is forgotten.
pub const KNOWN_MAX: usize = 16_384;
/// How long a number is known after it was found in a directory or passed the check: numbers change hands, and a digit
/// can be guessed.
pub const KNOWN_FOR: Duration = Duration::from_secs(24 * 3_600);
/// Questions without an answer and wrong digits of one number within [`MISSES_WITHIN`]; then it is refused (603) where it
/// would be asked once more. Three calls that say nothing.
pub const MISSES_MAX: u32 = 6;
/// See [`MISSES_MAX`].
pub const MISSES_WITHIN: Duration = Duration::from_secs(3_600);
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
    /// Of one number, known or not; more are refused (603).
    pub caller: Option<Limit>,
    /// Of the numbers of one prefix together, and of withheld numbers together; more are asked whether they are people.
    pub prefix: Option<Limit>,
    /// How many leading digits, country code included, make a prefix.
    pub prefix_digits: u8,
    /// Of all together: beyond it the line counts as attacked.
    pub attack: Option<Limit>,
    /// Calls that are asked whether they are people, at one time, but never more than half of
    /// [`Config::calls_max`](crate::Config::calls_max); the next one is refused (503), before anybody knows whether it is a
    /// client. 0: 1 000.
    pub checks: u16,
    /// What becomes of a caller who is to be asked and whose side agreed to no telephone-event. Journals of an earlier
    /// version let all of them pass.
    #[serde(default = "passed")]
    pub when_no_digits: WhenNoDigits,
    /// Never asked and never refused.
    pub allow: BTreeSet<PhoneNumber>,
}

impl PressLimits {
    /// The empty prefix is that of withheld numbers.
    fn prefix_of<'a>(&self, number: Option<&'a PhoneNumber>) -> &'a str {
        // `+` and the digits.
        let length = usize::from(self.prefix_digits) + 1;
        number.map_or("", |number| {
            let text = number.as_str();
            text.get(..length).unwrap_or(text)
        })
    }
}

fn passed() -> WhenNoDigits {
    WhenNoDigits::Pass
}

/// What becomes of a caller who is to be asked for a digit and whose side agreed to no telephone-event. Keys come as tones
/// and by INFO as well, so whoever hears the question can answer it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenNoDigits {
    /// Asked as everybody.
    #[default]
    Ask,
    /// Let in unasked: for a carrier on whose lines tones do not come through. So is every bot that offers none.
    Pass,
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
    /// Never, whatever comes; what one number may call is held all the same.
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
    /// It was asked often enough.
    NoPerson,
}

/// Who is counted alone. A caller who withholds the number is one too: hiding it is no way around a limit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Whose {
    Number(PhoneNumber),
    /// The [mark](crate::Input::CallArrived) that stands for a number that is kept back.
    Withheld(u64),
}

impl Whose {
    /// None: the network brought nothing to tell this caller from others by.
    pub(crate) fn of(caller: &Caller, withheld: Option<u64>) -> Option<Self> {
        let number = caller.e164().cloned().map(Self::Number);
        number.or(withheld.map(Self::Withheld))
    }

    fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Withheld(_) => None,
        }
    }
}

/// All that is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Press {
    pub(crate) mode: AttackMode,
    limits: PressLimits,
    callers: BTreeMap<Whose, Window>,
    /// The empty prefix is that of withheld numbers.
    prefixes: BTreeMap<String, Window>,
    all: Window,
    /// Since when the line is attacked, and when it was pressed last.
    attacked: Option<Mono>,
    known: Known,
    misses: BTreeMap<Whose, Window>,
}

/// Callers who have shown to be people.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Until when, and its place in the order.
    callers: BTreeMap<Whose, (Mono, u64)>,
    order: BTreeMap<u64, Whose>,
    serial: u64,
}

impl Known {
    /// It has shown so; until when that counts.
    fn note(&mut self, until: Mono, caller: &Whose) {
        self.serial += 1;
        let before = self.callers.insert(caller.clone(), (until, self.serial));
        if let Some((_, place)) = before {
            self.order.remove(&place);
        }
        self.order.insert(self.serial, caller.clone());
        while self.callers.len() > KNOWN_MAX
            && let Some((_, first)) = self.order.pop_first()
        {
            self.callers.remove(&first);
        }
    }

    fn has(&self, now: Mono, caller: &Whose) -> bool {
        let until = self.callers.get(caller);
        until.is_some_and(|(until, _)| now < *until)
    }
}

/// A sliding window in two numbers: what the present stretch has, and what is left of the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: Mono,
    now: u32,
    before: u32,
    /// When the last one was counted.
    last: Mono,
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
                last: self.last,
            };
        }
        self.now = self.now.saturating_add(1);
        self.last = now;
        self.level(now, within)
    }

    /// How many there were within the time.
    fn level(&self, now: Mono, within: Duration) -> u32 {
        if now.since(self.last) >= within {
            return 0;
        }
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

    /// Counts an arrival and judges it. `caller`: None where nothing tells it from others.
    pub(crate) fn judge(&mut self, now: Mono, caller: Option<&Whose>) -> Verdict {
        self.count_all(now);
        if caller.is_some_and(|caller| self.is_allowed(caller)) {
            return Verdict::Pass;
        }
        if caller.is_some_and(|caller| self.caller_is_over(now, caller)) {
            return Verdict::TooMany;
        }
        let is_known = caller.is_some_and(|caller| self.known.has(now, caller));
        if self.mode == AttackMode::Off || is_known {
            return Verdict::Pass;
        }
        let number = caller.and_then(Whose::number);
        let is_asked = self.prefix_is_over(now, number) || self.is_attacked();
        match is_asked {
            false => Verdict::Pass,
            true if caller.is_some_and(|caller| self.has_failed(now, caller)) => Verdict::NoPerson,
            true => Verdict::Check,
        }
    }

    /// Whether callers are asked now.
    pub(crate) fn is_attacked(&self) -> bool {
        match self.mode {
            AttackMode::On => true,
            AttackMode::Off => false,
            AttackMode::Auto => self.attacked.is_some(),
        }
    }

    /// Somebody real: found in a directory, or passed the check. Asked no more for [`KNOWN_FOR`].
    pub(crate) fn knows(&mut self, now: Mono, caller: &Whose) {
        self.misses.remove(caller);
        self.known.note(now + KNOWN_FOR, caller);
    }

    /// It did not answer the question, or wrongly.
    pub(crate) fn missed(&mut self, now: Mono, caller: &Whose) {
        if !self.misses.contains_key(caller) {
            make_room(&mut self.misses);
        }
        let window = self.misses.entry(caller.clone()).or_default();
        window.count(now, MISSES_WITHIN);
    }

    /// Whether a side without telephone-events is let in unasked.
    pub(crate) fn passes_no_digits(&self) -> bool {
        self.limits.when_no_digits == WhenNoDigits::Pass
    }

    /// How many may be asked at one time.
    pub(crate) fn checks_max(&self) -> usize {
        const CHECKS: u16 = 1_000;
        let set = self.limits.checks;
        usize::from(if set == 0 { CHECKS } else { set })
    }

    /// Whether somebody vouches for it: the owner, the directory, or the digit it pressed.
    pub(crate) fn is_known(&self, now: Mono, caller: &Whose) -> bool {
        self.is_allowed(caller) || self.known.has(now, caller)
    }

    fn is_allowed(&self, caller: &Whose) -> bool {
        let allow = &self.limits.allow;
        caller.number().is_some_and(|number| allow.contains(number))
    }

    fn has_failed(&self, now: Mono, caller: &Whose) -> bool {
        let window = self.misses.get(caller);
        window.is_some_and(|window| window.level(now, MISSES_WITHIN) >= MISSES_MAX)
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

    fn caller_is_over(&mut self, now: Mono, caller: &Whose) -> bool {
        let Some(limit) = self.limits.caller else {
            return false;
        };
        if !self.callers.contains_key(caller) {
            make_room(&mut self.callers);
        }
        let window = self.callers.entry(caller.clone()).or_default();
        window.count(now, limit.within) > limit.calls
    }

    fn prefix_is_over(&mut self, now: Mono, number: Option<&PhoneNumber>) -> bool {
        let Some(limit) = self.limits.prefix else {
            return false;
        };
        let prefix = self.limits.prefix_of(number);
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
    let oldest = windows.iter().min_by_key(|(_, window)| window.last);
    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
        windows.remove(&oldest);
    }
}

mod before;
#[cfg(test)]
mod tests;

pub use before::PressBefore;
