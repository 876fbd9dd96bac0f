//! `[group.NAME]` and `[queue.NAME]`: who answers, and who waits.
use std::time::Duration;

use gudok_model::{
    GroupId, GroupSettings, Name, OperatorId, QueueId, QueueSettings, Relax, Strategy,
};

use super::{choose, edges, taken};
use crate::draft::{Draft, DraftGroup, DraftQueue};
use crate::reader::{Item, Table};
use crate::shape::plan as shape;
use crate::text::{Problems, Word, error};

/// Largest group.
const OPERATORS_MAX: usize = 500;

pub(crate) const STRATEGIES: [(&str, Strategy); 4] = [
    ("longest_idle", Strategy::LongestIdle),
    ("round_robin", Strategy::RoundRobin),
    ("linear", Strategy::Linear),
    ("ring_all", Strategy::RingAll),
];

/// Reads `[group.NAME]`.
pub(super) fn read_group(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::GROUP, problems) else {
        return;
    };
    let operators = operators(&table, problems);
    let strategy = table.get("strategy");
    let strategy = choose(
        strategy,
        ("нет такой стратегии:", "unknown strategy"),
        &STRATEGIES,
        problems,
    );
    let mut time = |key, bounds, usual| {
        let item = table.get(key);
        item.and_then(|item| item.duration(problems, bounds))
            .unwrap_or(Duration::from_secs(usual))
    };
    let settings = GroupSettings {
        id: GroupId::new(name.clone()),
        operators,
        strategy: strategy.unwrap_or_default(),
        ring: time("ring", shape::RING, 20),
        wrap_up: time("wrap_up", shape::WRAP_UP, 10),
        reject_delay: time("reject_delay", shape::REJECT_DELAY, 5),
        refuse_memory: time("refuse_memory", shape::REFUSE_MEMORY, 60),
        misses_max: table
            .get("misses_max")
            .and_then(|item| item.number(problems, shape::MISSES))
            .unwrap_or(3),
    };
    table.finish(&format!("в [group.{name}]"), problems);
    if let Some(first) = draft.groups.get(&name) {
        return taken(&word, "группа", &first.at, problems);
    }
    draft.groups.insert(
        name,
        DraftGroup {
            settings,
            at: word.at.into(),
        },
    );
}

