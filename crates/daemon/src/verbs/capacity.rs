//! `gudok capacity`: how many operators each hour of a shift needs, by the formula and by our own queue.
mod arrivals;
mod question;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use gudok_capacity::{Figures, Load, OPERATORS_MAX, Short, Staffed, by_formula, staff};
use serde_json::{Value, json};

use self::arrivals::Profile;
use self::question::{Question, clock_of, seconds};
use super::Refused;
use crate::cli::Capacity;
use crate::{plans, zones};

/// All chance comes from here: asked again, the answer is the same.
const SEED: u64 = 8_800;

/// One hour of the answer.
struct Line {
    /// From the beginning of the shift.
    hour: usize,
    calls: f64,
    handle: Duration,
    /// By the formula, and how they do by it; none where no number of operators reaches the target.
    formula: Option<(u32, Figures)>,
    /// By our own queue, and how they do in it.
    lived: Staffed,
}

/// Prints how many operators each hour needs. Fails where an hour does not reach the target.
pub(crate) fn capacity(path: &Path, arguments: &Capacity) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    let (_, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    let question = Question::read(&loaded.plan, arguments)?;
    let profile = arrivals::profile(&config, &question, arguments)?;
    let lines = answer(&question, &profile)?;
    match arguments.json {
        true => say!("{:#}", told(&question, &profile, &lines)),
        false => tell(&question, &profile, &lines),
    }
    Ok(match lines.iter().all(|line| line.lived.short.is_none()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The formula gives the operators of each hour by itself; from there the shift is lived through.
fn answer(question: &Question, profile: &Profile) -> anyhow::Result<Vec<Line>> {
    let floor = &profile.floor;
    let hours = profile.shift.hours.iter().map(|it| {
        let load = Load {
            calls_per_hour: it.calls,
            handle: floor.pick_up + it.talk + floor.wrap_up,
            patience: floor.patience,
        };
        let formula = match by_formula(&load, floor.pick_up, question.target) {
            Ok(formula) => Some(formula),
            Err(Short::Unreachable { .. }) => None,
            Err(Short::TooFew | Short::Missed) => {
                return Err(anyhow!(
                    "нужно больше {OPERATORS_MAX} операторов: проверьте, сколько вызовов и какие они"
                ));
            }
        };
        Ok((load, formula))
    });
    let hours = hours.collect::<anyhow::Result<Vec<_>>>()?;
    let first: Vec<u32> = hours.iter().map(begins_with).collect();
    let lived = staff(&profile.shift, floor, question.target, &first, SEED);
    let lines = hours.into_iter().zip(lived).enumerate();
    let lines = lines.map(|(hour, ((load, formula), lived))| Line {
        hour,
        calls: load.calls_per_hour,
        handle: load.handle,
        formula,
        lived,
    });
    Ok(lines.collect())
}

/// Where the formula has no number, one that carries the load: the hours around it are lived through with somebody there.
fn begins_with((load, formula): &(Load, Option<(u32, Figures)>)) -> u32 {
    let erlang = load.calls_per_hour * load.handle.as_secs_f64() / 3_600.0;
    let carries = erlang.ceil().min(f64::from(OPERATORS_MAX)) as u32;
    formula.map_or(carries.max(1), |(count, _)| count)
}

fn tell(question: &Question, profile: &Profile, lines: &[Line]) {
    say!("{}", question.told());
    say!("{}", profile.told());
    say!("{}", question.wait.told());
    question.ladders.iter().for_each(|told| say!("{told}"));
    if !profile.partial.is_empty() {
        let dates: Vec<String> = profile.partial.iter().map(ToString::to_string).collect();
        say!(
            "не взяты смены, которые таблица застала не целиком: {}",
            dates.join(", ")
        );
    }
    say!("");
    say!("                          операторов      с операторами по очереди");
    say!(
        "час           вызовов  обработка  формула  очередь  в срок  ждут в среднем  бросили  не дождались  занятость"
    );
    lines.iter().for_each(|line| row(question, line));
    let counted = || lines.iter().filter(|line| !line.is_unreachable());
    let most = counted().map(|line| line.lived.operators).max();
    let hours: u32 = counted().map(|line| line.lived.operators).sum();
    say!(
        "всего: {hours} человеко-часов, одновременно до {}",
        most.unwrap_or(0)
    );
    if lines.iter().any(|line| line.calls <= 0.0) {
        say!("в часы без вызовов — один оператор: кто-то должен быть");
    }
    if lines.iter().any(|line| !line.formula_fits()) {
        say!(
            "формула предела ожидания не знает: в часы, где не дождались больше 1 % звонящих, её число — о другой очереди"
        );
    }
    if counted().count() < lines.len() {
        say!(
            "цель недостижима никаким числом операторов: пока звонит телефон ({} с), проходит срок или звонящие бросают; нужно быстрее снимать трубку или другая --target",
            seconds(profile.floor.pick_up)
        );
    }
}

fn row(question: &Question, line: &Line) {
    let head = format!(
        "{:<13}{:>8.1}{:>9.0} с",
        question.hour(line.hour),
        line.calls,
        line.handle.as_secs_f64()
    );
    if let Some(Short::Unreachable { at_most }) = line.lived.short {
        let percent = at_most * 100.0;
        return say!("{head}  цель недостижима: в срок не больше {percent:.1} %");
    }
    let lived = &line.lived.figures;
    let wait = lived.mean_wait.map_or("—".to_owned(), |wait| {
        format!("{:.0} с", wait.as_secs_f64())
    });
    let formula = line.formula.map(|(count, _)| count.to_string());
    say!(
        "{head}{:>9}{:>9}{:>6.1} %{:>16}{:>7.1} %{:>12.1} %{:>9.0} %{}",
        formula.unwrap_or_else(|| "—".to_owned()),
        line.lived.operators,
        lived.service_level * 100.0,
        wait,
        lived.abandoned * 100.0,
        lived.timed_out * 100.0,
        lived.occupancy * 100.0,
        match line.lived.short {
            Some(Short::TooFew) => "  цель недостижима: больше операторов не пробуем",
            Some(_) => "  цель не достигнута: поиск остановлен",
            None => "",
        }
    );
}

/// So many callers may be sent on by the limit of the wait before the formula is about another queue.
const LIMIT_FELT: f64 = 0.01;

impl Line {
    /// Whether the formula, in which callers wait as long as they like, is about such a queue.
    fn formula_fits(&self) -> bool {
        self.is_unreachable() || self.lived.figures.timed_out <= LIMIT_FELT
    }

    /// By any number of operators.
    fn is_unreachable(&self) -> bool {
        matches!(self.lived.short, Some(Short::Unreachable { .. }))
    }
}

/// The shape is described in `crates/capacity/README.md`.
fn told(question: &Question, profile: &Profile, lines: &[Line]) -> Value {
    let figures = |(operators, it): (u32, Figures)| {
        json!({
            "operators": operators,
            "service_level": it.service_level,
            "abandoned": it.abandoned,
            "timed_out": it.timed_out,
            "mean_wait_s": it.mean_wait.map(|wait| wait.as_secs_f64()),
            "occupancy": it.occupancy,
        })
    };
    let hour = |line: &Line| {
        json!({
            "from": clock_of(question.begins(line.hour)),
            "calls": line.calls,
            "handle_s": line.handle.as_secs_f64(),
            "erlang_a": line.formula.map(figures),
            "simulated": (!line.is_unreachable())
                .then(|| figures((line.lived.operators, line.lived.figures))),
            "formula_fits": line.formula_fits(),
            "reached": line.lived.short.is_none(),
            "at_most": match line.lived.short {
                Some(Short::Unreachable { at_most }) => Some(at_most),
                _ => None,
            },
        })
    };
    let hours: Vec<Value> = lines.iter().map(hour).collect();
    let floor = &profile.floor;
    json!({
        "group": question.group.id,
        "day": question.day_code(),
        "zone": question.zone.name(),
        "target": {
            "share": question.target.share,
            "within_s": question.target.within.as_secs(),
        },
        "shifts": profile.shifts,
        "calls": profile.calls,
        "partial": profile.partial.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "wrap_up_s": floor.wrap_up.as_secs_f64(),
        "pick_up_s": floor.pick_up.as_secs_f64(),
        "patience_s": floor.patience.map(|it| it.as_secs_f64()),
        "wait_s": floor.wait.map(|it| it.as_secs_f64()),
        "ladders": question.ladders,
        "hours": hours,
    })
}
