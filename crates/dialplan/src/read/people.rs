//! `[group.NAME]` and `[queue.NAME]`: who answers, and who waits.
use gudok_model::{
    GroupId, GroupSettings, Name, OperatorId, QueueId, QueueSettings, StickyBy, StickyTo, Strategy,
};

use super::skills::{by_name, levels};
use super::{choose, edges, ladder, taken};
use crate::draft::{Draft, DraftGroup, DraftQueue};
use crate::reader::{Item, Table};
use crate::shape::plan as shape;
use crate::text::{Problems, Word, error};

/// Largest group.
const OPERATORS_MAX: usize = 500;

pub(crate) const STRATEGIES: [(&str, Strategy); 10] = [
    ("longest_idle", Strategy::LongestIdle),
    ("fewest_calls", Strategy::FewestCalls),
    ("least_talk", Strategy::LeastTalk),
    ("least_occupied", Strategy::LeastOccupied),
    ("round_robin", Strategy::RoundRobin),
    ("linear", Strategy::Linear),
    ("random", Strategy::Random),
    ("weighted_random", Strategy::WeightedRandom),
    ("ring_all", Strategy::RingAll),
    ("progressive", Strategy::Progressive),
];

pub(crate) const STICKIES: [(&str, StickyBy); 3] = [
    ("last", StickyBy::Last),
    ("agent", StickyBy::Agent),
    ("manager", StickyBy::Manager),
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
    let usual = GroupSettings::usual(GroupId::new(name.clone()), operators);
    let mut time = |key, bounds, usual| {
        let item = table.get(key);
        item.and_then(|item| item.duration(problems, bounds))
            .unwrap_or(usual)
    };
    let mut settings = GroupSettings {
        strategy: strategy.unwrap_or_default(),
        ring: time("ring", shape::RING, usual.ring),
        wrap_up: time("wrap_up", shape::WRAP_UP, usual.wrap_up),
        reject_delay: time("reject_delay", shape::REJECT_DELAY, usual.reject_delay),
        refuse_memory: time("refuse_memory", shape::REFUSE_MEMORY, usual.refuse_memory),
        step: time("step", shape::STEP, usual.step),
        ..usual
    };
    let mut number = |key, bounds| table.get(key)?.number(problems, bounds);
    settings.misses_max = number("misses_max", shape::MISSES).unwrap_or(settings.misses_max);
    let phones = number("ring_max", shape::PHONES).and_then(|it| u8::try_from(it).ok());
    settings.ring_max = phones.unwrap_or(settings.ring_max);
    let weights = levels(table.get("weights"), shape::WEIGHT, problems);
    let weighed = weights.iter().map(|(word, _)| word.clone()).collect();
    settings.weights = by_name(weights);
    table.finish(&format!("в [group.{name}]"), problems);
    if let Some(first) = draft.groups.get(&name) {
        return taken(&word, "группа", &first.at, problems);
    }
    draft.groups.insert(
        name,
        DraftGroup {
            settings,
            weighed,
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

pub(super) fn is_login(text: &str) -> bool {
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
    let mut number = |key, bounds| table.get(key)?.number(problems, bounds);
    let weight = number("weight", shape::WEIGHT);
    let callers = number("callers_max", shape::CALLERS);
    let aging_max = number("aging_max", shape::AGING_MAX);
    let mut time = |key, bounds| table.get(key)?.duration(problems, bounds);
    let (aging, max_starve) = (
        time("aging", shape::AGING),
        time("max_starve", shape::MAX_STARVE),
    );
    let wrap_up = time("wrap_up", shape::WRAP_UP);
    let wrap_up_max = time("wrap_up_max", shape::WRAP_UP);
    let hold_max = time("hold_max", shape::HOLD_MAX);
    if wrap_up.zip(wrap_up_max).is_some_and(|(set, max)| set > max) {
        let ru = "wrap_up больше, чем wrap_up_max";
        let said = error("out_of_range", ru, "wrap_up is more than wrap_up_max");
        problems.say(&table.key_at("wrap_up_max"), said);
    }
    let preempt = table.get("preempt").and_then(|item| item.flag(problems));
    let needs = levels(table.get("needs"), shape::LEVEL, problems);
    let edges = edges::read(&table, problems);
    let exits = edges::exits(&table, problems);
    let sticky = table.get("sticky").and_then(|item| sticky(item, problems));
    let survey = table.get("survey").and_then(|item| item.word(problems));
    let mut settings = usual_queue(&name, &group.text);
    let mut skills: Vec<Word> = needs.iter().map(|(word, _)| word.clone()).collect();
    settings.needs = by_name(needs);
    let ladder = match table.get("relax") {
        Some(item) => ladder::read(item, &group, &settings.needs, problems),
        None => Some(Vec::new()),
    };
    table.finish(&format!("в [queue.{name}]"), problems);
    let Some(ladder) = ladder else {
        return;
    };
    let small = |number: Option<u32>| number.and_then(|it| u8::try_from(it).ok());
    settings.weight = small(weight).unwrap_or(settings.weight);
    settings.callers_max = callers.unwrap_or(settings.callers_max);
    settings.aging = aging;
    settings.wrap_up = wrap_up;
    settings.wrap_up_max = wrap_up_max;
    settings.hold_max = hold_max;
    settings.aging_max = small(aging_max).unwrap_or(settings.aging_max);
    settings.max_starve = max_starve.unwrap_or(settings.max_starve);
    settings.sticky = sticky;
    settings.preempt = preempt.unwrap_or_default();
    settings.relax = ladder.iter().map(|rung| rung.step.clone()).collect();
    if let Some(first) = draft.queues.get(&name) {
        return taken(&word, "очередь", &first.at, problems);
    }
    skills.extend(ladder.iter().flat_map(|rung| rung.skills.clone()));
    draft.queues.insert(
        name,
        DraftQueue {
            settings,
            group,
            rungs: ladder.iter().map(|rung| rung.at.clone().into()).collect(),
            added: ladder.into_iter().filter_map(|rung| rung.group).collect(),
            skills,
            survey,
            edges,
            exits,
            at: word.at.into(),
        },
    );
}

/// `sticky = { by = "last", wait = "15s" }`.
fn sticky(item: Item<'_>, problems: &mut Problems<'_>) -> Option<StickyTo> {
    let table = item.shaped(&shape::STICKY, problems)?;
    let by = table.need("by", problems);
    let what = ("нет такого слова в sticky:", "unknown word of `sticky`");
    let by = by.and_then(|item| choose(Some(item), what, &STICKIES, problems));
    let wait = table.need("wait", problems);
    let wait = wait.and_then(|item| item.duration(problems, shape::STICKY_WAIT));
    table.finish("в sticky", problems);
    Some(StickyTo {
        by: by?,
        wait: wait?,
    })
}

/// A queue of which nothing but the name is said.
pub(crate) fn usual_queue(name: &Name, group: &str) -> QueueSettings {
    QueueSettings::usual(QueueId::new(name.clone()), GroupId::from(group))
}
