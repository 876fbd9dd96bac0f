//! `[outbound]`: where calls out may go, how many, what they cost, and what is shown.
use std::collections::BTreeMap;

use gudok_calendar::{Date, Span, Zone};
use gudok_outbound::limits::TALK_MAX;
use gudok_outbound::prefixes::{PREFIXES_MAX, is_prefix};
use gudok_outbound::register::{CLIS_MAX, label_fault};
use gudok_outbound::{
    Cli, Kopecks, LABEL_MAX, Limits, Places, Prefix, Prefixes, Purpose, Rules, Terms,
};
use toml::de::DeValue;

use super::number::phone;
use super::schedule::{date, span, zone};
use super::{each, not_one_of, text};
use crate::draft::{Draft, DraftOutbound};
use crate::reader::{Item, Table};
use crate::shape::outbound as shape;
use crate::text::{Problems, Spot, Word, error};

/// When nobody calls out but the plan, where the file does not say. Minutes of the day.
const NIGHT: (u16, u16) = (23 * 60, 7 * 60);

/// Reads `[outbound]`.
pub(super) fn read(item: Item<'_>, at: &Spot, draft: &mut Draft, problems: &mut Problems<'_>) {
    let Some(table) = item.shaped(&shape::OUTBOUND, problems) else {
        return;
    };
    let zone = table
        .need("zone", problems)
        .and_then(|item| zone(item, problems));
    let holidays = table.get("holidays").and_then(|item| item.word(problems));
    let rules = Rules {
        // A wrong zone is complained of already; with any zone the rest can still be checked.
        zone: zone.unwrap_or_else(Zone::utc),
        holidays: None,
        night: night(table.get("night"), problems),
        limits: limits(table.get("limits"), Limits::ALL, problems),
        operator: limits(table.get("operator"), Limits::OPERATOR, problems),
        talk_max: table
            .get("talk_max")
            .and_then(|item| item.duration(problems, shape::TALK_MAX))
            .unwrap_or(TALK_MAX),
        prefixes: prefixes(&table, problems),
        clis: clis(&table, problems),
        law: BTreeMap::new(),
        places: places(&table, at, problems),
    };
    table.finish("в [outbound]", problems);
    if let Some(first) = &draft.outbound {
        let place = problems.texts().place(&first.at);
        let ru = format!("[outbound] уже есть в {place}");
        let en = format!("[outbound] is already at {place}");
        return problems.say(at, error("duplicate", ru, en));
    }
    draft.outbound = Some(DraftOutbound {
        rules,
        holidays,
        at: at.clone().into(),
    });
}

fn places(table: &Table<'_>, at: &Spot, problems: &Problems<'_>) -> Places {
    let place = |key: &str| {
        let at = match table.has(key) {
            true => &table.key_at(key),
            false => at,
        };
        problems.texts().place(at)
    };
    Places {
        outbound: problems.texts().place(at),
        night: place("night"),
        limits: place("limits"),
        operator: place("operator"),
    }
}

fn night(item: Option<Item<'_>>, problems: &mut Problems<'_>) -> Option<Span> {
    let (from, till) = NIGHT;
    let Some(item) = item else {
        return Span::new(from, till);
    };
    let word = item.word(problems)?;
    match word.text == shape::NEVER {
        true => None,
        false => span(&word, problems),
    }
}

fn limits(item: Option<Item<'_>>, usual: Limits, problems: &mut Problems<'_>) -> Limits {
    let Some(table) = item.and_then(|item| item.shaped(&shape::LIMITS, problems)) else {
        return usual;
    };
    let mut number = |key, bounds| {
        let item = table.get(key);
        item.and_then(|item| item.number(problems, bounds))
    };
    let at_once = number("at_once", shape::AT_ONCE);
    let per_hour = number("per_hour", shape::PER_HOUR);
    let roubles = number("roubles_per_day", shape::ROUBLES);
    table.finish("в пределах исходящих", problems);
    Limits {
        at_once: at_once.unwrap_or(usual.at_once),
        per_hour: per_hour.unwrap_or(usual.per_hour),
        per_day: roubles.map_or(usual.per_day, |it| Kopecks::roubles(it.into())),
    }
}

fn prefixes(table: &Table<'_>, problems: &mut Problems<'_>) -> Prefixes {
    let mut prefixes = Prefixes::default();
    let listed = table.need("prefixes", problems);
    let listed = listed.and_then(|item| item.table(problems));
    let entries = listed.map(|table| table.entries()).unwrap_or_default();
    if entries.len() > PREFIXES_MAX {
        let ru = format!("слишком много направлений: больше {PREFIXES_MAX}");
        let said = error("too_long", ru, format!("more than {PREFIXES_MAX} prefixes"));
        problems.say(&table.key_at("prefixes"), said);
        return prefixes;
    }
    for (word, item) in entries {
        if !is_prefix(&word.text) {
            let ru = format!("«{}» — не начало номера", word.text);
            let said = error("bad_prefix", ru, format!("not a prefix: {:?}", word.text));
            problems.say(
                &word.at,
                said.remedy((
                    "начало номера пишется с + и кодом страны, в кавычках: \"+79\"",
                    "a prefix is `+` and the country code, in quotes: \"+79\"",
                )),
            );
            continue;
        }
        if let Some(terms) = terms(item, problems) {
            let place = problems.texts().place(&word.at);
            prefixes.add(word.text.as_str().into(), Prefix { terms, place });
        }
    }
    prefixes
}

