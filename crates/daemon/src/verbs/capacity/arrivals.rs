//! What the shift is like: from the record of calls, from a table, or as it is said.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gudok_capacity::{Floor, Hour, Shift};
use gudok_model::Wall;
use gudok_store::QueuedCall;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan as _};

use super::question::{Question, seconds};
use crate::cli::Capacity;
use crate::config::Config;
use crate::{clock, verbs};

/// Largest table. Bytes.
const TABLE_MAX: u64 = 16 << 20;
/// Answered calls from which on an hour has a handle time of its own; below it, that of the whole shift.
const OWN_HANDLE: usize = 20;
const HOUR: Duration = Duration::from_secs(3_600);

/// Learnt.
pub(super) struct Profile {
    pub(super) shift: Shift,
    pub(super) floor: Floor,
    /// Shifts that it was learnt from; 0: it was said.
    pub(super) shifts: usize,
    /// Calls of them.
    pub(super) calls: usize,
    /// Shifts in which the table began or ended: left out.
    pub(super) partial: Vec<Date>,
}

/// One caller of one shift.
#[derive(Clone, Copy)]
struct Came {
    /// Since the shift began.
    at: Duration,
    /// What it kept an operator busy after the answer, where one answered; of a table with the wrap-up.
    talk: Option<Duration>,
}

impl Profile {
    /// In a line.
    pub(super) fn told(&self) -> String {
        let floor = &self.floor;
        let patience = floor.patience.map_or_else(
            || "готовы ждать без конца".to_owned(),
            |patience| format!("готовы ждать в среднем {} с", seconds(patience)),
        );
        let learnt = match self.shifts {
            0 => String::new(),
            shifts => format!("смен {shifts}, вызовов в очереди {}; ", self.calls),
        };
        format!(
            "{learnt}трубку снимают через {} с, обработка после разговора {} с, {patience}",
            seconds(floor.pick_up),
            seconds(floor.wrap_up)
        )
    }
}

pub(super) fn profile(
    config: &Config,
    question: &Question,
    arguments: &Capacity,
) -> anyhow::Result<Profile> {
    if let Some(calls) = arguments.calls {
        return Ok(said(question, arguments, calls));
    }
    if let Some(path) = &arguments.arrivals {
        return of_table(question, arguments, path);
    }
    recorded(config, question, arguments)
}

/// The same in every hour.
fn said(question: &Question, arguments: &Capacity, calls: f64) -> Profile {
    let floor = floor(question, arguments, &[]);
    let talk = arguments.handle.unwrap_or_default();
    let talk = talk.saturating_sub(floor.wrap_up);
    Profile {
        shift: Shift {
            hours: vec![Hour { calls, talk }; usize::from(question.hours)],
            recorded: Vec::new(),
        },
        floor,
        shifts: 0,
        calls: 0,
        partial: Vec::new(),
    }
}

/// The last weeks' shifts that are over, those before the first call on record left out.
fn recorded(config: &Config, question: &Question, arguments: &Capacity) -> anyhow::Result<Profile> {
    let now = clock::wall();
    let shifts = verbs::block_on(async {
        let store = verbs::open_store(config).await?;
        let mut shifts = Vec::new();
        for date in last(question, now, arguments.weeks) {
            let (from, to) = question.shift(date);
            shifts.push((from, store.queued(from, to, &question.queues).await?));
        }
        Ok(shifts)
    })?;
    let first = shifts.iter().rposition(|(_, calls)| !calls.is_empty());
    let first = first.with_context(|| {
        format!(
            "за недель: {} — в эти часы ни одного вызова в очередях группы «{}»; задайте сами: --arrivals ФАЙЛ или --calls 120 --handle 240s",
            arguments.weeks, question.group.id
        )
    })?;
    of_record(question, arguments, &shifts[..=first])
}

fn of_record(
    question: &Question,
    arguments: &Capacity,
    shifts: &[(Wall, Vec<QueuedCall>)],
) -> anyhow::Result<Profile> {
    let calls: Vec<QueuedCall> = shifts
        .iter()
        .flat_map(|(_, calls)| calls)
        .copied()
        .collect();
    let floor = floor(question, arguments, &calls);
    let came = |(from, calls): &(Wall, Vec<QueuedCall>)| -> Vec<Came> {
        let came = calls.iter().map(|call| Came {
            at: Wall(call.queued_at).since(*from),
            talk: call.answered.then(|| millis(call.talk_ms)),
        });
        came.collect()
    };
    of_shifts(
        question,
        arguments,
        floor,
        Duration::ZERO,
        shifts.iter().map(came).collect(),
    )
}

