//! Who is on duty (график сменности): people, their turns, who stands in for whom, in which order they are called.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{Name, PhoneNumber, Wall};

use crate::handover::EARLY;
use crate::schedule::{Hours, Schedule};

/// Most people of a roster.
pub const PEOPLE_MAX: usize = 200;
/// Most turns of a roster; what is over may be taken out of the file.
pub const TURNS_MAX: usize = 20_000;
/// Nobody further down the list than this is called: a caller would wait for a quarter of an hour.
pub const ON_DUTY_MAX: usize = 20;
/// Most gaps that are told at once.
pub const GAPS_MAX: usize = 20;

/// Somebody who may be on duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// In the turns: `ivanov`.
    pub name: Name,
    /// As people call them.
    pub label: String,
    /// Where they are reached.
    pub number: PhoneNumber,
    /// How long it rings there.
    pub ring: Duration,
}

/// From one moment to another somebody is on duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Who, as a place in the list of people.
    pub person: usize,
    /// Who stands in for them in this turn: that person is called instead.
    pub substitute: Option<usize>,
    /// The first moment.
    pub from: Wall,
    /// The moment after the last: the hand-over to whoever comes next.
    pub till: Wall,
    /// Who is called first: the smallest. Of equals, whoever stands first in the list of people.
    pub order: u16,
}

/// A roster with its turns laid out: who is on duty at a moment is found by halving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roster {
    people: Vec<Person>,
    turns: Vec<Turn>,
    /// When somebody must be on duty; None: always. Its zone is the roster's.
    hours: Schedule,
    /// By their beginnings; each lasts until the next begins, the last for ever.
    pub(crate) slots: Vec<Slot>,
    /// See [`Roster::by_acceptance`].
    pub(crate) accept_within: Option<Duration>,
}

/// A stretch in which the same people are on duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub(crate) from: Wall,
    /// In the order they are called.
    pub(crate) shifts: Vec<Shift>,
}

/// Somebody is on duty without a break, in however many turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shift {
    pub(crate) person: usize,
    /// The first moment.
    pub(crate) since: Wall,
    /// From then on it may be accepted: not while the same person's shift before goes on.
    pub(crate) opens: Wall,
    /// Their number in the order.
    pub(crate) order: u16,
}

/// In which order somebody is called, and who.
type Place = (u16, usize);

/// Where the people on duty change: who comes and who goes.
type Change = (Wall, bool, Place);

/// Who is on duty while the turns are gone through, each by the first of their places: however many turns of a person lie one
/// over the other, a change costs the same.
struct There {
    /// Of each person, how often in each order.
    places: Vec<BTreeMap<u16, usize>>,
    first: BTreeSet<Place>,
}

impl There {
    fn nobody(people: usize) -> Self {
        Self {
            places: vec![BTreeMap::new(); people],
            first: BTreeSet::new(),
        }
    }

    fn change(&mut self, (order, person): Place, comes: bool) {
        let Some(places) = self.places.get_mut(person) else {
            return;
        };
        if let Some((first, _)) = places.first_key_value() {
            self.first.remove(&(*first, person));
        }
        let turns = places.entry(order).or_default();
        *turns = match comes {
            true => *turns + 1,
            false => turns.saturating_sub(1),
        };
        if *turns == 0 {
            places.remove(&order);
        }
        if let Some((first, _)) = places.first_key_value() {
            self.first.insert((*first, person));
        }
    }

    /// People in the order they are called, each once, with their numbers in it.
    fn called(&self) -> Vec<Place> {
        self.first.iter().take(ON_DUTY_MAX).copied().collect()
    }
}

impl Roster {
    /// Lays the turns out. A turn of a person who is not in the list is of nobody.
    pub fn new(people: Vec<Person>, turns: Vec<Turn>, hours: Schedule) -> Self {
        let mut changes: Vec<Change> = Vec::new();
        for turn in &turns {
            let called = turn.substitute.unwrap_or(turn.person);
            if turn.from < turn.till && called < people.len() {
                let place = (turn.order, called);
                changes.push((turn.from, true, place));
                changes.push((turn.till, false, place));
            }
        }
        changes.sort_unstable();
        let mut there = There::nobody(people.len());
        let person = |(_, person): &Place| *person;
        let mut slots: Vec<(Wall, Vec<Place>)> = Vec::new();
        for (nth, (at, comes, place)) in changes.iter().enumerate() {
            there.change(*place, *comes);
            let more = changes.get(nth + 1).is_some_and(|next| next.0 == *at);
            let on_duty = if more { Vec::new() } else { there.called() };
            let last = slots.last().map_or(&[][..], |last| &last.1);
            if !more && !last.iter().map(person).eq(on_duty.iter().map(person)) {
                slots.push((*at, on_duty));
            }
        }
        Self {
            slots: shifts(slots, people.len()),
            people,
            turns,
            hours,
            accept_within: None,
        }
    }

