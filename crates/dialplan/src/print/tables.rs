//! Numbers, calendars, schedules, and the lists that operators choose from.
use std::time::Duration;

use gudok_calendar::{Date, DateRule, Day, Holidays, Schedule, Week, Window};
use gudok_model::{AlarmKind, AlarmRule, Measure, Name};

use super::document::{Document, Table, Value, list, word_of};
use crate::draft::{DraftAlarm, DraftCalendar, DraftNumber, DraftSchedule, DraftSupervision};
use crate::plan::{BreakReason, Choice};
use crate::read::{ANSWERS, CONSULTATIONS, KINDS, LOCALES, RECORDS};

pub(super) fn number(number: &DraftNumber, document: &mut Document) {
    let DraftNumber {
        dids,
        label,
        project,
        trunk,
        answer,
        record,
        record_consultations,
        locale,
        lookup_deadline,
        zone,
        flow,
        schedule,
        after_hours,
        busy,
        allow_closed,
        at: _,
    } = number;
    let allowed = allow_closed.as_ref().map(|words| Value::List(list(words)));
    let table = Table::default()
        .with(
            "did",
            Value::List(list(dids.iter().map(|(did, _)| did.as_str()))),
        )
        .may("label", label.as_deref())
        .with("project", project.as_str())
        .may("trunk", trunk.as_ref().map(|it| it.as_str()))
        .with("answer", word_of(&ANSWERS, answer))
        .with("record", word_of(&RECORDS, record))
        .with(
            "record_consultations",
            word_of(&CONSULTATIONS, record_consultations),
        )
        .with("locale", word_of(&LOCALES, locale))
        .with("lookup_deadline", *lookup_deadline)
        .may("zone", zone.as_ref().map(|it| it.name()))
        .may("schedule", schedule.as_ref())
        .may("after_hours", after_hours.as_ref())
        .may("busy", busy.as_ref())
        .may("allow_closed", allowed)
        .may("flow", flow.as_ref());
    document.row("number", &table);
}

/// A `[[holidays]]` of each year, and one more for each further source of it.
pub(super) fn calendar(name: &Name, calendar: &DraftCalendar, document: &mut Document) {
    let DraftCalendar {
        days,
        sources,
        extends,
    } = calendar;
    for (year, sources) in sources {
        for (place, source) in sources.iter().enumerate() {
            let rows = match place {
                0 => days_of(*year, days),
                _ => Vec::new(),
            };
            let table = Table::default()
                .with("calendar", name)
                .with("year", Value::Int((*year).into()))
                .with("source", source.as_str())
                .with("provisional", days.is_provisional(*year))
                .may("extends", extends.as_ref())
                .with("days", Value::Rows(rows));
            document.row("holidays", &table);
        }
    }
}

fn days_of(year: i16, days: &Holidays) -> Vec<Table> {
    let of_year = days.dates().filter(|(date, _)| date.year() == year);
    let rows = of_year.flat_map(|(date, [five, six])| match five == six {
        true => vec![five.map(|it| day(date, it, None))],
        false => vec![
            five.map(|it| day(date, it, Some(Week::Five))),
            six.map(|it| day(date, it, Some(Week::Six))),
        ],
    });
    rows.flatten().collect()
}

fn day(date: Date, day: &Day, week: Option<Week>) -> Table {
    let Day { kind, name } = day;
    Table::default()
        .with("date", date.to_string().as_str())
        .with("kind", word_of(&KINDS, kind))
        .with("name", name.as_str())
        .may("week", week.map(days_of_week))
}

fn days_of_week(week: Week) -> u8 {
    match week {
        Week::Five => 5,
        Week::Six => 6,
    }
}

pub(super) fn schedule(name: &Name, schedule: &DraftSchedule, document: &mut Document) {
    let DraftSchedule {
        schedule,
        holidays: calendar,
        at: _,
    } = schedule;
    let Schedule {
        zone,
        windows,
        // Put together when all files are known: of the calendar that is named beside it.
        holidays: _,
        week,
        dates,
        short_by,
    } = schedule;
    let table = Table::default()
        .with("zone", zone.name())
        .with("windows", windows_of(windows))
        .may("holidays", calendar.as_ref())
        .with("week", days_of_week(*week))
        .with("short_days", format!("{short_by}m").as_str());
    document.table(&format!("schedule.{name}"), &table);
    if !dates.is_empty() {
        let rules = dates.iter();
        let rules = rules.fold(Table::default(), |table, (date, rule)| {
            table.with(&date.to_string(), date_rule(rule))
        });
        document.table(&format!("schedule.{name}.dates"), &rules);
    }
}

pub(super) fn windows_of(windows: &[Window]) -> Value {
    let written = windows.iter().map(Window::written);
    Value::List(written.map(Value::Text).collect())
}

fn date_rule(rule: &DateRule) -> Value {
    match rule {
        DateRule::Closed { note: None } => "closed".into(),
        DateRule::Closed { note: Some(note) } => {
            Table::default().with("closed", note.as_str()).into()
        }
        DateRule::Open { spans } => {
            let written = spans.iter().map(|span| span.written());
            Value::List(written.map(Value::Text).collect())
        }
    }
}

/// `[[alarm]]`.
pub(super) fn alarm(alarm: &DraftAlarm, document: &mut Document) {
    let DraftAlarm { rule, queue } = alarm;
    let AlarmRule {
        what,
        queue: _,
        on,
        off,
        lasts,
    } = rule;
    let table = Table::default()
        .with("what", what.word())
        .may("queue", queue.as_ref())
        .with("on", level(*what, *on))
        .with("off", level(*what, *off))
        .with("for", *lasts);
    document.row("alarm", &table);
}

fn level(what: AlarmKind, level: u64) -> Value {
    match what.measure() {
        Measure::Seconds => Duration::from_secs(level).into(),
        Measure::Percent | Measure::Count => Value::Int(i64::try_from(level).unwrap_or(i64::MAX)),
    }
}

/// `[not_ready_reasons]`, where there is any.
pub(super) fn breaks(list: &[BreakReason], document: &mut Document) {
    if list.is_empty() {
        return;
    }
    let table = list.iter().fold(Table::default(), |table, reason| {
        let BreakReason {
            code,
            label,
            max,
            keep_ready,
        } = reason;
        if max.is_none() && *keep_ready == 0 {
            return table.with(code, label.as_str());
        }
        let rule = Table::default()
            .with("text", label.as_str())
            .may("max", *max)
            .with("keep_ready", *keep_ready);
        table.with(code, rule)
    });
    document.table("not_ready_reasons", &table);
}

/// `[supervision]`.
pub(super) fn supervision(supervision: &DraftSupervision, document: &mut Document) {
    let DraftSupervision { told, at: _ } = supervision;
    document.table("supervision", &Table::default().with("told", *told));
}

/// `[dispositions]`, where there is any.
pub(super) fn choices(name: &str, list: &[Choice], document: &mut Document) {
    if list.is_empty() {
        return;
    }
    let table = list.iter().fold(Table::default(), |table, choice| {
        let Choice {
            code,
            label,
            needs_note,
        } = choice;
        if !needs_note {
            return table.with(code, label.as_str());
        }
        let rule = Table::default()
            .with("text", label.as_str())
            .with("note", true);
        table.with(code, rule)
    });
    document.table(name, &table);
}
