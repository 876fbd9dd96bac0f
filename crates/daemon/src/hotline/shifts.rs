//! Shifts that people accept while the daemon runs: who does, and who is called then.
use std::fmt::Write as _;

use gudok_calendar::handover::ROSTERS_MAX;
use gudok_calendar::{Acceptance, Handovers, Ladder, Roster, Zone};
use gudok_dialplan::NoShift;
use gudok_model::{Name, Now, Wall};
use gudok_store::{AcceptanceRow, UndoneRow};
use gudok_switchboard::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Hotline;
use super::schedules::{NOT_JOURNALED, one_line};

/// So many acceptances of each person count, as [`Handovers`] has it.
#[expect(clippy::cast_possible_truncation, reason = "small")]
pub(crate) const EACH_MAX: u32 = gudok_calendar::handover::EACH_MAX as u32;

/// A shift is to be accepted, or an acceptance taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Accepting {
    /// Of which roster.
    pub roster: Name,
    /// Who is on duty with it.
    pub person: Name,
    /// Who says so.
    pub by: String,
    /// What this person accepted last was said by mistake: why. None: the shift is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_because: Option<String>,
}

/// A shift is accepted or is not any more, for the one who asked and for the record.
#[derive(Debug)]
pub(crate) struct AcceptedShift {
    /// Russian.
    pub told: String,
    /// What is to be written down.
    pub kept: Kept,
}

/// For the record of who accepted what.
#[derive(Debug)]
pub(crate) enum Kept {
    Accepted(AcceptanceRow),
    Undone(UndoneRow),
}

/// Why not. Shown in Russian.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NotTaken {
    /// Stable: those of [`NoShift`], `bad_name`, `bad_reason`, `not_journaled` and `too_many`.
    pub code: &'static str,
    pub text: String,
}

impl From<NoShift> for NotTaken {
    fn from(why: NoShift) -> Self {
        Self {
            code: why.code,
            text: why.to_string(),
        }
    }
}

impl Hotline {
    /// For every decision from now on, or why not.
    pub(super) fn accept_shift(
        &mut self,
        now: Now,
        wish: Accepting,
    ) -> Result<AcceptedShift, NotTaken> {
        let Accepting {
            roster,
            person,
            by,
            undo_because,
        } = wish;
        let by = one_line(&by).ok_or_else(|| NotTaken {
            code: "bad_name",
            text: "кто говорит (--by): от 1 до 200 знаков в одну строку".into(),
        })?;
        if let Some(why) = undo_because {
            return self.undo_acceptance(now, (roster, person), by, &why);
        }
        let mut handovers = self.switchboard.overrides().handovers().clone();
        let shift = self
            .plan
            .shift_to_accept((&roster, &person), now.wall, &handovers)?;
        let acceptance = Acceptance {
            person,
            shift,
            at: now.wall,
            by,
        };
        let row = row(&roster, &acceptance);
        if !handovers.accept(&roster, acceptance.clone()) {
            return Err(NotTaken {
                code: "too_many",
                text: format!(
                    "смены принимали уже в {ROSTERS_MAX} графиках дежурств: больше не запомнить"
                ),
            });
        }
        let told = self.told_of(&row, &handovers);
        self.journaled(Input::Accepted { roster, acceptance })?;
        tracing::info!(
            roster = row.roster,
            person = row.person,
            by = row.who,
            "a shift is accepted"
        );
        let kept = Kept::Accepted(row);
        Ok(AcceptedShift { told, kept })
    }

    /// As if it had not been said, for every decision from now on; or why not.
    fn undo_acceptance(
        &mut self,
        now: Now,
        (roster, person): (Name, Name),
        by: String,
        why: &str,
    ) -> Result<AcceptedShift, NotTaken> {
        let why = one_line(why).ok_or_else(|| NotTaken {
            code: "bad_reason",
            text: "почему: от 1 до 200 знаков в одну строку".into(),
        })?;
        let mut handovers = self.switchboard.overrides().handovers().clone();
        let it = self
            .plan
            .acceptance_to_take_back((&roster, &person), now.wall, &handovers)?;
        handovers.take_back(&roster, &person, it.at);
        let row = UndoneRow {
            roster: roster.to_string(),
            person: person.to_string(),
            at: it.at.0,
            undone_at: now.wall.0,
            who: by.clone(),
            why: why.clone(),
        };
        let told = self.told_undone(now, &row, &handovers);
        let at = it.at;
        self.journaled(Input::TakenBack {
            roster,
            person,
            at,
            by,
            why,
        })?;
        let (roster, person, by, why) = (&row.roster, &row.person, &row.who, &row.why);
        tracing::warn!(%roster, %person, by, why, "a shift is accepted no more: that was taken back");
        let kept = Kept::Undone(row);
        Ok(AcceptedShift { told, kept })
    }

    fn journaled(&mut self, input: Input) -> Result<(), NotTaken> {
        match self.decide(input) {
            true => Ok(()),
            false => Err(NotTaken {
                code: "not_journaled",
                text: NOT_JOURNALED.to_owned(),
            }),
        }
    }

