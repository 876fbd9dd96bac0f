//! The formulas where a phone rings before the talk: a caller may give up meanwhile too, however many operators there are.
use std::time::Duration;

use crate::{Figures, Load, Target, figures, operators_for};

/// Why a target is not reached.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Short {
    /// By no number of operators: the time is over, or callers give up, while the phone rings.
    Unreachable {
        /// Share of callers who would talk in time with an operator free for each.
        at_most: f64,
    },
    /// [`OPERATORS_MAX`](crate::OPERATORS_MAX) are too few.
    TooFew,
    /// The search ended before it was reached: it takes more callers than are lived through.
    Missed,
}

/// Share of callers who talk in time where an operator is free for each of them.
pub fn at_most(pick_up: Duration, patience: Option<Duration>, within: Duration) -> f64 {
    match pick_up > within {
        true => 0.0,
        false => stays(pick_up, patience),
    }
}

/// The fewest operators that reach the target by the formula, and how they do. `load` counts the ringing as work;
/// `target.within` ends with the talk's beginning.
///
/// # Errors
/// [`Short::Unreachable`] or [`Short::TooFew`].
pub fn by_formula(load: &Load, pick_up: Duration, target: Target) -> Result<(u32, Figures), Short> {
    let at_most = at_most(pick_up, load.patience, target.within);
    if at_most < target.share && load.calls_per_hour > 0.0 {
        return Err(Short::Unreachable { at_most });
    }
    // Whoever is to talk within 20 s waits for somebody to be free so much shorter as the phone rings.
    let within = target.within.saturating_sub(pick_up);
    let share = target.share / at_most.max(target.share);
    let operators = operators_for(load, Target { share, within }).ok_or(Short::TooFew)?;
    let free = figures(load, operators, within);
    Ok((operators, rung(free, load, pick_up)))
}

/// After the wait for somebody free comes the ringing.
fn rung(free: Figures, load: &Load, pick_up: Duration) -> Figures {
    if load.calls_per_hour <= 0.0 {
        return free;
    }
    let stays = stays(pick_up, load.patience);
    let heard = 1.0 - free.abandoned;
    // The shorter of the ringing and what patience is left, which forgets how long it lasted already.
    let rings = load
        .patience
        .map_or(pick_up, |patience| patience.mul_f64(1.0 - stays));
    Figures {
        service_level: free.service_level * stays,
        abandoned: free.abandoned + heard * (1.0 - stays),
        timed_out: free.timed_out,
        mean_wait: free.mean_wait.map(|wait| wait + rings.mul_f64(heard)),
        occupancy: free.occupancy,
    }
}

/// How likely a caller does not give up while the phone rings.
fn stays(pick_up: Duration, patience: Option<Duration>) -> f64 {
    patience.map_or(1.0, |patience| {
        (-pick_up.as_secs_f64() / patience.as_secs_f64().max(1e-6)).exp()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pick_up: u64, patience: u64) -> Result<(u32, Figures), Short> {
        let load = Load {
            calls_per_hour: 120.0,
            handle: Duration::from_secs(180),
            patience: Some(Duration::from_secs(patience)),
        };
        let target = Target {
            share: 0.8,
            within: Duration::from_secs(20),
        };
        by_formula(&load, Duration::from_secs(pick_up), target)
    }

    #[test]
    fn nobody_helps_where_callers_give_up_while_it_rings() {
        let Err(Short::Unreachable { at_most }) = asked(10, 30) else {
            panic!("e^(-1/3) is 0.72");
        };
        assert!((at_most - 0.7165).abs() < 0.001, "{at_most}");
        assert_eq!(asked(21, 900), Err(Short::Unreachable { at_most: 0.0 }));
    }

    #[test]
    fn ringing_takes_its_share_of_callers_and_of_the_time() {
        let (operators, told) = asked(5, 90).expect("it is reached");
        let (fewer, at_once) = asked(0, 90).expect("it is reached");
        assert!(operators > fewer, "{operators} {fewer}");
        assert!((0.8..0.946).contains(&told.service_level), "{told:?}");
        assert!(told.abandoned > 0.05, "{told:?} {at_once:?}");
    }
}
