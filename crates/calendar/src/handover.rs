//! Hand-over by acceptance: a shift is not taken by the clock but by whoever comes; until then it stays with whoever had it.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Name, Wall};
use serde::{Deserialize, Serialize};

use crate::roster::{ON_DUTY_MAX, PEOPLE_MAX, Person, Roster, Shift, Slot};

/// So long before a shift it may be accepted; it is taken at the written hour all the same. Microseconds, two hours.
pub const EARLY: i64 = 2 * 3_600 * 1_000_000;

/// So many changes back a shift is looked for that somebody did accept; beyond, the shift before goes by the clock.
pub const BACK_MAX: usize = 8;

/// Of each person of a roster so many acceptances are kept in mind, the newest: that of the shift that goes on, and that of the one
/// to come, which may be accepted before the other is over.
pub const EACH_MAX: usize = 2;

/// Most acceptances of one roster that are kept in mind, of people who have left it too.
pub const KEPT_MAX: usize = EACH_MAX * PEOPLE_MAX;

/// Most rosters of which any are kept; what comes then is refused.
pub const ROSTERS_MAX: usize = 400;

/// Somebody has taken a shift.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who is on duty with it.
    pub person: Name,
    /// The first moment of the shift: which one was taken.
    pub shift: Wall,
    /// When it was said.
    pub at: Wall,
    /// Who said it: the person, or somebody for them.
    pub by: String,
}

/// Who has accepted what, by roster, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handovers {
    list: BTreeMap<Name, Vec<Acceptance>>,
}

/// Who is called now, and who should have accepted by now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder<'r> {
    /// In the order they are called; nobody twice.
    pub people: Vec<&'r Person>,
    /// Whose shift has begun and is not accepted.
    pub awaited: Vec<Awaited<'r>>,
}

/// A shift that has begun and that nobody has accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Awaited<'r> {
    /// Who is to accept it.
    pub person: &'r Person,
    /// When it began.
    pub since: Wall,
    /// From then on they are called before whoever had the shift: a reason for an alarm.
    pub due: Wall,
    /// Somebody had the shift before them, and is called too.
    pub relieves: bool,
}

/// Why a shift cannot be accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotAccepted {
    /// It is: since then.
    Already {
        /// The first moment of the shift.
        shift: Wall,
    },
    /// Neither on duty nor soon.
    NotOnDuty {
        /// When the next shift of this person begins; None: none is written.
        next: Option<Wall>,
    },
}

impl Handovers {
    /// Nobody has accepted anything.
    pub const NONE: Self = Self {
        list: BTreeMap::new(),
    };

    /// Keeps it in mind. False, and nothing changes, when there are [`ROSTERS_MAX`] rosters.
    pub fn accept(&mut self, roster: &Name, acceptance: Acceptance) -> bool {
        if self.list.len() >= ROSTERS_MAX && !self.list.contains_key(roster) {
            return false;
        }
        let list = self.list.entry(roster.clone()).or_default();
        let of_person = |it: &Acceptance| it.person == acceptance.person;
        if list.iter().filter(|it| of_person(it)).count() >= EACH_MAX {
            let oldest = list.iter().position(of_person);
            oldest.map(|oldest| list.remove(oldest));
        }
        list.push(acceptance);
        let over = list.len().saturating_sub(KEPT_MAX);
        list.drain(..over);
        true
    }

    /// Forgets what this person said at that moment. False: it is not known.
    pub fn take_back(&mut self, roster: &str, person: &str, at: Wall) -> bool {
        let Some(list) = self.list.get_mut(roster) else {
            return false;
        };
        let known = list.len();
        list.retain(|it| *it.person != *person || it.at != at);
        known > list.len()
    }

    /// Of one roster, oldest first.
    pub fn of(&self, roster: &str) -> &[Acceptance] {
        self.list.get(roster).map_or(&[], Vec::as_slice)
    }

    /// Everything, by roster.
    pub fn all(&self) -> impl Iterator<Item = (&Name, &Acceptance)> {
        let list = self.list.iter();
        list.flat_map(|(roster, list)| list.iter().map(move |it| (roster, it)))
    }
}

