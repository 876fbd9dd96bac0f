//! Shifts that pass by acceptance: who accepts which, and who has not yet.
use std::fmt;

use gudok_calendar::{Acceptance, Handovers, NotAccepted, Roster, Zone};
use gudok_model::{Name, Wall};

use crate::plan::Plan;
use crate::words::hour;

/// A shift that has begun and that its person has not accepted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AwaitedShift {
    /// Of which roster.
    pub roster: Name,
    /// Who is to accept it.
    pub person: Name,
    /// When it began.
    pub since: Wall,
    /// By when it was to be accepted.
    pub due: Wall,
    /// The same in Russian, for people.
    pub told: String,
}

/// Why a shift cannot be accepted. Shown in Russian.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoShift {
    /// Stable: `unknown_roster`, `by_clock`, `unknown_person`, `already`, `not_on_duty`, `not_accepted`.
    pub code: &'static str,
    text: String,
}

impl fmt::Display for NoShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AwaitedShift {
    /// Whether it was to be accepted before now: a reason for an alarm.
    pub fn is_overdue(&self, now: Wall) -> bool {
        now >= self.due
    }

    /// For the log.
    pub fn told_en(&self) -> String {
        let (roster, person) = (&self.roster, &self.person);
        format!("roster `{roster}`: {person} has not accepted the shift")
    }
}

impl Plan {
    /// Shifts that have begun and that nobody has accepted, of every roster in which they pass so.
    pub fn awaited_shifts(&self, now: Wall, handovers: &Handovers) -> Vec<AwaitedShift> {
        let mut all = Vec::new();
        for (name, roster) in self.rosters() {
            let zone = &roster.hours().zone;
            let ladder = roster.ladder(now, handovers.of(name));
            all.extend(ladder.awaited.into_iter().map(|it| AwaitedShift {
                roster: name.clone(),
                person: it.person.name.clone(),
                since: it.since,
                due: it.due,
                told: crate::words::awaited(name, &it, now, zone),
            }));
        }
        all
    }

    /// When next a shift may be found not to have been accepted in time.
    pub fn next_handover_due(&self, now: Wall) -> Option<Wall> {
        let rosters = self.rosters();
        rosters.filter_map(|(_, roster)| roster.next_due(now)).min()
    }

    /// Which shift a person takes who accepts now.
    ///
    /// # Errors
    /// Why there is none, with what might have been meant.
    pub fn shift_to_accept(
        &self,
        (roster, person): (&str, &str),
        now: Wall,
        handovers: &Handovers,
    ) -> Result<Wall, NoShift> {
        let (name, found) = self.by_acceptance((roster, person))?;
        let zone = &found.hours().zone;
        let shift = found.shift_to_accept(person, now, handovers.of(name));
        shift.map_err(|why| not_accepted(name, person, why, zone))
    }

    /// Which acceptance is meant by whoever takes back that of a person: the last, of a shift that goes on or is to come.
    ///
    /// # Errors
    /// Why there is none: as [`shift_to_accept`](Self::shift_to_accept), and `not_accepted`.
    pub fn acceptance_to_take_back(
        &self,
        (roster, person): (&str, &str),
        now: Wall,
        handovers: &Handovers,
    ) -> Result<Acceptance, NoShift> {
        let (name, found) = self.by_acceptance((roster, person))?;
        let last = found.to_take_back(person, now, handovers.of(name));
        last.cloned().ok_or_else(|| NoShift {
            code: "not_accepted",
            text: format!("{person} не принимает ни нынешней смены, ни ближайшей: снимать нечего"),
        })
    }

    /// A roster in which shifts are accepted, and that has this person.
    fn by_acceptance(&self, (roster, person): (&str, &str)) -> Result<(&Name, &Roster), NoShift> {
        let no = |code, text| Err(NoShift { code, text });
        let Some((name, found)) = self.rosters().find(|(name, _)| ***name == *roster) else {
            let known = listed(self.rosters().map(|(name, _)| name));
            let text = format!("нет графика дежурств «{roster}»; есть: {known}");
            return no("unknown_roster", text);
        };
        if found.accept_within().is_none() {
            let text = format!(
                "в графике дежурств «{name}» смены переходят по часам, их не принимают: в плане нет handover = \"accept\""
            );
            return no("by_clock", text);
        }
        if !found.people().iter().any(|it| *it.name == *person) {
            let known = listed(found.people().iter().map(|it| &it.name));
            let text = format!("в графике дежурств «{name}» нет «{person}»; есть: {known}");
            return no("unknown_person", text);
        }
        Ok((name, found))
    }
}

fn not_accepted(roster: &str, person: &str, why: NotAccepted, zone: &Zone) -> NoShift {
    let (code, text) = match why {
        NotAccepted::Already { shift } => {
            let since = hour(zone, shift);
            ("already", format!("смена с {since} уже принята: {person}"))
        }
        NotAccepted::NotOnDuty { next: Some(next) } => {
            let next = hour(zone, next);
            let text = format!(
                "{person} сейчас не дежурит: следующая смена с {next}, её принимают не раньше чем за 2 часа"
            );
            ("not_on_duty", text)
        }
        NotAccepted::NotOnDuty { next: None } => {
            let text = format!("в графике дежурств «{roster}» у {person} нет смен впереди");
            ("not_on_duty", text)
        }
    };
    NoShift { code, text }
}

fn listed<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    let names: Vec<&str> = names.map(|name| &**name).collect();
    names.join(", ")
}
