//! `[roster.NAME]`: people, hours and turns; and the turns that lie in a table beside the plan, `NAME.roster.csv`.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::roster::{PEOPLE_MAX, TURNS_MAX};
use gudok_calendar::{Person, Schedule, Span, Turn, Week, Window, Zone};
use gudok_model::Name;
use toml::de::DeValue;

use super::number::phone;
use super::schedule::{window, zone};
use super::{choose, sheet, taken, text};
use crate::draft::{Draft, DraftRoster, Turns};
use crate::reader::{Item, Table, slug};
use crate::shape::plan::{self as shape, ACCEPT_WITHIN, RING};
use crate::shape::words;
use crate::text::{Problems, Spot, Texts, Word, error};

/// What the name of a table of turns ends with, beside the plan: `duty.roster.csv`.
pub const SHEET_ENDING: &str = ".roster.csv";

/// Reads `[roster.NAME]`.
pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::ROSTER, problems) else {
        return;
    };
    let zone = table
        .need("zone", problems)
        .and_then(|item| zone(item, problems))
        .unwrap_or_else(Zone::utc);
    let ring = table
        .get("ring")
        .and_then(|item| item.duration(problems, RING))
        .unwrap_or(Duration::from_secs(30));
    let hours = hours(&table, zone.clone(), problems);
    let people = people(&table, ring, problems);
    let turns = turns(&table, &people, &zone, problems);
    let accept_within = handover(&table, problems);
    table.finish(&format!("в [roster.{name}]"), problems);
    if let Some(first) = draft.rosters.get(&name) {
        return taken(&word, "дежурная смена", &first.at, problems);
    }
    let roster = DraftRoster {
        people,
        turns,
        sheet: None,
        hours,
        accept_within,
        at: word.at.into(),
    };
    draft.rosters.insert(name, roster);
}

/// How a shift passes to whoever comes.
#[derive(Clone, Copy)]
enum Handover {
    Clock,
    Accept,
}

const HANDOVER: [(&str, Handover); 2] = [("clock", Handover::Clock), ("accept", Handover::Accept)];

/// The words of `handover`.
pub(crate) const HANDOVER_WORDS: [&str; 2] = words(&HANDOVER);

/// See there.
const ACCEPT_USUALLY_WITHIN: Duration = Duration::from_secs(30 * 60);