/// Dates on which such shifts began that are over, latest first.
fn last(question: &Question, now: Wall, weeks: u32) -> Vec<Date> {
    let today = question.zone.local(now).date;
    let days =
        (0..7 * i64::from(weeks) + 14).filter_map(|back| today.checked_sub(back.days()).ok());
    let over = days.filter(|date| date.weekday() == question.day && question.shift(*date).1 <= now);
    over.take(weeks as usize).collect()
}

/// Waiting that went on for so long ended so often by giving up: the rate of an exponential patience, whoever was answered
/// first being counted with what they waited.
fn patience(calls: &[QueuedCall]) -> Option<Duration> {
    let gave_up = calls.iter().filter(|call| call.abandoned).count();
    let waited: Duration = calls.iter().map(|call| millis(call.waited_ms)).sum();
    let gave_up = u32::try_from(gave_up).ok().filter(|count| *count > 0)?;
    Some((waited / gave_up).max(Duration::from_secs(1)))
}

fn floor(question: &Question, arguments: &Capacity, calls: &[QueuedCall]) -> Floor {
    let answered = || calls.iter().filter(|call| call.answered);
    let pick_up = mean(answered().filter_map(|call| Some(millis(call.pick_up_ms?))));
    let wrap_up = mean(answered().filter_map(|call| Some(millis(call.wrap_up_ms?))));
    let wrap_up = match arguments.handle {
        // Of what is said to be the whole, the work after the talk is what the plan says it is, at most.
        Some(handle) => question.group.wrap_up.min(handle),
        None => wrap_up.unwrap_or(question.group.wrap_up),
    };
    Floor {
        wrap_up,
        pick_up: arguments.pick_up.or(pick_up).unwrap_or_default(),
        patience: arguments.patience.or_else(|| patience(calls)),
        wait: question.wait.longest(),
        strategy: question.group.strategy,
    }
}

/// `wrapped`: so much of what a call kept an operator busy was wrap-up.
fn of_shifts(
    question: &Question,
    arguments: &Capacity,
    floor: Floor,
    wrapped: Duration,
    shifts: Vec<Vec<Came>>,
) -> anyhow::Result<Profile> {
    let all: Vec<Came> = shifts.iter().flatten().copied().collect();
    let said = |handle: Duration| handle.saturating_sub(floor.wrap_up);
    // Off the mean, not off each: who kept an operator busy for less than the wrap-up would count for nothing.
    let learnt = |talks: Vec<Duration>| Some(mean(talks.into_iter())?.saturating_sub(wrapped));
    let talk = arguments.handle.map(said);
    let talk = talk.or_else(|| learnt(all.iter().filter_map(|came| came.talk).collect()));
    let talk = talk.context("в эти часы не было ни одного разговора; задайте --handle 240s")?;
    let hour = |hour: u16| {
        let from = HOUR * u32::from(hour);
        let here = all
            .iter()
            .filter(|came| (from..from + HOUR).contains(&came.at));
        let talks: Vec<Duration> = here.clone().filter_map(|came| came.talk).collect();
        let own = talks.len() >= OWN_HANDLE && arguments.handle.is_none();
        Hour {
            calls: here.count() as f64 / shifts.len().max(1) as f64,
            talk: learnt(talks).filter(|_| own).unwrap_or(talk),
        }
    };
    let at = |shift: &Vec<Came>| shift.iter().map(|came| came.at).collect();
    Ok(Profile {
        shift: Shift {
            hours: (0..question.hours).map(hour).collect(),
            recorded: shifts.iter().map(at).collect(),
        },
        floor,
        shifts: shifts.len(),
        calls: all.len(),
        partial: Vec::new(),
    })
}

/// A row a call: `2026-11-07 20:15:03` (by the clocks of the zone) or with an offset, then what it kept an operator busy, in
/// seconds, where that is known. Divided by `;`, `,` or a tab; the first row may be a head.
fn of_table(question: &Question, arguments: &Capacity, path: &Path) -> anyhow::Result<Profile> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("--arrivals: {shown}"))?;
    ensure!(
        size.len() <= TABLE_MAX,
        "--arrivals: {shown}: больше 16 МиБ"
    );
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--arrivals: {shown} не читается как UTF-8"))?;
    let (rows, floor) = (
        rows(question, &text, path)?,
        floor(question, arguments, &[]),
    );
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        anyhow::bail!("--arrivals: {shown}: ни одной строки");
    };
    let dates = (first.0, last.0);
    let (mut shifts, partial) = shifts_between(question, dates);
    for (at, talk) in rows {
        let date = date_of(question, at);
        if let Some((date, shift)) = date.and_then(|it| Some((it, shifts.get_mut(&it)?))) {
            let at = at.since(question.shift(date).0);
            shift.push(Came { at, talk });
        }
    }
    ensure!(
        shifts.values().any(|shift| !shift.is_empty()),
        "--arrivals: {shown}: в эти часы ни одного вызова; в таблице {} … {}",
        local(question, dates.0),
        local(question, dates.1)
    );
    let shifts = shifts.into_values().collect();
    let learnt = of_shifts(question, arguments, floor, floor.wrap_up, shifts)?;
    Ok(Profile { partial, ..learnt })
}

