//! `lookup`: to wait for the search by number, or to search by something that was typed.
use gudok_model::Name;
use toml::de::DeValue;

use super::flow::{branch, must_be_true};
use super::text;
use crate::draft::{Action, DraftFind};
use crate::reader::Table;
use crate::shape::steps as shapes;
use crate::text::{Problems, error};

/// What belongs to a search by an expression only.
const OF_FIND: [&str; 5] = ["by", "deadline", "on_none", "on_many", "on_error"];

pub(super) fn lookup(
    table: &Table<'_>,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<Action> {
    let item = table.get("lookup")?;
    match item.value {
        DeValue::String(_) => find(table, depth, problems),
        _ => {
            let is_true = must_be_true(item, problems);
            (is_plain(table, problems) && is_true).then_some(Action::Lookup)
        }
    }
}

/// Whether nothing is said that the search by number does not have.
fn is_plain(table: &Table<'_>, problems: &mut Problems<'_>) -> bool {
    let Some(key) = OF_FIND.into_iter().find(|key| table.has(key)) else {
        return true;
    };
    // They are all looked at: one mistake is told once.
    OF_FIND.iter().for_each(|key| {
        table.get(key);
    });
    let ru = format!("при lookup = true ключа «{key}» не бывает: по номеру ищут с начала звонка");
    let said = error(
        "misplaced",
        ru,
        format!("`{key}` needs an expression in `lookup`"),
    );
    let remedy = (
        "напишите, что искать: lookup = \"answer.account\", by = \"account\"",
        "say what to search for: lookup = \"answer.account\", by = \"account\"",
    );
    problems.say(&table.key_at(key), said.remedy(remedy));
    false
}

fn find(table: &Table<'_>, depth: usize, problems: &mut Problems<'_>) -> Option<Action> {
    let value = table.get("lookup")?.word(problems);
    let by = table.need("by", problems);
    let by = by.and_then(|item| text(item, problems));
    let within = table
        .get("deadline")
        .and_then(|item| item.duration(problems, shapes::FIND));
    let mut exit = |key| {
        let item = table.get(key)?;
        branch(item, depth, problems)
    };
    let (on_none, on_many, on_error) = (exit("on_none"), exit("on_many"), exit("on_error"));
    Some(Action::Find(Box::new(DraftFind {
        value: value?,
        by: Name::from(by?),
        within,
        on_none,
        on_many,
        on_error,
    })))
}
