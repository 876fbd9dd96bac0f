//! `accepted = { duty = ["ivanov"] }`: who has taken the shift, in tests and in the state of a simulation.
use gudok_calendar::{Acceptance, Handovers};
use gudok_model::{Name, Wall};

use super::is_known;
use crate::plan::Plan;
use crate::reader::Item;
use crate::text::{Problems, Word, error};

/// Whoever is named has accepted the shift at which they are at `now`, as soon as it began; who is not on duty any more, their last.
pub(crate) fn accepted(
    plan: &Plan,
    now: Wall,
    item: Item<'_>,
    problems: &mut Problems<'_>,
) -> Vec<(Name, Acceptance)> {
    let known: Vec<&str> = plan.rosters().map(|(name, _)| &**name).collect();
    let entries = item.table(problems).map(|table| table.entries());
    let mut accepted = Vec::new();
    for (word, item) in entries.unwrap_or_default() {
        let what = "в плане такого графика дежурств";
        is_known(&word, what, "roster", &known, problems);
        if !known.contains(&word.text.as_str()) {
            continue;
        }
        for item in item.one_or_more() {
            let person = item.word(problems);
            let one = person.and_then(|person| one(plan, now, (&word.text, &person), problems));
            accepted.extend(one.map(|one| (Name::from(word.text.as_str()), one)));
        }
    }
    accepted
}

fn one(
    plan: &Plan,
    now: Wall,
    (roster, person): (&str, &Word),
    problems: &mut Problems<'_>,
) -> Option<Acceptance> {
    let shift = plan.shift_to_accept((roster, &person.text), now, &Handovers::NONE);
    let mut rosters = plan.rosters();
    let found = rosters.find(|(name, _)| ***name == *roster);
    let before = found.and_then(|(_, found)| found.last_shift(&person.text, now));
    match shift {
        Err(why) if why.code == "not_on_duty" && before.is_some() => {
            before.map(|shift| Acceptance {
                person: person.text.as_str().into(),
                shift,
                at: shift,
                by: person.text.clone(),
            })
        }
        Ok(shift) => Some(Acceptance {
            person: person.text.as_str().into(),
            shift,
            at: shift.min(now),
            by: person.text.clone(),
        }),
        Err(why) => {
            let en = format!("{:?} has no shift to accept: {}", person.text, why.code);
            problems.say(&person.at, error("no_shift", why.to_string(), en));
            None
        }
    }
}