/// `handover = "accept"` and within which time; None: by the clock.
fn handover(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Duration> {
    let how = choose(
        table.get("handover"),
        ("так смена не переходит:", "unknown handover"),
        &HANDOVER,
        problems,
    );
    let within = table.get("accept_within").map(|item| {
        let given = item.duration(problems, ACCEPT_WITHIN);
        (item.at(), given.unwrap_or(ACCEPT_USUALLY_WITHIN))
    });
    match (how, within) {
        (Some(Handover::Accept), within) => {
            Some(within.map_or(ACCEPT_USUALLY_WITHIN, |(_, within)| within))
        }
        (_, Some((at, _))) => {
            let ru = "accept_within значит что-то только при handover = \"accept\"";
            let en = "`accept_within` means nothing without handover = \"accept\"";
            let remedy = (
                "добавьте handover = \"accept\" или уберите accept_within",
                "add handover = \"accept\" or remove accept_within",
            );
            problems.say(&at, error("useless_key", ru, en).remedy(remedy));
            None
        }
        (_, None) => None,
    }
}

/// When somebody must be on duty; always where nothing is said.
fn hours(table: &Table<'_>, zone: Zone, problems: &mut Problems<'_>) -> Schedule {
    let items = table.get("hours").map(Item::one_or_more);
    let windows = match items {
        Some(items) => items
            .into_iter()
            .filter_map(|item| window(item, problems))
            .collect(),
        None => Span::new(0, gudok_calendar::DAY_MINUTES)
            .map(|whole| Window::new([true; 7], whole))
            .into_iter()
            .collect(),
    };
    Schedule {
        zone,
        windows,
        holidays: None,
        week: Week::Five,
        dates: BTreeMap::new(),
        short_by: 0,
    }
}

/// `ivanov = "+79990000101"` or `ivanov = { number = "+7…", name = "Иванов", ring = "40s" }`.
fn people(table: &Table<'_>, ring: Duration, problems: &mut Problems<'_>) -> Vec<Person> {
    let Some(item) = table.need("people", problems) else {
        return Vec::new();
    };
    let at = item.at();
    let entries = item.table(problems).map(|table| table.entries());
    let entries = entries.unwrap_or_default();
    if entries.is_empty() || entries.len() > PEOPLE_MAX {
        let ru = format!("в списке должно быть от 1 до {PEOPLE_MAX} человек");
        let en = format!("a roster has 1 to {PEOPLE_MAX} people");
        problems.say(&at, error("out_of_range", ru, en));
    }
    let person = |(word, item): (Word, Item<'_>)| {
        let name = slug(&word, problems)?;
        person(name, item, ring, problems)
    };
    entries.into_iter().filter_map(person).collect()
}

fn person(
    name: Name,
    item: Item<'_>,
    ring: Duration,
    problems: &mut Problems<'_>,
) -> Option<Person> {
    let mut label = name.to_string();
    let mut own = ring;
    let number = match item.value {
        DeValue::Table(_) => {
            let table = item.shaped(&shape::HUMAN, problems)?;
            let number = table.need("number", problems);
            let number = number.and_then(|item| item.word(problems));
            if let Some(given) = table.get("name").and_then(|item| text(item, problems)) {
                label = given;
            }
            if let Some(given) = table.get("ring") {
                own = given.duration(problems, RING).unwrap_or(ring);
            }
            table.finish("у человека", problems);
            number
        }
        _ => item.word(problems),
    };
    Some(Person {
        name,
        label,
        number: phone(&number?, problems)?,
        ring: own,
    })
}

/// `shifts = "duty.roster.csv"`, or `shifts = [{ person = "…", from = …, till = … }]`.
fn turns(table: &Table<'_>, people: &[Person], zone: &Zone, problems: &mut Problems<'_>) -> Turns {
    let Some(item) = table.need("shifts", problems) else {
        return Turns::Here(Vec::new());
    };
    if let DeValue::String(name) = item.value {
        let word = Word {
            text: name.to_string(),
            at: item.at(),
        };
        if !word.text.ends_with(SHEET_ENDING) || word.text.contains('/') {
            let ru = format!(
                "таблица смен называется ИМЯ{SHEET_ENDING}, а не «{}»",
                word.text
            );
            let en = format!("a table of shifts is named NAME{SHEET_ENDING}");
            problems.say(&word.at, error("bad_name", ru, en));
        }
        return Turns::Sheet(word);
    }
    let items = item.list(problems).unwrap_or_default();
    let mut turns = Vec::new();
    for item in items {
        let Some(table) = item.shaped(&shape::SHIFT, problems) else {
            continue;
        };
        let at = table.at().clone();
        let mut cell = |key| {
            let item = table.get(key)?;
            match item.value {
                DeValue::Datetime(_) | DeValue::Integer(_) => Some(Word {
                    text: raw(item, problems),
                    at: item.at(),
                }),
                _ => item.word(problems),
            }
        };
        let row = Row {
            person: cell("person"),
            from: cell("from"),
            till: cell("till"),
            order: cell("order"),
            substitute: cell("substitute"),
            at,
        };
        table.finish("у смены", problems);
        turns.extend(turn(row, people, zone, problems));
    }
    Turns::Here(turns)
}

/// A date or a number as it stands in the text.
fn raw(item: Item<'_>, problems: &Problems<'_>) -> String {
    problems.texts().slice(&item.at()).to_owned()
}

/// A turn as it is written.
pub(super) struct Row {
    pub(super) person: Option<Word>,
    pub(super) from: Option<Word>,
    pub(super) till: Option<Word>,
    pub(super) order: Option<Word>,
    pub(super) substitute: Option<Word>,
    pub(super) at: Spot,
}

/// The turns that lie beside the plan, once every file was read.
pub(super) fn sheets(draft: &mut Draft, texts: &Texts, problems: &mut Problems<'_>) {
    let known: Vec<String> = texts
        .names()
        .filter(|name| name.ends_with(SHEET_ENDING))
        .map(|name| name.to_string())
        .collect();
    for roster in draft.rosters.values_mut() {
        let Turns::Sheet(word) = &roster.turns else {
            continue;
        };
        let Some(file) = texts.find(&word.text) else {
            if word.text.ends_with(SHEET_ENDING) {
                let ru = format!("нет таблицы смен «{}»", word.text);
                let said = error("unknown_file", ru, format!("no file {:?}", word.text));
                let remedy = (
                    "положите её в папку с планом: gudok roster import",
                    "put it into the folder of the plan: gudok roster import",
                );
                problems.say(&word.at, said.one_of(&word.text, &known).remedy(remedy));
            }
            continue;
        };
        let zone = roster.hours.zone.clone();
        let rows = sheet::rows(file, texts.text(file), problems);
        if rows.is_empty() {
            let ru = format!("в таблице смен «{}» нет ни одной смены", word.text);
            let said = error("empty", ru, format!("{:?} has no shift", word.text));
            problems.say(
                &word.at,
                said.remedy(("внесите смены: Сотрудник;С;По;Порядок;Замена", "enter shifts under the columns Сотрудник;С;По;Порядок;Замена (who;from;until;order;instead of)")),
            );
        }
        let turns: Vec<Turn> = rows
            .into_iter()
            .filter_map(|row| turn(row, &roster.people, &zone, problems))
            .collect();
        roster.sheet = Some(word.text.as_str().into());
        roster.turns = Turns::Here(turns);
    }
    for (name, roster) in &draft.rosters {
        if let Turns::Here(turns) = &roster.turns
            && turns.len() > TURNS_MAX
        {
            let ru = format!("в «{name}» больше {TURNS_MAX} смен: уберите прошедшие");
            let en = format!("`{name}` has more than {TURNS_MAX} shifts");
            problems.say(&roster.at, error("too_long", ru, en));
        }
    }
}

fn turn(row: Row, people: &[Person], zone: &Zone, problems: &mut Problems<'_>) -> Option<Turn> {
    let Row {
        person,
        from,
        till,
        order,
        substitute,
        at,
    } = row;
    let (Some(person), Some(from), Some(till)) = (person, from, till) else {
        let ru = "у смены должны быть кто (person), с какого (from) и по какое время (till)";
        problems.say(
            &at,
            error("missing_key", ru, "a shift needs person, from and till"),
        );
        return None;
    };
    // All of a row is looked at, so that all that is wrong is told at once.
    let order = order.map_or(Some(1), |word| number(&word, problems));
    let substitute = match substitute {
        Some(word) => whom(&word, people, problems).map(Some),
        None => Some(None),
    };
    let person = whom(&person, people, problems);
    let begins = moment(&from, zone, problems);
    let ends = moment(&till, zone, problems);
    let turn = Turn {
        person: person?,
        substitute: substitute?,
        from: begins?,
        till: ends?,
        order: order?,
    };
    if turn.till <= turn.from {
        let ru = "смена кончается не позже, чем началась";
        problems.say(
            &till.at,
            error("empty_window", ru, "the shift ends before it begins"),
        );
        return None;
    }
    Some(turn)
}

fn whom(word: &Word, people: &[Person], problems: &mut Problems<'_>) -> Option<usize> {
    let by_name = people.iter().position(|it| *it.name == *word.text);
    let found = by_name.or_else(|| by_label(&word.text, people));
    if found.is_none() {
        let ru = format!("в people нет «{}»", word.text);
        let said = error(
            "unknown_person",
            ru,
            format!("unknown person {:?}", word.text),
        );
        let known: Vec<&Name> = people.iter().map(|person| &person.name).collect();
        problems.say(&word.at, said.one_of(&word.text, &known));
    }
    found
}

/// As people call them, where only one is called so.
fn by_label(text: &str, people: &[Person]) -> Option<usize> {
    let wanted = text.to_lowercase();
    let is_called = |it: &Person| it.label.to_lowercase() == wanted;
    let found = people.iter().position(is_called)?;
    let only = !people[found + 1..].iter().any(is_called);
    only.then_some(found)
}

fn moment(word: &Word, zone: &Zone, problems: &mut Problems<'_>) -> Option<gudok_model::Wall> {
    let at = zone.moment(&word.text);
    if at.is_none() {
        let ru = format!("это не время смены: «{}»", word.text);
        let said = error(
            "bad_time",
            ru,
            format!("not a date and a time: {:?}", word.text),
        );
        let remedy = (
            "пишите 2026-11-23T20:00, 2026-11-23 20:00 или 23.11.2026 20:00",
            "write 2026-11-23T20:00, 2026-11-23 20:00 or 23.11.2026 20:00",
        );
        problems.say(&word.at, said.remedy(remedy));
    }
    at
}

fn number(word: &Word, problems: &mut Problems<'_>) -> Option<u16> {
    let order = word
        .text
        .parse()
        .ok()
        .filter(|order| (1..=99).contains(order));
    if order.is_none() {
        let ru = format!("порядок — число от 1 до 99, а не «{}»", word.text);
        let said = error("out_of_range", ru, format!("not an order: {:?}", word.text));
        problems.say(
            &word.at,
            said.remedy(("1 — кому звонят первым", "1 is who is called first")),
        );
    }
    order
}
