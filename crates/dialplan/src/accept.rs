//! The gate before a plan: its words, its ways, the tests beside it, and no hour of the next year unanswered.
use crate::coverage::{AtNight, Cause, Coverage, Covered, Gap, Horizon, Listed, STEPS_EXCEEDED};
use crate::flow::At;
use crate::load::{Proved, Source, is_tests, proved, texts_of};
use crate::plan::{Plan, STEPS_MAX};
use crate::problem::{Advice, Mistakes, Problem};
use crate::spell;
use crate::text::{Laid, Problems, Said, error, warning};
use crate::trial::try_all;

/// The code of a problem that is a gap: a call may end there without having met anybody.
pub const UNCOVERED: &str = "uncovered";

/// A plan that may come into force.
#[derive(Debug)]
pub struct Accepted {
    /// The plan.
    pub plan: Plan,
    /// What someone should look at; never an error.
    pub warnings: Vec<Problem>,
    /// How many tests beside the plan it passed.
    pub tests: usize,
    /// What becomes of the calls to every number.
    pub coverage: Coverage,
}

/// As [`load`](crate::load::load), then runs the tests beside the plan (`*.test.toml`) and proves its coverage.
///
/// # Errors
/// Everything that is wrong, failed tests and gaps of numbers with `allow_closed` included. Hours are looked at only where
/// the tests pass: who waits for a refusal waits for no proof.
pub fn accept(sources: &[Source], horizon: Horizon) -> Result<Accepted, Mistakes> {
    gate(sources, horizon, |_| {})
}

/// As [`accept`], with every number held to its hours as if it had an empty `allow_closed`, unless it has one.
///
/// # Errors
/// As [`accept`], gaps of all numbers included. Seams and what closing by hand would do stay warnings.
pub fn accept_strictly(sources: &[Source], horizon: Horizon) -> Result<Accepted, Mistakes> {
    gate(sources, horizon, Coverage::hold_all)
}

fn gate(
    sources: &[Source],
    horizon: Horizon,
    hold: impl FnOnce(&mut Coverage),
) -> Result<Accepted, Mistakes> {
    let texts = texts_of(sources);
    let mut problems = Problems::new(&texts);
    let Some(proved) = proved(sources, &texts, &mut problems) else {
        return Err(problems.refused());
    };
    let files: Vec<usize> = (0..sources.len())
        .filter(|file| is_tests(&sources[*file].name))
        .collect();
    let tests = try_all(&proved.plan, &files, &texts, &mut problems);
    if problems.has_errors() {
        return Err(problems.refused());
    }
    let mut coverage = proved.plan.coverage(horizon);
    hold(&mut coverage);
    for covered in &coverage.numbers {
        for gap in &covered.gaps {
            problems.say_laid(&laid(&proved, gap.at), uncovered(covered, gap));
        }
        for promise in &covered.at_night {
            problems.say_laid(&laid(&proved, promise.at), runs_at_night(covered, promise));
        }
        for at in &covered.unproved_at {
            problems.say_laid(&laid(&proved, *at), not_proved(covered));
        }
    }
    if problems.has_errors() {
        return Err(problems.refused());
    }
    Ok(Accepted {
        plan: proved.plan,
        warnings: problems.into_list(),
        tests,
        coverage,
    })
}

fn laid(proved: &Proved, (flow, step): At) -> Laid {
    let laid = proved.spots[flow].get(step).cloned();
    laid.unwrap_or_else(|| proved.flow_spots[flow].clone().into())
}

/// Stretches that are named in a problem; `gudok coverage` lists more.
const NAMED_MAX: usize = 3;

/// The first stretches, and how many more there are.
fn named(stretches: &[Listed], count: usize) -> String {
    let named = stretches.iter().take(NAMED_MAX);
    let named: Vec<&str> = named.map(|it| it.shown.as_str()).collect();
    let when = named.join(", ");
    match count.checked_sub(NAMED_MAX) {
        None | Some(0) => when,
        Some(more) => format!("{when} … и ещё: {more}"),
    }
}

