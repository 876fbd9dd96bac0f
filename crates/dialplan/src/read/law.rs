//! `[law.NAME]`: one dated rule of calls out.
use gudok_calendar::{DAY_MINUTES, Span};
use gudok_model::Name;
use gudok_outbound::law::KINDS;
use gudok_outbound::{ContactLimits, Demand, Ground, Law};
use toml::de::DeValue;

use super::flow::must_be_true;
use super::outbound::{chosen, date_of, purposes};
use super::schedule::span;
use super::text;
use crate::draft::Draft;
use crate::reader::{Item, Table};
use crate::shape::outbound as shape;
use crate::text::{Problems, Word, error};

/// The keys each of which makes a rule what it is.
const DEMANDS: [&str; 4] = ["hours", "basis", "contacts", "label"];

/// Reads `[law.NAME]`.
pub(super) fn read(
    name: Name,
    word: &Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::LAW, problems) else {
        return;
    };
    let article = table
        .need("article", problems)
        .and_then(|item| article(item, problems));
    let from = table
        .need("from", problems)
        .and_then(|item| date_of(item, problems));
    let till = table.get("till").and_then(|item| date_of(item, problems));
    let purposes = purposes(&table, problems);
    let told = ("нет такого вида номеров:", "unknown kind of numbers");
    let to = chosen(table.get("to"), told, &KINDS, problems);
    let demand = demand(&table, word, problems);
    table.finish(&format!("в [law.{name}]"), problems);
    if let Some(first) = draft.law.get(&name) {
        let (text, place) = (&word.text, first.place.clone());
        let ru = format!("правило «{text}» уже описано в {place}");
        let en = format!("{text:?} is already defined at {place}");
        return problems.say(&word.at, error("duplicate", ru, en));
    }
    let (Some(article), Some(from), Some(demand)) = (article, from, demand) else {
        return;
    };
    let law = Law {
        name: name.clone(),
        article,
        from,
        till,
        purposes,
        to,
        demand,
        place: problems.texts().place(&word.at),
    };
    let at = word.at.clone().into();
    draft.law_at.insert(name.clone(), at);
    draft.law.insert(name, law);
}

/// A refusal names it, so it is not blank.
fn article(item: Item<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let article = text(item, problems)?;
    if article.trim().is_empty() {
        let word = item.word(problems)?;
        let (ru, en) = ("статья не названа", "no article is named");
        let said = error("no_article", ru, en);
        problems.say(
            &word.at,
            said.remedy((
                "статья закона или чьё это правило: «230-ФЗ, ст. 7», «порядок организации»",
                "the article of the law, or whose rule it is",
            )),
        );
        return None;
    }
    Some(article)
}

/// Exactly one of [`DEMANDS`].
fn demand(table: &Table<'_>, word: &Word, problems: &mut Problems<'_>) -> Option<Demand> {
    let there: Vec<&str> = DEMANDS.into_iter().filter(|key| table.has(key)).collect();
    belongs(table, "days_off", "hours", problems);
    belongs(table, "proof", "basis", problems);
    match there[..] {
        ["hours"] => hours(table, problems),
        ["basis"] => basis(table, problems),
        ["contacts"] => contacts(table, problems),
        ["label"] => {
            let is_said = must_be_true(table.get("label")?, problems);
            is_said.then_some(Demand::Label)
        }
        _ => {
            let list = DEMANDS.join(", ");
            let ru = format!("правило должно требовать одного: {list}");
            let en = format!("a rule demands exactly one of {list}");
            let said = error("one_demand", ru, en);
            problems.say(
                &word.at,
                said.remedy((
                    "требование — отдельное правило со своим именем и своей статьёй",
                    "each demand is a rule with its own name and article",
                )),
            );
            None
        }
    }
}

/// A key that means something only beside another one.
fn belongs(table: &Table<'_>, key: &'static str, to: &str, problems: &mut Problems<'_>) {
    if table.has(key) && !table.has(to) {
        let ru = format!("«{key}» ничего не значит без «{to}»");
        let en = format!("`{key}` means nothing without `{to}`");
        problems.say(&table.key_at(key), error("needs_key", ru, en));
    }
}

fn hours(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Demand> {
    let mut read = |key| {
        let word = table.get(key)?.word(problems)?;
        let span = span(&word, problems)?;
        within_a_day(span, &word, problems)
    };
    let (working, days_off) = (read("hours"), read("days_off"));
    let days_off = match table.has("days_off") {
        true => days_off?,
        false => working?,
    };
    Some(Demand::Hours {
        working: working?,
        days_off,
    })
}

/// Hours of calls lie on one date: which else would say whether it is off.
fn within_a_day(span: Span, word: &Word, problems: &mut Problems<'_>) -> Option<Span> {
    if span.end() <= DAY_MINUTES {
        return Some(span);
    }
    let ru = format!("часы «{}» переходят через полночь", word.text);
    let en = format!("hours {:?} go over midnight", word.text);
    let said = error("over_midnight", ru, en);
    problems.say(
        &word.at,
        said.remedy((
            "часы звонков лежат внутри суток: \"09:00-21:00\"",
            "hours of calls lie within a day: \"09:00-21:00\"",
        )),
    );
    None
}

fn basis(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Demand> {
    let told = ("нет такого основания:", "unknown basis");
    let grounds = chosen(table.get("basis"), told, &Ground::WORDS, problems);
    let proof = table.get("proof");
    let proof = proof.is_some_and(|item| must_be_true(item, problems));
    if table.get("basis").is_some_and(is_empty) {
        let (ru, en) = ("не названо ни одно основание", "no basis is named");
        problems.say(&table.key_at("basis"), error("empty_list", ru, en));
    }
    Some(Demand::Basis { grounds, proof })
}

fn is_empty(item: Item<'_>) -> bool {
    matches!(item.value, DeValue::Array(items) if items.is_empty())
}

fn contacts(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Demand> {
    let item = table.get("contacts")?;
    let table = item.shaped(&shape::CONTACT_LIMITS, problems)?;
    let mut number = |key| {
        let item = table.get(key)?;
        item.number(problems, shape::CONTACTS)
    };
    let limits = ContactLimits {
        day: number("day"),
        week: number("week"),
        month: number("month"),
    };
    table.finish("в contacts", problems);
    Some(Demand::Contacts(limits))
}
