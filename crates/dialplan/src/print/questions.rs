//! What takes the caller's keys: menus, questions, offers to call back, acknowledgements, surveys; and what is said.
use gudok_model::Name;
use gudok_speech::Manner;

use super::document::{Document, Table, Value, code, list, word_of};
use super::steps::{branch, keys_of};
use crate::decision::{Ack, Keys};
use crate::draft::{
    DraftAsk, DraftCallback, DraftMenu, DraftOwed, DraftQuestion, DraftSay, DraftSurvey,
    DraftUtterance,
};
use crate::read::say::{CASES, GENDERS, UNITS};
use crate::survey::Survey;

/// Prompts and values, in brackets.
pub(super) fn line(said: &[DraftUtterance]) -> Vec<Value> {
    said.iter().map(utterance).collect()
}

fn utterance(it: &DraftUtterance) -> Value {
    let say = match it {
        DraftUtterance::Prompt(name) => return name.into(),
        DraftUtterance::Value(say) => say,
    };
    let DraftSay {
        word,
        manner,
        value,
        otherwise,
    } = &**say;
    agreement(Table::default().with("say", *word), *manner)
        .with("value", code(value))
        .unless_empty("else", list(otherwise))
        .into()
}

/// What the words of a value agree with.
fn agreement(table: Table, manner: Manner) -> Table {
    match manner {
        Manner::Number { gender, case } => table
            .with("gender", word_of(&GENDERS, &gender))
            .with("case", word_of(&CASES, &case)),
        Manner::Count { unit, case } => table
            .with("unit", word_of(&UNITS, &unit))
            .with("case", word_of(&CASES, &case)),
        Manner::Date { case }
        | Manner::Time { case }
        | Manner::Duration { case }
        | Manner::Money { case } => table.with("case", word_of(&CASES, &case)),
        Manner::Digits | Manner::Ticket | Manner::Phone | Manner::Position => table,
    }
}

pub(super) fn menu(menu: &DraftMenu) -> Table {
    let DraftMenu { question, keys } = menu;
    let table = Table::default()
        .with("menu", Value::List(line(&question.prompts)))
        .with("keys", keys_of(keys));
    asked(table, question)
}

pub(super) fn ask(ask: &DraftAsk) -> Table {
    let DraftAsk {
        name,
        question,
        least,
        check,
    } = ask;
    let Keys {
        most,
        end,
        between,
        // What menus and questions have in common.
        first: _,
        barge_in: _,
        type_ahead: _,
        // Of menus.
        has: _,
    } = question.keys;
    let table = Table::default()
        .with("ask", name)
        .with("prompts", Value::List(line(&question.prompts)))
        .with("digits", format!("{least}-{most}").as_str())
        .with("end", end.map(String::from).unwrap_or_default().as_str())
        .with("between", between)
        .may("check", check.as_ref().map(code));
    asked(table, question)
}

pub(super) fn callback(offer: &DraftCallback) -> Table {
    let DraftCallback {
        owed,
        question,
        own,
        other,
        number,
        check,
        thanks,
        keep_place,
    } = offer;
    let table = Table::default()
        .may("callback", owed.group.as_ref())
        .with("key", own.to_string().as_str())
        .with("other_key", other.to_string().as_str())
        .with("prompts", Value::List(line(&question.prompts)))
        .with("ask_number", Value::List(line(number)))
        .with("check_number", Value::List(line(check)))
        .with("thanks", Value::List(line(thanks)))
        .may("keep_place", keep_place.then_some(true));
    asked(due(table, owed), question)
}

/// By when somebody is called back; whose work it is has a key of its own in each step.
pub(super) fn due(table: Table, owed: &DraftOwed) -> Table {
    let DraftOwed {
        group: _,
        within,
        schedule,
    } = owed;
    table
        .with("due", *within)
        .may("schedule", schedule.as_ref())
}

/// What menus, questions and offers have in common, the words apart: each has its own key for them.
fn asked(table: Table, question: &DraftQuestion) -> Table {
    let DraftQuestion {
        prompts: _,
        keys,
        tries,
        on_invalid,
        on_timeout,
        otherwise,
    } = question;
    let Keys {
        first,
        barge_in,
        type_ahead,
        // Of questions; one key has no more of them.
        most: _,
        end: _,
        between: _,
        has: _,
    } = keys;
    table
        .with("timeout", *first)
        .with("tries", *tries)
        .with("barge_in", *barge_in)
        .with("type_ahead", *type_ahead)
        .unless_empty("on_invalid", line(on_invalid))
        .unless_empty("on_timeout", line(on_timeout))
        .may("otherwise", otherwise.as_ref().map(branch))
}

pub(super) fn ack(ack: &Ack<DraftUtterance>) -> Table {
    let Ack {
        prompts,
        take,
        pass,
        timeout,
    } = ack;
    let keys = Table::default().with(&take.to_string(), "take");
    let keys = match pass {
        Some(pass) => keys.with(&pass.to_string(), "pass"),
        None => keys,
    };
    Table::default()
        .with("prompts", Value::List(line(prompts)))
        .with("timeout", *timeout)
        .with("keys", keys)
}

pub(super) fn survey(name: &Name, survey: &DraftSurvey, document: &mut Document) {
    let DraftSurvey { survey, at: _ } = survey;
    let Survey {
        // Its name, and where it stands.
        name: _,
        place: _,
        prompts,
        ask_solved,
        thanks,
        on_invalid,
        on_timeout,
        keys,
        tries,
        low,
        share,
        again,
        talk_min,
        tell_operator,
    } = survey;
    let Keys {
        first,
        barge_in,
        // One key is asked for, and none from before counts.
        most: _,
        end: _,
        between: _,
        type_ahead: _,
        has: _,
    } = keys;
    let table = Table::default()
        .with("prompts", Value::List(list(prompts)))
        .unless_empty("ask_solved", list(ask_solved))
        .with("thanks", Value::List(list(thanks)))
        .unless_empty("on_invalid", list(on_invalid))
        .unless_empty("on_timeout", list(on_timeout))
        .with("timeout", *first)
        .with("barge_in", *barge_in)
        .with("tries", *tries)
        .with("low", *low)
        .with("share", *share)
        .with("again", *again)
        .with("talk_min", *talk_min)
        .with("tell_operator", *tell_operator);
    document.table(&format!("survey.{name}"), &table);
}
