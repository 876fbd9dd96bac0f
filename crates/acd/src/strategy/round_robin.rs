//! Around the admin's list, from after the member who was asked last.
use super::{Choice, Question};
use crate::reason::reason;

/// The cursor moves when the offer is made (see `matcher`), and lives through a reconfiguration.
pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let (group, bench) = (question.group, question.bench);
    let last = group.cursor.as_ref();
    let after = last
        .and_then(|id| group.places.get(id))
        .map_or(0, |place| place + 1);
    let rest_of_list = bench.by_place.range(after..);
    let mut circle = rest_of_list.chain(bench.by_place.range(..after));
    let (place, operator) = circle.find(|(_, operator)| !(question.barred)(operator))?;
    let text = match last {
        Some(last) => format!("по кругу: место {} после {last}", place + 1),
        None => format!("по кругу: место {}", place + 1),
    };
    Some(Choice {
        operator: operator.clone(),
        why: reason("round_robin", text),
    })
}
