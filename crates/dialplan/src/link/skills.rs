//! Skills: the names that queues ask for and the people who are said to have them.
use std::collections::BTreeSet;

use gudok_model::{GroupSettings, Name, Needs, OperatorId, SkillId, Strategy};

use crate::draft::{Action, Draft, DraftQueue};
use crate::text::{Problems, Word, error, warning};

/// Complains of skills and people that are not there, those of limits too, and of what no operator of a queue will ever know.
pub(super) fn check(draft: &Draft, problems: &mut Problems<'_>) {
    let groups = draft.groups.values();
    let everybody: BTreeSet<&OperatorId> =
        groups.flat_map(|group| &group.settings.operators).collect();
    for skill in draft.skills.values() {
        for word in &skill.people {
            is_somebody(word, &everybody, problems);
        }
    }
    for cap in draft.caps.values() {
        for word in &cap.people {
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
    let steps = needed(draft);
    for queue in draft.queues.values() {
        let unknown = |word: &&Word| !draft.skills.contains_key(&*word.text);
        let mut unknown = queue.skills.iter().filter(unknown).peekable();
        if unknown.peek().is_none() {
            somebody_knows(draft, queue, problems);
            lowers_something(&steps, queue, problems);
        }
        unknown.for_each(|word| is_unknown(word, &known, problems));
    }
    for list in &steps {
        let unknown = |(word, _): &&(Word, u8)| !draft.skills.contains_key(&*word.text);
        let mut unknown = list.iter().filter(unknown).peekable();
        if unknown.peek().is_none() {
            somebody_knows_for(draft, list, problems);
        }
        unknown.for_each(|(word, _)| is_unknown(word, &known, problems));
    }
    // A queue with a mistake is not there to ask for anything.
    if !problems.has_errors() {
        unused(draft, &steps, problems);
    }
}

/// By skill, without the places.
pub(super) fn by_skill(list: &[(Word, u8)]) -> Needs {
    let list = list.iter();
    list.map(|(word, level)| (word.text.as_str().into(), *level))
        .collect()
}

/// What each `needs` step asks.
pub(super) fn needed(draft: &Draft) -> Vec<&[(Word, u8)]> {
    let flows = draft.flows.values().map(|flow| &flow.steps);
    let subflows = draft.subflows.values().map(|flow| &flow.steps);
    let mut found: Vec<&[(Word, u8)]> = Vec::new();
    for step in flows.chain(subflows).flatten() {
        step.each(&mut |step| {
            if let Action::Needs(list) = &step.action {
                found.push(list);
            }
        });
    }
    found
}

fn is_unknown(word: &Word, known: &[&Name], problems: &mut Problems<'_>) {
    let ru = format!("нет такого навыка: «{}»", word.text);
    let en = format!("unknown skill {:?}", word.text);
    let said = error("unknown_skill", ru, en);
    problems.say(&word.at, said.one_of(&word.text, known));
}

/// A ladder that asks less of a skill which neither its queue nor any step asks for does nothing.
fn lowers_something(steps: &[&[(Word, u8)]], queue: &DraftQueue, problems: &mut Problems<'_>) {
    let asked = |word: &Word| {
        let mut steps = steps.iter().flat_map(|list| list.iter());
        let own = queue
            .settings
            .needs
            .contains_key(&SkillId::from(word.text.as_str()));
        own || steps.any(|(it, level)| it.text == word.text && *level > 0)
    };
    for word in queue.skills.iter().filter(|word| !asked(word)) {
        let ru = format!(
            "лестница смягчает, а навыка «{}» никто не требует: ни needs этой очереди, ни шаги needs",
            word.text
        );
        let en = format!("a ladder relaxes: nothing asks for {:?}", word.text);
        problems.say(&word.at, error("out_of_range", ru, en));
    }
}

/// What one step asks, where no ladder asks for less, and who may know it.
pub(super) fn of_step<'a>(
    draft: &'a Draft,
    list: &[(Word, u8)],
) -> (Needs, impl Iterator<Item = &'a OperatorId>) {
    let mut needs = by_skill(list);
    needs.retain(|_, level| *level > 0);
    let mut ladders = draft.queues.values().flat_map(|it| &it.settings.relax);
    if ladders.any(|step| step.needs.keys().any(|skill| needs.contains_key(skill))) {
        needs.clear();
    }
    let groups = draft.groups.values();
    let people = groups.flat_map(|group| &group.settings.operators);
    (needs, people)
}

/// What a queue asks at the top of its ladder, and whom it may ask then.
pub(super) fn of_queue<'a>(
    draft: &'a Draft,
    queue: &'a DraftQueue,
) -> (Needs, impl Iterator<Item = &'a OperatorId>) {
    let settings = &queue.settings;
    let needs = settings.needs_at(settings.relax.len());
    let added = settings.relax.iter().filter_map(|step| step.group.as_ref());
    let groups = std::iter::once(&settings.group).chain(added);
    let groups = groups.filter_map(|id| draft.groups.get(id.as_str()));
    let people = groups.flat_map(|group| &group.settings.operators);
    (needs, people)
}

