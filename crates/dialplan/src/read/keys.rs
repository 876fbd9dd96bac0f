//! Steps that take the caller's keys, and what is remembered of them: `menu`, `ask`, `set`.
use std::time::Duration;

use toml::de::DeValue;

use super::flow::branch;
use super::say::line;
use crate::decision::{Ack, Keys};
use crate::draft::{
    Action, Branch, DraftAsk, DraftMenu, DraftQuestion, DraftUtterance, DraftValue,
};
use crate::memory::{NAMES_MAX, Value};
use crate::reader::{Item, Table, slug};
use crate::shape::steps as shape;
use crate::text::{Problems, Word, error};
use crate::typed::{KEYS, KEYS_MAX, KeySet};

pub(super) fn menu(table: &Table<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Action> {
    let said = line(table.get("menu")?, problems);
    let keys = table
        .need("keys", problems)
        .and_then(|item| menu_keys(item, depth, problems));
    let wait = Keys {
        most: 1,
        end: None,
        first: Duration::from_secs(5),
        between: Duration::from_secs(5),
        barge_in: true,
        type_ahead: true,
        has: KeySet::default(),
    };
    let question = question(table, said, wait, depth, problems);
    Some(Action::Menu(DraftMenu {
        question: question?,
        keys: keys?,
    }))
}

/// `keys = { 1 = "sales", "*" = [{ … }] }`.
pub(super) fn menu_keys(
    item: Item<'_>,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<Vec<(char, Branch)>> {
    let at = item.at();
    let entries = item.table(problems)?.entries();
    if entries.is_empty() {
        let said = error("out_of_range", "нет ни одной клавиши", "there is no key");
        problems.say(
            &at,
            said.remedy((
                "например keys = { 1 = \"sales\", 2 = \"tech\" }",
                "for example keys = { 1 = \"sales\", 2 = \"tech\" }",
            )),
        );
        return None;
    }
    let count = entries.len();
    let mut keys = Vec::with_capacity(count);
    for (word, item) in entries {
        let key = key(&word, problems);
        let branch = branch(item, depth, problems);
        keys.extend(key.zip(branch));
    }
    (keys.len() == count).then_some(keys)
}

/// One key of a telephone.
pub(super) fn key(word: &Word, problems: &mut Problems<'_>) -> Option<char> {
    let mut chars = word.text.chars();
    let key = chars.next().filter(|key| KEYS.contains(*key));
    if key.is_none() || chars.next().is_some() {
        let ru = format!("нет такой клавиши: «{}»", word.text);
        let said = error(
            "unknown_key_pressed",
            ru,
            format!("no such key: {:?}", word.text),
        );
        let all: Vec<String> = KEYS.chars().map(String::from).collect();
        problems.say(&word.at, said.one_of("", &all));
        return None;
    }
    key
}

pub(super) fn ask(table: &Table<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Action> {
    let word = table.get("ask")?.word(problems);
    let name = word.and_then(|word| slug(&word, problems));
    let said = table
        .need("prompts", problems)
        .and_then(|item| line(item, problems));
    let digits = table.need("digits", problems);
    let digits = digits.and_then(|item| count_of_digits(item, problems));
    let end = end_key(table, problems);
    let between = wait(table, "between", Duration::from_secs(4), problems);
    let check = table.get("check").and_then(|item| item.word(problems));
    let keys = Keys {
        most: digits.map_or(1, |(_, most)| most),
        end: end?,
        first: Duration::from_secs(7),
        between,
        barge_in: true,
        type_ahead: false,
        has: KeySet::default(),
    };
    let question = question(table, said, keys, depth, problems);
    Some(Action::Ask(Box::new(DraftAsk {
        name: name?,
        question: question?,
        least: digits?.0,
        check,
    })))
}

/// `"6"` or `"6-10"`.
fn count_of_digits(item: Item<'_>, problems: &mut Problems<'_>) -> Option<(u8, u8)> {
    let word = item.word(problems)?;
    let (least, most) = word
        .text
        .split_once('-')
        .unwrap_or((&word.text, &word.text));
    let number = |text: &str| text.trim().parse::<u8>().ok();
    let found = number(least).zip(number(most));
    let found = found.filter(|(least, most)| (1..=*most).contains(least) && *most <= KEYS_MAX);
    if found.is_none() {
        let ru = format!("непонятное число цифр «{}»", word.text);
        let said = error(
            "bad_digits",
            ru,
            format!("not a count of digits: {:?}", word.text),
        );
        let remedy = (
            format!("напишите \"6\" или \"6-10\": от 1 до {KEYS_MAX} цифр"),
            format!("write \"6\" or \"6-10\": 1 to {KEYS_MAX} digits"),
        );
        problems.say(&word.at, said.remedy(remedy));
    }
    found
}

/// `end = "#"`; an empty one: no key ends it. None: it was complained of.
fn end_key(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Option<char>> {
    let Some(item) = table.get("end") else {
        return Some(Some('#'));
    };
    let word = item.word(problems)?;
    match word.text.as_str() {
        "" => Some(None),
        "*" => Some(Some('*')),
        "#" => Some(Some('#')),
        _ => {
            let ru = format!("ввод не может кончаться клавишей «{}»", word.text);
            let said = error("unknown_key_pressed", ru, "input ends with * or #");
            problems.say(&word.at, said.one_of("", &["#", "*"]));
            None
        }
    }
}

/// What both kinds have in common.
pub(super) fn question(
    table: &Table<'_>,
    said: Option<Vec<DraftUtterance>>,
    keys: Keys,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<DraftQuestion> {
    let first = wait(table, "timeout", keys.first, problems);
    let tries = table
        .get("tries")
        .and_then(|item| item.number(problems, shape::TRIES));
    let barge_in = table.get("barge_in").and_then(|item| item.flag(problems));
    let type_ahead = table.get("type_ahead").and_then(|item| item.flag(problems));
    let mut again = |key| table.get(key).and_then(|item| line(item, problems));
    let (on_invalid, on_timeout) = (again("on_invalid"), again("on_timeout"));
    let otherwise = table
        .get("otherwise")
        .and_then(|item| branch(item, depth, problems));
    let keys = Keys {
        first,
        barge_in: barge_in.unwrap_or(keys.barge_in),
        type_ahead: type_ahead.unwrap_or(keys.type_ahead),
        ..keys
    };
    Some(DraftQuestion {
        prompts: said?,
        keys,
        tries: tries
            .and_then(|tries| u8::try_from(tries).ok())
            .unwrap_or(3),
        on_invalid: on_invalid.unwrap_or_default(),
        on_timeout: on_timeout.unwrap_or_default(),
        otherwise,
    })
}

fn wait(
    table: &Table<'_>,
    key: &'static str,
    usual: Duration,
    problems: &mut Problems<'_>,
) -> Duration {
    let told = table
        .get(key)
        .and_then(|item| item.duration(problems, shape::KEY_WAIT));
    told.unwrap_or(usual)
}

/// `set = { tariff = 'client.field.tariff', tries = 3 }`.
pub(super) fn set(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let entries = table.get("set")?.table(problems)?.entries();
    if !(1..=NAMES_MAX).contains(&entries.len()) {
        let ru = format!("нужно от 1 до {NAMES_MAX} переменных");
        let said = error("out_of_range", ru, format!("1 to {NAMES_MAX} variables"));
        problems.say(
            &table.key_at("set"),
            said.remedy((
                "например set = { class = 'client.class' }",
                "for example set = { class = 'client.class' }",
            )),
        );
        return None;
    }
    let mut told = Vec::new();
    for (word, item) in entries {
        let name = slug(&word, problems);
        told.extend(name.and(value(item, problems)).map(|value| (word, value)));
    }
    Some(Action::Set(told))
}

/// A whole number and true or false stand for themselves; a text is an expression.
fn value(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DraftValue> {
    match item.value {
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
            if number.is_none() {
                let said = error(
                    "out_of_range",
                    "слишком большое число",
                    "the number is too large",
                );
                problems.say(&item.at(), said);
            }
            Some(DraftValue::Fixed(Value::Int(number?)))
        }
        DeValue::Boolean(flag) => Some(DraftValue::Fixed(Value::Bool(*flag))),
        _ => item.word(problems).map(DraftValue::Told),
    }
}

/// `ack = { prompts = ["duty_ack"], keys = { 1 = "take", 2 = "pass" }, timeout = "10s" }`.
pub(super) fn ack(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Ack<DraftUtterance>> {
    let table = item.shaped(&shape::ACK, problems)?;
    let said = table
        .need("prompts", problems)
        .and_then(|item| line(item, problems));
    let timeout = wait(&table, "timeout", Duration::from_secs(10), problems);
    let keys = match table.get("keys") {
        Some(item) => ack_keys(item, problems),
        None => Some(('1', Some('2'))),
    };
    table.finish("в ack", problems);
    let (take, pass) = keys?;
    Some(Ack {
        prompts: said?,
        take,
        pass,
        timeout,
    })
}

/// One key takes the call, another one may pass it on.
fn ack_keys(item: Item<'_>, problems: &mut Problems<'_>) -> Option<(char, Option<char>)> {
    let at = item.at();
    let (mut take, mut pass) = (None, None);
    for (word, item) in item.table(problems)?.entries() {
        let key = key(&word, problems)?;
        let what = item.word(problems)?;
        match what.text.as_str() {
            "take" if take.is_none() => take = Some(key),
            "pass" if pass.is_none() => pass = Some(key),
            _ => {
                let ru = format!(
                    "клавиша не может значить «{}», или так значит уже другая",
                    what.text
                );
                let said = error(
                    "unknown_word",
                    ru,
                    format!("unknown or repeated: {:?}", what.text),
                );
                problems.say(&what.at, said.one_of(&what.text, &["take", "pass"]));
                return None;
            }
        }
    }
    if take.is_none() {
        let said = error(
            "missing_key",
            "ни одна клавиша не берёт звонок",
            "no key takes the call",
        );
        problems.say(
            &at,
            said.remedy((
                "например keys = { 1 = \"take\", 2 = \"pass\" }",
                "for example keys = { 1 = \"take\", 2 = \"pass\" }",
            )),
        );
    }
    take.map(|take| (take, pass))
}