impl Shift {
    /// Whether the person accepted it by `at`. An acceptance counts by its time, not by the beginning that was written then: a
    /// roster that is mended under a shift does not throw out whoever is at work.
    fn is_said(&self, person: &Person, (opens, at): (Wall, Wall), list: &[Acceptance]) -> bool {
        let fits = |it: &Acceptance| it.person == person.name && opens <= it.at && it.at <= at;
        list.iter().rev().any(fits)
    }
}

impl Roster {
    /// Shifts are taken by acceptance from now on; whoever does not accept within so long is called nevertheless.
    #[must_use]
    pub fn by_acceptance(mut self, within: Option<Duration>) -> Self {
        self.accept_within = within;
        self
    }

    /// Within which time a shift is to be accepted; None: it passes by the clock.
    pub fn accept_within(&self) -> Option<Duration> {
        self.accept_within
    }

    /// Who is called. Whoever accepted comes first, then whoever had the shifts that are not accepted, then those who have not
    /// accepted yet; who should have accepted long since comes before the one who had the shift. All who are on duty by the turns are
    /// called, and nobody at a time when nobody is.
    pub fn ladder(&self, at: Wall, list: &[Acceptance]) -> Ladder<'_> {
        let Some(within) = self.accept_within else {
            return Ladder {
                people: self.on_duty(at).collect(),
                awaited: Vec::new(),
            };
        };
        let there = self.shifts(at).iter();
        let (taken, open): (Vec<&Shift>, Vec<&Shift>) =
            there.partition(|shift| self.is_taken(shift, at, list));
        let (mut places, mut awaited) = (Places::default(), Vec::new());
        places.extend(taken.iter().map(|shift| shift.person));
        for shift in &open {
            let (due, gives) = (shift.since + within, self.giver(shift, list));
            awaited.extend(self.people().get(shift.person).map(|person| Awaited {
                person,
                since: shift.since,
                due,
                relieves: gives.is_some(),
            }));
            // Whom nobody relieves is not waited for.
            let first = (gives.is_none() || at >= due).then_some(shift.person);
            places.extend(first.into_iter().chain(gives));
        }
        places.extend(open.iter().map(|shift| shift.person));
        places.bound(|person| self.shifts(at).iter().any(|it| it.person == person));
        let people = places.0.iter();
        Ladder {
            people: people.filter_map(|it| self.people().get(*it)).collect(),
            awaited,
        }
    }

    /// Which shift this person takes who accepts at `at`: the one that has begun, or one that begins soon.
    ///
    /// # Errors
    /// Where there is none to take.
    pub fn shift_to_accept(
        &self,
        person: &str,
        at: Wall,
        list: &[Acceptance],
    ) -> Result<Wall, NotAccepted> {
        let mut already = None;
        for shift in self.shifts_of(person, at) {
            if shift.opens > at {
                let next = Some(shift.since);
                let none = NotAccepted::NotOnDuty { next };
                return Err(already.map_or(none, |shift| NotAccepted::Already { shift }));
            }
            let known = self.people().get(shift.person);
            if !known.is_some_and(|it| shift.is_said(it, (shift.opens, at), list)) {
                return Ok(shift.since);
            }
            already = Some(shift.since);
        }
        Err(match already {
            Some(shift) => NotAccepted::Already { shift },
            None => NotAccepted::NotOnDuty { next: None },
        })
    }

    /// What this person said last, where it counts for a shift that goes on or is to come; None: nothing is to be taken back.
    pub fn to_take_back<'a>(
        &self,
        person: &str,
        at: Wall,
        list: &'a [Acceptance],
    ) -> Option<&'a Acceptance> {
        let last = list.iter().rev().find(|it| *it.person == *person)?;
        let counts = |shift: Shift| self.opens(&shift) <= last.at;
        self.shifts_of(person, at).any(counts).then_some(last)
    }

    /// When the last shift of a person that has begun by then began, though it may be over.
    pub fn last_shift(&self, person: &str, at: Wall) -> Option<Wall> {
        let begun = self.slots.partition_point(|slot| slot.from <= at);
        let slots = self.slots.get(..begun)?.iter().rev();
        let mut shifts = slots.flat_map(|slot| &slot.shifts);
        let known = |shift: &&Shift| self.people().get(shift.person);
        let found = shifts.find(|it| known(it).is_some_and(|known| *known.name == *person));
        found.map(|shift| shift.since)
    }

    /// When next somebody may be found not to have accepted in time; None: never again, or shifts pass by the clock.
    pub fn next_due(&self, at: Wall) -> Option<Wall> {
        let within = self.accept_within?;
        let passed = |slot: &Slot| slot.from + within <= at;
        let next = self.slots.get(self.slots.partition_point(passed))?;
        Some(next.from + within)
    }

    /// The shift of a person that has begun by `at`, and those to come.
    fn shifts_of<'r>(&'r self, person: &'r str, at: Wall) -> impl Iterator<Item = Shift> + 'r {
        let now = self.slots.partition_point(|slot| slot.from <= at);
        let slots = self.slots.get(now.saturating_sub(1)..).unwrap_or_default();
        let shifts = slots.iter().flat_map(|slot| &slot.shifts);
        let is_of = move |shift: &&Shift| {
            let known = self.people().get(shift.person);
            known.is_some_and(|it| *it.name == *person)
        };
        let mut last = None;
        shifts.filter(is_of).copied().filter(move |shift| {
            let is_new = last != Some(shift.since);
            last = Some(shift.since);
            is_new
        })
    }

    /// Who gives a shift: whoever went when it began, from the same place in the order; if they had not accepted theirs, the one
    /// before them who had, looking back over shifts that nobody accepted. Nobody where nobody went; nor where nobody of the roster
    /// had accepted anything by then: shifts passed by the clock until now.
    fn giver(&self, shift: &Shift, list: &[Acceptance]) -> Option<usize> {
        if !list.iter().any(|it| it.at <= shift.since) {
            return None;
        }
        let before = self.relieved(shift)?;
        let mut gives = *before;
        for _ in 0..BACK_MAX {
            if self.is_taken(&gives, shift.since, list) {
                return Some(gives.person);
            }
            match self.relieved(&gives) {
                Some(earlier) => gives = *earlier,
                None => break,
            }
        }
        Some(before.person)
    }

    /// Whose shift ended where this one began. Of several who come and go at once each relieves the one with the same number in the
    /// order, the others in turn.
    fn relieved(&self, shift: &Shift) -> Option<&Shift> {
        let begins = self.slots.partition_point(|slot| slot.from < shift.since);
        let (before, after) = (
            self.slots.get(begins.checked_sub(1)?)?,
            self.slots.get(begins)?,
        );
        let leave = |slot: &Slot, person| slot.shifts.iter().all(|it| it.person != person);
        let mut go: Vec<&Shift> = before.shifts.iter().collect();
        go.retain(|it| leave(after, it.person));
        let come = after.shifts.iter().filter(|it| it.since == after.from);
        let (mut others, mut mine) = (Vec::new(), None);
        for comes in come {
            match go.iter().position(|it| it.order == comes.order) {
                Some(place) => {
                    let gone = go.remove(place);
                    mine = mine.or((comes.person == shift.person).then_some(gone));
                }
                None => others.push(comes.person),
            }
        }
        let place = others.iter().position(|it| *it == shift.person);
        mine.or_else(|| go.get(place?).copied())
    }

    /// Whether its person has accepted the shift by then.
    fn is_taken(&self, shift: &Shift, at: Wall, list: &[Acceptance]) -> bool {
        let person = self.people().get(shift.person);
        person.is_some_and(|person| shift.is_said(person, (self.opens(shift), at), list))
    }

    /// From when on an acceptance counts for the shift. What was before the first turn that is written is not known: of a shift that
    /// may have begun there any does.
    fn opens(&self, shift: &Shift) -> Wall {
        match self.slots.first().is_some_and(|it| it.from == shift.since) {
            true => Wall(i64::MIN),
            false => shift.opens,
        }
    }
}

/// People, each once.
#[derive(Default)]
struct Places(Vec<usize>);

impl Places {
    /// No more than are ever called; those on duty stay.
    fn bound(&mut self, on_duty: impl Fn(usize) -> bool) {
        for _ in ON_DUTY_MAX..self.0.len() {
            let last = self.0.iter().rposition(|person| !on_duty(*person));
            last.map(|last| self.0.remove(last));
        }
    }

    fn extend(&mut self, people: impl Iterator<Item = usize>) {
        for person in people {
            if !self.0.contains(&person) {
                self.0.push(person);
            }
        }
    }
}
