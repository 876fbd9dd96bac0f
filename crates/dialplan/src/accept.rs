//! The gate before a plan: its words, its ways, the tests beside it, and no hour of the next year unanswered.
use crate::coverage::{Coverage, Gap, Horizon};
use crate::load::{Proved, Source, is_tests, proved, texts_of};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::spell;
use crate::text::{Problems, Said, error, warning};
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
/// Everything that is wrong, failed tests and gaps of numbers with `allow_closed` included. Never empty.
pub fn accept(sources: &[Source], horizon: Horizon) -> Result<Accepted, Vec<Problem>> {
    let texts = texts_of(sources);
    let mut problems = Problems::new(&texts);
    let Some(proved) = proved(sources, &texts, &mut problems) else {
        return Err(problems.into_list());
    };
    let files: Vec<usize> = (0..sources.len())
        .filter(|file| is_tests(&sources[*file].name))
        .collect();
    let tests = try_all(&proved.plan, &files, &texts, &mut problems);
    let coverage = proved.plan.coverage(horizon);
    for covered in &coverage.numbers {
        for gap in &covered.gaps {
            let whole = (covered.to.0 - covered.from.0) / 60_000_000;
            let said = uncovered(&covered.label, gap, whole);
            problems.say(&spot(&proved, gap), said);
        }
    }
    if problems.has_errors() {
        return Err(problems.into_list());
    }
    Ok(Accepted {
        plan: proved.plan,
        warnings: problems.into_list(),
        tests,
        coverage,
    })
}

fn spot(proved: &Proved, gap: &Gap) -> crate::text::Spot {
    let (flow, step) = gap.at;
    let spot = proved.spots[flow].get(step);
    spot.unwrap_or(&proved.flow_spots[flow]).clone()
}

/// Stretches that are named in a problem; `gudok coverage` lists more.
const NAMED_MAX: usize = 3;

fn uncovered(label: &str, gap: &Gap, whole: i64) -> Said {
    let named: Vec<&str> = gap.stretches.iter().map(|it| it.shown.as_str()).collect();
    let mut when = named[..named.len().min(NAMED_MAX)].join(", ");
    if gap.count > NAMED_MAX {
        let more = gap.count - NAMED_MAX;
        when = format!("{when} … и ещё промежутков: {more}");
    }
    let (lost, all) = (spell::length(gap.minutes), spell::length(whole));
    let reason = &gap.reason;
    let ru = format!(
        "номер «{label}»: вызов может кончиться здесь, ни с кем не поговорив (причина {reason}): {when}; всего {lost} из {all}"
    );
    let en = format!(
        "a call may end here without having met anybody (reason {reason}): {} min in {} stretches",
        gap.minutes, gap.count
    );
    let way = if gap.because.is_empty() {
        "сюда ведёт безусловный путь".to_owned()
    } else {
        format!("как вызов сюда попадает:\n  {}", gap.because.join("\n  "))
    };
    let remedy = format!(
        "{way}\nпоставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру: allow_closed = [\"{reason}\"]"
    );
    let said = if gap.strict {
        error(UNCOVERED, ru, en)
    } else {
        warning(UNCOVERED, ru, en)
    };
    said.remedy(remedy)
}
