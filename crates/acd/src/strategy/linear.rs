//! Always from the top of the admin's list.
use gudok_model::OperatorId;

use super::Choice;
use crate::group::Group;
use crate::reason::reason;

pub(super) fn choose(group: &Group, barred: &dyn Fn(&OperatorId) -> bool) -> Option<Choice> {
    let mut free = group.by_place.iter();
    let (place, operator) = free.find(|(_, operator)| !barred(operator))?;
    let text = format!("первый свободный по списку группы, место {}", place + 1);
    Some(Choice {
        operator: operator.clone(),
        why: reason("linear", text),
    })
}