    /// Who is called now.
    fn told_undone(&self, now: Now, row: &UndoneRow, handovers: &Handovers) -> String {
        let (name, person) = (&row.roster, &row.person);
        let mut rosters = self.plan.rosters();
        let Some((_, roster)) = rosters.find(|(known, _)| ***known == **name) else {
            return String::new();
        };
        let ladder = called(&roster.ladder(now.wall, handovers.of(name)));
        format!("график дежурств «{name}»: принятие смены снято: {person}; звонить будут\n{ladder}")
    }

    /// Who will be called by it.
    fn told_of(&self, row: &AcceptanceRow, handovers: &Handovers) -> String {
        let (name, person) = (&row.roster, &row.person);
        let begins = Wall(row.shift.max(row.at));
        let mut rosters = self.plan.rosters();
        let Some((_, roster)) = rosters.find(|(known, _)| ***known == **name) else {
            return String::new();
        };
        let ladder = called(&roster.ladder(begins, handovers.of(name)));
        let (from, calls) = match row.shift > row.at {
            true => {
                let since = hour(&roster.hours().zone, begins);
                (format!(" с {since}"), "с этого часа звонить будут")
            }
            false => (String::new(), "звонить будут"),
        };
        format!(
            "график дежурств «{name}»: смена принята, дежурит {person}{from}; {calls}\n{ladder}"
        )
    }

    /// Rosters in which somebody should have accepted a shift by now; no names of people, the page is open.
    pub(super) fn overdue_shifts(&self, now: Now) -> Vec<Name> {
        let handovers = self.switchboard.overrides().handovers();
        let awaited = self.plan.awaited_shifts(now.wall, handovers).into_iter();
        let overdue = awaited.filter(|it| it.is_overdue(now.wall));
        overdue.map(|it| it.roster).collect()
    }

    /// Who is called by each roster, and which shifts nobody has accepted: for the pages.
    pub(super) fn rosters(&self, now: Now) -> Vec<u8> {
        let handovers = self.switchboard.overrides().handovers();
        let rosters = self.plan.rosters();
        let shown = rosters.map(|(name, roster)| {
            let ladder = roster.ladder(now.wall, handovers.of(name));
            shown(name, roster, &ladder)
        });
        let rosters: Vec<Value> = shown.collect();
        json!({ "at": now.wall, "plan": self.plan.generation(), "rosters": rosters })
            .to_string()
            .into_bytes()
    }
}

/// `23.11 20:00`, by the clock of the roster.
fn hour(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    let (date, hour, minute) = (local.date.strftime("%d.%m"), local.hour, local.minute);
    format!("{date} {hour:02}:{minute:02}")
}

/// Numbers of people are their own: a page shows their ends.
fn shown(name: &Name, roster: &Roster, ladder: &Ladder<'_>) -> Value {
    let called = ladder.people.iter().map(|person| {
        json!({
            "person": person.name,
            "name": person.label,
            "number": person.number.masked().to_string(),
            "ring_s": person.ring.as_secs(),
        })
    });
    let awaited = ladder
        .awaited
        .iter()
        .map(|it| json!({ "person": it.person.name, "since": it.since, "due": it.due }));
    json!({
        "name": name,
        "zone": roster.hours().zone.name(),
        "handover": if roster.accept_within().is_some() { "accept" } else { "clock" },
        "called": called.collect::<Vec<_>>(),
        "awaited": awaited.collect::<Vec<_>>(),
    })
}

/// In the order they are called, a line each.
pub(crate) fn called(ladder: &Ladder<'_>) -> String {
    let mut told = String::new();
    for (place, person) in ladder.people.iter().enumerate() {
        let (number, secs) = (person.number.masked(), person.ring.as_secs());
        let (place, label) = (place + 1, &person.label);
        let _ = writeln!(told, "  {place}. {label}, {number}, звонить {secs} с");
    }
    told
}

/// What was accepted before this run, oldest first.
pub(crate) fn of_rows(rows: Vec<AcceptanceRow>) -> Vec<(Name, Acceptance)> {
    let of_row = |row: AcceptanceRow| {
        let acceptance = Acceptance {
            person: row.person.into(),
            shift: Wall(row.shift),
            at: Wall(row.at),
            by: row.who,
        };
        (Name::from(row.roster), acceptance)
    };
    rows.into_iter().rev().map(of_row).collect()
}

fn row(roster: &Name, acceptance: &Acceptance) -> AcceptanceRow {
    AcceptanceRow {
        roster: roster.to_string(),
        person: acceptance.person.to_string(),
        shift: acceptance.shift.0,
        at: acceptance.at.0,
        who: acceptance.by.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_what_was_accepted() {
        let accepted = |person: &str, at| Acceptance {
            person: person.into(),
            shift: Wall(100),
            at: Wall(at),
            by: "petrova".into(),
        };
        let (first, second) = (accepted("ivanov", 90), accepted("sidorov", 110));
        let duty = Name::from("duty");
        // The newest comes first out of the database.
        let rows = vec![row(&duty, &second), row(&duty, &first)];
        assert_eq!(of_rows(rows), [(duty.clone(), first), (duty, second)]);
    }
}
