//! `[schedule.NAME]` and the production calendars of `[[holidays]]`.
use std::collections::BTreeMap;

use gudok_calendar::window::{DAILY, WEEKDAYS};
use gudok_calendar::{
    Date, DateRule, Day, DayKind, Schedule, Span, Week, Window, WindowError, Zone, parse_date,
};
use gudok_model::Name;
use toml::de::DeValue;

use super::{choose, taken, text};
use crate::draft::{Draft, DraftCalendar, DraftSchedule};
use crate::reader::{Item, Table, slug};
use crate::shape::plan as shape;
use crate::text::{Problems, Spot, Word, error};

/// Reads `[schedule.NAME]`.
pub(super) fn read(
    name: Name,
    word: Word,
    item: Item<'_>,
    draft: &mut Draft,
    problems: &mut Problems<'_>,
) {
    let Some(table) = item.shaped(&shape::SCHEDULE, problems) else {
        return;
    };
    let zone = table
        .need("zone", problems)
        .and_then(|item| zone(item, problems));
    let windows = table
        .get("windows")
        .map(Item::one_or_more)
        .unwrap_or_default();
    let windows = windows
        .into_iter()
        .filter_map(|item| window(item, problems))
        .collect();
    let holidays = table.get("holidays").and_then(|item| item.word(problems));
    let week = week(&table, problems).unwrap_or_default();
    let short_by = table
        .get("short_days")
        .and_then(|item| item.duration(problems, shape::SHORT));
    let short_by = short_by.map_or(0, |by| u16::try_from(by.as_secs() / 60).unwrap_or(0));
    let dates = table.get("dates").and_then(|item| item.table(problems));
    let dates = dates
        .map(|table| read_dates(&table, problems))
        .unwrap_or_default();
    table.finish(&format!("в [schedule.{name}]"), problems);
    if let Some(first) = draft.schedules.get(&name) {
        return taken(&word, "график", &first.at, problems);
    }
    // A wrong zone is complained of already; with any zone the rest can still be checked.
    let zone = zone.unwrap_or_else(Zone::utc);
    let schedule = Schedule {
        zone,
        windows,
        holidays: None,
        week,
        dates,
        short_by,
    };
    draft.schedules.insert(
        name,
        DraftSchedule {
            schedule,
            holidays,
            at: word.at.into(),
        },
    );
}

