//! Rosters: their turns laid out, and what is to be told of them at a moment.
use std::fmt::Write as _;

use gudok_calendar::{Roster, Zone};
use gudok_model::{Name, Wall};

use crate::draft::{Draft, Turns};
use crate::problem::{Advice, Problem};
use crate::text::{Problems, warning};

/// So long before the last turn ends somebody should write the next ones. Microseconds, a week.
const ENDS_SOON: i64 = 7 * 24 * 3_600 * 1_000_000;

/// A roster of the plan.
#[derive(Debug)]
pub(crate) struct PlanRoster {
    pub(crate) name: Name,
    pub(crate) roster: Roster,
    pub(crate) sheet: Option<Name>,
    /// What is wrong where it has gaps, before it is known which: it has its place.
    problem: Problem,
}

/// In the order of their names.
pub(super) fn rosters(draft: &mut Draft, problems: &Problems<'_>) -> Vec<PlanRoster> {
    let lay_out = |(name, draft): (Name, crate::draft::DraftRoster)| {
        let turns = match draft.turns {
            Turns::Here(turns) => turns,
            // A table that is not there was complained of.
            Turns::Sheet(_) => Vec::new(),
        };
        let said = warning("roster_gap", "", "");
        PlanRoster {
            name,
            sheet: draft.sheet.clone(),
            problem: problems.texts().problem(&draft.at, said),
            roster: Roster::new(draft.people, turns, draft.hours)
                .by_acceptance(draft.accept_within),
        }
    };
    let rosters = std::mem::take(&mut draft.rosters);
    rosters.into_iter().map(lay_out).collect()
}

impl PlanRoster {
    /// Stretches from now on in which nobody is on duty, and an end that is near.
    pub(crate) fn problem(&self, now: Wall) -> Option<Problem> {
        let (name, zone) = (&self.name, &self.roster.hours().zone);
        let gaps = self.roster.gaps(now);
        let ends = self.roster.ends();
        let ends_soon = ends.is_none_or(|end| end.0 - now.0 < ENDS_SOON);
        if gaps.is_empty() && !ends_soon {
            return None;
        }
        let mut list = String::new();
        for (from, till) in &gaps {
            let _ = write!(
                list,
                "\n  с {} по {}",
                shown(zone, *from),
                shown(zone, *till)
            );
        }
        let mut problem = self.problem.clone();
        let bare = match gaps.is_empty() {
            true => String::new(),
            false => format!("в графике дежурств «{name}» никого нет:{list}"),
        };
        let end = match ends {
            Some(end) if ends_soon => {
                format!("график дежурств «{name}» кончается {}", shown(zone, end))
            }
            None => format!("в графике дежурств «{name}» нет ни одной смены"),
            Some(_) => String::new(),
        };
        let said: Vec<String> = [bare, end]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        problem.message = said.join("\n");
        let soon = if ends_soon { ", it ends soon" } else { "" };
        problem.message_en = format!("roster `{name}`: gaps: {}{soon}", gaps.len());
        problem.remedy = Some(Advice::from((
            "добавьте смены, или назовите в hours часы, когда дежурный обязателен",
            "add shifts, or name in `hours` when somebody must be on duty",
        )));
        Some(problem)
    }
}

fn shown(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    format!("{} {:02}:{:02}", local.date, local.hour, local.minute)
}
