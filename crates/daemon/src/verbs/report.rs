//! `gudok report`: outcomes and service levels of a span, by queue, hour or number; talks by operator; shifts; promises; calls out.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use gudok_model::{GroupId, OperatorId, ProjectId, Wall};
use gudok_store::Store;
use gudok_store::levels::Terms;
use gudok_store::report::Asked;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{block_on, in_force, open};
use crate::called::{Called, CalledBy};
use crate::cli::{Report, ReportAbout, ReportBy};
use crate::promised::Promised;
use crate::report::{By, Sheet};
use crate::talks::Talks;
use crate::worked::{Edge, Wanted};
use crate::{control, cut, floor_kept, worked, zones};

pub(crate) fn report(config: &Path, arguments: &Report) -> anyhow::Result<ExitCode> {
    let zone = TimeZone::system();
    let (from, to) = span(arguments, &Zoned::now().with_time_zone(zone.clone()))?;
    let asked = Asked {
        from,
        to,
        project: None,
        terms: Terms {
            t: arguments.t,
            short: arguments.short,
        },
    };
    let about = by(arguments)?;
    if about == About::Shifts {
        say!("{}", shifts(config, arguments, &zone)?);
        return Ok(ExitCode::SUCCESS);
    }
    let told = block_on(async {
        let (_, store) = open(config).await?;
        match about {
            // Told above.
            About::Shifts => Ok(String::new()),
            About::Outbound(by) => called(&store, by, &asked, arguments, &zone).await,
            About::Callbacks => promised(&store, &asked, arguments, &zone).await,
            About::Talks => talks(&store, &asked, arguments, &zone).await,
            About::Calls(by) => calls(&store, by, &asked, arguments, &zone).await,
        }
    })?;
    say!("{told}");
    Ok(ExitCode::SUCCESS)
}

/// Which report it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    Calls(By),
    Talks,
    Callbacks,
    Outbound(CalledBy),
    Shifts,
}

fn by(arguments: &Report) -> anyhow::Result<About> {
    let of_shifts = [&arguments.project, &arguments.group, &arguments.operator];
    let is_shifts = arguments.about == Some(ReportAbout::Shifts);
    ensure!(
        is_shifts || of_shifts.iter().all(|it| it.is_none()),
        "--project, --group и --operator — для gudok report shifts"
    );
    use ReportBy::{Callbacks, Day, Hour, Number, Operator, Queue};
    Ok(match (arguments.about, arguments.by) {
        (Some(ReportAbout::Callbacks), None) | (None, Some(Callbacks)) => About::Callbacks,
        (Some(ReportAbout::Callbacks), Some(_)) => bail!("report callbacks: --by здесь лишнее"),
        (Some(ReportAbout::Outbound), None | Some(Operator)) => About::Outbound(CalledBy::Operator),
        (Some(ReportAbout::Outbound), Some(Number)) => About::Outbound(CalledBy::Number),
        (Some(ReportAbout::Outbound), Some(Day)) => About::Outbound(CalledBy::Day),
        (Some(ReportAbout::Outbound), Some(_)) => {
            bail!("report outbound: --by может быть operator, number или day")
        }
        (Some(ReportAbout::Shifts), None) => About::Shifts,
        (Some(ReportAbout::Shifts), Some(_)) => bail!("report shifts: --by здесь лишнее"),
        (None, None | Some(Queue)) => About::Calls(By::Queue),
        (None, Some(Hour)) => About::Calls(By::Hour),
        (None, Some(Number)) => About::Calls(By::Number),
        (None, Some(Operator)) => About::Talks,
        (None, Some(Day)) => bail!("--by day: так раскладываются исходящие, gudok report outbound"),
    })
}

async fn called(
    store: &Store,
    by: CalledBy,
    asked: &Asked<'_>,
    arguments: &Report,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    let called = Called::of(store, by, asked, zone).await?;
    Ok(match (arguments.json, arguments.csv) {
        (true, _) => called.json().to_string(),
        (_, true) => called.csv(),
        _ => called.text(zone),
    })
}

async fn calls(
    store: &Store,
    by: By,
    asked: &Asked<'_>,
    arguments: &Report,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    let sheet = Sheet::of(store, by, asked, zone).await?;
    Ok(match (arguments.json, arguments.csv) {
        (true, _) => sheet.json().to_string(),
        (_, true) => sheet.csv(),
        _ => sheet.text(zone),
    })
}

async fn talks(
    store: &Store,
    asked: &Asked<'_>,
    arguments: &Report,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    let talks = Talks::of(store, asked).await?;
    Ok(match (arguments.json, arguments.csv) {
        (true, _) => talks.json().to_string(),
        (_, true) => talks.csv(),
        _ => talks.text(zone),
    })
}

async fn promised(
    store: &Store,
    asked: &Asked<'_>,
    arguments: &Report,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    let promised = Promised::of(store, asked, arguments.within).await?;
    Ok(match (arguments.json, arguments.csv) {
        (true, _) => promised.json().to_string(),
        (_, true) => promised.csv(),
        _ => promised.text(zone),
    })
}

