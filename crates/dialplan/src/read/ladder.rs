//! `relax` of a queue: who is asked besides, and what is not asked of them any more, the longer somebody waits.
use gudok_model::{GroupId, Needs, Relax};

use super::skills::{by_name, levels};
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::{Problems, Spot, Word, error};

/// A step as it is written.
pub(super) struct Rung {
    pub(super) step: Relax,
    pub(super) group: Option<Word>,
    pub(super) skills: Vec<Word>,
    pub(super) at: Spot,
}

/// `[{ after = "20s", add = "second" }, { after = "45s", needs = { english = 1 } }]`: by time, each group once, each level lower
/// than before. None: it was complained of.
pub(super) fn read(
    item: Item<'_>,
    own: &Word,
    needs: &Needs,
    problems: &mut Problems<'_>,
) -> Option<Vec<Rung>> {
    let at = item.at();
    let items = item.list(problems)?;
    if !(1..=shape::RELAX_MAX).contains(&items.len()) {
        let ru = format!("нужно от 1 до {} ступеней", shape::RELAX_MAX);
        let en = format!("1 to {} steps", shape::RELAX_MAX);
        problems.say(&at, error("out_of_range", ru, en));
        return None;
    }
    let mut needs = needs.clone();
    let mut ladder: Vec<Rung> = Vec::new();
    for item in items {
        let rung = rung(item, problems)?;
        is_another_group(&rung, own, &ladder, problems)?;
        is_later(&rung, &ladder, problems)?;
        lowers(&rung, &mut needs, problems)?;
        ladder.push(rung);
    }
    Some(ladder)
}

fn rung(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Rung> {
    let at = item.at();
    let table = item.shaped(&shape::RELAX, problems)?;
    let after = table.need("after", problems);
    let after = after.and_then(|item| item.duration(problems, shape::RELAX_AFTER));
    let needs = levels(table.get("needs"), shape::LOWERED, problems);
    let group = match needs.is_empty() {
        false => table.get("add"),
        // A step without either does nothing: the group is what is missing then.
        true => table.need("add", problems),
    };
    let is_added = group.is_some();
    let group = group.and_then(|item| item.word(problems));
    table.finish("в relax", problems);
    let after = after?;
    if group.is_none() && (is_added || needs.is_empty()) {
        return None;
    }
    let skills = needs.iter().map(|(word, _)| word.clone()).collect();
    let step = Relax {
        after,
        group: group.as_ref().map(|word| GroupId::from(word.text.as_str())),
        needs: by_name(needs),
    };
    Some(Rung {
        step,
        group,
        skills,
        at,
    })
}

fn is_another_group(
    rung: &Rung,
    own: &Word,
    ladder: &[Rung],
    problems: &mut Problems<'_>,
) -> Option<()> {
    let Some(word) = &rung.group else {
        return Some(());
    };
    let mut known = ladder.iter().filter_map(|it| it.group.as_ref());
    if own.text != word.text && known.all(|it| it.text != word.text) {
        return Some(());
    }
    let ru = format!("группу «{}» уже спрашивают", word.text);
    let en = format!("group {:?} is asked already", word.text);
    problems.say(&word.at, error("two_meanings", ru, en));
    None
}

fn is_later(rung: &Rung, ladder: &[Rung], problems: &mut Problems<'_>) -> Option<()> {
    let last = ladder.last();
    if last.is_none_or(|last| last.step.after < rung.step.after) {
        return Some(());
    }
    let at = rung.group.as_ref().map_or(&rung.at, |word| &word.at);
    let ru = "ступени идут по времени: каждая позже предыдущей";
    let said = error("out_of_range", ru, "each step is later than the one before");
    problems.say(at, said);
    None
}

/// A ladder relaxes: what it says is less than what was asked before it. Of a skill that the queue does not ask for nothing is
/// known here: callers may need it of their own.
fn lowers(rung: &Rung, needs: &mut Needs, problems: &mut Problems<'_>) -> Option<()> {
    for word in &rung.skills {
        let skill = word.text.as_str().into();
        let level = rung.step.needs.get(&skill).copied().unwrap_or(0);
        if let Some(before) = needs.get(&skill).filter(|before| level >= **before) {
            let ru = format!("лестница смягчает: сейчас нужен {before}, а здесь {level}");
            let en = format!("a ladder relaxes: {before} is asked for now, {level} here");
            problems.say(&word.at, error("out_of_range", ru, en));
            return None;
        }
        needs.insert(skill, level);
    }
    Some(())
}