fn uncovered(covered: &Covered, gap: &Gap) -> Said {
    let (label, reason) = (&covered.label, &gap.reason);
    let when = named(&gap.stretches, gap.count);
    let whole = (covered.to.0 - covered.from.0) / 60_000_000;
    let (lost, all) = (spell::length(gap.minutes), spell::length(whole));
    let ends = match &**reason {
        STEPS_EXCEEDED => {
            format!("дойти здесь до предела в {STEPS_MAX} шагов и кончиться закрывающей фразой")
        }
        _ => "кончиться здесь".to_owned(),
    };
    let may = format!("вызов может {ends}, ни с кем не поговорив (причина {reason})");
    let (ru, en) = match &gap.cause {
        Cause::Hours => (
            format!("номер «{label}»: {may}: {when}; всего {lost} из {all}"),
            format!("{} min in {} stretches", gap.minutes, gap.count),
        ),
        Cause::Seam => (
            format!("номер «{label}», на стыке: {may}, если пришёл до {when}, а дошёл сюда после"),
            format!("under way at one of {} moments", gap.count),
        ),
        Cause::ByHand(schedule) => (
            format!("номер «{label}»: если график «{schedule}» закроют вручную, {may}"),
            format!("when schedule `{schedule}` is closed by hand"),
        ),
    };
    let en = format!("a call may end here without having met anybody (reason {reason}): {en}");
    let way = if gap.because.is_empty() {
        Advice::from((
            "сюда ведёт безусловный путь",
            "no condition stands on the way here",
        ))
    } else {
        let because = gap.because.join("\n  ");
        Advice::from((
            format!("как вызов сюда попадает:\n  {because}"),
            "how a call gets here is told above, in Russian",
        ))
    };
    let end = Advice::from((
        format!(
            "поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру: allow_closed = [\"{reason}\"]"
        ),
        format!(
            "put a queue, an external number or voicemail before it, or allow the number to end so: allow_closed = [\"{reason}\"]"
        ),
    ));
    let code = match gap.cause {
        Cause::Hours => UNCOVERED,
        Cause::Seam => "uncovered_seam",
        Cause::ByHand(_) => "uncovered_by_hand",
    };
    let said = if gap.strict {
        error(code, ru, en)
    } else {
        warning(code, ru, en)
    };
    said.remedy(way.and(&end))
}

/// A promise to call back that nobody is there to keep.
fn runs_at_night(covered: &Covered, promise: &AtNight) -> Said {
    let (label, when) = (&covered.label, named(&promise.stretches, promise.count));
    let ru = format!(
        "номер «{label}»: перезвонить обещают и тогда, когда его графики закрыты: {when}; срок при этом идёт"
    );
    let minutes = promise.minutes;
    let en = format!("callers are promised a call while every schedule is closed: {minutes} min");
    let remedy = (
        "назовите график, в часы которого перезванивают: schedule = \"ИМЯ\"; если и ночью — круглосуточный",
        "name the schedule in whose hours people are called back: schedule = \"NAME\"; one that is always open, if at night too",
    );
    warning("promise_at_night", ru, en).remedy(remedy)
}

/// A condition that changes too often to be followed.
fn not_proved(covered: &Covered) -> Said {
    let label = &covered.label;
    let ru = format!(
        "номер «{label}»: условие меняется слишком часто, и за ним не уследить: считается, что оно то верно, то нет"
    );
    let en = "not proved: the condition changes too often, it counts as unknown";
    let remedy = (
        "спрашивайте часы и дни, а минуты — только вместе с ними: now.date == \"2026-12-31\" && now.minute < 30",
        "ask for hours and days, and for minutes only beside them: now.date == \"2026-12-31\" && now.minute < 30",
    );
    warning("not_proved", ru, en).remedy(remedy)
}
