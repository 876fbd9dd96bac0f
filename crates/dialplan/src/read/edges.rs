//! What `[queue.NAME]` says of its edges.
use std::collections::BTreeSet;

use gudok_model::{Absence, WhenEmpty};

use super::choose;
use crate::draft::{DraftEdges, DraftEmpty, DraftExits, DraftHours};
use crate::edges::{Edges, Retry, WITHIN};
use crate::hours::AtClose;
use crate::reader::{Item, Table};
use crate::shape::plan as shape;
use crate::text::{Problems, error};

/// How an operator may count as not there.
pub(crate) const ABSENCES: [(&str, Absence); 7] = [
    ("logged_out", Absence::LoggedOut),
    ("paused", Absence::Paused),
    ("in_use", Absence::InUse),
    ("ringing", Absence::Ringing),
    ("unavailable", Absence::Unavailable),
    ("wrap_up", Absence::WrapUp),
    ("below_skill", Absence::BelowSkill),
];

/// Of the table of a queue; what is not said is as usual.
pub(super) fn read(table: &Table<'_>, problems: &mut Problems<'_>) -> DraftEdges {
    let resume_window = table
        .get("resume_window")
        .and_then(|item| item.duration(problems, shape::RESUME_WINDOW));
    DraftEdges {
        resume_window: resume_window.unwrap_or(Edges::default().resume_window),
        empty: table.get("empty").and_then(|item| empty(item, problems)),
        retry: table
            .get("callback")
            .and_then(|item| retry(item, problems))
            .unwrap_or_default(),
        hours: hours(table, problems),
    }
}

/// What becomes of who waits when the hours of a queue end.
pub(crate) const AT_CLOSE: [(&str, AtClose); 2] =
    [("stay", AtClose::Stay), ("leave", AtClose::Leave)];

/// `schedule = "office"` and `at_close` beside it.
fn hours(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<DraftHours> {
    let schedule = table.get("schedule").and_then(|item| item.word(problems));
    let what = ("нет такого слова в at_close:", "unknown word of `at_close`");
    let at_close = choose(table.get("at_close"), what, &AT_CLOSE, problems);
    let lone = ["at_close", "on_closed"];
    let lone = lone.into_iter().find(|key| table.has(key));
    if let (false, Some(key)) = (table.has("schedule"), lone) {
        let ru = format!("{key} ничего не значит: у очереди нет графика");
        let said = error("missing_key", ru, format!("`{key}` without `schedule`"));
        let remedy = (
            "добавьте schedule = \"график\"",
            "add schedule = \"schedule\"",
        );
        problems.say(&table.key_at(key), said.remedy(remedy));
    }
    Some(DraftHours {
        schedule: schedule?,
        at_close: at_close.unwrap_or_default(),
    })
}

/// Where callers go who meet nobody: of a step, or of a queue for the steps that say nothing else.
pub(super) fn exits(table: &Table<'_>, problems: &mut Problems<'_>) -> DraftExits {
    let mut exit = |key| table.get(key).and_then(|item| item.word(problems));
    DraftExits {
        on_timeout: exit("on_timeout"),
        on_no_operators: exit("on_no_operators"),
        on_full: exit("on_full"),
        on_error: exit("on_error"),
        on_removed: exit("on_removed"),
        on_closed: exit("on_closed"),
    }
}

/// `callback = { tries = 3, pause = "5m" }`.
fn retry(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Retry> {
    let table = item.shaped(&shape::RETRY, problems)?;
    let usual = Retry::default();
    let tries = table
        .get("tries")
        .and_then(|item| item.number(problems, shape::RETRY_TRIES));
    let pause = table
        .get("pause")
        .and_then(|item| item.duration(problems, shape::RETRY_PAUSE));
    table.finish("в callback", problems);
    Some(Retry {
        tries: tries
            .and_then(|tries| u8::try_from(tries).ok())
            .unwrap_or(usual.tries),
        pause: pause.unwrap_or(usual.pause),
    })
}

/// `empty = { leave = ["logged_out", "paused"], expects = "office", within = "15m" }`.
fn empty(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DraftEmpty> {
    let table = item.shaped(&shape::EMPTY, problems)?;
    let usual = WhenEmpty::default();
    let join = absences(table.get("join"), problems);
    let leave = absences(table.get("leave"), problems);
    let expects = table.get("expects").and_then(|item| item.word(problems));
    let within = table.get("within");
    if let (Some(within), None) = (&within, &expects) {
        let ru = "within ничего не значит: не сказано, по какому графику кого-то ждать";
        let said = error("missing_key", ru, "`within` without `expects`");
        let remedy = (
            "добавьте expects = \"график\"",
            "add expects = \"schedule\"",
        );
        problems.say(&within.at(), said.remedy(remedy));
    }
    let within = within.and_then(|item| item.duration(problems, shape::EXPECT_WITHIN));
    table.finish("в empty", problems);
    Some(DraftEmpty {
        when: WhenEmpty {
            join: join.unwrap_or(usual.join),
            leave: leave.unwrap_or(usual.leave),
        },
        expects,
        within: within.unwrap_or(WITHIN),
    })
}

/// Who is not logged in is absent in every other way too: a list without them would be of no use.
fn absences(item: Option<Item<'_>>, problems: &mut Problems<'_>) -> Option<BTreeSet<Absence>> {
    let item = item?;
    let at = item.at();
    let what = ("нет такого слова", "not a way to be absent:");
    let items = item.list(problems)?.into_iter();
    let found = items.filter_map(|item| choose(Some(item), what, &ABSENCES, problems));
    let found: BTreeSet<Absence> = found.collect();
    if !found.is_empty() && !found.contains(&Absence::LoggedOut) {
        let ru = "в списке нет logged_out: кто вышел, того нет и подавно";
        let said = error("missing_word", ru, "the list lacks `logged_out`");
        let remedy = ("добавьте \"logged_out\"", "add \"logged_out\"");
        problems.say(&at, said.remedy(remedy));
    }
    Some(found)
}