/// `"denied"`, or `{ minute = "2.50" }`.
fn terms(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Terms> {
    if let DeValue::String(_) = item.value {
        let word = item.word(problems)?;
        if word.text != shape::DENIED {
            let (ru, en) = ("непонятное условие направления", "unknown terms");
            not_one_of(&word, ru, en, &[shape::DENIED], problems);
            return None;
        }
        return Some(Terms::Denied);
    }
    let table = item.shaped(&shape::TARIFF, problems)?;
    let minute = table
        .need("minute", problems)
        .and_then(|item| item.word(problems))
        .and_then(|word| roubles(&word, problems));
    let zone = table.get("zone").map(|item| zone(item, problems));
    table.finish("у направления", problems);
    Some(Terms::Allowed {
        per_minute: minute?,
        zone: zone.flatten(),
    })
}

fn roubles(word: &Word, problems: &mut Problems<'_>) -> Option<Kopecks> {
    let found = Kopecks::parse(&word.text);
    if found.is_none() {
        let ru = format!("непонятная цена «{}»", word.text);
        let said = error("bad_price", ru, format!("not a price: {:?}", word.text));
        problems.say(
            &word.at,
            said.remedy((
                "цена минуты пишется в рублях, в кавычках: \"2.50\"",
                "the price of a minute is in roubles, in quotes: \"2.50\"",
            )),
        );
    }
    found
}

fn clis(table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<Cli> {
    let items = each(table.get("cli"), problems);
    if items.len() > CLIS_MAX {
        let ru = format!("слишком много номеров в реестре: больше {CLIS_MAX}");
        let said = error("too_long", ru, format!("more than {CLIS_MAX} numbers"));
        problems.say(&table.key_at("cli"), said);
        return Vec::new();
    }
    let mut clis: Vec<Cli> = Vec::new();
    for item in items {
        let at = item.at();
        let Some(cli) = cli(item, problems) else {
            continue;
        };
        match clis.iter().find(|known| known.number == cli.number) {
            Some(first) => {
                let (number, place) = (&cli.number, &first.place);
                let ru = format!("номер {number} уже есть в реестре: {place}");
                let en = format!("{number} is in the register already: {place}");
                problems.say(&at, error("duplicate", ru, en));
            }
            None => clis.push(cli),
        }
    }
    clis
}

fn cli(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Cli> {
    let place = problems.texts().place(&item.at());
    let table = item.shaped(&shape::CLI, problems)?;
    let number = table
        .need("number", problems)
        .and_then(|item| item.word(problems))
        .and_then(|word| phone(&word, problems));
    let mut said = |key| {
        let item = table.get(key);
        item.and_then(|item| text(item, problems))
    };
    let (owner, category, contract) = (said("owner"), said("category"), said("contract"));
    let label = table
        .get("label")
        .and_then(|item| item.word(problems))
        .and_then(|word| label(word, problems));
    let valid_to = table
        .get("valid_to")
        .and_then(|item| date_of(item, problems));
    let purposes = purposes(&table, problems);
    table.finish("в [[outbound.cli]]", problems);
    Some(Cli {
        number: number?,
        owner,
        label,
        category,
        contract,
        valid_to,
        purposes,
        place,
    })
}

fn label(word: Word, problems: &mut Problems<'_>) -> Option<String> {
    let Some(fault) = label_fault(&word.text) else {
        return Some(word.text);
    };
    let ru = format!("текст метки не годится: {fault}");
    let said = error("bad_label", ru, "the label cannot be registered");
    problems.say(
        &word.at,
        said.remedy((
            format!("метка — до {LABEL_MAX} букв кириллицы и латиницы, цифр и пробелов"),
            format!("a label is up to {LABEL_MAX} Cyrillic and Latin letters, digits and spaces"),
        )),
    );
    None
}

/// `purposes = ["debt"]`.
pub(super) fn purposes(table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<Purpose> {
    let told = ("нет такой цели:", "unknown purpose");
    chosen(table.get("purposes"), told, &Purpose::WORDS, problems)
}

/// Words of a closed list.
pub(super) fn chosen<T: Copy + PartialEq>(
    item: Option<Item<'_>>,
    told: (&str, &str),
    words: &[(&'static str, T)],
    problems: &mut Problems<'_>,
) -> Vec<T> {
    let items = each(item, problems).into_iter();
    let mut found: Vec<T> = Vec::new();
    for word in items.filter_map(|item| super::choose(Some(item), told, words, problems)) {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// A date, in quotes or without.
pub(super) fn date_of(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Date> {
    let word = match item.value {
        DeValue::Datetime(date) => Word {
            text: date.to_string(),
            at: item.at(),
        },
        _ => item.word(problems)?,
    };
    date(&word, problems)
}