type Row = (Wall, Option<Duration>);

fn rows(question: &Question, text: &str, path: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match row(question, line) {
            Ok(row) => rows.push(row),
            // The head.
            Err((0, _)) if index == 0 => {}
            Err((before, why)) => {
                let column = line.get(..before).unwrap_or_default().chars().count() + 1;
                anyhow::bail!("{}:{}:{column}: {why}", path.display(), index + 1);
            }
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    Ok(rows)
}

/// Else how many bytes stand before what is wrong, and why.
fn row(question: &Question, line: &str) -> Result<Row, (usize, String)> {
    let end = line.find([';', ',', '\t']).unwrap_or(line.len());
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    let time = bare(&line[..end]);
    let at = moment(question, &time).ok_or_else(|| {
        let why = format!("«{time}» — не время; пишите 2026-11-07 20:15:03 (not a time)");
        (0, why)
    })?;
    let rest = line.get(end + 1..).unwrap_or_default();
    let handle = bare(rest.split([';', ',', '\t']).next().unwrap_or_default());
    if handle.is_empty() {
        return Ok((at, None));
    }
    let secs: Option<f64> = handle.parse().ok();
    let secs = secs.filter(|secs| (0.0..=86_400.0).contains(secs));
    let secs = secs.ok_or_else(|| {
        let why = format!("«{handle}» — не число секунд (not a number of seconds)");
        (end + 1, why)
    })?;
    // Nobody talked for no time: the exporter had nothing to write.
    let busy = Duration::from_secs_f64(secs);
    Ok((at, Some(busy).filter(|busy| !busy.is_zero())))
}

fn moment(question: &Question, text: &str) -> Option<Wall> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Wall(at.as_microsecond()));
    }
    let at: DateTime = text.parse().ok()?;
    let minute = u16::try_from(at.hour()).ok()? * 60 + u16::try_from(at.minute()).ok()?;
    let secs = u64::try_from(at.second()).ok()?;
    Some(question.zone.instant(at.date(), minute) + Duration::from_secs(secs))
}

/// The day on which the shift began that holds this moment.
fn date_of(question: &Question, at: Wall) -> Option<Date> {
    let today = question.zone.local(at).date;
    let days = [Some(today), today.yesterday().ok()].into_iter().flatten();
    let mut days = days.filter(|date| date.weekday() == question.day);
    days.find(|date| {
        let (from, to) = question.shift(*date);
        (from..to).contains(&at)
    })
}

/// The shifts of a table that begins and ends so, without anybody yet: one in which nobody came is a shift too. And those
/// left out: an hour and more of them lies before the first row or after the last, so that nothing is known of it. A table
/// that has no other is taken as it is.
fn shifts_between(
    question: &Question,
    (first, last): (Wall, Wall),
) -> (BTreeMap<Date, Vec<Came>>, Vec<Date>) {
    let before = question.zone.local(first).date;
    let before = before.yesterday().unwrap_or(before);
    let until = question.zone.local(last).date;
    let days = before.series(1.day()).take_while(|date| *date <= until);
    let days = days.filter(|date| {
        let (from, to) = question.shift(*date);
        date.weekday() == question.day && from <= last && first < to
    });
    let (whole, partial): (Vec<Date>, Vec<Date>) = days.partition(|date| {
        let (from, to) = question.shift(*date);
        first < from + HOUR && to <= last + HOUR
    });
    let (taken, partial) = match whole.is_empty() {
        true => (partial, Vec::new()),
        false => (whole, partial),
    };
    let shifts = taken.into_iter().map(|date| (date, Vec::new()));
    (shifts.collect(), partial)
}

