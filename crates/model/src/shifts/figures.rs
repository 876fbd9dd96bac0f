//! What of a shift can be added up.
use std::ops::AddAssign;

/// How many figures there are.
const COUNT: usize = 32;

/// One figure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Figure {
    /// Time with a seat: all states and the time without us. Microseconds, as all that ends in `us`.
    Session,
    /// Took calls.
    Ready,
    /// Was chosen for a call.
    Reserved,
    /// The phone rang.
    Ringing,
    /// Talked.
    Talking,
    /// Had the caller on hold.
    Hold,
    /// Asked somebody while the caller was on hold.
    Consult,
    /// Talked with several.
    Conference,
    /// Called somebody.
    Dialing,
    /// Looked at whom to call.
    Preview,
    /// Worked after a talk.
    WrapUp,
    /// Took no calls.
    NotReady,
    /// Had no link to the phone or the desk.
    DeviceDown,
    /// In a state of a later version.
    Other,
    /// The daemon did not run: in no state.
    Down,
    /// Sat down.
    Logins,
    /// Left.
    Logouts,
    /// The session ended with the run of the daemon, or by a seat taken over.
    Cuts,
    /// Talks with callers that are over.
    Calls,
    /// Talks with people whom the operator called.
    Dialled,
    /// How long all those were.
    TalkUs,
    /// Calls that rang in vain.
    Misses,
    /// Calls declined.
    Rejects,
    /// Calls taken away because the link to phone or desk was lost.
    Lost,
    /// Talks that were written up.
    WrapUps,
    /// Extensions of that work.
    Extensions,
    /// Breaks that began.
    Breaks,
    /// Not ready in breaks.
    BreakUs,
    /// Breaks that came to be longer than the plan lets them.
    TooLong,
    /// By how much.
    TooLongUs,
    /// Sessions whose account was held against the floor's own.
    Checked,
    /// Of those that differ.
    Wrong,
}

/// Every figure, in the order of their numbers.
const NAMES: [(Figure, &str); COUNT] = [
    (Figure::Session, "session_us"),
    (Figure::Ready, "ready_us"),
    (Figure::Reserved, "reserved_us"),
    (Figure::Ringing, "ringing_us"),
    (Figure::Talking, "talking_us"),
    (Figure::Hold, "hold_us"),
    (Figure::Consult, "consult_us"),
    (Figure::Conference, "conference_us"),
    (Figure::Dialing, "dialing_us"),
    (Figure::Preview, "preview_us"),
    (Figure::WrapUp, "wrap_up_us"),
    (Figure::NotReady, "not_ready_us"),
    (Figure::DeviceDown, "device_down_us"),
    (Figure::Other, "other_us"),
    (Figure::Down, "down_us"),
    (Figure::Logins, "logins"),
    (Figure::Logouts, "logouts"),
    (Figure::Cuts, "cuts"),
    (Figure::Calls, "calls"),
    (Figure::Dialled, "dialled"),
    (Figure::TalkUs, "talk_us"),
    (Figure::Misses, "misses"),
    (Figure::Rejects, "rejects"),
    (Figure::Lost, "lost"),
    (Figure::WrapUps, "wrap_ups"),
    (Figure::Extensions, "extensions"),
    (Figure::Breaks, "breaks"),
    (Figure::BreakUs, "break_us"),
    (Figure::TooLong, "too_long"),
    (Figure::TooLongUs, "too_long_us"),
    (Figure::Checked, "checked"),
    (Figure::Wrong, "wrong"),
];

impl Figure {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(figure, _)| figure)
    }

    /// As columns and programs have it.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The time of a state: `ready`, `wrap_up` …
    pub(super) fn of_state(display: &str) -> Self {
        let named = |(_, name): &&(Self, &str)| name.strip_suffix("_us") == Some(display);
        let mut states = NAMES.iter().filter(|(figure, _)| figure.is_state());
        states.find(named).map_or(Self::Other, |(state, _)| *state)
    }

    /// Whether it is the time of a state.
    pub fn is_state(self) -> bool {
        (Self::Ready..=Self::Other).contains(&self)
    }
}

/// A sum of each figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures([i64; COUNT]);

impl Figures {
    /// One of them.
    pub fn get(&self, figure: Figure) -> i64 {
        self.0[figure as usize]
    }

    /// Several added up.
    pub fn sum(&self, figures: &[Figure]) -> i64 {
        figures.iter().map(|figure| self.get(*figure)).sum()
    }

    /// So much more of one.
    pub fn add(&mut self, figure: Figure, count: i64) {
        let sum = &mut self.0[figure as usize];
        *sum = sum.saturating_add(count);
    }

    /// In the order of [`Figure::all`].
    pub fn values(&self) -> impl Iterator<Item = i64> {
        self.0.into_iter()
    }

    /// I5: the states and the time without us are the time with a seat.
    pub fn is_whole(&self) -> bool {
        let states = Figure::all().filter(|figure| figure.is_state());
        let states: i64 = states.map(|state| self.get(state)).sum();
        states + self.get(Figure::Down) == self.get(Figure::Session)
    }
}

impl AddAssign<&Self> for Figures {
    fn add_assign(&mut self, more: &Self) {
        for figure in Figure::all() {
            self.add(figure, more.get(figure));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_place_and_every_state_its_figure() {
        for (place, figure) in Figure::all().enumerate() {
            assert_eq!(figure as usize, place);
        }
        assert_eq!(Figure::of_state("wrap_up"), Figure::WrapUp);
        assert_eq!(Figure::of_state("session"), Figure::Other);
        assert_eq!(Figure::of_state("too_long"), Figure::Other);
    }
}
