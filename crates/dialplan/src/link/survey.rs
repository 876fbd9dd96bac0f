//! Which queue has which survey.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gudok_model::{Name, QueueId};

use crate::draft::Draft;
use crate::survey::Survey;
use crate::text::{Problems, error, warning};

/// The survey of each queue that has one; complains of names that lead nowhere, and of surveys that nobody is asked.
pub(super) fn surveys(
    draft: &Draft,
    problems: &mut Problems<'_>,
) -> BTreeMap<QueueId, Arc<Survey>> {
    let known: BTreeMap<&Name, Arc<Survey>> = draft
        .surveys
        .iter()
        .map(|(name, it)| (name, Arc::new(it.survey.clone())))
        .collect();
    let (mut found, mut used) = (BTreeMap::new(), BTreeSet::new());
    for (queue, settings) in &draft.queues {
        let Some(word) = &settings.survey else {
            continue;
        };
        let name = Name::from(word.text.as_str());
        if let Some(survey) = known.get(&name) {
            found.insert(QueueId::new(queue.clone()), Arc::clone(survey));
            used.insert(name);
            continue;
        }
        let ru = format!("нет такого опроса: «{}»", word.text);
        let names: Vec<&Name> = known.keys().copied().collect();
        let said = error("unknown_survey", ru, format!("unknown survey {name:?}"));
        let said = said.one_of(&word.text, &names);
        let remedy = ("опишите его: [survey.имя]", "describe it: [survey.name]");
        problems.say(&word.at, said.and_remedy(remedy));
    }
    // A name that was misspelt is complained of already.
    let is_known = !problems.has_errors();
    for (name, survey) in &draft.surveys {
        if is_known && !used.contains(name) {
            let ru = format!("опроса «{name}» нет ни у одной очереди");
            let said = warning("unused", ru, format!("no queue has survey `{name}`"));
            let remedy = (
                format!("добавьте очереди survey = \"{name}\""),
                format!("add survey = \"{name}\" to a queue"),
            );
            problems.say(&survey.at, said.remedy(remedy));
        }
    }
    found
}
