//! Fewest operators by living through the shift: what the formula says is where the search begins.
use crate::floor::{Floor, PICK_UP_MAX, live};
use crate::ringing::at_most;
use crate::shift::Shift;
use crate::{Figures, OPERATORS_MAX, Short, Target};

/// About so many callers of an hour are lived through to judge its operators: then chance weighs about a percent.
pub const CALLERS: f64 = 10_000.0;
/// Callers of one search, all that is lived through together: the numbers of hours that it did not come to stay where the
/// search began, and are judged as they are.
pub const CALLERS_ALL: f64 = 10_000_000.0;
/// Shifts that are lived through at most, whatever [`CALLERS`] asks for; each shift on record is lived through once at least.
const SHIFTS_MAX: f64 = 2_000.0;
/// How often the whole shift is lived through anew after hours that do not reach the target got one more.
const MENDED_MAX: u32 = 5;

/// One hour of the answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Staffed {
    /// As few as reach the target; else what is told of.
    pub operators: u32,
    /// How they do.
    pub figures: Figures,
    /// Why the target is not reached; None: it is.
    pub short: Option<Short>,
}

/// Operators hour by hour that reach the target, as few as possible, and how they do; `first` is where it begins to look,
/// for every hour of the shift: what the formula says. The same seed tells the same.
///
/// Each hour is judged between its neighbours: whoever is left waiting by the one before is still there. Before the first
/// hour stands another one like it, since nobody says that the line was quiet before.
pub fn staff(
    shift: &Shift,
    floor: &Floor,
    target: Target,
    first: &[u32],
    seed: u64,
) -> Vec<Staffed> {
    let search = Search {
        shift,
        floor,
        target,
        seed,
        callers: CALLERS,
        left: CALLERS_ALL,
    };
    search.staff(first)
}

struct Search<'a> {
    shift: &'a Shift,
    floor: &'a Floor,
    target: Target,
    seed: u64,
    /// See [`CALLERS`].
    callers: f64,
    /// Of [`CALLERS_ALL`].
    left: f64,
}

