//! The member who has been idle longest since the end of the last *work*.
use gudok_model::{Mono, OperatorId};

use super::Choice;
use crate::group::Group;
use crate::reason::reason;

/// Counts from the end of the wrap-up, not of the talk: otherwise an operator with long paperwork
/// would be called first for having worked most.
pub(super) fn choose(
    group: &Group,
    now: Mono,
    barred: &dyn Fn(&OperatorId) -> bool,
) -> Option<Choice> {
    let mut free = group.by_idle.iter();
    let (since, operator) = free.find(|(_, operator)| !barred(operator))?;
    let idle = now.since(*since).as_secs();
    Some(Choice {
        operator: operator.clone(),
        why: reason("longest_idle", format!("свободен дольше всех: {idle} с")),
    })
}
