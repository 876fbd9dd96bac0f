//! Who is asked next (Q6). Each strategy picks among those who are free and know enough, skipping those who are barred for the
//! call; ties go to who is idle longer and then to the lower id, so that a replay gives the same answer.
use gudok_model::{CallId, GroupSettings, Mono, OperatorId, Reason, Strategy};

use crate::bench::Bench;
use crate::group::Group;
use crate::reason::reason;

mod least;
mod linear;
mod longest_idle;
mod lot;
mod progressive;
mod ring_all;
mod round_robin;

/// One who is to be asked, and why.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Choice {
    pub(crate) operator: OperatorId,
    pub(crate) why: Reason,
}

/// For whom somebody is picked, and among whom.
pub(crate) struct Question<'a> {
    pub(crate) group: &'a Group,
    /// Those of the group who know enough.
    pub(crate) bench: &'a Bench,
    pub(crate) now: Mono,
    pub(crate) call: CallId,
    /// Offers of the call so far: another lot is drawn for each.
    pub(crate) offers: u16,
    /// Who is not to be asked for it now; few.
    pub(crate) barred: &'a dyn Fn(&OperatorId) -> bool,
}

/// Picks whom to ask; several for `ring_all`, nobody if all who could be are barred.
pub(crate) fn choose(question: &Question<'_>) -> Vec<Choice> {
    let one = match question.group.settings.strategy {
        Strategy::RingAll => return ring_all::choose(question),
        Strategy::LongestIdle => longest_idle::choose(question),
        Strategy::RoundRobin => round_robin::choose(question),
        Strategy::Linear => linear::choose(question),
        Strategy::FewestCalls | Strategy::LeastTalk | Strategy::LeastOccupied => {
            least::choose(question)
        }
        Strategy::Random | Strategy::WeightedRandom => lot::choose(question),
        Strategy::Progressive => progressive::choose(question),
    };
    one.into_iter().collect()
}

/// Whether a call may ring at several operators.
pub(crate) fn is_parallel(settings: &GroupSettings) -> bool {
    matches!(settings.strategy, Strategy::RingAll)
}

/// The last resort (Q4): everybody who could be asked has refused or missed this call; the one whose refusal is the oldest is
/// asked again.
pub(crate) fn last_resort(group: &Group, bench: &Bench, refused: &[OperatorId]) -> Vec<Choice> {
    let is_free = |operator: &&OperatorId| {
        let place = group.places.get(*operator);
        place.is_some_and(|place| bench.by_place.contains_key(place))
    };
    let again = refused.iter().filter(is_free);
    let text = "больше некому: отказ или пропуск этого звонка был раньше, чем у других";
    let choice = |operator: &OperatorId| Choice {
        operator: operator.clone(),
        why: reason("last_resort", text),
    };
    let most = match is_parallel(&group.settings) {
        true => usize::from(group.settings.ring_max),
        false => 1,
    };
    again.take(most).map(choice).collect()
}
