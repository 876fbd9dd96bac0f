//! Everybody at once; the first answer wins.
use super::{Choice, Question};
use crate::reason::reason;

/// Where there are more than may ring for one call, the first of the list.
pub(super) fn choose(question: &Question<'_>) -> Vec<Choice> {
    let free = question.bench.by_place.values();
    let free = free.filter(|operator| !(question.barred)(operator));
    let everybody = free.take(usize::from(question.group.settings.ring_max));
    let choice = |operator: &gudok_model::OperatorId| Choice {
        operator: operator.clone(),
        why: reason("ring_all", "звонит у всех свободных сразу"),
    };
    everybody.map(choice).collect()
}
