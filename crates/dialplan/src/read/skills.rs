//! `[skill.NAME]`, and the tables that give names a number: who knows what, and how well it must be known.
use std::collections::BTreeMap;

use gudok_model::{Name, SkillId, SkillSettings};
use toml::de::DeValue;

use super::taken;
use crate::draft::{Action, Draft, DraftSkill};
use crate::reader::{Item, Table};
use crate::shape::plan as shape;
use crate::text::{Problems, Word, error};

/// Most entries of such a table.
const ENTRIES_MAX: usize = 500;

/// Reads `[skill.NAME]`: logins with levels.
pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let (known, ends) = known(item, problems);
    if known.is_empty() {
        let ru = "навык, которого ни у кого нет: напишите логины операторов и уровни";
        let en = "a skill that nobody has: write logins of operators with levels";
        problems.say(&word.at, error("out_of_range", ru, en));
    }
    if let Some(first) = draft.skills.get(&name) {
        return taken(&word, "навык", &first.at, problems);
    }
    let people = known.iter().map(|(word, _)| word.clone()).collect();
    let settings = SkillSettings {
        id: SkillId::new(name.clone()),
        levels: by_name(known),
        // When the zone of the numbers is known.
        until: BTreeMap::new(),
    };
    let at = word.at.into();
    draft.skills.insert(
        name,
        DraftSkill {
            settings,
            people,
            ends,
            at,
        },
    );
}

/// Logins with levels, and of some when they end.
type Known = (Vec<(Word, u8)>, Vec<(Word, Word)>);

/// `"101" = 3`, or `"102" = { level = 2, until = "2027-03-01" }`; by name.
fn known(item: Item<'_>, problems: &mut Problems<'_>) -> Known {
    let (mut known, mut ends) = (Vec::new(), Vec::new());
    for (word, item) in entries(item, problems) {
        let table = match item.value {
            DeValue::Table(_) => item.shaped(&shape::KNOWN, problems),
            _ => None,
        };
        let level = match &table {
            Some(table) => table.need("level", problems),
            None => Some(item),
        };
        if let Some(table) = table {
            let until = table.need("until", problems);
            let until = until.and_then(|item| day(item, problems));
            ends.extend(until.map(|until| (word.clone(), until)));
            table.finish("в навыке", problems);
        }
        let level = level.and_then(|item| item.number(problems, shape::LEVEL));
        known.extend(level.and_then(|it| Some((word, u8::try_from(it).ok()?))));
    }
    known.sort_unstable_by(|(a, _), (b, _)| a.text.cmp(&b.text));
    (known, ends)
}

/// In quotes or without.
fn day(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Word> {
    match item.value {
        DeValue::Datetime(at) => Some(Word {
            text: at.to_string(),
            at: item.at(),
        }),
        _ => item.word(problems),
    }
}

/// `{ english = 2, law = 1 }`: names with numbers within bounds, by name.
pub(crate) fn levels(
    item: Option<Item<'_>>,
    bounds: (u32, u32),
    problems: &mut Problems<'_>,
) -> Vec<(Word, u8)> {
    let Some(item) = item else {
        return Vec::new();
    };
    let entries = entries(item, problems).into_iter();
    let level = |(word, item): (Word, Item<'_>)| {
        let level = item.number(problems, bounds)?;
        Some((word, u8::try_from(level).ok()?))
    };
    let mut levels: Vec<(Word, u8)> = entries.filter_map(level).collect();
    levels.sort_unstable_by(|(a, _), (b, _)| a.text.cmp(&b.text));
    levels
}

fn entries<'a>(item: Item<'a>, problems: &mut Problems<'_>) -> Vec<(Word, Item<'a>)> {
    let at = item.at();
    let Some(table) = item.table(problems) else {
        return Vec::new();
    };
    let entries = table.entries();
    if entries.len() > ENTRIES_MAX {
        let ru = format!("больше {ENTRIES_MAX} записей");
        let en = format!("more than {ENTRIES_MAX} entries");
        problems.say(&at, error("out_of_range", ru, en));
        return Vec::new();
    }
    entries
}

/// `needs = { english = 3 }` of a step: from there on, whatever queue the caller comes to.
pub(super) fn needed(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let item = table.get("needs")?;
    if matches!(item.value, DeValue::Table(skills) if skills.is_empty()) {
        let ru = "не сказано, какой навык нужен";
        let said = error("missing_key", ru, "`needs` names no skill");
        let remedy = (
            "например needs = { english = 3 }",
            "for example needs = { english = 3 }",
        );
        problems.say(&table.key_at("needs"), said.remedy(remedy));
        return None;
    }
    let needs = levels(Some(item), shape::LOWERED, problems);
    (!needs.is_empty()).then_some(Action::Needs(needs))
}

/// The same without the places.
pub(crate) fn by_name<K: for<'a> From<&'a str> + Ord>(levels: Vec<(Word, u8)>) -> BTreeMap<K, u8> {
    let levels = levels.into_iter();
    levels
        .map(|(word, level)| (word.text.as_str().into(), level))
        .collect()
}
