//! `gudok coverage`: what becomes of calls to every number in the days to come, and the hours nobody answers.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use gudok_calendar::Zone;
use gudok_dialplan::coverage::{ByHand, Cause, Coverage, Covered, Ending, Gap, Horizon};

use super::{Refused, by_hand};
use crate::cli::Coverage as Arguments;
use crate::{clock, plans, zones};

/// Most stretches of one gap that are printed; `--json` has more.
const PRINTED_MAX: usize = 20;

/// Prints the proof; exit code 1 where a number that says how its calls may end has a gap.
pub(crate) fn coverage(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    let (_, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    let horizon = match &arguments.from {
        Some(date) => Horizon::from_date(date)
            .with_context(|| format!("--from: «{date}» — не дата; пишите 2027-01-03"))?,
        None => Horizon::from_now(clock::wall()),
    };
    let by_hand = by_hand(&config);
    let horizon = horizon.days(arguments.days);
    let mut coverage = loaded.plan.coverage_under(horizon, &by_hand);
    if config.plans.strict {
        coverage.hold_all();
    }
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&coverage)?);
    } else {
        for (schedule, set) in by_hand.list(clock::wall()) {
            let zone = loaded.plan.schedule(schedule).map(|it| it.zone.clone());
            let set = (set.set.code(), set.told(&zone.unwrap_or_else(Zone::utc)));
            say!("график «{schedule}» сейчас {} {}", set.0, set.1);
        }
        coverage.numbers.iter().for_each(number);
    }
    Ok(if is_whole(&coverage) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn is_whole(coverage: &Coverage) -> bool {
    let mut gaps = coverage.numbers.iter().flat_map(|number| &number.gaps);
    !gaps.any(|gap| gap.strict)
}

fn number(covered: &Covered) {
    say!("{} ({}), {}", covered.label, covered.place, covered.zone);
    let mut lengths: BTreeMap<&BTreeSet<Ending>, i64> = BTreeMap::new();
    for stretch in &covered.stretches {
        *lengths.entry(&stretch.ends).or_default() += stretch.until.0 - stretch.from.0;
    }
    let mut lengths: Vec<_> = lengths.into_iter().collect();
    lengths.sort_by_key(|(_, length)| -length);
    for (ends, length) in lengths {
        let ends: Vec<String> = ends.iter().map(Ending::to_string).collect();
        say!("{:>10}  {}", hours(length / MINUTE), ends.join(" | "));
    }
    for seam in &covered.seams {
        say!("{:>10}  на стыке ({}): {}", "", seam.count, seam.ending);
    }
    for closed in &covered.by_hand {
        by_hand_told(closed);
    }
    for place in &covered.unproved {
        say!(
            "  внимание: {place} — условие меняется слишком часто: считается, что оно то верно, то нет"
        );
    }
    for found in &covered.gaps {
        gap(found);
    }
    if covered.gaps.is_empty() {
        say!("  без ответа не остаётся никто");
    }
}

fn by_hand_told(closed: &ByHand) {
    let ends: Vec<String> = closed.ends.iter().map(Ending::to_string).collect();
    let flow = closed.flow.as_ref();
    let flow = flow.map_or_else(String::new, |flow| format!(" — ветка {flow}"));
    say!(
        "  если закрыть график {} вручную{flow}: {}",
        closed.schedule,
        ends.join(" | ")
    );
}

fn gap(gap: &Gap) {
    let grade = if gap.strict {
        "ошибка"
    } else {
        "внимание"
    };
    let when = match &gap.cause {
        Cause::Hours => format!("промежутков {}, всего {}", gap.count, hours(gap.minutes)),
        Cause::Seam => format!("на стыках, {}: пришёл до, дошёл сюда после", gap.count),
        Cause::ByHand(schedule) => format!("если закрыть график {schedule} вручную"),
    };
    let (place, reason) = (&gap.place, &gap.reason);
    say!("  {grade}: {place} — конец без человека и без сообщения (причина {reason}): {when}");
    for because in &gap.because {
        say!("    {because}");
    }
    if matches!(gap.cause, Cause::ByHand(_)) {
        return;
    }
    for listed in gap.stretches.iter().take(PRINTED_MAX) {
        say!("    {}", listed.shown);
    }
    if gap.count > PRINTED_MAX {
        say!("    … и ещё {}", gap.count - PRINTED_MAX);
    }
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

fn hours(minutes: i64) -> String {
    format!("{}:{:02} ч", minutes / 60, minutes % 60)
}
