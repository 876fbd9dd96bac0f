//! `[cap.NAME]`: a limit of some operators, reached by what they have done or by the clock.
use gudok_calendar::{Zone, parse_moment};
use gudok_model::{CapSettings, Name, OperatorId, Wall};

use super::taken;
use crate::draft::{Draft, DraftCap};
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::{Problems, Word, error};

/// Most people of one limit.
const PEOPLE_MAX: usize = 500;

pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::CAP, problems) else {
        return;
    };
    let people = people(table.need("operators", problems), problems);
    let calls = table.get("calls_per_hour");
    let calls_per_hour = calls.and_then(|item| item.number(problems, shape::CALLS_PER_HOUR));
    let talk = table.get("talk_max");
    let talk_max = talk.and_then(|item| item.duration(problems, shape::TALK_MAX));
    let until = table.get("until").and_then(|item| item.word(problems));
    let ends = until.as_ref().and_then(|word| moment(word, problems));
    let says_nothing = ["calls_per_hour", "talk_max", "until"];
    if !says_nothing.iter().any(|key| table.has(key)) {
        let ru = "ограничение ничего не ограничивает";
        let said = error("missing_key", ru, "a limit that limits nothing");
        let remedy = (
            "добавьте calls_per_hour = 10, talk_max = \"6h\" или until = \"2027-03-01T00:00+03:00\"",
            "add calls_per_hour = 10, talk_max = \"6h\" or until = \"2027-03-01T00:00+03:00\"",
        );
        problems.say(&word.at, said.remedy(remedy));
    }
    table.finish("в cap", problems);
    if let Some(first) = draft.caps.get(&name) {
        return taken(&word, "ограничение", &first.at, problems);
    }
    let known = people.iter();
    let settings = CapSettings {
        id: name.clone(),
        operators: known.map(|it| OperatorId::from(it.text.as_str())).collect(),
        calls_per_hour,
        talk_max,
        until: ends,
    };
    let at = word.at.into();
    let cap = DraftCap {
        settings,
        people,
        until: until.map(|word| word.text),
        at,
    };
    draft.caps.insert(name, cap);
}

fn people(item: Option<Item<'_>>, problems: &mut Problems<'_>) -> Vec<Word> {
    let Some(item) = item else {
        return Vec::new();
    };
    let at = item.at();
    let items = item.list(problems).unwrap_or_default();
    if !(1..=PEOPLE_MAX).contains(&items.len()) {
        let ru = format!("нужно от 1 до {PEOPLE_MAX} операторов");
        let en = format!("1 to {PEOPLE_MAX} operators");
        problems.say(&at, error("out_of_range", ru, en));
        return Vec::new();
    }
    let items = items.into_iter();
    items.filter_map(|item| item.word(problems)).collect()
}

/// `2027-03-01T00:00+03:00`: with the hours from UTC, so that it means one moment wherever the operators are.
fn moment(word: &Word, problems: &mut Problems<'_>) -> Option<Wall> {
    let utc = Zone::parse("UTC").ok()?;
    let clock = word.text.split_once('T').map_or("", |(_, clock)| clock);
    let said = clock.ends_with('Z') || clock.contains(['+', '-']);
    let at = parse_moment(&word.text, &utc).filter(|_| said);
    if at.is_none() {
        let ru = "не время: нужны дата, часы и сдвиг от UTC";
        let said = error("out_of_range", ru, "not a moment with an offset from UTC");
        let remedy = (
            "например \"2027-03-01T00:00+03:00\"",
            "for example \"2027-03-01T00:00+03:00\"",
        );
        problems.say(&word.at, said.remedy(remedy));
    }
    at
}