    /// Everybody who may be on duty, in the order of the text.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Every turn, as it is written.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// When somebody must be on duty, and the zone in which the turns are written.
    pub fn hours(&self) -> &Schedule {
        &self.hours
    }

    /// Who is on duty, in the order they are called; nobody twice.
    pub fn on_duty(&self, at: Wall) -> impl Iterator<Item = &Person> {
        let there = self.shifts(at).iter();
        there.filter_map(|shift| self.people.get(shift.person))
    }

    pub(crate) fn shifts(&self, at: Wall) -> &[Shift] {
        let next = self.slots.partition_point(|slot| slot.from <= at);
        let slot = next.checked_sub(1).and_then(|slot| self.slots.get(slot));
        slot.map_or(&[], |slot| &slot.shifts)
    }

    /// Whether more than one may have to be called at some moment.
    pub fn may_call_several(&self) -> bool {
        let by_turns = self.slots.iter().any(|slot| slot.shifts.len() > 1);
        by_turns || (self.accept_within.is_some() && self.people.len() > 1)
    }

    /// When who is on duty changes next; None: never again.
    pub fn changes(&self, at: Wall) -> Option<Wall> {
        let next = self.slots.partition_point(|slot| slot.from <= at);
        self.slots.get(next).map(|slot| slot.from)
    }

    /// The end of the last turn; None where there is no turn.
    pub fn ends(&self) -> Option<Wall> {
        self.slots.last().map(|slot| slot.from)
    }

    /// Stretches between `from` and the end of the last turn in which nobody is on duty and somebody must be; the first
    /// [`GAPS_MAX`] of them.
    pub fn gaps(&self, from: Wall) -> Vec<(Wall, Wall)> {
        let mut gaps = Vec::new();
        let mut at = from;
        while let Some(next) = self.changes(at) {
            if self.shifts(at).is_empty() {
                self.needed(at, next, &mut gaps);
            }
            if gaps.len() >= GAPS_MAX {
                break;
            }
            at = next;
        }
        gaps.truncate(GAPS_MAX);
        gaps
    }

    /// The parts of a stretch in which somebody must be on duty.
    fn needed(&self, from: Wall, till: Wall, gaps: &mut Vec<(Wall, Wall)>) {
        let mut at = from;
        while at < till && gaps.len() < GAPS_MAX {
            match self.hours.is_open(at) {
                Hours::Open { until } => {
                    let end = until.map_or(till, |until| until.min(till));
                    gaps.push((at, end));
                    at = end;
                }
                Hours::Closed { opens_at, .. } => match opens_at {
                    Some(opens) => at = opens,
                    None => return,
                },
            }
        }
    }
}

/// When each came who is there, and since when they might have said so.
fn shifts(slots: Vec<(Wall, Vec<Place>)>, people: usize) -> Vec<Slot> {
    let mut left: Vec<Option<Wall>> = vec![None; people];
    let mut before: Vec<Shift> = Vec::new();
    let slot = |(from, on_duty): (Wall, Vec<Place>)| {
        let shift = |(order, person): &Place| {
            let goes_on = before.iter().find(|shift| shift.person == *person);
            let order = *order;
            goes_on.map(|it| Shift { order, ..*it }).unwrap_or_else(|| {
                let left = left.get(*person).copied().flatten();
                let early = Wall(from.0.saturating_sub(EARLY));
                Shift {
                    person: *person,
                    since: from,
                    opens: left.map_or(early, |left| left.max(early)),
                    order,
                }
            })
        };
        let shifts: Vec<Shift> = on_duty.iter().map(shift).collect();
        let is_there = |person| shifts.iter().any(|it| it.person == person);
        for gone in before.iter().filter(|it| !is_there(it.person)) {
            left[gone.person] = Some(from);
        }
        before.clone_from(&shifts);
        Slot { from, shifts }
    };
    slots.into_iter().map(slot).collect()
}
