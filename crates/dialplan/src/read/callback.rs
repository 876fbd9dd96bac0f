//! `callback`: the offer to call back, with all it asks on the way.
use std::time::Duration;

use gudok_model::RequestKind;

use super::flow::owed;
use super::keys::{key, question};
use super::say::line;
use crate::decision::Keys;
use crate::draft::{Action, DraftCallback, DraftOwed, DraftUtterance};
use crate::reader::Table;
use crate::text::{Problems, Word, error, warning};
use crate::typed::KeySet;

pub(super) fn callback(
    table: &Table<'_>,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<Action> {
    let group = table.get("callback")?.word(problems);
    let owed = owed(table, RequestKind::Callback, problems);
    let keep_place = table
        .get("keep_place")
        .and_then(|item| item.flag(problems))
        .unwrap_or(false);
    let own = one_key(table, "key", '1', problems);
    let other = one_key(table, "other_key", '2', problems);
    let mut said = |key, usual: &str| match table.get(key) {
        Some(item) => line(item, problems),
        None => Some(vec![DraftUtterance::from(usual)]),
    };
    let offer = said("prompts", "callback_offer");
    let number = said("ask_number", "callback_number");
    let check = said("check_number", "callback_check");
    let thanks = said("thanks", "goodbye");
    let wait = Keys {
        most: 1,
        end: None,
        first: Duration::from_secs(5),
        between: Duration::from_secs(5),
        barge_in: true,
        // A promise is asked for by whoever has heard the offer.
        type_ahead: false,
        has: KeySet::default(),
    };
    let (own, other) = (own?, other?);
    words_agree(
        table,
        (own.0, other.0),
        &[offer.as_ref(), check.as_ref()],
        problems,
    );
    let question = question(table, offer, wait, depth, problems);
    if own.0 == other.0 {
        let ru = format!("клавиша {} значит и свой номер, и другой", own.0);
        let en = format!("key {} means both the caller's number and another", own.0);
        let said = error("two_meanings", ru, en);
        let remedy = (
            "разведите их: key = \"1\", other_key = \"2\"",
            "use two keys: key = \"1\", other_key = \"2\"",
        );
        let at = other.1.map_or_else(|| table.key_at("key"), |word| word.at);
        problems.say(&at, said.remedy(remedy));
        return None;
    }
    Some(Action::Callback(Box::new(DraftCallback {
        owed: DraftOwed {
            group: Some(group?),
            ..owed
        },
        question: question?,
        own: own.0,
        other: other.0,
        keep_place,
        number: number?,
        check: check?,
        thanks: thanks?,
    })))
}

/// The words of the packs name the usual keys: said with others they mislead.
fn words_agree(
    table: &Table<'_>,
    keys: (char, char),
    said: &[Option<&Vec<DraftUtterance>>],
    problems: &mut Problems<'_>,
) {
    let told = said.iter().flatten().copied().flatten();
    let names_keys = |it: &&DraftUtterance| it.is_prompt(&["callback_offer", "callback_check"]);
    // Who gives one key two meanings is told of that.
    if keys != ('1', '2') && keys.0 != keys.1 && told.filter(names_keys).count() > 0 {
        let ru = "готовые фразы зовут нажать 1 и 2, а клавиши здесь другие";
        let said = warning(
            "words_of_other_keys",
            ru,
            "the built-in words name keys 1 and 2",
        );
        let remedy = (
            "дайте свои prompts и check_number или оставьте клавиши 1 и 2",
            "give prompts and check_number of your own, or keep keys 1 and 2",
        );
        let key = if table.has("key") { "key" } else { "other_key" };
        problems.say(&table.key_at(key), said.remedy(remedy));
    }
}

/// A key, with its place where it is written. None: it was complained of.
fn one_key(
    table: &Table<'_>,
    name: &'static str,
    usual: char,
    problems: &mut Problems<'_>,
) -> Option<(char, Option<Word>)> {
    let Some(item) = table.get(name) else {
        return Some((usual, None));
    };
    let word = item.word(problems)?;
    key(&word, problems).map(|key| (key, Some(word)))
}
