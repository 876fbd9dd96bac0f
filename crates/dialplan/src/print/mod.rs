//! A plan as one document: what all its files say, each thing once, in one order, with what is usual spelled out.
//!
//! Two folders that say the same are printed alike, however they are cut into files, ordered and commented: for comparing,
//! for support, for one file of many. What is printed is a plan itself, and every print is read back before it is shown.
//! Conditions stand as the admin wrote them. Shifts that lie in a table beside the plan stand in the document.
//!
//! Each part takes its draft apart by all its fields: a key that is read and not printed does not compile.
mod document;
mod outbound;
mod people;
mod questions;
mod steps;
mod tables;

use std::fmt;

use crate::draft::Draft;
use crate::load::{Source, is_tests, load, texts_of};
use crate::problem::Mistakes;
use crate::read::read;
use crate::text::Problems;
use document::Document;

/// Why a plan is not printed.
#[derive(Debug)]
pub enum NotPrinted {
    /// It is none.
    Mistakes(Mistakes),
    /// What would be printed says something else than the plan: a mistake of ours.
    Unlike,
}

impl fmt::Display for NotPrinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mistakes(mistakes) => mistakes.iter().try_for_each(|it| writeln!(f, "{}", it.render())),
            Self::Unlike => f.write_str(
                "этот план не удалось напечатать без потерь: это ошибка Гудка, пришлите план разработчикам",
            ),
        }
    }
}

/// The plan of these files as one document, tests apart. Printed again it is the same text.
///
/// # Errors
/// The files are no plan, or what was printed of them did not say the same when it was read back.
pub fn printed(sources: &[Source]) -> Result<String, NotPrinted> {
    load(sources).map_err(NotPrinted::Mistakes)?;
    let draft = said(sources).ok_or(NotPrinted::Unlike)?;
    let text = document(&draft);
    let back = [Source {
        name: "plan.toml".into(),
        text,
    }];
    let is_same = said(&back).is_some_and(|back| back == draft);
    let [Source { text, .. }] = back;
    is_same.then_some(text).ok_or(NotPrinted::Unlike)
}

/// Whether two sets of files say the same plan, wherever each thing stands in them. False where one cannot be read.
pub fn reads_alike(one: &[Source], other: &[Source]) -> bool {
    said(one).is_some_and(|one| said(other).is_some_and(|other| one == other))
}

/// What the files say, whatever file says it. None: it cannot be read.
fn said(sources: &[Source]) -> Option<Draft> {
    let texts = texts_of(sources);
    let mut problems = Problems::new(&texts);
    let files = (0..sources.len()).filter(|file| !is_tests(&sources[*file].name));
    let mut draft = read(files, &texts, &mut problems);
    // Where a number stands among the others means nothing.
    draft
        .numbers
        .sort_by_cached_key(|it| it.dids.first().map(|(did, _)| did.clone()));
    for roster in draft.rosters.values_mut() {
        roster.sheet = None;
    }
    for survey in draft.surveys.values_mut() {
        survey.survey.place = "".into();
    }
    if let Some(outbound) = &mut draft.outbound {
        outbound.rules.forget_places();
    }
    for law in draft.law.values_mut() {
        law.place = "".into();
    }
    (!problems.has_errors()).then_some(draft)
}

fn document(draft: &Draft) -> String {
    let Draft {
        numbers,
        schedules,
        holidays,
        rosters,
        groups,
        skills,
        caps,
        queues,
        surveys,
        flows,
        subflows,
        outbound,
        law,
        law_at: _,
        alarms,
        not_ready_reasons,
        dispositions,
        supervision,
    } = draft;
    let mut document = Document::default();
    for number in numbers {
        tables::number(number, &mut document);
    }
    for (name, calendar) in holidays {
        tables::calendar(name, calendar, &mut document);
    }
    for (name, schedule) in schedules {
        tables::schedule(name, schedule, &mut document);
    }
    for (name, roster) in rosters {
        people::roster(name, roster, &mut document);
    }
    for (name, group) in groups {
        people::group(name, group, &mut document);
    }
    for (name, skill) in skills {
        people::skill(name, skill, &mut document);
    }
    for (name, cap) in caps {
        people::cap(name, cap, &mut document);
    }
    for (name, queue) in queues {
        people::queue(name, queue, &mut document);
    }
    for (name, survey) in surveys {
        questions::survey(name, survey, &mut document);
    }
    steps::flows(flows, subflows, &mut document);
    if let Some(outbound) = outbound {
        outbound::outbound(outbound, &mut document);
    }
    for law in law.values() {
        outbound::law(law, &mut document);
    }
    for alarm in alarms {
        tables::alarm(alarm, &mut document);
    }
    tables::breaks(not_ready_reasons, &mut document);
    tables::choices("dispositions", dispositions, &mut document);
    if let Some(supervision) = supervision {
        tables::supervision(supervision, &mut document);
    }
    document.finish()
}
