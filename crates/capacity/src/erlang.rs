//! Erlang A (M/M/c+M, Palm 1957) and Erlang C (M/M/c), which it becomes where nobody gives up.
//!
//! Erlang C is a closed form. Of Erlang A the states of the queue are summed as they are, by their logarithms: that holds
//! for hundreds of operators, for hardly any load and for overload.
use std::time::Duration;

use crate::{Figures, Load, OPERATORS_MAX, Target};

/// What is less likely than this, beside the likeliest, is left out; of its logarithm.
const NEGLIGIBLE: f64 = 1e-13;
/// See [`NEGLIGIBLE`].
const NEGLIGIBLE_LN: f64 = -30.0;
/// Longest queue that is summed up. Beyond it the load is so heavy that chance does not matter, and is taken for a stream
/// (the fluid limit, Whitt 2004).
const QUEUE_MAX: usize = 10_000;
/// Steps of chance that are taken at once; beyond it their weights would be too small for a number.
const STEPS_AT_ONCE: f64 = 300.0;

/// Fewest operators that reach the target; None where [`OPERATORS_MAX`] are too few.
pub fn operators_for(load: &Load, target: Target) -> Option<u32> {
    let reached = |operators| figures(load, operators, target.within).service_level >= target.share;
    let (mut low, mut high) = (1, OPERATORS_MAX);
    if !reached(high) {
        return None;
    }
    while low < high {
        let middle = u32::midpoint(low, high);
        match reached(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}

/// How so many operators (at least one) do under a load that stays.
pub fn figures(load: &Load, operators: u32, within: Duration) -> Figures {
    let rates = Rates::of(load, operators);
    if rates.arrivals <= 0.0 {
        return Figures {
            service_level: 1.0,
            abandoned: 0.0,
            timed_out: 0.0,
            mean_wait: Some(Duration::ZERO),
            occupancy: 0.0,
        };
    }
    match load.patience {
        None => rates.patient(within.as_secs_f64()),
        Some(_) => rates.impatient(within.as_secs_f64()),
    }
}

/// Events a second.
struct Rates {
    operators: f64,
    arrivals: f64,
    /// Talks of one operator that end.
    ends: f64,
    /// One caller's giving up.
    patience: f64,
}

impl Rates {
    fn of(load: &Load, operators: u32) -> Self {
        let rate = |mean: Duration| 1.0 / mean.as_secs_f64().max(1e-6);
        Self {
            operators: f64::from(operators.max(1)),
            arrivals: load.calls_per_hour / 3_600.0,
            ends: rate(load.handle),
            patience: load.patience.map_or(0.0, rate),
        }
    }

    /// Talks that end while everybody talks.
    fn all_ends(&self) -> f64 {
        self.operators * self.ends
    }

    /// While so many wait, whoever goes from before them.
    fn leave(&self, waiting: usize) -> f64 {
        self.all_ends() + waiting as f64 * self.patience
    }

    /// Erlang B, by its recursion: how likely a caller finds all operators busy where nobody waits.
    fn blocked(&self) -> f64 {
        let (load, mut blocked, mut busy) = (self.arrivals / self.ends, 1.0, 0.0);
        while busy < self.operators {
            busy += 1.0;
            blocked = load * blocked / (busy + load * blocked);
        }
        blocked
    }

    /// Erlang C.
    fn patient(&self, within: f64) -> Figures {
        let used = self.arrivals / self.all_ends();
        // Rates that are equal but for rounding are equal.
        if used >= 1.0 - 1e-9 {
            return Figures {
                service_level: 0.0,
                abandoned: 0.0,
                timed_out: 0.0,
                mean_wait: None,
                occupancy: 1.0,
            };
        }
        let blocked = self.blocked();
        let waits = blocked / (1.0 - used * (1.0 - blocked));
        let spare = self.all_ends() - self.arrivals;
        Figures {
            service_level: 1.0 - waits * (-spare * within).exp(),
            abandoned: 0.0,
            timed_out: 0.0,
            mean_wait: Duration::try_from_secs_f64(waits / spare).ok(),
            occupancy: used,
        }
    }

    /// Erlang A.
    fn impatient(&self, within: f64) -> Figures {
        let Some((at_once, waiting)) = self.states() else {
            // So long a queue without an overload: hardly anybody gives up.
            return match self.all_ends() >= self.arrivals {
                true => self.patient(within),
                false => self.stream(within),
            };
        };
        let queue = waiting.iter().enumerate();
        let queue: f64 = queue.map(|(ahead, p)| ahead as f64 * p).sum();
        let abandoned = (self.patience * queue / self.arrivals).min(1.0);
        Figures {
            service_level: (at_once + self.served_within(waiting, within)).min(1.0),
            abandoned,
            timed_out: 0.0,
            mean_wait: Duration::try_from_secs_f64(queue / self.arrivals).ok(),
            occupancy: (self.arrivals * (1.0 - abandoned) / self.all_ends()).min(1.0),
        }
    }

    /// A load far beyond the operators: all wait as long as it takes until enough of them gave up.
    fn stream(&self, within: f64) -> Figures {
        let served = self.all_ends() / self.arrivals;
        let wait = -served.ln() / self.patience;
        let mean = (1.0 - served) / self.patience;
        Figures {
            service_level: if wait <= within { served } else { 0.0 },
            abandoned: 1.0 - served,
            timed_out: 0.0,
            mean_wait: Duration::try_from_secs_f64(mean).ok(),
            occupancy: 1.0,
        }
    }

    /// How likely a caller finds a free operator, and how likely all busy and so many waiting; they sum up to one. None:
    /// longer queues than [`QUEUE_MAX`] are likely.
    fn states(&self) -> Option<(f64, Vec<f64>)> {
        let blocked = self.blocked();
        if blocked < NEGLIGIBLE {
            return Some((1.0, vec![0.0]));
        }
        // Logarithms of weights beside the state where everybody talks and nobody waits.
        let free = ((1.0 - blocked) / blocked).ln();
        let (mut waiting, mut weight, mut most) = (vec![0.0], 0.0_f64, 0.0_f64);
        while weight > most + NEGLIGIBLE_LN {
            if waiting.len() >= QUEUE_MAX {
                return None;
            }
            weight += (self.arrivals / self.leave(waiting.len())).ln();
            most = most.max(weight);
            waiting.push(weight);
        }
        let top = most.max(free);
        waiting
            .iter_mut()
            .for_each(|weight| *weight = (*weight - top).exp());
        let free = (free - top).exp();
        let sum = free + waiting.iter().sum::<f64>();
        waiting.iter_mut().for_each(|weight| *weight /= sum);
        Some((free / sum, waiting))
    }

    /// How likely a caller is served in time who meets so many waiting. Each of those ahead goes by a talk that ends or by
    /// giving up, then one more talk ends: a chain that only falls, with the caller's own giving up beside it. Taken in
    /// steps of one rate (uniformization, Jensen 1953).
    fn served_within(&self, mut waiting: Vec<f64>, secs: f64) -> f64 {
        let rate = self.leave(waiting.len()) + self.patience;
        let pieces = (rate * secs / STEPS_AT_ONCE).ceil().max(1.0);
        let mean = rate * secs / pieces;
        let (mut served, mut piece) = (0.0, 0.0);
        while piece < pieces {
            served += self.piece(&mut waiting, rate, mean);
            piece += 1.0;
        }
        served
    }

    /// `waiting` after so many steps on average; gives who was served in them.
    fn piece(&self, waiting: &mut Vec<f64>, rate: f64, mean: f64) -> f64 {
        let mut now = waiting.clone();
        let mut after: Vec<f64> = vec![0.0; now.len()];
        let (mut weight, mut left, mut done, mut served) = ((-mean).exp(), 1.0, 0.0, 0.0);
        let mut step = 0.0;
        loop {
            served += weight * done;
            for (sum, p) in after.iter_mut().zip(&now) {
                *sum += weight * p;
            }
            left -= weight;
            step += 1.0;
            if step > mean && (left < NEGLIGIBLE || weight < NEGLIGIBLE) {
                break;
            }
            weight *= mean / step;
            done += now.first().copied().unwrap_or_default() * self.all_ends() / rate;
            self.fall(&mut now, rate);
        }
        *waiting = after;
        served
    }

    /// One step of the chain.
    fn fall(&self, now: &mut [f64], rate: f64) {
        for ahead in 0..now.len() {
            let stays = 1.0 - (self.leave(ahead) + self.patience) / rate;
            let above = now.get(ahead + 1);
            let comes = above.map_or(0.0, |p| p * self.leave(ahead + 1) / rate);
            now[ahead] = now[ahead] * stays + comes;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load(calls_per_hour: f64, handle: u64, patience: Option<u64>) -> Load {
        Load {
            calls_per_hour,
            handle: Duration::from_secs(handle),
            patience: patience.map(Duration::from_secs),
        }
    }

    const TWENTY: Duration = Duration::from_secs(20);

    /// The closed form of Erlang A in integrals (Zeltyn and Mandelbaum, "Call centers with impatient customers", 2005,
    /// §5): the share served within the time, and the share that gives up. By Simpson's rule.
    fn in_integrals(load: &Load, operators: u32, within: f64) -> (f64, f64) {
        let rates = Rates::of(load, operators);
        let (arrivals, ends, gives_up) = (rates.arrivals, rates.ends, rates.patience);
        // How much of a long wait is still offered, beside none.
        let offered = |wait: f64| {
            let patient = (1.0 - (-gives_up * wait).exp()) / gives_up;
            (arrivals * patient - rates.all_ends() * wait).exp()
        };
        let simpson = |to: f64, of: &dyn Fn(f64) -> f64| {
            let parts = 20_000;
            let step = to / f64::from(parts);
            let sum: f64 = (0..=parts)
                .map(|part| {
                    let factor = match part {
                        0 => 1.0,
                        last if last == parts => 1.0,
                        odd if odd % 2 == 1 => 4.0,
                        _ => 2.0,
                    };
                    factor * of(step * f64::from(part))
                })
                .sum();
            sum * step / 3.0
        };
        let far = 60.0 / rates.all_ends() + arrivals / gives_up / rates.all_ends() * 3.0;
        let all = simpson(far, &offered);
        let soon = simpson(within, &|wait| (-gives_up * wait).exp() * offered(wait));
        // Fewer busy than operators, beside one less than all of them.
        let (mut term, mut free) = (1.0, 0.0);
        for busy in (1..operators).rev() {
            free += term;
            term *= f64::from(busy) * ends / arrivals;
        }
        free += term;
        let sum = free + arrivals * all;
        let served = (free + arrivals * soon) / sum;
        (served, (1.0 + (arrivals - rates.all_ends()) * all) / sum)
    }

    proptest! {
        #[test]
        fn it_is_the_closed_form(
            calls in 5.0..400.0_f64,
            handle in 30_u64..600,
            patience in 10_u64..900,
            spare in 0.6..1.6_f64,
            within in 1.0..60.0_f64,
        ) {
            let load = load(calls, handle, Some(patience));
            let operators = (calls * handle as f64 / 3_600.0 * spare).ceil().max(1.0) as u32;
            let told = figures(&load, operators, Duration::from_secs_f64(within));
            let (served, abandoned) = in_integrals(&load, operators, within);
            prop_assert!((told.service_level - served).abs() < 1e-3, "{told:?} {served}");
            prop_assert!((told.abandoned - abandoned).abs() < 1e-3, "{told:?} {abandoned}");
        }
    }

    #[test]
    fn where_hardly_anybody_gives_up_it_is_erlang_c() {
        for (calls, handle, operators) in [
            (100.0, 180, 7),
            (360.0, 120, 14),
            (2_000.0, 240, 140),
            (10.0, 60, 1),
            // Queues beyond `QUEUE_MAX` are likely.
            (9_980.0, 180, 500),
        ] {
            let patient = figures(&load(calls, handle, None), operators, TWENTY);
            let nearly = figures(&load(calls, handle, Some(50_000_000)), operators, TWENTY);
            assert!(
                (patient.service_level - nearly.service_level).abs() < 1e-4,
                "{patient:?} {nearly:?}"
            );
            let wait = |figures: &Figures| figures.mean_wait.expect("it is stable").as_secs_f64();
            let (patient, nearly) = (wait(&patient), wait(&nearly));
            assert!(
                (patient - nearly).abs() < 1e-3 * patient.max(1.0),
                "{patient} {nearly}"
            );
        }
    }

    #[test]
    fn the_textbook_example_of_erlang_c_comes_out() {
        // 200 calls an hour of 3 minutes are 10 erlang: 14 operators serve 88.8 % of them within 20 seconds, 13 only 79.8 %.
        let load = load(200.0, 180, None);
        let level = |operators| figures(&load, operators, TWENTY).service_level;
        assert!((level(14) - 0.888).abs() < 0.0005, "{}", level(14));
        let target = Target {
            share: 0.8,
            within: TWENTY,
        };
        assert_eq!(operators_for(&load, target), Some(14));
    }

    #[test]
    fn the_published_example_of_erlang_a_comes_out() {
        // Garnett, Mandelbaum and Reiman, "Designing a call center with impatient customers" (2002), table 1: 48 calls a
        // minute of 1 minute, 50 operators. Without abandonment the average wait is 20.8 s; with an average patience of 2
        // minutes 3.1 % give up and the average wait is 3.7 s.
        let patient = figures(&load(2_880.0, 60, None), 50, TWENTY);
        let wait = |figures: &Figures| figures.mean_wait.expect("it is stable").as_secs_f64();
        assert!((wait(&patient) - 20.8).abs() < 0.05, "{patient:?}");
        assert!((patient.occupancy - 0.96).abs() < 0.005, "{patient:?}");
        let impatient = figures(&load(2_880.0, 60, Some(120)), 50, TWENTY);
        assert!(
            (impatient.abandoned - 0.031).abs() < 0.0005,
            "{impatient:?}"
        );
        assert!((wait(&impatient) - 3.7).abs() < 0.05, "{impatient:?}");
        assert!((impatient.occupancy - 0.93).abs() < 0.005, "{impatient:?}");
    }

    #[test]
    fn one_operator_and_nobody_waiting_is_a_loss_system() {
        // Patience of a moment: who does not find the operator free is gone. Erlang B of one erlang and one line is a half.
        let mut hasty = load(60.0, 60, None);
        hasty.patience = Some(Duration::from_millis(1));
        let told = figures(&hasty, 1, Duration::from_secs(1));
        assert!((told.abandoned - 0.5).abs() < 1e-3, "{told:?}");
        assert!((told.service_level - 0.5).abs() < 1e-3, "{told:?}");
        assert!((told.occupancy - 0.5).abs() < 1e-3, "{told:?}");
    }

    #[test]
    fn more_operators_are_never_worse() {
        let load = load(200.0, 180, Some(90));
        let levels: Vec<f64> = (1..30)
            .map(|operators| figures(&load, operators, TWENTY).service_level)
            .collect();
        assert!(levels.is_sorted(), "{levels:?}");
    }

    #[test]
    fn overload_and_no_load_are_told() {
        let target = Target {
            share: 0.8,
            within: TWENTY,
        };
        let patient = figures(&load(200.0, 180, None), 10, TWENTY);
        assert_eq!((patient.service_level, patient.mean_wait), (0.0, None));
        let many = load(1e6, 180, Some(90));
        assert_eq!(operators_for(&many, target), None);
        let flooded = figures(&many, 500, TWENTY);
        assert_eq!(flooded.service_level, 0.0);
        assert!((flooded.abandoned - 0.99).abs() < 0.001, "{flooded:?}");
        assert_eq!(operators_for(&load(0.0, 180, Some(90)), target), Some(1));
        // Hardly any load beside hundreds of operators: no number overflows.
        let idle = figures(&load(0.001, 1, Some(90)), 500, TWENTY);
        assert_eq!((idle.service_level, idle.abandoned), (1.0, 0.0));
    }
}
