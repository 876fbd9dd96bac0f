//! What a caller who waits in a queue may press: `keys` and `offer` of the step.
use std::time::Duration;

use super::keys::menu_keys;
use super::say::line;
use crate::decision::Hint;
use crate::draft::{Branch, DraftUtterance};
use crate::reader::{Item, Table};
use crate::shape::steps as shapes;
use crate::text::{Problems, error, warning};

/// What keys of a queue do, and how callers are told of them.
pub(super) struct WaitingKeys {
    pub(super) keys: Vec<(char, Branch)>,
    pub(super) hint: Option<Hint<DraftUtterance>>,
}

/// `keys = { 1 = [{ callback = "tech" }] }` and `offer` beside it. None: it was complained of.
pub(super) fn keys(
    table: &Table<'_>,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<WaitingKeys> {
    let keys = match table.get("keys") {
        Some(item) => menu_keys(item, depth, problems)?,
        None => Vec::new(),
    };
    let hint = match table.get("offer") {
        Some(item) => Some(hint(item, problems)?),
        None => None,
    };
    if keys.is_empty() && hint.is_some() {
        let ru = "offer зовёт нажать клавишу, а у очереди их нет";
        let said = error("missing_key", ru, "`offer` without `keys`");
        let remedy = (
            "добавьте keys = { 1 = [{ callback = \"группа\" }] }",
            "add keys = { 1 = [{ callback = \"group\" }] }",
        );
        problems.say(&table.key_at("offer"), said.remedy(remedy));
        return None;
    }
    let names_one = |it: &DraftUtterance| it.is_prompt(&["queue_callback"]);
    let said = hint.iter().flat_map(|hint| &hint.prompts);
    if said.into_iter().any(names_one) && keys.iter().all(|(key, _)| *key != '1') {
        let ru = "готовая фраза queue_callback зовёт нажать 1, а такой клавиши у очереди нет";
        let said = warning("words_of_other_keys", ru, "`queue_callback` names key 1");
        let remedy = (
            "дайте offer свою фразу или клавише номер 1",
            "give `offer` a prompt of its own, or the key the number 1",
        );
        problems.say(&table.key_at("offer"), said.remedy(remedy));
    }
    Some(WaitingKeys { keys, hint })
}

/// `offer = { say = ["queue_callback"], after = "30s", every = "1m", position = 3, wait = "2m" }`.
fn hint(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Hint<DraftUtterance>> {
    let table = item.shaped(&shapes::OFFER, problems)?;
    let said = table
        .need("say", problems)
        .and_then(|item| line(item, problems));
    let mut long = |key, bounds| {
        let item = table.get(key);
        item.and_then(|item| item.duration(problems, bounds))
    };
    let (after, every) = (long("after", shapes::AFTER), long("every", shapes::EVERY));
    let wait = long("wait", shapes::WAIT);
    let position = table
        .get("position")
        .and_then(|item| item.number(problems, shapes::POSITION));
    table.finish("в offer", problems);
    Some(Hint {
        prompts: said?,
        after: after.unwrap_or(Duration::from_secs(30)),
        every: every.unwrap_or(Duration::from_secs(60)),
        position,
        wait,
    })
}
