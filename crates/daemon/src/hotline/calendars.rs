//! Production calendars, rosters and skills that end soon: told while there is time, so that no January is a plain week by mistake,
//! no night is without anybody on duty, and no queue loses whoever knows enough for it.
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::Problem;
use gudok_model::{Mono, Name, Now};

use crate::metrics::Metrics;

/// It is said so often.
const SAID_EVERY: Duration = Duration::from_secs(24 * 3_600);
/// Rosters are gone through so often, and with every new plan: they have many turns.
const ROSTERS_EVERY: Duration = Duration::from_secs(600);

/// What was last said, and when.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    years: Said,
    rosters: Said,
    skills: Said,
    bare: Option<Bare>,
}

#[derive(Debug, Default)]
struct Said(Option<Mono>);

/// Rosters with gaps or near their end, as they were found.
#[derive(Debug)]
struct Bare {
    at: Mono,
    plan: Name,
    problems: Vec<String>,
}

impl Calendars {
    /// Tells the page and, once a day, the log; gives what is missing, in English.
    pub(super) fn tell(&mut self, now: Now, plan: &Plan, metrics: &Metrics) -> Vec<String> {
        let missing = plan.missing_years(now.wall);
        metrics.calendars_missing(missing.len());
        self.years.say("calendar_year", now, &missing, metrics);
        english(&missing)
    }

    /// The same of levels of skills, for the log and its counter.
    pub(super) fn tell_skills(&mut self, now: Now, plan: &Plan, metrics: &Metrics) {
        if self.skills.is_due(now) {
            let ends = plan.skills_that_end(now.wall);
            self.skills.say("skill_ends", now, &ends, metrics);
        }
    }

    /// The same of rosters.
    pub(super) fn tell_rosters(&mut self, now: Now, plan: &Plan, metrics: &Metrics) -> Vec<String> {
        let fresh = |bare: &&Bare| {
            bare.plan == *plan.generation() && now.mono.since(bare.at) < ROSTERS_EVERY
        };
        if let Some(bare) = self.bare.as_ref().filter(fresh) {
            return bare.problems.clone();
        }
        let found = plan.bare_rosters(now.wall);
        metrics.rosters_bare(found.len());
        self.rosters.say("roster_gap", now, &found, metrics);
        let problems = english(&found);
        self.bare = Some(Bare {
            at: now.mono,
            plan: plan.generation().clone(),
            problems: problems.clone(),
        });
        problems
    }
}

impl Said {
    fn is_due(&self, now: Now) -> bool {
        self.0.is_none_or(|said| now.mono.since(said) >= SAID_EVERY)
    }

    fn say(&mut self, what: &str, now: Now, problems: &[Problem], metrics: &Metrics) {
        if self.is_due(now) && !problems.is_empty() {
            self.0 = Some(now.mono);
            metrics.alarm(what);
            for problem in problems {
                tracing::warn!(place = %problem.place(), "{}", problem.message_en);
            }
        }
    }
}

fn english(problems: &[Problem]) -> Vec<String> {
    let said = problems.iter().map(|problem| problem.message_en.clone());
    said.collect()
}