/// `week = 5` or `6`: how many days are worked.
fn week(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Week> {
    let days = table.get("week")?.number(problems, shape::WEEK)?;
    Some(if days == 6 { Week::Six } else { Week::Five })
}

/// An IANA name.
pub(super) fn zone(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Zone> {
    let word = item.word(problems)?;
    let zone = Zone::parse(&word.text).ok();
    if zone.is_none() {
        let ru = format!("нет такого часового пояса: «{}»", word.text);
        let said = error(
            "unknown_zone",
            ru,
            format!("unknown time zone {:?}", word.text),
        );
        let remedy = (
            "имя пояса из базы IANA, например Asia/Irkutsk или Europe/Moscow",
            "the name of an IANA zone, for example Asia/Irkutsk or Europe/Moscow",
        );
        problems.say(
            &word.at,
            said.one_of(&word.text, &Zone::known()).remedy(remedy),
        );
    }
    zone
}

pub(super) fn window(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Window> {
    let word = item.word(problems)?;
    let found = Window::parse(&word.text);
    found
        .map_err(|wrong| bad_window(&word, &wrong, problems))
        .ok()
}

pub(super) fn span(word: &Word, problems: &mut Problems<'_>) -> Option<Span> {
    let found = Span::parse(&word.text);
    found
        .map_err(|wrong| bad_window(word, &wrong, problems))
        .ok()
}

fn bad_window(word: &Word, wrong: &WindowError, problems: &mut Problems<'_>) {
    let at = inside(word, wrong.at(), problems);
    let en = wrong.to_string();
    let said = match wrong {
        WindowError::Weekday { word, .. } => {
            let days: Vec<_> = WEEKDAYS
                .iter()
                .map(|(en, _)| *en)
                .chain([DAILY[0]])
                .collect();
            error(
                "unknown_weekday",
                format!("нет такого дня недели: «{word}»"),
                en,
            )
            .one_of(word, &days)
        }
        WindowError::Time { word, .. } => {
            let said = error("bad_time", format!("это не время суток: «{word}»"), en);
            said.remedy((
                "время пишется от 00:00 до 23:59, конец может быть 24:00",
                "times are 00:00 to 23:59, an end may be 24:00",
            ))
        }
        WindowError::Empty { .. } => {
            let said = error(
                "empty_window",
                "окно начинается и кончается в одно время",
                en,
            );
            said.remedy((
                "круглые сутки пишутся 00:00-24:00",
                "the whole day is written 00:00-24:00",
            ))
        }
        WindowError::Shape { .. } => {
            let said = error(
                "bad_window",
                format!("непонятные часы работы: «{}»", word.text),
                en,
            );
            said.remedy((
                "напишите дни и часы: \"mon-fri 09:00-20:00\", ночь: \"daily 22:00-08:00\"",
                "write days and hours: \"mon-fri 09:00-20:00\", a night: \"daily 22:00-08:00\"",
            ))
        }
    };
    problems.say(&at, said);
}

/// A part of a string's text as a part of the file; the whole string where it was written with escapes.
fn inside(word: &Word, part: std::ops::Range<usize>, problems: &Problems<'_>) -> Spot {
    let raw = problems.texts().slice(&word.at);
    let start = word.at.span.start + 1;
    match raw.get(1..raw.len().saturating_sub(1)) {
        Some(text) if text == word.text => Spot {
            file: word.at.file,
            span: start + part.start..start + part.end.max(part.start + 1),
        },
        _ => word.at.clone(),
    }
}

/// `2026-12-31 = "closed"`, `= "10:00-14:00"`, `= ["10:00-12:00", …]`, `= { closed = "переезд" }`.
fn read_dates(table: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<Date, DateRule> {
    let mut dates = BTreeMap::new();
    for (key, item) in table.entries() {
        let Some(date) = date(&key, problems) else {
            continue;
        };
        let rule = match item.value {
            DeValue::Table(_) => closed_with_note(item, problems),
            DeValue::String(text) if text == "closed" => Some(DateRule::Closed { note: None }),
            _ => open_hours(item, problems),
        };
        dates.extend(rule.map(|rule| (date, rule)));
    }
    dates
}

fn closed_with_note(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DateRule> {
    let table = item.shaped(&shape::CLOSED, problems)?;
    let note = table
        .need("closed", problems)
        .and_then(|item| text(item, problems));
    table.finish("у даты", problems);
    note.map(|note| DateRule::Closed { note: Some(note) })
}

fn open_hours(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DateRule> {
    let items = item.one_or_more();
    let count = items.len();
    let read = |item: Item<'_>| item.word(problems).and_then(|word| span(&word, problems));
    let spans: Vec<_> = items.into_iter().filter_map(read).collect();
    (count > 0 && spans.len() == count).then_some(DateRule::Open { spans })
}

pub(super) fn date(word: &Word, problems: &mut Problems<'_>) -> Option<Date> {
    let date = parse_date(&word.text);
    if date.is_none() {
        let ru = format!("это не дата: «{}»", word.text);
        let said = error("bad_date", ru, format!("not a date: {:?}", word.text));
        problems.say(
            &word.at,
            said.remedy((
                "дата пишется ГГГГ-ММ-ДД: 2026-12-31",
                "a date is written YYYY-MM-DD: 2026-12-31",
            )),
        );
    }
    date
}

pub(crate) const KINDS: [(&str, DayKind); 5] = [
    ("holiday", DayKind::Holiday),
    ("off", DayKind::Off),
    ("work", DayKind::Work),
    ("short", DayKind::Short),
    ("short_work", DayKind::ShortWork),
];

/// Reads one `[[holidays]]`: the dates of one year of one calendar.
pub(super) fn read_holidays(item: Item<'_>, draft: &mut Draft, problems: &mut Problems<'_>) {
    let Some(table) = item.shaped(&shape::HOLIDAYS, problems) else {
        return;
    };
    let calendar = table
        .need("calendar", problems)
        .and_then(|item| item.word(problems));
    let name = calendar.and_then(|word| slug(&word, problems));
    let year = table
        .need("year", problems)
        .and_then(|item| item.number(problems, shape::YEARS));
    let source = table
        .need("source", problems)
        .and_then(|item| text(item, problems));
    let provisional = table
        .get("provisional")
        .and_then(|item| item.flag(problems));
    let extends = table.get("extends").and_then(|item| item.word(problems));
    let days = table
        .need("days", problems)
        .and_then(|item| item.list(problems))
        .unwrap_or_default();
    table.finish("в [[holidays]]", problems);
    let (Some(name), Some(year)) = (name, year) else {
        return;
    };
    let calendar = draft.holidays.entry(name).or_default();
    if let Some(word) = extends {
        extend(calendar, word, problems);
    }
    let of = i16::try_from(year).unwrap_or(i16::MAX);
    calendar.sources.entry(of).or_default().extend(source);
    let calendar = &mut calendar.days;
    calendar.add_year(of);
    if provisional == Some(true) {
        calendar.add_provisional(of);
    }
    for item in days {
        let Some((date, day, weeks, at)) = holiday(item, problems) else {
            continue;
        };
        if u32::try_from(date.year()) != Ok(year) {
            let ru = format!("дата {date} не относится к {year} году");
            problems.say(
                &at,
                error("wrong_year", ru, format!("{date} is not in {year}")),
            );
        } else if match weeks {
            Some(week) => calendar.add_for(week, date, day).is_some(),
            None => calendar.add(date, day).is_some(),
        } {
            let ru = format!("дата {date} уже есть в этом календаре");
            problems.say(
                &at,
                error(
                    "duplicate",
                    ru,
                    format!("{date} is in this calendar already"),
                ),
            );
        }
    }
}

/// Each year of a calendar may name the one it extends; all name the same.
fn extend(calendar: &mut DraftCalendar, word: Word, problems: &mut Problems<'_>) {
    match &calendar.extends {
        Some(first) if first.text != word.text => {
            let place = problems.texts().place(&first.at);
            let ru = format!(
                "календарь уже продолжает «{}» ({place}), а не «{}»",
                first.text, word.text
            );
            let en = format!("{place} has the calendar extend {:?}", first.text);
            problems.say(&word.at, error("duplicate", ru, en));
        }
        Some(_) => {}
        None => calendar.extends = Some(word),
    }
}

type DayRead = (Date, Day, Option<Week>, Spot);

fn holiday(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DayRead> {
    let table = item.shaped(&shape::DAY, problems)?;
    let word = table
        .need("date", problems)
        .and_then(|item| match item.value {
            DeValue::Datetime(date) => Some(Word {
                text: date.to_string(),
                at: item.at(),
            }),
            _ => item.word(problems),
        });
    let kind = table.need("kind", problems);
    let kind = choose(
        kind,
        ("нет такого вида дня:", "unknown kind of day"),
        &KINDS,
        problems,
    );
    let name = table
        .get("name")
        .and_then(|item| text(item, problems))
        .unwrap_or_default();
    let weeks = week(&table, problems);
    table.finish("у дня календаря", problems);
    let word = word?;
    let date = date(&word, problems)?;
    Some((date, Day { kind: kind?, name }, weeks, word.at))
}
