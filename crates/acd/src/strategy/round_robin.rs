//! Around the admin's list, from after the member who was asked last.
use gudok_model::OperatorId;

use super::Choice;
use crate::group::Group;
use crate::reason::reason;

/// The cursor moves when the offer is made (see `matcher`), and lives through a reconfiguration.
pub(super) fn choose(group: &Group, barred: &dyn Fn(&OperatorId) -> bool) -> Option<Choice> {
    let last = group.cursor.as_ref();
    let after = last
        .and_then(|id| group.places.get(id))
        .map_or(0, |place| place + 1);
    let rest_of_list = group.by_place.range(after..);
    let mut circle = rest_of_list.chain(group.by_place.range(..after));
    let (place, operator) = circle.find(|(_, operator)| !barred(operator))?;
    let text = match last {
        Some(last) => format!("по кругу: место {} после {last}", place + 1),
        None => format!("по кругу: место {}", place + 1),
    };
    Some(Choice {
        operator: operator.clone(),
        why: reason("round_robin", text),
    })
}
