//! The edges of each queue.
use std::collections::BTreeMap;

use gudok_model::{Name, QueueId};

use crate::draft::{Draft, DraftEmpty, DraftHours};
use crate::edges::{Edges, Empty, Expects};
use crate::hours::OpenBy;
use crate::text::{Problems, Word, error};

/// Of every queue that is described; complains of names that lead nowhere.
pub(super) fn edges(
    draft: &Draft,
    rosters: &BTreeMap<Name, usize>,
    problems: &mut Problems<'_>,
) -> BTreeMap<QueueId, Edges> {
    let known: Vec<&Name> = draft.schedules.keys().chain(rosters.keys()).collect();
    let mut edges = BTreeMap::new();
    for (name, queue) in &draft.queues {
        let empty = queue.edges.empty.as_ref();
        let told = Edges {
            resume_window: queue.edges.resume_window,
            empty: empty.map(|empty| rule(empty, &known, problems)),
            retry: queue.edges.retry,
            hours: hours(queue.edges.hours.as_ref(), draft, problems),
        };
        edges.insert(QueueId::new(name.clone()), told);
    }
    edges
}

/// The schedules by which somebody is expected and queues are open, by their places in the plan.
pub(super) fn schedules(draft: &Draft, index: &BTreeMap<Name, usize>) -> Vec<usize> {
    let rules = draft.queues.values();
    let words = rules.flat_map(|queue| {
        let expects = queue
            .edges
            .empty
            .as_ref()
            .and_then(|it| it.expects.as_ref());
        let hours = queue.edges.hours.as_ref().map(|it| &it.schedule);
        expects.into_iter().chain(hours)
    });
    words
        .filter_map(|word| index.get(&*word.text).copied())
        .collect()
}

/// A queue is open by a schedule; who is on duty by a roster is none.
fn hours(hours: Option<&DraftHours>, draft: &Draft, problems: &mut Problems<'_>) -> Option<OpenBy> {
    let DraftHours { schedule, at_close } = hours?;
    let known: Vec<&Name> = draft.schedules.keys().collect();
    is_known(schedule, &known, problems);
    Some(OpenBy {
        schedule: schedule.text.as_str().into(),
        at_close: *at_close,
    })
}

fn rule(empty: &DraftEmpty, known: &[&Name], problems: &mut Problems<'_>) -> Empty {
    let DraftEmpty {
        when,
        expects,
        within,
    } = empty;
    if let Some(word) = expects {
        is_known(word, known, problems);
    }
    let expects = expects.as_ref();
    Empty {
        when: when.clone(),
        expects: expects.map(|word| Expects {
            names: vec![word.text.as_str().into()],
            within: *within,
        }),
        by_default: false,
    }
}

fn is_known(word: &Word, known: &[&Name], problems: &mut Problems<'_>) {
    if known.iter().any(|name| ***name == *word.text) {
        return;
    }
    let ru = format!("нет такого графика: «{}»", word.text);
    let en = format!("unknown schedule or roster {:?}", word.text);
    let said = error("unknown_schedule", ru, en);
    problems.say(&word.at, said.one_of(&word.text, known));
}
