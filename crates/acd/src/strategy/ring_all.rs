//! Everybody at once; the first answer wins.
use gudok_model::OperatorId;

use super::Choice;
use crate::group::Group;
use crate::reason::reason;

/// Most phones that ring for one call; the first of the list are taken.
pub const RING_ALL_MAX: usize = 50;

pub(super) fn choose(group: &Group, barred: &dyn Fn(&OperatorId) -> bool) -> Vec<Choice> {
    let free = group
        .by_place
        .iter()
        .filter(|(_, operator)| !barred(operator));
    let everybody = free.take(RING_ALL_MAX).map(|(_, operator)| Choice {
        operator: operator.clone(),
        why: reason("ring_all", "звонит у всех свободных сразу"),
    });
    everybody.collect()
}