impl Search<'_> {
    fn staff(mut self, first: &[u32]) -> Vec<Staffed> {
        let first = first.iter().map(|count| (*count).clamp(1, OPERATORS_MAX));
        let mut operators: Vec<u32> = first.collect();
        operators.resize(self.shift.hours.len(), 1);
        let mut short: Vec<Option<Short>> = Vec::new();
        for hour in 0..operators.len() {
            let settled = match self.unreachable(hour) {
                None => self.settle(hour, &mut operators),
                unreachable => unreachable,
            };
            short.push(settled);
        }
        let told = self.mended(&mut operators, &short);
        let hours = operators.into_iter().zip(told).zip(short);
        hours
            .map(|((operators, figures), short)| Staffed {
                operators,
                figures,
                short: match short {
                    Some(Short::Unreachable { .. }) => short,
                    _ => (figures.service_level < self.target.share)
                        .then(|| short.unwrap_or(Short::Missed)),
                },
            })
            .collect()
    }

    /// What no number of operators helps against.
    fn unreachable(&self, hour: usize) -> Option<Short> {
        let pick_up = self.floor.pick_up.min(PICK_UP_MAX);
        let within = self.target.within;
        let within = self.floor.wait.map_or(within, |wait| wait.min(within));
        let at_most = at_most(pick_up, self.floor.patience, within);
        let comes = self.shift.hours.get(hour).is_some_and(|it| it.calls > 0.0);
        (comes && at_most < self.target.share).then_some(Short::Unreachable { at_most })
    }

    /// Every hour, after those that do not reach the target yet got more.
    fn mended(&mut self, operators: &mut [u32], settled: &[Option<Short>]) -> Vec<Figures> {
        let mut told = self.whole(operators);
        for _ in 0..MENDED_MAX {
            let hours = told.iter().zip(settled).zip(&mut *operators);
            let short = hours.filter(|((told, settled), count)| {
                let missed = told.service_level < self.target.share;
                missed && settled.is_none() && **count < OPERATORS_MAX
            });
            let short: Vec<&mut u32> = short.map(|(_, count)| count).collect();
            if short.is_empty() || self.left <= 0.0 {
                break;
            }
            short.into_iter().for_each(|count| *count += 1);
            told = self.whole(operators);
        }
        told
    }

    /// In steps that double, until it is enough on one side and not on the other, then halving what is between.
    fn settle(&mut self, hour: usize, operators: &mut [u32]) -> Option<Short> {
        let first = operators[hour];
        let (mut few, mut enough, mut step) = (0, None, 1);
        let mut next = first;
        loop {
            operators[hour] = next;
            if self.left <= 0.0 {
                break;
            }
            match self.reaches(hour, operators) {
                true => enough = Some(next),
                false => few = next,
            }
            next = match enough {
                None if few == OPERATORS_MAX => return Some(Short::TooFew),
                None => (few + step).min(OPERATORS_MAX),
                Some(enough) if enough - few <= 1 => break,
                Some(enough) if few == 0 => enough.saturating_sub(step).max(1),
                Some(enough) => u32::midpoint(few, enough),
            };
            step *= 2;
        }
        operators[hour] = enough.unwrap_or(first.max(few));
        None
    }

    fn reaches(&mut self, hour: usize, operators: &[u32]) -> bool {
        let before = hour.saturating_sub(1);
        let hours: Vec<usize> = match hour + 1 < operators.len() {
            true => vec![before, hour, hour + 1],
            false => vec![before, hour],
        };
        let told = self.live(&hours, operators);
        let told = told.get(1);
        told.is_none_or(|told| told.service_level >= self.target.share)
    }

    /// Every hour.
    fn whole(&mut self, operators: &[u32]) -> Vec<Figures> {
        let hours: Vec<usize> = [0].into_iter().chain(0..operators.len()).collect();
        self.live(&hours, operators).into_iter().skip(1).collect()
    }

    fn live(&mut self, hours: &[usize], operators: &[u32]) -> Vec<Figures> {
        let shift = self.shift.of_hours(hours);
        let operators: Vec<u32> = hours
            .iter()
            .filter_map(|hour| operators.get(*hour))
            .copied()
            .collect();
        let callers: f64 = shift.hours.iter().map(|hour| hour.calls).sum();
        let of_hour = callers / shift.hours.len().max(1) as f64;
        let on_record = (shift.recorded.len().max(1) as f64).min(SHIFTS_MAX);
        let shifts = (self.callers / of_hour.max(0.1)).clamp(on_record, SHIFTS_MAX);
        let shifts = shifts.ceil();
        self.left -= callers * shifts;
        let (floor, within) = (self.floor, self.target.within);
        live(&shift, &operators, floor, within, shifts as u32, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Hour, Load, figures, operators_for};

    const TARGET: Target = Target {
        share: 0.8,
        within: Duration::from_secs(20),
    };

    fn floor(patience: u64) -> Floor {
        Floor {
            wrap_up: Duration::ZERO,
            pick_up: Duration::ZERO,
            patience: Some(Duration::from_secs(patience)),
            wait: None,
            strategy: gudok_model::Strategy::LongestIdle,
        }
    }

    fn hours(calls: &[f64]) -> Shift {
        let hour = |calls: &f64| Hour {
            calls: *calls,
            talk: Duration::from_secs(180),
        };
        Shift {
            hours: calls.iter().map(hour).collect(),
            recorded: Vec::new(),
        }
    }

    const BUDGET: f64 = 40_000.0;

    /// Fewer callers than an answer takes: it is to be quick.
    fn search<'a>(shift: &'a Shift, floor: &'a Floor, target: Target) -> Search<'a> {
        Search {
            shift,
            floor,
            target,
            seed: 1,
            callers: 1_000.0,
            left: BUDGET,
        }
    }

    fn load(calls_per_hour: f64, patience: u64) -> Load {
        Load {
            calls_per_hour,
            handle: Duration::from_secs(180),
            patience: Some(Duration::from_secs(patience)),
        }
    }

    #[test]
    fn a_load_that_stays_needs_what_the_formula_says() {
        let said = operators_for(&load(120.0, 90), TARGET).expect("it is reached");
        let level = |count| figures(&load(120.0, 90), count, TARGET.within).service_level;
        // As far from what they reach as from what one less does: chance does not matter.
        let share = f64::midpoint(level(said), level(said - 1));
        let target = Target { share, ..TARGET };
        for first in [1, said + 1] {
            let told = search(&hours(&[120.0]), &floor(90), target).staff(&[first]);
            let told: Vec<_> = told.iter().map(|it| (it.operators, it.short)).collect();
            assert_eq!(told, [(said, None)], "from {first}");
        }
    }

    #[test]
    fn callers_who_came_all_at_once_need_more_than_the_formula_says() {
        let mut shift = hours(&[20.0]);
        let said = operators_for(&load(20.0, 90), TARGET).expect("it is reached");
        let at = Duration::from_secs(1_800);
        shift.recorded = vec![(0..20).map(|it| at + Duration::from_secs(it)).collect(); 3];
        let told = search(&shift, &floor(90), TARGET).staff(&[said]);
        assert!(told[0].operators > 2 * said, "{told:?} {said}");
        assert!(told[0].figures.service_level >= 0.8, "{told:?}");
        assert_eq!(told[0].short, None);
    }

    #[test]
    fn what_nobody_reaches_is_told_at_once() {
        let mut ringing = floor(30);
        ringing.pick_up = Duration::from_secs(10);
        let told = staff(&hours(&[20.0, 0.0]), &ringing, TARGET, &[2, 1], 1);
        let Some(Short::Unreachable { at_most }) = told[0].short else {
            panic!("{told:?}");
        };
        assert!((at_most - 0.7165).abs() < 0.001, "{at_most}");
        assert_eq!((told[0].operators, told[1].short), (2, None));
        // Whoever is sent on before a phone is picked up talks to nobody.
        ringing.patience = None;
        ringing.wait = Some(Duration::from_secs(9));
        let told = staff(&hours(&[20.0]), &ringing, TARGET, &[2], 1);
        assert_eq!(told[0].short, Some(Short::Unreachable { at_most: 0.0 }));
    }

    #[test]
    fn a_search_that_begins_far_away_is_short_and_has_a_budget() {
        // Forty more than are needed: one by one it is forty lives of two hours and a thousand callers each.
        let (shift, floor) = (hours(&[60.0]), floor(90));
        let mut far = search(&shift, &floor, TARGET);
        let mut operators = [44];
        assert_eq!(far.settle(0, &mut operators), None);
        assert!(BUDGET - far.left < 25_000.0, "{}", far.left);
        assert!(operators[0] < 8, "{operators:?}");
        let spent = Search {
            left: 0.0,
            ..search(&shift, &floor, TARGET)
        };
        let told = spent.staff(&[1])[0];
        assert_eq!((told.operators, told.short), (1, Some(Short::Missed)));
    }

    #[test]
    fn a_shift_that_has_callers_enough_is_lived_through_once() {
        let (shift, floor) = (hours(&[1_200.0]), floor(90));
        let mut search = search(&shift, &floor, TARGET);
        search.whole(&[70]);
        assert_eq!(BUDGET - search.left, 2_400.0);
    }
}