/// A day is that of each project.
fn edge(key: &str, text: Option<&str>, usual: Edge, zone: &TimeZone) -> anyhow::Result<Edge> {
    let Some(text) = text else {
        return Ok(usual);
    };
    Ok(match day(text) {
        Some(day) => Edge::Day(day),
        None => Edge::Moment(moment(key, text, zone)?),
    })
}

/// Brought up to the journal first: the daemon does so now and then only.
fn shifts(path: &Path, arguments: &Report, zone: &TimeZone) -> anyhow::Result<String> {
    let config = zones::config(path)?;
    let plan = in_force::plan(&config);
    let runs = control::ask(&control::path(&config), "rosters").is_ok();
    let audio = gudok_recorder::journal_dir(&config.paths.recordings);
    let alive = cut::last_alive([&config.paths.journal, &audio]);
    let known_to = alive.filter(|_| !runs).unwrap_or_else(crate::clock::wall);
    let usual = (Edge::Today, Edge::Moment(known_to));
    let wanted = Wanted {
        from: edge("--from", arguments.from.as_deref(), usual.0, zone)?,
        to: edge("--to", arguments.to.as_deref(), usual.1, zone)?,
        project: arguments.project.as_deref().map(ProjectId::from),
        group: arguments.group.as_deref().map(GroupId::from),
        operator: arguments.operator.as_deref().map(OperatorId::from),
        known_to,
    };
    let plan = match (plan, &wanted.group) {
        (Ok(plan), _) => Some(plan.plan),
        (Err(error), Some(_)) => return Err(error),
        (Err(_), None) => None,
    };
    let sheet = block_on(async {
        let store = super::open_store(&config).await?;
        floor_kept::shifts(&config.paths.journal, &store).await?;
        Ok(worked::Sheet::of(&store, plan.as_ref(), &wanted).await?)
    })?;
    Ok(match (arguments.json, arguments.csv) {
        (true, _) => sheet.json().to_string(),
        (_, true) => sheet.csv(),
        _ => sheet.text(zone),
    })
}

/// Without words: of today, up to now.
fn span(arguments: &Report, now: &Zoned) -> anyhow::Result<(Wall, Wall)> {
    let from = match &arguments.from {
        Some(text) => moment("--from", text, now.time_zone())?,
        None => wall(now.start_of_day()?.timestamp()),
    };
    let to = match &arguments.to {
        Some(text) => moment("--to", text, now.time_zone())?,
        None => wall(now.timestamp()),
    };
    ensure!(
        from < to,
        "--to не позже --from: в таком промежутке вызовов нет"
    );
    Ok((from, to))
}

/// A day is its first moment, by the clock of the machine.
pub(super) fn moment(key: &str, text: &str, zone: &TimeZone) -> anyhow::Result<Wall> {
    if let Some(day) = day(text) {
        let first = day.to_zoned(zone.clone());
        return Ok(wall(first.with_context(|| key.to_owned())?.timestamp()));
    }
    let at: Timestamp = text.parse().with_context(|| {
        format!("{key}: «{text}» — не время; пишите 2026-11-07 или 2026-11-07T03:05+07:00")
    })?;
    Ok(wall(at))
}

/// A moment reads as its day as well.
fn day(text: &str) -> Option<Date> {
    let is_day = text.len() == "2026-11-07".len();
    text.parse().ok().filter(|_| is_day)
}

fn wall(at: Timestamp) -> Wall {
    Wall(at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn asked(from: Option<&str>, to: Option<&str>) -> anyhow::Result<(i64, i64)> {
        let arguments = Report {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            by: None,
            about: None,
            within: Duration::from_secs(1_200),
            t: Duration::from_secs(20),
            short: Duration::from_secs(5),
            project: None,
            group: None,
            operator: None,
            json: false,
            csv: false,
        };
        let now: Zoned = "2026-11-23T13:50:00+03:00[+03:00]".parse().expect("a time");
        let (from, to) = span(&arguments, &now)?;
        let begin: Timestamp = "2026-11-23T00:00:00+03:00".parse().expect("a time");
        let since = |at: Wall| (at.0 - begin.as_microsecond()) / 60_000_000;
        Ok((since(from), since(to)))
    }

    #[test]
    fn a_span_is_today_unless_days_or_moments_are_said() {
        assert_eq!(asked(None, None).expect("today"), (0, 830));
        let day = asked(Some("2026-11-22"), Some("2026-11-23"));
        assert_eq!(day.expect("yesterday"), (-1_440, 0));
        let moments = asked(Some("2026-11-23T00:10+03:00"), Some("2026-11-22T22:00Z"));
        assert_eq!(moments.expect("moments"), (10, 60));
        let wrong = asked(Some("вчера"), None).expect_err("no time").to_string();
        assert!(wrong.contains("--from: «вчера»"), "{wrong}");
        assert!(asked(Some("2026-11-24"), None).is_err());
    }
}