fn operators(table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<OperatorId> {
    let Some(item) = table.need("operators", problems) else {
        return Vec::new();
    };
    let at = item.at();
    let mut list: Vec<OperatorId> = Vec::new();
    for item in item.list(problems).unwrap_or_default() {
        let Some(word) = item.word(problems) else {
            continue;
        };
        if !is_login(&word.text) {
            let ru = format!("имя оператора «{}» не годится", word.text);
            let said = error(
                "bad_name",
                ru,
                format!("not an operator's login: {:?}", word.text),
            );
            problems.say(
                &word.at,
                said.remedy((
                    "латинские буквы, цифры, «_», «-» и «.», не больше 64 знаков",
                    "Latin letters, digits, `_`, `-` and `.`, 64 characters at most",
                )),
            );
        } else if list.iter().any(|operator| operator.as_str() == word.text) {
            let ru = format!("оператор «{}» уже есть в этой группе", word.text);
            problems.say(
                &word.at,
                error("duplicate", ru, format!("{:?} is listed twice", word.text)),
            );
        } else {
            list.push(word.text.as_str().into());
        }
    }
    if list.is_empty() || list.len() > OPERATORS_MAX {
        let ru = format!("в группе должно быть от 1 до {OPERATORS_MAX} операторов");
        problems.say(
            &at,
            error(
                "out_of_range",
                ru,
                format!("a group has 1 to {OPERATORS_MAX} operators"),
            ),
        );
    }
    list
}

fn is_login(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// Reads `[queue.NAME]`.
pub(super) fn read_queue(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::QUEUE, problems) else {
        return;
    };
    let group = table
        .get("group")
        .and_then(|item| item.word(problems))
        .unwrap_or(word.clone());
    let weight = table
        .get("weight")
        .and_then(|item| item.number(problems, shape::WEIGHT));
    let callers = table
        .get("callers_max")
        .and_then(|item| item.number(problems, shape::CALLERS));
    let aging = table
        .get("aging")
        .and_then(|item| item.duration(problems, shape::AGING));
    let mut time = |key, bounds| {
        let item = table.get(key);
        item.and_then(|item| item.duration(problems, bounds))
    };
    let wrap_up = time("wrap_up", shape::WRAP_UP);
    let wrap_up_max = time("wrap_up_max", shape::WRAP_UP);
    let hold_max = time("hold_max", shape::HOLD_MAX);
    if wrap_up.zip(wrap_up_max).is_some_and(|(set, max)| set > max) {
        let ru = "wrap_up больше, чем wrap_up_max";
        let said = error("out_of_range", ru, "wrap_up is more than wrap_up_max");
        problems.say(&table.key_at("wrap_up_max"), said);
    }
    let survey = table.get("survey").and_then(|item| item.word(problems));
    let edges = edges::read(&table, problems);
    let ladder = match table.get("relax") {
        Some(item) => relax(item, &group, problems),
        None => Some(Vec::new()),
    };
    table.finish(&format!("в [queue.{name}]"), problems);
    let Some(ladder) = ladder else {
        return;
    };
    let mut settings = usual_queue(&name, &group.text);
    settings.weight = weight
        .and_then(|w| u8::try_from(w).ok())
        .unwrap_or(settings.weight);
    settings.callers_max = callers.unwrap_or(settings.callers_max);
    settings.aging = aging;
    settings.wrap_up = wrap_up;
    settings.wrap_up_max = wrap_up_max;
    settings.hold_max = hold_max;
    settings.relax = ladder.iter().map(|(step, _)| step.clone()).collect();
    if let Some(first) = draft.queues.get(&name) {
        return taken(&word, "очередь", &first.at, problems);
    }
    draft.queues.insert(
        name,
        DraftQueue {
            settings,
            group,
            added: ladder.into_iter().map(|(_, word)| word).collect(),
            survey,
            edges,
            at: word.at.into(),
        },
    );
}

/// `relax = [{ after = "20s", add = "second" }]`: by time, each group once. None: it was complained of.
fn relax(item: Item<'_>, own: &Word, problems: &mut Problems<'_>) -> Option<Vec<(Relax, Word)>> {
    let at = item.at();
    let items = item.list(problems)?;
    if !(1..=shape::RELAX_MAX).contains(&items.len()) {
        let ru = format!("нужно от 1 до {} ступеней", shape::RELAX_MAX);
        let en = format!("1 to {} steps", shape::RELAX_MAX);
        problems.say(&at, error("out_of_range", ru, en));
        return None;
    }
    let mut ladder: Vec<(Relax, Word)> = Vec::new();
    for item in items {
        let (step, word) = rung(item, problems)?;
        let is_known = |(known, _): &(Relax, Word)| known.group == step.group;
        if own.text == word.text || ladder.iter().any(is_known) {
            let ru = format!("группу «{}» уже спрашивают", word.text);
            let en = format!("group {:?} is asked already", word.text);
            problems.say(&word.at, error("two_meanings", ru, en));
            return None;
        }
        if ladder
            .last()
            .is_some_and(|(last, _)| last.after >= step.after)
        {
            let ru = "ступени идут по времени: каждая позже предыдущей";
            let said = error("out_of_range", ru, "each step is later than the one before");
            problems.say(&word.at, said);
            return None;
        }
        ladder.push((step, word));
    }
    Some(ladder)
}

fn rung(item: Item<'_>, problems: &mut Problems<'_>) -> Option<(Relax, Word)> {
    let table = item.shaped(&shape::RELAX, problems)?;
    let after = table.need("after", problems);
    let after = after.and_then(|item| item.duration(problems, shape::RELAX_AFTER));
    let word = table.need("add", problems);
    let word = word.and_then(|item| item.word(problems));
    table.finish("в relax", problems);
    let (after, word) = (after?, word?);
    let group = GroupId::from(word.text.as_str());
    Some((Relax { after, group }, word))
}

/// A queue of which nothing but the name is said.
pub(crate) fn usual_queue(name: &Name, group: &str) -> QueueSettings {
    QueueSettings {
        id: QueueId::new(name.clone()),
        group: GroupId::from(group),
        weight: 10,
        callers_max: 100,
        aging: None,
        relax: Vec::new(),
        wrap_up: None,
        wrap_up_max: None,
        hold_max: None,
    }
}
