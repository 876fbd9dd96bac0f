//! Who is asked next (Q6). Each strategy picks among the routable members of a group, skipping
//! those who are barred for the call; ties go to the lower id, so that a replay gives the same answer.
use gudok_model::{GroupSettings, Mono, OperatorId, Reason, Strategy};

use crate::group::Group;
use crate::reason::reason;

mod linear;
mod longest_idle;
mod ring_all;
mod round_robin;

pub use ring_all::RING_ALL_MAX;

/// One who is to be asked, and why.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Choice {
    pub(crate) operator: OperatorId,
    pub(crate) why: Reason,
}

/// Picks whom to ask; several for `ring_all`, nobody if all routable members are barred.
pub(crate) fn choose(
    group: &Group,
    now: Mono,
    barred: &dyn Fn(&OperatorId) -> bool,
) -> Vec<Choice> {
    match group.settings.strategy {
        Strategy::LongestIdle => longest_idle::choose(group, now, barred)
            .into_iter()
            .collect(),
        Strategy::RoundRobin => round_robin::choose(group, barred).into_iter().collect(),
        Strategy::Linear => linear::choose(group, barred).into_iter().collect(),
        Strategy::RingAll => ring_all::choose(group, barred),
    }
}

/// Whether a call may ring at several operators.
pub(crate) fn is_parallel(settings: &GroupSettings) -> bool {
    match settings.strategy {
        Strategy::RingAll => true,
        Strategy::LongestIdle | Strategy::RoundRobin | Strategy::Linear => false,
    }
}

/// The last resort (Q4): everybody routable has refused or missed this call; the one whose refusal
/// is the oldest is asked again.
pub(crate) fn last_resort(group: &Group, refused: &[OperatorId]) -> Vec<Choice> {
    let mut again = refused.iter().filter(|operator| group.lists(operator));
    let text = "больше некому: отказ или пропуск этого звонка был раньше, чем у других";
    let choice = |operator: &OperatorId| Choice {
        operator: operator.clone(),
        why: reason("last_resort", text),
    };
    if is_parallel(&group.settings) {
        return again.take(RING_ALL_MAX).map(choice).collect();
    }
    again.next().map(choice).into_iter().collect()
}
