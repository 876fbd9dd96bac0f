//! Skills: the names that queues ask for and the people who are said to have them.
use std::collections::BTreeSet;

use gudok_model::{GroupSettings, Name, Needs, OperatorId, SkillId, Strategy};

use crate::draft::{Draft, DraftQueue};
use crate::text::{Problems, Word, error, warning};

/// Complains of skills and people that are not there, and of what no operator of a queue will ever know.
pub(super) fn check(draft: &Draft, problems: &mut Problems<'_>) {
    let groups = draft.groups.values();
    let everybody: BTreeSet<&OperatorId> =
        groups.flat_map(|group| &group.settings.operators).collect();
    for skill in draft.skills.values() {
        for word in &skill.people {
            is_somebody(word, &everybody, problems);
        }
    }
    for group in draft.groups.values() {
        let own = group.settings.operators.iter().collect();
        for word in &group.weighed {
            is_somebody(word, &own, problems);
        }
        is_weighed(&group.settings, &group.weighed, problems);
    }
    let known: Vec<&Name> = draft.skills.keys().collect();
    for queue in draft.queues.values() {
        let unknown = |word: &&Word| !draft.skills.contains_key(&*word.text);
        let mut unknown = queue.skills.iter().filter(unknown).peekable();
        if unknown.peek().is_none() {
            somebody_knows(draft, queue, problems);
        }
        for word in unknown {
            let ru = format!("нет такого навыка: «{}»", word.text);
            let en = format!("unknown skill {:?}", word.text);
            let said = error("unknown_skill", ru, en);
            problems.say(&word.at, said.one_of(&word.text, &known));
        }
    }
    // A queue with a mistake is not there to ask for anything.
    if !problems.has_errors() {
        unused(draft, problems);
    }
}

fn is_somebody(word: &Word, known: &BTreeSet<&OperatorId>, problems: &mut Problems<'_>) {
    if known.contains(&OperatorId::from(word.text.as_str())) {
        return;
    }
    let ru = format!("нет такого оператора: «{}»", word.text);
    let en = format!("unknown operator {:?}", word.text);
    let known: Vec<Name> = known.iter().map(|it| it.as_str().into()).collect();
    let known: Vec<&Name> = known.iter().collect();
    let said = error("unknown_operator", ru, en);
    problems.say(&word.at, said.one_of(&word.text, &known));
}

/// Weights that nothing goes by.
fn is_weighed(group: &GroupSettings, weighed: &[Word], problems: &mut Problems<'_>) {
    if let (Some(word), true) = (weighed.first(), group.strategy != Strategy::WeightedRandom) {
        let ru = "weights действуют только при strategy = \"weighted_random\"";
        let en = "`weights` are for strategy = \"weighted_random\" alone";
        problems.say(&word.at, warning("unused", ru, en));
    }
}

/// A queue that nobody of its groups may be asked for, even at the top of its ladder, waits in vain.
fn somebody_knows(draft: &Draft, queue: &DraftQueue, problems: &mut Problems<'_>) {
    let settings = &queue.settings;
    let needs = settings.needs_at(settings.relax.len());
    let added = settings.relax.iter().filter_map(|step| step.group.as_ref());
    let groups = std::iter::once(&settings.group).chain(added);
    let groups = groups.filter_map(|id| draft.groups.get(id.as_str()));
    let mut people = groups.flat_map(|group| &group.settings.operators);
    if needs.is_empty() || people.any(|who| knows(draft, who, &needs)) {
        return;
    }
    let told: Vec<String> = needs
        .iter()
        .map(|(skill, level)| format!("{skill} = {level}"))
        .collect();
    let told = told.join(", ");
    let ru = format!("никто из групп этой очереди не знает достаточно: {told}");
    let en = format!("nobody of the groups of this queue knows enough: {told}");
    let remedy = (
        "добавьте навык операторам в [skill.ИМЯ], снизьте уровень или добавьте ступень relax",
        "give operators the skill in [skill.NAME], lower the level or add a step to `relax`",
    );
    problems.say(&queue.at, error("nobody_knows", ru, en).remedy(remedy));
}

fn knows(draft: &Draft, who: &OperatorId, needs: &Needs) -> bool {
    let level = |skill: &SkillId| {
        let skill = draft.skills.get(skill.as_str());
        let level = skill.and_then(|it| it.settings.levels.get(who));
        level.copied().unwrap_or(0)
    };
    needs.iter().all(|(skill, least)| level(skill) >= *least)
}

fn unused(draft: &Draft, problems: &mut Problems<'_>) {
    let queues = draft.queues.values();
    let named: BTreeSet<&str> = queues
        .flat_map(|queue| &queue.skills)
        .map(|word| &*word.text)
        .collect();
    for (name, skill) in draft
        .skills
        .iter()
        .filter(|(name, _)| !named.contains(&***name))
    {
        let ru = format!("навык «{name}» не нужен ни одной очереди");
        let en = format!("no queue asks for skill `{name}`");
        problems.say(&skill.at, warning("unused", ru, en));
    }
}
