//! `[[alarm]]`: at which levels somebody is called.
use gudok_model::{AlarmKind, AlarmRule, Measure};

use super::choose;
use crate::draft::{Draft, DraftAlarm};
use crate::reader::{Item, Table};
use crate::shape::plan as shape;
use crate::text::{Problems, error};

/// Most rules of a plan.
const ALARMS_MAX: usize = 500;

pub(super) fn read(item: Item<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    let at = item.at();
    let Some(table) = item.shaped(&shape::ALARM, problems) else {
        return;
    };
    let what = choose(
        table.need("what", problems),
        ("нет такой тревоги:", "unknown alarm"),
        &AlarmKind::WORDS,
        problems,
    );
    let read = what.and_then(|what| rule(&table, what, problems));
    table.finish("в [[alarm]]", problems);
    let Some(alarm) = read else { return };
    let of_same = |it: &&DraftAlarm| it.rule.what == alarm.rule.what && it.queue == alarm.queue;
    let refused = if draft.alarms.iter().any(|it| of_same(&it)) {
        Some(error(
            "duplicate",
            "такое правило уже есть",
            "there is such a rule already",
        ))
    } else if draft.alarms.len() >= ALARMS_MAX {
        let ru = format!("слишком много правил: больше {ALARMS_MAX}");
        Some(error(
            "too_long",
            ru,
            format!("more than {ALARMS_MAX} rules"),
        ))
    } else {
        None
    };
    match refused {
        Some(said) => problems.say(&at, said),
        None => draft.alarms.push(alarm),
    }
}

fn rule(table: &Table<'_>, what: AlarmKind, problems: &mut Problems<'_>) -> Option<DraftAlarm> {
    let usual = what.usual();
    let queue = table.get("queue").and_then(|item| item.word(problems));
    if queue.is_some() && !what.is_of_queue() {
        let ru = format!("тревога {} не об очереди", what.word());
        let said = error(
            "not_of_queue",
            ru,
            format!("{} is of no queue", what.word()),
        );
        let remedy = ("уберите queue", "remove `queue`");
        problems.say(&table.key_at("queue"), said.remedy(remedy));
        return None;
    }
    let on = table.get("on").map(|item| level(item, what, problems));
    let off = table.get("off").map(|item| level(item, what, problems));
    let lasts = table
        .get("for")
        .map(|item| item.duration(problems, shape::LASTS));
    let rule = AlarmRule {
        what,
        queue: None,
        on: on.unwrap_or(Some(usual.on))?,
        off: off.unwrap_or(Some(usual.off))?,
        lasts: lasts.unwrap_or(Some(usual.lasts))?,
    };
    if !rule.is_steady() {
        let (ru, en) = match what.is_low() {
            true => ("on должен быть меньше off", "`on` must be less than `off`"),
            false => ("on должен быть больше off", "`on` must be more than `off`"),
        };
        let said = error("unsteady_alarm", format!("тревога мигала бы: {ru}"), en);
        let remedy = ("задайте оба: on и off", "set both, `on` and `off`");
        problems.say(table.at(), said.remedy(remedy));
        return None;
    }
    Some(DraftAlarm { rule, queue })
}

fn level(item: Item<'_>, what: AlarmKind, problems: &mut Problems<'_>) -> Option<u64> {
    match what.measure() {
        Measure::Percent => item.number(problems, shape::PERCENT).map(u64::from),
        Measure::Count => item.number(problems, shape::COUNT).map(u64::from),
        Measure::Seconds => item
            .duration(problems, shape::SECONDS)
            .map(|it| it.as_secs()),
    }
}
