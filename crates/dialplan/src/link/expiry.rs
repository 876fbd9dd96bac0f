//! Levels of skills that end some day: when that is, and the word of it while there is time.
use std::collections::BTreeSet;

use gudok_calendar::{Zone, parse_moment};
use gudok_model::{Expiry, Name, Needs, OperatorId, Wall};

use super::skills;
use crate::draft::Draft;
use crate::plan::Number;
use crate::problem::{Advice, Problem};
use crate::text::{Problems, Spot, Word, error, warning};

/// So long before it somebody is told: an exam is not passed in a day. Microseconds, two weeks.
const TOLD_BEFORE: i64 = 14 * 24 * 3_600 * 1_000_000;

/// A level of a skill that ends, or the last of those that somebody is asked by.
#[derive(Debug)]
pub(crate) struct SkillEnd {
    whose: Whose,
    end: Expiry,
    /// What is wrong when it is near, before it is known that it is: it has its place.
    problem: Problem,
}

/// Of what it is the end.
#[derive(Debug)]
enum Whose {
    /// Of one person's skill.
    Level { skill: Name, operator: OperatorId },
    /// From then on nobody of its groups knows enough for this queue.
    Queue(Name),
    /// From then on nobody knows what a step asks.
    Step,
}

/// Puts the moments into the settings of the skills, and gives all of them. `asked`: what the steps of the flows ask.
pub(super) fn ends(
    draft: &mut Draft,
    asked: &[Vec<(Word, u8)>],
    numbers: &[Number],
    problems: &mut Problems<'_>,
) -> Vec<SkillEnd> {
    let mut found = Vec::new();
    for (name, skill) in &mut draft.skills {
        for (who, until) in &skill.ends {
            let Some(end) = moment(until, numbers, problems) else {
                continue;
            };
            let operator = OperatorId::from(who.text.as_str());
            let said = warning("skill_ends", "", "");
            let whose = Whose::Level {
                skill: name.clone(),
                operator: operator.clone(),
            };
            found.push(SkillEnd {
                whose,
                end: end.clone(),
                problem: problems.texts().problem(&until.at, said),
            });
            skill.settings.until.insert(operator, end);
        }
    }
    found.extend(left_alone(draft, asked, problems));
    found
}

/// The queues and the steps (what each asks) for which nobody is left some day.
fn left_alone(draft: &Draft, asked: &[Vec<(Word, u8)>], problems: &Problems<'_>) -> Vec<SkillEnd> {
    let place = |at: &Spot| problems.texts().problem(at, warning("skill_ends", "", ""));
    let queues = draft.queues.iter().filter_map(|(name, queue)| {
        let end = known_until(draft, skills::of_queue(draft, queue))?;
        let (whose, problem) = (Whose::Queue(name.clone()), place(&queue.at));
        Some(SkillEnd {
            whose,
            end,
            problem,
        })
    });
    let steps = asked.iter().filter_map(|list| {
        let end = known_until(draft, skills::of_step(draft, list))?;
        let (whose, problem) = (Whose::Step, place(&list.first()?.0.at));
        Some(SkillEnd {
            whose,
            end,
            problem,
        })
    });
    queues.chain(steps).collect()
}

/// When the last of those who know this does so no more. None: never, or nobody does.
fn known_until<'a>(
    draft: &Draft,
    (needs, people): (Needs, impl Iterator<Item = &'a OperatorId>),
) -> Option<Expiry> {
    let mut last: Option<&Expiry> = None;
    for who in people.filter(|who| skills::knows(draft, who, &needs)) {
        let skills = needs.keys();
        let skills = skills.filter_map(|skill| draft.skills.get(skill.as_str()));
        let ends = skills.filter_map(|skill| skill.settings.until.get(who));
        let end = ends.min_by_key(|end| end.at)?;
        last = last.filter(|last| last.at >= end.at).or(Some(end));
    }
    last.cloned()
}

/// A day begins at midnight of the zone that all numbers have; a moment is one wherever it is.
fn moment(word: &Word, numbers: &[Number], problems: &mut Problems<'_>) -> Option<Expiry> {
    let zone = &numbers.first()?.zone;
    let clocks: BTreeSet<&Name> = numbers.iter().map(|it| it.zone.name()).collect();
    let midnight = format!("{}T00:00", word.text);
    let at = match zone.moment(&midnight) {
        Some(at) if clocks.len() == 1 => Some(at),
        Some(_) => None,
        None => with_offset(&word.text, zone),
    };
    if at.is_none() {
        complain(word, clocks.len() > 1, problems);
    }
    at.map(|at| Expiry {
        at,
        day: day(zone, at),
    })
}

/// `2027-03-01T00:00+03:00`.
fn with_offset(text: &str, zone: &Zone) -> Option<Wall> {
    let (_, clock) = text.split_once(['T', ' '])?;
    let said = clock.ends_with('Z') || clock.contains(['+', '-']);
    parse_moment(text, zone).filter(|_| said)
}

fn complain(word: &Word, many_zones: bool, problems: &mut Problems<'_>) {
    let ru = match many_zones {
        true => "у номеров плана разные пояса: нужны дата, часы и сдвиг от UTC",
        false => "не день: нужна дата, или дата, часы и сдвиг от UTC",
    };
    let said = error("bad_time", ru, "neither a day nor a moment with an offset");
    let remedy = match many_zones {
        true => (
            "например until = \"2027-03-01T00:00+03:00\"",
            "for example until = \"2027-03-01T00:00+03:00\"",
        ),
        false => (
            "например until = \"2027-03-01\": с полуночи этого дня навыка нет",
            "for example until = \"2027-03-01\": none from midnight of that day on",
        ),
    };
    problems.say(&word.at, said.remedy(remedy));
}

/// `01.03.2027`.
fn day(zone: &Zone, at: Wall) -> Name {
    let date = zone.local(at).date;
    let (day, month, year) = (date.day(), date.month(), date.year());
    format!("{day:02}.{month:02}.{year}").into()
}

impl SkillEnd {
    /// That it is near, or over.
    pub(crate) fn problem(&self, now: Wall) -> Option<Problem> {
        if self.end.at.0.saturating_sub(now.0) > TOLD_BEFORE {
            return None;
        }
        let mut problem = self.problem.clone();
        (problem.message, problem.message_en) = self.whose.told(self.end.at <= now, &self.end.day);
        problem.remedy = Some(Advice::from((
            "продлите until, когда допуск подтверждён, или уберите оператора из навыка",
            "move `until` when the admission is confirmed, or take the operator out of the skill",
        )));
        Some(problem)
    }
}

impl Whose {
    /// In Russian and in English.
    fn told(&self, is_over: bool, day: &str) -> (String, String) {
        match self {
            Self::Level { skill, operator } => of_level(skill, operator, is_over, day),
            Self::Queue(queue) => (
                format!("очередь «{queue}»: с {day} нужного ей не знает никто из её групп"),
                format!("queue `{queue}`: from {day} on nobody of its groups knows enough"),
            ),
            Self::Step => (
                format!("с {day} того, что требует этот шаг needs, не знает никто"),
                format!("from {day} on nobody knows what this step asks"),
            ),
        }
    }
}

fn of_level(skill: &str, who: &OperatorId, is_over: bool, day: &str) -> (String, String) {
    let ru = match is_over {
        true => format!("навык «{skill}» у «{who}» истёк {day}: звонков, где он нужен, ему нет"),
        false => format!("навык «{skill}» у «{who}» истекает {day}"),
    };
    let ends = if is_over { "ended" } else { "ends" };
    (ru, format!("skill `{skill}` of `{who}` {ends} on {day}"))
}