/// What one step asks of an operator somebody knows, or some ladder asks for less.
fn somebody_knows_for(draft: &Draft, list: &[(Word, u8)], problems: &mut Problems<'_>) {
    let (needs, mut people) = of_step(draft, list);
    if needs.is_empty() || people.any(|who| knows(draft, who, &needs)) {
        return;
    }
    let Some((first, _)) = list.first() else {
        return;
    };
    let told = told(&needs);
    let ru = format!("никто из операторов не знает достаточно: {told}");
    let en = format!("no operator knows enough: {told}");
    let remedy = (
        "добавьте навык операторам в [skill.ИМЯ], снизьте уровень или добавьте ступень relax",
        "give operators the skill in [skill.NAME], lower the level or add a step to `relax`",
    );
    problems.say(&first.at, error("nobody_knows", ru, en).remedy(remedy));
}

fn told(needs: &Needs) -> String {
    let told = needs.iter();
    let told: Vec<String> = told
        .map(|(skill, level)| format!("{skill} = {level}"))
        .collect();
    told.join(", ")
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
    let (needs, mut people) = of_queue(draft, queue);
    if needs.is_empty() || people.any(|who| knows(draft, who, &needs)) {
        return;
    }
    let told = told(&needs);
    let ru = format!("никто из групп этой очереди не знает достаточно: {told}");
    let en = format!("nobody of the groups of this queue knows enough: {told}");
    let remedy = (
        "добавьте навык операторам в [skill.ИМЯ], снизьте уровень или добавьте ступень relax",
        "give operators the skill in [skill.NAME], lower the level or add a step to `relax`",
    );
    problems.say(&queue.at, error("nobody_knows", ru, en).remedy(remedy));
}

/// Whether somebody knows all of this now, whenever that ends.
pub(super) fn knows(draft: &Draft, who: &OperatorId, needs: &Needs) -> bool {
    let level = |skill: &SkillId| {
        let skill = draft.skills.get(skill.as_str());
        let level = skill.and_then(|it| it.settings.levels.get(who));
        level.copied().unwrap_or(0)
    };
    needs.iter().all(|(skill, least)| level(skill) >= *least)
}

fn unused(draft: &Draft, steps: &[&[(Word, u8)]], problems: &mut Problems<'_>) {
    let queues = draft.queues.values();
    let of_steps = steps.iter().flat_map(|list| list.iter());
    let named: BTreeSet<&str> = queues
        .flat_map(|queue| &queue.skills)
        .chain(of_steps.map(|(word, _)| word))
        .map(|word| &*word.text)
        .collect();
    for (name, skill) in draft
        .skills
        .iter()
        .filter(|(name, _)| !named.contains(&***name))
    {
        let ru = format!("навык «{name}» не нужен ни одной очереди и ни одному шагу needs");
        let en = format!("no queue and no step asks for skill `{name}`");
        problems.say(&skill.at, warning("unused", ru, en));
    }
}
