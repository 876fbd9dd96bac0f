//! New calls that were told to come again later. Whoever repeated the INVITE before our 503 reached it must hear the same
//! again: taken now, it would be a call at which nobody is.
use std::time::Duration;

/// How long a repeated INVITE hears the same. 64·T1: nobody repeats it longer.
pub const REMEMBERED: Duration = Duration::from_secs(32);
/// Marks in a line of the table: those of one line lie together (128 bytes) and are found by one look at the memory.
const WAYS: usize = 16;
/// Lines, a power of two.
const LINES: usize = 16_384;
/// Most refused INVITEs remembered, 2 MiB; in a line that is full the oldest is forgotten, and its copy would be judged
/// anew. Four times what is refused in six T1 where the shield lets the most through (so that next to no line is full by
/// then): two copies have come by then, and who hears a 503 sends none.
pub const TURNED_AWAY_MAX: usize = LINES * WAYS;
/// What moments are told in: quarters of a second, of which a daemon meets 17 years.
const QUARTER: Duration = Duration::from_millis(250);

/// The refused INVITEs by their server transaction. Less than a transaction each: no timer, no bytes, 8 bytes.
#[derive(Clone, Default, Debug)]
pub(super) struct TurnedAway {
    /// Empty until somebody is refused.
    lines: Vec<[Mark; WAYS]>,
    /// When the last mark is forgotten.
    until: u32,
}

/// One of them; the fresh ones are in no order.
#[derive(Clone, Copy, Default, Debug)]
struct Mark {
    /// A quarter of a keyed hash, beside what chose the line, tells them apart well enough.
    print: u32,
    /// The first quarter of a second in which it is forgotten, and whether it was refused [`Way::Curtly`]; 0: there is none.
    until: u32,
}

/// How an INVITE was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Parsed, and told of.
    Told,
    /// Unparsed, and nobody was told.
    Curtly,
}

/// The highest bit of [`Mark::until`].
const CURTLY: u32 = 1 << 31;

impl Mark {
    fn until(self) -> u32 {
        self.until & !CURTLY
    }

    fn is_of(self, print: u32, now: u32) -> bool {
        self.print == print && self.until() > now
    }
}

impl TurnedAway {
    /// Remembers a refusal; one that is remembered already stays as old as it is. It was told of if it was once.
    pub(super) fn note(&mut self, now: Duration, key: u128, way: Way) {
        if self.lines.is_empty() {
            self.lines = vec![Default::default(); LINES];
        }
        let (line, print, now) = (line_of(key), print_of(key), quarters(now));
        let marks = &mut self.lines[line];
        let curtly = if way == Way::Curtly { CURTLY } else { 0 };
        if let Some(mark) = marks.iter_mut().find(|mark| mark.is_of(print, now)) {
            mark.until &= !CURTLY | curtly;
            return;
        }
        let until = now.saturating_add(quarters(REMEMBERED));
        // One that is forgotten is older than any that is not.
        if let Some(oldest) = marks.iter_mut().min_by_key(|mark| mark.until()) {
            let until = until | curtly;
            *oldest = Mark { print, until };
        }
        self.until = until;
    }

    /// Whether this INVITE was refused a while ago.
    pub(super) fn holds(&self, now: Duration, key: u128) -> bool {
        self.mark(now, key).is_some()
    }

    /// The same, and nobody was told of it.
    pub(super) fn holds_curt(&self, now: Duration, key: u128) -> bool {
        let mark = self.mark(now, key);
        mark.is_some_and(|mark| mark.until & CURTLY != 0)
    }

    fn mark(&self, now: Duration, key: u128) -> Option<&Mark> {
        let (print, now) = (print_of(key), quarters(now));
        if self.until <= now {
            return None;
        }
        let mut marks = self.lines[line_of(key)].iter();
        marks.find(|mark| mark.is_of(print, now))
    }
}

fn quarters(time: Duration) -> u32 {
    // The last moments are all the last but those that are remembered from then.
    const LAST: u32 = CURTLY - 1_000;
    u32::try_from(time.as_millis() / QUARTER.as_millis())
        .map_or(LAST, |quarters| quarters.min(LAST))
}

const fn line_of(key: u128) -> usize {
    key as usize % LINES
}

const fn print_of(key: u128) -> u32 {
    (key >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `shield::Limits::turned_away`, a second.
    const RATE: u32 = 20_000;
    const T1: Duration = Duration::from_millis(500);

    /// Keys are hashes: neighbours have nothing in common.
    fn key(of: u32) -> u128 {
        crate::entropy::Entropy::new([3; 32]).fingerprint(&[&of.to_be_bytes()])
    }

    #[test]
    fn a_refusal_is_remembered_from_the_first_time_and_for_as_long_as_anybody_repeats() {
        let (mut refused, at) = (TurnedAway::default(), Duration::from_secs);
        assert!(!refused.holds(at(0), key(1)));
        refused.note(at(0), key(1), Way::Told);
        refused.note(at(20), key(1), Way::Told);
        assert!(refused.holds(at(31), key(1)) && !refused.holds(at(32), key(1)));
        assert!(!refused.holds(at(1), key(2)));
    }

    #[test]
    fn what_was_told_of_once_is_not_curt() {
        let (mut refused, at) = (TurnedAway::default(), Duration::from_secs);
        for (nth, ways) in [
            [Way::Curtly, Way::Curtly],
            [Way::Curtly, Way::Told],
            [Way::Told, Way::Curtly],
        ]
        .into_iter()
        .enumerate()
        {
            let key = key(nth as u32);
            assert!(!refused.holds_curt(at(1), key));
            ways.into_iter()
                .for_each(|way| refused.note(at(1), key, way));
            assert_eq!(refused.holds_curt(at(2), key), nth == 0);
            assert!(refused.holds(at(2), key) && !refused.holds_curt(at(33), key));
        }
    }

    #[test]
    fn a_full_line_forgets_its_oldest() {
        let mut refused = TurnedAway::default();
        let of_one_line = |nth: usize| (nth as u128) << 64 | 5;
        for nth in 0..=WAYS {
            refused.note(QUARTER * nth as u32, of_one_line(nth), Way::Curtly);
        }
        let now = QUARTER * WAYS as u32;
        let held: Vec<usize> = (0..=WAYS)
            .filter(|&nth| refused.holds(now, of_one_line(nth)))
            .collect();
        assert_eq!(held, Vec::from_iter(1..=WAYS));
    }

    #[test]
    fn the_copies_of_a_storm_still_hear_the_same() {
        let mut refused = TurnedAway::default();
        let at = |of: u32| Duration::from_secs(1) * of / RATE;
        let count = 12 * RATE * T1.as_millis() as u32 / 1_000;
        (0..count).for_each(|of| refused.note(at(of), key(of), Way::Curtly));
        let now = at(count);
        let is_lost = |of: &u32| !refused.holds(now, key(*of));
        let after_six = (0..count).filter(|&of| now - at(of) <= 6 * T1);
        assert_eq!(after_six.filter(is_lost).count(), 0, "three seconds old");
        let lost = (0..count).filter(is_lost).count();
        assert!(
            lost * 100 <= count as usize,
            "{lost} of {count}, six seconds old"
        );
    }
}
