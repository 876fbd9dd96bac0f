//! `[survey.NAME]`: what a caller is asked after the talk.
use std::time::Duration;

use gudok_model::Name;

use super::say::names;
use super::taken;
use crate::decision::Keys;
use crate::draft::{Draft, DraftSurvey};
use crate::reader::{Item, Table};
use crate::shape::{steps, survey as shape};
use crate::survey::Survey;
use crate::text::{Problems, Word};
use crate::typed::KeySet;

/// How often a question is put: who wanted to hang up is not held for long.
const TRIES: u8 = 2;

pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::SURVEY, problems) else {
        return;
    };
    let survey = survey(&name, &word, &table, problems);
    table.finish(&format!("в [survey.{name}]"), problems);
    if let Some(first) = draft.surveys.get(&name) {
        return taken(&word, "опрос", &first.at, problems);
    }
    let at = word.at.into();
    let survey = survey.map(|survey| DraftSurvey { survey, at });
    draft.surveys.extend(survey.map(|survey| (name, survey)));
}

fn survey(
    name: &Name,
    word: &Word,
    table: &Table<'_>,
    problems: &mut Problems<'_>,
) -> Option<Survey> {
    let mut said = |key, usual: Option<&str>| match table.get(key) {
        Some(item) => names(item, problems),
        None => Some(usual.into_iter().map(Name::from).collect()),
    };
    let (prompts, thanks) = (
        said("prompts", Some("rate_call")),
        said("thanks", Some("rate_thanks")),
    );
    let ask_solved = said("ask_solved", None);
    let (on_invalid, on_timeout) = (said("on_invalid", None), said("on_timeout", None));
    let mut number = |key, bounds, usual: u8| {
        let told = table
            .get(key)
            .and_then(|item| item.number(problems, bounds));
        told.and_then(|it| u8::try_from(it).ok()).unwrap_or(usual)
    };
    let low = number("low", shape::LOW, 2);
    let share = number("share", shape::SHARE, 100);
    let tries = number("tries", steps::TRIES, TRIES);
    let mut time = |key, bounds, usual| {
        let told = table
            .get(key)
            .and_then(|item| item.duration(problems, bounds));
        told.unwrap_or(Duration::from_secs(usual))
    };
    let again = time("again", shape::AGAIN, 24 * 3_600);
    let talk_min = time("talk_min", shape::TALK, 10);
    let timeout = time("timeout", steps::KEY_WAIT, 5);
    let mut flag = |key| table.get(key).and_then(|item| item.flag(problems));
    let (tell_operator, barge_in) = (flag("tell_operator"), flag("barge_in"));
    Some(Survey {
        name: name.clone(),
        place: problems.texts().place(&word.at),
        prompts: prompts?,
        ask_solved: ask_solved?,
        thanks: thanks?,
        on_invalid: on_invalid?,
        on_timeout: on_timeout?,
        keys: Keys {
            most: 1,
            end: None,
            first: timeout,
            between: timeout,
            barge_in: barge_in.unwrap_or(true),
            // What was pressed in the talk was meant for the operator.
            type_ahead: false,
            has: KeySet::default(),
        },
        tries,
        low,
        share,
        again,
        talk_min,
        tell_operator: tell_operator.unwrap_or(false),
    })
}