fn local(question: &Question, at: Wall) -> String {
    let local = question.zone.local(at);
    format!("{} {:02}:{:02}", local.date, local.hour, local.minute)
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn mean(times: impl Iterator<Item = Duration>) -> Option<Duration> {
    let (sum, count) = times.fold((Duration::ZERO, 0_u32), |(sum, count), time| {
        (sum + time, count + 1)
    });
    sum.checked_div(count)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Verb};

    fn asked(more: &[&str]) -> Capacity {
        let words = "gudok capacity --group tech --day sat --from 20:00 --to 22:00 --zone UTC";
        let words = words.split(' ').chain(more.iter().copied());
        match Cli::parse_from(words).verb {
            Verb::Capacity(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    fn question() -> Question {
        let plan = include_str!("../../../../../dialplans/8800.toml");
        let mut holidays =
            include_str!("../../../../../dialplans/holidays-ru-2026.toml").to_owned();
        holidays += plan;
        let source = gudok_dialplan::Source {
            name: "8800.toml".into(),
            text: holidays,
        };
        let loaded = gudok_dialplan::load(&[source]).expect("the example loads");
        Question::read(&loaded.plan, &asked(&[])).expect("a question")
    }

    /// The first Saturday evening of the record, and then one that nobody called in.
    fn record() -> Vec<(Wall, Vec<QueuedCall>)> {
        let from = Wall(1_794_081_600_000_000);
        let call = |secs: i64, answered: bool| QueuedCall {
            queued_at: from.0 + secs * 1_000_000,
            waited_ms: 10_000,
            answered,
            abandoned: !answered,
            talk_ms: if answered { 90_000 } else { 0 },
            pick_up_ms: answered.then_some(4_000),
            wrap_up_ms: answered.then_some(20_000),
        };
        let calls = vec![call(60, true), call(120, false), call(3_700, true)];
        vec![(from + HOUR * 24 * 7, Vec::new()), (from, calls)]
    }

    #[test]
    fn the_record_says_what_a_shift_is_like() {
        let told = of_record(&question(), &asked(&[]), &record()).expect("a profile");
        let calls: Vec<f64> = told.shift.hours.iter().map(|hour| hour.calls).collect();
        assert_eq!(calls, [1.0, 0.5]);
        assert_eq!((told.shifts, told.calls), (2, 3));
        let secs = Duration::from_secs;
        assert!(told.shift.hours.iter().all(|hour| hour.talk == secs(90)));
        assert_eq!(
            (told.floor.pick_up, told.floor.wrap_up),
            (secs(4), secs(20))
        );
        // Thirty seconds were waited in all, and one gave up.
        assert_eq!(told.floor.patience, Some(secs(30)));
        assert_eq!(told.shift.recorded[1], [secs(60), secs(120), secs(3_700)]);
    }

    #[test]
    fn what_is_said_is_stronger_than_the_record() {
        let asked = asked(&["--handle", "240s", "--patience", "60s", "--pick-up", "1s"]);
        let question = question();
        let told = of_record(&question, &asked, &record()).expect("a profile");
        let secs = Duration::from_secs;
        let handle = told.shift.hours[0].talk + told.floor.wrap_up;
        assert_eq!(
            (handle, told.floor.wrap_up),
            (secs(240), question.group.wrap_up)
        );
        assert_eq!(
            (told.floor.patience, told.floor.pick_up),
            (Some(secs(60)), secs(1))
        );
    }

    fn table(rows: &str) -> anyhow::Result<Profile> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("arrivals.csv");
        std::fs::write(&path, rows)?;
        of_table(&question(), &asked(&[]), &path)
    }

    #[test]
    fn no_time_is_not_a_talk_and_wrap_up_is_taken_off_the_mean() {
        let wrap_up = question().group.wrap_up.as_secs();
        assert!(wrap_up > 5, "the example has some");
        // Five seconds beside a long one, and one of whom nothing is known.
        let told = table(&format!(
            "2026-11-07 20:05:00;5\n2026-11-07 20:15:00;{}\n2026-11-07 21:50:00;0\n",
            2 * wrap_up + 95
        ))
        .expect("a profile");
        assert_eq!(told.shift.hours[0].talk, Duration::from_secs(50));
        assert_eq!(told.calls, 3);
    }

    #[test]
    fn a_shift_the_table_has_half_of_is_left_out() {
        // Begins in the second hour of one, has one whole, and one that nobody called in; ends in the first hour of another.
        let rows = "2026-11-07 21:10:00;90\n2026-11-14 20:30:00;90\n2026-11-28 20:40:00;90\n";
        let told = table(rows).expect("a profile");
        assert_eq!((told.shifts, told.calls), (2, 1));
        let partial: Vec<String> = told.partial.iter().map(ToString::to_string).collect();
        assert_eq!(partial, ["2026-11-07", "2026-11-28"]);
        // There is no other.
        let told = table("2026-11-07 21:10:00;90\n").expect("a profile");
        assert_eq!((told.shifts, told.partial.len()), (1, 0));
    }

    #[test]
    fn shifts_that_are_not_over_are_not_asked_for() {
        let question = question();
        let during = Wall(1_794_081_600_000_000 + 3_600_000_000);
        let dates = last(&question, during, 2);
        let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
        assert_eq!(dates, ["2026-10-31", "2026-10-24"]);
    }
}
